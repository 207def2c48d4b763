"""The WebhookActor's mind: takes the outbox to its endpoints, one lane per session and endpoint (contract 7).

The store is the queue: memory holds where each lane is, and what is in flight. A crash therefore loses nothing;
what was in flight or not yet settled is sent again, with the same id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from actors.effects import Answer, Ask, Effect, Log, Post, Reply, Wake
from actors.lanes import NEVER, Flight, Lanes, LaneState, origin
from actors.settling import STORE_RETRY_SECONDS, Settle, Settling
from wppmt.delivery import Again, Answered, Done, Gone, Outcome, verdict
from wppmt.messages import WEBHOOK, ReplayDeadLetters
from wppmt.retry import WebhookSchedule
from wppmt.store import DeadLetters, Delivery, DeliveryState, Lane, Store, StoreUnavailable

__all__ = ["WEBHOOK", "Attempted", "Drain", "OutboxGrew", "Totals", "WebhookPolicy", "Webhooks"]

TIDY_SECONDS = 60.0
TIDY_PAUSE_SECONDS = 0.05
REPLAY_STEP = 500
REPLAY_STEPS = 20


@dataclass(frozen=True, slots=True)
class OutboxGrew:
    """Deliveries were committed. Also the actor's first message."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """The outcome of a Post."""

    number: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Drain:
    """To be asked when the daemon stops: start nothing more. Answered when nothing is in flight or unsettled.

    Asking is worth some seconds only: what is still in flight then is sent again by the next daemon, same id.
    """


@dataclass(frozen=True, slots=True)
class Look:
    """To myself: something may be due.

    `alarm` is the moment it was set for. It may come a little early, by the wall's clock, and is then set again.
    """

    alarm: float | None = None


@dataclass(frozen=True, slots=True)
class Tidy:
    """To myself: drop what has been kept long enough, and what is too much."""


@dataclass(frozen=True, slots=True)
class WebhookPolicy:
    hold_seconds: float = 0.0
    """How long events wait, unburnt, for an origin that cannot be connected to; 0: not at all."""
    auto_replay: bool = False
    """Replay a lane's dead letters, each once, when its endpoint works again."""
    keep_seconds: float = 7 * 86_400.0
    pending_max: int = 100_000
    """Deliveries that one session may have waiting; beyond it, all but messages are put aside."""


@dataclass(slots=True)
class Totals:
    """Since the actor began; read by other threads."""

    attempts: int = 0
    delivered: int = 0
    failed_attempts: int = 0
    abandoned: int = 0


class Webhooks:
    """At least once; first attempts in order per lane; no lane ever waits for another endpoint's."""

    def __init__(self, store: Store, schedule: WebhookSchedule, policy: WebhookPolicy) -> None:
        self.totals = Totals()
        self._store = store
        self._schedule = schedule
        self._policy = policy
        self._lanes = Lanes()
        self._settling = Settling(store)
        self._begun = False
        self._cursor = 0
        self._alarm = NEVER
        self._is_leaving = False
        self._asked_to_leave: list[Reply] = []
        self._works: dict[Lane, bool] = {}
        """What a lane's last attempt showed."""
        self._crowded: set[str] = set()
        """Sessions that had more waiting than they may when last looked."""

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        """Raises StoreUnavailable only when nothing was changed yet: give the message again."""
        if isinstance(message, Tidy):
            return self._tidy(now)
        effects = [*self._take(message, now), *self._start_attempts(now), *self._set_timers(now)]
        return effects + self._leave() if self._asked_to_leave else effects

    def _take(self, message: object, now: float) -> list[Effect]:
        match message:
            case OutboxGrew():
                return self._find_lanes()
            case Attempted(number=number, outcome=outcome):
                flight = self._lanes.flight(number)
                return self._conclude(flight, outcome, now) if flight else []
            case Ask(message=ReplayDeadLetters() as request, reply=reply):
                return [Answer(reply, self._replay(request, now))]
            case Ask(message=Drain(), reply=reply):
                self._is_leaving = True
                self._asked_to_leave.append(reply)
                return []
            case Settle():
                return self._settling.on_time()
            case Look(alarm=alarm):
                self._alarm = NEVER if alarm == self._alarm else self._alarm
                return []
            case _:
                raise TypeError(f"not for me: {type(message).__name__}")

    # What there is to do

    def _find_lanes(self) -> list[Effect]:
        """Wake the lanes that grew since the last look; at the very first, all that have anything pending."""
        seen = self._cursor
        for tip in self._store.lanes(seen):
            self._lanes.wake(tip.lane, seen, retry_at=NEVER if self._begun else 0.0)
            self._cursor = max(self._cursor, tip.newest)
        first_look, self._begun = not self._begun, True
        return [Wake(TIDY_PAUSE_SECONDS, Tidy())] if first_look else []

    def _start_attempts(self, now: float) -> list[Effect]:
        effects: list[Effect] = []
        if self._is_leaving or self._settling.is_full:
            return effects
        try:
            for state in self._lanes.for_first_attempt(now):
                effects += self._start_first(state)
            for state in self._lanes.for_retry(now):
                effects += self._start_retry(state, now)
        except StoreUnavailable:
            effects.append(Wake(STORE_RETRY_SECONDS, Look()))
        return effects

    def _start_first(self, state: LaneState) -> list[Effect]:
        delivery = self._store.first_attempt(state.lane, state.cursor)
        if delivery is None:
            state.more = False
            self._lanes.drop_idle(state)
            return []
        return self._post(state, delivery, is_retry=False)

    def _start_retry(self, state: LaneState, now: float) -> list[Effect]:
        self._settling.commit()  # or the store would still show what was just tried
        delivery = self._store.retry(state.lane)
        if delivery is None or delivery.next_at > now:
            state.retry_at = NEVER if delivery is None else delivery.next_at
            self._lanes.drop_idle(state)
            return []
        return self._post(state, delivery, is_retry=True)

    def _post(self, state: LaneState, delivery: Delivery, *, is_retry: bool) -> list[Effect]:
        secrets = self._store.secrets(state.lane.session_id)
        self._lanes.start(state, delivery, is_retry=is_retry)
        self.totals.attempts += 1
        return [Post(delivery, delivery.attempts + 1, secrets)]

    # What came of it

    def _conclude(self, flight: Flight, outcome: Outcome, now: float) -> list[Effect]:
        judged = verdict(outcome, now)
        if isinstance(judged, Again) and judged.unreachable and self._policy.hold_seconds:
            return self._hold(flight, now)
        tried = _tried(flight.delivery, outcome, now)
        match judged:
            case Done():
                effects = self._delivered(tried, now)
            case Gone():
                effects = self._stop(tried, now)
            case Again(retry_after=retry_after):
                failures = tried.attempts - tried.spent
                effects = self._failed(flight, tried, self._schedule.next_delay(failures, retry_after))
            case _:
                effects = self._failed(flight, tried, None)
        self._lanes.finish(flight)
        self._lanes.release(flight.state.lane)
        self._lanes.drop_idle(flight.state)
        return effects

    def _delivered(self, tried: Delivery, now: float) -> list[Effect]:
        lane = _lane(tried)
        effects = [] if self._works.get(lane) else self._works_again(lane, now)
        self._settling.add(replace(tried, state=DeliveryState.DONE, last_error=""))
        self.totals.delivered += 1
        return effects

    def _works_again(self, lane: Lane, now: float) -> list[Effect]:
        """Say how many dead letters could be replayed now, and replay them if that is wanted."""
        which = DeadLetters(lane.session_id, endpoint=lane.endpoint)
        dead = self._store.count_dead_letters(which)
        replayed = 0
        if dead and self._policy.auto_replay:
            replayed = self._store.replay(replace(which, never_replayed=True), now, limit=REPLAY_STEP)
        effects = self._find_lanes() if replayed else []
        if dead or self._works.get(lane) is False:
            details = {"endpoint": origin(lane.endpoint), "deadLetters": dead, "replayed": replayed}
            note = (
                f"O destino voltou a receber. Eventos abandonados que podem ser reenviados: {dead - replayed}"
            )
            effects.append(Log("info", "webhook_recovered", lane.session_id, details | {"note": note}))
        # A full step may have left some: the lane's next success goes on with them.
        self._works[lane] = replayed < REPLAY_STEP
        return effects

    def _failed(self, flight: Flight, tried: Delivery, delay: float | None) -> list[Effect]:
        lane = flight.state.lane
        details = {
            "event": tried.event.name,
            "eventId": tried.event.id,
            "endpoint": origin(lane.endpoint),
            "attempt": tried.attempts,
            "error": tried.last_error,
        }
        self.totals.failed_attempts += 1
        worked = self._works.get(lane) is not False
        self._works[lane] = False
        if delay is None:
            self.totals.abandoned += 1
            self._settling.add(replace(tried, state=DeliveryState.DEAD))
            return [Log("error", "webhook_abandoned", lane.session_id, details)]
        later = replace(tried, next_at=tried.next_at + delay)
        self._settling.add(later)
        self._lanes.retry_by(flight.state, later.next_at)
        # One warning when an endpoint stops working; the rest would drown the log.
        return [Log("warning" if worked else "debug", "webhook_failed", lane.session_id, details)]

    def _stop(self, tried: Delivery, now: float) -> list[Effect]:
        lane = _lane(tried)
        self._store.settle([replace(tried, state=DeliveryState.DEAD)])
        with self._store.transaction() as transaction:
            buried = transaction.stop_lane(lane, now, "O destino respondeu 410 e foi desativado")
        self._works[lane] = False
        self.totals.abandoned += buried + 1
        details = {"endpoint": origin(lane.endpoint), "deadLetters": buried + 1}
        return [Log("error", "webhook_stopped", lane.session_id, details)]

    def _hold(self, flight: Flight, now: float) -> list[Effect]:
        """Nobody was there to hear it: no attempt is spent. What has waited too long is given up."""
        lane, oldest_kept = flight.state.lane, now - self._policy.hold_seconds
        buried = 0
        if flight.delivery.event.at < oldest_kept:
            with self._store.transaction() as transaction:
                buried = transaction.bury(lane, now, "Sem conexão com o destino", before=oldest_kept)
        self._lanes.finish(flight)
        self._lanes.hold(flight, now)
        self._works[lane] = False
        self.totals.failed_attempts += 1
        self.totals.abandoned += buried
        details = {"endpoint": origin(lane.endpoint), "deadLetters": buried}
        return [Log("error", "webhook_abandoned", lane.session_id, details)] if buried else []

    # The rest

    def _replay(self, request: ReplayDeadLetters, now: float) -> int:
        """In steps, so that the sessions' commits get their turn in between."""
        replayed = 0
        for _ in range(REPLAY_STEPS):
            count = self._store.replay(request.which, now, request.endpoint, REPLAY_STEP)
            replayed += count
            if count < REPLAY_STEP:
                break
        self._find_lanes()
        return replayed

    def _set_timers(self, now: float) -> list[Effect]:
        effects = self._settling.set_timer()
        moment = self._lanes.next_moment(now)
        if moment < self._alarm:
            self._alarm = moment
            effects.append(Wake(moment - now, Look(moment)))
        return effects

    def _leave(self) -> list[Effect]:
        if self._lanes.is_anything_in_flight:
            return []
        effects = self._settling.settle()
        if self._settling.is_empty:
            effects += [Answer(reply, None) for reply in self._asked_to_leave]
            self._asked_to_leave = []
        return effects

    def _tidy(self, now: float) -> list[Effect]:
        """One small step, so that the sessions' commits get their turn in between."""
        effects, moved = self._trim(now)
        moved += self._store.prune(now - self._policy.keep_seconds)
        return [*effects, Wake(TIDY_PAUSE_SECONDS if moved else TIDY_SECONDS, Tidy())]

    def _trim(self, now: float) -> tuple[list[Effect], int]:
        """Told once when a session comes to have too much waiting, and whenever something was put aside for it."""
        effects: list[Effect] = []
        trimmed = self._store.trim(self._policy.pending_max, now)
        for one in trimmed:
            if one.session_id not in self._crowded:
                details = {"pending": one.pending, "allowed": self._policy.pending_max}
                effects.append(Log("warning", "webhook_queue_full", one.session_id, details))
            if one.dropped or one.buried:
                self.totals.abandoned += one.buried
                details = {"dropped": one.dropped, "deadLetters": one.buried}
                effects.append(Log("error", "webhook_abandoned", one.session_id, details))
        self._crowded = {one.session_id for one in trimmed}
        return effects, sum(one.dropped + one.buried for one in trimmed)


def _lane(delivery: Delivery) -> Lane:
    return Lane(delivery.endpoint, delivery.event.session_id)


def _tried(delivery: Delivery, outcome: Outcome, now: float) -> Delivery:
    """The delivery after one more attempt; `next_at` is now."""
    if isinstance(outcome, Answered):
        status, error = outcome.status, f"HTTP {outcome.status}"
    else:
        status, error = None, outcome.detail
    return replace(
        delivery, attempts=delivery.attempts + 1, next_at=now, last_status=status, last_error=error
    )
