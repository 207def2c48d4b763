"""What WhatsApp, its server and the phones do to a fake browser's page, by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from wppmt.browser.fake import connection
from wppmt.browser.fake.page import FakePage
from wppmt.browser.fake.world import Surroundings
from wppmt.domain.inventory import Inventory


class BrowserHost(Surroundings, Protocol):
    """Where a browser comes from: the levers of its start, and the profiles' locks."""

    def next_refusal(self, session_id: str) -> str | None: ...

    def next_start_hangs(self, session_id: str) -> bool: ...

    def is_locked(self, session_id: str) -> bool: ...

    def send_from_phone(self, number: str, to: str, body: str, **more: Any) -> str: ...


class WhatsAppLevers(ABC):
    """Of the browser that this is."""

    browsers: BrowserHost
    session_id: str
    inventory: Inventory | None
    page: FakePage

    @abstractmethod
    def later(self, delay: float, function: Callable[[], None]) -> None: ...

    @abstractmethod
    def save_login(self) -> None: ...

    def show_qr(self, code: str | None = None) -> str:
        """Rotates the QR code now; its text."""
        return self.page.codes.show(code)

    def scan(self, number: str) -> None:
        """The phone scans whatever is shown: the page is linked."""
        self.browsers.world.link(number, self.session_id)
        self.page.enter_main()
        self.later(self.browsers.times.commit, self.save_login)

    def receive(self, sender: str, body: str = "oi", *, unheard: bool = False, **more: Any) -> str:
        """Somebody writes to this session's number. `unheard`: it lies in the chats, but no event told of it."""
        number = self.browsers.world.profiles[self.session_id].login
        if number is None:
            raise ValueError("no phone is linked")
        return self.browsers.send_from_phone(sender, number, body, unheard=unheard, **more)

    def write_on_phone(self, to: str, body: str = "oi", **more: Any) -> str:
        """The owner writes to somebody on the phone."""
        number = self.browsers.world.profiles[self.session_id].login
        if number is None:
            raise ValueError("no phone is linked")
        return self.browsers.send_from_phone(number, number, body, chat=to, **more)

    def happens(self, name: str, /, **data: Any) -> None:
        """Something around messages, by the page's own words: `message_reaction`, `group_change`, …"""
        self.page.emit(name, data)

    def ack(self, message_id: str, ack: int) -> None:
        """The receiving phone has it (2), has read it (3), has played it (4)."""
        self.browsers.world.profiles[self.session_id].receipts.append((message_id, ack))
        self.page.traffic.take_receipts()

    def hold_acks(self, held: bool = True) -> None:
        """WhatsApp's server takes messages, but acknowledges none until this ends."""
        self.page.traffic.acks_held = held
        if not held:
            self.page.traffic.resume()

    def reject_sends(self, reason: str | None) -> None:
        """Every send is rejected by the page with this word; None ends it."""
        self.page.rejection = reason

    def fail_send(self, message_id: str, reason: str = "error_unknown") -> None:
        """WhatsApp marks a message that the page holds as failed."""
        self.page.traffic.fail(message_id, reason)

    def refuse_next_send(self, reason: str = "error_unknown") -> None:
        """WhatsApp's server refuses the next message, which the page holds already."""
        self.page.traffic.refusals.append(reason)

    def phone_offline(self) -> None:
        """A page that does say so; WhatsApp's of today does not."""
        self.page.set_facts(phone_online=False)

    def phone_online(self) -> None:
        self.page.set_facts(phone_online=True)

    def network_lost(self) -> None:
        """The browser knows that it is offline."""
        self.page.connect(connection.OFFLINE)

    def socket_lost(self) -> None:
        """The page notices that WhatsApp's server is away, and looks for it."""
        self.page.connect(connection.LOST)

    def network_back(self) -> None:
        self.page.connect(connection.CONNECTED)

    def replaced(self) -> None:
        """The login was opened elsewhere: WhatsApp's server hangs up, and the page shows nothing of it."""
        self.page.is_replaced = True

    def needs_update(self) -> None:
        self.page.set_facts(needs_update=True)
        self.page.emit("needs_update", {})

    def unlink(self, reason: str = "unknown_companion") -> None:
        """On the phone, the device is removed."""
        self.page.unlink(reason)

    def change(self, inventory: Inventory) -> None:
        """WhatsApp has changed: this is what the page has from now on, and every page after it."""
        self.inventory = self.browsers.world.inventories[self.session_id] = inventory
        self.page.take_inventory(inventory)

    def set_facts(self, **changes: Any) -> None:
        """Whatever the levers above don't say, by the names of Facts."""
        self.page.set_facts(**changes)
