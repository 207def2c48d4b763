"""Functions called later."""

from __future__ import annotations

import queue
import threading
import time

import pytest

from wppmt.browser.cdp.deadlines import Deadlines


def test_they_are_called_in_the_order_of_their_time() -> None:
    called: queue.SimpleQueue[int] = queue.SimpleQueue()
    later = Deadlines()
    # So far apart that they keep their order when this thread has to wait for its turn.
    for delay in (0.27, 0.09, 0.18):
        later(delay, lambda delay=delay: called.put(delay))  # type: ignore[misc]
    assert [called.get(timeout=2) for _ in range(3)] == [0.09, 0.18, 0.27]


def test_not_before_their_time() -> None:
    called: queue.SimpleQueue[float] = queue.SimpleQueue()
    started = time.monotonic()
    Deadlines()(0.05, lambda: called.put(time.monotonic()))
    assert called.get(timeout=2) - started >= 0.05


def test_a_cancelled_one_is_not_called_and_leaves_nothing() -> None:
    called: queue.SimpleQueue[str] = queue.SimpleQueue()
    later = Deadlines()
    cancels = [later(30, lambda: called.put("never")) for _ in range(1000)]
    soon = later(0.15, lambda: called.put("never"))
    soon()
    later(0.2, lambda: called.put("yes"))
    for cancel in cancels:
        cancel()
    assert called.get(timeout=2) == "yes"
    assert called.empty()
    assert len(later._heap) < 10


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_one_that_raises_does_not_end_the_others() -> None:
    called = threading.Event()
    later = Deadlines()

    def broken() -> None:
        raise ValueError("a bug of whoever set this deadline")

    later(0.01, broken)
    later(0.03, called.set)
    assert called.wait(2)
