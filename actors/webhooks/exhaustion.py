"""Tells the alerts' actor when events to an endpoint are given up on, and when it takes one again."""

from __future__ import annotations

from actors.runtime.effects import Effect, Tell
from actors.watch.messages import EndpointDelivered, EndpointExhausted
from wppmt.domain.messages import ALERT_ACTOR
from wppmt.store.outbox_records import Lane
from wppmt.store.records import ALERTS

MOST_ENDPOINTS = 10_000
"""Beyond this all are unknown again, which costs a notice each."""


class Exhaustion:
    def __init__(self) -> None:
        self._works: set[str] = set()
        """Endpoints that are known to have taken the last event that was settled."""

    def delivered(self, lane: Lane) -> list[Effect]:
        if lane.endpoint in self._works:
            return []
        if len(self._works) >= MOST_ENDPOINTS:
            self._works.clear()
        self._works.add(lane.endpoint)
        return [Tell(ALERT_ACTOR, EndpointDelivered(lane.endpoint))]

    def abandoned(self, lane: Lane) -> list[Effect]:
        """The alerts' own webhook rings no alert: it could not tell of it."""
        self._works.discard(lane.endpoint)
        if lane.session_id == ALERTS:
            return []
        return [Tell(ALERT_ACTOR, EndpointExhausted(lane.session_id, lane.endpoint))]
