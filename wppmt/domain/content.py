"""What a received message says: WhatsApp's attributes of each kind, as text that a person reads and as structure.

`content` holds the attributes that the page hands over (wppmt/browser/page/written.js). It was written by strangers:
whatever is missing or of an odd type is left out, and nothing here fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wppmt.domain.vcard import Card, read_card

Content = Mapping[str, Any]
Fields = dict[str, Any]
"""Of the message, by the names of the contract; `body` among them."""

UNKNOWN = "unknown"
_SINGLE = 1
"""A poll's `pollSelectableOptionsCount` where only one answer counts; 0 is any number."""
_THUMBNAIL = re.compile(r"(?:/9j/|iVBOR|data:|[A-Za-z0-9+/=]{120,})")


def fields_of(kind: str, content: Content) -> Fields:
    """The fields that this kind of message has beyond those of all; `type` is among them."""
    read = _READERS.get(kind)
    if read is None:
        return _unknown(kind, content)
    return {"type": kind, **read(content)}


def body_of(kind: str, content: Content) -> str:
    """What a person reads of it; may be empty."""
    body: str = fields_of(kind, content)["body"]
    return body


def _unknown(kind: str, content: Content) -> Fields:
    return {
        "type": UNKNOWN,
        "rawType": kind,
        "body": _readable(content) or "Mensagem de um tipo que não é conhecido aqui",
    }


def _readable(content: Content) -> str:
    texts = (_text(content.get(name)) for name in ("body", "caption", "title", "description", "comment"))
    return next((text for text in texts if text and not _THUMBNAIL.match(text)), "")


def _chat(content: Content) -> Fields:
    return {"body": _text(content.get("body"))}


def _file(content: Content) -> Fields:
    """WhatsApp may put the file's name where no caption was typed."""
    caption = _text(content.get("caption"))
    is_typed = content.get("isCaptionByUser")
    if caption == content.get("filename") and is_typed is not True:
        caption = ""
    return {"body": caption, "caption": caption} if caption else {"body": ""}


def _location(content: Content) -> Fields:
    name, _, address = _text(content.get("loc")).partition("\n")
    place = {
        "latitude": _number(content.get("lat")),
        "longitude": _number(content.get("lng")),
        "name": name or None,
        "address": address.replace("\n", ", ") or None,
    }
    said = [text for text in (name, place["address"], _text(content.get("comment"))) if text]
    return {
        "body": "\n".join(str(text) for text in said) or f"{place['latitude']}, {place['longitude']}",
        "location": place,
    }


def _vcard(content: Content) -> Fields:
    return _cards([{"vcard": content.get("body"), "displayName": content.get("vcardFormattedName")}])


def _vcards(content: Content) -> Fields:
    return _cards([card for card in _list(content.get("vcardList")) if isinstance(card, Mapping)])


def _cards(cards: Sequence[Content]) -> Fields:
    contacts = [_contact(_text(card.get("vcard")), _text(card.get("displayName"))) for card in cards]
    return {
        "body": ", ".join(contact["name"] for contact in contacts if contact["name"]),
        "contacts": contacts,
    }


def _contact(vcard: str, shown: str) -> Fields:
    card: Card = read_card(vcard)
    return {"name": card.name or shown, "phones": list(card.phones), "vcard": vcard}


def _poll(content: Content) -> Fields:
    question = _text(content.get("pollName"))
    options = [
        _text(one.get("name")) for one in _list(content.get("pollOptions")) if isinstance(one, Mapping)
    ]
    multiple = content.get("pollSelectableOptionsCount") != _SINGLE
    return {"body": question, "poll": {"question": question, "options": options, "multiple": multiple}}


def _interactive(content: Content) -> Fields:
    """Buttons and the like; a Pix key is one of them."""
    pix = _pix(content.get("interactivePayload"))
    if pix is None:
        return {"body": _readable(content)}
    return {"body": _readable(content) or f"Chave Pix de {pix['name']}: {pix['key']}", "pix": pix}


def _pix(payload: Any) -> Fields | None:
    buttons = _list(payload.get("buttons")) if isinstance(payload, Mapping) else []
    for button in buttons:
        for setting in _payment_settings(button):
            code = setting.get("pix_static_code")
            if isinstance(code, Mapping):
                return {
                    "keyType": _text(code.get("key_type")),
                    "key": _text(code.get("key")),
                    "name": _text(code.get("merchant_name")),
                }
    return None


def _payment_settings(button: Any) -> list[Content]:
    try:
        parameters = json.loads(button["buttonParamsJson"])
        return [setting for setting in _list(parameters["payment_settings"]) if isinstance(setting, Mapping)]
    except (KeyError, TypeError, ValueError):
        return []


def _menu(name: str) -> Callable[[Content], Fields]:
    """A list of choices, or the choice that was made: its texts may stand within, under this name."""

    def read(content: Content) -> Fields:
        inner = content.get(name)
        return {"body": _readable(content) or _readable(inner if isinstance(inner, Mapping) else {})}

    return read


def _named(*names: str) -> Callable[[Content], Fields]:
    """The first of these attributes that says something."""

    def read(content: Content) -> Fields:
        return {"body": next((text for name in names if (text := _text(content.get(name)))), "")}

    return read


def _invitation(content: Content) -> Fields:
    group = _text(content.get("inviteGrpName"))
    return {"body": _text(content.get("comment")) or f"Convite para o grupo {group}".strip()}


def _texts(content: Content) -> Fields:
    return {"body": _readable(content)}


_READERS: Mapping[str, Callable[[Content], Fields]] = {
    "chat": _chat,
    **dict.fromkeys(("image", "video", "audio", "ptt", "ptv", "document", "sticker"), _file),
    "location": _location,
    "vcard": _vcard,
    "multi_vcard": _vcards,
    "poll_creation": _poll,
    "interactive": _interactive,
    "list": _menu("list"),
    "list_response": _menu("listResponse"),
    "event_creation": _named("eventName", "eventDescription"),
    "groups_v4_invite": _invitation,
    "order": _named("orderTitle", "message"),
    "product": _named("title", "description"),
    **dict.fromkeys(
        (
            "automated_greeting_message",
            "buttons_response",
            "comment",
            "hsm",
            "interactive_response",
            "template_button_reply",
        ),
        _texts,
    ),
}
"""By WhatsApp's own type. Whatever is not here is told as `unknown`."""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else []
