"""How settings become the parts of the daemon: one function for each part."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ulid import ULID

from actors.runtime.directory import Directory
from actors.session.actor import SessionMind
from actors.session.assembly import Tools, session_mind
from actors.webhooks.actor import WebhookMind
from actors.workers.load import LoadWorker, Scale
from wppmt import __version__
from wppmt.app import logs, memory, policies, processors
from wppmt.app.browsers import login_copies
from wppmt.app.disk import free_mb
from wppmt.app.settings import Settings
from wppmt.browser.port import Browsers, Load
from wppmt.browser.profile.snapshots import Snapshots
from wppmt.domain.actions import SERVICE, Action
from wppmt.domain.units import MEGABYTE
from wppmt.http.api import qr, views
from wppmt.http.connections import ConnectionLimits
from wppmt.http.security.auth import Authenticator
from wppmt.http.security.buckets import Buckets
from wppmt.http.security.jwks import Jwks, fetch_from
from wppmt.http.security.keys import Keys, PublicKey, SharedSecret
from wppmt.http.security.limits import RateLimiter
from wppmt.media.fetch import MediaFiles
from wppmt.media.received import ReceivedMedia
from wppmt.metrics.meter import Meter
from wppmt.net.egress import Egress, policy
from wppmt.store.operator_records import AuditEntry
from wppmt.store.port import Store, StoreUnavailable
from wppmt.store.records import Desired, SessionRecord, SessionStatus
from wppmt.store.redis_watch import RedisWatch
from wppmt.store.sqlite.store import SqliteStore
from wppmt.store.standing import gate_of
from wppmt.webhook.signature import new_secret

if TYPE_CHECKING:
    from limits.aio.storage import Storage

    from wppmt.store.redis import Copy

SERVICE_DESCRIPTORS = 256
"""Kept for the store, the log, webhooks under way, and connections that are accepted and not yet counted."""
SESSION_DESCRIPTORS = 8
"""Kept for each session: its browser, and a file on its way."""
LEAST_CONNECTIONS = 10


def new_session(store: SqliteStore, tools: Tools, session_id: str) -> SessionMind:
    record = store.session(session_id) or SessionRecord(id=session_id, created_at=time.time())
    return session_mind(record, tools)


def webhooks(settings: Settings, store: SqliteStore) -> WebhookMind:
    return WebhookMind(store, policies.webhook_schedule(settings), policies.webhook_policy(settings))


def monitor(settings: Settings, browsers: Callable[[], Mapping[str, Load]], meter: Meter) -> LoadWorker:
    """What the daemon and these browsers take of the machine, into the meter."""
    scale = Scale(
        browsers=browsers,
        own_memory_mb=memory.OwnWeight(),
        own_cpu_seconds=processors.used_seconds,
        processors=processors.available(),
        seconds=settings.sessions.measure_seconds,
        clock=time.monotonic,
    )
    return LoadWorker(scale, meter.record)


def tools(settings: Settings, store: SqliteStore) -> Tools:
    return Tools(
        store=store,
        policy=policies.session_policy(settings),
        random=SystemRandom(),
        default_webhook=settings.webhooks.url,
        new_event_id=lambda now: f"evt_{ULID.from_timestamp(now)}",
        # WhatsApp Web's own form: 3EB0 and 18 hexadecimal digits.
        new_message_id=lambda: f"3EB0{secrets.token_hex(9).upper()}",
        new_secret=lambda: new_secret(secrets.token_bytes(32)),
        qr_picture=qr.data_url,
        media_url=partial(_media_url, settings),
    )


def is_disk_short(settings: Settings) -> bool:
    return free_mb(settings.store.tokens_dir) < settings.store.disk_min_free_mb


def has_login_copy(settings: Settings, session_id: str) -> bool:
    """Whether there is a good copy; reads and checks all of it."""
    return Snapshots(login_copies(settings), settings.store.login_copies).latest(session_id) is not None


def webhook_egress(settings: Settings) -> Egress:
    """Raises SetupError for a WEBHOOK_URL that it would never let through."""
    url = settings.webhooks.url
    egress = Egress(policy(settings.egress.allow, url))
    if url:
        egress.require(url, "WEBHOOK_URL")
    return egress


def media(settings: Settings) -> MediaFiles:
    """With an egress guard of its own: the address of WEBHOOK_URL is open to webhooks only."""
    folder, limit = settings.store.state_dir / "media" / "out", settings.media.max_mb * MEGABYTE
    egress = Egress(policy(settings.egress.allow))
    return MediaFiles(folder, limit, egress, max_audio_minutes=settings.media.max_audio_minutes)


def received(settings: Settings) -> ReceivedMedia:
    media = settings.media
    return ReceivedMedia(
        settings.store.state_dir / "media" / "in",
        limit=media.max_mb * MEGABYTE,
        quota=media.received_quota_mb * MEGABYTE,
        keep_seconds=media.received_keep_days * 86_400,
        now=time.time,
    )


def sweep(store: SqliteStore, media: MediaFiles, received: ReceivedMedia) -> None:
    """What an earlier daemon left when it was killed between a file and its entry in the journal."""
    entries = [entry for session in store.sessions() for entry in store.unfinished(session.id)]
    if deleted := media.sweep({entry.payload.get("path", "") for entry in entries}):
        logs.log("orphaned_files_deleted", count=deleted)
    received.sweep()


def audit(store: Store, action: Action, target: str | None = None) -> None:
    """What the service does with itself."""
    try:
        with store.transaction() as transaction:
            transaction.audit(AuditEntry(time.time(), action, SERVICE, target=target))
    except StoreUnavailable as failure:
        logs.log("audit_failed", level="error", action=action.value, error=str(failure))


def audit_start(store: Store, former: str) -> None:
    """`former`: the version that ran here before; empty where none has."""
    if former not in {"", __version__}:
        audit(store, Action.CHANGE_VERSION, f"{former} → {__version__}")
    audit(store, Action.START_SERVICE, __version__)


def end_strays(store: Store, browsers: Browsers) -> None:
    """End browsers on profiles that no session of the registry will take care of."""
    looked_after = {
        record.id for record in store.sessions() if record.process or record.desired is Desired.RUNNING
    }
    for session_id in sorted(set(browsers.left()) - looked_after):
        if ended := browsers.end_leftovers(session_id):
            logs.log("leftover_browser_ended", session_id, level="warning", processes=ended)


def _media_url(settings: Settings, session_id: str, message_id: str) -> str:
    return f"{policies.public_url(settings)}/api/sessions/{session_id}/messages/{quote(message_id, safe='')}/media"


def authenticator(settings: Settings) -> Authenticator:
    return Authenticator(_keys(settings), policies.auth_policy(settings))


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
