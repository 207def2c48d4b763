"""The cell around an actor: hands it messages, performs its effects, ends the actor on an unexpected error."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from actors.runtime.effects import Ask, Effect, Log, Mind, Tell, Worker, request_of
from actors.session.messages import Ping, Pong
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR
from wppmt.store.fencing import Fenced, fenced
from wppmt.store.port import STORE_RETRY_SECONDS, StoreUnavailable

Turn = Callable[[object, float], Iterable[Effect]]
"""What an actor does about a message at this epoch second."""


class Mailbox(Protocol):
    """Where an actor is reached, from any thread."""

    def put(self, message: object) -> bool:
        """Enqueue; False when the actor is dead."""

    @property
    def is_alive(self) -> bool: ...

    @property
    def length(self) -> int:
        """How many messages wait."""

    def close(self) -> None:
        """The actor ends after what is enqueued."""


class Performer(Protocol):
    """What a Cell needs of the runtime."""

    def now(self) -> float: ...

    def is_current(self, cell: Cell) -> bool:
        """False once another actor has taken over the address, or nobody has it any more."""

    def perform(self, cell: Cell, effect: Effect) -> None: ...

    def wake(self, cell: Cell, seconds: float, message: object) -> None: ...


class Scheduler(Protocol):
    """Who gives actors their turns: threads in production, a seeded scheduler in tests."""

    def start(self, cell: Cell) -> Mailbox: ...

    def later(self, seconds: float, function: Callable[[], object]) -> None: ...

    def run_blocking(self, function: Callable[[], None]) -> None:
        """Run something that blocks where nobody waits for it."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """To myself: the store may take writes again."""


class Cell:
    """One actor. An unexpected exception ends it; nobody else is touched."""

    mailbox: Mailbox

    def __init__(self, address: str, actor: Mind | Worker, runtime: Performer) -> None:
        self.address = address
        self._turn = turn_of(actor)
        self._runtime = runtime
        self._failed = False
        self._backlog: deque[object] = deque()
        """Messages that came while the store took no writes, in order; they are handled once it does."""

    def receive(self, message: object) -> None:
        """Handle one message. Never raises: see `_die`."""
        if self._failed or not self._runtime.is_current(self):
            # The mind that would have acted has ended, so this was surely not done.
            refuse(message, Code.SESSION_BUSY)
            return
        match message:
            case Ping():
                self._runtime.perform(self, Tell(ROOT_ACTOR, Pong(self.address)))
            case CatchUp():
                self._catch_up()
            case Ask(reply=reply):
                if not reply.take():
                    return
                if self._backlog:
                    refuse(message, Code.STORE_UNAVAILABLE)
                else:
                    self._handle(message)
            case _:
                self._backlog.append(message)
                if len(self._backlog) == 1:
                    self._catch_up()

    def _catch_up(self) -> None:
        while self._backlog and not self._failed and self._handle(self._backlog[0]):
            self._backlog.popleft()
        if self._backlog and not self._failed:
            self._runtime.wake(self, STORE_RETRY_SECONDS, CatchUp())

    def _handle(self, message: object) -> bool:
        """False when the store refused, and nothing was changed."""
        try:
            with fenced(lambda: self._runtime.is_current(self)):
                effects = decide(self._turn, message, self._runtime.now())
            for effect in traced(message, effects):
                self._runtime.perform(self, effect)
        except StoreUnavailable:
            return False
        except Fenced:
            # This actor hung and was replaced; the store refused its commit, so nothing was done.
            self._failed = True
            refuse(message, Code.SESSION_BUSY)
        # In Pykka a SystemExit or a CancelledError in one actor stops all of them, so everything is caught here.
        except BaseException as error:  # noqa: BLE001
            self._die(message, error)
        return True

    def _die(self, message: object, error: BaseException) -> None:
        """End this actor; Root notices that it is dead and starts another."""
        self._failed = True
        refuse(message, Code.OUTCOME_UNKNOWN)
        where = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
        details = {
            "actor": self.address,
            "error": type(error).__name__,
            "handling": type(message).__name__,
            "where": f"{where.filename}:{where.lineno}" if where else "",
        }
        self._runtime.perform(self, Log("error", "actor_failed", None, details))
        self.mailbox.close()


def turn_of(actor: Mind | Worker) -> Turn:
    return actor.do if isinstance(actor, Worker) else actor.handle


def decide(turn: Turn, message: object, now: float) -> Iterable[Effect]:
    """The turn's effects. A Refusal or StoreUnavailable raised for an Ask becomes its answer."""
    try:
        return tuple(turn(message, now))
    except Refusal as refusal:
        if not isinstance(message, Ask):
            raise
        message.reply.answer(refusal)
    except StoreUnavailable:
        if not isinstance(message, Ask):
            raise
        refuse(message, Code.STORE_UNAVAILABLE)
    return ()


def traced(message: object, effects: Iterable[Effect]) -> Iterable[Effect]:
    """Log lines of a request's turn name the request."""
    request_id = request_of(message)
    return (
        _naming(effect, request_id) if isinstance(effect, Log) and request_id else effect
        for effect in effects
    )


def _naming(line: Log, request_id: str) -> Log:
    return replace(line, details={**(line.details or {}), "request_id": request_id})


def refuse(message: object, code: Code) -> None:
    if isinstance(message, Ask):
        message.reply.answer(Refusal(code, retry_after=5))
