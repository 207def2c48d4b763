"""Keeps the outbox small, in steps: drops what is old enough, and trims sessions that have too much pending."""

from __future__ import annotations

from actors.runtime.effects import Effect, Log
from actors.webhooks.policy import WebhookPolicy
from wppmt.store.port import Store

TIDY_SECONDS = 60.0
TIDY_PAUSE_SECONDS = 0.05
EVEN_SECONDS = 3600.0
"""The clock must have run without a jump for so long before anything counts as too old."""
JUMP_SECONDS = 300.0


class Retention:
    def __init__(self, store: Store, policy: WebhookPolicy) -> None:
        self._store = store
        self._policy = policy
        self._crowded: set[str] = set()
        """Sessions that had more waiting than they may when last looked."""
        self._wait = 0.0
        self._expected: float | None = None
        """The wall's time of this turn, if its clock goes evenly."""
        self._even = 0.0

    def step(self, now: float) -> tuple[list[Effect], float]:
        """One small step, so that the sessions' commits get their turn; and the seconds until the next one.

        Raises StoreUnavailable: then the step can be made again as if it had not been tried.
        """
        even = self._even_seconds(now)
        moved = self._prune(now if even >= EVEN_SECONDS else 0.0)
        effects, trimmed = self._trim(now)
        self._even = even
        self._wait = TIDY_PAUSE_SECONDS if moved + trimmed else TIDY_SECONDS
        self._expected = now + self._wait
        return effects, self._wait

    def _prune(self, now: float) -> int:
        """At 0.0 nothing is old enough; what is left of forgotten sessions goes in any case."""
        policy = self._policy
        dropped = self._store.drop_audit(now - policy.audit_keep_seconds)
        return dropped + self._store.prune(now - policy.keep_seconds, now - policy.journal_keep_seconds)

    def _even_seconds(self, now: float) -> float:
        """For how long the clock has gone evenly: one that is set a week forward by mistake must not cost the week's events."""
        is_jump = self._expected is None or abs(now - self._expected) > JUMP_SECONDS
        return 0.0 if is_jump else self._even + self._wait

    def _trim(self, now: float) -> tuple[list[Effect], int]:
        """Logged once when a session begins to have too much pending, and whenever something was trimmed."""
        effects: list[Effect] = []
        trimmed = self._store.trim(self._policy.pending_max, now)
        for one in trimmed:
            if one.session_id not in self._crowded:
                details = {"pending": one.pending, "allowed": self._policy.pending_max}
                effects.append(Log("warning", "webhook_queue_full", one.session_id, details))
            if one.dropped or one.dead_lettered:
                details = {"dropped": one.dropped, "deadLetters": one.dead_lettered}
                effects.append(Log("error", "webhook_abandoned", one.session_id, details))
        self._crowded = {one.session_id for one in trimmed}
        return effects, sum(one.dropped + one.dead_lettered for one in trimmed)
