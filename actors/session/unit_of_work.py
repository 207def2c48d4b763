"""A session's record and the only way to change it: together with the events that the change causes, in one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from actors.runtime.effects import Effect, Log, Tell
from actors.webhooks.messages import OutboxGrew
from wppmt.domain.actions import SERVICE, Action
from wppmt.domain.log import LogLevel
from wppmt.domain.messages import WEBHOOK_ACTOR
from wppmt.domain.reasons import RECOVERABLE, Reason, sentence
from wppmt.domain.states import Event, State, step
from wppmt.store.move_records import Departure, DepartureState
from wppmt.store.operator_records import AuditEntry
from wppmt.store.outbox_records import Lane, SigningSecrets
from wppmt.store.port import Store, Transaction
from wppmt.store.records import (
    ALL_EVENTS,
    Desired,
    EventDraft,
    JournalEntry,
    PairingLink,
    SendState,
    SessionRecord,
)

Payload = Mapping[str, Any]
Happening = tuple[str, Payload]
"""An event's name and the fields beside its envelope."""

LOGGED_FIELDS = {
    "connection_change": ("status", "previousStatus", "reasonCode", "reason"),
    "qr_code": ("expiresAt",),
    "message_ack": ("messageId", "to", "status"),
    "message_received": ("id", "from", "type"),
    "message_sent": ("id", "to", "type"),
    "message_edited": ("id", "chatId"),
    "message_revoked": ("messageId", "chatId"),
    "message_reaction": ("messageId", "chatId"),
    "poll_vote": ("messageId", "chatId"),
    "call_received": ("callId", "from"),
    "group_change": ("groupId", "action"),
    "presence_change": ("chatId", "state"),
    "label_change": ("labelId", "action"),
    "error": ("code", "error"),
    "account_changed": ("phone", "previousPhone"),
    "account_limit": ("coolDown", "newChats", "budget", "paused"),
}
"""The fields of an event that are logged: who, what and when, never a text or a code."""
_LEVELS: Mapping[str, LogLevel] = {"error": "error", "account_changed": "warning", "presence_change": "debug"}
ROTATED_SECRETS = 3
"""Kept beside the current one: each delivery is signed with all."""


class UnitOfWork:
    """Everything that one message writes is one commit, at the end of its turn (`together`)."""

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
        self.before = record
        """As this turn, or Begin, has found it: what the turn changes shows against it."""
        self.store = store
        self._new_event_id = new_event_id
        self._new_secret = new_secret
        self._default_webhook = default_webhook
        self.last_error = ""
        self._commits = ExitStack()
        self._transaction: Transaction | None = None
        self._is_changed = False
        self._request_id = ""
        self._journalled: dict[str, JournalEntry] = {}
        """Written in this turn: the store shows only what is committed."""

    @contextmanager
    def together(self, request_id: str = "") -> Iterator[None]:
        """One turn, whose events name the request that caused it, where one did.

        Raises StoreUnavailable when nothing of it was kept: the caller undoes what is in memory.
        """
        self._request_id = request_id
        self.before = self.record
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
        """The record as the last actor left it, which nobody else changes from here on.

        Without a row the session was purged or given away, whatever this actor has read before.
        """
        self._open()
        gone = SessionRecord(id=self.record.id, created_at=self.record.created_at)
        self.record = self.before = self.store.session(self.record.id) or gone
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
    def desired(self) -> Desired:
        """As committed; STOPPED for a session whose first start was refused, since it has no row."""
        return self.record.desired if self.is_written else Desired.STOPPED

    @property
    def endpoint(self) -> str:
        """Where this session's events go; empty means nowhere."""
        return self.record.webhook_url or self._default_webhook

    def change(self, **changes: Any) -> None:
        """Of the record alone, which nobody is told of."""
        self.record = replace(self.record, **changes)
        self._is_changed = True

    def write(
        self, now: float, *happenings: Happening, journal: JournalEntry | None = None, **changes: Any
    ) -> list[Effect]:
        """Change the record and add events and a journal entry to the commit; returns the effects that follow it."""
        self.change(**changes)
        if journal is not None:
            self._journalled[journal.id] = journal
            self._open().journal(journal)
        return [effect for name, payload in happenings for effect in self._happened(name, payload, now)]

    def is_new(self, now: float, message_key: str) -> bool:
        """Remember the message as received; False when it was before, as when an event is read again."""
        return self._open().remember_received(self.record.id, message_key, now)

    def chat_key(self, names: Sequence[str]) -> str:
        """One value for ever for a chat or person that WhatsApp calls by these names."""
        return self._open().chat_key(self.record.id, names)

    def write_message(self, now: float, payload: Payload) -> list[Effect]:
        """A message that is new: received, or written by the owner on the phone."""
        if payload["message"]["fromMe"]:
            return self.write(now, ("message_sent", payload), last_activity=now)
        count = self.record.messages_received + 1
        return self.write(now, ("message_received", payload), messages_received=count, last_activity=now)

    def contacts_since(self, since: float) -> frozenset[str]:
        """New contacts (Store.contacts_since), with those of this turn."""
        fresh = {entry.contact for entry in self._journalled.values() if entry.state is not SendState.FAILED}
        return (self.store.contacts_since(self.record.id, since) | fresh) - {""}

    def want_media(self, message_id: str, now: float) -> None:
        """Its media is to be brought, after a crash, too."""
        self._open().want_media(self.record.id, message_id, now)

    def settle_media(self, message_id: str) -> None:
        """It is kept, or never will be."""
        self._open().settle_media(self.record.id, message_id)

    def write_link(self, link: PairingLink) -> None:
        self._open().save_link(link)

    def transition(
        self, now: float, event: Event, reason: Reason, *happenings: Happening, **changes: Any
    ) -> list[Effect]:
        """Apply `event`; a change of state records one `connection_change`. Raises ImpossibleTransition."""
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
            if phone := changes.get("phone", self.record.phone):
                change["phone"] = phone
        return self.write(now, ("connection_change", change), *happenings, since=now, **changes)

    def audit(self, now: float, action: Action, target: str | None = None, who: str | None = SERVICE) -> None:
        """The audit trail tells what nobody asked for over HTTP. `who` None: somebody beyond this service."""
        self._open().audit(AuditEntry(now, action, who, session_id=self.record.id, target=target))

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
        return [*self.write(now, webhook_url=url, webhook_events=events), Tell(WEBHOOK_ACTOR, OutboxGrew())]

    def ensure_secret(self) -> str | None:
        """Make the signing secret with the session's first webhook; None when it is there or not needed."""
        if not self.endpoint or self.store.secrets(self.record.id) is not None:
            return None
        secrets = SigningSecrets(self._new_secret())
        self._open().save_secrets(self.record.id, secrets)
        return secrets.current

    def rotate_secret(self, now: float, overlap: float) -> str:
        """The replaced secret stays valid for `overlap` seconds, older ones until their own end."""
        old = self.store.secrets(self.record.id)
        replaced = () if old is None else ((old.current, now + overlap), *old.rotated)
        still_valid = [(secret, until) for secret, until in replaced if now < until]
        secrets = SigningSecrets(self._new_secret(), tuple(still_valid[:ROTATED_SECRETS]))
        self._open().save_secrets(self.record.id, secrets)
        return secrets.current

    def give_away(self, departure: Departure, now: float) -> bool:
        """It is another instance's from this commit on. False where it was decided meanwhile that it stays."""
        transaction = self._open()
        if not transaction.step_departure(departure, DepartureState.GONE, now):
            return False
        self.audit(now, Action.MOVE_AWAY, departure.owner)
        self.forget()
        return True

    def forget(self) -> None:
        self._open().forget(self.record.id)
        self._is_changed = False

    def _happened(self, name: str, payload: Payload, now: float) -> Iterator[Effect]:
        """Recorded, and delivered if the webhook wants it."""
        if name == "error":
            self.last_error = str(payload.get("error", ""))
        wanted = self.record.webhook_events
        endpoint = self.endpoint if name in wanted or ALL_EVENTS in wanted else ""
        caused = {"requestId": self._request_id} if self._request_id else {}
        draft = EventDraft(self._new_event_id(now), name, now, {**payload, **caused}, endpoint or None)
        self._open().record(self.record.id, draft)
        yield _log_line(self.record.id, name, payload)
        if endpoint:
            yield Tell(WEBHOOK_ACTOR, OutboxGrew())

    def _open(self) -> Transaction:
        if self._transaction is None:
            self._transaction = self._commits.enter_context(self.store.transaction())
        return self._transaction


def error_payload(reason: Reason, missing: str = "") -> dict[str, object]:
    """The payload of an `error` event (docs/MULTI_TENANT_ARCHITECTURE.md 5.2)."""
    return {"error": sentence(reason, missing), "code": reason.value, "recoverable": reason in RECOVERABLE}


def _log_line(session_id: str, name: str, payload: Payload) -> Log:
    fields = payload.get("message", payload)
    details = {field: fields[field] for field in LOGGED_FIELDS[name] if field in fields}
    if name == "message_ack" and fields.get("ack") == 1:
        # As docs/MULTI_TENANT_ARCHITECTURE.md 10.2 names it.
        name = "message_sent"
    elif name == "message_sent":
        name = "message_written_on_phone"
    return Log(_LEVELS.get(name, "info"), name, session_id, details)
