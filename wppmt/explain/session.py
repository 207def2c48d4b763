"""What happened to a session. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from wppmt.domain.actions import SERVICE, action_sentence
from wppmt.domain.errors import CATALOGUE, Code
from wppmt.domain.hibernation import CAUSES, Cause
from wppmt.domain.reasons import Reason, sentence
from wppmt.domain.remedies import remedy
from wppmt.explain.logged import session_lines
from wppmt.explain.material import Explanation, Line, SessionMaterial
from wppmt.explain.webhook import delivery_advice, outage_lines
from wppmt.explain.words import body_of, kind_word, masked, state_line, whom
from wppmt.store.operator_records import AuditEntry
from wppmt.store.records import EventRecord, JournalEntry, SendState

MOST_LINES = 500
"""The newest; what was before is told by the log."""


def explain_session(material: SessionMaterial) -> Explanation:
    record = material.record
    lines = [line for event in material.events for line in event_lines(event)]
    lines += [Line(entry.at, _audited(entry)) for entry in material.audit]
    lines += [
        Line(at_end(entry), f"{failure_of(entry)} (para {whom(entry.to)})") for entry in material.failed
    ]
    lines += outage_lines(material.deliveries)
    lines += session_lines(material.logged)
    lines.sort(key=lambda line: line.at)
    reason = sentence(record.reason, record.missing)
    now = Line(material.now, f"Agora: {state_line(record.state, reason)}")
    timeline = [Line(line.at, masked(line.text)) for line in (*lines[-MOST_LINES:], now)]
    advice = [remedy(record.reason), delivery_advice(material.deliveries)]
    return Explanation(timeline, " ".join(part for part in advice if part))


def event_lines(event: EventRecord) -> Iterator[Line]:
    """Of TOLD_EVENTS. An erased one tells nothing."""
    body = body_of(event)
    match event.name:
        case "connection_change" if "reason" in body:
            yield Line(event.at, state_line(body["status"], body["reason"]))
        case "error" if "error" in body:
            yield Line(event.at, f"erro: {body['error']}")
        case "account_changed":
            yield Line(event.at, "outro número foi vinculado à sessão")
        case "account_limit":
            yield Line(event.at, _limit(body.get("paused")))
        case _:
            return


def _limit(paused: object) -> str:
    if paused:
        return "envios a novos contatos em pausa, por um limite do WhatsApp ou da sessão"
    return "limites de novos contatos mudaram; não há pausa agora"


def _audited(entry: AuditEntry) -> str:
    who = {None: "", SERVICE: " pelo serviço"}.get(entry.who, f" por {entry.who}")
    target = entry.target or ""
    detail = _detail(target)
    return f"{action_sentence(entry.action)}{who}{f' ({detail})' if detail else ''}"


def _detail(target: str) -> str:
    """A code in words; a name stands for itself."""
    if target in set(Reason):
        return sentence(Reason(target))
    return CAUSES[Cause(target)] if target in set(Cause) else target


def failure_of(entry: JournalEntry) -> str:
    """Of a message that was not sent, or of which that is not known."""
    if entry.state is SendState.UNKNOWN:
        return f"{kind_word(entry.kind)}: não se sabe se foi enviada"
    known = entry.failure in set(Code)
    why = CATALOGUE[Code(entry.failure)].text if known else "o WhatsApp não a aceitou"
    return f"{kind_word(entry.kind)}: não foi enviada. {why}"


def at_end(entry: JournalEntry) -> float:
    """When it was last heard of."""
    return entry.acked_at or entry.handed_at or entry.accepted_at
