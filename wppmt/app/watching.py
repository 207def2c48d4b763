"""How the parts that watch the service come from settings: alerts and their ways out, and the sessions' history."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial

from ulid import ULID

from actors.runtime.directory import Directory
from actors.runtime.effects import Mind, Worker
from actors.watch.alerts import AlertMind
from actors.watch.history import HistoryMind
from actors.watch.messages import HISTORY_ACTOR, Begin, Sample
from actors.watch.seen import Seen
from actors.workers.watch import WATCH_ACTOR, LookAround, WatchWorker
from wppmt.app import mail, policies
from wppmt.app.posting import SendMail
from wppmt.app.settings import Settings
from wppmt.domain.figures import Figures
from wppmt.domain.messages import ALERT_ACTOR
from wppmt.domain.shortages import Resource
from wppmt.net.egress import Egress, policy
from wppmt.store.port import Store
from wppmt.webhook.signature import new_secret

SharedActors = Mapping[str, Callable[[], tuple[Mind | Worker, object]]]


def shared_actors(
    settings: Settings, store: Store, directory: Directory, figures: Callable[[], Figures]
) -> SharedActors:
    """By address, each with its first message."""
    see = partial(_see, directory, figures, time.time())
    return {
        ALERT_ACTOR: lambda: (_alerts(settings, store), Begin()),
        WATCH_ACTOR: lambda: (WatchWorker(see), LookAround()),
        HISTORY_ACTOR: lambda: (HistoryMind(store, directory.statuses), Sample()),
    }


def mailer(settings: Settings) -> SendMail:
    """By the system's mail program, in this machine's name."""
    return partial(mail.attempt, settings.alerts.sendmail, socket.gethostname())


def egress(settings: Settings) -> Egress:
    """Of the alerts' webhook alone: what the operator allows by naming it is open to no tenant. Raises SetupError."""
    url = settings.alerts.webhook_url
    guard = Egress(policy(settings.egress.allow, url))
    if url:
        guard.require(url, "WPP_ALERT_WEBHOOK_URL")
    return guard


def _alerts(settings: Settings, store: Store) -> AlertMind:
    return AlertMind(
        store,
        policies.alert_policy(settings),
        new_event_id=lambda now: f"evt_{ULID.from_timestamp(now)}",
        new_secret=lambda: new_secret(secrets.token_bytes(32)),
    )


def _see(directory: Directory, figures: Callable[[], Figures], began: float, now: float) -> Seen:
    overview = directory.overview()
    shortages = {one.resource: one for one in overview.shortages}
    return Seen(
        at=now,
        uptime=now - began,
        figures=figures(),
        disk=shortages.get(Resource.DISK),
        pressure=shortages.get(Resource.PRESSURE),
        common_cause=overview.common_cause,
        sessions=tuple(status.record for status in directory.statuses()),
    )
