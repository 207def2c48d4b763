"""A session's record and the one way to change it: together with the events that this causes, in one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from actors.runtime.effects import Effect, Log, Tell
from actors.webhooks.actor import WEBHOOK, OutboxGrew
from wppmt.domain.reasons import Reason, sentence
from wppmt.domain.states import Event, State, step
from wppmt.store.port import Store, Transaction
from wppmt.store.records import EventDraft, JournalEntry, Lane, SessionRecord, SigningSecrets

Payload = Mapping[str, Any]
Happening = tuple[str, Payload]
"""An event's name and the fields beside its envelope."""

LOGGED_FIELDS = {
    "connection_change": ("status", "previousStatus", "reasonCode", "reason"),
    "qr_code": ("expiresAt",),
    "message_ack": ("messageId", "to", "status"),
    "message_received": ("id", "from", "type"),
    "error": ("code", "error"),
}
"""What of an event stands in the log: who, what and when, never a text or a code."""
ROTATED_SECRETS = 3
"""Kept beside the current one: each delivery is signed with all."""


class UnitOfWork:
    """All that one message writes is one commit, at the end of its turn (`together`)."""

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
        self._commits = ExitStack()
        self._transaction: Transaction | None = None
        self._is_changed = False
        self._journalled: dict[str, JournalEntry] = {}
        """Written in this turn: the store shows only what is committed."""

    @contextmanager
    def together(self) -> Iterator[None]:
        """One turn. Raises StoreUnavailable when nothing of it was kept: the caller undoes what is in memory."""
        try:
            with ExitStack() as self._commits:
                yield
                if self._is_changed:
                    self._open().save(self.record)
        finally:
            self._transaction = None
            self._is_changed = False
            self._journalled.clear()

    def refresh(self) -> None:
        """The record as the last actor left it, which nobody else changes from here on."""
        self._open()
        self.record = self.store.session(self.record.id) or self.record
        if self.is_written:
            # WEBHOOK_URL may be newer than the session, and nothing leaves unsigned.
            self.ensure_secret()

    def message(self, message_id: str) -> JournalEntry | None:
        return self._journalled.get(message_id) or self.store.message(self.record.id, message_id)

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
    ) -> list[Effect]:
        """Changes of the record, events, a journal entry; says what to do once they are committed."""
        self.record = replace(self.record, **changes)
        self._is_changed = True
        if journal is not None:
            self._journalled[journal.id] = journal
            self._open().journal(journal)
        return [effect for name, payload in happenings for effect in self._happened(name, payload, now)]

    def receive(self, now: float, message_id: str, payload: Payload, **changes: Any) -> list[Effect]:
        """A received message, unless it was received before (a re-read event must not be told twice)."""
        if not self._open().remember_received(self.record.id, message_id, now):
            return self.write(now, **changes)
        changes |= {"messages_received": self.record.messages_received + 1, "last_activity": now}
        return self.write(now, ("message_received", payload), **changes)

    def move(
        self, now: float, event: Event, reason: Reason, *happenings: Happening, **changes: Any
    ) -> list[Effect]:
        """Let `event` happen to the state; a change of state is one `connection_change`. Raises ImpossibleTransition."""
        before = self.record.state
        after = step(before, event)
        changes |= {"state": after, "reason": reason}
        if after is before:
            return self.write(now, *happenings, **changes)
        change = {
            "status": after.value,
            "previousStatus": before.value,
            "reason": sentence(reason, changes.get("missing", self.record.missing)),
            "reasonCode": reason.value,
        }
        if after is State.CONNECTED:
            changes["connected_at"] = now
        return self.write(now, ("connection_change", change), *happenings, since=now, **changes)

    def note(self, **changes: Any) -> None:
        """Change what the next commit carries along; losing it in a crash does no harm."""
        self.record = replace(self.record, **changes)

    def set_webhook(self, now: float, url: str, events: tuple[str, ...]) -> list[Effect]:
        """A removed webhook's waiting events become dead letters; one that had answered 410 gets events again."""
        removed = Lane(self.record.webhook_url, self.record.id)
        transaction = self._open()
        transaction.resume_lanes(self.record.id)
        if removed.endpoint and not url:
            transaction.dead_letter(removed, now, "Webhook removido")
        return [*self.write(now, webhook_url=url, webhook_events=events), Tell(WEBHOOK, OutboxGrew())]

    def ensure_secret(self) -> str | None:
        """Make the signing secret with the session's first webhook; None when it is there or not needed."""
        if not self.endpoint or self.store.secrets(self.record.id) is not None:
            return None
        secrets = SigningSecrets(self._new_secret())
        self._open().save_secrets(self.record.id, secrets)
        return secrets.current

    def rotate_secret(self, now: float, overlap: float) -> str:
        """The one before stays valid for `overlap` seconds, and those before it to their own end."""
        old = self.store.secrets(self.record.id)
        replaced = () if old is None else ((old.current, now + overlap), *old.rotated)
        still_valid = [(secret, until) for secret, until in replaced if now < until]
        secrets = SigningSecrets(self._new_secret(), tuple(still_valid[:ROTATED_SECRETS]))
        self._open().save_secrets(self.record.id, secrets)
        return secrets.current

    def forget(self) -> None:
        self._open().forget(self.record.id)
        self._is_changed = False

    def _happened(self, name: str, payload: Payload, now: float) -> Iterator[Effect]:
        """Recorded, and delivered if the webhook wants it."""
        if name == "error":
            self.last_error = str(payload.get("error", ""))
        endpoint = self.endpoint if name in self.record.webhook_events else ""
        draft = EventDraft(self._new_event_id(now), name, now, payload, endpoint or None)
        self._open().record(self.record.id, draft)
        yield _log_line(self.record.id, name, payload)
        if endpoint:
            yield Tell(WEBHOOK, OutboxGrew())

    def _open(self) -> Transaction:
        if self._transaction is None:
            self._transaction = self._commits.enter_context(self.store.transaction())
        return self._transaction


def _log_line(session_id: str, name: str, payload: Payload) -> Log:
    fields = payload.get("message", payload)
    details = {field: fields[field] for field in LOGGED_FIELDS[name] if field in fields}
    if name == "message_ack" and fields.get("ack") == 1:
        # The log's own word for it: docs/MULTI_TENANT_ARCHITECTURE.md 10.2.
        name = "message_sent"
    return Log("error" if name == "error" else "info", name, session_id, details)
