"""One life of the fake browser's page: bridge.js and the wa-js behind it, as far as the port can tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from wppmt.browser.cdp import json_text
from wppmt.browser.fake import connection
from wppmt.browser.fake.codes import Codes
from wppmt.browser.fake.connection import Connection
from wppmt.browser.fake.limits import FakeLimits
from wppmt.browser.fake.told import told_inventory
from wppmt.browser.fake.traffic import Traffic
from wppmt.browser.fake.world import Surroundings
from wppmt.browser.port import PageEvent
from wppmt.domain.inventory import WA_JS, Inventory
from wppmt.domain.page_condition import Facts

RING = 1000
LOOK_BEATS = 6
"""So often the page looks for what it holds and has told nobody."""


class PageHost(Protocol):
    """The browser that a page is in."""

    session_id: str
    pid: int
    is_alive: bool
    page: FakePage
    inventory: Inventory | None
    """What its next pages have."""
    goodbye: str
    """Why the page before this one was logged out."""

    @property
    def browsers(self) -> Surroundings: ...

    @property
    def is_hung(self) -> bool: ...

    def later(self, delay: float, function: Callable[[], None]) -> None: ...

    def tell(self, event: PageEvent) -> None: ...

    def reload(self) -> None: ...


class FakePage:
    """`name` is the port's `page`."""

    def __init__(self, browser: PageHost, life: int) -> None:
        self.name = f"{browser.session_id}-{browser.pid}-{life}"
        self.last = 0
        self.rejection: str | None = None
        self.limits = FakeLimits()
        self.inventory: Inventory | None = browser.inventory
        """None: not sure yet."""
        self.is_replaced = False
        """The login is used elsewhere: WhatsApp's server says nothing more to this page, which shows nothing of it."""
        self._browser = browser
        self._world = browser.browsers.world
        self._times = browser.browsers.times
        self._profile = self._world.profiles[browser.session_id]
        self._facts = Facts()
        self._is_ready = False
        self._ring: deque[PageEvent] = deque(maxlen=RING)
        self._asleep: list[Callable[[], None]] = []
        self.codes = Codes(self, browser)
        self.traffic = Traffic(self, browser)

    @property
    def is_current(self) -> bool:
        """Neither reloaded nor gone."""
        return self._browser.is_alive and self._browser.page is self

    @property
    def facts(self) -> Facts:
        return self._facts

    @property
    def is_connected(self) -> bool:
        """To WhatsApp's server, with a login."""
        facts = self._facts
        return facts.authenticated and facts.stream == "CONNECTED" and not self.is_replaced

    @property
    def ring(self) -> Sequence[PageEvent]:
        return self._ring

    def now(self) -> float:
        return self._browser.browsers.now()

    # ---- life

    def become_ready(self) -> None:
        """wa-js has found WhatsApp's modules."""
        if not self.is_current or self.defer(self.become_ready):
            return
        if self.inventory and WA_JS in self.inventory.missing:
            self.emit("facts_changed", {"facts": self.told_facts()})
            return
        self._is_ready = True
        if self._profile.login is not None:
            self._facts = self._main_facts()
        else:
            self._facts = Facts(**connection.CODES.facts(registered=False))
        if self._profile.is_stale:
            self._profile.is_stale = False
            self.emit("logged_out", {"reason": "unknown_companion"})
        elif self._browser.goodbye:
            self.emit("logged_out", {"reason": self._browser.goodbye})
        self._browser.goodbye = ""
        if not self._facts.authenticated:
            # The code is known a moment before all of wa-js is ready.
            self.codes.rotate(self._times.first_qr)
        self.emit("ready", {"facts": self.told_facts()})
        self.traffic.resume()
        self._look_later()

    def _look_later(self) -> None:
        self._browser.later(LOOK_BEATS * self._times.beat, self._look)

    def _look(self) -> None:
        """It may not hear what it stores, and says so."""
        if not self.is_current or self.defer(self._look):
            return
        if self.traffic.unheard:
            self.emit("unheard", {})
        self._look_later()

    def reload(self) -> None:
        """By itself: whoever asked for it has the answer by then."""
        self._browser.later(self._times.call, self._browser.reload)

    def enter_main(self) -> None:
        """The phone has scanned."""
        self._facts = self._main_facts()
        self.codes.clear()
        self.emit("facts_changed", {"facts": self.told_facts()})
        self.traffic.resume()

    def set_facts(self, **changes: Any) -> None:
        """Tells only what has changed."""
        before, self._facts = self._facts, replace(self._facts, **changes)
        if before != self._facts and self._is_ready:
            self.emit("facts_changed", {"facts": self.told_facts()})

    def take_inventory(self, inventory: Inventory) -> None:
        """The page looks again at what it has."""
        self.inventory = inventory
        self.emit("facts_changed", {"facts": self.told_facts()})

    @property
    def _is_sure(self) -> bool:
        """Of what it has: with wa-js at once, without it after a while."""
        return self._is_ready or bool(self.inventory and WA_JS in self.inventory.missing)

    def connect(self, state: Connection) -> None:
        """The connection is so from now on; back at the server, what was kept goes its way."""
        self.set_facts(**state.facts(registered=self._facts.registered))
        if self.is_connected:
            self.traffic.resume()

    def told_facts(self) -> dict[str, Any]:
        """As bridge.js names them."""
        facts = self._facts
        return {
            "ready": self._is_ready,
            "authenticated": facts.authenticated,
            "registered": facts.registered,
            "mode": facts.mode,
            "info": facts.info,
            "socket": facts.socket,
            "stream": facts.stream,
            "caughtUp": facts.caught_up,
            "phoneOnline": facts.phone_online,
            "phone": facts.phone,
            "lid": f"9{facts.phone}@lid" if facts.phone else "",
            "pushname": json_text.whole(facts.pushname),
            "platform": facts.platform,
            "needsUpdate": facts.needs_update,
            "banned": facts.banned,
            "inventory": told_inventory(self.inventory) if self.inventory and self._is_sure else None,
            "dialog": facts.dialog,
        }

    def emit(self, name: str, data: Mapping[str, Any]) -> None:
        """A numbered event, kept in the ring."""
        if not self.is_current or self.defer(lambda: self.emit(name, data)):
            return
        self.last += 1
        event = PageEvent(self.name, self.last, name, json_text.whole(data))
        self._ring.append(event)
        self._browser.tell(event)

    def when_awake(self, function: Callable[[], None]) -> None:
        """For what happens while the browser is stopped."""
        self._asleep.append(function)

    def wake(self) -> None:
        """The browser goes on."""
        waiting, self._asleep = self._asleep, []
        for function in waiting:
            function()

    def defer(self, function: Callable[[], None]) -> bool:
        """Whether the browser is stopped: then it happens when that goes on."""
        if self._browser.is_hung:
            self.when_awake(function)
        return self._browser.is_hung

    def _main_facts(self) -> Facts:
        phone = self._world.phones[self._profile.login or ""]
        return Facts(
            authenticated=True,
            registered=True,
            **connection.CONNECTED.facts(registered=True),
            phone=phone.number,
            pushname=phone.name,
            platform="android",
        )

    def unlink(self, reason: str) -> None:
        """The login is worth nothing any more; the page hears of it, clears itself and loads anew."""
        self._world.unlink(self._browser.session_id, page_is_open=self.is_current)
        self._browser.goodbye = reason
        self.emit("logged_out", {"reason": reason})
        at_the_codes = connection.CODES.facts(registered=False)
        self.set_facts(authenticated=False, registered=False, phone="", pushname="", **at_the_codes)
        self._browser.later(self._times.logout_reload, self._browser.reload)

    def set_limit(self, name: str, *, active: bool, until: float | None, **more: Any) -> None:
        """WhatsApp has set or lifted `reachout` (`kind`) or `quota` (`status`, `used`, `total`), and tells the page."""
        self.limits.put(name, active=active, until=until, **more)
        self.emit("limits_changed", self.limits.told)
