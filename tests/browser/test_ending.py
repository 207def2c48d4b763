"""The rungs of the stop ladder, on processes that are no Chrome."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from wppmt.browser.chrome.ending import close_in_order

WAITS = "print(flush=True); time.sleep(60)"
# Whoever starts the tests in the background has the signal ignored, and a child inherits that.
OBEYS = f"import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); {WAITS}"
IGNORES = f"import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); {WAITS}"


@contextmanager
def running(script: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def test_who_ends_at_the_signal_has_closed_in_order():
    with running(OBEYS) as process:
        assert close_in_order(process.pid, None, 60.0)


def test_who_does_not_end_is_waited_for_no_longer_than_allowed():
    with running(IGNORES) as process:
        assert not close_in_order(process.pid, None, 0.2)
        assert process.poll() is None
