"""Figures as they are told: a median of some values with its spread, against a goal; as a table and as JSON."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wppmt.browser.chrome.launch import CHROME


@dataclass(frozen=True, slots=True)
class Figure:
    """`key` for programs, `text` in Portuguese for people; `goal` is the most that it may be, or the least."""

    key: str
    text: str
    unit: str
    values: Sequence[float]
    goal: float | None = None
    is_more_better: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool:
        if self.goal is None:
            return True
        return self.median >= self.goal if self.is_more_better else self.median <= self.goal

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "text": self.text,
            "unit": self.unit,
            "median": round(self.median, 3),
            "min": round(min(self.values), 3),
            "max": round(max(self.values), 3),
            "runs": len(self.values),
            "goal": self.goal,
        }


def machine() -> dict[str, Any]:
    """What the figures depend on. `load` is that of the last minute when the run began: above 0.3 it was not quiet."""
    memory = Path("/proc/meminfo").read_text(encoding="ascii").split()[1]
    return {
        "cores": os.cpu_count(),
        "memoryGb": round(int(memory) / 2**20),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "chromium": chromium_version(),
        "load": round(os.getloadavg()[0], 2),
    }


@dataclass(slots=True)
class Report:
    """All figures of one run of the benchmark."""

    figures: list[Figure] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=machine)
    on_figure: Callable[[str], object] = lambda _: None
    """Told each as soon as it is there: a run that is cut off has not been for nothing."""

    def add(self, key: str, text: str, unit: str, values: Sequence[float], goal: float | None = None) -> None:
        self._add(Figure(key, text, unit, values, goal))

    def add_rate(
        self, key: str, text: str, unit: str, values: Sequence[float], goal: float | None = None
    ) -> None:
        """One that is the better the larger it is."""
        self._add(Figure(key, text, unit, values, goal, is_more_better=True))

    def _add(self, figure: Figure) -> None:
        self.figures.append(figure)
        self.on_figure(f"{figure.text}: {_number(figure.median)} {figure.unit}")

    def as_json(self) -> dict[str, Any]:
        return {"machine": self.machine, "figures": [figure.as_json() for figure in self.figures]}

    def table(self) -> str:
        """In Markdown, so that it can stand in docs/benchmarks.md as it is."""
        lines = [
            described(self.machine),
            "",
            "| medida | mediana | mín–máx | valores | meta |",
            "|---|---|---|---|---|",
        ]
        for figure in self.figures:
            low, high = min(figure.values), max(figure.values)
            sign = "≥" if figure.is_more_better else "≤"
            goal = "" if figure.goal is None else f"{sign} {_number(figure.goal)} {_mark(figure)}"
            lines.append(
                f"| {figure.text} | {_number(figure.median)} {figure.unit}"
                f" | {_number(low)}–{_number(high)} | {len(figure.values)} | {goal} |"
            )
        return "\n".join(lines)


def described(machine: Mapping[str, Any]) -> str:
    return (
        "{cores} núcleos, {memoryGb} GB, Linux {kernel}, Python {python}, Chromium {chromium}; carga no início: {load}"
    ).format(**machine)


def chromium_version() -> str:
    """Such as "156.0.8078.79"."""
    answer = subprocess.run([CHROME, "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.removeprefix("Chromium ").split()[0]


def _number(value: float) -> str:
    digits = 0 if isinstance(value, int) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}".replace(".", ",")


def _mark(figure: Figure) -> str:
    return "✓" if figure.is_met else "✗"
