"""All that a mind remembers, as a value that can be compared: what a refused turn must leave as it was."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from actors.runtime.effects import Effect, Mind
from tests.actors.gateway import Gateway

PLAIN = (str, int, float, bool, bytes, type(None), Enum)


def picture(value: Any, seen: dict[int, int] | None = None) -> Any:
    """Values of the actors' classes by their fields, containers by their content, anything else by its identity."""
    seen = {} if seen is None else seen
    if isinstance(value, PLAIN):
        return value
    if id(value) in seen:
        return "seen", seen[id(value)]
    seen[id(value)] = len(seen)
    if isinstance(value, dict):
        return [(picture(key, seen), picture(held, seen)) for key, held in value.items()]
    if isinstance(value, set | frozenset):
        return {held if isinstance(held, PLAIN) else id(held) for held in value}
    if isinstance(value, list | tuple | deque):
        return [picture(held, seen) for held in value]
    if type(value).__module__.startswith("actors.") or is_dataclass(value):
        return type(value).__name__, [(name, picture(held, seen)) for name, held in _fields(value)]
    return type(value).__name__, id(value)


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    names = [field.name for field in fields(value)] if is_dataclass(value) else []
    for name in [*names, *(name for name in getattr(value, "__dict__", {}) if name not in names)]:
        if hasattr(value, name):
            yield name, getattr(value, name)


class Pictured:
    """A mind of which a turn that raises must have changed nothing."""

    def __init__(self, mind: Mind) -> None:
        self.mind = mind
        self.raised = 0
        self.changed: list[str] = []

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        before = picture(self.mind)
        try:
            return tuple(self.mind.handle(message, now))
        except Exception as raised:
            self.raised += 1
            if picture(self.mind) != before:
                what = type(getattr(message, "message", message)).__name__
                self.changed.append(f"{type(self.mind).__name__}: {what}: {type(raised).__name__}")
            raise


class PicturedGateway(Gateway):
    """All its minds are pictured before every turn."""

    minds: list[Pictured]

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self.minds = []
        super().__init__(*arguments, **more)

    def watched(self, mind: Mind) -> Mind:
        self.minds.append(Pictured(mind))
        return self.minds[-1]
