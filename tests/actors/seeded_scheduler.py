"""A scheduler in one thread under virtual time: whose turn it is, and nothing else, is left to a seeded chance.

The actors, their shells and the runtime are production's own. Each actor's mail stays in order; time goes on only
when no mail waits. One seed is one run, to the last message.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count
from random import Random

from actors.runtime.cell import Cell

BORN = 1_770_733_800.0
"""2026-02-10T14:30:00Z, a moment without fractions."""
_LAST = object()


class VirtualTime:
    """Epoch seconds that pass when somebody says so. Outlives daemons, as the world around them does."""

    def __init__(self) -> None:
        self.moment = BORN
        self._alarms: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()

    def now(self) -> float:
        return self.moment

    def later(self, seconds: float, function: Callable[[], object]) -> None:
        heapq.heappush(self._alarms, (self.moment + seconds, next(self._numbers), function))

    def next_alarm(self) -> float:
        return self._alarms[0][0] if self._alarms else float("inf")

    def advance(self) -> None:
        """To the next alarm, which goes off."""
        moment, _, function = heapq.heappop(self._alarms)
        self.moment = max(self.moment, moment)
        function()


class SeededMailbox:
    """An actor's mail. `stall` is a hung thread: mail keeps coming, none is read."""

    def __init__(self, scheduler: SeededScheduler, cell: Cell) -> None:
        self.cell = cell
        self.is_alive = True
        self.is_stalled = False
        self.mail: deque[object] = deque()
        self._scheduler = scheduler

    @property
    def length(self) -> int:
        return len(self.mail)

    def put(self, message: object) -> bool:
        if not self.is_alive:
            return False
        self.mail.append(message)
        self._scheduler.mind(self)
        return True

    def close(self) -> None:
        if self.is_alive:
            self.put(_LAST)

    def stall(self) -> None:
        self.is_stalled = True

    def resume(self) -> None:
        self.is_stalled = False
        self._scheduler.mind(self)

    def turn(self) -> None:
        message = self.mail.popleft()
        if message is _LAST:
            self.die()
        else:
            self._scheduler.give_turn(self, message)

    def read_all(self) -> None:
        """Its turns until it has no mail; nobody else gets one."""
        while self.mail:
            self.turn()

    def die(self) -> None:
        self.is_alive = False
        self.mail.clear()


class SeededScheduler:
    """Implements actors.runtime.cell.Stage."""

    def __init__(self, time: VirtualTime, random: Random) -> None:
        self._time = time
        self._random = random
        self._waiting: list[SeededMailbox] = []
        self._is_dark = False
        self._to_stall: set[str] = set()
        self._stalled: list[SeededMailbox] = []
        self.mailboxes: list[SeededMailbox] = []
        self.acting: SeededMailbox | None = None
        """Whose turn it is."""

    def start(self, cell: Cell) -> SeededMailbox:
        mailbox = SeededMailbox(self, cell)
        if self._is_dark:
            mailbox.die()
        else:
            self.mailboxes.append(mailbox)
            for prefix in [prefix for prefix in self._to_stall if cell.address.startswith(prefix)]:
                self._to_stall.discard(prefix)
                mailbox.stall()
                self._stalled.append(mailbox)
        return mailbox

    def stall_next(self, prefix: str) -> None:
        """The next actor with such an address hangs from its first message on."""
        self._to_stall.add(prefix)

    def stall_none(self) -> None:
        self._to_stall.clear()

    def resume_stalled(self) -> None:
        """Whoever hung from its first message on finds that the world has moved on."""
        while self._stalled:
            self._stalled.pop().resume()

    def later(self, seconds: float, function: Callable[[], object]) -> None:
        self._time.later(seconds, lambda: None if self._is_dark else function())

    def run_blocking(self, function: Callable[[], None]) -> None:
        self.later(0.0, function)

    def mind(self, mailbox: SeededMailbox) -> None:
        """Whoever has mail is given a turn some time."""
        if mailbox.mail and not mailbox.is_stalled and mailbox not in self._waiting:
            self._waiting.append(mailbox)

    def give_turn(self, mailbox: SeededMailbox, message: object) -> None:
        """Turns may lie within each other: a thread that hangs in the middle of its turn keeps nobody else from theirs."""
        before, self.acting = self.acting, mailbox
        mailbox.cell.receive(message)
        self.acting = before

    def step(self) -> bool:
        """One turn of one actor that has mail; False if nobody has."""
        while self._waiting:
            index = self._random.randrange(len(self._waiting))
            mailbox = self._waiting[index]
            if not mailbox.mail or mailbox.is_stalled:
                self._drop(index)
                continue
            mailbox.turn()
            if not mailbox.mail and mailbox in self._waiting:
                self._drop(self._waiting.index(mailbox))
            return True
        return False

    def go_dark(self) -> None:
        """kill -9: nobody acts any more, and no alarm goes off."""
        self._is_dark = True
        for mailbox in self.mailboxes:
            mailbox.die()
        self._waiting.clear()

    def _drop(self, index: int) -> None:
        self._waiting[index] = self._waiting[-1]
        self._waiting.pop()
