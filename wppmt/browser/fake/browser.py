"""One life of the in-memory browser: the port, and the levers that provoke trouble by name."""

from __future__ import annotations

import base64
import itertools
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wppmt.browser.fake.functions import FakeFunctions
from wppmt.browser.fake.levers import BrowserHost, WhatsAppLevers
from wppmt.browser.fake.page import FakePage
from wppmt.browser.port import (
    NOTHING,
    Beat,
    BrowserGone,
    CallFailure,
    CallResult,
    CallTimeout,
    ChannelClosed,
    Json,
    Load,
    LoginItems,
    NotCalled,
    Notify,
    OnResult,
    PageEvent,
    PageGone,
    StartFailed,
)
from wppmt.domain.inventory import Inventory
from wppmt.domain.process import Process

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
)
"""One pixel: what every fake page looks like."""


class FakeBrowser(WhatsAppLevers):
    """One life. Its page is made anew by every reload."""

    def __init__(self, browsers: BrowserHost, session_id: str, pid: int) -> None:
        self.browsers = browsers
        self.session_id = session_id
        self.is_alive = False
        self.inventory: Inventory | None = browsers.world.inventory_of(session_id)
        self._made_of = browsers.world.bridge, browsers.world.wa_js(session_id)
        self.outdated = ""
        self.goodbye = ""
        """Why the page before this one was logged out."""
        self.weight = Load(120.0, 70.0, 3.0)
        self.caches_dropped = 0
        """How often."""
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        """Every call that reached the page, in order."""
        self.pid = pid
        self._show(FakePage(self, 0))
        self._notify: Notify = lambda _: None
        self._channel_open = False
        self._hung = self._silent = False
        self._reachable = True
        self._killed = threading.Event()
        self._pending: dict[int, OnResult] = {}
        self._numbers = itertools.count(1)
        self._pages = itertools.count(1)
        self._guard = threading.RLock()

    # ---- the port

    def start(self, notify: Notify) -> Process:
        if (code := self.browsers.next_refusal(self.session_id)) is not None:
            raise StartFailed(code, "pedido pelo teste")
        if self.browsers.next_start_hangs(self.session_id):
            self._killed.wait()
        if self._killed.is_set():
            raise StartFailed("BROWSER_CRASHED", "encerrado durante a abertura")
        if self.browsers.is_locked(self.session_id):
            raise StartFailed("PROFILE_LOCKED", "outro navegador usa este perfil")
        self.browsers.world.profiles[self.session_id].was_used = True
        self._notify = notify
        self.is_alive = self._channel_open = True
        self._load()
        self._beat_later()
        return self.process

    def call(self, function: str, arguments: Json, deadline: float, done: OnResult) -> None:
        with self._guard:
            if not self._channel_open:
                done(NotCalled("canal fechado"))
                return
            number = next(self._numbers)
            self._pending[number] = done
        self.later(deadline, lambda: self._settle(number, CallTimeout("sem resposta no prazo")))
        page = self.page
        # The arguments cross as JSON: a later change by the caller must not be seen.
        self.later(self.browsers.times.call, lambda: self._reach(page, number, function, dict(arguments)))

    def upload(self, path: Path, deadline: float, done: OnResult) -> None:
        self.call("upload", {"path": str(path)}, deadline, done)

    def screenshot(self, deadline: float, done: OnResult) -> None:
        def look(outcome: CallResult) -> None:
            done(outcome if isinstance(outcome, CallFailure) else PICTURE)

        self.call("facts", {}, deadline, look)

    def drop_caches(self) -> None:
        self.caches_dropped += 1

    def load(self) -> Load:
        return self.weight if self.is_alive else Load()

    def stop(self, unsaved: LoginItems = NOTHING) -> bool:  # noqa: ARG002 - it is saved by the stop itself
        clean = self.is_alive and not self._hung
        if clean:
            self.save_login()
        self.kill()
        return clean

    def kill(self) -> None:
        self._killed.set()
        if self.is_alive:
            self.browsers.world.lose_unsaved(self.session_id)
        self.is_alive = False
        self.drop_channel()

    def let_go(self) -> None:
        with self._guard:
            self._channel_open = False
            numbers = list(self._pending)
        for number in numbers:
            self._settle(number, BrowserGone("canal entregue"))

    @property
    def is_current(self) -> bool:
        """What its page runs is what a new one would be given."""
        world = self.browsers.world
        return self._made_of == (world.bridge, world.wa_js(self.session_id))

    @property
    def is_understood(self) -> bool:
        """The bridge in its page is of the shape that the daemon knows."""
        return self._made_of[0].shape == self.browsers.world.bridge.shape

    # ---- levers: the browser

    def crash(self) -> None:
        """The browser dies: as kill -9 from outside."""
        self.kill()

    def drop_channel(self, *, for_memory: bool = False) -> None:
        """The channel closes, the browser lives on; `for_memory`: because the kernel ended it."""
        with self._guard:
            if not self._channel_open:
                return
            self._channel_open = False
            numbers = list(self._pending)
        for number in numbers:
            self._settle(number, BrowserGone("canal fechado"))
        self._notify(ChannelClosed("pedido pelo teste", for_memory=for_memory))

    def lose_line(self) -> None:
        """Nobody has a copy of it any more: the browser lives on for a moment, but no one will ever reach its page."""
        self._reachable = False
        self.drop_channel()

    def hang(self) -> None:
        """SIGSTOP: nothing is answered, nothing is told, until `wake`."""
        self._hung = True

    def wake(self) -> None:
        """SIGCONT: what was asked meanwhile is answered, unless its deadline has passed; what happened is told."""
        self._hung = False
        self.page.wake()

    def go_silent(self, silent: bool = True) -> None:
        """Events and beats get lost on the way; calls work. Their numbers go on, so a gap shows."""
        self._silent = silent

    def reload(self) -> None:
        """The page loads anew: calls under way fail, a new page life begins, the ring is lost."""
        if not self.is_alive:
            return
        for number in list(self._pending):
            self._settle(number, PageGone("recarregada"))
        self._load()

    # ---- a later daemon

    def be_adopted(self, notify: Notify) -> None:
        """Its events go to `notify` from here on, the first of them a beat. Raises StartFailed."""
        if self._hung or self._silent or not self._reachable:
            raise StartFailed("CHANNEL_SILENT", "pedido pelo teste")
        self._notify = notify
        if not self._channel_open:
            self._channel_open = True
            self._beat_later()
        self._tell_beat()

    # ---- for the page

    def save_login(self) -> None:
        """Chrome writes what is in localStorage to the disk."""
        if self.is_alive:
            self.browsers.world.profiles[self.session_id].is_saved = True

    @property
    def process(self) -> Process:
        return Process(self.pid, self.pid, "page", "session")

    @property
    def is_hung(self) -> bool:
        return self._hung

    def later(self, delay: float, function: Callable[[], None]) -> None:
        """Under the injected time."""
        self.browsers.schedule(delay, function)

    def tell(self, event: PageEvent) -> None:
        """Unless the channel is closed or lossy."""
        if self._channel_open and not self._silent:
            self._notify(event)

    def _load(self) -> None:
        self._show(FakePage(self, next(self._pages)))
        self.later(self.browsers.times.ready, self.page.become_ready)

    def _show(self, page: FakePage) -> None:
        self.page = page
        world = self.browsers.world
        self.functions = FakeFunctions(page, world, world.profiles[self.session_id])

    def _reach(self, page: FakePage, number: int, function: str, arguments: Json) -> None:
        with self._guard:
            if number not in self._pending or page is not self.page:
                return
            if self._hung:
                page.when_awake(lambda: self._reach(page, number, function, arguments))
                return
            functions = self.functions
        self.calls.append((function, arguments))
        self._settle(number, functions.answer(function, arguments))

    def _settle(self, number: int, outcome: CallResult) -> None:
        with self._guard:
            done = self._pending.pop(number, None)
        if done is not None:
            done(outcome)

    def _beat_later(self) -> None:
        self.later(self.browsers.times.beat, self._beat)

    def _beat(self) -> None:
        if not self._channel_open:
            return
        if not self._hung and not self._silent:
            self._tell_beat()
        self._beat_later()

    def _tell_beat(self) -> None:
        self._notify(Beat(self.page.name, self.page.last, self.page.told_facts()))
