"""Which webhook lane may start an attempt now: order, fairness, connection limits and holds. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from wppmt.store import Delivery, Lane

PER_ENDPOINT = 4
"""Connections to one endpoint."""
RETRIES_PER_ENDPOINT = 2
"""Of these for retries, so that they never hold back newer events."""
ALL_ENDPOINTS = 200
"""Connections in all; an endpoint that has none open may open one even beyond this, so nobody ever starves."""
PROBE_SECONDS = 30.0
NEVER = float("inf")


def origin(endpoint: str) -> str:
    """Scheme, host and port of an address: what is up or down, and what may be shown in a log."""
    parts = urlsplit(endpoint)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"


@dataclass(slots=True)
class LaneState:
    """One lane's place in the outbox. The outbox itself stays in the store."""

    lane: Lane
    cursor: int
    """First attempts up to this delivery number have been started."""
    more: bool = True
    """There may be first attempts behind the cursor."""
    retry_at: float = NEVER
    """When the lane's next retry is due; too early does no harm."""
    first: int | None = None
    """The delivery whose first attempt is in flight."""
    retry: int | None = None

    @property
    def is_idle(self) -> bool:
        return not self.more and self.first is None and self.retry is None and self.retry_at == NEVER


@dataclass(frozen=True, slots=True)
class Flight:
    """An attempt that was started and has no outcome yet."""

    delivery: Delivery
    state: LaneState
    is_retry: bool


class Lanes:
    """All lanes with something to do, the one served longest ago first."""

    def __init__(self) -> None:
        self._states: dict[Lane, LaneState] = {}
        self._flights: dict[int, Flight] = {}
        self._open: Counter[str] = Counter()
        self._open_retries: Counter[str] = Counter()
        self._held: dict[str, float] = {}
        """Origins that could not be connected to, and when to probe them; NEVER while a probe is in flight."""

    def wake(self, lane: Lane, cursor: int, *, retry_at: float = NEVER) -> None:
        """There is something new behind `cursor`; a lane that is known knows better where it is."""
        state = self._states.setdefault(lane, LaneState(lane, cursor, retry_at=retry_at))
        state.more = True

    def for_first_attempt(self, now: float) -> Iterator[LaneState]:
        for state in tuple(self._states.values()):
            if state.more and state.first is None and self._has_room(state.lane.endpoint, now):
                yield state

    def for_retry(self, now: float) -> Iterator[LaneState]:
        for state in tuple(self._states.values()):
            endpoint = state.lane.endpoint
            if (
                state.retry_at <= now
                and state.retry is None
                and self._open_retries[endpoint] < RETRIES_PER_ENDPOINT
                and self._has_room(endpoint, now)
            ):
                yield state

    @property
    def is_anything_in_flight(self) -> bool:
        return bool(self._flights)

    def start(self, state: LaneState, delivery: Delivery, *, is_retry: bool) -> None:
        """An attempt at `delivery` begins: the lane goes to the end of the row."""
        endpoint = state.lane.endpoint
        self._flights[delivery.number] = Flight(delivery, state, is_retry)
        self._open[endpoint] += 1
        if is_retry:
            state.retry, state.retry_at = delivery.number, NEVER
            self._open_retries[endpoint] += 1
        else:
            state.first, state.cursor = delivery.number, delivery.number
        if (place := origin(endpoint)) in self._held:
            self._held[place] = NEVER
        self._states[state.lane] = self._states.pop(state.lane)

    def flight(self, number: int) -> Flight | None:
        return self._flights.get(number)

    def finish(self, flight: Flight) -> None:
        """The attempt has an outcome; whether another one is due is for `retry_by` or `hold` to say."""
        del self._flights[flight.delivery.number]
        endpoint = flight.state.lane.endpoint
        self._open[endpoint] -= 1
        if flight.is_retry:
            flight.state.retry = None
            flight.state.retry_at = 0.0
            self._open_retries[endpoint] -= 1
        else:
            flight.state.first = None

    def retry_by(self, state: LaneState, moment: float) -> None:
        state.retry_at = min(state.retry_at, moment)

    def hold(self, flight: Flight, now: float) -> None:
        """Nobody heard the attempt: as if it had not been made, and one probe per PROBE_SECONDS from now on."""
        self._held[origin(flight.state.lane.endpoint)] = now + PROBE_SECONDS
        if not flight.is_retry:
            flight.state.cursor = flight.delivery.number - 1
            flight.state.more = True

    def release(self, lane: Lane) -> None:
        """The lane's origin could be connected to."""
        self._held.pop(origin(lane.endpoint), None)

    def of_origin(self, lane: Lane) -> list[Lane]:
        place = origin(lane.endpoint)
        return [other for other in self._states if origin(other.endpoint) == place]

    def drop_idle(self, state: LaneState) -> None:
        if state.is_idle:
            self._states.pop(state.lane, None)
            endpoint = state.lane.endpoint
            if not self._open[endpoint]:
                del self._open[endpoint], self._open_retries[endpoint]

    def next_moment(self, now: float) -> float:
        """When time alone makes another attempt possible; NEVER if only an outcome or a new event can."""
        moments = [
            max(state.retry_at, self._held.get(origin(state.lane.endpoint), 0.0))
            for state in self._states.values()
            if state.retry is None and state.retry_at != NEVER
        ]
        return min((moment for moment in (*moments, *self._held.values()) if moment > now), default=NEVER)

    def _has_room(self, endpoint: str, now: float) -> bool:
        if self._held and self._held.get(origin(endpoint), 0.0) > now:
            return False
        mine = self._open[endpoint]
        return mine == 0 or (mine < PER_ENDPOINT and len(self._flights) < ALL_ENDPOINTS)
