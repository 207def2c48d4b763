"""Functions of which it is known what becomes of their mutants: whether the others' verdicts can be believed."""

from __future__ import annotations


def noticed(number: int) -> int:
    return number * 3 + 1


def ends(number: int) -> int:
    """Some of its mutants do not."""
    while number < 3:
        number += 1
    return number


def unnoticed(number: int) -> str:
    """Run by a test that hardly looks at what comes of it."""
    return "little" if number < 5 else "much"


def untested(number: int) -> int:
    return number + 1
