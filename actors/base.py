"""The shell around an actor's logic: its thread, and its death when the unexpected happens."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from typing import Any, Protocol

import pykka

from actors.effects import Ask, Effect, Log, Logic
from wppmt.errors import Code, Refusal
from wppmt.store import StoreUnavailable

STORE_RETRY_SECONDS = 1.0


class Performer(Protocol):
    """What an Actor needs of the runtime."""

    def now(self) -> float: ...

    def perform(self, actor: Actor, effect: Effect) -> None: ...

    def wake(self, actor: Actor, seconds: float, message: object) -> None: ...


class Actor(pykka.ThreadingActor):
    """Runs one Logic in its own thread. An unexpected exception ends it, visibly; nobody else is touched."""

    use_daemon_thread = True

    def __init__(self, address: str, logic: Logic, runtime: Performer) -> None:
        super().__init__()
        self.address = address
        self.failed = False
        self._logic = logic
        self._runtime = runtime

    def on_receive(self, message: Any) -> None:
        """Pykka's hook. Never raises: see `_die`."""
        if self.failed:
            refuse(message, Code.SESSION_BUSY)
            return
        if isinstance(message, Ask) and not message.reply.take():
            return
        try:
            for effect in decide(self._logic, message, self._runtime.now()):
                self._runtime.perform(self, effect)
        except StoreUnavailable:
            # Nothing was changed. A request was refused; anything else happened and must be handled: later.
            self._runtime.wake(self, STORE_RETRY_SECONDS, message)
        # In Pykka a SystemExit or a CancelledError in one actor stops all of them, so everything is caught here.
        except BaseException as error:  # noqa: BLE001
            self._die(message, error)

    def _die(self, message: object, error: BaseException) -> None:
        """End as an actor; Root sees it and starts another. What waits in the mailbox was surely not done."""
        self.failed = True
        refuse(message, Code.OUTCOME_UNKNOWN)
        where = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
        details = {
            "actor": self.address,
            "error": type(error).__name__,
            "message": type(message).__name__,
            "where": f"{where.filename}:{where.lineno}" if where else "",
        }
        self._runtime.perform(self, Log("error", "actor_failed", None, details))
        self.stop()


def decide(logic: Logic, message: object, now: float) -> Iterable[Effect]:
    """The logic's effects; a Refusal, or a store that refuses, becomes the answer of the Ask that met it."""
    try:
        return tuple(logic.handle(message, now))
    except Refusal as refusal:
        if not isinstance(message, Ask):
            raise
        message.reply.answer(refusal)
    except StoreUnavailable:
        if not isinstance(message, Ask):
            raise
        message.reply.answer(Refusal(Code.STORE_UNAVAILABLE, retry_after=5))
    return ()


def refuse(message: object, code: Code) -> None:
    if isinstance(message, Ask):
        message.reply.answer(Refusal(code))
