"""Notices a connection that looks healthy but brings no acknowledgements. It probes the page, reloads it, restarts it."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Effect, Log
from actors.session.messages import Called
from actors.session.watched import Watched
from wppmt.domain.page_condition import PageCondition
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event

ACKS, TRUST = "acks", "trust"


class AckWatchdog:
    """`ack_sends` messages of which each has waited `ack_seconds`, and none handed since was acknowledged.

    The page itself sends again what it holds, so neither a reload nor a restart sends anything twice.
    """

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._since = 0.0
        """Since when the page could be used without a break."""
        self._was_usable = False
        self._asked = False
        self._tried = 0
        self._doubted_at = 0.0

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn."""
        if self._tried and self._watched.sending.last_ack > self._doubted_at:
            self._tried = 0
            self._watched.page_state.trust()
        usable = self._watched.page.is_usable
        if usable and not self._was_usable:
            self._since = now
        self._was_usable = usable
        self._asked = self._asked and usable
        moment = self._moment() if usable and not self._asked else None
        if moment is None:
            self._watched.timers.disarm(ACKS)
        elif not self._watched.timers.is_armed(ACKS):
            yield self._watched.timers.arm(ACKS, max(0.0, moment - now))

    def due(self, timer: str, now: float) -> Iterator[Effect]:
        moment = self._moment()
        if timer == TRUST:
            self._watched.page_state.trust()
        elif moment is not None and moment <= now:
            self._asked = True
            yield self._watched.lifecycle.heartbeat.probe()

    def probed(self, now: float) -> Iterator[Effect]:
        """The page has answered the probe. If it still calls itself connected, the next measure is taken."""
        if not self._asked or self._watched.page_state.condition is not PageCondition.MAIN:
            return
        self._asked = False
        self._doubted_at = now
        self._tried += 1
        details = {"unacknowledged": len(self._watched.sending.handed), "attempt": self._tried}
        yield Log("warning", "acks_missing", self._watched.work.record.id, details)
        if self._tried == 1:
            yield from self._reload(now)
        elif self._tried == 2:
            self._watched.page_state.reset()
            yield from self._watched.lifecycle.fail(Reason.ACKS_MISSING, now, graceful=True)
        else:
            self._watched.page_state.distrust()
            yield from self._watched.page_state.needs_person(Reason.ACKS_MISSING, now)
            yield self._watched.timers.arm(TRUST, self._watched.policy.ack_patience)

    def _reload(self, now: float) -> Iterator[Effect]:
        self._watched.page_state.distrust()
        yield from self._watched.work.move(now, Event.RESUMED, Reason.ACKS_MISSING)
        yield from self._watched.page_state.expect_screen()
        yield self._watched.page.call(Called.RELOAD, "reload", {}, self._watched.policy.call_deadline)

    def _moment(self) -> float | None:
        """When enough messages will have waited long enough."""
        last_ack = self._watched.sending.last_ack
        handed = sorted(entry.handed_at or 0.0 for entry in self._watched.sending.handed)
        waiting = [moment for moment in handed if moment > last_ack]
        if len(waiting) < self._watched.policy.ack_sends:
            return None
        return (
            max(waiting[self._watched.policy.ack_sends - 1], self._since) + self._watched.policy.ack_seconds
        )
