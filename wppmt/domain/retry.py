"""When to try again: pure schedules for reconnecting a session and for delivering a webhook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class WebhookSchedule:
    """Delays after each failed attempt; further retries repeat the last one (docs/MULTI_TENANT_ARCHITECTURE.md 5.3)."""

    retries: int
    delays: Sequence[float] = (5.0, 30.0, 300.0)
    retry_after_cap: float = 300.0

    def next_delay(self, failures: int, retry_after: float | None = None) -> float | None:
        """Seconds to wait after the `failures`-th failure (from 1); None when it was the last attempt.

        `retry_after` is the receiver's wish in seconds: it may lengthen the wait up to the cap, never shorten it.
        """
        if failures > self.retries:
            return None
        delay = self.delays[min(failures, len(self.delays)) - 1]
        return max(delay, min(retry_after or 0.0, self.retry_after_cap))
