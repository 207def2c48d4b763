"""A session's record and the one way to change it: one transaction together with the events it causes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from actors.effects import Tell
from actors.webhook import WEBHOOK, OutboxGrew
from wppmt.reasons import Reason, sentence
from wppmt.state import Event, State, step
from wppmt.store import EventDraft, JournalEntry, Lane, SessionRecord, SigningSecrets, Store, Transaction

Payload = Mapping[str, Any]
Happening = tuple[str, Payload]
"""An event's name and the fields beside its envelope."""


class Ledger:
    """Memory follows the store: `record` changes only after the commit, so a refused commit changes nothing."""

    def __init__(
        self,
        record: SessionRecord,
        store: Store,
        *,
        new_event_id: Callable[[float], str],
        new_secret: Callable[[], str],
        default_webhook: str,
    ) -> None:
        self.record = record
        self.store = store
        self._new_event_id = new_event_id
        self._new_secret = new_secret
        self._default_webhook = default_webhook
        self.last_error = ""

    @property
    def is_written(self) -> bool:
        """Whether the session has its row in the registry."""
        return self.record.since > 0.0

    @property
    def endpoint(self) -> str:
        """Where this session's events go; empty means nowhere."""
        return self.record.webhook_url or self._default_webhook

    def write(
        self, now: float, *happenings: Happening, journal: JournalEntry | None = None, **changes: Any
    ) -> list[Tell]:
        """Commit changes of the record, a journal entry and events as one; says whom to tell afterwards."""
        record = replace(self.record, **changes)
        with self.store.transaction() as transaction:
            delivers = self._commit(transaction, record, happenings, now)
            if journal is not None:
                transaction.journal(journal)
        self.record = record
        return [Tell(WEBHOOK, OutboxGrew())] if delivers else []

    def receive(self, now: float, message_id: str, payload: Payload, **changes: Any) -> list[Tell]:
        """Commit a received message, unless it was received before (a re-read event must not be told twice)."""
        with self.store.transaction() as transaction:
            new = transaction.remember_received(self.record.id, message_id, now)
            if new:
                changes |= {
                    "messages_received": self.record.messages_received + 1,
                    "last_activity": now,
                }
            record = replace(self.record, **changes)
            happenings = [("message_received", payload)] if new else []
            delivers = self._commit(transaction, record, happenings, now)
        self.record = record
        return [Tell(WEBHOOK, OutboxGrew())] if delivers else []

    def move(
        self, now: float, event: Event, reason: Reason, *happenings: Happening, **changes: Any
    ) -> list[Tell]:
        """Let `event` happen to the state; a change of state is one `connection_change`. Raises ImpossibleTransition."""
        before = self.record.state
        after = step(before, event)
        changes |= {"state": after, "reason": reason}
        if after is before:
            return self.write(now, *happenings, **changes)
        change = {
            "status": after.value,
            "previousStatus": before.value,
            "reason": sentence(reason),
            "reasonCode": reason.value,
        }
        if after is State.CONNECTED:
            changes["connected_at"] = now
        return self.write(now, ("connection_change", change), *happenings, since=now, **changes)

    def note(self, **changes: Any) -> None:
        """Change what the next commit carries along; losing it in a crash does no harm."""
        self.record = replace(self.record, **changes)

    def set_webhook(self, now: float, url: str, events: tuple[str, ...]) -> list[Tell]:
        """A removed webhook's waiting events become dead letters; one that had answered 410 gets events again."""
        removed = Lane(self.record.webhook_url, self.record.id)
        record = replace(self.record, webhook_url=url, webhook_events=events)
        with self.store.transaction() as transaction:
            transaction.save(record)
            transaction.resume_lanes(record.id)
            if removed.endpoint and not url:
                transaction.bury(removed, now, "Webhook removido")
        self.record = record
        return [Tell(WEBHOOK, OutboxGrew())]

    def ensure_secret(self, now: float) -> str | None:
        """Make the signing secret with the session's first webhook; None when it is there or not needed."""
        if not self.endpoint or self.store.secrets(self.record.id) is not None:
            return None
        return self.rotate_secret(now, overlap=0)

    def rotate_secret(self, now: float, overlap: float) -> str:
        old = self.store.secrets(self.record.id)
        secrets = SigningSecrets(
            current=self._new_secret(),
            previous=old.current if old else "",
            previous_until=now + overlap if old else 0.0,
        )
        with self.store.transaction() as transaction:
            transaction.save_secrets(self.record.id, secrets)
        return secrets.current

    def forget(self) -> None:
        with self.store.transaction() as transaction:
            transaction.forget(self.record.id)

    def _commit(self, transaction: Transaction, record: SessionRecord, happenings: Any, now: float) -> bool:
        transaction.save(record)
        delivers = False
        for name, payload in happenings:
            if name == "error":
                self.last_error = str(payload.get("error", ""))
            endpoint = self.endpoint if name in record.webhook_events else ""
            delivers = delivers or bool(endpoint)
            draft = EventDraft(self._new_event_id(now), name, now, payload, endpoint or None)
            transaction.record(record.id, draft)
        return delivers
