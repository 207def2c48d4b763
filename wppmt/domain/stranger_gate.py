"""Whether a person who never wrote to the account may be written to at one moment, by the session's policy. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wppmt.domain.account_limits import AccountLimits, Budget, shown
from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.errors import Code

Obstacle = tuple[Code, float]
"""Why not, and from which moment on this does not stand in the way any more."""


@dataclass(frozen=True, slots=True)
class StrangerGate:
    """The policy, and what it is measured by, at `now`."""

    policy: ContactPolicy
    linked_at: float
    contacts: frozenset[str]
    """New contacts of today."""
    next_first: float
    """The moment from which on the gap lets a first message go."""
    now: float

    @property
    def budget(self) -> Budget:
        _, tomorrow = self.policy.day_of(self.now)
        per_day = self.policy.budget(self.linked_at, self.now)
        return Budget(per_day, len(self.contacts), tomorrow)

    @property
    def is_overdrawn(self) -> bool:
        """More than the budget were admitted: yesterday, or before it was lowered."""
        budget = self.budget
        return budget.per_day is not None and budget.used > budget.per_day

    @property
    def is_used_up(self) -> bool:
        budget = self.budget
        return budget.per_day is not None and budget.used >= budget.per_day

    def obstacles(self, *, is_first: bool) -> Iterator[Obstacle]:
        """To a message to a stranger; quiet hours are in the way of further ones, too."""
        quiet_until = self.policy.quiet_until(self.now)
        if quiet_until is not None:
            yield Code.QUIET_HOURS, quiet_until
        if is_first and self.is_used_up:
            yield Code.NEW_CONTACT_BUDGET, self.budget.resets_at
        if is_first and self.policy.gap_max and self.now < self.next_first:
            yield Code.STRANGER_GAP, self.next_first

    def shown(self, limits: AccountLimits) -> Mapping[str, Any]:
        """As GET …/limits; paused: a stranger would be refused now."""
        is_held = max(limits.reachout_until, limits.quota_until) > self.now
        paused = is_held or any(self.obstacles(is_first=True))
        return shown(limits, self.budget, paused=paused, now=self.now)
