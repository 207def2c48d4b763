"""One life of the fake browser's page: bridge.js and the wa-js behind it, as far as the port can tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from wppmt.browser.cdp import json_text
from wppmt.browser.fake import connection
from wppmt.browser.fake.connection import Connection
from wppmt.browser.fake.limits import FakeLimits
from wppmt.browser.fake.told import told_inventory, told_message
from wppmt.browser.fake.world import Surroundings
from wppmt.browser.port import PageEvent
from wppmt.domain.chats import IGNORED_AT_FIRST, is_ignored
from wppmt.domain.inventory import WA_JS, Inventory
from wppmt.domain.page_condition import Facts

RING = 1000
CODES_IN_A_BATCH = 6
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
        self.acks_held = False
        self.rejection: str | None = None
        self.refusals: list[str] = []
        """Why the server refuses the next messages."""
        self.limits = FakeLimits()
        self.inventory: Inventory | None = browser.inventory
        """None: not sure yet."""
        self.unheard: list[dict[str, Any]] = []
        """What it holds and no event told of."""
        self.deaf = False
        """Messages come into its store, and no event tells of them."""
        self.ignored: frozenset[str] = frozenset(IGNORED_AT_FIRST)
        """Kinds of chats of which nothing is told."""
        self.is_replaced = False
        """The login is used elsewhere: WhatsApp's server says nothing more to this page, which shows nothing of it."""
        self._browser = browser
        self._world = browser.browsers.world
        self._times = browser.browsers.times
        self._profile = self._world.profiles[browser.session_id]
        self._facts = Facts()
        self._is_ready = False
        self._codes: set[str] = set()
        self._codes_left = CODES_IN_A_BATCH
        self._ring: deque[PageEvent] = deque(maxlen=RING)
        self._asleep: list[Callable[[], None]] = []

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
        if not self.is_current or self._defer(self.become_ready):
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
            self._rotate(self._times.first_qr)
        self.emit("ready", {"facts": self.told_facts()})
        self.resume()
        self._look_later()

    def _look_later(self) -> None:
        self._browser.later(LOOK_BEATS * self._times.beat, self._look)

    def _look(self) -> None:
        """It may not hear what it stores, and says so."""
        if not self.is_current or self._defer(self._look):
            return
        if self.unheard:
            self.emit("unheard", {})
        self._look_later()

    def reload(self) -> None:
        """By itself: whoever asked for it has the answer by then."""
        self._browser.later(self._times.call, self._browser.reload)

    def enter_main(self) -> None:
        """The phone has scanned."""
        self._facts = self._main_facts()
        self._codes.clear()
        self.emit("facts_changed", {"facts": self.told_facts()})
        self.resume()

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
            self.resume()

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
        if not self.is_current or self._defer(lambda: self.emit(name, data)):
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

    def _defer(self, function: Callable[[], None]) -> bool:
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

    # ---- pairing

    def shows(self, code: str) -> bool:
        return code in self._codes

    def show_code(self, code: str | None = None, seconds: float | None = None) -> str:
        """A new QR text instead of the old one, for so many seconds."""
        text = code or f"2@{self.name}-{self.last}"
        self._codes = {text}
        ttl, at = 1000 * (seconds or self._times.qr), 1000 * self._browser.browsers.now()
        self.emit("qr_changed", {"code": text, "ttlMs": int(ttl), "at": at})
        return text

    def show_pairing_code(self, number: str) -> str:
        """Eight characters, for the phone to type; the same as long as they are shown."""
        code = f"{number[::-1]:0>8}"[:8]
        if code not in self._codes:
            self._codes.add(code)
            self.emit("pairing_code_changed", {"code": code})
        return code

    def unlink(self, reason: str) -> None:
        """The login is worth nothing any more; the page hears of it, clears itself and loads anew."""
        self._world.unlink(self._browser.session_id, page_is_open=self.is_current)
        self._browser.goodbye = reason
        self.emit("logged_out", {"reason": reason})
        at_the_codes = connection.CODES.facts(registered=False)
        self.set_facts(authenticated=False, registered=False, phone="", pushname="", **at_the_codes)
        self._browser.later(self._times.logout_reload, self._browser.reload)

    def refresh_codes(self) -> None:
        """A new batch, for a page whose codes are spent."""
        if self._facts.socket == connection.NO_MORE_CODES.state:
            self._codes_left = CODES_IN_A_BATCH
            self.connect(connection.CODES)
            self._rotate(self._times.first_qr)

    def _rotate(self, seconds: float) -> None:
        if not self.is_current or self._facts.authenticated:
            return
        if not self._codes_left:
            self._codes.clear()
            self.connect(connection.NO_MORE_CODES)
            return
        self._codes_left -= 1
        self.show_code(seconds=seconds)
        self._browser.later(seconds, lambda: self._rotate(self._times.qr))

    # ---- messages

    def take_undelivered(self) -> None:
        """Messages that wait at the server, in order; only a page in WhatsApp's main screen is connected."""
        if not self.is_current or not self.is_connected or self._defer(self.take_undelivered):
            return
        phone = self._world.phones[self._profile.login or ""]
        waiting, phone.undelivered = phone.undelivered, []
        for message in (one for one in waiting if "target" not in one):
            shape = told_message(message, self._facts.phone)
            self._profile.received.append(shape)
            if "bytes" in message:
                self._profile.media[shape["messageId"]] = message["bytes"]
            if self.deaf or message.get("unheard"):
                self.unheard.append(shape)
            elif not is_ignored(shape["chatId"], self.ignored):
                self.emit("message_sent" if shape["fromMe"] else "message_received", {"message": shape})

    def take_receipts(self) -> None:
        """Steps forward of own messages, each told once."""
        if not self.is_current or not self.is_connected or self._defer(self.take_receipts):
            return
        waiting, self._profile.receipts = self._profile.receipts, []
        for message_id, ack in waiting:
            message = self._profile.sent.get(message_id)
            if message is not None and ack > message["ack"]:
                message["ack"] = ack
                to = message["to"]
                self.emit("ack_changed", {"id": message_id, "chatId": to, "ack": ack, "to": to})

    def resume(self) -> None:
        """Connected: what the server has kept is delivered, what it has not acknowledged is sent again."""
        if not self.is_connected:
            return
        self.take_undelivered()
        self.take_receipts()
        for message_id, message in list(self._profile.sent.items()):
            if message["ack"] == 0 and not message["failed"]:
                self.to_server(message_id)

    def fail(self, message_id: str, reason: str) -> None:
        """It will not be sent any more."""
        self._profile.sent[message_id]["ack"] = -1
        self.limits.met(reason)
        self.emit("send_failed", {"id": message_id, "reason": reason, "until": self.limits.end_of(reason)})

    def set_limit(self, name: str, *, active: bool, until: float | None, **more: Any) -> None:
        """WhatsApp has set or lifted `reachout` (`kind`) or `quota` (`status`, `used`, `total`), and tells the page."""
        self.limits.put(name, active=active, until=until, **more)
        self.emit("limits_changed", self.limits.told)

    def hand_over(self, message_id: str) -> None:
        """A message that the page holds goes its way; without a connection, it has failed."""
        if self._facts.stream == "CONNECTED":
            self.to_server(message_id)
        else:
            self._profile.sent[message_id]["failed"] = True
            self.emit("send_failed", {"id": message_id, "reason": "error_network"})

    def to_server(self, message_id: str) -> None:
        """What does not arrive because the connection went is sent again by `resume`."""
        self._browser.later(self._times.server, lambda: self._arrive(message_id))

    def _arrive(self, message_id: str) -> None:
        message = self._profile.sent.get(message_id)
        if message is None or message["ack"] != 0 or not self.is_current or not self.is_connected:
            return
        if self._defer(lambda: self._arrive(message_id)):
            return
        if self.refusals:
            self.fail(message_id, self.refusals.pop(0))
            return
        if not message["arrived"]:
            message["arrived"] = True
            self._deliver(message_id, message)
        if not self.acks_held:
            self._profile.receipts.append((message_id, 1))
            self.take_receipts()

    def _deliver(self, message_id: str, message: Mapping[str, Any]) -> None:
        browsers = self._browser.browsers
        arrival = {
            "id": message_id,
            "from": self._facts.phone,
            "name": self._facts.pushname,
            "type": "chat",
            "body": message["text"],
            "t": browsers.now(),
            **message["more"],
        }
        browsers.deliver(message["to"].removesuffix("@c.us"), arrival)
