"""PURE: what a caller may write as recipient, and the chat id it means (docs/contract.md 5)."""

from __future__ import annotations

import re

from wppmt.domain.errors import Code, Refusal

_PUNCTUATION = str.maketrans("", "", " -()")
_DIGITS = re.compile(r"[0-9]{8,15}", re.ASCII)
# Groups of today have 18 digits, older ones "creator-epoch"; a person's number with @g.us is a mistake.
_USER_OF = {
    "c.us": re.compile(r"[0-9]{8,15}", re.ASCII),
    "g.us": re.compile(r"[0-9]{16,20}|[0-9]{8,15}-[0-9]{8,12}", re.ASCII),
    "lid": re.compile(r"[0-9]{5,20}", re.ASCII),
}
# Baileys' spelling of c.us: read, never written.
_SAME_AS = {"s.whatsapp.net": "c.us"}


def parse_phone(text: str, field: str = "phone") -> str:
    """The digits of a phone number written with or without `+`, spaces, dashes, parentheses.

    Raises Refusal(INVALID_PHONE), whose details name the `field`.
    """
    digits = text.strip().removeprefix("+").translate(_PUNCTUATION)
    if not _DIGITS.fullmatch(digits):
        raise _invalid("use de 8 a 15 dígitos, com o código do país", field)
    return digits


def parse_recipient(text: str, *, is_group: bool | None = None, field: str = "phone") -> str:
    """The chat id (`…@c.us`, `…@g.us`, `…@lid`) that a `phone` field means. Raises Refusal(INVALID_PHONE).

    `is_group` is the request's `isGroup`, None when it was not said; it may not contradict the id.
    """
    user, at, server = text.strip().partition("@")
    if not at and not is_group:
        return f"{parse_phone(user, field)}@c.us"
    user, server = (user, _SAME_AS.get(server, server)) if at else (user.strip(), "g.us")
    pattern = _USER_OF.get(server)
    if pattern is None or not pattern.fullmatch(user):
        raise _invalid("o identificador não existe no WhatsApp: use …@c.us, …@g.us ou …@lid", field)
    if is_group is not None and is_group != (server == "g.us"):
        raise _invalid("isGroup contradiz o identificador", field)
    return f"{user}@{server}"


def parse_mention(text: str, field: str) -> str:
    """The id of a person (`…@c.us`, `…@lid`). Raises Refusal(INVALID_PHONE)."""
    person = parse_recipient(text, field=field)
    if person.endswith("@g.us"):
        raise _invalid("um grupo não pode ser mencionado", field)
    return person


def _invalid(problem: str, field: str) -> Refusal:
    return Refusal(Code.INVALID_PHONE, details=[{"field": field, "problem": problem}])
