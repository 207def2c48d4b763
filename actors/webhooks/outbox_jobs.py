"""Long work on the outbox in small steps, so that deliveries and the sessions' commits get their turn in between."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from actors.runtime.effects import Answer, Effect, Log, Reply, Wake
from actors.webhooks.exhaustion import Exhaustion
from actors.webhooks.origins import origin_of
from wppmt.domain.messages import ReplayDeadLetters
from wppmt.store.outbox_records import DeadLetterOrder
from wppmt.store.port import Store

STEP = 500
PAUSE_SECONDS = 0.01
REPLAY_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Continue:
    """To the webhook actor itself: the next step."""


@dataclass(slots=True)
class ReplayJob:
    """Dead letters that someone wants delivered after all."""

    request: ReplayDeadLetters
    reply: Reply
    done: int = 0

    def step(self, store: Store, _: Exhaustion, now: float) -> list[Effect] | None:
        """One step; the effects when it was the last one, None when there is more to do."""
        count = store.replay(self.request.which, now, self.request.endpoint, STEP)
        self.done += count
        return None if count == STEP and self.done < REPLAY_LIMIT else [Answer(self.reply, self.done)]


@dataclass(slots=True)
class DeadLetterJob:
    """Pending deliveries of one lane that become dead letters; the log calls it `event`."""

    batch: DeadLetterOrder
    event: str
    done: int = 0

    def join(self, other: DeadLetterJob) -> bool:
        """Cover the other job, too, if it is of the same lane and for the same reason."""
        mine, its = self.batch, other.batch
        if (mine.lane, mine.error) != (its.lane, its.error):
            return False
        due_before, up_to = max(mine.due_before, its.due_before), max(mine.up_to, its.up_to)
        self.batch, self.done = replace(mine, due_before=due_before, up_to=up_to), self.done + other.done
        return True

    def step(self, store: Store, exhaustion: Exhaustion, now: float) -> list[Effect] | None:
        count = store.dead_letter(self.batch, now, STEP)
        self.done += count
        if count == STEP:
            return None
        if not self.done:
            return []
        lane = self.batch.lane
        details = {"endpoint": origin_of(lane.endpoint), "deadLetters": self.done}
        return [Log("error", self.event, lane.session_id, details), *exhaustion.abandoned(lane)]


class OutboxJobs:
    """Runs jobs one after another; without one before it the first step of a job is made at once."""

    def __init__(self, store: Store, exhaustion: Exhaustion) -> None:
        self._store = store
        self._exhaustion = exhaustion
        self._waiting: deque[ReplayJob | DeadLetterJob] = deque()

    def add(self, job: ReplayJob | DeadLetterJob, now: float) -> list[Effect]:
        """Raises StoreUnavailable, and then has not taken it."""
        if self._waiting:
            if not self._is_joined(job):
                self._waiting.append(job)
            return []
        return self._step(job, now)

    def go_on(self, now: float) -> list[Effect]:
        """A Continue has come. Raises StoreUnavailable: give it again."""
        return self._step(self._waiting[0], now) if self._waiting else []

    def _step(self, job: ReplayJob | DeadLetterJob, now: float) -> list[Effect]:
        effects = job.step(self._store, self._exhaustion, now)
        if effects is None:
            if not self._waiting:
                self._waiting.append(job)
        elif self._waiting:
            self._waiting.popleft()
        return [*(effects or ()), *([Wake(PAUSE_SECONDS, Continue())] if self._waiting else ())]

    def _is_joined(self, job: ReplayJob | DeadLetterJob) -> bool:
        return isinstance(job, DeadLetterJob) and any(
            isinstance(other, DeadLetterJob) and other.join(job) for other in self._waiting
        )
