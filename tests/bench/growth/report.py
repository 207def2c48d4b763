"""What the stages say together: figures for each size, whether they grow faster than the sessions, and a drawing."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.drawing import Panel, lines
from tests.bench.figures import Report
from tests.bench.growth.stage import Costs

MEMORY_MB, THREADS = 1.0, 3.0
"""At most for each session."""
LINEAR, LEVEL = 1.25, 1.5
"""At most: of what each session more costs, between the sizes and up to the smallest; of what does not depend on their number,
at the largest and at the smallest size."""
CAPTION = "O serviço inteiro em um processo, HTTP e SQLite reais, navegadores simulados."


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
        for key, text, unit, value in (
            ("boot", "início → todas conectadas", "s", costs.boot),
            ("boot_cpu", "o mesmo, processador", "s", costs.boot_cpu),
            ("status", "leitura de status, p50", "ms", 1000 * costs.status_p50),
            ("status_p99", "o mesmo, p99", "ms", 1000 * costs.status_p99),
            ("event_cpu", "processador por mensagem recebida", "ms", 1000 * costs.event_cpu),
            ("idle", "em repouso", "% de um núcleo", costs.idle_percent),
        ):
            made.add(f"growth_{key}_{size}", f"{size} sessões: {text}", unit, [value])
        made.add_rate(
            f"growth_events_{size}", f"{size} sessões: mensagens → webhooks", "/s", [costs.events_per_second]
        )
    _add_bends(made, stages)
    return made


def _add_bends(made: Report, stages: Sequence[Costs]) -> None:
    """Whether what a session more costs grows with their number."""
    base, few, many = stages[0], stages[1], stages[-1]
    name = f"{many.sessions} sessões / {few.sessions}:"
    for attribute, text in (
        ("memory_mb", "memória por sessão"),
        ("threads", "threads por sessão"),
        ("boot_cpu", "processador do início, por sessão"),
        ("idle_percent", "processador em repouso, por sessão"),
    ):
        bend = per_session(many, base, attribute) / max(per_session(few, base, attribute), 1e-9)
        made.add(f"growth_bend_{attribute}", f"{name} {text}", "×", [bend], LINEAR)
    for attribute, text in (("status_p50", "leitura de status"), ("event_cpu", "processador por mensagem")):
        bend = getattr(many, attribute) / getattr(few, attribute)
        made.add(f"growth_bend_{attribute}", f"{name} {text}", "×", [bend], LEVEL)


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
