"""Which webhook lane may start an attempt now: order, fairness, connection limits and holds. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from actors.webhooks.origins import Origin, is_ahead, origin_of
from wppmt.store.outbox_records import Delivery, Lane

RETRIES_PER_LANE = 3
"""Beside one first attempt. Each failure leads to three retries, so retries keep pace with first attempts."""
RETRIES_PER_ORIGIN = 32
CONNECTIONS = 200
"""In all. This and the limit before are only for a lane's second and third retry at once: one first attempt and one
retry are always allowed, so that no lane waits for another."""
REST_SECONDS = 1.0
"""Of a lane that could not connect."""
NEVER = float("inf")


@dataclass(slots=True)
class LaneState:
    """One lane's place in the outbox. The outbox itself stays in the store."""

    lane: Lane
    origin: Origin
    cursor: int
    """First attempts up to this delivery number have been started."""
    floor: int
    """Deliveries up to this number are not tried any more: settled, or about to be made dead letters by a job."""
    more: bool = True
    """There may be first attempts behind the cursor."""
    retry_at: float = NEVER
    """When the lane's next retry is due; too early does no harm."""
    rests_until: float = 0.0
    first: int | None = None
    """The delivery whose first attempt is in flight."""
    retries: set[int] = field(default_factory=set)
    """Those whose retry is."""

    @property
    def is_idle(self) -> bool:
        return not (self.more or self.first is not None or self.retries) and self.retry_at == NEVER


@dataclass(frozen=True, slots=True)
class Flight:
    """An attempt that was started and has no outcome yet."""

    delivery: Delivery
    state: LaneState
    begun: int
    """Attempts that had begun by then, of all lanes."""
    is_retry: bool
    is_probe: bool

    @property
    def is_dead_letter(self) -> bool:
        """Whether its endpoint was stopped meanwhile."""
        return self.delivery.number <= self.state.floor


class Lanes:
    """All lanes with something to do. A turn looks only at those that wait, the one that waits longest first: however
    many have an attempt in flight, they cost nothing.
    """

    def __init__(self, longest_wait: float) -> None:
        self._longest_wait = longest_wait
        """No retry is due later than so many seconds from now."""
        self._states: dict[Lane, LaneState] = {}
        self._ready: dict[Lane, LaneState] = {}
        """Those that wait for a first attempt."""
        self._due: dict[Lane, LaneState] = {}
        """Those that wait for a retry."""
        self._origins: dict[str, Origin] = {}
        self._flights: dict[int, Flight] = {}
        self._begun = 0
        self.paused: set[str] = set()
        """Sessions of which no attempt is started."""

    def wake(self, lane: Lane, cursor: int, *, retry_at: float = NEVER) -> None:
        """There is something new behind `cursor`; a known lane keeps its own cursor."""
        state = self._states.get(lane)
        if state is None:
            name = origin_of(lane.endpoint)
            origin = self._origins.setdefault(name, Origin(name))
            origin.lanes += 1
            state = self._states[lane] = LaneState(lane, origin, cursor, floor=cursor, retry_at=retry_at)
        state.more = True
        self._sort(state)

    def for_first_attempt(self, now: float) -> Iterator[LaneState]:
        for state in tuple(self._ready.values()):
            if self._may_be_tried(state, now):
                yield state

    def for_retry(self, now: float) -> Iterator[LaneState]:
        """Each as often as it may have one more at once; until `start`, or a later moment by `retry_at`."""
        for state in tuple(self._due.values()):
            while (
                not self._is_ahead(state.retry_at, now)
                and self._has_room_for_retry(state)
                and self._may_be_tried(state, now)
            ):
                yield state

    def has_no_more(self, state: LaneState) -> None:
        """The store has no first attempt behind its cursor."""
        state.more = False
        self._sort(state)

    def retry_at(self, state: LaneState, moment: float) -> None:
        """Its next retry is due then, by the store; NEVER: there is none."""
        state.retry_at = moment
        self._sort(state)

    @property
    def is_anything_in_flight(self) -> bool:
        return bool(self._flights)

    def is_in_flight(self, session_id: str) -> bool:
        return any(flight.state.lane.session_id == session_id for flight in self._flights.values())

    def start(self, state: LaneState, delivery: Delivery, *, is_retry: bool) -> None:
        """An attempt at `delivery` begins: the lane goes to the end of the rows that it still waits in."""
        origin = state.origin
        self._begun += 1
        flight = Flight(delivery, state, self._begun, is_retry, is_probe=origin.is_held)
        self._flights[delivery.number] = flight
        if is_retry:
            state.retries.add(delivery.number)
            origin.retries += 1
        else:
            state.first = state.cursor = delivery.number
        origin.is_probed = origin.is_held
        self._due.pop(state.lane, None)
        self._sort(state)

    def flight(self, number: int) -> Flight | None:
        return self._flights.get(number)

    def finish(self, flight: Flight) -> None:
        """The attempt has an outcome; whether another one is due is for `retry_by` or `refuse` to say."""
        state, number = flight.state, flight.delivery.number
        del self._flights[number]
        if flight.is_retry:
            state.retries.discard(number)
            state.origin.retries -= 1
            state.retry_at = 0.0
        else:
            state.first = None
        self._sort(state)

    def retry_by(self, state: LaneState, moment: float) -> None:
        state.retry_at = min(state.retry_at, moment)
        self._sort(state)

    def refuse(self, flight: Flight, now: float) -> bool:
        """The attempt could not connect, and counts as not made. True when its origin is held from now on."""
        state = flight.state
        state.rests_until = now + REST_SECONDS
        if not flight.is_retry:
            state.cursor = max(flight.delivery.number - 1, state.floor)
            state.more = True
        self._sort(state)
        return state.origin.refuse(flight.begun, is_probe=flight.is_probe, now=now)

    def reach(self, flight: Flight) -> bool:
        """The attempt did connect, whatever came of it. True when this ends a hold of its origin."""
        flight.state.rests_until = 0.0
        return flight.state.origin.reach(self._begun)

    def stop(self, state: LaneState, up_to: int) -> None:
        """Everything pending up to this number becomes a dead letter; what is later came after the webhook was set again."""
        state.more, state.retry_at = False, NEVER
        state.cursor, state.floor = max(state.cursor, up_to), up_to
        self._sort(state)

    def drop_idle(self, state: LaneState) -> None:
        if state.is_idle and state.lane in self._states:
            del self._states[state.lane]
            state.origin.lanes -= 1
            if not state.origin.lanes:
                del self._origins[state.origin.name]

    def next_moment(self, now: float) -> float:
        """When time alone makes another attempt possible; NEVER if only an outcome or a new event can."""
        moments = [probe for origin in self._origins.values() if (probe := origin.next_probe) is not None]
        moments += [state.rests_until for state in self._ready.values()]
        moments += [
            max(state.retry_at, state.rests_until)
            for state in self._due.values()
            if self._has_room_for_retry(state)
        ]
        return min((moment for moment in moments if moment > now), default=NEVER)

    def _sort(self, state: LaneState) -> None:
        """Into the rows that it waits in, at their end, and out of the others. One that waits already keeps its place."""
        _put(self._ready, state, waits=state.more and state.first is None)
        _put(self._due, state, waits=state.retry_at != NEVER)

    def _is_ahead(self, retry_at: float, now: float) -> bool:
        return retry_at == NEVER or is_ahead(retry_at, now, self._longest_wait)

    def _may_be_tried(self, state: LaneState, now: float) -> bool:
        if state.lane.session_id in self.paused:
            return False
        return state.origin.may_be_tried(now) and not is_ahead(state.rests_until, now, REST_SECONDS)

    def _has_room_for_retry(self, state: LaneState) -> bool:
        return not state.retries or (
            len(state.retries) < RETRIES_PER_LANE
            and state.origin.retries < RETRIES_PER_ORIGIN
            and len(self._flights) < CONNECTIONS
        )


def _put(row: dict[Lane, LaneState], state: LaneState, *, waits: bool) -> None:
    if waits:
        row.setdefault(state.lane, state)
    else:
        row.pop(state.lane, None)
