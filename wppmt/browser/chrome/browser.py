"""The port's implementation: one real Chrome per tenant, with wa-js and the bridge in WhatsApp's page."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

from tenacity import wait_fixed

from wppmt.app import logs
from wppmt.browser.cdp.channel import Channel
from wppmt.browser.cdp.connection import Connection
from wppmt.browser.cdp.deadlines import Schedule
from wppmt.browser.cdp.devtools import target
from wppmt.browser.cdp.line import Line
from wppmt.browser.chrome import (
    adoption,
    driver,
    ending,
    engines,
    first_page,
    injection,
    launch,
    page_loading,
    processes,
)
from wppmt.browser.chrome.failures import start_failures
from wppmt.browser.chrome.resource_control import BrowserParts
from wppmt.browser.chrome.settings import ChromeSettings
from wppmt.browser.chrome.standstill import Standstill
from wppmt.browser.keeper.lines import Keeper, line_name
from wppmt.browser.port import (
    NOTHING,
    Beat,
    ChannelClosed,
    Json,
    Load,
    LoginItems,
    NotCalled,
    Notice,
    Notify,
    OnResult,
    StartFailed,
)
from wppmt.browser.profile import login
from wppmt.browser.profile.folder import ProfileFolder
from wppmt.browser.wa_js.shelf import Shelf, Unusable
from wppmt.domain.process import Process
from wppmt.polling import poll

STEP_SECONDS = 10.0
ADOPTION_STEP_SECONDS = 3.0
"""A browser that works answers within milliseconds."""
OTHER_COMMAND = "aberto com outra linha de comando"
OTHER_PAGE = "a página roda outra versão da ponte ou do wa-js"
SAVE_SECONDS = 3.0
"""For a login to reach the disk before the browser is stopped; Chrome needs one."""
SAVE_POLL_SECONDS = 0.05
LOCK_SECONDS = 3.0
"""For a browser that was just killed to let go of the profile."""


class ChromeBrowser:
    """One life of one session's Chrome. Made by ChromeBrowsers."""

    def __init__(
        self,
        settings: ChromeSettings,
        profile: ProfileFolder,
        schedule: Schedule,
        keeper: Keeper,
        parts: BrowserParts,
        left: Process | None = None,
    ) -> None:
        self._settings = settings
        self._profile = profile
        self._schedule = schedule
        self._keeper = keeper
        self._proxy, self._resources = parts.proxy, parts.resources
        self._permit, self._load_meter = parts.permit, parts.load_meter
        self._left = left
        self._beaten = threading.Event()
        self._guard = threading.Lock()
        self._killed = self._begun = self._lost = False
        self._notify: Notify = lambda _: None
        self._standstill = Standstill(schedule)
        self._group = 0
        self._connection: Connection | None = None
        self._channel: Channel | None = None
        self.process: Process | None = None
        self.outdated = ""

    def start(self, notify: Notify) -> Process:
        """Bring Chrome up to WhatsApp's loaded page; blocks. Raises StartFailed, after leaving nothing behind.

        One that was left is taken over instead; where that fails, it is left as it was found.
        """
        self._notify = notify
        with contextlib.ExitStack() as undo, start_failures():
            undo.callback(self._leave if self._left else self._end)
            process = self._adopt(self._left) if self._left else self._start()
            self._begin()
            undo.pop_all()
        self._resources.started(self._group)
        self.process = process
        return process

    def call(self, function: str, arguments: Json, deadline: float, done: OnResult) -> None:
        """Call bridge.js's `function` in the page; `done` gets its value or a CallFailure, exactly once."""
        if self._channel is None:
            done(NotCalled("o navegador ainda não abriu"))
        else:
            self._channel.call(function, arguments, deadline, done)

    def upload(self, path: Path, deadline: float, done: OnResult) -> None:
        """Give the page a file for `send_media`; its bytes never pass through the channel."""
        if self._channel is None:
            done(NotCalled("o navegador ainda não abriu"))
        else:
            self._channel.upload(path, deadline, done)

    def screenshot(self, deadline: float, done: OnResult) -> None:
        """What the page shows now, as a PNG."""
        if self._channel is None:
            done(NotCalled("o navegador ainda não abriu"))
        else:
            self._channel.screenshot(deadline, done)

    def drop_caches(self) -> None:
        if self._channel is not None:
            self._channel.drop_caches()

    def load(self) -> Load:
        """Of Chrome and its helpers; processor time as their cgroup counts it, where they have one."""
        if not self._group:
            return Load()
        load = self._load_meter.load(self._group)
        usage = self._resources.usage()
        return replace(load, cpu_seconds=usage.cpu_seconds) if usage else load

    def stop(self, unsaved: LoginItems = NOTHING) -> bool:
        """Go down the stop ladder; blocks until no process is left. Whether the login was flushed in order."""
        if not self._group:
            return False
        if unsaved:
            self._await_saved(unsaved)
        clean = ending.close_in_order(self._group, self._connection, self._settings.stop_seconds)
        self._end()
        if clean:
            self._profile.prune()
        return clean

    def _await_saved(self, items: LoginItems) -> None:
        """What is on the disk survives whatever happens on the way down."""
        is_saved = partial(login.is_saved, self._profile.path, self._settings.origin, items)
        if not poll(is_saved, SAVE_SECONDS, wait_fixed(SAVE_POLL_SECONDS), unless=lambda: self._killed):
            logs.log("login_not_saved", self._profile.path.name, level="warning", seconds=SAVE_SECONDS)

    def kill(self) -> None:
        """End the whole process group at once, from any thread; whoever is blocked in start or stop fails fast."""
        with self._guard:
            self._killed = True
            group = self._group
        if not group:
            return
        processes.kill_group(group)
        # Reaping may take a moment, and kill must not: Root calls it.
        threading.Thread(target=self._end, name="reaper", daemon=True).start()

    def let_go(self) -> None:
        """Nothing is read from it or told any more; when this returns, another daemon may adopt it."""
        if self._connection is not None:
            self._connection.let_go()

    def _start(self) -> Process:
        script = self._script()
        line = self._launch()
        connection = self._connection = Connection(line, self._schedule)
        connection.start()
        seconds = self._settings.start_seconds
        page_id = first_page.find_page(connection, self._group, self._profile.path, seconds)
        session = connection.ask(target.attach_to_target(page_id, flatten=True), STEP_SECONDS)
        channel = self._channel = Channel(connection, session, self._tell)
        channel.equip(script.texts, STEP_SECONDS, self._settings.likeness())
        if self._settings.undetected:
            patched = self._settings.patched_driver()
            driver.attach(self._settings.programs(), patched, self._profile.path, self._group, seconds)
        watch = partial(self._standstill.watch, lambda: self._interrupt(channel))
        page_loading.load(
            channel, self._settings.page_url, self._settings.load_seconds, self._proxy.failure, watch
        )
        self._keep(line)
        return Process(pid=self._group, group=self._group, page=page_id, devtools_session=session)

    def _launch(self) -> Line:
        profile, programs, permit = self._profile, self._settings.programs(), self._permit
        engines.check(self._settings, profile.path)
        command = self._settings.command(profile.path, self._proxy.prepare())
        with profile.writer(LOCK_SECONDS) as writer:
            profile.check()
            # It reads and writes megabytes, and kill must not wait for that.
            profile.mend()
            driver.forget_port(profile.path)
            engines.note(self._settings, profile.path)
            permit.require()
            with self._guard:
                self._refuse_if_killed()
                self._group, end = launch.start_chrome(programs, command, profile.path, writer, permit.expect)
                self._resources.starting(self._group)
            permit.watch(self._group, end)
            self._proxy.started(self._group)
        return Line(end)

    def _adopt(self, left: Process) -> Process:
        command = self._settings.command(self._profile.path, self._proxy.adopted())
        if not adoption.prove(left, self._profile, command):
            self.outdated = OTHER_COMMAND
        self._permit.require()
        end = self._keeper.take(self._line_name(left.pid))
        if end is None:
            raise StartFailed("BROWSER_CRASHED", "o canal do navegador não foi guardado")
        with self._guard:
            self._refuse_if_killed()
            self._group = left.group
        self._permit.watch(left.group, end)
        # Its session is used on: a new one beside it would hear everything twice.
        connection = self._connection = Connection(Line(end), self._schedule)
        channel = self._channel = Channel(connection, left.devtools_session, self._tell)
        connection.start(taken_over=True)
        if not injection.understands(version := channel.ask_page("version", {}, ADOPTION_STEP_SECONDS)):
            raise StartFailed("INJECT_FAILED", "a página roda uma ponte que esta versão não entende")
        if version != self._script().version:
            self.outdated = OTHER_PAGE
        channel.ask_page("beat", {}, ADOPTION_STEP_SECONDS)
        if not self._beaten.wait(ADOPTION_STEP_SECONDS):
            raise StartFailed("CHANNEL_SILENT", "a página não deu sinal de vida")
        return left

    def _keep(self, line: Line) -> None:
        """From here on it outlives the daemon. Before, nobody would know of it: it ends by itself then."""
        try:
            self._keeper.keep(self._line_name(self._group), line.end)
        except OSError as trouble:
            # It works as any other, but for its daemon's death.
            note = f"Este navegador não sobrevive ao serviço: {trouble}"
            logs.log("line_not_kept", self._profile.path.name, level="warning", note=note)

    def _line_name(self, pid: int) -> str:
        return line_name(self._profile.path.name, pid)

    def _refuse_if_killed(self) -> None:
        if self._killed:
            raise StartFailed("BROWSER_CRASHED", "encerrado durante a abertura")

    def _script(self) -> injection.Script:
        try:
            library = Shelf(self._settings.wa_js_dir).library(self._profile.path.name)
        except Unusable as why:
            raise StartFailed("INJECT_FAILED", str(why)) from why
        return injection.script(self._settings.origin, self._settings.page_settings, library)

    def _interrupt(self, channel: Channel) -> None:
        logs.log("page_interrupted", self._profile.path.name, level="warning")
        channel.interrupt()

    def _tell(self, notice: Notice) -> None:
        """A start that fails says so itself: the end of its channel is no second news."""
        self._standstill.heard(notice)
        with self._guard:
            if isinstance(notice, ChannelClosed) and not self._begun:
                self._lost = True
                return
        self._notify(self._resources.explain(notice))
        if isinstance(notice, Beat):
            self._beaten.set()

    def _begin(self) -> None:
        with self._guard:
            if self._lost:
                raise StartFailed("BROWSER_CRASHED", "o Chrome caiu durante a abertura")
            self._begun = True

    def _end(self) -> None:
        self._standstill.end()
        self._proxy.close()
        if self._connection is not None:
            self._connection.hang_up()
        if self._group:
            ending.end(self._group)
            self._resources.ended()
            self._keeper.forget(self._line_name(self._group))
        self._permit.ended()

    def _leave(self) -> None:
        """What could not be adopted is as it was."""
        self.let_go()
        self._group = 0
