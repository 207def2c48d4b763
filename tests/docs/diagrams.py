"""The diagrams of docs/ARCHITECTURE.md that are drawn from tables of the code: `make docs` redraws them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from actors.session.browser_phases import PHASES, Phase
from wppmt.domain.states import TABLE, State

Place = TypeVar("Place", bound=StrEnum)
Cause = TypeVar("Cause", bound=StrEnum)
FILE = Path(__file__).parents[2] / "docs/ARCHITECTURE.md"


def states() -> str:
    return _diagram(State.DISCONNECTED, TABLE)


def phases() -> str:
    return _diagram(Phase.NONE, PHASES)


DIAGRAMS: Mapping[str, Callable[[], str]] = {"states": states, "phases": phases}


def redrawn(text: str) -> str:
    """The document with every diagram as its table is now. Raises KeyError for a diagram that nobody draws."""
    return re.sub(
        r"(<!-- drawn: (\w+) -->\n)```mermaid\n.*?```\n",
        lambda found: f"{found[1]}```mermaid\n{DIAGRAMS[found[2]]()}```\n",
        text,
        flags=re.DOTALL,
    )


def _diagram(first: Place, table: Mapping[Place, Mapping[Cause, Place]]) -> str:
    """Moves of one place to another; several events that make the same move share an arrow."""
    arrows = [f"    [*] --> {first.value}"]
    for before, row in table.items():
        for after in dict.fromkeys(row.values()):
            causes = [event for event, goal in row.items() if goal is after]
            if after is not before:
                arrows.append(f"    {before.value} --> {after.value}: {_listed(causes)}")
    return "stateDiagram-v2\n" + "\n".join(arrows) + "\n"


def _listed(events: Iterable[StrEnum]) -> str:
    return ", ".join(event.value for event in events)


if __name__ == "__main__":
    FILE.write_text(redrawn(FILE.read_text()))
