"""One customer of TurboZap: a session, a number of its own, and the webhooks that come for it."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Mapping
from typing import Any

import psutil

from tests.support import wait_until
from tests.system.api import Answer, Json
from tests.system.daemon import Daemon
from tests.system.receiver import WAIT_SECONDS, Arrival, Receiver

_numbers = itertools.count(1)


def new_phone() -> str:
    """A mobile number that nobody has, with digits by which it would be known in a log."""
    return f"551198{secrets.randbelow(10**3):03d}{next(_numbers):04d}"


def new_text() -> str:
    return f"Olá! ção 🙂 <b>& {secrets.token_hex(8)}"


class Tenant:
    """What the customer does and hears. The session is started by `start`, `show_qr` or `connect`."""

    def __init__(self, daemon: Daemon, receiver: Receiver, name: str) -> None:
        self.daemon = daemon
        self.name = name
        self.path = f"/api/sessions/{name}"
        self.phone = new_phone()
        self.heard = 0
        """The sequence of the last event that `hears` gave."""
        self._receiver = receiver
        self._secret = ""
        daemon.private.add(self.phone)
        daemon.phones.register(self.phone, name.title())

    # What it does.

    def start(self, **body: Any) -> Answer:
        webhook = {"webhookUrl": self._receiver.sink.url}
        answer = self.daemon.api.call("POST", f"{self.path}/start", webhook | body)
        if secret := answer.json.get("webhookSecret"):
            self._secret = str(secret)
            self.daemon.private.add(self._secret)
        return answer

    def want_all(self) -> None:
        """Every kind of event from now on, not only those that come unasked."""
        wanted = {"url": self._receiver.sink.url, "events": ["*"]}
        assert self.daemon.api.call("PUT", f"{self.path}/webhook", wanted).status == 200

    def show_qr(self) -> str:
        """Start, and read the QR picture of the API as soon as the webhook tells of one."""
        assert self.start().status in {200, 201}
        self.hears("qr_code")
        return self.read_qr()

    def read_qr(self) -> str:
        """The QR picture's text, as any reader sees it."""
        qr = wait_until(lambda: self.daemon.api.qr_text(self.name), WAIT_SECONDS)
        assert qr is not None
        self.daemon.private.add(qr)
        return qr

    def scan(self, qr: str) -> str:
        """The phone scans; the device that it linked."""
        return self.daemon.phones.scan(self.phone, qr)

    def connect(self) -> Tenant:
        """From nothing to connected, with a login that outlives a kill."""
        self.scan(self.show_qr())
        self.hears("connection_change", status="connected")
        wait_until(self._is_login_saved, WAIT_SECONDS)
        return self

    def _is_login_saved(self) -> bool:
        return any(
            line["event"] == "login_saved" and line["sessionId"] == self.name for line in self.daemon.log()
        )

    def send(self, to: str, text: str, **body: Any) -> Answer:
        self.daemon.private |= {to.removeprefix("+"), text}
        return self.post("send-message", {"phone": to, "message": text} | body)

    def post(self, verb: str, body: Json | None = None) -> Answer:
        return self.daemon.api.call("POST", f"{self.path}/{verb}", body)

    def close(self) -> Answer:
        return self.daemon.api.call("DELETE", self.path)

    def purge(self) -> Answer:
        return self.daemon.api.call("DELETE", f"{self.path}?purge=true")

    # What it hears and sees.

    def hears(self, event: str, /, limit: float = WAIT_SECONDS, **fields: Any) -> Json:
        """The next webhook of this kind, after the one heard last, properly signed."""
        return dict(self.arrival(event, limit, **fields).event)

    def arrival(self, event: str, /, limit: float = WAIT_SECONDS, **fields: Any) -> Arrival:
        """As `hears`, with the time at which it came."""

        def is_it(body: Mapping[str, Any]) -> bool:
            return (
                body["sessionId"] == self.name
                and body["sequence"] > self.heard
                and body["event"] == event
                and all(body.get(name) == value for name, value in fields.items())
            )

        arrival = self._receiver.wait_for(is_it, f"{self.name} {event} {fields}", limit)
        assert arrival.delivery.is_signed_with(self._secret), "the signature is not the session's"
        self.heard = arrival.event["sequence"]
        return arrival

    def hears_message(self, text: str, limit: float = WAIT_SECONDS) -> Json:
        """The `message` of the webhook that brings this text, whenever it came."""
        self.daemon.private.add(text)

        def is_it(event: Mapping[str, Any]) -> bool:
            return (event["sessionId"], event.get("message", {}).get("body")) == (self.name, text)

        message: Json = self._receiver.wait_for(is_it, f"{self.name} message", limit).event["message"]
        return message

    def hears_sent(self, message_id: str, limit: float = WAIT_SECONDS) -> None:
        """That WhatsApp has taken it, whenever that came."""

        def is_it(event: Mapping[str, Any]) -> bool:
            told = (event["sessionId"], event.get("messageId"), event.get("status"))
            return told == (self.name, message_id, "sent")

        self._receiver.wait_for(is_it, f"{self.name} sent", limit)

    def changes(self) -> list[tuple[str | None, str]]:
        """The webhooks' story of its state: (previousStatus, status), in order, each event once."""
        return [
            (event["previousStatus"], event["status"])
            for event in self.webhooks().values()
            if event["event"] == "connection_change"
        ]

    def webhooks(self) -> dict[str, Json]:
        """All events so far by their id, in order of arrival."""
        return {arrival.event["id"]: dict(arrival.event) for arrival in self._receiver.of(self.name)}

    def logged_events(self) -> list[Json]:
        """The durable log's view of the same."""
        answer = self.daemon.api.get(f"{self.path}/events?limit=1000")
        events: list[Json] = answer["events"]
        return events

    def status(self) -> Json:
        return self.daemon.api.get(f"{self.path}/status")

    def reaches(self, status: str, limit: float = WAIT_SECONDS) -> Json:
        """Wait by the API rather than by webhook."""
        return (
            wait_until(lambda: found if (found := self.status())["status"] == status else None, limit) or {}
        )

    @property
    def browser(self) -> psutil.Process:
        found = self.daemon.browser(self.name)
        assert found is not None, f"no browser of {self.name}"
        return found

    # Its phone.

    def writes(self, to: str, text: str) -> str:
        """From the phone, past the gateway."""
        self.daemon.private.add(text)
        return self.daemon.phones.write(self.phone, to, text)

    def inbox(self, message_id: str, wait: float = 5.0) -> list[Any]:
        """What its phone has received under this id; waits for the first."""
        lines: list[Any] = []
        end = time.monotonic() + wait
        while not lines and time.monotonic() < end:
            lines = [line for line in self.daemon.phones.inbox(self.phone) if line["id"] == message_id]
            time.sleep(0 if lines else 0.01)
        return lines

    def devices(self) -> list[Any]:
        return list(self.daemon.phones.devices(self.phone))
