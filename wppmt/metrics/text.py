"""Prometheus' text format, for counters and gauges with many lines.

prometheus_client writes the same, three times as slowly: 500 sessions are some thousand lines, and every 15 seconds the
daemon's threads would wait for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

LINES_AT_ONCE = 200
"""Some tenths of a millisecond."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric, with all its lines. `name` has the `_total` of a counter, not the `wppmt_`."""

    kind: Literal["counter", "gauge"]
    name: str
    text: str
    """For HELP: one line, without backslashes."""
    labels: tuple[str, ...]
    values: Mapping[Any, float]
    """By the values of the labels, a tuple."""


def written(families: Iterable[Family], pause: Callable[[], object] = lambda: None) -> str:
    """`pause` is called between every few lines: a thread that writes them all at once holds up every other."""
    said: list[str] = []
    for number, line in enumerate(line for family in families for line in _lines(family)):
        said.append(line)
        if number % LINES_AT_ONCE == 0:
            pause()
    return "".join(said)


def _lines(family: Family) -> Iterable[str]:
    name = f"wppmt_{family.name}"
    yield f"# HELP {name} {family.text}\n# TYPE {name} {family.kind}\n"
    labels = ",".join(f'{label}="%s"' for label in family.labels)
    line = f"{name}{{{labels}}} %s\n" if labels else f"{name} %s\n"
    for values, number in family.values.items():
        yield line % (*map(_escaped, values), float(number))


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
