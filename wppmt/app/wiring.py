"""How settings become the parts of the daemon, but for those of the HTTP front: one function for each part."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from random import SystemRandom
from urllib.parse import quote

from ulid import ULID

from actors.session.actor import SessionMind
from actors.session.assembly import Tools, session_mind
from actors.webhooks.actor import WebhookMind
from actors.workers.load import LoadWorker, Scale
from wppmt import __version__
from wppmt.app import logs, memory, policies, processors
from wppmt.app.disk import free_mb
from wppmt.app.settings import Settings
from wppmt.browser.port import Browsers, Load
from wppmt.domain.actions import SERVICE, Action
from wppmt.domain.units import MEGABYTE
from wppmt.http.api import qr
from wppmt.media.received import ReceivedMediaFiles
from wppmt.metrics.meter import Meter
from wppmt.net.egress import Egress, policy
from wppmt.store.operator_records import AuditEntry
from wppmt.store.port import Store, StoreUnavailable
from wppmt.store.records import Desired, SessionRecord
from wppmt.store.sqlite.store import SqliteStore
from wppmt.webhook.signature import new_secret


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


def webhook_egress(settings: Settings) -> Egress:
    """Raises SetupError for a WEBHOOK_URL that it would never let through."""
    url = settings.webhooks.url
    egress = Egress(policy(settings.egress.allow, url))
    if url:
        egress.require(url, "WEBHOOK_URL")
    return egress


def received(settings: Settings) -> ReceivedMediaFiles:
    media = settings.media
    return ReceivedMediaFiles(
        settings.store.state_dir / "media" / "in",
        limit=media.max_mb * MEGABYTE,
        quota=media.received_quota_mb * MEGABYTE,
        keep_seconds=media.received_keep_days * 86_400,
        now=time.time,
    )


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
