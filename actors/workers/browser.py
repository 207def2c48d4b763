"""The blocking half of a session: starts and stops one browser. One that is stuck is abandoned with its thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from actors.runtime.browser_effects import ProfileAction
from actors.runtime.effects import Effect, Log, Stop, Tell
from actors.session.messages import BrowserClosed, BrowserFailed, BrowserOpened
from wppmt.browser.port import (
    Browser,
    BrowserFailure,
    Browsers,
    LoginItems,
    Notify,
    StartFailed,
)
from wppmt.domain.messages import session_address


@dataclass(frozen=True, slots=True)
class Open:
    """Start, after what an earlier daemon or browser left on this profile is ended."""

    action: ProfileAction = ProfileAction.NONE


@dataclass(frozen=True, slots=True)
class Adopt:
    """Take over what an earlier daemon left on this profile."""


@dataclass(frozen=True, slots=True)
class Close:
    """Down the stop ladder, not before `unsaved` is on the disk."""

    action: ProfileAction = ProfileAction.NONE
    unsaved: LoginItems = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retire:
    """The browser was killed from outside; nothing is left to do."""


class BrowserWorker:
    """The BrowserActor: one browser, one generation."""

    def __init__(
        self,
        session_id: str,
        generation: int,
        browser: Browser,
        browsers: Browsers,
        notify: Notify,
        is_wanted: Callable[[], bool],
    ) -> None:
        self._session_id = session_id
        self._session = session_address(session_id)
        self._generation = generation
        self._browser = browser
        self._browsers = browsers
        self._notify = notify
        self._is_wanted = is_wanted
        """False once it was killed from outside: from then on the profile is its successor's."""

    def do(self, message: object, now: float) -> Iterator[Effect]:  # noqa: ARG002 - the port of all workers
        match message:
            case Open(action=action):
                yield from self._open(action)
            case Adopt():
                yield from self._adopt()
            case Close(action=action, unsaved=unsaved):
                was_flushed = self._browser.stop(unsaved)
                yield from self._after_stop(action, was_flushed)
                yield Tell(self._session, BrowserClosed(self._generation, was_flushed))
                yield Stop()
            case Retire():
                yield Stop()
            case _:
                raise TypeError(type(message).__name__)

    def _after_stop(self, action: ProfileAction, was_flushed: bool) -> Iterator[Effect]:
        if not self._is_wanted():
            return
        try:
            if action is ProfileAction.KEEP_COPY and was_flushed:
                self._browsers.keep_copy(self._session_id)
            elif action is ProfileAction.SET_ASIDE:
                self._browsers.set_aside(self._session_id)
        except BrowserFailure as failure:
            yield Log("error", "profile_not_set_aside", self._session_id, {"why": str(failure)})

    def _open(self, action: ProfileAction) -> Iterator[Effect]:
        try:
            self._require_wanted()
            ended = self._browsers.end_leftovers(self._session_id)
            self._require_wanted()
            if action is ProfileAction.SET_ASIDE:
                self._browsers.set_aside(self._session_id)
            elif action is ProfileAction.RESTORE:
                self._browsers.restore_copy(self._session_id)
            process = self._browser.start(self._notify)
        except BrowserFailure as failure:
            yield Tell(self._session, BrowserFailed(self._generation, failure))
            return
        if ended:
            yield Log("warning", "leftover_browser_ended", self._session_id, {"processes": ended})
        yield Tell(self._session, BrowserOpened(self._generation, process))

    def _adopt(self) -> Iterator[Effect]:
        try:
            process = self._browser.start(self._notify)
        except BrowserFailure as failure:
            if self._is_wanted():
                self._browsers.end_leftovers(self._session_id)
            yield Log("warning", "browser_not_adopted", self._session_id, {"why": str(failure)})
            yield Tell(self._session, BrowserFailed(self._generation, failure))
        else:
            outdated = self._browser.outdated
            details = {"outdated": outdated} if outdated else {}
            yield Log("info", "browser_adopted", self._session_id, details)
            yield Tell(self._session, BrowserOpened(self._generation, process, outdated))

    def _require_wanted(self) -> None:
        if not self._is_wanted():
            raise StartFailed("BROWSER_CRASHED", "encerrado durante a abertura")
