"""Restores a mind's memory when the store refuses the commit of a turn: complete by construction, nobody lists parts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

CONTAINERS = (dict, list, set, deque)
"""The mutable ones that a part may hold. Their content is immutable: tests/actors/test_rollback.py looks."""


class Memory:
    """All state that a mind can reach through the attributes of its own objects, found once, when the mind is complete.

    A part that is made later is not missed either: whoever holds it is restored to not holding it.
    """

    def __init__(self, mind: object) -> None:
        self._parts = parts_of(mind)

    @contextmanager
    def undone_if_refused(self) -> Iterator[None]:
        """Containers are copied, all other values are immutable."""
        remembered = [(part, _copies(vars(part))) for part in self._parts]
        try:
            yield
        except BaseException:
            for part, state in remembered:
                # Also what a part did not have before, as a dataclass has no value of its own until it differs from the default.
                vars(part).clear()
                vars(part).update(state)
            raise


def parts_of(mind: object) -> tuple[object, ...]:
    """The mind, and every object of the actors' own classes that it reaches and that can change."""
    found: dict[int, object] = {}
    waiting = [mind]
    while waiting:
        part = waiting.pop()
        if id(part) not in found and _is_ours(part):
            found[id(part)] = part
            waiting += _fields(part).values()
    return tuple(part for part in found.values() if hasattr(part, "__dict__"))


def _is_ours(value: object) -> bool:
    return type(value).__module__.startswith("actors.") and not isinstance(value, Enum)


def _fields(part: object) -> dict[str, Any]:
    """Raises TypeError for what could change unseen: an object without a `__dict__` has to be frozen."""
    if hasattr(part, "__dict__"):
        return vars(part)
    how = getattr(part, "__dataclass_params__", None)
    if how is None or not how.frozen or not is_dataclass(part):
        raise TypeError(f"{type(part).__name__} can be changed, and can't be restored")
    return {field.name: getattr(part, field.name) for field in fields(part)}


def _copies(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value.copy() if type(value) in CONTAINERS else value for name, value in state.items()}
