"""PURE: the simulator's log of what happened, in order."""

from collections.abc import Callable, Iterable
from typing import Any

from wppmt.simulator.storage import Changes


class Log:
    def __init__(self, changes: Changes, monotonic: Callable[[], float]) -> None:
        self._changes = changes
        self._monotonic = monotonic
        self._entries: list[dict[str, Any]] = []

    def restore(self, load: Callable[[str], Iterable[Any]]) -> None:
        self._entries = list(load("log"))

    def add(self, event: str, **details: Any) -> None:
        """``t`` is the system's monotonic clock in seconds, comparable between processes of one machine."""
        entry = {"seq": len(self._entries) + 1, "t": self._monotonic(), "event": event, **details}
        self._entries.append(entry)
        self._changes.put("log", str(entry["seq"]), entry)

    def after(self, seq: int) -> list[dict[str, Any]]:
        return self._entries[max(seq, 0) :]
