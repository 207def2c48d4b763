"""WhatsApp's cool-down on new contacts: once met, the session itself keeps from them, and never works around it."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Effect
from actors.session.browser_lifecycle import error_payload
from actors.session.policy import SessionPolicy
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.errors import Code
from wppmt.domain.reasons import Reason


class Reachout:
    """The pause of one session. Who has written to the account before is not a new contact, nor is a group."""

    def __init__(self, work: UnitOfWork, policy: SessionPolicy) -> None:
        self._work = work
        self._policy = policy

    def is_paused(self, now: float) -> bool:
        return now < self._work.record.reachout_until

    def met(self, code: Code, now: float) -> Iterator[Effect]:
        """A send has failed for this reason: the pause begins, and is told once."""
        if code is Code.REACHOUT_TIMELOCK and not self.is_paused(now):
            until = now + self._policy.reachout_pause
            told = ("error", error_payload(Reason.REACHOUT_TIMELOCK))
            yield from self._work.write(now, told, reachout_until=until)

    def retry_after(self, code: Code, now: float) -> float | None:
        """Seconds until the next new contact is tried; WhatsApp itself does not tell."""
        left = self._work.record.reachout_until - now
        return left if code is Code.REACHOUT_TIMELOCK and left > 0 else None
