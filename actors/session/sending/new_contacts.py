"""WhatsApp's limits on messages to new contacts: while one holds, the session sends none, and never works around it.

A cool-down (error 463) has an end, a quota of new chats (error 475) a cycle. Who has written to the account before is
no new contact, nor is a group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from actors.runtime.effects import Effect
from actors.session.messages import Called, Timer
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.sending.strangers import Strangers
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork, error_payload
from wppmt.browser.port import CallFailure, CallResult, Json
from wppmt.domain.account_limits import AccountLimits, Source
from wppmt.domain.errors import Code
from wppmt.domain.reasons import Reason
from wppmt.domain.stranger_gate import Obstacle

REASONS = {
    Code.REACHOUT_TIMELOCK: Reason.REACHOUT_TIMELOCK,
    Code.NEW_CHAT_QUOTA: Reason.NEW_CHAT_QUOTA,
}
ENDS = {Code.REACHOUT_TIMELOCK: "reachout_until", Code.NEW_CHAT_QUOTA: "quota_until"}
"""The field for the moment from which on new contacts are written to again."""
SOURCES = {Code.REACHOUT_TIMELOCK: "reachout_source", Code.NEW_CHAT_QUOTA: "quota_source"}
PAGE_NAMES = {"reachout": Code.REACHOUT_TIMELOCK, "quota": Code.NEW_CHAT_QUOTA}
WORDS = {Code.REACHOUT_TIMELOCK: "reachout_timelock", Code.NEW_CHAT_QUOTA: "new_chat_quota"}
"""The page's words for them."""


class NewContacts:
    """The limits of one session's account."""

    def __init__(
        self, work: UnitOfWork, page: Page, timers: Timers, policy: SessionPolicy, strangers: Strangers
    ) -> None:
        self._work = work
        self._page = page
        self._timers = timers
        self._policy = policy
        self._strangers = strangers

    def ask(self) -> Iterator[Effect]:
        """What the page knows, now and every hour; changes in between it tells by itself."""
        yield self._timers.arm(Timer.LIMITS, self._policy.limits_seconds)
        if self._page.is_usable:
            yield self._page.call(Called.LIMITS, "limits", {}, self._policy.call_deadline)

    def answered(self, outcome: CallResult, now: float) -> Iterator[Effect]:
        """A page that does not answer costs the knowledge, and nothing else."""
        if not isinstance(outcome, CallFailure):
            yield from self.update(outcome, now)

    def limit(self, now: float) -> Code | None:
        """Why no new contact is written to now; the one that lasts longest."""
        return max(self._active(now), key=self._end, default=None)

    def obstacles(self, now: float) -> list[Obstacle]:
        """All that hold now: to whom one applies, the others apply, too."""
        return [(code, self._end(code)) for code in self._active(now)]

    def words(self, now: float) -> list[str]:
        """The limits that hold now, as the page calls them."""
        return [WORDS[code] for code in self._active(now)]

    def met(self, code: Code, until: float | None, now: float) -> Iterator[Effect]:
        """A limit holds until its end or, when WhatsApp does not say, for a fixed time. It is reported once."""
        if code not in ENDS:
            return
        is_known = self._end(code) > now
        if is_known and until is None:
            return
        end = until or now + self._policy.limit_pause
        if end > now and end != self._end(code):
            source = Source.WHATSAPP if until else Source.GATEWAY
            yield from self._save(now, **{ENDS[code]: end, SOURCES[code]: source})
        if not is_known:
            yield from self._work.write(now, ("error", error_payload(REASONS[code])))

    def update(self, limits: Json, now: float) -> Iterator[Effect]:
        """What the page knows about the limits. One that it does not mention is unknown, not lifted."""
        fresh = [code for name, code in PAGE_NAMES.items() if self._begins(limits.get(name), code, now)]
        changes: dict[str, Any] = {}
        for name, code in PAGE_NAMES.items():
            if (limit := limits.get(name)) is not None:
                changes |= self._told(code, limit, now)
        yield from self._save(now, **changes)
        for code in fresh:
            yield from self._work.write(now, ("error", error_payload(REASONS[code])))

    def retry_after(self, code: Code, now: float) -> float | None:
        """Seconds until new contacts are written to again."""
        left = self._end(code) - now if code in ENDS else 0.0
        return left if left > 0 else None

    def _begins(self, limit: Json | None, code: Code, now: float) -> bool:
        if limit is None or not limit["active"] or self._end(code) > now:
            return False
        return bool(self._until(limit, code, now) > now)

    def _told(self, code: Code, limit: Json, now: float) -> Mapping[str, Any]:
        end = self._until(limit, code, now) if limit["active"] else 0.0
        is_counted = limit["active"] and limit.get("until") is None
        told = {ENDS[code]: end, SOURCES[code]: Source.GATEWAY if is_counted else Source.WHATSAPP}
        if code is Code.REACHOUT_TIMELOCK:
            return told | {"reachout_kind": str(limit.get("kind") or "")}
        return told | {
            "quota_status": str(limit.get("status") or ""),
            "quota_used": limit.get("used"),
            "quota_total": limit.get("total"),
            "cycle_ends": float(limit.get("until") or 0.0),
        }

    def _until(self, limit: Json, code: Code, now: float) -> float:
        """The end that WhatsApp tells, or that of a pause which has begun, or of one that begins now."""
        told = limit.get("until")
        if told is not None:
            return float(told)
        return self._end(code) if self._end(code) > now else now + self._policy.limit_pause

    def _save(self, now: float, **changes: Any) -> Iterator[Effect]:
        before: AccountLimits = self._work.record.limits
        after = replace(before, **changes)
        if after != before:
            yield from self._work.write(now, limits=after)
        if after.without_count != before.without_count:
            yield from self._work.write(now, ("account_limit", self._strangers.gate(now).shown(after)))

    def _active(self, now: float) -> list[Code]:
        return [code for code in ENDS if self._end(code) > now]

    def _end(self, code: Code) -> float:
        end: float = getattr(self._work.record.limits, ENDS[code])
        return end
