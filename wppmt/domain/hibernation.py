"""When a session that nobody uses may hibernate, and when it is to wake (docs/contract.md 4 and 13). Pure.

Moments are epoch seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from wppmt.domain import clocks

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
LONGEST_HOURS = 6.0
"""Nobody hibernates for longer: what came in meanwhile waits for the wake."""
SHORT_STAY = 90.0
"""After a wake by the schedule, where nothing happens: enough for WhatsApp to deliver and for the audit to look."""
LONG_STAY = 900.0
"""Once a day: what WhatsApp synchronises between devices takes its time, and shows it that this one is used."""
SPREAD = 0.1
"""Of the hours between two wakes, by which one may come earlier: sessions that went to sleep together wake apart."""
EARLY = 300.0
"""Before the customer's hours, at most: everybody is there when they begin, and not all come at once."""


class Cause(StrEnum):
    """Why a session goes to sleep, or wakes; the audit trail tells it."""

    IDLE = "idle"
    MEMORY = "memory"
    REQUEST = "request"
    SCHEDULE = "schedule"
    OPERATOR = "operator"


CAUSES: Mapping[Cause, str] = {
    Cause.IDLE: "sem uso",
    Cause.MEMORY: "falta memória à máquina",
    Cause.REQUEST: "um envio ou outro pedido",
    Cause.SCHEDULE: "hora de receber o que chegou",
    Cause.OPERATOR: "a pedido",
}


@dataclass(frozen=True, slots=True)
class HibernationPlan:
    """What a session has said about it; without a plan it never hibernates."""

    idle_minutes: float
    """So long without a message and without a question to its page."""
    awake_from: str = ""
    awake_to: str = ""
    """The customer's hours, `HH:MM`, in which it never hibernates; both empty: there are none."""
    wake_hours: float = LONGEST_HOURS
    """At least so often it looks what came in."""

    def may_sleep_at(self, used_at: float, zone: str) -> float:
        """The first moment at which it may hibernate, where it was last used at `used_at`."""
        return self.after_hours(used_at + self.idle_minutes * MINUTE, zone)

    def after_hours(self, moment: float, zone: str) -> float:
        """The moment itself, or the end of the customer's hours in which it lies."""
        return clocks.next_time(self.awake_to, moment, zone) if self.is_awake_hour(moment, zone) else moment

    def is_awake_hour(self, moment: float, zone: str) -> bool:
        if not self.awake_from:
            return False
        return clocks.is_within(moment, self.awake_from, self.awake_to, zone)

    def wake_at(self, asleep_since: float, zone: str, random: Random) -> float:
        """When the schedule wakes it: after its hours, or for the customer's, drawn a little earlier each time."""
        most = self.wake_hours * HOUR
        due = asleep_since + most * (1 - random.uniform(0, SPREAD))
        if self.awake_from:
            opens = clocks.next_time(self.awake_from, asleep_since, zone)
            due = min(due, max(asleep_since, opens - random.uniform(0, EARLY)))
        return due

    def stay(self, woken_at: float, last_long_at: float) -> float:
        """How long it stays after a wake by the schedule: long where else a day would pass without a long one."""
        is_due = woken_at + self.wake_hours * HOUR - last_long_at > DAY
        return LONG_STAY if is_due else SHORT_STAY


NEVER = HibernationPlan(0.0)
"""In a request: the session has no plan any more."""
