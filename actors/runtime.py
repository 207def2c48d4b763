"""Performs what the actors' logic decides, in production: Pykka threads, browsers, the event loop's timers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pykka

from actors.base import Actor
from actors.browser import BrowserLife, Close, Open, Retire
from actors.effects import (
    AbandonSession,
    Answer,
    CallPage,
    CloseBrowser,
    Effect,
    KillBrowser,
    Log,
    Logic,
    OpenBrowser,
    Post,
    Publish,
    RemoveProfile,
    SpawnSession,
    Stop,
    Tell,
    Wake,
    Withdraw,
)
from actors.mailbox import Directory, enqueue
from actors.notices import BrowserClosed, Noticed, ProfileRemoved
from wppmt.browser import Browser, Browsers, NotCalled, Notice
from wppmt.messages import session_address


class WriteLog(Protocol):
    def __call__(self, event: str, session_id: str | None = None, *, level: Any = ..., **details: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Running:
    """The browser life that the runtime holds for a session."""

    generation: int
    browser: Browser
    actor: pykka.ActorRef[Actor]


@dataclass(frozen=True, slots=True)
class World:
    """What the runtime acts on; the composition root gives it."""

    loop: asyncio.AbstractEventLoop
    now: Callable[[], float]
    browsers: Browsers
    new_session: Callable[[str], Logic]
    post: Callable[[Post], Any]
    """A coroutine function: one webhook attempt; its result is told to the actor that asked for it."""
    log: WriteLog


class Runtime:
    """One for the daemon. Every method may be called from any actor's thread."""

    def __init__(self, directory: Directory, world: World) -> None:
        self._directory = directory
        self._world = world
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._world.now()

    def spawn(self, address: str, logic: Logic) -> pykka.ActorRef[Actor]:
        """Start an actor and let it answer for `address` from now on."""
        ref = Actor.start(address, logic, self)
        self._directory.register(address, ref)
        return ref

    def perform(self, actor: Actor, effect: Effect) -> None:  # noqa: C901 - one line an effect
        if not isinstance(effect, Log) and not self._directory.holds(actor.address, actor.actor_ref):
            # Abandoned as hung, and another took over: what it still decides must not happen.
            return
        match effect:
            case Answer(reply=reply, value=value):
                reply.answer(value)
            case Tell(to=to, message=message):
                self._directory.tell(to, message)
            case Wake(seconds=seconds, message=message):
                self.wake(actor, seconds, message)
            case Publish(status=status):
                self._directory.publish(status)
            case Withdraw(session_id=session_id):
                self._directory.withdraw(session_id)
            case CallPage():
                self._call_page(actor, effect)
            case OpenBrowser(session_id=session_id, generation=generation):
                self._open_browser(session_id, generation)
            case CloseBrowser(session_id=session_id, generation=generation):
                self._close_browser(session_id, generation)
            case KillBrowser(session_id=session_id):
                self._kill_browser(session_id)
            case RemoveProfile(session_id=session_id):
                self._remove_profile(actor, session_id)
            case SpawnSession(session_id=session_id):
                self.spawn(session_address(session_id), self._world.new_session(session_id))
            case AbandonSession(session_id=session_id):
                self._directory.forget(session_address(session_id))
            case Post():
                self._post(actor, effect)
            case Log(level=level, event=event, session_id=session_id, details=details):
                self._world.log(event, session_id, level=level, **(details or {}))
            case Stop():
                self._directory.forget(actor.address)
                actor.stop()

    def wake(self, actor: Actor, seconds: float, message: object) -> None:
        """To this very actor: one that took over its address must not hear its predecessor's alarms."""
        self._on_loop(self._world.loop.call_later, seconds, enqueue, actor.actor_ref, message)

    def _on_loop(self, function: Callable[..., object], *arguments: object) -> None:
        try:
            self._world.loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            # The loop is closed: the daemon has stopped, and nobody is left to be woken.
            return

    def _call_page(self, actor: Actor, call: CallPage) -> None:
        def done(outcome: object) -> None:
            enqueue(actor.actor_ref, call.then(outcome))

        running = self._running.get(call.session_id)
        if running is None or running.generation != call.generation:
            done(NotCalled())
        else:
            running.browser.call(call.function, call.arguments, call.deadline, done)

    def _open_browser(self, session_id: str, generation: int) -> None:
        def notify(notice: Notice) -> None:
            self._directory.tell(session_address(session_id), Noticed(generation, notice))

        browser = self._world.browsers.open(session_id)
        logic = BrowserLife(session_id, generation, browser, self._world.browsers, notify)
        ref = self.spawn(f"browser:{session_id}:{generation}", logic)
        with self._lock:
            self._running[session_id] = Running(generation, browser, ref)
        enqueue(ref, Open())

    def _close_browser(self, session_id: str, generation: int) -> None:
        running = self._running.get(session_id)
        if running is None or running.generation != generation or not enqueue(running.actor, Close()):
            self._directory.tell(session_address(session_id), BrowserClosed(generation))

    def _kill_browser(self, session_id: str) -> None:
        with self._lock:
            running = self._running.pop(session_id, None)
        if running is not None:
            running.browser.kill()
            enqueue(running.actor, Retire())

    def _remove_profile(self, actor: Actor, session_id: str) -> None:
        def remove() -> None:
            self._world.browsers.remove_profile(session_id)
            enqueue(actor.actor_ref, ProfileRemoved())

        self._on_loop(self._world.loop.run_in_executor, None, remove)

    def _post(self, actor: Actor, effect: Post) -> None:
        async def attempt() -> None:
            enqueue(actor.actor_ref, await self._world.post(effect))

        self._on_loop(lambda: asyncio.ensure_future(attempt()))
