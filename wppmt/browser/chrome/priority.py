"""A Chrome that starts takes every core for a second or two. The pages that work meanwhile come first."""

from __future__ import annotations

import contextlib
import os
import resource

from wppmt.browser.chrome import processes

STARTING = 10
"""Niceness, of up to 19."""
USUAL = 0
_AS_A_LIMIT = 20
"""How RLIMIT_NICE says niceness 0 (setrlimit(2))."""


def step_back(pid: int) -> None:
    """All that it starts from here on inherits this; and only where `step_forward` may take it back."""
    if os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_NICE)[0] >= _AS_A_LIMIT:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, STARTING)


def step_forward(group: int) -> None:
    """Thread by thread, as Linux keeps it. Chrome's own ranks, other than ours, stay."""
    for pid in processes.members(group):
        for thread in processes.threads(pid):
            with contextlib.suppress(OSError):
                if os.getpriority(os.PRIO_PROCESS, thread) == STARTING:
                    os.setpriority(os.PRIO_PROCESS, thread, USUAL)
