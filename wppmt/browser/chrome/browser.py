"""The port's implementation: one real Chrome per tenant, with wa-js and the bridge in WhatsApp's page."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import websocket
from selenium.common import WebDriverException
from urllib3.exceptions import HTTPError

from wppmt.app import logs
from wppmt.browser.cdp.channel import TELL, Channel
from wppmt.browser.cdp.deadlines import Deadlines, Schedule
from wppmt.browser.chrome import (
    adoption,
    driver,
    injection,
    launch,
    patched_driver,
    priority,
    processes,
)
from wppmt.browser.chrome.flags import Situation, command_line, user_agent
from wppmt.browser.chrome.launch import Programs
from wppmt.browser.port import (
    NOTHING,
    Beat,
    BrowserGone,
    CallFailure,
    ChannelClosed,
    Json,
    LoginItems,
    Memory,
    NotCalled,
    Notice,
    Notify,
    OnResult,
    StartFailed,
)
from wppmt.browser.profile import login, mending
from wppmt.browser.profile.folder import ProfileFolder, ProfileLocked, ProfileUnreadable, ProfileUnusable
from wppmt.browser.profile.snapshots import Snapshots
from wppmt.domain.process import Process

STEP_SECONDS = 10.0
ADOPTION_STEP_SECONDS = 3.0
"""A browser that works answers within milliseconds."""
LOADED = """new Promise((done) => {
  const told = () => done(performance.getEntriesByType('navigation')[0]?.responseStatus || 0);
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', told);
  else told();
})"""
"""The HTTP status of what has loaded; 0 where Chrome does not tell."""
FIRST_BAD_STATUS = 400
SAVE_SECONDS = 3.0
"""For a login to reach the disk before the browser is stopped; Chrome needs one."""
SAVE_POLL_SECONDS = 0.05
LOCK_SECONDS = 3.0
"""For a browser that was just killed to let go of the profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromeSettings:
    """Values that the composition root passes in."""

    tokens_dir: Path
    snapshots_dir: Path
    snapshots_kept: int
    """Copies of a login, and as many profiles in quarantine."""
    engine: str
    """"chrome", or "undetected": a chromedriver patched by undetected-chromedriver."""
    headless: bool
    sandbox: bool
    beat_seconds: float
    start_seconds: float
    """For Chrome and chromedriver to come up."""
    stop_seconds: float
    """For Chrome to flush the login and end by itself."""
    proxy: str | None = None
    resolver_rules: str | None = None
    """Simulator mode, such as "MAP * 127.0.0.1:8443"."""
    page_url: str = "https://web.whatsapp.com/"
    chrome_path: Path = launch.CHROME
    driver_path: Path = launch.DRIVER
    environment: Mapping[str, str] = field(default_factory=dict)
    """More of it for Chrome and chromedriver, beside PATH and LANG; never the daemon's, which holds secrets."""
    load_seconds: float = 60.0
    """For WhatsApp's page to load."""

    @property
    def origin(self) -> str:
        """WhatsApp's."""
        parts = urlsplit(self.page_url)
        return f"{parts.scheme}://{parts.netloc}"

    def programs(self) -> Programs:
        """What the launcher runs. Raises StartFailed."""
        return Programs(self.chrome_path, self._driver(), {**launch.ENVIRONMENT, **self.environment})

    def _driver(self) -> Path:
        if self.engine != "undetected":
            return self.driver_path
        return patched_driver.patched(self.driver_path, self.tokens_dir.absolute() / ".chromedriver")


class ChromeBrowsers:
    """Where the tenants' Chromes come from. One per daemon."""

    def __init__(self, settings: ChromeSettings, schedule: Schedule | None = None) -> None:
        self._settings = settings
        self._schedule = schedule or Deadlines()
        self._snapshots = Snapshots(settings.snapshots_dir, settings.snapshots_kept)
        if not settings.sandbox:
            note = "Chrome roda SEM sandbox: só para o simulador, nunca com o WhatsApp real"
            logs.log("chrome_without_sandbox", level="warning", note=note)

    def open(self, session_id: str) -> ChromeBrowser:
        """A new, not yet started browser on the session's profile."""
        return ChromeBrowser(self._settings, self._profile(session_id), self._schedule)

    def adopt(self, session_id: str, left: Process) -> ChromeBrowser:
        """One that an earlier daemon left; its `start` proves that it is ours and takes it over."""
        return ChromeBrowser(self._settings, self._profile(session_id), self._schedule, left)

    def left(self) -> Collection[str]:
        """The sessions on whose profiles something runs."""
        return launch.occupied(self._settings.tokens_dir.absolute())

    def end_leftovers(self, session_id: str) -> int:
        """End what an earlier daemon left on this profile, the login flushed where Chrome still listens; how many."""
        profile = self._profile(session_id)
        groups = launch.leftovers(profile.path)
        for group in groups:
            launch.close_cleanly(group, profile.path, self._settings.stop_seconds)
            launch.end(group)
        return len(groups)

    def is_login_saved(self, session_id: str, items: LoginItems) -> bool:
        """Whether the page's login is on the disk."""
        return login.is_saved(self._profile(session_id).path, self._settings.origin, items)

    def keep_copy(self, session_id: str) -> None:
        """A snapshot of a login that was flushed in order, unless it is damaged. A full disk costs the copy alone."""
        profile = self._profile(session_id)
        try:
            with profile.writer(LOCK_SECONDS):
                if not _mend(profile):
                    self._snapshots.take(session_id, profile.path)
        except (OSError, ProfileLocked, ProfileUnusable) as trouble:
            logs.log("snapshot_not_taken", session_id, level="warning", error=str(trouble))

    def restore_copy(self, session_id: str) -> None:
        """The last good snapshot instead of the profile, which is set aside. Raises StartFailed."""
        with _failures():
            copy = self._snapshots.latest(session_id)
            if copy is None:
                raise StartFailed("TOKEN_CORRUPT", "não há cópia boa do login")
            self._profile(session_id).replace(copy, self._settings.snapshots_kept, LOCK_SECONDS)

    def set_aside(self, session_id: str) -> None:
        """The profile goes into quarantine. Raises StartFailed."""
        with _failures():
            self._profile(session_id).set_aside(self._settings.snapshots_kept, LOCK_SECONDS)

    def remove_profile(self, session_id: str) -> None:
        """Delete the login and every copy of it. Only logout and purge do this. Raises StartFailed while it is in use."""
        profile = self._profile(session_id)
        with _failures():
            profile.remove(LOCK_SECONDS)
            profile.forget_quarantine()
            self._snapshots.forget(session_id)

    def _profile(self, session_id: str) -> ProfileFolder:
        return ProfileFolder(self._settings.tokens_dir.absolute(), session_id)


class ChromeBrowser:
    """One life of one session's Chrome. Made by ChromeBrowsers."""

    def __init__(
        self,
        settings: ChromeSettings,
        profile: ProfileFolder,
        schedule: Schedule,
        left: Process | None = None,
    ) -> None:
        self._settings = settings
        self._profile = profile
        self._schedule = schedule
        self._left = left
        self._beaten = threading.Event()
        self._guard = threading.Lock()
        self._killed = self._begun = self._lost = False
        self._notify: Notify = lambda _: None
        self._group = 0
        self._channel: Channel | None = None
        self.process: Process | None = None

    def start(self, notify: Notify) -> Process:
        """Bring Chrome up to WhatsApp's loaded page; blocks. Raises StartFailed, after leaving nothing behind.

        One that was left is taken over instead; where that fails, it is left as it was found.
        """
        self._notify = notify
        with contextlib.ExitStack() as undo, _failures():
            undo.callback(self._let_go if self._left else self._end)
            process = self._adopt(self._left) if self._left else self._start()
            self._begin()
            undo.pop_all()
        # Also of one whose daemon died while it started.
        priority.step_forward(self._group)
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

    def memory(self) -> Memory:
        """What Chrome, its helpers and chromedriver weigh now."""
        return processes.weigh(self._group) if self._group else Memory(0.0, 0.0)

    def stop(self, unsaved: LoginItems = NOTHING) -> bool:
        """Go down the stop ladder; blocks until no process is left. Whether the login was flushed in order."""
        if not self._group:
            return False
        if unsaved:
            self._await_saved(unsaved)
        clean = launch.close_cleanly(self._group, self._profile.path, self._settings.stop_seconds)
        self._end()
        if clean:
            self._profile.prune()
        return clean

    def _await_saved(self, items: LoginItems) -> None:
        """What is on the disk survives whatever happens on the way down."""
        end = time.monotonic() + SAVE_SECONDS
        while time.monotonic() < end and not self._killed:
            if login.is_saved(self._profile.path, self._settings.origin, items):
                return
            time.sleep(SAVE_POLL_SECONDS)
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

    def _start(self) -> Process:
        script = self._script()
        launched = self._launch()
        session = driver.attach(launched, script.text, STEP_SECONDS)
        page_url = launched.page_url(session.page)
        self._open_page(self._connect(page_url, STEP_SECONDS))
        return Process(
            pid=launched.pid,
            group=launched.group,
            driver_url=launched.driver_url,
            driver_session=session.id,
            websocket_url=page_url,
            context=session.page,
        )

    def _adopt(self, left: Process) -> Process:
        programs = self._settings.programs()
        adoption.prove(left, self._profile, [str(programs.chrome), *self._arguments(programs)])
        if not processes.carrying(launch.driver_mark(self._profile.path)):
            # With it went the script that every load of the page needs.
            raise StartFailed("BROWSER_CRASHED", "o chromedriver não vive mais")
        with self._guard:
            self._refuse_if_killed()
            self._group = left.group
        channel = self._connect(left.websocket_url, ADOPTION_STEP_SECONDS)
        if channel.ask_page("version", {}, ADOPTION_STEP_SECONDS) != self._script().version:
            raise StartFailed("INJECT_FAILED", "a página roda outra versão da ponte")
        channel.ask_page("beat", {}, ADOPTION_STEP_SECONDS)
        if not self._beaten.wait(ADOPTION_STEP_SECONDS):
            raise StartFailed("CHANNEL_SILENT", "a página não deu sinal de vida")
        return left

    def _launch(self) -> launch.Launched:
        settings, profile = self._settings, self._profile
        programs = settings.programs()
        arguments = self._arguments(programs)
        with profile.writer(LOCK_SECONDS) as writer:
            profile.check()
            # It reads and writes megabytes, and kill must not wait for that.
            _mend(profile)
            with self._guard:
                self._refuse_if_killed()
                chrome = launch.start_chrome(programs, arguments, profile.path, writer)
                priority.step_back(chrome)
                self._group = chrome
        chromedriver = launch.start_driver(programs, profile.path, chrome)
        return launch.await_both(programs, chrome, chromedriver, profile.path, settings.start_seconds)

    def _arguments(self, programs: Programs) -> Sequence[str]:
        settings = self._settings
        situation = Situation(
            profile=self._profile.path,
            user_agent=user_agent(launch.chrome_version(programs.chrome)),
            headless=settings.headless,
            sandbox=settings.sandbox,
            resolver_rules=settings.resolver_rules,
            proxy=settings.proxy,
            hide_automation=settings.engine == "undetected",
        )
        return command_line(situation)

    def _refuse_if_killed(self) -> None:
        if self._killed:
            raise StartFailed("BROWSER_CRASHED", "encerrado durante a abertura")

    def _connect(self, page_url: str, seconds: float) -> Channel:
        """To the page, which from here on can tell; and whose crash Chrome tells."""
        channel = self._channel = Channel(page_url, self._schedule, self._tell)
        for domain in ("Inspector", "Page", "Runtime"):
            channel.ask(f"{domain}.enable", {}, seconds)
        channel.ask("Runtime.addBinding", {"name": TELL}, seconds)
        return channel

    def _script(self) -> injection.Script:
        return injection.script(self._settings.origin, self._settings.beat_seconds)

    def _open_page(self, channel: Channel) -> None:
        seconds = self._settings.load_seconds
        try:
            opened = channel.ask("Page.navigate", {"url": self._settings.page_url}, seconds)
            if "errorText" in opened:
                raise StartFailed("PAGE_LOAD_FAILED", opened["errorText"])
            loaded = channel.ask("Runtime.evaluate", {"expression": LOADED, "awaitPromise": True}, seconds)
            status = int(loaded["result"].get("value", 0))
            if status >= FIRST_BAD_STATUS:
                raise StartFailed("PAGE_LOAD_FAILED", f"HTTP {status}")
        except BrowserGone:
            raise
        except CallFailure as failure:
            raise StartFailed("PAGE_LOAD_FAILED", str(failure)) from failure

    def _tell(self, notice: Notice) -> None:
        """A start that fails says so itself: the end of its channel is no second news."""
        with self._guard:
            if isinstance(notice, ChannelClosed) and not self._begun:
                self._lost = True
                return
        self._notify(notice)
        if isinstance(notice, Beat):
            self._beaten.set()

    def _begin(self) -> None:
        with self._guard:
            if self._lost:
                raise StartFailed("BROWSER_CRASHED", "o Chrome caiu durante a abertura")
            self._begun = True

    def _end(self) -> None:
        self._hang_up()
        if self._group:
            launch.end(self._group)

    def _let_go(self) -> None:
        self._hang_up()
        self._group = 0

    def _hang_up(self) -> None:
        if self._channel is not None:
            self._channel.close()


def _mend(profile: ProfileFolder) -> bool:
    """By the profile's writer. Whether something was amiss."""
    dropped = mending.mend(profile.path)
    if dropped:
        logs.log(
            "login_mended",
            profile.path.name,
            level="warning",
            dropped={f: d._asdict() for f, d in dropped.items()},
        )
    return bool(dropped)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """Whatever a start can run into, as a StartFailed."""
    try:
        yield
    except ProfileLocked as locked:
        raise StartFailed("PROFILE_LOCKED", f"outro processo usa {locked}") from locked
    except ProfileUnusable as unusable:
        raise StartFailed("PROFILE_UNUSABLE", str(unusable)) from unusable
    except ProfileUnreadable as unreadable:
        raise StartFailed("TOKEN_CORRUPT", str(unreadable)) from unreadable
    except (CallFailure, WebDriverException, HTTPError, websocket.WebSocketException, OSError) as trouble:
        detail = str(trouble).strip().splitlines() or [type(trouble).__name__]
        raise StartFailed("BROWSER_CRASHED", detail[0][:300]) from trouble
