"""The figures, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.cluster.meters import Usage
from tests.bench.cluster.stage import Result, Size
from tests.bench.figures import Report

PLACEMENT_SECONDS = 1.0


def report(size: Size, result: Result) -> Report:
    made = Report()
    made.add("cluster_doubles", "sessões com duas donas", "", [len(result.doubles)], 0)
    made.add("cluster_never", "sessões que ficaram sem dona", "", [result.never], 0)
    made.add("cluster_join", f"{size.machines} máquinas entram", "s", [result.join])
    made.add(
        "cluster_claim",
        f"{size.machines * size.sessions} sessões tomadas (50 por transação)",
        "s",
        [result.claim],
    )
    _spread(made, "renewal", "renovação do contrato", result.steady.renewals)
    _usage(made, "steady", "em repouso", result.steady_usage)
    _spread(made, "own_again", "máquina morta → sessão com dona de novo", result.owned_again, "s")
    _spread(made, "commit", "transação, enquanto 10 % são reassumidas", result.failing.commits)
    _spread(made, "renewal_failing", "renovação, ao mesmo tempo", result.failing.renewals)
    made.add("cluster_leases_lost", "contratos perdidos por quem vive", "", [result.failing.leases_lost], 0)
    made.add("cluster_unanswered", "chamadas sem resposta em 1,5 s", "", [result.failing.unanswered])
    made.add(
        "cluster_placement",
        "uma volta da líder, a mais longa",
        "s",
        [max(result.placements)],
        PLACEMENT_SECONDS,
    )
    _usage(made, "failing", "enquanto são reassumidas", result.failing_usage)
    _spread(
        made, "fan_out", f"mudança → a última de {size.watchers} máquinas que vigiam tudo", result.fan_out
    )
    _usage(made, "fan_out", "durante isso", result.fan_out_usage)
    return made


def _spread(made: Report, key: str, text: str, seconds: Sequence[float], unit: str = "ms") -> None:
    values = sorted(seconds) or [float("nan")]
    scale = 1000 if unit == "ms" else 1
    for name, part in (("p50", 0.5), ("p99", 0.99)):
        value = values[min(len(values) - 1, int(part * len(values)))]
        made.add(f"cluster_{key}_{name}", f"{text}, {name}", unit, [value * scale])


def _usage(made: Report, key: str, text: str, usage: Usage) -> None:
    made.add(f"cluster_{key}_cores", f"{text}: os três etcd", "núcleos", [usage.cores])
    made.add(f"cluster_{key}_memory", f"{text}: o maior etcd", "MB", [usage.megabytes])
    made.add(f"cluster_{key}_own", f"{text}: quem simula as máquinas", "núcleos", [usage.own_cores])
