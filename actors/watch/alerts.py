"""The AlertMind: keeps what fires, and tells of each alert when it begins and when it is over (docs/contract.md 15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product

from actors.runtime.effects import Answer, Ask, Effect, Log, Reply, Tell
from actors.watch.courses import Courses
from actors.watch.messages import (
    Begin,
    EndpointDelivered,
    EndpointExhausted,
    Observed,
)
from actors.watch.policy import AlertPolicy
from actors.watch.rules import Finding, judge
from actors.webhooks.messages import OutboxGrew
from actors.webhooks.origins import origin_of
from wppmt.domain.alerts import Alert, AlertCode, Cause
from wppmt.domain.messages import WEBHOOK_ACTOR, RotateAlertSecret
from wppmt.domain.times import iso
from wppmt.store.outbox_records import SigningSecrets
from wppmt.store.port import Store, StoreUnavailable
from wppmt.store.records import ALERTS, EventDraft

STALE_SECONDS = 20.0
"""What was seen longer ago says nothing of now: it waited until the store took writes again."""
OVERLAP_SECONDS = 86_400.0
"""That a replaced secret stays valid."""


class AlertMind:
    """An alert and its events are one commit: told at least once by webhook and mail, and once everywhere else."""

    def __init__(
        self,
        store: Store,
        policy: AlertPolicy,
        new_event_id: Callable[[float], str],
        new_secret: Callable[[], str],
    ) -> None:
        self._store = store
        self._policy = policy
        self._new_event_id = new_event_id
        self._new_secret = new_secret
        self._loaded: Courses | None = None

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        """Raises StoreUnavailable only when nothing was changed: give the message again."""
        match message:
            case Begin():
                return self._begin(now)
            case Observed(seen=seen):
                return self._observed(message, now) if now - seen.at < STALE_SECONDS else ()
            case EndpointExhausted():
                return self._keep(self._courses.at_once(_exhausted(message), now), now)
            case EndpointDelivered(endpoint=endpoint):
                return self._keep(self._courses.over(Cause(AlertCode.WEBHOOK_EXHAUSTED, endpoint), now), now)
            case Ask(message=RotateAlertSecret(), reply=reply):
                return self._rotate(reply, now)
            case _:
                raise TypeError(type(message).__name__)

    @property
    def _courses(self) -> Courses:
        if self._loaded is None:
            self._loaded = Courses(self._store.firing_alerts())
        return self._loaded

    def _begin(self, now: float) -> Sequence[Effect]:
        """Without a secret nothing would be signed."""
        if self._policy.webhook_url and self._store.secrets(ALERTS) is None:
            self._save_secret(SigningSecrets(self._new_secret()))
        return self._keep((), now)

    def _observed(self, message: Observed, now: float) -> Sequence[Effect]:
        words = judge(message.seen, self._policy.thresholds)
        try:
            return self._keep(self._courses.look(words, now), now)
        except StoreUnavailable:
            # The next look sees the same; waiting ones would be out of date.
            return ()

    def _keep(self, alerts: Iterable[Alert], now: float) -> Sequence[Effect]:
        """Commit them with their events, then tell."""
        changed = list(alerts)
        if not changed:
            return ()
        told = [alert for alert in changed if not alert.is_firing or self._courses.is_new(alert)]
        with self._store.transaction() as transaction:
            for alert in changed:
                transaction.save_alert(alert)
            for alert, endpoint in product(told, self._policy.endpoints):
                draft = EventDraft(self._new_event_id(now), "alert", now, event_fields(alert), endpoint)
                transaction.record(ALERTS, draft)
        self._courses.happened(changed)
        return list(self._tell(told))

    def _tell(self, alerts: Sequence[Alert]) -> Iterator[Effect]:
        for alert in alerts:
            details = {"code": alert.code.value, "note": alert.message, "remedy": alert.remedy}
            if alert.is_firing:
                yield Log("error", "alert_firing", alert.session_id, details)
            else:
                yield Log("info", "alert_resolved", alert.session_id, details)
        if alerts and self._policy.endpoints:
            yield Tell(WEBHOOK_ACTOR, OutboxGrew())

    def _rotate(self, reply: Reply, now: float) -> Sequence[Effect]:
        before = self._store.secrets(ALERTS)
        secret = self._new_secret()
        rotated = ((before.current, now + OVERLAP_SECONDS),) if before else ()
        self._save_secret(SigningSecrets(secret, rotated))
        return [Answer(reply, secret)]

    def _save_secret(self, secrets: SigningSecrets) -> None:
        with self._store.transaction() as transaction:
            transaction.save_secrets(ALERTS, secrets)


def event_fields(alert: Alert) -> dict[str, object]:
    """Of the event `alert`, beside the envelope's; its `sessionId` is the alert's."""
    return {
        "sessionId": alert.session_id,
        "status": "firing" if alert.is_firing else "resolved",
        "code": alert.code.value,
        "message": alert.message,
        "remedy": alert.remedy,
        "since": iso(alert.since),
        "endedAt": None if alert.ended_at is None else iso(alert.ended_at),
    }


def _exhausted(notice: EndpointExhausted) -> Finding:
    message = f"Eventos abandonados: as tentativas de entrega em {origin_of(notice.endpoint)} terminaram sem sucesso"
    cause = Cause(AlertCode.WEBHOOK_EXHAUSTED, notice.endpoint)
    return Finding(cause, message, session_id=notice.session_id)
