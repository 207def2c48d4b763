"""A client of the simulator's control API, for the command line, the demo, tests and measurements."""

import base64
import json
from typing import Any, TypedDict, Unpack
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

TIMEOUT_SECONDS = 15.0
# The simulator is on this machine: a proxy of the environment must not see these calls.
_open = build_opener(ProxyHandler({})).open


class AccountInfo(TypedDict):
    phone: str
    name: str
    pushname: str
    isBusiness: bool
    lid: str
    online: bool
    saved: bool | list[str]
    numberUnknown: bool


class AccountDetails(TypedDict, total=False):
    """With ``lid`` others reach the account (and see it) under that hidden id; ``saved``: in whose address books it
    is, all, none or those of some phones; ``number_unknown``: others do not see its number.
    """

    is_business: bool
    pushname: str | None
    lid: str | None
    saved: bool | list[str]
    number_unknown: bool


ON_THE_WIRE = {"is_business": "isBusiness", "number_unknown": "numberUnknown"}


class DeviceInfo(TypedDict):
    """``sockets`` is the number of pages open on the device; ``since`` epoch seconds of the pairing."""

    device: str
    sockets: int
    since: float


# Not as a class: `from` is a keyword, and the names are those of the wire.
InboxLine = TypedDict(
    "InboxLine",
    {
        "seq": int,
        "id": str,
        "chat": str,
        "from": str,
        "author": str | None,
        "type": str,
        "body": str | None,
        "caption": str | None,
        "quoted": str | None,
        "mentions": list[str],
        "fileName": str | None,
        "mimetype": str | None,
        "size": int | None,
        "sha256": str | None,
        "t": int,
    },
)
"""``id`` in WhatsApp's short form (``3EB0…``); ``t`` in epoch seconds; ``sha256`` in hex."""


class SimulatorError(Exception):
    """The simulator refused (``status`` is the HTTP status), or cannot be reached (0)."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


class Simulator:
    def __init__(self, base_url: str) -> None:
        self.url = base_url.rstrip("/")

    def health(self) -> dict[str, str]:
        return self.call("GET", "/health")  # type: ignore[no-any-return]

    def reset(self) -> None:
        self.call("POST", "/reset")

    # --- accounts

    def register(self, phone: str, name: str, **details: Unpack[AccountDetails]) -> AccountInfo:
        """Makes the number exist, or changes it."""
        body: dict[str, Any] = {"name": name}
        for key, value in details.items():
            body[ON_THE_WIRE.get(key, key)] = value
        return self.call("PUT", _account(phone), body)  # type: ignore[no-any-return]

    def accounts(self) -> list[AccountInfo]:
        return self.call("GET", "/accounts")  # type: ignore[no-any-return]

    def scan(self, phone: str, qr: str) -> str:
        """The phone reads the QR's text; answers the device when the page is linked."""
        return str(self.call("POST", f"{_account(phone)}/scan", {"qr": qr})["device"])

    def pair_code(self, phone: str, code: str) -> str:
        """The phone types the pairing code; answers the device when the page is linked."""
        return str(self.call("POST", f"{_account(phone)}/pair-code", {"code": code})["device"])

    def devices(self, phone: str) -> list[DeviceInfo]:
        return self.call("GET", f"{_account(phone)}/devices")  # type: ignore[no-any-return]

    def offline(self, phone: str) -> None:
        self.call("POST", f"{_account(phone)}/offline")

    def online(self, phone: str) -> None:
        self.call("POST", f"{_account(phone)}/online")

    def unlink(self, phone: str) -> None:
        self.call("POST", f"{_account(phone)}/unlink")

    # --- messages

    def write(self, phone: str, to: str, body: str | None = None, *, quoted: str | None = None) -> str:
        """The account writes a text from its phone, ``to`` a number or a group id; answers the id."""
        return str(
            self.call("POST", f"{_account(phone)}/messages", {"to": to, "body": body, "quoted": quoted})["id"]
        )

    def write_media(
        self, phone: str, to: str, data: bytes, mimetype: str, file_name: str, caption: str | None = None
    ) -> str:
        """The account sends a file from its phone; answers the id."""
        media = {"base64": base64.b64encode(data).decode(), "mimetype": mimetype, "fileName": file_name}
        body = {"to": to, "media": media, "caption": caption}
        return str(self.call("POST", f"{_account(phone)}/messages", body)["id"])

    def inbox(self, phone: str, after: int = 0, wait: float = 0) -> list[InboxLine]:
        """What the phone has received after ``after``; waits up to ``wait`` seconds for something."""
        return self._poll(f"{_account(phone)}/inbox", after, wait)  # type: ignore[return-value]

    def receipt(self, phone: str, message_id: str, ack: int) -> None:
        """``phone``, the recipient, has delivered (2), read (3) or played (4) the message."""
        self.call("POST", f"{_account(phone)}/receipts", {"id": message_id, "ack": ack})

    def create_group(self, subject: str, participants: list[str], group_id: str | None = None) -> str:
        body = {"id": group_id, "subject": subject, "participants": participants}
        return str(self.call("POST", "/groups", body)["id"])

    # --- faults and the log

    def fault(self, kind: str, *, phone: str | None = None, count: int | None = None, **options: Any) -> str:
        """Orders a fault; ``options`` as the kind has them (``delayMs``, ``module``, …). Answers its id."""
        body = {"kind": kind, "phone": phone, "count": count, **options}
        return str(self.call("POST", "/faults", body)["id"])

    def faults(self) -> list[dict[str, Any]]:
        return self.call("GET", "/faults")  # type: ignore[no-any-return]

    def delete_fault(self, fault_id: str) -> None:
        self.call("DELETE", f"/faults/{quote(fault_id)}")

    def log(self, after: int = 0, wait: float = 0) -> list[dict[str, Any]]:
        """What happened after ``after``; ``t`` is the machine's monotonic clock in seconds."""
        return self._poll("/log", after, wait)

    def _poll(self, path: str, after: int, wait: float) -> list[dict[str, Any]]:
        query = urlencode({"after": after, "wait": wait})
        return self.call("GET", f"{path}?{query}", extra_seconds=wait)  # type: ignore[no-any-return]

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, extra_seconds: float = 0
    ) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = Request(f"{self.url}/sim{path}", data, method=method)  # noqa: S310 - the address is our own
        try:
            with _open(request, timeout=TIMEOUT_SECONDS + extra_seconds) as response:
                return json.loads(response.read())
        except HTTPError as error:
            raise _refusal(error) from None
        except URLError as error:
            raise SimulatorError(0, "UNREACHABLE", f"o simulador não responde em {self.url}") from error


def _account(phone: str) -> str:
    return f"/accounts/{quote(phone)}"


def _refusal(error: HTTPError) -> SimulatorError:
    try:
        body = json.loads(error.read())
        return SimulatorError(error.code, body["code"], body["error"])
    except (ValueError, KeyError):
        return SimulatorError(error.code, "UNEXPECTED", f"o simulador respondeu {error.code}")
