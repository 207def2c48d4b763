"""PURE: Pix keys as the central bank's directory has them (DICT): how each kind is written, and its check digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from uuid import UUID

MAX_EMAIL_CHARS = 77
_EMAIL = re.compile(
    r"[a-z0-9.!#$&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+", re.ASCII
)
_PHONE = re.compile(r"55[1-9][0-9](?:9[0-9]{8}|[2-5][0-9]{7})", re.ASCII)
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}", re.ASCII)
"""With letters, too, since July 2026."""
_PUNCTUATION = str.maketrans("", "", " .-/()+")


def pix_key(key_type: str, written: str) -> str | None:
    """The key as the directory has it: `+55…` for a phone, digits only for CPF and CNPJ. None: it is no such key."""
    return _READERS[key_type](written.strip())


def _cpf(written: str) -> str | None:
    digits = written.translate(_PUNCTUATION)
    if not re.fullmatch(r"[0-9]{11}", digits, re.ASCII) or len(set(digits)) == 1:
        return None
    is_right = all(int(digits[at]) == _check_digit(digits[:at], range(at + 1, 1, -1)) for at in (9, 10))
    return digits if is_right else None


def _cnpj(written: str) -> str | None:
    code = written.translate(_PUNCTUATION).upper()
    if not _CNPJ.fullmatch(code) or len(set(code)) == 1:
        return None
    weights = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]
    is_right = all(int(code[at]) == _check_digit(code[:at], weights[-at:]) for at in (12, 13))
    return code if is_right else None


def _check_digit(code: str, weights: range | list[int]) -> int:
    """A letter counts as its distance from the character 0."""
    total = sum((ord(letter) - ord("0")) * weight for letter, weight in zip(code, weights, strict=True))
    rest = total % 11
    return 0 if rest < 2 else 11 - rest


def _phone(written: str) -> str | None:
    digits = written.translate(_PUNCTUATION)
    with_country = digits if digits.startswith("55") and len(digits) > 11 else f"55{digits}"
    return f"+{with_country}" if _PHONE.fullmatch(with_country) else None


def _email(written: str) -> str | None:
    email = written.lower()
    return email if len(email) <= MAX_EMAIL_CHARS and _EMAIL.fullmatch(email) else None


def _random(written: str) -> str | None:
    try:
        key = str(UUID(written))
    except ValueError:
        return None
    return key if key == written.lower() else None


_READERS: Mapping[str, Callable[[str], str | None]] = {
    "CPF": _cpf,
    "CNPJ": _cnpj,
    "PHONE": _phone,
    "EMAIL": _email,
    "EVP": _random,
}
