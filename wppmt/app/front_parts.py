"""How settings become the parts of the HTTP front: one function for each part."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from actors.runtime.directory import Directory
from wppmt.app import front_policies, logs, policies
from wppmt.app.browsers import login_copies
from wppmt.app.settings import Settings
from wppmt.browser.profile.snapshots import Snapshots
from wppmt.domain.units import MEGABYTE
from wppmt.http.api import views
from wppmt.http.connections import ConnectionLimits
from wppmt.http.security.auth import Authenticator
from wppmt.http.security.buckets import Buckets
from wppmt.http.security.jwks import Jwks, fetch_from
from wppmt.http.security.keys import Keys, PublicKey, SharedSecret
from wppmt.http.security.limits import RateLimiter
from wppmt.media.fetch import MediaFiles
from wppmt.net.egress import Egress, policy
from wppmt.store.port import Store
from wppmt.store.records import SessionRecord, SessionStatus
from wppmt.store.redis_watch import RedisWatch
from wppmt.store.stranger_gates import gate_of

if TYPE_CHECKING:
    from limits.aio.storage import Storage

    from wppmt.store.redis import Copy

SERVICE_DESCRIPTORS = 256
"""Kept for the store, the log, webhooks under way, and connections that are accepted and not yet counted."""
SESSION_DESCRIPTORS = 8
"""Kept for each session: its browser, and a file on its way."""
LEAST_CONNECTIONS = 10


def authenticator(settings: Settings) -> Authenticator:
    return Authenticator(_keys(settings), front_policies.auth_policy(settings))


def _keys(settings: Settings) -> Keys:
    auth = settings.auth
    if auth.jwks_url:
        return Jwks(fetch_from(auth.jwks_url), auth.algorithm)
    return PublicKey(auth.public_key) if auth.public_key else SharedSecret(auth.secret.get_secret_value())


def rate_limiter(settings: Settings, redis_watch: RedisWatch) -> RateLimiter:
    report = redis_watch.report_of("rates")
    return RateLimiter(settings.http.rate_per_minute, time.time, _shared_windows(settings.redis.url), report)


def _shared_windows(redis_url: str) -> Storage | None:
    if not redis_url:
        return None
    # Here, so that who has no Redis does not pay for its client: a tenth of a second, and memory.
    from wppmt.http.security.redis_windows import RedisWindows  # noqa: PLC0415

    return RedisWindows(redis_url)


def buckets(settings: Settings) -> Buckets:
    http = settings.http
    return Buckets(http.apart_per_minute if http.rate_per_minute else 0)


@asynccontextmanager
async def mirrored(
    settings: Settings, store: Store, directory: Directory, redis_watch: RedisWatch
) -> AsyncIterator[None]:
    """Status and QR copied to Redis, where there is one."""
    if not settings.redis.url:
        yield
        return
    # Here for the same reason as above.
    from wppmt.store.redis import Copy, RedisMirror  # noqa: PLC0415

    def render(status: SessionStatus) -> Iterator[Copy]:
        limits = account_limits(settings, store, status.record)
        shown = views.status_of(status, settings.webhooks.url, limits)
        yield Copy("status", shown.model_dump_json(by_alias=True).encode())
        left = int(status.qr.expires_at - time.time()) if status.qr else 0
        code = views.qr_code_of(status).model_dump_json(by_alias=True).encode() if left > 0 else None
        yield Copy("qrcode", code, left)

    mirror = RedisMirror(settings.redis.url, directory.statuses, render, redis_watch.report_of("copies"))
    stop = asyncio.Event()
    copying = asyncio.create_task(mirror.run(stop))
    try:
        yield
    finally:
        stop.set()
        await copying


def account_limits(settings: Settings, store: Store, record: SessionRecord) -> Mapping[str, Any]:
    """WhatsApp's and the session's own, as of now."""
    contacts_since = partial(store.contacts_since, record.id)
    return gate_of(record, policies.contact_policy(settings), contacts_since, time.time()).shown(
        record.limits
    )


def connection_limits(settings: Settings, descriptors: int) -> ConnectionLimits:
    """Within the descriptors that the process may have: store, browsers and webhooks come first."""
    http = settings.http
    room = descriptors - SERVICE_DESCRIPTORS - settings.sessions.max * SESSION_DESCRIPTORS
    total = min(http.max_connections, max(room, LEAST_CONNECTIONS))
    if total < http.max_connections:
        note = (
            f"Só {total} conexões por vez, não {http.max_connections}: o processo pode ter {descriptors} descritores"
            " (LimitNOFILE)"
        )
        logs.log("connections_limited", level="warning", note=note)
    return ConnectionLimits(total, http.max_connections_per_address)


def media(settings: Settings) -> MediaFiles:
    """With an egress guard of its own: the address of WEBHOOK_URL is open to webhooks only."""
    folder, limit = settings.store.state_dir / "media" / "out", settings.media.max_mb * MEGABYTE
    egress = Egress(policy(settings.egress.allow))
    return MediaFiles(folder, limit, egress, max_audio_minutes=settings.media.max_audio_minutes)


def has_login_copy(settings: Settings, session_id: str) -> bool:
    """Whether there is a good copy; reads and checks all of it."""
    return Snapshots(login_copies(settings), settings.store.login_copies).latest(session_id) is not None


def sweep(store: Store, media: MediaFiles) -> None:
    """What an earlier daemon left when it was killed between a file and its entry in the journal; before any request."""
    entries = [entry for session in store.sessions() for entry in store.unfinished(session.id)]
    if deleted := media.sweep({entry.payload.get("path", "") for entry in entries}):
        logs.log("orphaned_files_deleted", count=deleted)
