"""PURE: what a caller may write as recipient, and the chat id it means (contract, section 5).

Spellings are read, numbers are never changed: whether a ninth digit belongs there is asked at WhatsApp.
"""

from __future__ import annotations

import re
import unicodedata

from wppmt.domain.errors import Code, Refusal

_DIGITS = re.compile(r"[0-9]{8,15}", re.ASCII)
# Groups of today have 18 digits, older ones "creator-epoch"; a person's number with @g.us is a mistake.
_GROUP = re.compile(r"[0-9]{16,20}|[0-9]{8,15}-[0-9]{8,12}", re.ASCII)
_LID = re.compile(r"[0-9]{5,20}", re.ASCII)
_PEOPLE = {"c.us", "s.whatsapp.net"}
"""The second is Baileys' spelling of the first: read, never written."""
_DEVICE = re.compile(r"([._][0-9]{1,3})?:[0-9]{1,5}$", re.ASCII)
"""Behind a person's id: which of their phones and computers."""
_SCHEME = re.compile(r"tel:\s*", re.IGNORECASE)
_FLOAT = re.compile(r"(\+?[0-9]{8,15})\.0+", re.ASCII)
"""A spreadsheet's number: its zero is no digit of the phone's."""
_TRUNK = re.compile(r"\(\s*0\s*\)")
_SEPARATORS = frozenset(".()\t\u2212\uff0e\uff08\uff09")
"""Beside every kind of blank and dash. No slash: it stands between two numbers."""
_LENGTH = "use de 8 a 15 dígitos, com o código do país"


def parse_phone(text: str, field: str = "phone") -> str:
    """The digits of a phone number as people paste it, or of a person's id (`…@c.us`, `…@s.whatsapp.net`).

    Raises Refusal(INVALID_PHONE), whose details name the `field` and the character that is in the way.
    """
    user, at, server = _shown(text).partition("@")
    if at and server not in _PEOPLE:
        raise _invalid("aqui só vale um número de telefone ou um id …@c.us", field)
    return _number(_DEVICE.sub("", user) if at else user, field)


def parse_recipient(text: str, *, is_group: bool | None = None, field: str = "phone") -> str:
    """The chat id (`…@c.us`, `…@g.us`, `…@lid`) that a `phone` field means. Raises Refusal(INVALID_PHONE).

    `is_group` is the request's `isGroup`, None when it was not said; it may not contradict the id.
    """
    user, at, server = _shown(text).partition("@")
    if not at:
        server = "g.us" if is_group else "c.us"
    chat_id = f"{_user(user, server, field, has_server=bool(at))}@{'c.us' if server in _PEOPLE else server}"
    if is_group is not None and is_group != (server == "g.us"):
        raise _invalid("isGroup contradiz o identificador", field)
    return chat_id


def parse_mention(text: str, field: str) -> str:
    """The id of a person (`…@c.us`, `…@lid`). Raises Refusal(INVALID_PHONE)."""
    person = parse_recipient(text, field=field)
    if person.endswith("@g.us"):
        raise _invalid("um grupo não pode ser mencionado", field)
    return person


def _user(user: str, server: str, field: str, *, has_server: bool) -> str:
    if server in _PEOPLE:
        return _number(_DEVICE.sub("", user) if has_server else user, field)
    if server == "lid" and _LID.fullmatch(user := _DEVICE.sub("", user)):
        return user
    if server == "g.us" and _GROUP.fullmatch(user):
        return user
    raise _invalid("o identificador não existe no WhatsApp: use …@c.us, …@g.us ou …@lid", field)


def _shown(text: str) -> str:
    """Without what only directs or hides: copied text often brings it along."""
    return "".join(char for char in text if unicodedata.category(char) != "Cf").strip()


def _number(written: str, field: str) -> str:
    written = _SCHEME.sub("", written.replace("\uff0b", "+"), count=1)
    if float_number := _FLOAT.fullmatch(written):
        written = float_number[1]
    if _TRUNK.search(written):
        raise _invalid("tire o (0): depois do código do país ele não é discado", field)
    bare = "".join(char for char in written if not _separates(char))
    digits = bare.removeprefix("+")
    if wrong := re.search(r"[^0-9]", digits):
        raise _invalid(f"o caractere {_named(wrong[0])} não pode estar num telefone", field)
    if bare.startswith("00"):
        digits = digits[2:]
    if digits.startswith("0"):
        raise _invalid("comece pelo código do país, sem 0 na frente (Brasil: 55)", field)
    if not _DIGITS.fullmatch(digits):
        raise _invalid(_LENGTH, field)
    return digits


def _separates(char: str) -> bool:
    return char in _SEPARATORS or unicodedata.category(char) in {"Zs", "Pd"}


def _named(char: str) -> str:
    shown = f'"{char}" ' if char.isprintable() else ""
    return f"{shown}(U+{ord(char):04X})" if not shown or not char.isascii() else shown.strip()


def _invalid(problem: str, field: str) -> Refusal:
    return Refusal(Code.INVALID_PHONE, details=[{"field": field, "problem": problem}])
