"""What came of a race: the runs as they are kept in JSON, and the figures over all rounds."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

MILLISECONDS = frozenset({"send", "at_once", "send_heavy", "inbound", "inbound_heavy"})
"""By key: told in ms; with `_callback` behind it, too."""


@dataclass(slots=True)
class Played:
    """One contestant's story in one round; seconds, MB, percent, counts, by key."""

    name: str
    round: int
    done: bool = False
    figures: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Results:
    """All of a race so far. Written to its file after every step: nothing is lost when it is broken off."""

    file: Path
    machine: Mapping[str, Any]
    played: list[Played] = field(default_factory=list)

    @classmethod
    def resumed(cls, file: Path, machine: Mapping[str, Any]) -> Results:
        """With the whole stories of an earlier race that was broken off."""
        found = json.loads(file.read_text(encoding="utf-8"))["played"] if file.exists() else []
        return cls(file, machine, [Played(**one) for one in found if one["done"]])

    def has(self, name: str, number: int) -> bool:
        return any((one.name, one.round) == (name, number) for one in self.played)

    def write(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        content = {"machine": self.machine, "played": [asdict(one) for one in self.played]}
        self.file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @property
    def names(self) -> Sequence[str]:
        return list(dict.fromkeys(one.name for one in self.played))

    def values(self, name: str, key: str) -> list[float]:
        """Of all rounds together."""
        return [value for one in self.played if one.name == name for value in one.figures.get(key, [])]

    def median(self, name: str, key: str) -> float | None:
        """None where it was not measured. Of what is told in milliseconds, milliseconds."""
        return _scaled(key, statistics.median, self.values(name, key))

    def p95(self, name: str, key: str) -> float | None:
        return _scaled(key, _p95, self.values(name, key))

    def failures(self) -> Iterable[tuple[Played, str, str]]:
        return ((one, step, why) for one in self.played for step, why in one.failures.items())


def _scaled(key: str, function: Any, values: Sequence[float]) -> float | None:
    if not values:
        return None
    factor = 1000 if key.removesuffix("_callback") in MILLISECONDS else 1
    return float(factor * function(values))


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[18] if len(values) > 1 else values[0]
