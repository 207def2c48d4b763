"""PURE: by what a person is known here, and whether a text names them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from wppmt.domain.phone_numbers import forms


@dataclass(frozen=True)
class Person:
    """One contact of WhatsApp's: a number, in each form that it is written in, and hidden ids."""

    numbers: tuple[str, ...]
    """Digits."""
    hidden_ids: frozenset[str] = frozenset()
    """`…@lid`."""
    _named: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = "|".join(map(re.escape, [*self.numbers, *sorted(self.hidden_ids)]))
        object.__setattr__(self, "_named", re.compile(rf"(?<![0-9])(?:{names})(?![0-9])"))

    @classmethod
    def of(cls, digits: str) -> Person:
        return cls(forms(digits))

    def also(self, names: Collection[str]) -> Person:
        """The same person, known by these hidden ids, too; other names are none."""
        hidden = {name for name in names if name.endswith("@lid")}
        return Person(self.numbers, self.hidden_ids | hidden)

    def is_named_in(self, text: str | bytes | None) -> bool:
        """The number as WhatsApp writes it, on its own or in an id; not as a person may type it in a text."""
        if not text:
            return False
        return bool(self._named.search(text if isinstance(text, str) else text.decode("utf-8", "replace")))
