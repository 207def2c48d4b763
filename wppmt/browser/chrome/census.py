"""Which processes are of which group: one walk through /proc serves all browsers that are measured together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from wppmt.browser.chrome import processes

FRESH_SECONDS = 1.0


class Census:
    """Thread-safe. What a group has started since the last walk is missing for at most FRESH_SECONDS."""

    def __init__(
        self,
        walk: Callable[[], Mapping[int, Sequence[int]]] = processes.by_group,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._walk = walk
        self._clock = clock
        self._guard = Lock()
        self._found: Mapping[int, Sequence[int]] = {}
        self._walked_at = -FRESH_SECONDS

    def members(self, group: int) -> Sequence[int]:
        """A group that is not known yet is looked for at once."""
        with self._guard:
            if group not in self._found or self._clock() - self._walked_at > FRESH_SECONDS:
                self._found, self._walked_at = self._walk(), self._clock()
            return self._found.get(group, ())
