"""PURE: what a caller may write as recipient, and the chat id it means (contract, section 5)."""

from __future__ import annotations

import re

from wppmt.errors import Code, Refusal

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


def parse_phone(text: str) -> str:
    """The digits of a phone number written with or without `+`, spaces, dashes, parentheses.

    Raises Refusal(INVALID_PHONE).
    """
    digits = text.strip().removeprefix("+").translate(_PUNCTUATION)
    if not _DIGITS.fullmatch(digits):
        raise _invalid("use de 8 a 15 dígitos, com o código do país")
    return digits


def parse_recipient(text: str, *, is_group: bool | None = None) -> str:
    """The chat id (`…@c.us`, `…@g.us`, `…@lid`) that a `phone` field means. Raises Refusal(INVALID_PHONE).

    `is_group` is the request's `isGroup`, None when it was not said; it may not contradict the id.
    """
    user, at, server = text.strip().partition("@")
    if at:
        return _chat_id(user, _SAME_AS.get(server, server), is_group=is_group)
    if is_group:
        return _chat_id(user.strip(), "g.us", is_group=True)
    return f"{parse_phone(user)}@c.us"


def _chat_id(user: str, server: str, *, is_group: bool | None) -> str:
    pattern = _USER_OF.get(server)
    if pattern is None or not pattern.fullmatch(user):
        raise _invalid("o identificador não existe no WhatsApp: use …@c.us, …@g.us ou …@lid")
    if is_group is not None and is_group != (server == "g.us"):
        raise _invalid("isGroup contradiz o identificador")
    return f"{user}@{server}"


def _invalid(problem: str) -> Refusal:
    return Refusal(Code.INVALID_PHONE, details=[{"field": "phone", "problem": problem}])
