"""WhatsApp's limits on messages to new contacts: while one holds, the session sends none, and never works around it.

A cool-down (error 463) has an end, a quota of new chats (error 475) a cycle. Who has written to the account before is
no new contact, nor is a group.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actors.runtime.effects import Effect
from actors.session.policy import SessionPolicy
from actors.session.unit_of_work import UnitOfWork, error_payload
from wppmt.browser.port import Json
from wppmt.domain.errors import Code
from wppmt.domain.reasons import Reason

REASONS = {
    Code.REACHOUT_TIMELOCK: Reason.REACHOUT_TIMELOCK,
    Code.NEW_CHAT_QUOTA: Reason.NEW_CHAT_QUOTA,
}
ENDS = {Code.REACHOUT_TIMELOCK: "reachout_until", Code.NEW_CHAT_QUOTA: "quota_until"}
"""The record's field for the moment from which on new contacts are written to again."""
PAGE_NAMES = {"reachout": Code.REACHOUT_TIMELOCK, "quota": Code.NEW_CHAT_QUOTA}


class NewContacts:
    """The limits of one session's account."""

    def __init__(self, work: UnitOfWork, policy: SessionPolicy) -> None:
        self._work = work
        self._policy = policy

    def limit(self, now: float) -> Code | None:
        """Why no new contact is written to now; the one that lasts longest."""
        limits = [code for code in ENDS if self._end(code) > now]
        return max(limits, key=self._end, default=None)

    def met(self, code: Code, until: float | None, now: float) -> Iterator[Effect]:
        """A limit holds until its end or, when WhatsApp does not say, for a fixed time. It is reported once."""
        if code not in ENDS:
            return
        is_known = self._end(code) > now
        if is_known and until is None:
            return
        happenings = [] if is_known else [("error", error_payload(REASONS[code]))]
        end = until or now + self._policy.limit_pause
        if end > now and end != self._end(code):
            yield from self._work.write(now, *happenings, **self._ending(code, end))

    def update(self, limits: Json, now: float) -> Iterator[Effect]:
        """What the page knows about the limits. One that it does not mention is unknown, not lifted."""
        for name, code in PAGE_NAMES.items():
            limit = limits.get(name)
            if limit is None:
                continue
            if limit["active"]:
                yield from self.met(code, limit.get("until"), now)
            elif self._end(code) > now:
                yield from self._work.write(now, **self._ending(code, 0.0))

    def retry_after(self, code: Code, now: float) -> float | None:
        """Seconds until new contacts are written to again."""
        left = self._end(code) - now if code in ENDS else 0.0
        return left if left > 0 else None

    @staticmethod
    def _ending(code: Code, end: float) -> dict[str, Any]:
        return {ENDS[code]: end}

    def _end(self, code: Code) -> float:
        end: float = getattr(self._work.record, ENDS[code])
        return end
