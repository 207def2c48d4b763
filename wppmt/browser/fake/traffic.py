"""What goes between the fake page and WhatsApp's server: messages both ways, and their receipts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wppmt.browser.fake.told import told_message
from wppmt.domain.chats import IGNORED_AT_FIRST, is_ignored

if TYPE_CHECKING:
    from wppmt.browser.fake.page import FakePage, PageHost


class Traffic:
    """Of one page; nothing goes while that is not connected."""

    def __init__(self, page: FakePage, browser: PageHost) -> None:
        self.acks_held = False
        self.refusals: list[str] = []
        """Why the server refuses the next messages."""
        self.unheard: list[dict[str, Any]] = []
        """What the page holds and no event told of."""
        self.deaf = False
        """Messages come into its store, and no event tells of them."""
        self.ignored: frozenset[str] = frozenset(IGNORED_AT_FIRST)
        """Kinds of chats of which nothing is told."""
        self._page = page
        self._browser = browser
        self._world = browser.browsers.world
        self._times = browser.browsers.times
        self._profile = self._world.profiles[browser.session_id]

    def take_undelivered(self) -> None:
        """Messages that wait at the server, in order; only a page in WhatsApp's main screen is connected."""
        if (
            not self._page.is_current
            or not self._page.is_connected
            or self._page.defer(self.take_undelivered)
        ):
            return
        phone = self._world.phones[self._profile.login or ""]
        waiting, phone.undelivered = phone.undelivered, []
        for message in (one for one in waiting if "target" not in one):
            shape = told_message(message, self._page.facts.phone)
            self._profile.received.append(shape)
            if "bytes" in message:
                self._profile.media[shape["messageId"]] = message["bytes"]
            if self.deaf or message.get("unheard"):
                self.unheard.append(shape)
            elif not is_ignored(shape["chatId"], self.ignored):
                self._page.emit("message_sent" if shape["fromMe"] else "message_received", {"message": shape})

    def take_receipts(self) -> None:
        """Steps forward of own messages, each told once."""
        if not self._page.is_current or not self._page.is_connected or self._page.defer(self.take_receipts):
            return
        waiting, self._profile.receipts = self._profile.receipts, []
        for message_id, ack in waiting:
            message = self._profile.sent.get(message_id)
            if message is not None and ack > message["ack"]:
                message["ack"] = ack
                to = message["to"]
                self._page.emit("ack_changed", {"id": message_id, "chatId": to, "ack": ack, "to": to})

    def resume(self) -> None:
        """Connected: what the server has kept is delivered, what it has not acknowledged is sent again."""
        if not self._page.is_connected:
            return
        self.take_undelivered()
        self.take_receipts()
        for message_id, message in list(self._profile.sent.items()):
            if message["ack"] == 0 and not message["failed"]:
                self.to_server(message_id)

    def fail(self, message_id: str, reason: str) -> None:
        """It will not be sent any more."""
        self._profile.sent[message_id]["ack"] = -1
        self._page.limits.met(reason)
        self._page.emit(
            "send_failed", {"id": message_id, "reason": reason, "until": self._page.limits.end_of(reason)}
        )

    def hand_over(self, message_id: str) -> None:
        """A message that the page holds goes its way; without a connection, it has failed."""
        if self._page.facts.stream == "CONNECTED":
            self.to_server(message_id)
        else:
            self._profile.sent[message_id]["failed"] = True
            self._page.emit("send_failed", {"id": message_id, "reason": "error_network"})

    def to_server(self, message_id: str) -> None:
        """What does not arrive because the connection went is sent again by `resume`."""
        self._browser.later(self._times.server, lambda: self._arrive(message_id))

    def _arrive(self, message_id: str) -> None:
        message = self._profile.sent.get(message_id)
        if message is None or message["ack"] != 0 or not self._page.is_current or not self._page.is_connected:
            return
        if self._page.defer(lambda: self._arrive(message_id)):
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
            "from": self._page.facts.phone,
            "name": self._page.facts.pushname,
            "type": "chat",
            "body": message["text"],
            "t": browsers.now(),
            **message["more"],
        }
        browsers.deliver(message["to"].removesuffix("@c.us"), arrival)
