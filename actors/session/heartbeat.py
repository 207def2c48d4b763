"""How a hung page is noticed: its beats stop, it leaves a direct question unanswered, or it only answers questions."""

from __future__ import annotations

from actors.runtime.effects import Effect
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers

BEAT = "beat"
SILENT_BEATS = 1.5
"""After so many intervals without a beat the page is asked directly."""
PROBES = 2
"""So many unanswered questions in a row, and the browser is hung."""
MUTE_PROBES = 5
"""A page that answers so many in a row, and says nothing by itself, is not heard any more."""


class Heartbeat:
    """The signs of life of one page. Silence alone is no proof: the page is asked before anything is done about it."""

    def __init__(self, page: Page, timers: Timers, policy: SessionPolicy) -> None:
        self._page = page
        self._timers = timers
        self._policy = policy
        self._last_sign = 0.0
        self._failed_probes = 0
        self._mute_probes = 0

    def heard(self, now: float) -> None:
        """The page said something by itself."""
        self._last_sign = now
        self._failed_probes = self._mute_probes = 0

    def expect_next(self) -> Effect:
        return self._timers.arm(BEAT, self._policy.beat_seconds)

    def check(self, now: float) -> Effect:
        if now - self._last_sign < SILENT_BEATS * self._policy.beat_seconds:
            return self._timers.arm(BEAT, self._policy.beat_seconds / 2)
        return self.probe()

    def probe(self) -> Effect:
        return self._page.call(Called.PROBE, "facts", {}, self._policy.probe_deadline)

    def probe_answered(self, now: float) -> Effect:
        self._last_sign = now
        self._failed_probes = 0
        self._mute_probes += 1
        return self.expect_next()

    def probe_failed(self) -> bool:
        """Whether it may be asked once more."""
        self._failed_probes += 1
        return self._failed_probes < PROBES

    @property
    def is_mute(self) -> bool:
        return self._mute_probes >= MUTE_PROBES
