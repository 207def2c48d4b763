"""Log lines that a caller can cause at will: the first at once, its repetitions as one count a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from wppmt.domain.log import WriteLog

MERGE_SECONDS = 60.0
MOST_KEYS = 100
"""Told apart at the same time; what comes on top of them is counted together, by event."""


@dataclass(slots=True)
class _Line:
    event: str
    session_id: str | None
    details: dict[str, Any] = field(default_factory=dict)
    repeated: int = 0


def _later(seconds: float, act: Callable[[], None]) -> object:
    return asyncio.get_running_loop().call_later(seconds, act)


class MergedLog:
    """Writes warnings."""

    def __init__(self, log: WriteLog, later: Callable[[float, Callable[[], None]], object] = _later) -> None:
        self._log = log
        self._later = later
        self._lines: dict[Hashable, _Line] = {}

    def note(self, key: Hashable, event: str, session_id: str | None = None, **details: object) -> None:
        """Events with the same key are the same to the operator; the latest details are those shown."""
        if key not in self._lines and len(self._lines) >= MOST_KEYS:
            key, session_id, details = event, None, {"others": True}
        known = self._lines.get(key)
        if known:
            known.details = details
            known.repeated += 1
            return
        line = _Line(event, session_id, details)
        self._tell(line)
        self._watch(key, line)

    def _watch(self, key: Hashable, line: _Line) -> None:
        self._lines[key] = line
        self._later(MERGE_SECONDS, lambda: self._count(key))

    def _count(self, key: Hashable) -> None:
        line = self._lines.pop(key)
        if line.repeated:
            self._tell(line, repeated=line.repeated)
            line.repeated = 0
            self._watch(key, line)

    def _tell(self, line: _Line, **more: object) -> None:
        self._log(line.event, line.session_id, level="warning", **line.details, **more)


MERGED_LOG = web.AppKey("merged_log", MergedLog)
