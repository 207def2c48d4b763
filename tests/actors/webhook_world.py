"""A world for the webhook actor's mind: virtual time, scriptable endpoints, a real store, and crashes."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from actors.runtime.effects import Answer, Ask, Count, Effect, Log, Post, Tell, Wake
from actors.webhooks.actor import WebhookMind
from actors.webhooks.messages import Attempted, OutboxGrew
from actors.webhooks.policy import WebhookPolicy
from tests.defaults import webhook_policy, webhook_schedule
from wppmt.domain.messages import ALERT_ACTOR, ReplayDeadLetters
from wppmt.domain.occurrences import Occurrence
from wppmt.store.outbox_records import DeadLetterFilter, Lane, SigningSecrets
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import EventDraft, EventRecord
from wppmt.store.sqlite.store import SqliteStore
from wppmt.store.sqlite.transaction import SqliteTransaction
from wppmt.webhook.classify import Answered, AttemptResult, Fault, Unanswered
from wppmt.webhook.schedule import WebhookSchedule

OK, ERROR, GONE = Answered(200), Answered(500), Answered(410)
REFUSED = Unanswered(Fault.UNREACHABLE, "O destino recusou a conexão")
HANGS = Unanswered(Fault.TIMEOUT, "O destino não respondeu a tempo")

EARLY = 0.0005
"""Timers run on another clock than the wall's: by that one they may come a moment too early."""

Answer_ = AttemptResult | tuple[AttemptResult, float]
Endpoint = Callable[["Attempt"], Answer_]
"""What an attempt meets: an outcome at once, or an outcome after so many seconds."""


@dataclass(frozen=True)
class Attempt:
    """One POST as the endpoint sees it."""

    at: float
    endpoint: str
    event: EventRecord
    number: int
    """X-Webhook-Attempt."""
    secrets: SigningSecrets | None


class MoodyStore(SqliteStore):
    """Its disk can be full."""

    full = False

    @contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        self._refuse_when_full()
        with super().transaction() as transaction:
            yield transaction

    def settle(self, *arguments: Any) -> None:
        self._refuse_when_full()
        super().settle(*arguments)

    def _refuse_when_full(self) -> None:
        if self.full:
            raise StoreUnavailable


class PlainReply:
    request_id = ""

    def __init__(self) -> None:
        self.value: Any = None
        self.is_answered = False

    def take(self) -> bool:
        return True

    def answer(self, value: Any) -> None:
        self.value = value
        self.is_answered = True


@dataclass
class World:
    """`endpoints` maps an address to its behaviour; what is not in it answers 200 at once."""

    folder: Path
    policy: WebhookPolicy = field(default_factory=webhook_policy)
    schedule: WebhookSchedule = field(default_factory=webhook_schedule)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.store = MoodyStore(self.folder / "wppmt.sqlite")
        self.attempts: list[Attempt] = []
        self.logs: list[Log] = []
        self.notices: list[object] = []
        """To the alerts' actor."""
        self.recorded: list[EventRecord] = []
        self.in_flight: Counter[Lane] = Counter()
        self.peak: Counter[Lane] = Counter()
        self._ids = count(1)
        self._order = count()
        self._agenda: list[tuple[float, int, object]] = []
        self.begin()

    def begin(self) -> None:
        self.mind = WebhookMind(self.store, self.schedule, self.policy)
        self._give(OutboxGrew())

    def crash(self) -> None:
        """kill -9: what is in memory and in flight is gone, the store is as it is."""
        self._agenda.clear()
        self.in_flight.clear()
        self.begin()

    def record(
        self,
        endpoint: str = "http://one.test/",
        session_id: str = "a",
        name: str = "message_received",
        at: float | None = None,
        **payload: Any,
    ) -> EventRecord:
        """Commit an event, now or as if it had been at another time, and tell the actor."""
        moment = self.now if at is None else at
        draft = EventDraft(f"evt_{next(self._ids)}", name, moment, payload, endpoint)
        with self.store.transaction() as transaction:
            event = transaction.record(session_id, draft)
        self.recorded.append(event)
        self._give(OutboxGrew())
        return event

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self._agenda and self._agenda[0][0] <= end:
            self.step()
        self.now = end

    def shift_clock(self, seconds: float) -> None:
        """The wall's; what was to come in so many seconds still does."""
        self.now += seconds
        self._agenda = [(moment + seconds, order, message) for moment, order, message in self._agenda]

    def step(self) -> bool:
        """Give the next message; False when nothing will ever happen any more."""
        if not self._agenda:
            return False
        self.now, _, message = heapq.heappop(self._agenda)
        if isinstance(message, Attempted) and (lane := self._flights.pop(message.number, None)):
            self.in_flight[lane] -= 1
        self._give(message)
        return True

    def ask(self, message: object) -> PlainReply:
        reply = PlainReply()
        self._give(Ask(message, reply))
        return reply

    def replay(self, which: DeadLetterFilter, endpoint: str = "") -> int:
        reply = self.ask(ReplayDeadLetters(which, endpoint))
        while not reply.is_answered:
            assert self.step()
        answer: int = reply.value
        return answer

    def times(self, event: EventRecord) -> list[float]:
        return [attempt.at for attempt in self.attempts if attempt.event == event]

    def logged(self, event: str) -> list[Log]:
        return [log for log in self.logs if log.event == event]

    counted: list[Occurrence] = field(default_factory=list)
    _flights: dict[int, Lane] = field(default_factory=dict)

    def _give(self, message: object) -> None:
        try:
            effects = list(self.mind.handle(message, self.now))
        except StoreUnavailable:  # as actors/runtime/cell.py does
            self._later(1.0, message)
            return
        for effect in effects:
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Post():
                self._post(effect)
            case Wake(seconds=seconds, message=message):
                assert seconds >= 0
                self._later(seconds - EARLY if seconds > 2 * EARLY else seconds, message)
            case Log():
                self.logs.append(effect)
            case Count(occurrence=occurrence):
                self.counted.append(occurrence)
            case Answer(reply=reply, value=value):
                reply.answer(value)
            case Tell(to=to, message=message):
                assert to == ALERT_ACTOR
                self.notices.append(message)
            case _:
                raise AssertionError(effect)

    def _post(self, post: Post) -> None:
        delivery = post.delivery
        attempt = Attempt(self.now, delivery.endpoint, delivery.event, post.attempt, post.secrets)
        self.attempts.append(attempt)
        lane = Lane(delivery.endpoint, delivery.event.session_id)
        self.in_flight[lane] += 1
        self.peak[lane] = max(self.peak[lane], self.in_flight[lane])
        self._flights[delivery.number] = lane
        met = self.endpoints.get(delivery.endpoint, lambda _: OK)(attempt)
        outcome, seconds = met if isinstance(met, tuple) else (met, 0.0)
        said = outcome.body.decode() if isinstance(outcome, Answered) else None
        self._later(seconds, Attempted(delivery.number, outcome, round(seconds * 1000), said))

    def _later(self, seconds: float, message: object) -> None:
        heapq.heappush(self._agenda, (self.now + seconds, next(self._order), message))
