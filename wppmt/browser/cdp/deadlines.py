"""One thread that calls functions later: the deadlines of every channel, whatever their sockets do."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import Protocol

Cancel = Callable[[], None]


class Schedule(Protocol):
    """Calls a function after some seconds; the answer takes that back."""

    def __call__(self, delay: float, function: Callable[[], None], /) -> Cancel:
        """`function` must only enqueue."""


class Deadlines:
    """A Schedule in real time. Its thread starts with the first use and is a daemon: it never holds up an exit."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._cancelled: set[int] = set()
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def __call__(self, delay: float, function: Callable[[], None], /) -> Cancel:
        """Calls `function` on the deadlines' thread after `delay` seconds."""
        with self._changed:
            number = next(self._numbers)
            heapq.heappush(self._heap, (time.monotonic() + delay, number, function))
            if self._thread is None:
                self._start()
            if self._heap[0][1] == number:
                self._changed.notify()
        return lambda: self._cancel(number)

    def _cancel(self, number: int) -> None:
        with self._changed:
            # Most deadlines are cancelled: without this the heap would keep every call of the last minute alive.
            self._cancelled.add(number)
            if len(self._cancelled) * 2 > len(self._heap):
                self._heap = [entry for entry in self._heap if entry[1] not in self._cancelled]
                heapq.heapify(self._heap)
                self._cancelled.clear()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while True:
                self._next()()
        finally:
            # A function that raised ends this thread, and is reported by it; the other deadlines must live on.
            self._start()

    def _next(self) -> Callable[[], None]:
        with self._changed:
            while True:
                now = time.monotonic()
                if self._heap and self._heap[0][0] <= now:
                    _, number, function = heapq.heappop(self._heap)
                    if number not in self._cancelled:
                        return function
                    self._cancelled.discard(number)
                else:
                    self._changed.wait(self._heap[0][0] - now if self._heap else None)
