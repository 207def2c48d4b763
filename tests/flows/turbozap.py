"""TurboZap (docs/MULTI_TENANT_ARCHITECTURE.md 8): calls the API, takes the webhooks and keeps books of its own."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from tests.system.api import Answer, Json
from tests.system.daemon import Daemon
from tests.system.receiver import WAIT_SECONDS, Receiver
from tests.system.tenant import Tenant
from wppmt.cli.gateway import read_qr

MESSAGES_PER_DAY = 35


@dataclass
class Customer:
    """A row of TurboZap's books, and the customer's phone."""

    session: str
    shown: str = ""
    """What the customer's panel says."""
    left_today: int = MESSAGES_PER_DAY
    history: dict[str, str] = field(default_factory=dict)
    """Message id → what is shown beside it."""


class TurboZap:
    """Calls are those of the flows: method, address, body."""

    def __init__(self, daemon: Daemon, receiver: Receiver, customer: Customer) -> None:
        self.customer = customer
        self.webhook_url = receiver.sink.url
        self._api = daemon.api
        self._tenant = Tenant(daemon, receiver, customer.session)

    @property
    def phone(self) -> str:
        """The customer's number."""
        return self._tenant.phone

    def post(self, verb: str, body: Json | None = None) -> Answer:
        """`POST /api/sessions/<sessionId>/<verb>`."""
        if verb == "start":
            return self._tenant.start(**(body or {}))
        return self._tenant.post(verb, body)

    def get(self, what: str) -> Json:
        """`GET /api/sessions/<sessionId>/<what>`."""
        return self._api.get(f"{self._tenant.path}/{what}")

    def call(self, method: str, what: str, body: Json | None = None) -> Answer:
        """Any other method of `/api/sessions/<sessionId>/<what>`."""
        return self._api.call(method, f"{self._tenant.path}/{what}".rstrip("/"), body)

    def delete(self, query: str = "") -> Answer:
        """`DELETE /api/sessions/<sessionId>`."""
        return self._api.call("DELETE", f"{self._tenant.path}{query}")

    def hears(self, event: str, /, limit: float = WAIT_SECONDS, **fields: object) -> Json:
        """The next webhook of this kind; its signature is checked."""
        return self._tenant.hears(event, limit, **fields)

    def heard(self, event: str) -> list[Json]:
        """All webhooks of this kind so far."""
        return [one for one in self._tenant.webhooks().values() if one["event"] == event]

    def show_qr(self, picture: str) -> str:
        """The panel shows the webhook's picture; what a phone's camera reads there."""
        assert picture.startswith("data:image/png;base64,")
        text = read_qr(base64.b64decode(picture.partition(",")[2]))
        assert text
        self.customer.shown = "Leia o QR Code"
        return text

    def scan(self, qr: str) -> str:
        """The customer's phone; the device that it linked."""
        return self._tenant.scan(qr)

    def devices(self) -> list[Json]:
        return self._tenant.devices()

    def connected(self) -> TurboZap:
        """A customer whose onboarding is done."""
        self._tenant.connect()
        self.customer.shown = "Conectado ✓"
        return self
