"""What happened to a message, sent or received. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from wppmt.domain.errors import Code
from wppmt.domain.remedies import ITSELF, remedy
from wppmt.domain.states import State
from wppmt.explain.logged import message_lines
from wppmt.explain.material import Explanation, Line, MessageMaterial
from wppmt.explain.session import MOST_LINES, at_end, event_lines, failure_of
from wppmt.explain.webhook import delivery_advice, delivery_lines
from wppmt.explain.words import EVENTS, body_of, kind_word, masked, whom
from wppmt.store.records import EventRecord, JournalEntry, SendState

_ACKS = {
    1: "o servidor do WhatsApp confirmou",
    2: "entregue no celular do contato",
    3: "lida pelo contato",
    4: "aberta pelo contato (áudio ou vídeo)",
}
_ACKED = {
    1: "Nada a fazer: o celular do contato a recebe quando estiver na internet.",
    2: "Nada a fazer: foi entregue.",
    3: "Nada a fazer: foi lida.",
    4: "Nada a fazer: foi aberta.",
}
_FAILED = {
    Code.NOT_ON_WHATSAPP: "Confira o número com o cliente (…/check-number).",
    Code.REACHOUT_TIMELOCK: "Não insista com contatos novos; espere o fim da pausa (…/limits).",
    Code.NEW_CHAT_QUOTA: "Espere o próximo ciclo do WhatsApp (…/limits).",
    Code.NEW_CONTACT_BUDGET: "Espere o dia seguinte, ou mude o limite da sessão (PATCH).",
    Code.STRANGER_GAP: "Espere o intervalo entre novos contatos e envie de novo.",
    Code.QUIET_HOURS: "Envie de novo fora do horário de silêncio da sessão.",
    Code.NOT_CONNECTED: "Envie de novo quando a sessão estiver conectada.",
    Code.MEDIA_FETCH_FAILED: "Confira se a URL da mídia responde, e envie de novo.",
    Code.UNSUPPORTED_MEDIA: "Envie o arquivo em um tipo que o WhatsApp aceita.",
    Code.MEDIA_TOO_LARGE: "Envie um arquivo menor.",
    Code.GROUP_NOT_FOUND: "Confira se a conta ainda participa do grupo.",
    Code.NOT_GROUP_MEMBER: "Confira se a conta ainda participa do grupo.",
    Code.NOT_GROUP_ADMIN: "Peça a um administrador do grupo.",
    Code.WHATSAPP_CHANGED: "Espere a sessão voltar a enviar; instale uma versão nova do wa-js (wppmt wa-js).",
}
_FAILED_OTHERWISE = "Corrija a causa e envie de novo, com outra Idempotency-Key."
_UNKNOWN = "Pode ter saído: confira na conversa antes de enviar de novo."
_HANDED = "Não envie de novo: a confirmação ainda pode vir, e depois de uma queda o serviço confere sozinho."
_IN_QUEUE = "Nada a fazer: está na fila, e sai em ordem."
_WAITS = "A mensagem espera na fila e sai quando a sessão voltar."


def explain_message(material: MessageMaterial) -> Explanation:
    entry = material.entry
    lines = list(_sent(entry) if entry else ())
    lines += [line for event in material.events for line in _told(event, entry)]
    if entry and not any(event.name == "message_ack" for event in material.events):
        lines += _end_of(entry)
    lines += [line for event in material.around if _is_concerned(entry, event) for line in event_lines(event)]
    lines += delivery_lines(material.deliveries, material.events)
    lines += message_lines(material.logged, entry.id) if entry else ()
    # Of the same moment, in the order in which they were found.
    lines.sort(key=lambda line: line.at)
    advice = [_advice(material), delivery_advice(material.deliveries)]
    timeline = [Line(line.at, masked(line.text)) for line in lines[-MOST_LINES:]]
    return Explanation(timeline, " ".join(part for part in advice if part))


def _sent(entry: JournalEntry) -> Iterator[Line]:
    yield Line(entry.accepted_at, f"{kind_word(entry.kind)} para {whom(entry.to)}: pedido aceito")
    if entry.handed_at is not None:
        yield Line(entry.handed_at, "enviada ao WhatsApp")


def _end_of(entry: JournalEntry) -> Iterator[Line]:
    """Where no event tells of it: whoever asked was answered at once, or the events are too old."""
    if entry.state in {SendState.FAILED, SendState.UNKNOWN}:
        yield Line(at_end(entry), failure_of(entry))
    elif entry.ack in _ACKS and entry.acked_at is not None:
        yield Line(entry.acked_at, _ACKS[entry.ack])


def _told(event: EventRecord, entry: JournalEntry | None) -> Iterator[Line]:
    body = body_of(event)
    if "erased" in body:
        yield Line(event.at, "evento apagado a pedido do contato (LGPD)")
    elif event.name == "message_ack":
        yield Line(event.at, _acked(body, entry))
    elif event.name in {"message_received", "message_sent"}:
        message = body.get("message", {})
        side = "recebida de" if event.name == "message_received" else "escrita no celular, para"
        chat = message.get("from" if event.name == "message_received" else "to", "")
        late = ", lida depois de uma parada do serviço" if body.get("backfilled") else ""
        yield Line(event.at, f"{kind_word(str(message.get('type', '')))} {side} {whom(str(chat))}{late}")
    else:
        yield Line(event.at, EVENTS.get(event.name, event.name))


def _acked(body: dict[str, object], entry: JournalEntry | None) -> str:
    ack = body.get("ack")
    if body.get("status") == "unknown":
        return "não se sabe se foi enviada"
    if isinstance(ack, int) and ack in _ACKS:
        return _ACKS[ack]
    is_failure = entry is not None and entry.state is SendState.FAILED
    return failure_of(entry) if entry and is_failure else "não foi enviada"


def _is_concerned(entry: JournalEntry | None, event: EventRecord) -> bool:
    """How the session was matters until WhatsApp's server has the message, or it is known that it never will."""
    if entry is None:
        return False
    is_over = entry.state is not SendState.ACCEPTED and entry.ack != 0
    return event.at >= entry.accepted_at and (not is_over or event.at <= at_end(entry))


def _advice(material: MessageMaterial) -> str:
    entry, record = material.entry, material.record
    if entry is None:
        return "" if delivery_advice(material.deliveries) else ITSELF
    match entry.state:
        case SendState.FAILED:
            known = entry.failure in set(Code)
            return _FAILED.get(Code(entry.failure), _FAILED_OTHERWISE) if known else _FAILED_OTHERWISE
        case SendState.UNKNOWN:
            return _UNKNOWN
        case SendState.SENT:
            return _ACKED.get(entry.ack, _ACKED[1])
        case SendState.HANDED:
            return _HANDED
        case SendState.ACCEPTED:
            return _IN_QUEUE if record.state is State.CONNECTED else f"{_WAITS} {remedy(record.reason)}"
