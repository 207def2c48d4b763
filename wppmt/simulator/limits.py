"""What WhatsApp allows an account towards new contacts: a cool-down (463), and a cap on new chats of a cycle (475)."""

from typing import Any

from wppmt.simulator.faults import LIMITS, Fault
from wppmt.simulator.records import Json
from wppmt.simulator.world import World

TIMELOCK_ERROR = 463
CAPPED_ERROR = 475

FIRST_WARNING_AT = 0.75
SECOND_WARNING_AT = 0.9
"""Of the quota; WhatsApp's own marks are not known."""


class Limits:
    """Those of one account, as one of its pages has them: ``faults`` are what that page brought with it."""

    def __init__(self, world: World, phone: str, faults: list[Fault]) -> None:
        self._world = world
        self._phone = phone
        self._own = {fault.kind: fault for fault in faults if fault.kind in LIMITS}

    def refusal(self, to: str) -> tuple[Fault, int] | None:
        """The fault that refuses a message, with its error; a new chat that is let through is counted."""
        recipient = self._world.accounts.find(to)
        if not self._world.switchboard.are_strangers(self._phone, to) or (
            recipient and recipient.is_business
        ):
            return None
        timelock, cap = self._active("reachout_timelock"), self._active("new_chat_cap")
        if timelock:
            self._world.faults.use(timelock)
            self._world.tell_limits(self._phone)
            return timelock, TIMELOCK_ERROR
        if cap and not self._world.switchboard.has_written(self._phone, to):
            if _status(cap) == "CAPPED":
                return cap, CAPPED_ERROR
            self._count(cap)
        return None

    def timelock(self) -> Json:
        """As WhatsApp's server answers the page's job; the end in epoch seconds, as text."""
        fault = self._active("reachout_timelock")
        until = fault.option("until", None) if fault else None
        return {
            "is_active": fault is not None,
            "enforcement_type": fault.option("enforcementType", "DEFAULT") if fault else None,
            "time_enforcement_ends": str(int(until)) if until is not None else None,
        }

    def cap(self) -> Json | None:
        """None where the server has the cap switched off: then nothing is known of a quota."""
        fault = self._active("new_chat_cap")
        if not fault:
            return None
        return {
            "total_quota": fault.option("total", 0),
            "used_quota": fault.option("used", 0),
            "cycle_start_timestamp": str(int(fault.option("cycleStarts", 0))),
            "cycle_end_timestamp": str(int(fault.option("cycleEnds", 0))),
            "server_sent_timestamp": str(int(self._world.clock.now())),
            "capping_status": _status(fault),
            "ote_status": "NOT_ELIGIBLE",
            "mv_status": "NOT_ELIGIBLE",
            "subscription_status": None,
        }

    def both(self) -> Json:
        return {"timelock": self.timelock(), "cap": self.cap()}

    def _active(self, kind: str) -> Fault | None:
        now = self._world.clock.now()
        found = self._own.get(kind) or self._world.faults.find([kind], self._phone)
        return None if found and found.is_over(now) else found

    def _count(self, cap: Fault) -> None:
        changed = cap.with_options(used=cap.option("used", 0) + 1)
        if cap.kind in self._own:
            self._own[cap.kind] = changed
        else:
            self._world.faults.change(changed)
        self._world.tell_limits(self._phone)


def _status(fault: Fault) -> str:
    total: Any = fault.option("total", 0)
    used: Any = fault.option("used", 0)
    if used >= total:
        return "CAPPED"
    if used >= total * SECOND_WARNING_AT:
        return "SECOND_WARNING"
    return "FIRST_WARNING" if used >= total * FIRST_WARNING_AT else "NONE"
