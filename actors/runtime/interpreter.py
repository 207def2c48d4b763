"""Performs the effects of all actors: the same code under threads in production and under a scheduler in tests."""

from __future__ import annotations

from pathlib import Path

from actors.runtime.cell import Cell, Mailbox, Scheduler, refuse
from actors.runtime.dependencies import RuntimeDependencies
from actors.runtime.directory import Directory
from actors.runtime.effects import (
    AbandonSession,
    Answer,
    Count,
    DeleteFile,
    Effect,
    Log,
    Mind,
    Post,
    Publish,
    PublishOverview,
    SpawnSession,
    SpawnSharedActor,
    Stop,
    Tell,
    Wake,
    Withdraw,
    Worker,
)
from actors.runtime.running_browsers import RunningBrowsers
from wppmt.domain.errors import Code
from wppmt.domain.messages import session_address
from wppmt.store.port import StoreUnavailable


class Interpreter:
    """One for the daemon. Every method may be called from any actor's turn."""

    def __init__(self, directory: Directory, scheduler: Scheduler, world: RuntimeDependencies) -> None:
        self._directory = directory
        self._scheduler = scheduler
        self._world = world
        self.browsers = RunningBrowsers(directory, scheduler, world, self.spawn)

    def now(self) -> float:
        return self._world.now()

    def is_current(self, cell: Cell) -> bool:
        return self._directory.holds(cell.address, cell.mailbox)

    def spawn(self, address: str, actor: Mind | Worker) -> Mailbox:
        """Start an actor and let it answer for `address` from now on."""
        cell = Cell(address, actor, self)
        cell.mailbox = self._scheduler.start(cell)
        self._directory.register(address, cell.mailbox)
        return cell.mailbox

    def perform(self, cell: Cell, effect: Effect) -> None:  # noqa: C901, PLR0912 - one case an effect
        if not isinstance(effect, Log) and not self.is_current(cell):
            # This actor was replaced as hung: its effects must not be performed any more.
            return
        match effect:
            case Answer(reply=reply, value=value):
                reply.answer(value)
            case Tell(to=to, message=message):
                self._tell(to, message)
            case Wake(seconds=seconds, message=message):
                self.wake(cell, seconds, message)
            case Publish(status=status):
                self._directory.publish(status)
            case PublishOverview(overview=overview):
                self._directory.publish_overview(overview)
            case Withdraw(session_id=session_id):
                self._directory.withdraw(session_id)
            case DeleteFile(path=path):
                self._scheduler.run_blocking(lambda: Path(path).unlink(missing_ok=True))
            case SpawnSession(session_id=session_id):
                self._spawn_session(session_id)
            case SpawnSharedActor(address=address):
                actor, first = self._world.new_shared_actor(address)
                self.spawn(address, actor).put(first)
            case AbandonSession(session_id=session_id):
                self._directory.forget(session_address(session_id))
            case Post():
                self._world.post(effect, cell.mailbox.put)
            case Log(level=level, event=event, session_id=session_id, details=details):
                self._world.log(event, session_id, level=level, **(details or {}))
            case Count(occurrence=occurrence):
                self._world.count(occurrence)
            case Stop():
                self._directory.forget(cell.address)
                cell.mailbox.close()
            case _:
                self.browsers.perform(cell, effect)

    def wake(self, cell: Cell, seconds: float, message: object) -> None:
        """To this actor and not to its address: a successor must not get its predecessor's timers."""
        self._scheduler.later(seconds, lambda: cell.mailbox.put(message))

    def _tell(self, to: str, message: object) -> None:
        if not self._directory.tell(to, message):
            refuse(message, Code.SESSION_BUSY)

    def _spawn_session(self, session_id: str) -> None:
        try:
            mind = self._world.new_session(session_id)
        except StoreUnavailable as failure:
            # Root finds no actor at its next look and tries again.
            self._world.log("session_not_spawned", session_id, level="error", error=str(failure))
        else:
            self.spawn(session_address(session_id), mind)
