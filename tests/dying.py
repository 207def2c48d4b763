"""A process that is killed at one of its steps on the disk, so that what it leaves behind can be looked at."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator

STEPS = {
    "open",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "os.link",
    "os.truncate",
    "sqlite3.connect",
}
DONE, FAILED = 0, 1


def deaths(act: Callable[[], object]) -> Iterator[int]:
    """Does it again and again, each time killed one step later, until it comes to its end; the number of the step.

    Whoever iterates puts the ground back in order, and looks at what the dead one left.
    """
    number = 1
    while _killed_at(number, act):
        yield number
        number += 1


def _killed_at(number: int, act: Callable[[], object]) -> bool:
    """In a process of its own, by SIGKILL before that step; False when it had no so many."""
    child = os.fork()
    if child == 0:
        _die_at(number)
        try:
            act()
        except BaseException:  # noqa: BLE001 - a copy of the test's process must not go on with the test
            os._exit(FAILED)
        os._exit(DONE)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in {DONE, -signal.SIGKILL}
    return os.WIFSIGNALED(status)


def _die_at(number: int) -> None:
    left = number

    def step(event: str, _: object) -> None:
        nonlocal left
        if event in STEPS:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(step)
