"""What goes out on a line, in the order in which it was given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock, Thread

from wppmt.browser.cdp.line import Line, LineClosed


class Writer:
    """Whoever gives a message sends it by himself, as far as Chrome takes it at once.

    Only for the rest there is a thread, and only as long as there is a rest: a session that is idle has none.
    """

    def __init__(self, line: Line, is_wanted: Callable[[int], bool]) -> None:
        """`is_wanted` is asked right before a message goes out, by its number; a number below 0 is always wanted."""
        self._line = line
        self._is_wanted = is_wanted
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._sends = Lock()
        """Held by whoever sends: somebody who gave a message, or the thread that goes on for him."""

    def put(self, number: int, message: bytes) -> None:
        """From any thread; never waits for Chrome."""
        self._waiting.append((number, message))
        self._go_on()

    def end(self) -> None:
        """When the line has ended: nobody sends any more when this returns, nor later."""
        self._sends.acquire()

    def _go_on(self) -> None:
        # Who sends takes this one along, unless he was just about to end: hence the second look.
        while self._waiting and self._sends.acquire(blocking=False):
            if rest := self._send_what_goes():
                Thread(target=self._send_rest, args=(rest,), name="channel-write", daemon=True).start()
                return
            self._sends.release()

    def _send_what_goes(self) -> memoryview:
        """What is left of the message that Chrome did not take whole."""
        try:
            while (message := self._next()) is not None:
                if rest := self._line.offer(message):
                    return rest
        except LineClosed:
            self._give_up()
        return memoryview(b"")

    def _send_rest(self, rest: memoryview) -> None:
        try:
            self._line.finish(rest)
            while (message := self._next()) is not None:
                self._line.send(message)
        except LineClosed:
            self._give_up()
        finally:
            self._sends.release()
        self._go_on()

    def _next(self) -> bytes | None:
        while self._waiting:
            number, message = self._waiting.popleft()
            if number < 0 or self._is_wanted(number):
                return message
        return None

    def _give_up(self) -> None:
        """The reader hears of it, too, and tells."""
        self._waiting.clear()
