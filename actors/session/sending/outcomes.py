"""What becomes of a message: acknowledged, failed or unknown. Each fate is one commit and one answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from actors.runtime.effects import Answer, DeleteFile, Effect, Reply
from actors.session.sending.send_codec import MAY_HAVE_LEFT
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.errors import CATALOGUE, Code, Refusal
from wppmt.domain.messages import Sent
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import ACK_STATUS, Handover, JournalEntry, SessionRecord

NEEDS_A_PERSON = {State.DISCONNECTED, State.WAITING_SCAN, State.ERROR}
"""`reconnectRequired` of a refused send."""
CHANGED_SECONDS = 900
"""Until a page that lacks something is opened anew."""
TRY_AGAIN_SECONDS = 5
"""Where no person is needed: most interruptions are over by then."""


class Outcomes:
    """Settles journal entries, and tells whoever still waits for them."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._replies: dict[str, Reply] = {}

    def promise(self, message_id: str, reply: Reply) -> None:
        """Someone waits for the fate of this message."""
        self._replies[message_id] = reply

    def is_awaited(self, message_id: str) -> bool:
        return message_id in self._replies

    def acknowledge(self, entry: JournalEntry, ack: int, to: str, now: float) -> Iterator[Effect]:
        """WhatsApp's server (1), or the recipient (2, 3, 4), has it."""
        first = entry.ack < 1
        settled = _settled(entry, handover=Handover.SENT, ack=ack, to=to or entry.to, acked_at=now)
        sent = self._work.record.messages_sent + int(first)
        yield from self._work.write(
            now, ("message_ack", _payload(settled)), journal=settled, messages_sent=sent, last_activity=now
        )
        yield from self.answer(entry.id, as_sent(settled, now))
        yield from _discard_file(entry)

    def fail(self, entry: JournalEntry, refusal: Refusal, now: float) -> Iterator[Effect]:
        """It surely was not sent. Who waits hears it as the answer; who was told `pending` hears it as an event.

        An answer that says "not now, try again" gives the idempotency key back, so that trying again can help.
        """
        key = entry.key if _is_final(refusal.code) or may_have_left(entry) else ""
        settled = _settled(entry, handover=Handover.FAILED, ack=-1, failure=refusal.code.value, key=key)
        happenings = [] if self.is_awaited(entry.id) else [("message_ack", _payload(settled))]
        yield from self._work.write(now, *happenings, journal=settled)
        yield from self.answer(entry.id, refusal)
        yield from _discard_file(entry)

    def report_unknown(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """Nobody can tell; it is never sent again. A later acknowledgement still counts."""
        settled = _settled(entry, handover=Handover.UNKNOWN)
        yield from self._work.write(
            now, ("message_ack", _payload(settled) | {"status": "unknown"}), journal=settled
        )
        yield from self.answer(entry.id, as_sent(entry, now))
        yield from _discard_file(entry)

    def answer(self, message_id: str, value: Sent | Refusal) -> Iterator[Effect]:
        reply = self._replies.pop(message_id, None)
        if reply is not None:
            yield Answer(reply, value)


def as_sent(entry: JournalEntry, now: float) -> Sent:
    return Sent(entry.id, entry.to, entry.ack, entry.acked_at or now)


def not_connected(record: SessionRecord) -> Refusal:
    """The 503 of docs/MULTI_TENANT_ARCHITECTURE.md 4.2.2."""
    if record.state is State.ERROR and record.reason is Reason.WHATSAPP_CHANGED:
        return changed(record)
    person = record.state in NEEDS_A_PERSON or not record.has_login
    extra = {"status": record.state.value, "reconnectRequired": person}
    return Refusal(Code.NOT_CONNECTED, retry_after=None if person else TRY_AGAIN_SECONDS, extra=extra)


def changed(record: SessionRecord) -> Refusal:
    """The same form, where WhatsApp's page lacks what a send needs: nobody has to scan anything."""
    extra = {"status": record.state.value, "reconnectRequired": False}
    problems = [{"field": name, "problem": "não existe mais"} for name in record.missing.split(", ") if name]
    return Refusal(Code.WHATSAPP_CHANGED, retry_after=CHANGED_SECONDS, details=problems, extra=extra)


def may_have_left(entry: JournalEntry) -> bool:
    return bool(entry.payload.get(MAY_HAVE_LEFT))


def _is_final(code: Code) -> bool:
    """Whether the same request would get the same answer; any other may be asked again under its key."""
    return CATALOGUE[code].http_status == HTTPStatus.UNPROCESSABLE_ENTITY


def _settled(entry: JournalEntry, **changes: Any) -> JournalEntry:
    """It is never handed over again: what it said is nobody's business any more."""
    return replace(entry, payload={}, **changes)


def _payload(entry: JournalEntry) -> dict[str, Any]:
    """Of `message_ack` (docs/contract.md 7)."""
    status = ACK_STATUS.get(entry.ack, "failed")
    return {"messageId": entry.id, "status": status, "ack": entry.ack, "to": entry.to}


def _discard_file(entry: JournalEntry) -> Iterator[Effect]:
    if path := entry.payload.get("path"):
        yield DeleteFile(path)
