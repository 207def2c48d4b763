"""What happened in one run, one JSON object a line: written as it happens, judged afterwards from the file alone.

Every record has `kind` and `t` (seconds on the machine's monotonic clock, which all its processes share):

- `run` preset, seed, tenants {name: {phone, person}}; `phase` name (loaded, quiet, stopping, stopped)
- `call` tenant, verb, end, status (0: no answer), error (refused: never taken; broken: cut off), code, retryAfter,
  and of a send: text (unique), id, ack
- `written` tenant, id, text: what a person wrote to the tenant's number
- `webhook`, `logged` tenant, id, sequence, event and its own fields; the first as it came (attempt), the second from
  the durable log at the end; `message` tenant, id, status: the journal's word on a send that no inbox has
- `inbox` phone, seq, id, body: what a phone has received
- `world` the simulator's own log
- `fault` fault, tenant (none: strikes all; empty: nobody), and what it did; `window` name, end: a stretch of a preset's plan
- `process` pid, parent, role (chrome, helper, keeper, daemon), tenant, change (seen, frozen, thawed, gone)
- `sample` fds, threads, rss (MB), zombies of the daemon; scans, gap: how closely /proc was watched since the last
- `state` tenant, status: as the API shows it, when it changes; `left` pid, command: runs after the end
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]
FOREVER = float("inf")
ACCEPTED = {200, 202}


class Recorder:
    """Appends to the file; thread-safe. Every line is on disk at once, so that a run cut short leaves its history."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", buffering=1, encoding="utf-8")
        self._lock = threading.Lock()

    def add(self, kind: str, /, t: float | None = None, **fields: Any) -> None:
        line = json.dumps({"kind": kind, "t": time.monotonic() if t is None else t, **fields})
        with self._lock:
            if not self._file.closed:
                self._file.write(f"{line}\n")

    def close(self) -> None:
        with self._lock:
            self._file.close()


@dataclass(frozen=True, slots=True)
class Send:
    """One message that a client wanted sent, with all its attempts under one idempotency key."""

    text: str
    attempts: Sequence[Record]

    @property
    def tenant(self) -> str:
        return str(self.attempts[0]["tenant"])

    @property
    def accepted(self) -> Record | None:
        """The answer that promised to send it."""
        return next((one for one in self.attempts if one["status"] in ACCEPTED), None)

    @property
    def is_surely_not_done(self) -> bool:
        """Every attempt was refused (docs/contract.md 6: 4xx and 503), or never reached the gateway."""
        return all(
            one.get("error") == "refused" or 400 <= one["status"] < 500 or one["status"] == 503
            for one in self.attempts
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A browser's or a connection's life, as far as it was seen."""

    key: str
    start: float
    end: float
    pid: int = 0
    parent: int = 0


class History:
    """Views of the records; nothing is judged here."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.records = sorted(records, key=lambda record: float(record["t"]))
        self._kinds: dict[str, list[Record]] = defaultdict(list)
        for record in self.records:
            self._kinds[record["kind"]].append(record)

    @classmethod
    def read(cls, path: Path) -> History:
        with path.open(encoding="utf-8") as lines:
            return cls(json.loads(line) for line in lines)

    def of(self, kind: str, **fields: Any) -> list[Record]:
        """In order of time; `fields` that a record lacks count as None."""
        found = self._kinds[kind]
        return [one for one in found if all(one.get(name) == value for name, value in fields.items())]

    @cached_property
    def tenants(self) -> Mapping[str, Record]:
        return dict(self.of("run")[0]["tenants"])

    @cached_property
    def end(self) -> float:
        return float(self.records[-1]["t"])

    def phase(self, name: str, default: float) -> float:
        """When it began."""
        return next((float(one["t"]) for one in self.of("phase", name=name)), default)

    @cached_property
    def loaded(self) -> float:
        return self.phase("loaded", 0.0)

    @cached_property
    def stopping(self) -> float:
        return self.phase("stopping", self.end)

    @cached_property
    def sends(self) -> list[Send]:
        attempts: dict[str, list[Record]] = defaultdict(list)
        for call in self.of("call", verb="send"):
            attempts[call["text"]].append(call)
        return [Send(text, calls) for text, calls in attempts.items()]

    @cached_property
    def faults(self) -> list[Record]:
        return self.of("fault")

    @cached_property
    def logged(self) -> Mapping[str, list[Record]]:
        """Each tenant's events by sequence."""
        events: dict[str, list[Record]] = {name: [] for name in self.tenants}
        for event in self.of("logged"):
            events[event["tenant"]].append(event)
        return {
            name: sorted(found, key=lambda event: int(event["sequence"])) for name, found in events.items()
        }

    @cached_property
    def webhooks(self) -> Mapping[str, Record]:
        """The first arrival of every event, by its id."""
        found: dict[str, Record] = {}
        for webhook in self.of("webhook"):
            found.setdefault(webhook["id"], webhook)
        return found

    def changes(self, tenant: str) -> list[Record]:
        """Its connection changes as webhooks told them, in their own order."""
        found = [one for one in self.webhooks.values() if one["event"] == "connection_change"]
        return sorted((one for one in found if one["tenant"] == tenant), key=lambda one: int(one["sequence"]))

    @cached_property
    def browsers(self) -> list[Span]:
        """The life of every Chrome's main process; `key` is the tenant."""
        seen: dict[int, Record] = {}
        spans = []
        for record in self.of("process", role="chrome"):
            if record["change"] == "seen":
                seen[record["pid"]] = record
            elif record["change"] == "gone" and (first := seen.pop(record["pid"], None)):
                spans.append(_span(first, float(record["t"])))
        return spans + [_span(first, FOREVER) for first in seen.values()]

    @cached_property
    def pages(self) -> list[Span]:
        """Connections of pages that are logged in; `key` is the device. A page's own name is not known: first in, first out."""
        opened: dict[str, list[float]] = defaultdict(list)
        spans = []
        for entry in self.of("world"):
            device = str(entry.get("device"))
            if entry["event"] in {"paired", "restored"}:
                opened[device].append(float(entry["t"]))
            elif entry["event"] in {"page_close", "logout"} and opened[device]:
                spans.append(Span(device, opened[device].pop(0), float(entry["t"])))
        return spans + [Span(device, start, FOREVER) for device, starts in opened.items() for start in starts]

    def next_fault(self, fault: Record) -> float:
        """When the next one strikes the same tenant, or all; the end of the run."""
        later = (
            float(other["t"])
            for other in self.faults
            if other["t"] > fault["t"] and (not fault["tenant"] or other["tenant"] in {fault["tenant"], None})
        )
        return min(later, default=self.stopping)


def _span(first: Record, end: float) -> Span:
    return Span(first["tenant"], float(first["t"]), end, first["pid"], first["parent"])


def overlaps(spans: Iterable[Span]) -> list[tuple[Span, Span, float]]:
    """Two of the same key at the same time, and for how many seconds. A child of another is its fork, not a second."""
    by_key: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        by_key[span.key].append(span)
    found = []
    for family in by_key.values():
        pids = {span.pid for span in family if span.pid}
        roots = sorted((span for span in family if span.parent not in pids), key=lambda span: span.start)
        longest = None
        for span in roots:
            if longest and (seconds := min(longest.end, span.end) - span.start) > 0:
                found.append((longest, span, seconds))
            longest = max(longest or span, span, key=lambda one: one.end)
    return found
