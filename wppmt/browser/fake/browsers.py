"""An in-memory browser for fast tests: the port's behaviour, with levers that provoke trouble by name.

Time is injected, so that the very same fake runs under real time and under a virtual clock in one thread. Levers may
be pulled from any thread; like the real one, the fake calls `notify` and `done` from wherever it happens to be.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Collection
from copy import deepcopy
from typing import Any

from wppmt.browser.fake.adoption import FakeAdoption
from wppmt.browser.fake.browser import FakeBrowser
from wppmt.browser.fake.world import FakeTimes, FakeWhatsApp, login_items
from wppmt.browser.keeper.guard import Unguarded
from wppmt.browser.port import LoginItems, StartFailed
from wppmt.domain.process import Process

__all__ = ["FakeBrowser", "FakeBrowsers", "FakeTimes"]

COPIES = 3
ScheduleLater = Callable[[float, Callable[[], None]], object]


class FakeBrowsers:
    """Browsers and profiles in memory. `world` holds the phones; `browser(id)` is a session's newest browser."""

    def __init__(
        self, schedule: ScheduleLater, now: Callable[[], float], times: FakeTimes | None = None
    ) -> None:
        self.schedule = schedule
        self.now = now
        """Epoch seconds, for messages."""
        self.times = times or FakeTimes()
        self.world = FakeWhatsApp()
        self.guard = Unguarded()
        self.opened: dict[str, list[FakeBrowser]] = {}
        self._refusals: dict[str, deque[str]] = {}
        self._hanging: set[str] = set()
        self._pids = itertools.count(1000)

    def open(self, session_id: str) -> FakeBrowser:
        browser = FakeBrowser(self, session_id, next(self._pids))
        self.opened.setdefault(session_id, []).append(browser)
        return browser

    def adopt(self, session_id: str, left: Process) -> FakeAdoption:
        return FakeAdoption(self.opened.get(session_id, []), left)

    def let_go(self) -> None:
        """They live on, and nobody hears of them."""
        for browsers in self.opened.values():
            for browser in browsers:
                browser.let_go()

    def left(self) -> Collection[str]:
        return {session_id for session_id in self.opened if self.living(session_id)}

    def end_leftovers(self, session_id: str) -> int:
        left = [browser for browser in self.opened.get(session_id, []) if browser.is_alive]
        for browser in left:
            browser.kill()
        return len(left)

    def is_login_saved(self, session_id: str, items: LoginItems) -> bool:
        profile = self.world.profiles[session_id]
        return profile.is_saved and login_items(profile) == items

    def keep_copy(self, session_id: str) -> None:
        copies = self.world.copies[session_id]
        copies.append(deepcopy(self.world.profiles[session_id]))
        del copies[:-COPIES]

    def restore_copy(self, session_id: str) -> None:
        if not self.world.copies[session_id]:
            raise StartFailed("TOKEN_CORRUPT", "não há cópia boa do login")
        self.set_aside(session_id)
        self.world.profiles[session_id] = deepcopy(self.world.copies[session_id][-1])

    def set_aside(self, session_id: str) -> None:
        self._require_unlocked(session_id)
        if self.world.profiles[session_id].was_used:
            self.world.quarantine[session_id].append(self.world.profiles.pop(session_id))

    def remove_profile(self, session_id: str) -> None:
        self._require_unlocked(session_id)
        self.world.unlink(session_id)
        for kept in (self.world.profiles, self.world.copies, self.world.quarantine):
            kept.pop(session_id, None)

    def browser(self, session_id: str) -> FakeBrowser:
        """The newest one of this session."""
        return self.opened[session_id][-1]

    def living(self, session_id: str) -> list[FakeBrowser]:
        """More than one would be two browsers on one login."""
        return [browser for browser in self.opened.get(session_id, []) if browser.is_alive]

    def is_locked(self, session_id: str) -> bool:
        """A browser that lives holds the lock of its profile."""
        return bool(self.living(session_id))

    def _require_unlocked(self, session_id: str) -> None:
        if self.is_locked(session_id):
            raise StartFailed("PROFILE_LOCKED", "um navegador usa este perfil")

    # ---- levers

    def refuse_start(self, session_id: str, code: str, times: int = 1) -> None:
        """The next `times` starts of this session raise StartFailed(code)."""
        self._refusals.setdefault(session_id, deque()).extend([code] * times)

    def hang_start(self, session_id: str) -> None:
        """The next start of this session blocks its thread until `kill`."""
        self._hanging.add(session_id)

    def next_start_hangs(self, session_id: str) -> bool:
        hangs = session_id in self._hanging
        self._hanging.discard(session_id)
        return hangs

    def next_refusal(self, session_id: str) -> str | None:
        refusals = self._refusals.get(session_id)
        return refusals.popleft() if refusals else None

    def scan(self, code: str, number: str) -> bool:
        """A phone scans a QR text, or types a pairing code. False if no page shows it."""
        for browser in [browser for browsers in self.opened.values() for browser in browsers]:
            if browser.is_alive and browser.page.codes.shows(code):
                browser.scan(number)
                return True
        return False

    def corrupt(self, session_id: str) -> None:
        """The profile has lost the login, and nobody knows why; a page that is open has it still."""
        self.world.profiles[session_id].login = None

    def send_from_phone(self, number: str, to: str, body: str, **more: Any) -> str:
        """`number` writes from its phone; a page linked to `to` hears of it, or will. The message's id."""
        sender = self.world.add_phone(number)
        message = {
            "id": self.world.new_id(),
            "from": number,
            "body": body,
            "name": sender.name,
            "t": self.now(),
            **more,
        }
        self.deliver(to, message)
        return str(message["id"])

    def deliver(self, to: str, message: dict[str, Any]) -> None:
        """To a number's inbox, and to the page that is linked to it."""
        self.world.arrive(to, message)
        phone = self.world.find(to)
        if phone is None or phone.linked is None:
            return
        phone.undelivered.append(message)
        for browser in self.living(phone.linked):
            browser.page.traffic.take_undelivered()
