"""How long a session waits before its browser is started again after a crash or a failed attempt: pure."""

from __future__ import annotations

from random import Random

RECONNECT_SECONDS = 30.0
RECONNECT_JITTER = 0.1
FAILURES_BEFORE_ERROR = 10
HEALTHY_SECONDS = 60.0


def reconnect_delay(*, earned_immediate: bool, random: Random) -> float:
    """Seconds until the next attempt: at once if 60 s of health earned it, else 30 s ± 10 % (docs/contract.md 4)."""
    if earned_immediate:
        return 0.0
    return RECONNECT_SECONDS * random.uniform(1 - RECONNECT_JITTER, 1 + RECONNECT_JITTER)
