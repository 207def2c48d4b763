"""A pytest plugin: a test's limit is of the processor's time and of memory, which a busy machine does not change.

Whoever goes beyond the time has met a mutant that never ends: the process ends, with mutmut's own code for that. An
exception would not do: Hypothesis would go on with other examples.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from types import FrameType
from typing import Any

import pytest

from tests.mutation.forks import ACTIVE, NO_MUTANT

TOO_LONG = 36
MEMORY_BYTES = 3 * 1024**3
NOTING = 6
"""So much longer a test may take while it is noted which functions it runs."""


def pytest_configure() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool:
    """Of pytest-timeout, instead of its own, which goes by the clock."""

    def end(number: int, frame: FrameType | None) -> None:
        if capture := item.config.pluginmanager.get_plugin("capturemanager"):
            capture.suspend_global_capture(in_=True)
        print(f"{item.nodeid} took more than {settings.timeout} s", file=sys.__stderr__, flush=True)
        os._exit(TOO_LONG)

    signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, settings.timeout * (NOTING if ACTIVE.mutant == NO_MUTANT else 1))
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_cancel_timer() -> bool:
    signal.setitimer(signal.ITIMER_PROF, 0)
    return True
