"""Who comes first: for the processor the pages that work, not a Chrome that starts; for memory the daemon.

A Chrome that starts takes every core for a second or two. Where memory ends, the kernel takes a browser: its session comes
back by itself, and the daemon, which brings it back, must be there.
"""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path

from wppmt.browser.chrome import processes

STARTING = 10
"""Niceness, of up to 19."""
USUAL = 0
_AS_A_LIMIT = 20
"""How RLIMIT_NICE says niceness 0 (setrlimit(2))."""
EXPENDABLE = 100
"""A browser's oom_score_adj, instead of the daemon's that it inherits. Chrome gives its renderers 300."""


def step_back(pid: int) -> None:
    """All that it starts from here on inherits this; and only where `step_forward` may take it back."""
    if os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_NICE)[0] >= _AS_A_LIMIT:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, STARTING)


def expend(group: int, proc: Path = processes.PROC) -> None:
    """What is more expendable already stays so. Anyone may raise this of their own processes; nobody but root lowers it."""
    for pid in processes.members(group):
        score = proc / str(pid) / "oom_score_adj"
        with contextlib.suppress(OSError):
            if int(score.read_text()) < EXPENDABLE:
                score.write_text(str(EXPENDABLE))


def step_forward(group: int) -> None:
    """Thread by thread, as Linux keeps it. Chrome's own ranks, other than ours, stay."""
    for pid in processes.members(group):
        for thread in processes.threads(pid):
            with contextlib.suppress(OSError):
                if os.getpriority(os.PRIO_PROCESS, thread) == STARTING:
                    os.setpriority(os.PRIO_PROCESS, thread, USUAL)
