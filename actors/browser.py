"""The blocking half of a session: starts and stops one browser life. Disposable: a stuck one is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.effects import Effect, Log, Stop, Tell
from actors.notices import BrowserClosed, BrowserFailed, BrowserOpened
from wppmt.browser import Browser, BrowserFailure, Browsers, Notify
from wppmt.messages import session_address


@dataclass(frozen=True, slots=True)
class Open:
    """Start, after what an earlier daemon or browser left on this profile is ended."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """Take over what an earlier daemon left on this profile."""


@dataclass(frozen=True, slots=True)
class Close:
    """Down the stop ladder."""


@dataclass(frozen=True, slots=True)
class Retire:
    """The browser was killed from outside; nothing is left to do."""


class BrowserLife:
    """The mind of a BrowserActor: one browser, one generation."""

    def __init__(
        self, session_id: str, generation: int, browser: Browser, browsers: Browsers, notify: Notify
    ) -> None:
        self._session_id = session_id
        self._session = session_address(session_id)
        self._generation = generation
        self._browser = browser
        self._browsers = browsers
        self._notify = notify

    def handle(self, message: object, now: float) -> Iterator[Effect]:  # noqa: ARG002 - the port of all logic
        match message:
            case Open():
                yield from self._open()
            case Adopt():
                yield from self._adopt()
            case Close():
                self._browser.stop()
                yield Tell(self._session, BrowserClosed(self._generation))
                yield Stop()
            case Retire():
                yield Stop()
            case _:
                raise TypeError(type(message).__name__)

    def _open(self) -> Iterator[Effect]:
        try:
            ended = self._browsers.end_leftovers(self._session_id)
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
            self._browsers.end_leftovers(self._session_id)
            yield Log("warning", "browser_not_adopted", self._session_id, {"why": str(failure)})
            yield Tell(self._session, BrowserFailed(self._generation, failure))
        else:
            yield Log("info", "browser_adopted", self._session_id)
            yield Tell(self._session, BrowserOpened(self._generation, process))
