"""WhatsApp as the fake browser knows it: numbers, who is linked where, what each phone has received. No threads."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Protocol

from wppmt.domain.inventory import WHOLE, Inventory

_FORMS = (
    (re.compile(r"55(\d\d)9([6-9]\d{7})"), r"55\1\2"),
    (re.compile(r"55(\d\d)([6-9]\d{7})"), r"55\g<1>9\2"),
    (re.compile(r"521(\d{10})"), r"52\1"),
    (re.compile(r"52(\d{10})"), r"521\1"),
    (re.compile(r"549(\d{10})"), r"54\1"),
    (re.compile(r"54(\d{10})"), r"549\1"),
)
"""Mobile numbers that people write in two ways: Brazil, Mexico, Argentina."""


@dataclass(slots=True)
class Phone:
    """A number on WhatsApp. `linked` is the session whose profile holds its login."""

    number: str
    name: str = ""
    is_business: bool = False
    is_online: bool = True
    is_saved: bool = False
    """In others' address books."""
    linked: str | None = None
    undelivered: list[dict[str, Any]] = field(default_factory=list)
    """For the linked page, while it is away."""


@dataclass(slots=True)
class FakeProfile:
    """What a session's profile folder keeps, also when its browser is killed."""

    login: str | None = None
    is_saved: bool = True
    """The login is on the disk."""
    is_stale: bool = False
    """A login is kept that WhatsApp has forgotten: it was unlinked while no page was open."""
    was_used: bool = False
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Own messages by id: `to`, `ack`, `text`."""
    receipts: list[tuple[str, int]] = field(default_factory=list)
    """Of own messages: id and ack, for the page to hear of."""
    received: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    """Of received messages, by `messageId`."""


@dataclass(frozen=True, slots=True)
class FakeTimes:
    """Seconds; as measured on the real one."""

    ready: float = 0.85
    call: float = 0.003
    server: float = 0.02
    beat: float = 10.0
    first_qr: float = 60.0
    qr: float = 20.0
    logout_reload: float = 1.0
    commit: float = 1.0
    """Until Chrome has written a new login to the disk."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """A daemon's: pages of another `number` are outdated, those of another `shape` cannot be adopted."""

    number: int = 1
    shape: int = 1


class FakeWhatsApp:
    """WhatsApp's server and the phones around it."""

    def __init__(self) -> None:
        self.phones: dict[str, Phone] = {}
        self.profiles: defaultdict[str, FakeProfile] = defaultdict(FakeProfile)
        self.copies: defaultdict[str, list[FakeProfile]] = defaultdict(list)
        self.quarantine: defaultdict[str, list[FakeProfile]] = defaultdict(list)
        self.inboxes: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        """Every arrival by number or group id, a second one with the same id too."""
        self.inventories: dict[str, Inventory] = {}
        """Of sessions whose page lacks something."""
        self.bridge = Bridge()
        """What a browser that opens now is given."""
        self.wa_js: Callable[[str], str] = lambda _: ""
        """The wa-js that a browser of this session is given."""
        self.broken_wa_js: dict[str, Inventory] = {}
        """What a page has by such a one, by its name."""
        self._numbers = itertools.count(1)

    def inventory_of(self, session_id: str) -> Inventory:
        """What its next page has."""
        name = self.wa_js(session_id)
        usual = self.inventories.get(session_id, WHOLE)
        return replace(self.broken_wa_js.get(name, usual), wa_js=name)

    def add_phone(self, number: str, name: str = "", *, is_business: bool = False) -> Phone:
        """A number that exists on WhatsApp; the same one again is left as it is."""
        return self.phones.setdefault(number, Phone(number, name or f"Pessoa {number[-4:]}", is_business))

    def find(self, typed: str) -> Phone | None:
        """The number as typed, else with or without Brazil's ninth digit."""
        for form in (typed, other_form(typed)):
            if form in self.phones:
                return self.phones[form]
        return None

    def new_id(self) -> str:
        """In WhatsApp's form."""
        return f"3EB0{next(self._numbers):018X}"

    def link(self, number: str, session_id: str) -> Phone:
        """The phone has scanned: the session's profile holds its login from now on."""
        phone = self.add_phone(number)
        phone.linked = session_id
        profile = self.profiles[session_id]
        profile.login = number
        profile.is_saved = False
        return phone

    def lose_unsaved(self, session_id: str) -> None:
        """The browser was killed: a login that had not reached the disk is gone, though the phone shows it linked."""
        if session_id in self.profiles and not self.profiles[session_id].is_saved:
            self.profiles[session_id].login = None
            self.profiles[session_id].is_saved = True

    def unlink(self, session_id: str, *, page_is_open: bool = True) -> None:
        """The login in the profile is worth nothing any more; a page that is away finds out when it comes back."""
        profile = self.profiles[session_id]
        if profile.login and self.phones[profile.login].linked == session_id:
            self.phones[profile.login].linked = None
        profile.is_stale = profile.login is not None and not page_is_open
        profile.login = None

    def arrive(self, to: str, message: dict[str, Any]) -> None:
        """A message has reached WhatsApp's server and the phone behind `to`."""
        self.inboxes[to].append(message)


class Surroundings(Protocol):
    """What a fake browser and its page find around them."""

    world: FakeWhatsApp
    times: FakeTimes

    def now(self) -> float:
        """Epoch seconds, for messages."""

    def schedule(self, delay: float, function: Callable[[], None], /) -> object: ...

    def deliver(self, to: str, message: dict[str, Any]) -> None: ...


def other_form(number: str) -> str | None:
    """The other way to write this number, where there is one."""
    found = ((pattern.fullmatch(number), form) for pattern, form in _FORMS)
    return next((match.expand(form) for match, form in found if match), None)


def login_items(profile: FakeProfile) -> dict[str, str]:
    """What of the page's localStorage makes the login."""
    return {"last-wid-md": sha256(profile.login.encode()).hexdigest()} if profile.login else {}
