"""PURE: what the promises come to on several machines; the judges of `make chaos`, and one that knows whose a session was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tests.chaos.history import History
from tests.chaos.judges import Findings, Violation, judge

SEEN_SECONDS = 1.0
"""How late etcd is looked at, and a process seen."""

TITLES: Mapping[str, Sequence[str]] = {
    "dois donos ao mesmo tempo": ("two_browsers", "two_pages", "without_right"),
    "mensagens ou eventos perdidos": ("send_lost", "inbound_lost", "webhook_lost"),
    "em dobro": ("send_twice", "inbound_twice"),
    "recusado, e mesmo assim enviado": ("send_refused_and_arrived",),
    "fora de ordem, ou com falha na sequência": (
        "send_out_of_order", "sequence_gap", "chain_broken", "webhook_changed",
    ),
    "logins perdidos, sessões que não voltaram": ("qr_shown", "not_back"),
    "sessões que sofreram sem ter a ver": ("bystander",),
    "respostas fora do contrato, processos deixados": ("unclear_answer", "left_behind"),
}  # fmt: skip


def without_right(history: History) -> Findings:
    """A browser comes up on a machine only while etcd says that the session is that machine's."""
    for seen in history.of("process", role="chrome", change="seen"):
        t = float(seen["t"])
        owners = _owners(history, seen["tenant"], t - SEEN_SECONDS, t + SEEN_SECONDS)
        if seen["machine"] not in owners:
            whose = ", ".join(sorted(owners - {""})) or "ninguém"
            yield t, f"um Chrome de {seen['tenant']} abriu em {seen['machine']}, e a sessão era de {whose}"


def _owners(history: History, tenant: str, begin: float, end: float) -> set[str]:
    """All that had it at some moment between."""
    found, last = set(), ""
    for one in history.of("owner", tenant=tenant):
        if one["t"] > end:
            break
        if one["t"] > begin:
            found |= {last, one["machine"]}
        last = one["machine"]
    return found | {last}


def violations(history: History) -> list[Violation]:
    """In order of time. Events of later than the durable log was gathered are not in it."""
    gathered = [one for one in history.records if one["kind"] != "webhook" or one["t"] < history.stopping]
    own = [Violation(without_right.__name__, t, text) for t, text in without_right(history)]
    return sorted([*judge(History(gathered)), *own], key=lambda one: one.t)


def verdict(found: Sequence[Violation]) -> list[str]:
    """A line for each promise."""
    counts = Counter(one.kind for one in found)
    return [
        f"{'✓' if not (count := sum(counts[kind] for kind in kinds)) else '✗'} {count} {title}"
        for title, kinds in TITLES.items()
    ]
