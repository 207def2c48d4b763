"""A request to send as a journal entry, and a journal entry as a call into the page: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wppmt.domain import outgoing, sends
from wppmt.domain.sends import Send, SendMedia, SendText
from wppmt.domain.vcard import vcard
from wppmt.store.records import JournalEntry

MAY_HAVE_LEFT = "mayHaveLeft"
"""In the payload of a message that was handed to a page which is gone, and that no later page has."""
OPENING = "opening"
"""In the payload of a message to a stranger: True where it is the first one."""
_NOT_FOR_THE_PAGE = frozenset({"typingMs", "path", "size", MAY_HAVE_LEFT, OPENING})
Payload = dict[str, Any]
PageCall = tuple[str, Payload]
"""bridge.js's function and its arguments."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind is written into the journal, and which function of bridge.js sends it."""

    name: str
    function: str
    payload: Callable[[Any], Payload]


def _text(request: SendText) -> Payload:
    return {"text": request.text, "linkPreview": request.link_preview}


def _media(request: SendMedia) -> Payload:
    said = {
        "caption": request.caption,
        "viewOnce": request.view_once,
        "gif": request.gif,
        "note": request.note,
        "waveform": list(request.waveform),
        "seconds": request.seconds,
    }
    return {name: value for name, value in said.items() if value} | {
        "path": request.path,
        "size": request.size,
        "kind": "audio" if request.kind == "voice" else request.kind,
        "ptt": request.kind == "voice",
        "mimetype": request.mimetype,
        "fileName": request.file_name,
    }


def _location(place: outgoing.Location) -> Payload:
    where = {"latitude": place.latitude, "longitude": place.longitude}
    return where | {"name": place.name, "address": place.address}


def _contacts(contacts: outgoing.ContactCards) -> Payload:
    return {"cards": [{"displayName": card.name, "vcard": vcard(card)} for card in contacts.cards]}


def _poll(poll: outgoing.Poll) -> Payload:
    return {"question": poll.question, "options": list(poll.options), "multiple": poll.multiple}


def _pix(pix: outgoing.PixKey) -> Payload:
    return {"keyType": pix.key_type, "key": pix.key, "name": pix.name, "instructions": pix.instructions}


_KINDS: Mapping[type, _Kind] = {
    SendText: _Kind("text", "send_text", _text),
    SendMedia: _Kind("media", "send_media", _media),
    outgoing.Location: _Kind("location", "send_location", _location),
    outgoing.ContactCards: _Kind("contact", "send_contacts", _contacts),
    outgoing.Poll: _Kind("poll", "send_poll", _poll),
    outgoing.PixKey: _Kind("pix", "send_pix", _pix),
    outgoing.Forward: _Kind("forward", "forward", lambda forward: {"messageId": forward.message_id}),
    outgoing.Reaction: _Kind(
        "reaction", "react", lambda reaction: {"messageId": reaction.message_id, "emoji": reaction.emoji}
    ),
    outgoing.Edit: _Kind("edit", "edit", lambda edit: {"messageId": edit.message_id, "text": edit.text}),
    outgoing.Deletion: _Kind(
        "delete",
        "delete",
        lambda deletion: {"messageId": deletion.message_id, "forEveryone": deletion.for_everyone},
    ),
}
_FUNCTIONS = {kind.name: kind.function for kind in _KINDS.values()}
_ACTS = frozenset({"reaction", "edit", "delete"})
"""They change a message that is there, and are none themselves."""
SENDING = frozenset(kind.function for kind in _KINDS.values() if kind.name not in _ACTS)
"""The functions of bridge.js that make a new message."""


def goes_to_a_person(request: Send) -> bool:
    """No group, and no act on a message that is there."""
    content = request.content if isinstance(request, sends.SendContent) else request
    return _KINDS[type(content)].name not in _ACTS and not request.to.endswith("@g.us")


def is_act(entry: JournalEntry) -> bool:
    return entry.kind in _ACTS


def to_entry(request: Send, session_id: str, message_id: str, now: float) -> JournalEntry:
    """ACCEPTED, with everything that is needed to send it, also after a crash."""
    content = request.content if isinstance(request, sends.SendContent) else request
    kind = _KINDS[type(content)]
    payload = kind.payload(content)
    if request.quoted_id:
        payload["quotedId"] = request.quoted_id
    if request.mentions:
        payload["mentions"] = list(request.mentions)
    if request.typing_ms:
        payload["typingMs"] = request.typing_ms
    return JournalEntry(
        session_id,
        message_id,
        request.to,
        kind.name,
        payload,
        accepted_at=now,
        key=request.idempotency.key if request.idempotency else "",
        fingerprint=request.idempotency.fingerprint if request.idempotency else "",
        reference=request.reference,
    )


def page_call(entry: JournalEntry, source: int | None) -> PageCall:
    """What hands the entry over; `source` is what the upload of its file gave."""
    file = {} if source is None else {"source": source}
    return _FUNCTIONS[entry.kind], _arguments(entry) | file


def find_call(entry: JournalEntry) -> PageCall:
    """What asks the page whether it has the entry."""
    if is_act(entry):
        return "find_act", _arguments(entry) | {"kind": entry.kind}
    return "find_message", {"id": entry.id, "to": entry.to}


def _arguments(entry: JournalEntry) -> Payload:
    shown = {name: value for name, value in entry.payload.items() if name not in _NOT_FOR_THE_PAGE}
    return shown | {"id": entry.id, "to": entry.to}


def extra_seconds(entry: JournalEntry) -> float:
    """How much longer than a text its sending may take."""
    return sends.extra_seconds(int(entry.payload.get("typingMs", 0)), int(entry.payload.get("size", 0)))


def queue_order(entry: JournalEntry) -> tuple[float, float]:
    """The order of the queue: as accepted; what was handed over before goes first."""
    return entry.accepted_at, entry.handed_at or float("inf")
