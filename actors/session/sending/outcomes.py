"""What becomes of a message: acknowledged, failed or unknown. Each outcome is one commit and at most one answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from actors.runtime.effects import Answer, Count, DeleteFile, Effect, Reply
from actors.session.sending.send_codec import MAY_HAVE_LEFT, is_act
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.errors import CATALOGUE, Code, Refusal
from wppmt.domain.occurrences import Acknowledged, SendFailedLater
from wppmt.domain.sends import Sent
from wppmt.store.records import ACK_STATUS, JournalEntry, SendState


class Outcomes:
    """Settles journal entries, and answers whoever still waits for them."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._replies: dict[str, Reply] = {}

    def promise(self, message_id: str, reply: Reply) -> None:
        """Somebody waits for the outcome of this message."""
        self._replies[message_id] = reply

    def is_awaited(self, message_id: str) -> bool:
        return message_id in self._replies

    def acknowledge(self, entry: JournalEntry, ack: int, to: str, now: float) -> Iterator[Effect]:
        """WhatsApp's server (1), or the recipient (2, 3, 4), has it."""
        first = entry.ack < 1 and not is_act(entry)
        settled = _settled(entry, state=SendState.SENT, ack=ack, to=to or entry.to, acked_at=now)
        sent = self._work.record.messages_sent + int(first)
        if first and entry.handed_at is not None:
            yield Count(Acknowledged(max(0.0, now - entry.handed_at), entry.id, now))
        yield from self._work.write(
            now, ("message_ack", _payload(settled)), journal=settled, messages_sent=sent, last_activity=now
        )
        yield from self.answer(entry.id, as_sent(settled, now))
        yield from _discard_file(entry)

    def fail(self, entry: JournalEntry, refusal: Refusal, now: float) -> Iterator[Effect]:
        """It was surely not sent. Whoever waits gets a refusal; whoever got `pending` before gets an event.

        When the refusal is only temporary, the idempotency key is freed, so that the same request can be tried again.
        """
        if is_act(entry) and may_have_left(entry):
            # That it can't be done any more does not tell whether it was done before.
            yield from self.report_unknown(entry, now)
            return
        key = entry.key if _is_final(refusal.code) or may_have_left(entry) else ""
        settled = _settled(entry, state=SendState.FAILED, ack=-1, failure=refusal.code.value, key=key)
        is_late = not self.is_awaited(entry.id)
        happenings = [("message_ack", _payload(settled))] if is_late else []
        yield from self._work.write(now, *happenings, journal=settled)
        if is_late:
            yield Count(SendFailedLater(entry.session_id))
        yield from self.answer(entry.id, refusal)
        yield from _discard_file(entry)

    def report_unknown(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """It can't be known whether it was sent, so it is never sent again. A later acknowledgement still counts."""
        settled = _settled(entry, state=SendState.UNKNOWN)
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
    at = entry.acked_at or now
    return Sent(entry.id, entry.to, entry.ack, at, entry.reference, entry.accepted_at, entry.handed_at)


def may_have_left(entry: JournalEntry) -> bool:
    return bool(entry.payload.get(MAY_HAVE_LEFT))


def _is_final(code: Code) -> bool:
    """Whether the same request would get the same answer; any other may be asked again under its key."""
    return CATALOGUE[code].http_status == HTTPStatus.UNPROCESSABLE_ENTITY


def _settled(entry: JournalEntry, **changes: Any) -> JournalEntry:
    """It is never handed over again, so its content is removed from the journal."""
    return replace(entry, payload={}, **changes)


def _payload(entry: JournalEntry) -> dict[str, Any]:
    """Of `message_ack` (docs/contract.md 7)."""
    status = ACK_STATUS.get(entry.ack, "failed")
    reference = {"reference": entry.reference} if entry.reference else {}
    return {"messageId": entry.id, "status": status, "ack": entry.ack, "to": entry.to} | reference


def _discard_file(entry: JournalEntry) -> Iterator[Effect]:
    if path := entry.payload.get("path"):
        yield DeleteFile(path)
