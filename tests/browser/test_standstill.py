"""When a page that stands still is freed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wppmt.browser.chrome.standstill import PATIENCE_SECONDS, Standstill
from wppmt.browser.port import Beat, ChannelClosed, Notice, PageEvent


class Watched:
    """A page that is watched, in a time of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.freed = 0
        self._due: list[tuple[float, Callable[[], object]]] = []
        self.standstill = Standstill(self._later, lambda: self.now)
        self.standstill.watch(self._free)

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while self._due and self._due[0][0] <= end:
            self.now, look = self._due.pop(0)
            look()
        self.now = end

    def _later(self, seconds: float, function: Callable[[], None], /) -> Callable[[], None]:
        self._due.append((self.now + seconds, function))
        return self._due.clear

    def _free(self) -> None:
        self.freed += 1


def event(name: str) -> PageEvent:
    return PageEvent("page", 1, name, {})


@pytest.fixture
def page() -> Watched:
    return Watched()


def test_a_page_that_tells_nothing_is_freed_again_and_again(page: Watched) -> None:
    page.wait(PATIENCE_SECONDS)
    assert page.freed == 0
    page.wait(2)
    assert page.freed == 1
    page.wait(PATIENCE_SECONDS + 2)
    assert page.freed == 2


@pytest.mark.parametrize("first", ["qr_changed", "logged_out", "pairing_refused"])
def test_what_is_told_without_wa_js_does_not_end_the_watch(page: Watched, first: str) -> None:
    page.standstill.heard(event(first))
    page.wait(PATIENCE_SECONDS + 2)
    assert page.freed == 1


@pytest.mark.parametrize("last", [event("ready"), event("facts_changed"), ChannelClosed("")])
def test_a_page_that_the_bridge_knows_is_watched_no_more(page: Watched, last: Notice) -> None:
    page.standstill.heard(last)
    page.wait(60)
    assert page.freed == 0


def test_one_whose_timers_run_is_left_alone(page: Watched) -> None:
    for _ in range(10):
        page.wait(PATIENCE_SECONDS - 1)
        page.standstill.heard(Beat("page", 0, {}))
    assert page.freed == 0
