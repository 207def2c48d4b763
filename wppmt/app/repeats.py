"""Repeated log lines are reduced to one a minute, with a count: pure."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

MINUTE = 60.0
KINDS = 1000
"""Told apart at once; what comes on top is counted together."""
LONGEST_NOTE = 120


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes two lines the same. So many of them a minute (`a_minute`) are written as they are."""

    event: str
    session_id: str | None
    level: str
    details: tuple[tuple[str, object], ...]
    a_minute: int


def kind_of(event: str, session_id: str | None, level: str, details: Mapping[str, object]) -> Kind | None:
    """None for what is always written: all but refusals and what libraries complain of."""
    if event == "library_log":
        # From the second line on, and in what is quoted, the same complaint names other sockets and tasks.
        note = str(details.get("note", "")).partition("\n")[0][:LONGEST_NOTE]
        error = details.get("error")
        same = {"logger": details.get("logger"), "note": note}
        if error is not None:
            same["error"] = type(error).__name__
        return Kind(event, session_id, level, tuple(same.items()), a_minute=1)
    if event == "http_request" and int(str(details.get("status", 0))) >= 400:
        same = {name: details.get(name) for name in ("method", "route", "status")}
        return Kind(event, session_id, level, tuple(same.items()), a_minute=10)
    if event == "token_refused":
        return Kind(event, session_id, level, tuple(details.items()), a_minute=1)
    if event == "resource_limit":
        # Who asked and how much is missing differs from one to the next; what is short does not.
        return Kind(event, None, level, (("resources", ", ".join(details)),), a_minute=1)
    return None


_OTHERS = Kind("others", None, "warning", (), a_minute=0)


@dataclass(slots=True)
class _Count:
    since: float
    seen: int = 0


class Repeats:
    """Counts kinds, each over a minute of its own. Thread-safe."""

    def __init__(self) -> None:
        self._counts: dict[Kind, _Count] = {}
        self._lock = threading.Lock()

    def is_written(self, kind: Kind, now: float) -> bool:
        """Whether this one is written as it is; otherwise it will be in a count."""
        with self._lock:
            if kind not in self._counts and len(self._counts) >= KINDS:
                kind = _OTHERS
            count = self._counts.setdefault(kind, _Count(now))
            count.seen += 1
            return count.seen <= kind.a_minute

    def over(self, now: float, *, all_of_them: bool = False) -> list[tuple[Kind, int]]:
        """The kinds whose minute is over, with how many of them were not written; each begins anew."""
        with self._lock:
            done = [
                kind
                for kind, count in self._counts.items()
                if all_of_them or not 0 <= now - count.since < MINUTE
            ]
            counted = [(kind, self._counts.pop(kind).seen - kind.a_minute) for kind in done]
        return [(kind, unwritten) for kind, unwritten in counted if unwritten > 0]
