"""What the stages say together: figures for each size, whether they grow faster than the sessions, and a drawing."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.drawing import Panel, lines
from tests.bench.figures import Report
from tests.bench.growth.stage import Costs

MEMORY_MB, THREADS = 1.0, 3.0
"""At most for each session."""
LINEAR = 1.25
"""Times what a straight line from the smallest size to the largest would give: above this it grows faster than linearly."""
CAPTION = "O serviço inteiro em um processo, navegadores de mentira, HTTP e SQLite de verdade."


def per_session(costs: Costs, base: Costs, attribute: str) -> float:
    """What each session adds to the daemon with hardly any."""
    more: float = getattr(costs, attribute) - getattr(base, attribute)
    return more / (costs.sessions - base.sessions)


def report(stages: Sequence[Costs]) -> Report:
    """`stages` by size; the first is the daemon with hardly any session."""
    base, *sizes = stages
    made = Report()
    for costs in sizes:
        size = costs.sessions
        memory, threads = per_session(costs, base, "memory_mb"), per_session(costs, base, "threads")
        made.add(f"growth_memory_{size}", f"{size} sessões: memória por sessão", "MB", [memory], MEMORY_MB)
        made.add(f"growth_threads_{size}", f"{size} sessões: threads por sessão", "", [threads], THREADS)
        made.add(f"growth_boot_{size}", f"{size} sessões: início → todas conectadas", "s", [costs.boot])
        made.add(
            f"growth_status_{size}",
            f"{size} sessões: leitura de status, p50",
            "ms",
            [1000 * costs.status_p50],
        )
        made.add(
            f"growth_status_p99_{size}", f"{size} sessões: o mesmo, p99", "ms", [1000 * costs.status_p99]
        )
        made.add_rate(
            f"growth_events_{size}", f"{size} sessões: mensagens → webhooks", "/s", [costs.events_per_second]
        )
        made.add(f"growth_idle_{size}", f"{size} sessões: em repouso", "% de um núcleo", [costs.idle_percent])
    _add_bends(made, sizes)
    return made


def _add_bends(made: Report, sizes: Sequence[Costs]) -> None:
    """From the smallest size to the largest: how many times more than in proportion."""
    few, many = sizes[0], sizes[-1]
    times = many.sessions / few.sessions
    name = f"de {few.sessions} a {many.sessions} sessões, vezes a proporção:"
    bends = {
        "memory": ("memória", many.memory_mb / few.memory_mb / times),
        "threads": ("threads", many.threads / few.threads / times),
        "boot": ("início", many.boot / few.boot / times),
        "idle": ("processador em repouso", many.idle_percent / max(few.idle_percent, 0.1) / times),
        "status": ("leitura de status", many.status_p50 / few.status_p50 / times),
        "events": ("tempo de uma mensagem", few.events_per_second / many.events_per_second / times),
    }
    for key, (text, bend) in bends.items():
        made.add(f"growth_bend_{key}", f"{name} {text}", "×", [bend], LINEAR)


def drawing(stages: Sequence[Costs]) -> str:
    base, *sizes = stages
    labels = [str(costs.sessions) for costs in sizes]

    def panel(title: str, **series: Sequence[float | None]) -> Panel:
        return Panel(title, labels, dict(series))

    return lines(
        CAPTION,
        [
            panel("Memória por sessão (MB)", pss=[per_session(c, base, "memory_mb") for c in sizes]),
            panel("Threads por sessão", threads=[per_session(c, base, "threads") for c in sizes]),
            panel("Início → todas conectadas (s)", boot=[c.boot for c in sizes]),
            panel(
                "Leitura de status (ms)",
                p50=[1000 * c.status_p50 for c in sizes],
                p99=[1000 * c.status_p99 for c in sizes],
            ),
            panel("Mensagens → webhooks (por s)", rate=[c.events_per_second for c in sizes]),
            panel("Em repouso (% de um núcleo)", idle=[c.idle_percent for c in sizes]),
        ],
    )
