"""The fake browser in the hands of a later daemon."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wppmt.browser.fake.browser import FakeBrowser
from wppmt.browser.port import NOTHING, Json, Load, LoginItems, NotCalled, Notify, OnResult, StartFailed
from wppmt.domain.process import Process


class FakeAdoption:
    """The port on a browser that lives already."""

    def __init__(self, browsers: Sequence[FakeBrowser], left: Process) -> None:
        self._browsers = browsers
        self._left = left
        self.browser: FakeBrowser | None = None
        """Once it is adopted."""
        self.outdated = ""
        self._is_killed = False

    def start(self, notify: Notify) -> Process:
        if self._is_killed:
            raise StartFailed("BROWSER_CRASHED", "encerrado durante a adoção")
        found = [browser for browser in self._browsers if browser.process == self._left and browser.is_alive]
        if not found:
            raise StartFailed("BROWSER_CRASHED", "o navegador não vive mais")
        if not found[0].is_understood:
            raise StartFailed("INJECT_FAILED", "a página roda uma ponte que esta versão não entende")
        found[0].be_adopted(notify)
        if not found[0].is_current:
            self.outdated = "a página roda outra versão da ponte ou do wa-js"
        self.browser = found[0]
        return self._left

    def call(self, function: str, arguments: Json, deadline: float, done: OnResult) -> None:
        if self.browser is None:
            done(NotCalled("ainda não adotado"))
        else:
            self.browser.call(function, arguments, deadline, done)

    def upload(self, path: Path, deadline: float, done: OnResult) -> None:
        self.call("upload", {"path": str(path)}, deadline, done)

    def screenshot(self, deadline: float, done: OnResult) -> None:
        if self.browser is None:
            done(NotCalled("ainda não adotado"))
        else:
            self.browser.screenshot(deadline, done)

    def drop_caches(self) -> None:
        if self.browser is not None:
            self.browser.drop_caches()

    def load(self) -> Load:
        return self.browser.load() if self.browser else Load()

    def stop(self, unsaved: LoginItems = NOTHING) -> bool:
        return self.browser is not None and self.browser.stop(unsaved)

    def let_go(self) -> None:
        if self.browser is not None:
            self.browser.let_go()

    def kill(self) -> None:
        self._is_killed = True
        if self.browser is not None:
            self.browser.kill()
