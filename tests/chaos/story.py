"""A history made by hand that keeps every promise, and the means to break them one at a time."""

from __future__ import annotations

from typing import Any

Line = dict[str, Any]
Lines = list[Line]
CHANGES = (
    ("disconnected", "initializing", 2.0),
    ("initializing", "waiting_scan", 3.0),
    ("waiting_scan", "connected", 4.0),
    ("connected", "reconnecting", 31.0),
    ("reconnecting", "connected", 33.0),
)
TENANTS = {"a": {"phone": "1", "person": "11"}, "b": {"phone": "2", "person": "22"}}


def clean() -> Lines:
    """Two tenants; the Chrome of `a` is killed at 30 s and back at 33 s; each sends twice and is written to twice."""
    lines: Lines = [{"kind": "run", "t": 1.0, "preset": "R1", "seed": 1, "tenants": TENANTS}]
    lines += [{"kind": "phase", "t": t, "name": name} for name, t in PHASES.items()]
    lines += [fault(30.0, "kill_chrome", "a")]
    for tenant, changes in (("a", CHANGES), ("b", CHANGES[:3])):
        lines += life(tenant, changes)
        lines += [line for number in (1, 2) for line in sent(tenant, number, 10.0 * number)]
        lines += [line for number in (1, 2) for line in written(tenant, number, 10.0 * number + 5)]
    lines += [sample(t) for t in range(5, 60)]
    return number_events(lines)


PHASES = {"loaded": 5.0, "quiet": 50.0, "settled": 52.0, "stopping": 60.0, "stopped": 62.0}


def fault(t: float, name: str, tenant: str | None) -> Line:
    return {"kind": "fault", "t": t, "fault": name, "tenant": tenant}


def life(tenant: str, changes: tuple[tuple[str, str, float], ...]) -> Lines:
    """Its states, its browsers and its pages; the stop at 60 s ends them."""
    lines = [
        event(tenant, t, "connection_change", previousStatus=before, status=after)
        for before, after, t in changes
    ]
    lines += [{"kind": "state", "t": t + 0.1, "tenant": tenant, "status": after} for _, after, t in changes]
    browsers = [(100, 2.0, 30.05), (101, 31.5, 60.5)] if len(changes) > 3 else [(200, 2.0, 60.5)]
    for pid, start, end in browsers:
        lines += [process(pid, tenant, "seen", start), process(pid, tenant, "gone", end)]
        lines += [world(start + 1, "restored", tenant), world(end, "page_close", tenant)]
    return lines


def process(pid: int, tenant: str, change: str, t: float, parent: int = 50) -> Line:
    found = {"kind": "process", "t": t, "pid": pid, "parent": parent, "role": "chrome"}
    return found | {"tenant": tenant, "change": change}


def world(t: float, name: str, tenant: str | None = None) -> Line:
    return {"kind": "world", "t": t, "event": name, "device": f"device-{tenant}" if tenant else None}


def sample(t: float, zombies: int = 0) -> Line:
    return {"kind": "sample", "t": t, "fds": 40, "threads": 9, "rss": 80.0, "zombies": zombies, "gap": 0.05}


def sent(tenant: str, number: int, t: float, status: int = 200) -> Lines:
    name = f"{tenant}-{number}"
    call = {"kind": "call", "verb": "send", "tenant": tenant, "t": t, "end": t + 0.05, "status": status}
    inbox = {"kind": "inbox", "t": 53.0, "phone": TENANTS[tenant]["person"], "seq": number}
    return [
        call | {"text": f"text-{name}", "id": f"OUT-{name}", "error": None},
        inbox | {"id": f"OUT-{name}", "body": f"text-{name}"},
        event(tenant, t + 0.1, "message_ack", messageId=f"OUT-{name}", status="sent"),
    ]


def written(tenant: str, number: int, t: float) -> Lines:
    name = f"IN-{tenant}-{number}"
    return [
        {"kind": "written", "t": t, "end": t, "tenant": tenant, "id": name, "text": name},
        event(tenant, t + 0.1, "message_received", message=name),
    ]


def event(tenant: str, t: float, name: str, **fields: Any) -> Line:
    return {"kind": "webhook", "t": t, "tenant": tenant, "event": name, "attempt": 1, **fields}


def number_events(lines: Lines) -> Lines:
    """Sequences and ids in order of time, and the same events as the durable log has them."""
    found = []
    for tenant in TENANTS:
        events = [one for one in lines if one["kind"] == "webhook" and one["tenant"] == tenant]
        for sequence, one in enumerate(sorted(events, key=lambda one: float(one["t"])), start=1):
            one |= {"sequence": sequence, "id": f"evt-{tenant}-{sequence}"}
            found.append(one | {"kind": "logged", "t": 54.0})
    return lines + found


def fits(one: Line, fields: Line) -> bool:
    return fields.items() <= one.items()


def without(lines: Lines, /, **fields: Any) -> Lines:
    return [one for one in lines if not fits(one, fields)]


def having(lines: Lines, new: Line, /, **fields: Any) -> Lines:
    """All that fit are changed."""
    return [one | new if fits(one, fields) else one for one in lines]


def again(lines: Lines, new: Line, /, **fields: Any) -> Lines:
    """All that fit are there a second time, changed."""
    return lines + [one | new for one in lines if fits(one, fields)]
