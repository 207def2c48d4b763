"""Which processes are of which group: one walk through /proc serves all browsers that are measured together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from wppmt.browser.chrome import processes

FRESH_SECONDS = 1.0
ANEW_SECONDS = 60.0
"""Who is known by then is read again: a number may have gone to another process."""


class Census:
    """Thread-safe. What a group has started since the last walk is missing for at most FRESH_SECONDS."""

    def __init__(
        self,
        walk: Callable[[Mapping[int, int]], Mapping[int, int]] = processes.groups,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._walk = walk
        self._clock = clock
        self._guard = Lock()
        self._groups: Mapping[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._walked_at = self._read_anew_at = -ANEW_SECONDS

    def members(self, group: int) -> Sequence[int]:
        """A group that is not known yet is looked for at once, everywhere."""
        with self._guard:
            if group not in self._members:
                self._look({})
            elif self._clock() - self._walked_at > FRESH_SECONDS:
                self._look(self._groups)
            return self._members.get(group, ())

    def _look(self, known: Mapping[int, int]) -> None:
        began = self._clock()
        if began - self._read_anew_at > ANEW_SECONDS:
            known = {}
        if not known:
            self._read_anew_at = began
        self._groups = self._walk(known)
        self._walked_at = self._clock()
        self._members = {}
        for pid, group in self._groups.items():
            self._members.setdefault(group, []).append(pid)
