"""Figures as SVG, for the documentation: panels of lines or of bars, drawn from plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 280, 190
"""Of one panel, its margins included."""
COLUMNS = 3
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 34, 30
MARGIN = 20
COLOURS = ("#0f766e", "#b45309", "#6d28d9", "#64748b", "#be123c")
INK, FAINT, PAPER = "#1f2937", "#d1d5db", "#ffffff"
FONT = "font-family='system-ui, sans-serif'"


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing. `labels` stand below, `series` are the values by name; None: not measured. Of lines, labels are numbers."""

    title: str
    labels: Sequence[str]
    series: dict[str, Sequence[float | None]]

    @property
    def top(self) -> float:
        """The upper end of the scale: the next round number with room for a value above the highest point."""
        most = 1.08 * max(
            (value for values in self.series.values() for value in values if value), default=1.0
        )
        step = 10.0 ** math.floor(math.log10(most))
        return next(step * factor for factor in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if most <= step * factor)


def lines(caption: str, panels: Sequence[Panel]) -> str:
    """Each series a line over the labels' numbers: what grows in proportion to them is straight."""
    return _page(caption, panels, _line_panel)


def bars(caption: str, panels: Sequence[Panel]) -> str:
    """Each label a bar with its value; the first series of a panel only."""
    return _page(caption, panels, _bar_panel)


def number(value: float) -> str:
    """With as many digits as say something, and a decimal comma."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f}".replace(".", ",")


def _page(caption: str, panels: Sequence[Panel], draw: Callable[[Panel], Iterator[str]]) -> str:
    columns = min(COLUMNS, len(panels))
    width, height = columns * WIDTH, math.ceil(len(panels) / columns) * HEIGHT + 26
    size = f"viewBox='0 0 {width} {height}' width='{width}' height='{height}'"
    body = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img' {FONT}>",
        f"<title>{escape(caption)}</title>",
        f"<rect width='{width}' height='{height}' rx='8' fill='{PAPER}'/>",
    ]
    for place, panel in enumerate(panels):
        x, y = place % columns * WIDTH, place // columns * HEIGHT
        body += [f"<g transform='translate({x} {y})'>", *_frame(panel), *draw(panel), "</g>"]
    body += [_text(12, height - 10, caption, size=11, colour="#4b5563"), "</svg>"]
    return "\n".join(body) + "\n"


def _frame(panel: Panel) -> Iterator[str]:
    yield _text(12, 20, panel.title, size=12, weight="600")
    for share in (0.0, 0.5, 1.0):
        y = _y(share * panel.top, panel)
        yield f"<line x1='{LEFT}' y1='{y:.1f}' x2='{WIDTH - RIGHT}' y2='{y:.1f}' stroke='{FAINT}'/>"
        yield _text(LEFT - 6, y + 4, number(share * panel.top), size=10, anchor="end", colour="#6b7280")


def _line_panel(panel: Panel) -> Iterator[str]:
    xs = list(map(_scale([float(label) for label in panel.labels]), map(float, panel.labels)))
    for x, label in zip(xs, panel.labels, strict=True):
        yield _text(x, HEIGHT - BOTTOM + 16, label, size=10, anchor="middle")
    for place, (name, values) in enumerate(panel.series.items()):
        colour = COLOURS[place % len(COLOURS)]
        there = [
            (x, _y(value, panel), value) for x, value in zip(xs, values, strict=True) if value is not None
        ]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in there)
        yield f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='2'/>"
        for x, y, value in there:
            yield f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{colour}'/>"
            yield _text(x, y - 7, number(value), size=10, anchor="middle", colour=colour)
        if len(panel.series) > 1 and there:
            x, y, _ = there[-1]
            yield _text(x - 6, y + 14, name, size=10, anchor="end", colour=colour)


def _bar_panel(panel: Panel) -> Iterator[str]:
    values = next(iter(panel.series.values()))
    room = (WIDTH - LEFT - RIGHT) / len(values)
    for place, (label, value) in enumerate(zip(panel.labels, values, strict=True)):
        middle, colour = LEFT + room * (place + 0.5), COLOURS[place % len(COLOURS)]
        yield _text(middle, HEIGHT - BOTTOM + 16, label, size=9, anchor="middle")
        if value is None:
            yield _text(middle, HEIGHT - BOTTOM - 6, "–", size=10, anchor="middle")
            continue
        y = _y(value, panel)
        yield (
            f"<rect x='{middle - room * 0.32:.1f}' y='{y:.1f}' width='{room * 0.64:.1f}'"
            f" height='{HEIGHT - BOTTOM - y:.1f}' rx='2' fill='{colour}'/>"
        )
        yield _text(middle, y - 5, number(value), size=10, anchor="middle", weight="600")


def _scale(places: Sequence[float]) -> Callable[[float], float]:
    """Where each of them lies, with a margin to both sides."""
    least, most = min(places), max(places)
    room = WIDTH - LEFT - RIGHT - 2 * MARGIN

    def x(place: float) -> float:
        return LEFT + MARGIN + room * ((place - least) / (most - least) if most > least else 0.5)

    return x


def _y(value: float, panel: Panel) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / panel.top


def _text(
    x: float, y: float, text: str, *, size: int, anchor: str = "start", weight: str = "400", colour: str = INK
) -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}' font-weight='{weight}'"
        f" fill='{colour}'>{escape(text)}</text>"
    )
