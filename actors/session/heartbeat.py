"""How a hung browser is noticed: beats stop and probes go unanswered, or the page answers probes but sends no beats."""

from __future__ import annotations

from actors.runtime.effects import Effect
from actors.session.messages import Called, Timer
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers

SILENT_BEATS = 1.5
"""After so many intervals without a beat the page is asked directly."""
PROBES = 2
"""After so many unanswered probes in a row the browser counts as hung."""
MUTE_PROBES = 5
"""After so many answered probes in a row without a beat in between the channel counts as silent."""


class Heartbeat:
    """The signs of life of one page. A page without beats is probed before it counts as hung."""

    def __init__(self, page: Page, timers: Timers, policy: SessionPolicy) -> None:
        self._page = page
        self._timers = timers
        self._policy = policy
        self._last_sign = 0.0
        self._failed_probes = 0
        self._mute_probes = 0

    def heard(self, now: float) -> None:
        """The page sent an event or a beat."""
        self._last_sign = now
        self._failed_probes = self._mute_probes = 0

    def expect_next(self) -> Effect:
        return self._timers.arm(Timer.BEAT, self._policy.beat_seconds)

    def check(self, now: float) -> Effect:
        if now - self._last_sign < SILENT_BEATS * self._policy.beat_seconds:
            return self._timers.arm(Timer.BEAT, self._policy.beat_seconds / 2)
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
