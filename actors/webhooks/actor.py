"""The WebhookActor's mind: takes the outbox to its endpoints, one lane per session and endpoint (docs/contract.md 7).

The store is the queue: memory holds where each lane is, and what is in flight. A crash therefore loses nothing;
what was in flight or not yet settled is sent again, with the same id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from actors.runtime.effects import Answer, Ask, Effect, Log, Post, Reply, Wake
from actors.webhooks.attempts import attempt_of, counted, lane_of, tried_once_more
from actors.webhooks.exhaustion import Exhaustion
from actors.webhooks.health import DeliveryHealth
from actors.webhooks.lanes import NEVER, Flight, Lanes, LaneState
from actors.webhooks.messages import Attempted, Drain, Look, OutboxGrew, ReplayDue, TrimOutbox
from actors.webhooks.origins import is_ahead, origin_of
from actors.webhooks.outbox_jobs import STEP, Continue, DeadLetterJob, OutboxJobs, ReplayJob
from actors.webhooks.pauses import Pauses
from actors.webhooks.policy import WebhookPolicy
from actors.webhooks.retention import TIDY_PAUSE_SECONDS, Retention
from actors.webhooks.settling import Settle, Settling
from wppmt.domain.log import LogLevel
from wppmt.domain.messages import ReplayDeadLetters
from wppmt.domain.occurrences import WebhookOutcome
from wppmt.store.outbox_records import DeadLetterFilter, DeadLetterOrder, Delivery, DeliveryState, Lane
from wppmt.store.port import STORE_RETRY_SECONDS, Store, StoreUnavailable
from wppmt.webhook.classify import (
    AttemptResult,
    Delivered,
    EndpointGone,
    RetryLater,
    classify_attempt,
)
from wppmt.webhook.schedule import WebhookSchedule

COUNTED = 1000
"""Dead letters that are counted for a log line; beyond it there are many."""


class WebhookMind:
    """At least once; first attempts in order per lane; no lane ever waits for another."""

    def __init__(self, store: Store, schedule: WebhookSchedule, policy: WebhookPolicy) -> None:
        self._store = store
        self._schedule = schedule
        self._policy = policy
        self._longest_wait = max(*schedule.delays, schedule.retry_after_cap)
        self._lanes = Lanes(self._longest_wait)
        self._settling = Settling(store)
        self._exhaustion = Exhaustion()
        self._jobs = OutboxJobs(store, self._exhaustion)
        self._tidying = Retention(store, policy)
        self._health = DeliveryHealth()
        self._begun: bool = False
        self._cursor = 0
        self._alarm = NEVER
        self._is_leaving = False
        self._asked_to_leave: list[Reply] = []
        self._pauses = Pauses(self._lanes, self._settling)

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        """Raises StoreUnavailable only when nothing was changed yet: give the message again."""
        effects = [*self._take(message, now), *self._start_attempts(now), *self._set_timers(now)]
        return [*effects, *self._pauses.look(), *(self._leave() if self._asked_to_leave else ())]

    def _take(self, message: object, now: float) -> Sequence[Effect]:
        match message:
            case OutboxGrew():
                return self._find_lanes()
            case Attempted():
                return self._attempted(message, now)
            case Ask():
                return self._asked(message, now)
            case Settle() | Continue() | TrimOutbox() | ReplayDue() | Look():
                return self._on_time(message, now)
            case _:
                raise TypeError(f"not for me: {type(message).__name__}")

    def _on_time(
        self, message: Settle | Continue | TrimOutbox | ReplayDue | Look, now: float
    ) -> Sequence[Effect]:
        """Timer messages of this actor."""
        match message:
            case Settle():
                return self._settling.on_time()
            case Continue():
                return [*self._jobs.go_on(now), Wake(0.0, OutboxGrew())]
            case TrimOutbox():
                return self._tidy(now)
            case ReplayDue():
                return self._replay_one(now)
            case Look(alarm=alarm):
                self._alarm = NEVER if alarm == self._alarm else self._alarm
                return []

    def _asked(self, ask: Ask, now: float) -> Sequence[Effect]:
        match ask.message:
            case ReplayDeadLetters() as request:
                return [*self._jobs.add(ReplayJob(request, ask.reply), now), Wake(0.0, OutboxGrew())]
            case Drain():
                self._is_leaving = True
                self._asked_to_leave.append(ask.reply)
                return []
            case _:
                return self._pauses.asked(ask)

    # Finding work

    def _find_lanes(self) -> list[Effect]:
        """Wake the lanes that have grown since the last look; at the first look, all that have anything pending."""
        seen = self._cursor
        for tip in self._store.lanes(seen):
            self._lanes.wake(tip.lane, seen, retry_at=NEVER if self._begun else 0.0)
            self._cursor = max(self._cursor, tip.newest)
        first_look, self._begun = not self._begun, True
        return [Wake(TIDY_PAUSE_SECONDS, TrimOutbox())] if first_look else []

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
            self._lanes.has_no_more(state)
            self._lanes.drop_idle(state)
            return []
        return self._post(state, delivery, is_retry=False)

    def _start_retry(self, state: LaneState, now: float) -> list[Effect]:
        self._settling.commit()  # or the store would still show what was just tried
        horizon = now + self._longest_wait
        delivery = self._store.retry(state.lane, state.retries, after=state.floor, horizon=horizon)
        if delivery is None or is_ahead(delivery.next_at, now, self._longest_wait):
            self._lanes.retry_at(state, NEVER if delivery is None else delivery.next_at)
            self._lanes.drop_idle(state)
            return []
        return self._post(state, delivery, is_retry=True)

    def _post(self, state: LaneState, delivery: Delivery, *, is_retry: bool) -> list[Effect]:
        secrets = self._store.secrets(state.lane.session_id)
        self._lanes.start(state, delivery, is_retry=is_retry)
        return [Post(delivery, delivery.attempts + 1, secrets)]

    # Results

    def _attempted(self, attempted: Attempted, now: float) -> list[Effect]:
        """An attempt that an earlier actor began is not known here and is ignored."""
        flight = self._lanes.flight(attempted.number)
        if flight is None:
            return []
        effects = self._conclude(flight, attempted.outcome, now)
        self._settling.note(attempt_of(flight.delivery, attempted, now))
        return effects

    def _conclude(self, flight: Flight, outcome: AttemptResult, now: float) -> list[Effect]:
        judged = classify_attempt(outcome, now)
        if isinstance(judged, RetryLater) and judged.unreachable and self._policy.hold_seconds:
            return self._hold(flight, now)
        tried = tried_once_more(flight.delivery, outcome, now)
        match judged:
            case Delivered():
                effects = self._delivered(tried, now)
            case _ if flight.is_dead_letter:
                effects = self._leave_to_dead_letter_job(tried)
            case EndpointGone():
                effects = self._stop(flight.state, tried, now)
            case RetryLater(retry_after=retry_after):
                failures = tried.attempts - tried.spent
                effects = self._failed(flight, tried, self._schedule.next_delay(failures, retry_after))
            case _:
                effects = self._failed(flight, tried, None)
        self._lanes.finish(flight)
        if self._lanes.reach(flight):
            effects.append(Log("info", "webhook_released", None, {"endpoint": flight.state.origin.name}))
        self._lanes.drop_idle(flight.state)
        return effects

    def _delivered(self, tried: Delivery, now: float) -> list[Effect]:
        lane = lane_of(tried)
        effects = self._works_again(lane, now) if self._health.work(lane, now) else []
        self._settling.add(replace(tried, state=DeliveryState.DONE, last_error=""))
        return [*counted(lane, WebhookOutcome.DELIVERED), *effects, *self._exhaustion.delivered(lane)]

    def _works_again(self, lane: Lane, now: float) -> list[Effect]:
        """Log how many dead letters could be replayed now, and replay them if that is configured."""
        which = DeadLetterFilter(lane.session_id, endpoint=lane.endpoint)
        dead = self._store.count_dead_letters(which, COUNTED)
        replayed = 0
        if dead and self._policy.auto_replay and self._is_wanted(lane):
            replayed = self._store.replay(replace(which, never_replayed=True), now, limit=STEP)
        effects: list[Effect] = [Wake(0.0, OutboxGrew())] if replayed else []
        if dead or self._health.has_failed(lane):
            details = {"endpoint": origin_of(lane.endpoint), "deadLetters": dead, "replayed": replayed}
            left = f"{dead - replayed}{' ou mais' if dead == COUNTED else ''}"
            note = f"O destino voltou a receber. Eventos abandonados que podem ser reenviados: {left}"
            level: LogLevel = "info" if replayed or self._health.is_reported(lane) else "debug"
            effects.append(Log(level, "webhook_recovered", lane.session_id, details | {"note": note}))
        # A full step may have left some: the lane's next success goes on with them.
        self._health.dead_letters_looked_at(lane, now, is_over=replayed < STEP)
        return effects

    def _is_wanted(self, lane: Lane) -> bool:
        """Whether the session's events still go there."""
        session = self._store.session(lane.session_id)
        return session is not None and lane.endpoint == (session.webhook_url or self._policy.default_url)

    def _failed(self, flight: Flight, tried: Delivery, delay: float | None) -> list[Effect]:
        lane = flight.state.lane
        details = {
            "event": tried.event.name,
            "eventId": tried.event.id,
            "endpoint": origin_of(lane.endpoint),
            "attempt": tried.attempts,
            "error": tried.last_error,
        }
        is_new = self._health.fail(lane, now=tried.next_at)
        if delay is None:
            self._settling.add(replace(tried, state=DeliveryState.DEAD))
            gone = Log("error", "webhook_abandoned", lane.session_id, details)
            return [*counted(lane, WebhookOutcome.DEAD), gone, *self._exhaustion.abandoned(lane)]
        later = replace(tried, next_at=tried.next_at + delay)
        self._settling.add(later)
        self._lanes.retry_by(flight.state, later.next_at)
        # One warning when an endpoint stops working; more would flood the log.
        told = Log("warning" if is_new else "debug", "webhook_failed", lane.session_id, details)
        return [*counted(lane, WebhookOutcome.FAILED), told]

    def _leave_to_dead_letter_job(self, tried: Delivery) -> list[Effect]:
        """The endpoint answered 410 to another attempt meanwhile: the job makes this one a dead letter."""
        self._settling.add(tried)
        return counted(lane_of(tried), WebhookOutcome.DEAD)

    def _stop(self, state: LaneState, tried: Delivery, now: float) -> list[Effect]:
        """410: everything pending becomes a dead letter, and so does every later event at once."""
        lane, error = state.lane, "O destino respondeu 410 e foi desativado"
        self._find_lanes()  # events that were committed meanwhile belong to those
        with self._store.transaction() as transaction:
            transaction.stop_lane(lane, error)
        self._settling.commit()
        self._store.settle([replace(tried, state=DeliveryState.DEAD)])
        job = DeadLetterJob(DeadLetterOrder(lane, error, up_to=self._cursor), "webhook_stopped", done=1)
        effects = [*counted(lane, WebhookOutcome.DEAD), *self._jobs.add(job, now)]
        self._lanes.stop(state, job.batch.up_to)
        self._health.fail(lane, now)
        return effects

    def _hold(self, flight: Flight, now: float) -> list[Effect]:
        """No connection: no attempt is spent. What has waited longer than the hold becomes a dead letter."""
        lane, origin = flight.state.lane, flight.state.origin
        effects = counted(lane, WebhookOutcome.FAILED)
        due_before = now - self._policy.hold_seconds
        if origin.is_held and origin.since <= due_before:
            batch = DeadLetterOrder(lane, "Sem conexão com o destino", due_before)
            effects += self._jobs.add(DeadLetterJob(batch, "webhook_abandoned"), now)
        self._lanes.finish(flight)
        if self._lanes.refuse(flight, now):
            effects.append(Log("warning", "webhook_held", None, {"endpoint": origin.name}))
        self._health.fail(lane, now)
        return effects

    # Timers and shutdown

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
        effects, pause = self._tidying.step(now)
        return [*effects, Wake(pause, TrimOutbox()), Wake(0.0, ReplayDue())]

    def _replay_one(self, now: float) -> list[Effect]:
        """One at a time: each may be some hundred rows."""
        lane = self._health.due(now)
        return [*self._works_again(lane, now), Wake(TIDY_PAUSE_SECONDS, ReplayDue())] if lane else []
