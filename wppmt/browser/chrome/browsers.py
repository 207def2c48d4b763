"""Where the tenants' Chromes and profiles come from; one per daemon."""

from __future__ import annotations

from collections.abc import Callable, Collection
from weakref import WeakSet

from wppmt.app import logs
from wppmt.browser.cdp.connection import Connection
from wppmt.browser.cdp.deadlines import Deadlines, Schedule
from wppmt.browser.cdp.line import Line
from wppmt.browser.chrome import driver, ending, launch
from wppmt.browser.chrome.browser import LOCK_SECONDS, ChromeBrowser
from wppmt.browser.chrome.census import Census
from wppmt.browser.chrome.cgroups import Cgroups
from wppmt.browser.chrome.failures import start_failures
from wppmt.browser.chrome.load_meter import LoadMeter
from wppmt.browser.chrome.permit import Permit
from wppmt.browser.chrome.resource_control import BrowserParts, ResourceControl
from wppmt.browser.chrome.settings import ChromeSettings
from wppmt.browser.keeper.guard import Guard, Unguarded
from wppmt.browser.keeper.lines import InMemory, Keeper, line_name
from wppmt.browser.port import LoginItems, Right, StartFailed
from wppmt.browser.profile import login
from wppmt.browser.profile.folder import ProfileFolder, ProfileLocked, ProfileUnusable
from wppmt.browser.profile.snapshots import Snapshots
from wppmt.browser.proxy.browser_proxy import BrowserProxy
from wppmt.domain.process import Process


class ChromeBrowsers:
    """The port's implementation. `keeper` holds what a later daemon needs to adopt; without one nothing is left to it.

    `proxy_of` is asked at each start: a session's proxy as a URL, with its password; empty: none.
    So is `engine_of`: a session's own engine; empty: the default one. `cgroups`: prepared. `right` is asked at each start;
    `guard` is told of each browser.
    """

    def __init__(  # noqa: PLR0913 - given once, by the composition root
        self,
        settings: ChromeSettings,
        keeper: Keeper | None = None,
        schedule: Schedule | None = None,
        proxy_of: Callable[[str], str] = lambda _: "",
        cgroups: Cgroups | None = None,
        engine_of: Callable[[str], str] = lambda _: "",
        *,
        right: Right = lambda _session_id, _profile: 0,
        guard: Guard | None = None,
    ) -> None:
        self._settings = settings
        self._keeper = keeper or InMemory()
        self._right, self.guard = right, guard or Unguarded()
        self._proxy_of, self._engine_of = proxy_of, engine_of
        self._cgroups = cgroups
        self._schedule = schedule or Deadlines()
        self._snapshots = Snapshots(settings.snapshots_dir, settings.snapshots_kept)
        self._census = Census()
        self._made: WeakSet[ChromeBrowser] = WeakSet()
        if not settings.sandbox:
            note = "Chrome roda SEM sandbox: só para o simulador, nunca com o WhatsApp real"
            logs.log("chrome_without_sandbox", level="warning", note=note)
        if settings.undetected:
            note = (
                "O motor undetected abre duas portas sem senha em 127.0.0.1 por sessão (DevTools e chromedriver):"
                " qualquer usuário desta máquina lê as conversas por elas"
            )
            logs.log("local_ports_open", level="warning", note=note)

    def open(self, session_id: str) -> ChromeBrowser:
        """A new, not yet started browser on the session's profile."""
        return self._make(session_id)

    def adopt(self, session_id: str, left: Process) -> ChromeBrowser:
        """One that an earlier daemon left; its `start` proves that it is ours and takes it over."""
        return self._make(session_id, left)

    def let_go(self) -> None:
        """Nothing is read from any browser any more: they are the next daemon's."""
        for browser in list(self._made):
            browser.let_go()
        self._keeper.close()

    def left(self) -> Collection[str]:
        """The sessions on whose profiles something runs."""
        return launch.occupied(self._settings.tokens_dir.absolute(), driver.LOG_OPTION)

    def end_leftovers(self, session_id: str) -> int:
        """End what an earlier daemon left on this profile, the login flushed; how many."""
        profile = self._profile(session_id)
        groups = launch.leftovers(profile.path, driver.mark(profile.path))
        for group in groups:
            name = line_name(session_id, group)
            ending.close_in_order(group, self._reach(name), self._settings.stop_seconds)
            ending.end(group)
            self._keeper.forget(name)
        return len(groups)

    def is_login_saved(self, session_id: str, items: LoginItems) -> bool:
        """Whether the page's login is on the disk."""
        return login.is_saved(self._profile(session_id).path, self._settings.origin, items)

    def keep_copy(self, session_id: str) -> None:
        """A snapshot of a login that was flushed in order, unless it is damaged. A full disk costs the copy alone."""
        profile = self._profile(session_id)
        try:
            with profile.writer(LOCK_SECONDS):
                if not profile.mend():
                    self._snapshots.take(session_id, profile.path)
        except (OSError, ProfileLocked, ProfileUnusable) as trouble:
            logs.log("snapshot_not_taken", session_id, level="warning", error=str(trouble))

    def restore_copy(self, session_id: str) -> None:
        """The last good snapshot instead of the profile, which is set aside. Raises StartFailed."""
        with start_failures():
            copy = self._snapshots.latest(session_id)
            if copy is None:
                raise StartFailed("TOKEN_CORRUPT", "não há cópia boa do login")
            self._profile(session_id).replace(copy, self._settings.snapshots_kept, LOCK_SECONDS)

    def set_aside(self, session_id: str) -> None:
        """The profile goes into quarantine. Raises StartFailed."""
        with start_failures():
            self._profile(session_id).set_aside(self._settings.snapshots_kept, LOCK_SECONDS)

    def remove_profile(self, session_id: str) -> None:
        """Delete the login and every copy of it. Only logout and purge do this. Raises StartFailed while it is in use."""
        profile = self._profile(session_id)
        with start_failures():
            profile.remove(LOCK_SECONDS)
            profile.forget_quarantine()
            self._snapshots.forget(session_id)

    def _make(self, session_id: str, left: Process | None = None) -> ChromeBrowser:
        settings, profile = self._settings.on(self._engine_of(session_id)), self._profile(session_id)
        proxy = BrowserProxy(
            self._proxy_of(session_id), profile.path, simulated=settings.resolver_rules is not None
        )
        permit = Permit(profile.path, self._right, self.guard)
        resources = ResourceControl(session_id, self._cgroups)
        parts = BrowserParts(proxy, resources, permit, LoadMeter(self._census))
        browser = ChromeBrowser(settings, profile, self._schedule, self._keeper, parts, left)
        self._made.add(browser)
        return browser

    def _reach(self, name: str) -> Connection | None:
        """The Chrome whose line is kept under this name."""
        end = self._keeper.take(name)
        if end is None:
            return None
        connection = Connection(Line(end), self._schedule)
        connection.start(taken_over=True)
        return connection

    def _profile(self, session_id: str) -> ProfileFolder:
        return ProfileFolder(self._settings.tokens_dir.absolute(), session_id)
