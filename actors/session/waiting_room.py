"""Requests that need the page of a session that hibernates: they wait for it, in order."""

from __future__ import annotations

from collections import deque

from actors.runtime.effects import Reply
from wppmt.domain.errors import Code, Refusal

MOST = 100


class WaitingRoom:
    """None of them is journalled: nothing of it has been promised."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[object, Reply]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, request: object, reply: Reply) -> None:
        """Raises Refusal(SESSION_BUSY) where too many wait."""
        if len(self._waiting) >= MOST:
            raise Refusal(Code.SESSION_BUSY, retry_after=5)
        self._waiting.append((request, reply))

    def leave(self) -> list[tuple[object, Reply]]:
        """All of them."""
        left = list(self._waiting)
        self._waiting.clear()
        return left
