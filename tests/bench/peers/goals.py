"""What was to be reached, one row a goal: where it stood, what each engine has now, and whether that is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.bench.drawing import number
from tests.bench.peers.results import Results

CHROME, SHELL, PEER = "wppmt", "wppmt-headless-shell", "wppconnect"
ROOM_MB = 4096.0
ASLEEP = 0.9
"""Of ten sessions nine hibernate: without a browser."""
Value = Callable[[Results, str], float | None]


@dataclass(frozen=True, slots=True)
class Goal:
    """`most` and `least` are in `unit`; `ratio` is the most that it may be of the peer's own figure in the same race."""

    text: str
    value: Value
    unit: str
    before: str
    """Where it stood on 2026-11-29, raced by hand."""
    server: float | None = None
    """wppconnect-server's figure in that race."""
    ratio: float | None = None
    most: float | None = None
    least: float | None = None
    engines: Sequence[str] = (CHROME, SHELL)


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal's figure with one engine. `of_server` compares figures of two days: a hint, no proof."""

    value: float
    of_peer: float | None
    of_server: float | None
    is_enough: bool


def measured(key: str) -> Value:
    return lambda results, name: results.median(name, key)


def sessions_in_4_gb(results: Results, name: str) -> float | None:
    """By what a session more weighs, from five to ten of them, the gateway's own weight included; rounded down."""
    costs = _costs(results, name)
    return None if costs is None else (ROOM_MB - costs[0]) // costs[1]


def with_nine_in_ten_asleep(results: Results, name: str) -> float | None:
    """As above, where nine of ten sessions have no browser, and cost what a session more costs the gateway."""
    costs = _costs(results, name)
    few, many = results.median(name, "gateway_5"), results.median(name, "gateway_10")
    if costs is None or few is None or many is None:
        return None
    asleep = max((many - few) / 5, 0.0)
    return (ROOM_MB - costs[0]) // ((1 - ASLEEP) * costs[1] + ASLEEP * asleep)


def _costs(results: Results, name: str) -> tuple[float, float] | None:
    """MB that are there without a session, and for each session more."""
    few, many = results.median(name, "pss_5"), results.median(name, "pss_10")
    if few is None or many is None:
        return None
    each = (10 * many - 5 * few) / 5
    return 10 * many - 10 * each, each


GOALS = (
    Goal(
        "memória por sessão com 10, tudo incluído, página leve (PSS)",
        measured("pss_10"),
        "MB",
        "133 (0,70 ×)",
        server=189,
        ratio=0.45,
        most=85,
        engines=(SHELL,),
    ),
    Goal(
        "o mesmo, Chrome inteiro",
        measured("pss_10"),
        "MB",
        "133 (0,70 ×)",
        server=189,
        most=115,
        engines=(CHROME,),
    ),
    Goal(
        "o mesmo, página 100 MB mais pesada",
        measured("pss_heavy"),
        "MB",
        "243 (0,87 ×)",
        server=278,
        ratio=0.70,
    ),
    Goal("start → QR Code", measured("start_to_qr"), "s", "1,35 (0,72 ×)", server=1.88, ratio=0.65),
    Goal(
        "reinício do processo, 1 sessão", measured("restart_1"), "s", "2,66 (0,96 ×)", server=2.77, ratio=0.7
    ),
    Goal(
        "reinício do processo, 10 sessões",
        measured("restart_10"),
        "s",
        "6,8 (0,56 ×)",
        server=12.2,
        ratio=0.5,
    ),
    Goal(
        "recebida → webhook, durável e assinado",
        measured("inbound"),
        "ms",
        "6,0 (0,74 ×)",
        server=8.1,
        ratio=0.5,
    ),
    Goal("sessões em 4 GB, todas conectadas (calculado)", sessions_in_4_gb, "", "cerca de 28", least=40),
    Goal("o mesmo, contado", measured("counted"), "", "–", least=40),
    Goal("o mesmo, nove em dez hibernando (calculado)", with_nine_in_ten_asleep, "", "–", least=150),
    Goal(
        "processador em repouso, 10 sessões",
        measured("idle"),
        "% de um núcleo",
        "2,2 (0,36 ×)",
        server=6.0,
        ratio=0.3,
    ),
)


def reached(goal: Goal, results: Results, name: str) -> Reached | None:
    """None where it was not measured. Without the peer in the race its ratio is not judged: that is not enough."""
    value = goal.value(results, name)
    if value is None:
        return None
    theirs = goal.value(results, PEER) if goal.ratio else None
    of_peer = value / theirs if theirs else None
    enough = (
        (goal.most is None or value <= goal.most)
        and (goal.least is None or value >= goal.least)
        and (goal.ratio is None or (of_peer is not None and of_peer <= goal.ratio))
    )
    return Reached(value, of_peer, value / goal.server if goal.server else None, enough)


def table(results: Results) -> Iterator[str]:
    """In Markdown, one row a goal, one column an engine."""
    engines = [name for name in (CHROME, SHELL) if name in results.names]
    if not engines:
        return
    yield f"| meta | em 29/11/2026 | a alcançar | {' | '.join(engines)} |"
    yield "|---" * (3 + len(engines)) + "|"
    for goal in GOALS:
        cells = [_cell(goal, results, name) for name in engines]
        if any(cell != "–" for cell in cells):
            yield f"| {goal.text} | {goal.before} | {_target(goal)} | {' | '.join(cells)} |"


def _target(goal: Goal) -> str:
    parts = [
        f"≤ {number(goal.most)} {goal.unit}" if goal.most else "",
        f"≥ {number(goal.least)} {goal.unit}".rstrip() if goal.least else "",
        f"≤ {number(goal.ratio)} × {PEER}" if goal.ratio else "",
    ]
    return ", ".join(part for part in parts if part)


def _cell(goal: Goal, results: Results, name: str) -> str:
    found = reached(goal, results, name) if name in goal.engines else None
    if found is None:
        return "–"
    ratios = [
        f"{number(found.of_peer)} ×" if found.of_peer else "",
        f"servidor de 29/11: {number(found.of_server)} ×" if found.of_server else "",
    ]
    told = "; ".join(part for part in ratios if part)
    mark = "✓" if found.is_enough else "✗"
    return f"{number(found.value)} {goal.unit}".rstrip() + (f" ({told})" if told else "") + f" {mark}"
