"""How long a webhook delivery waits after each failed attempt, and when it is given up: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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
