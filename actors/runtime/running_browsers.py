"""The browsers that run, one for a session: performs the effects that concern a browser, its page or its profile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from actors.runtime.browser_effects import (
    AdoptBrowser,
    BrowserEffect,
    CallPage,
    CheckDisk,
    CheckLogin,
    CloseBrowser,
    DropCaches,
    EndLeftovers,
    KeepMedia,
    KillBrowser,
    OpenBrowser,
    RemoveProfile,
    TakeScreenshot,
    UploadFile,
)
from actors.runtime.cell import Cell, Mailbox, Scheduler
from actors.runtime.dependencies import ReceivedFiles, RuntimeDependencies
from actors.runtime.directory import Directory
from actors.runtime.effects import Worker
from actors.session.messages import BrowserClosed, DiskChecked, LoginChecked, Noticed, ProfileRemoved
from actors.session.sending.send_codec import SENDING
from actors.workers.browser import Adopt, BrowserWorker, Close, Open, Retire
from wppmt.browser.cdp.transfer import Download
from wppmt.browser.port import (
    Browser,
    BrowserFailure,
    CallFailure,
    CallRejected,
    CallResult,
    Load,
    NotCalled,
    Notice,
    OnResult,
)
from wppmt.domain.errors import Refusal
from wppmt.domain.messages import session_address
from wppmt.domain.occurrences import PageCalled


@dataclass(frozen=True, slots=True)
class Running:
    """The browser life that the runtime holds for a session."""

    generation: int
    browser: Browser
    mailbox: Mailbox


class RunningBrowsers:
    """Every method may be called from any actor's turn; what blocks is done elsewhere."""

    def __init__(
        self,
        directory: Directory,
        scheduler: Scheduler,
        world: RuntimeDependencies,
        spawn: Callable[[str, Worker], Mailbox],
    ) -> None:
        self._directory = directory
        self._scheduler = scheduler
        self._world = world
        self._spawn = spawn
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()

    def perform(self, cell: Cell, effect: BrowserEffect) -> None:  # noqa: C901, PLR0912 - one case an effect
        match effect:
            case OpenBrowser(session_id=session_id, generation=generation, action=action):
                browser = self._world.browsers.open(session_id)
                self._run_browser(cell, session_id, generation, browser, Open(action))
            case AdoptBrowser(session_id=session_id, generation=generation, left=left):
                browser = self._world.browsers.adopt(session_id, left)
                self._run_browser(cell, session_id, generation, browser, Adopt())
            case CloseBrowser():
                self._close_browser(effect)
            case KillBrowser(session_id=session_id):
                self._kill_browser(session_id)
            case EndLeftovers(session_id=session_id, generation=generation):
                self._end_leftovers(session_id, generation)
            case CheckLogin():
                self._check_login(cell, effect)
            case CheckDisk(generation=generation):
                self._check_disk(cell, generation)
            case RemoveProfile(session_id=session_id):
                self._remove_profile(cell, session_id)
            case CallPage():
                self._call_page(cell, effect)
            case TakeScreenshot(deadline=deadline):
                self._use_browser(cell, effect, lambda browser, done: browser.screenshot(deadline, done))
            case UploadFile():
                self._upload(cell, effect)
            case KeepMedia():
                self._keep_media(cell, effect)
            case DropCaches():
                self._drop_caches(effect)
            case _:
                assert_never(effect)

    def loads(self) -> dict[str, Load]:
        """Of every session's browser; takes milliseconds each."""
        with self._lock:
            running = dict(self._running)
        return {session_id: life.browser.load() for session_id, life in running.items()}

    def _drop_caches(self, effect: DropCaches) -> None:
        running = self._running.get(effect.session_id)
        if running is not None and running.generation == effect.generation:
            running.browser.drop_caches()

    def _call_page(self, cell: Cell, call: CallPage) -> None:
        def use(browser: Browser, done: OnResult) -> None:
            if call.function in SENDING:
                done = self._counted(call, done)
            browser.call(call.function, call.arguments, call.deadline, done)

        self._use_browser(cell, call, use)

    def _counted(self, call: CallPage, done: OnResult) -> OnResult:
        began = self._world.now()

        def ended(outcome: CallResult) -> None:
            is_done = not isinstance(outcome, CallFailure)
            message_id = str(call.arguments["id"])
            self._world.count(PageCalled(message_id, call.function, began, self._world.now(), is_done))
            done(outcome)

        return ended

    def _upload(self, cell: Cell, upload: UploadFile) -> None:
        def use(browser: Browser, done: OnResult) -> None:
            path = Path(upload.path)
            # The browser's own error for a missing file reads like that of a page that is not ready.
            browser.upload(path, upload.deadline, done) if path.exists() else done(CallRejected("file_gone"))

        self._use_browser(cell, upload, use)

    def _keep_media(self, cell: Cell, wish: KeepMedia) -> None:
        received = self._world.received

        def use(browser: Browser, done: OnResult) -> None:
            def begin() -> None:
                try:
                    draft = received.draft(wish.session_id)
                except Refusal:
                    done(CallRejected("not_stored"))
                    return

                def downloaded(outcome: CallResult) -> None:
                    self._scheduler.run_blocking(lambda: done(_kept(received, draft, outcome)))

                Download(browser, draft, received.limit, wish.deadline, downloaded).start(wish.message_id)

            self._scheduler.run_blocking(begin)

        self._use_browser(cell, wish, use)

    def _use_browser(
        self,
        cell: Cell,
        effect: CallPage | TakeScreenshot | UploadFile | KeepMedia,
        use: Callable[[Browser, OnResult], None],
    ) -> None:
        """With the browser of the effect's generation; when that is gone, the outcome is NotCalled."""

        def done(outcome: CallResult) -> None:
            cell.mailbox.put(effect.then(outcome))

        running = self._running.get(effect.session_id)
        if running is None or running.generation != effect.generation:
            done(NotCalled())
        else:
            use(running.browser, done)

    def _run_browser(
        self, cell: Cell, session_id: str, generation: int, browser: Browser, first: Open | Adopt
    ) -> None:
        def notify(notice: Notice) -> None:
            self._directory.tell(session_address(session_id), Noticed(generation, notice, self._world.now()))

        def is_wanted() -> bool:
            running = self._running.get(session_id)
            return running is not None and running.browser is browser

        worker = BrowserWorker(session_id, generation, browser, self._world.browsers, notify, is_wanted)
        with self._lock:
            # Root abandons an actor before it kills the browser: this check sees the one, or the kill sees the other.
            if not self._directory.holds(cell.address, cell.mailbox):
                return
            mailbox = self._spawn(f"browser:{session_id}:{generation}", worker)
            self._running[session_id] = Running(generation, browser, mailbox)
        mailbox.put(first)

    def _close_browser(self, effect: CloseBrowser) -> None:
        session_id, generation = effect.session_id, effect.generation
        running = self._running.get(session_id)
        if running is None or running.generation != generation:
            self._directory.tell(session_address(session_id), BrowserClosed(generation))
        elif not running.mailbox.put(Close(effect.action, effect.unsaved)):
            running.browser.kill()
            self._directory.tell(session_address(session_id), BrowserClosed(generation))

    def _check_login(self, cell: Cell, effect: CheckLogin) -> None:
        def check() -> None:
            is_saved = self._world.browsers.is_login_saved(effect.session_id, effect.items)
            cell.mailbox.put(LoginChecked(effect.generation, is_saved))

        self._scheduler.run_blocking(check)

    def _check_disk(self, cell: Cell, generation: int) -> None:
        def check() -> None:
            cell.mailbox.put(DiskChecked(generation, self._world.is_disk_short()))

        self._scheduler.run_blocking(check)

    def _kill_browser(self, session_id: str) -> None:
        with self._lock:
            running = self._running.pop(session_id, None)
        if running is not None:
            running.browser.kill()
            running.mailbox.put(Retire())

    def _remove_profile(self, cell: Cell, session_id: str) -> None:
        def remove() -> None:
            is_gone = False
            try:
                self._world.browsers.end_leftovers(session_id)
                self._world.browsers.remove_profile(session_id)
                is_gone = True
            except (BrowserFailure, OSError) as failure:
                self._world.log("profile_not_removed", session_id, level="error", error=str(failure))
            finally:
                cell.mailbox.put(ProfileRemoved(is_gone))

        self._scheduler.run_blocking(remove)

    def _end_leftovers(self, session_id: str, generation: int) -> None:
        def end() -> None:
            try:
                running = self._running.get(session_id)
                if running is not None and running.generation > generation:
                    # This ran late: a newer browser runs, which is no leftover and has ended the leftovers itself.
                    return
                if ended := self._world.browsers.end_leftovers(session_id):
                    self._world.log("leftover_browser_ended", session_id, level="warning", processes=ended)
            finally:
                self._directory.tell(session_address(session_id), BrowserClosed(generation))

        self._scheduler.run_blocking(end)


def _kept(received: ReceivedFiles, draft: Path, outcome: CallResult) -> CallResult:
    """The draft becomes a received file, or goes."""
    try:
        if not isinstance(outcome, CallFailure):
            about = outcome["id"], outcome["chats"], outcome["mimetype"], outcome["fileName"]
            received.keep(draft, *about)
        return outcome
    except Refusal:
        return CallRejected("not_stored")
    finally:
        draft.unlink(missing_ok=True)
