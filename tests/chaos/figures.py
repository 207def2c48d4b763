"""PURE: the figures of a history, each with its goal: what is counted for every run, and what one preset is about."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.bench.figures import Report
from tests.chaos.history import ACCEPTED, History, Record
from tests.chaos.judges import Violation, is_asleep, judge

QUICK_SECONDS = 60.0
"""Health that earns an attempt at once after the next failure (docs/contract.md 4)."""
QUEUE_SECONDS = 10.0
"""A start may wait for others' starts."""
NEVER = 999.0
"""Shown for what did not happen before the next fault."""

COUNTED = {
    "send_lost": "envios perdidos",
    "send_twice": "envios em dobro",
    "send_refused_and_arrived": "envios recusados que chegaram",
    "send_out_of_order": "envios fora de ordem",
    "inbound_lost": "mensagens recebidas sem webhook",
    "inbound_twice": "mensagens recebidas com dois eventos",
    "webhook_lost": "eventos sem entrega ou sem registro",
    "webhook_changed": "eventos reenviados com outro conteúdo",
    "sequence_gap": "sessões com lacuna na sequência",
    "chain_broken": "mudanças de estado impossíveis",
    "bystander": "vizinhos atingidos",
    "two_browsers": "dois navegadores num perfil (/proc, 20 Hz)",
    "two_pages": "duas páginas num login (sockets)",
    "qr_shown": "QR Codes onde havia login",
    "not_back": "sessões que não voltaram",
    "left_behind": "processos órfãos e zumbis",
    "unclear_answer": "respostas 500",
}


@dataclass(slots=True)
class Verdict:
    """What a run proved, or what it broke."""

    violations: list[Violation]
    report: Report = field(default_factory=Report)

    @property
    def is_met(self) -> bool:
        return all(figure.is_met for figure in self.report.figures)


def verdict(history: History) -> Verdict:
    made = Verdict(judge(history))
    _count(history, made)
    OWN.get(str(history.of("run")[0]["preset"]), recoveries)(history, made.report)
    return made


def _count(history: History, made: Verdict) -> None:
    add, counts = made.report.add, Counter(violation.kind for violation in made.violations)
    add("faults", "falhas injetadas", "", [len(history.faults)])
    add("sends", "envios oferecidos", "", [len(history.sends)])
    add("inbound", "mensagens escritas às sessões", "", [len(history.of("written"))])
    if slept := history.of("slept"):
        add("slept", "hibernações", "", [len(slept)])
    add("webhooks", "eventos entregues", "", [len(history.webhooks)])
    for kind, text in COUNTED.items():
        add(kind, text, "", [counts[kind]], goal=0)
    if scans := [one["gap"] for one in history.of("sample")]:
        add("scan_gap", "maior intervalo entre duas leituras de /proc, por segundo", "s", scans)


def recoveries(
    history: History, report: Report, *, median: float | None = None, p99: float | None = None
) -> None:
    """From a fault to `connected` again, of each tenant that it struck."""
    times = [seconds for fault in history.faults for seconds in recovery(history, fault)]
    if times:
        report.add("recovery", "recuperação, mediana", "s", times, goal=median)
        report.add("recovery_p99", "recuperação, percentil 99", "s", [percentile(times, 99)], goal=p99)


def recovery(history: History, fault: Record) -> list[float]:
    """Seconds per tenant; empty for faults that need not disconnect anybody."""
    if fault["fault"] not in ENDS_A_BROWSER | ENDS_THE_DAEMON:
        return []
    struck = [fault["tenant"]] if fault["tenant"] else list(history.tenants)
    end = history.next_fault(fault)
    return [_back(history, tenant, float(fault["t"]), end) - float(fault["t"]) for tenant in struck]


ENDS_A_BROWSER = {
    "kill_chrome",
    "kill_renderer",
    "freeze_chrome",
    "freeze_renderer",
    "page_hang",
    "restart",
}
ENDS_THE_DAEMON = {"kill_daemon", "kill_daemon_and_browsers", "stop_daemon", "hand_over"}


def _back(history: History, tenant: str, start: float, end: float) -> float:
    """When it became connected for the last time before the next fault, as webhook and API tell it."""
    told = [(float(one["t"]), one["status"]) for one in history.changes(tenant)]
    seen = [(float(one["t"]), one["status"]) for one in history.of("state", tenant=tenant)]
    inside = sorted((t, status) for t, status in told + seen if start < t < end)
    if not inside or inside[-1][1] != "connected":
        return start + NEVER
    connected = start
    before = ""
    for t, status in inside:
        if status == "connected" != before:
            connected = t
        before = status
    return connected


def noticed(history: History, fault: Record) -> float:
    """Seconds until the tenant's webhook told that it is not connected any more."""
    start, end = float(fault["t"]), history.next_fault(fault)
    told = [one["t"] for one in history.changes(fault["tenant"]) if one["previousStatus"] == "connected"]
    return min((t - start for t in told if start < t < end), default=NEVER)


def latencies(history: History, windows: Sequence[tuple[float, float]]) -> list[float]:
    """Milliseconds of the sends that were under way inside the windows and answered 200."""
    return [
        (call["end"] - call["t"]) * 1000
        for call in history.of("call", verb="send", status=200)
        if any(start <= call["end"] and call["t"] <= end for start, end in windows)
    ]


def percentile(values: Sequence[float], percent: int) -> float:
    """By nearest rank."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def unanswered(history: History, report: Report, goal: float | None) -> None:
    if history.sends:
        share = 100 * sum(send.accepted is None for send in history.sends) / len(history.sends)
        report.add("unanswered", "envios sem resposta 200 nem 202", "%", [share], goal)
    if times := latencies(history, [(0.0, history.end)]):
        report.add("send_ms", "resposta de um envio, mediana", "ms", times)
        report.add("send_p99_ms", "resposta de um envio, percentil 99", "ms", [percentile(times, 99)])


# What each preset is about.


def mixed(history: History, report: Report) -> None:
    """Faults overlap: who is struck again before it is back has no time of its own."""
    times = [
        seconds for fault in history.faults for seconds in recovery(history, fault) if seconds < NEVER - 1
    ]
    if times:
        report.add("recovery", "recuperação", "s", times)
    unanswered(history, report, None)


def killed_in_turn(history: History, report: Report) -> None:
    recoveries(history, report, median=4, p99=10)
    unanswered(history, report, 10)


def killed_again_and_again(history: History, report: Report) -> None:
    """From a browser's end to the next one's start: at once where 60 s of health had earned it, else 27 to 33 s."""
    late, attempts = 0, []
    for fault in history.of("fault", fault="kill_chrome"):
        start = float(fault["t"])
        following = [
            one.start for one in history.browsers if one.key == fault["tenant"] and one.start > start
        ]
        if not following or min(following) > history.next_fault(fault):
            continue
        waited = min(following) - start
        attempts.append(waited)
        low, high = _allowed(history, fault["tenant"], start)
        late += not low <= waited <= high
    if attempts:
        report.add("attempt", "queda do navegador → próxima tentativa", "s", attempts)
    report.add("attempt_off", "tentativas fora do prazo do contrato", "", [late], goal=0)
    unanswered(history, report, None)


def _allowed(history: History, tenant: str, killed: float) -> tuple[float, float]:
    """A tenant's first failure is answered at once, too."""
    earlier = [
        fault["t"] for fault in history.of("fault", fault="kill_chrome", tenant=tenant) if fault["t"] < killed
    ]
    since = [
        one["t"] for one in history.changes(tenant) if one["t"] < killed and one["status"] == "connected"
    ]
    healthy = killed - max(since, default=killed)
    if not earlier or healthy > QUICK_SECONDS + 2:
        return 0.0, QUEUE_SECONDS
    if healthy < QUICK_SECONDS - 2:
        return 26.5, 33.5 + QUEUE_SECONDS
    return 0.0, 33.5 + QUEUE_SECONDS


def daemon_killed(history: History, report: Report) -> None:
    """Of each kill: until the last tenant is back. Apart from it, who was disconnected as the phones see it."""
    kills = [fault for fault in history.faults if fault["fault"] in ENDS_THE_DAEMON]
    for name, text, goal in (
        ("kill_daemon", "morte só do serviço → todas conectadas", 3.0),
        ("kill_daemon_and_browsers", "morte do serviço e dos navegadores → todas conectadas", 15.0),
    ):
        if times := [max(recovery(history, fault)) for fault in kills if fault["fault"] == name]:
            report.add(name, text, "s", times, goal)
    alone = [(fault["t"], history.next_fault(fault)) for fault in kills if fault["fault"] == "kill_daemon"]
    if alone:
        closed = [entry for entry in history.of("world", event="page_close") if entry.get("device")]
        # Of a device it is not known whose it is.
        closed = [
            one for one in closed if not any(is_asleep(history, name, one["t"]) for name in history.tenants)
        ]
        seen = sum(any(start < entry["t"] < end for start, end in alone) for entry in closed)
        report.add(
            "disconnections", "desconexões vistas pelo WhatsApp, morte só do serviço", "", [seen], goal=0
        )
    unanswered(history, report, None)


def frozen(history: History, report: Report) -> None:
    """Noticed in time; and what the others feel meanwhile, against the stretches in between."""
    calm = latencies(history, [(one["t"], one["end"]) for one in history.of("window", name="baseline")])
    hung, mending = [], []
    slowest: dict[str, float] = {}
    for fault in history.faults:
        start, seconds = float(fault["t"]), noticed(history, fault)
        slowest[fault["fault"]] = max(slowest.get(fault["fault"], 0.0), seconds)
        hung.append((start, start + seconds))
        mending.append((start + seconds, start + max(recovery(history, fault), default=seconds)))
    for name, seconds in slowest.items():
        report.add(f"noticed_{name}", f"{name} → percebido, pior caso", "s", [seconds], goal=35)
    if not calm:
        return
    base = percentile(calm, 99)
    report.add("others_p99_calm", "envio dos vizinhos, percentil 99, sem falha", "ms", [base])
    goal = max(1.5 * base, base + 20)
    for name, text, windows in (
        ("others_p99_hung", "o mesmo, com um navegador parado", hung),
        ("others_p99_mending", "o mesmo, enquanto ele é trocado", mending),
        ("others_p99", "o mesmo, da falha à recuperação", hung + mending),
    ):
        if times := latencies(history, windows):
            report.add(
                name, text, "ms", [percentile(times, 99)], goal if name != "others_p99_mending" else None
            )


def disk_full(history: History, report: Report) -> None:
    """From the moment that there is room again until every tenant's sends are answered 200."""
    times = []
    for freed in history.of("fault", fault="disk_freed"):
        for tenant in history.tenants:
            sent = history.of("call", verb="send", tenant=tenant, status=200)
            later = (one["end"] for one in sent if one["t"] > freed["t"])
            times.append(min(later, default=NEVER + freed["t"]) - freed["t"])
    if times:
        report.add("freed", "disco liberado → envio respondido 200, pior caso", "s", [max(times)], goal=10)
    full = [(one["t"], history.next_fault(one)) for one in history.of("fault", fault="disk_full")]
    tried = [call for call in history.of("call", verb="send") if any(a < call["t"] < b for a, b in full)]
    told = Counter(f"{call['status']} {call.get('code') or ''}".strip() for call in tried)
    for answer, times_ in sorted(told.items()):
        report.add(f"full_{answer}", f"com o disco cheio: respostas {answer}", "", [times_])
    unanswered(history, report, None)


def rolling(history: History, report: Report) -> None:
    """Every request counts, not sends alone; the orderly 503 stands apart."""
    calls = [call for call in history.of("call") if history.loaded < call["t"] < history.stopping]
    later = [call for call in calls if call["status"] == 503 and call.get("retryAfter")]
    refused = [call for call in calls if call.get("error") == "refused"]
    failed = [
        call for call in calls if call["status"] not in ACCEPTED and call not in later and call not in refused
    ]
    report.add("asked", "pedidos feitos", "", [len(calls)])
    report.add("longest", "pedido mais demorado", "s", [max(call["end"] - call["t"] for call in calls)])
    report.add("later", "respostas 503 com Retry-After", "", [len(later)])
    report.add("refused", "conexões recusadas enquanto o serviço trocava", "", [len(refused)], goal=0)
    report.add("failed", "pedidos que falharam", "", [len(failed)], goal=0)
    recoveries(history, report)
    unanswered(history, report, None)


def quiet(history: History, report: Report) -> None:
    """Level: the median of the last third against that of the first."""
    samples = [
        one for one in history.of("sample") if history.loaded < one["t"] < history.phase("quiet", history.end)
    ]
    third = len(samples) // 3
    for name, text, unit, goal in (
        ("fds", "descritores abertos", "", 3),
        ("threads", "threads", "", 1),
        ("rss", "memória do serviço, RSS", "MB", 10),
    ):
        if third:
            first, last = (
                statistics.median(one[name] for one in part) for part in (samples[:third], samples[-third:])
            )
            report.add(f"{name}_first", f"{text}, primeiro terço", unit, [first])
            report.add(
                f"{name}_growth", f"{text}, crescimento até o último terço", unit, [last - first], goal
            )
    unanswered(history, report, 0)


OWN: Mapping[str, Callable[[History, Report], None]] = {
    "mix": mixed,
    "R1": killed_in_turn,
    "R1b": killed_again_and_again,
    "R2": daemon_killed,
    "R2b": daemon_killed,
    "R4": frozen,
    "R6": disk_full,
    "R6b": disk_full,
    "R18": rolling,
    "R19": quiet,
}
