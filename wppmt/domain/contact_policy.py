"""What a session allows itself towards people who never wrote to its account: a budget, a gap, quiet hours. Pure.

Moments are epoch seconds; a day is a calendar day of the policy's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from wppmt.domain import clocks

FIRST_DAY = 5
"""New contacts on the day on which an account was linked, while it warms up; so many more on each further day."""
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """All off by default."""

    new_contacts_per_day: int = 0
    """0: no budget."""
    warm_up: bool = False
    gap_min: float = 0.0
    gap_max: float = 0.0
    """Seconds between first messages to strangers, drawn anew each time; 0: none."""
    quiet_from: str = ""
    quiet_to: str = ""
    """`HH:MM`; both empty: no quiet hours."""
    time_zone: str = "America/Sao_Paulo"

    @property
    def is_off(self) -> bool:
        return not (self.new_contacts_per_day or self.gap_max or self.quiet_from)

    def budget(self, linked_at: float, now: float) -> int | None:
        """How many new contacts the account may write to today; None: as many as it likes."""
        if not self.new_contacts_per_day:
            return None
        days = max(0, int((now - linked_at) // DAY_SECONDS))
        warm = FIRST_DAY * (1 + days) if self.warm_up else self.new_contacts_per_day
        return min(self.new_contacts_per_day, warm)

    def day_of(self, now: float) -> tuple[float, float]:
        """When the day began, and when the next one begins."""
        return clocks.day_of(now, self.time_zone)

    def quiet_until(self, now: float) -> float | None:
        """The end of the quiet hours, while they are."""
        if not self.quiet_from or not clocks.is_within(now, self.quiet_from, self.quiet_to, self.time_zone):
            return None
        return clocks.next_time(self.quiet_to, now, self.time_zone)

    def gap(self, random: Random) -> float:
        return random.uniform(self.gap_min, self.gap_max)


OFF = ContactPolicy()


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What is None stays as it was."""

    new_contacts_per_day: int | None = None
    warm_up: bool | None = None
    gap: tuple[float, float] | None = None
    """From, to, in seconds."""
    quiet: tuple[str, str] | None = None
    """From, to; both empty: no quiet hours any more."""
    time_zone: str | None = None
    is_default: bool = False
    """The session has no policy of its own any more: it follows the daemon's, whatever else is said."""

    def of(self, policy: ContactPolicy) -> ContactPolicy | None:
        """The policy with this change; None where the daemon's is to be followed."""
        if self.is_default:
            return None
        changes: dict[str, Any] = {
            name: value
            for name in ("new_contacts_per_day", "warm_up", "time_zone")
            if (value := getattr(self, name)) is not None
        }
        if self.gap:
            changes["gap_min"], changes["gap_max"] = self.gap
        if self.quiet:
            changes["quiet_from"], changes["quiet_to"] = self.quiet
        return replace(policy, **changes)


TAKE_DEFAULT = PolicyChange(is_default=True)
