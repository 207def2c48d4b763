"""PURE: every kind of message, between the control API's words and the attributes of WhatsApp's page."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

from wppmt.simulator.errors import invalid
from wppmt.simulator.records import Json, Message

ADDONS = frozenset({"reaction", "edit", "revoke", "vote", "pin", "keep", "eventResponse"})
"""They travel as messages, and change one that is there: ``target`` is its id."""

MULTIPLE, SINGLE = 0, 1
"""A poll's ``pollSelectableOptionsCount``."""

# A grey pixel: what a phone draws of the map around a location.
MAP_JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////"
    "////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAI"
    "AQEAAD8AP//Z"
)


# --- what a phone writes

PLAIN = frozenset({"chat", "image", "video", "audio", "ptt", "document", "sticker"})

WORDS = frozenset(
    {
        "to",
        "type",
        "id",
        "t",
        "body",
        "caption",
        "media",
        "quoted",
        "mentions",
        "forwarded",
        "viewOnce",
        "gif",
    }
    | {"note", "expiresInSeconds", "captionByUser", "ad"}
)
"""What the control API knows of a message; in a type that it does not know, the rest are the page's attributes."""


def written(type_: str, body: Json) -> tuple[str, Json]:
    """The type and the page's attributes of a message that the control API orders."""
    make = WRITTEN.get(type_)
    page_type, content = make(body) if make else (type_, {} if type_ in PLAIN else _raw(body))
    if type_ == "video" and _flag(body, "note"):
        page_type = "ptv"
    return page_type, {**content, **_common(body)}


def _raw(body: Json) -> Json:
    return {name: value for name, value in body.items() if name not in WORDS}


def _common(body: Json) -> Json:
    content: Json = {}
    if _flag(body, "forwarded"):
        content |= {"isForwarded": True, "forwardingScore": 1}
    for word, attribute in (
        ("viewOnce", "isViewOnce"),
        ("gif", "isGif"),
        ("captionByUser", "isCaptionByUser"),
    ):
        if _flag(body, word):
            content[attribute] = True
    if body.get("expiresInSeconds") is not None:
        content["ephemeralDuration"] = _whole(body, "expiresInSeconds")
    if body.get("ad") is not None:
        content["ctwaContext"] = _ad(_object(body, "ad"))
    return content


def _ad(ad: Json) -> Json:
    names = {"title": "title", "body": "description", "sourceUrl": "sourceUrl"}
    names |= {"sourceId": "sourceId", "clickId": "ctwaClid"}
    return {attribute: _text(ad, word) for word, attribute in names.items() if ad.get(word) is not None}


def _location(body: Json) -> tuple[str, Json]:
    location = _object(body, "location")
    lines = [str(location[name]) for name in ("name", "address") if location.get(name)]
    return "location", {
        "lat": _number(location, "latitude"),
        "lng": _number(location, "longitude"),
        "loc": "\n".join(lines),
        "body": MAP_JPEG,
    }


def _contact(body: Json) -> tuple[str, Json]:
    contacts = body.get("contacts")
    if not isinstance(contacts, list) or not contacts:
        raise invalid("contacts precisa ser uma lista de {name, phones}")
    cards = [{"displayName": _text(one, "name"), "vcard": vcard(one)} for one in contacts]
    if len(cards) > 1:
        return "multi_vcard", {"vcardList": cards}
    return "vcard", {"body": cards[0]["vcard"], "vcardFormattedName": cards[0]["displayName"]}


def _poll(body: Json) -> tuple[str, Json]:
    poll = _object(body, "poll")
    options = poll.get("options")
    if not isinstance(options, list) or not all(isinstance(one, str) for one in options):
        raise invalid("poll.options precisa ser uma lista de textos")
    return "poll_creation", {
        "pollName": _text(poll, "question"),
        "pollOptions": [{"name": name, "localId": local_id} for local_id, name in enumerate(options)],
        "pollSelectableOptionsCount": MULTIPLE if _flag(poll, "multiple") else SINGLE,
    }


WRITTEN: dict[str, Callable[[Json], tuple[str, Json]]] = {
    "location": _location,
    "contact": _contact,
    "poll": _poll,
}


def vcard(contact: Json) -> str:
    name, phones = _text(contact, "name"), contact.get("phones")
    if not isinstance(phones, list) or not all(isinstance(one, str) for one in phones):
        raise invalid("phones precisa ser uma lista de números")
    numbers = [f"TEL;type=CELL;type=VOICE;waid={phone.lstrip('+')}:+{phone.lstrip('+')}" for phone in phones]
    written = re.sub(r"([\\;,])", r"\\\1", name)
    return "\n".join(
        ["BEGIN:VCARD", "VERSION:3.0", f"N:;{written};;;", f"FN:{written}", *numbers, "END:VCARD"]
    )


# --- what an inbox shows


def shown(message: Message) -> Json:
    """The fields that a line of an inbox gains for this kind of message."""
    content = message.content or {}
    if message.type in ADDONS:
        return {"target": message.target, **_addon(message.type, content)}
    fields: Json = {}
    for attribute, word in (("isForwarded", "forwarded"), ("isViewOnce", "viewOnce"), ("isGif", "gif")):
        if content.get(attribute):
            fields[word] = True
    if "isCaptionByUser" in content:
        fields["captionByUser"] = bool(content["isCaptionByUser"])
    if message.type == "ptv":
        fields["note"] = True
    if content.get("waveform"):
        fields["waveform"] = waveform(content["waveform"])
    show = SHOWN.get(message.type)
    return fields | (show(message.body, content) if show else {})


def _addon(type_: str, content: Json) -> Json:
    names = {"reaction": ("emoji",), "edit": ("body",), "vote": ("options",)}.get(type_, ())
    return {name: content.get(name) for name in names}


def _shown_location(_: str | None, content: Json) -> Json:
    name, _, address = str(content.get("loc") or "").partition("\n")
    place = {"latitude": content.get("lat"), "longitude": content.get("lng")}
    return {"location": {**place, "name": name or None, "address": address or None}}


def _shown_card(body: str | None, _: Json) -> Json:
    return {"contacts": [read_vcard(body or "")]}


def _shown_cards(_: str | None, content: Json) -> Json:
    return {"contacts": [read_vcard(card["vcard"]) for card in content.get("vcardList") or []]}


def _shown_poll(_: str | None, content: Json) -> Json:
    options = [option["name"] for option in content.get("pollOptions") or []]
    multiple = content.get("pollSelectableOptionsCount") != SINGLE
    return {"poll": {"question": content.get("pollName"), "options": options, "multiple": multiple}}


def _shown_buttons(_: str | None, content: Json) -> Json:
    for button in (content.get("interactivePayload") or {}).get("buttons") or []:
        for setting in json.loads(button["buttonParamsJson"]).get("payment_settings") or []:
            if setting.get("type") == "pix_static_code":
                code = setting["pix_static_code"]
                return {
                    "pix": {"keyType": code["key_type"], "key": code["key"], "name": code["merchant_name"]}
                }
    return {}


SHOWN: dict[str, Callable[[str | None, Json], Json]] = {
    "location": _shown_location,
    "vcard": _shown_card,
    "multi_vcard": _shown_cards,
    "poll_creation": _shown_poll,
    "interactive": _shown_buttons,
}


def read_vcard(text: str) -> Json:
    name = re.search(r"^FN[^:]*:(.*)$", text, re.MULTILINE)
    phones = [
        re.sub(r"\D", "", number) for number in re.findall(r"^[^:\n]*TEL[^:\n]*:(.*)$", text, re.MULTILINE)
    ]
    plain = re.sub(r"\\(.)", r"\1", name.group(1)).strip() if name else None
    return {"name": plain, "phones": phones}


def waveform(value: Any) -> list[int]:
    """Bytes travel as ``{"$bytes": base64}``."""
    return list(base64.b64decode(value["$bytes"])) if isinstance(value, dict) else list(value)


# --- bad input


def _text(body: Json, key: str) -> str:
    value = body.get(key) if isinstance(body, dict) else None
    if not isinstance(value, str) or not value:
        raise invalid(f"falta {key}")
    return value


def _object(body: Json, key: str) -> Json:
    value = body.get(key)
    if not isinstance(value, dict):
        raise invalid(f"falta {key}")
    return value


def _flag(body: Json, key: str) -> bool:
    value = body.get(key, False)
    if not isinstance(value, bool):
        raise invalid(f"{key} precisa ser true ou false")
    return value


def _number(body: Json, key: str) -> float:
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(f"{key} precisa ser um número")
    return value


def _whole(body: Json, key: str) -> int:
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(f"{key} precisa ser um número inteiro")
    return value
