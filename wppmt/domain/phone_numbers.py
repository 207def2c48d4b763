"""The forms in which one phone number may be written: whether two of them mean the same person."""

from __future__ import annotations

import re

# Mobile numbers: Brazil's ninth digit, Mexico's 1 and Argentina's 9 after the country's code. WhatsApp knows each by
# one form only. Brazil's landlines (2-5) never had the digit: with it, the number is another person's.
_BRAZIL = re.compile(r"55([0-9]{2})(9?)([6-9][0-9]{7})")
_MEXICO = re.compile(r"52(1?)([0-9]{10})")
_ARGENTINA = re.compile(r"54(9?)([0-9]{10})")


def other_form(digits: str) -> str | None:
    """The number with the digit where it is written without, and the reverse; None where there is no such digit."""
    if found := _BRAZIL.fullmatch(digits):
        return f"55{found[1]}{'' if found[2] else '9'}{found[3]}"
    if found := _MEXICO.fullmatch(digits):
        return f"52{'' if found[1] else '1'}{found[2]}"
    if found := _ARGENTINA.fullmatch(digits):
        return f"54{'' if found[1] else '9'}{found[2]}"
    return None


def forms(digits: str) -> tuple[str, ...]:
    """As it is written, and its other form."""
    other = other_form(digits)
    return (digits,) if other is None else (digits, other)


def is_same_number(one: str, another: str) -> bool:
    return another in forms(one)
