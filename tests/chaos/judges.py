"""PURE: a history against the promises. Every judge tells what was broken, each time with when and what was seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos.history import History, Record, Send, overlaps
from wppmt.domain.states import TABLE

BLAME_SECONDS = 90.0
"""So long after a fault what happens to its tenant is its doing: 35 s to notice, 33 s to try again, and a start."""
SETTLED = {"failed", "unknown"}
LEGAL = {(before.value, after.value) for before, row in TABLE.items() for after in row.values()}
SAMPLED_SECONDS = 0.1
"""Two looks at /proc: what is shorter is a process between fork and exec, or one that is refused and leaves."""
SLEEP_SECONDS = 45.0
"""For a browser to go down in order once its session hibernates; the daemon may die in between."""
WHOLE_SECONDS = 1.5
"""The API tells in whole seconds since when."""
SOCKET_SECONDS = 0.25
"""A reloaded page may be back before the server has read the old one's farewell."""


@dataclass(frozen=True, slots=True)
class Violation:
    """`kind` is the judge's name."""

    kind: str
    t: float
    text: str


Findings = Iterator[tuple[float, str]]


def send_lost(history: History) -> Findings:
    """What was accepted is in the recipient's inbox, or was reported unknown or failed. Answered 200: in the inbox."""
    arrived = {line["id"] for line in history.of("inbox")}
    for send in history.sends:
        answer = send.accepted
        if answer is None or answer["id"] in arrived:
            continue
        told = _fates(history, send.tenant, answer["id"])
        if answer["status"] == 200 or not told & SETTLED:
            yield (
                answer["t"],
                f"{send.tenant} {answer['id']} respondeu {answer['status']}, não chegou; contado: {told or 'nada'}",
            )


def _fates(history: History, tenant: str, message_id: str) -> set[str]:
    """All that was told of a message: by events and by the journal."""
    events = [event["status"] for event in history.logged[tenant] if event.get("messageId") == message_id]
    return {*events, *(one["status"] for one in history.of("message", id=message_id))}


def send_twice(history: History) -> Findings:
    """No inbox shows a message a second time, neither by its id nor by its text."""
    for phone, lines in _inboxes(history).items():
        for name in ("id", "body"):
            counts = Counter(line[name] for line in lines)
            for value, times in counts.items():
                if times > 1:
                    yield lines[-1]["t"], f"{phone} recebeu {times} vezes {name} {value}"


def send_refused_and_arrived(history: History) -> Findings:
    """An answer that says `surely not done` tells the truth."""
    arrived = {line["body"] for line in history.of("inbox")}
    for send in history.sends:
        if send.is_surely_not_done and send.text in arrived:
            last = send.attempts[-1]
            yield (
                last["t"],
                f"{send.tenant} {send.text} foi recusado ({last['status']} {last.get('code')}) e chegou",
            )


def send_out_of_order(history: History) -> Findings:
    """Of one tenant's sends that did not overlap in time, none overtakes another."""
    place = {line["id"]: (line["phone"], line["seq"]) for line in history.of("inbox")}
    by_tenant: dict[str, list[Send]] = defaultdict(list)
    for send in history.sends:
        if send.accepted and send.accepted["id"] in place:
            by_tenant[send.tenant].append(send)
    for sends in by_tenant.values():
        answers = sorted(
            (send.accepted for send in sends if send.accepted), key=lambda one: float(one["end"])
        )
        first_starts = {send.accepted["id"]: send.attempts[0]["t"] for send in sends if send.accepted}
        for earlier, later in pairwise(answers):
            (phone, before), (other, after) = place[earlier["id"]], place[later["id"]]
            if phone == other and before > after and earlier["end"] < first_starts[later["id"]]:
                yield later["t"], f"{later['tenant']} {later['id']} chegou antes de {earlier['id']}"


def inbound_lost(history: History) -> Findings:
    """What a person wrote to a tenant came by webhook."""
    told = {(one["tenant"], one["message"]) for one in history.of("webhook", event="message_received")}
    for written in history.of("written"):
        if (written["tenant"], written["id"]) not in told:
            yield written["t"], f"{written['tenant']} nunca soube de {written['id']}"


def inbound_twice(history: History) -> Findings:
    """One message is one event, however often that is delivered."""
    events: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in history.of("webhook", event="message_received"):
        events[one["tenant"], one["message"]].add(one["id"])
    for (tenant, message_id), ids in events.items():
        if len(ids) > 1:
            yield history.end, f"{tenant} soube de {message_id} por {len(ids)} eventos: {sorted(ids)}"


def webhook_lost(history: History) -> Findings:
    """Whatever stands in the durable log was delivered (a superseded QR code need not be), and nothing else was."""
    logged = {event["id"]: event for events in history.logged.values() for event in events}
    for event in logged.values():
        if event["id"] not in history.webhooks and event["event"] != "qr_code":
            yield event["t"], f"{event['tenant']} {event['event']} {event['sequence']} nunca foi entregue"
    for event in history.webhooks.values():
        if event["id"] not in logged:
            yield (
                event["t"],
                f"{event['tenant']} {event['event']} {event['id']} foi entregue e não está no registro",
            )


def webhook_changed(history: History) -> Findings:
    """The same id is the same event at every attempt."""
    for webhook in history.of("webhook"):
        first = history.webhooks[webhook["id"]]
        changed = [
            name for name in first if name not in {"t", "attempt"} and first[name] != webhook.get(name)
        ]
        if changed:
            yield webhook["t"], f"{webhook['id']} veio de novo com outro {changed}"


def sequence_gap(history: History) -> Findings:
    for tenant, events in history.logged.items():
        sequences = [event["sequence"] for event in events]
        if sequences != list(range(1, len(sequences) + 1)):
            missing = sorted(set(range(1, max(sequences) + 1)) - set(sequences))
            yield (
                history.end,
                f"{tenant}: faltam {missing[:10]}, repetidos {len(sequences) - len(set(sequences))}",
            )


def chain_broken(history: History) -> Findings:
    """Every change starts where the one before it ended, and is in the table of docs/contract.md 4."""
    for tenant, events in history.logged.items():
        state = "disconnected"
        for event in events:
            if event["event"] != "connection_change":
                continue
            step = (event["previousStatus"], event["status"])
            if step[0] != state or step not in LEGAL:
                yield (
                    event["t"],
                    f"{tenant} foi de {step[0]} a {step[1]} estando {state} ({event['sequence']})",
                )
            state = event["status"]


def bystander(history: History) -> Findings:
    """No browser ends and no session leaves `connected` but by a fault of its own or one that strikes all."""
    for browser in history.browsers:
        is_excused = _is_blamed(history, browser.key, browser.end) or is_asleep(
            history, browser.key, browser.end
        )
        if history.loaded < browser.end < history.stopping and not is_excused:
            yield browser.end, f"o Chrome de {browser.key} (pid {browser.pid}) terminou sem falha dele"
    for tenant in history.tenants:
        for change in history.changes(tenant):
            away = change["previousStatus"] == "connected"
            if (
                away
                and history.loaded < change["t"] < history.stopping
                and not _is_blamed(history, tenant, change["t"])
            ):
                yield change["t"], f"{tenant} saiu de connected sem falha dele: {change.get('reasonCode')}"


def is_asleep(history: History, tenant: str, t: float) -> bool:
    """Whether its browser may end at this moment because it hibernates."""
    return any(
        slept["t"] - WHOLE_SECONDS <= t <= slept["t"] + SLEEP_SECONDS
        for slept in history.of("slept", tenant=tenant)
    )


def _is_blamed(history: History, tenant: str, t: float) -> bool:
    return any(
        fault["tenant"] in {tenant, None}
        and 0 <= t - fault["t"] + SAMPLED_SECONDS <= BLAME_SECONDS + fault.get("seconds", 0)
        for fault in history.faults
    )


def two_browsers(history: History) -> Findings:
    """I1 by /proc: at most one Chrome on a profile."""
    for first, second, seconds in overlaps(history.browsers):
        if seconds > SAMPLED_SECONDS:
            yield second.start, f"{first.key}: pids {first.pid} e {second.pid} juntos por {seconds:.2f} s"


def two_pages(history: History) -> Findings:
    """I1 by the simulator: at most one page on a login."""
    for first, second, seconds in overlaps(history.pages):
        if seconds > SOCKET_SECONDS:
            yield second.start, f"{first.key}: duas páginas no mesmo login por {seconds:.2f} s"


def qr_shown(history: History) -> Findings:
    """Every tenant has its login when the load begins: no page shows a QR code from then on."""
    for entry in history.of("world", event="qr"):
        if entry["t"] > history.loaded:
            yield entry["t"], "uma página mostrou um QR Code"
    for event in history.of("webhook", event="qr_code"):
        if event["t"] > history.loaded:
            yield event["t"], f"{event['tenant']} recebeu um QR Code"


def not_back(history: History) -> Findings:
    """When all is over, every tenant is connected."""
    if not history.of("phase", name="settled"):
        yield history.end, "a corrida foi interrompida"
        return
    last = {one["tenant"]: one["status"] for one in history.of("state") if one["t"] < history.stopping}
    for tenant in history.tenants:
        if last.get(tenant) != "connected":
            yield history.stopping, f"{tenant} terminou {last.get(tenant)}"


def left_behind(history: History) -> Findings:
    """Nothing runs on after the end, and no dead child waits for its parent before it."""
    for left in history.of("left"):
        yield left["t"], f"continua rodando: pid {left['pid']} {left['command'][:80]}"
    samples = [one for one in history.of("sample") if one["t"] < history.stopping]
    if samples and samples[-1]["zombies"]:
        yield samples[-1]["t"], f"{samples[-1]['zombies']} processos zumbis do serviço"


def unclear_answer(history: History) -> Findings:
    """The gateway never answers with an error that is not in docs/contract.md 6: 500, or 503 without a code."""
    for call in history.of("call"):
        if call["status"] >= 500 and (call["status"] not in {503, 504} or not call.get("code")):
            yield call["t"], f"{call['verb']} de {call['tenant']}: {call['status']} {call.get('code')}"


JUDGES: tuple[Callable[[History], Findings], ...] = (
    send_lost,
    send_twice,
    send_refused_and_arrived,
    send_out_of_order,
    inbound_lost,
    inbound_twice,
    webhook_lost,
    webhook_changed,
    sequence_gap,
    chain_broken,
    bystander,
    two_browsers,
    two_pages,
    qr_shown,
    not_back,
    left_behind,
    unclear_answer,
)


def judge(history: History) -> list[Violation]:
    """All violations in order of time; empty when every promise was kept."""
    found = [Violation(judge.__name__, t, text) for judge in JUDGES for t, text in judge(history)]
    return sorted(found, key=lambda violation: violation.t)


def _inboxes(history: History) -> dict[str, list[Record]]:
    lines: dict[str, list[Record]] = defaultdict(list)
    for line in history.of("inbox"):
        lines[line["phone"]].append(line)
    return lines
