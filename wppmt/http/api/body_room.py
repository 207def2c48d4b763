"""PURE: how much of requests' bodies is in memory at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from wppmt.domain.errors import Code, Refusal

SMALL_BYTES = 64 * 1024
"""Not counted: the limit of connections limits these."""
RETRY_SECONDS = 2
_LACKING = {"field": "body", "problem": "corpos demais na memória ao mesmo tempo (WPP_BODIES_MB)"}


class BodyRoom:
    """`total` bytes for everybody, of which one owner (a session) gets a third, but one largest body at least."""

    def __init__(self, total: int, largest: int) -> None:
        self._total = total
        self._share = max(total // 3, largest)
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, owner: str, size: int) -> Iterator[None]:
        """While a body is in memory. Raises Refusal(RESOURCE_LIMIT)."""
        if size <= SMALL_BYTES:
            yield
            return
        if self._taken.total() + size > self._total or self._taken[owner] + size > self._share:
            raise Refusal(Code.RESOURCE_LIMIT, details=[_LACKING], retry_after=RETRY_SECONDS)
        self._taken[owner] += size
        try:
            yield
        finally:
            self._taken[owner] -= size
            if not self._taken[owner]:
                del self._taken[owner]
