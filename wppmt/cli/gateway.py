"""The gateway's API as the command line calls it: the way TurboZap does, over HTTP with a token."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from PIL import Image
from tenacity import RetryCallState

from wppmt.app.settings import HttpSettings
from wppmt.cli.errors import CommandFailed
from wppmt.domain.system_errors import explain
from wppmt.polling import poll

TIMEOUT_SECONDS = 60.0
PROBE_SECONDS = 2.0
QR_LIMIT_SECONDS = 60.0
QUICK_SECONDS = 3.0
SHOWS_NO_QR = {"connected", "disconnected", "error"}
INSTALL_DEMO = "pip install 'wppmt[demo]'"
# The gateway is on this machine: a proxy of the environment must not see these calls.
_open = build_opener(ProxyHandler({})).open

Json = Mapping[str, Any]


ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where it listens, not where we go


def url_of(http: HttpSettings) -> str:
    """The API as this machine reaches it."""
    host = ANYWHERE.get(http.host, http.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{http.port}"


class GatewayError(Exception):
    """The gateway refused (`status`, `code`, a Portuguese text), or cannot be reached (status 0)."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


class Gateway:
    """`make_token` is called for every request, so that a long wait outlives no token."""

    def __init__(self, url: str, make_token: Callable[[], str]) -> None:
        self.url = url.rstrip("/")
        self._make_token = make_token

    def is_ready(self) -> bool:
        try:
            self._request("GET", "/readyz", seconds=PROBE_SECONDS)
        except GatewayError:
            return False
        return True

    def health(self) -> Json:
        return self._json("GET", "/api/health")

    def start(self, session: str, webhook_url: str, events: Sequence[str] = ()) -> Json:
        """Without `events`, those that everybody gets."""
        wanted = {"events": list(events)} if events else {}
        return self.call("POST", session, "start", {"webhookUrl": webhook_url, **wanted})

    def status(self, session: str) -> Json:
        return self._json("GET", f"/api/sessions/{session}/status")

    def qr_code(self, session: str) -> Json:
        return self._json("GET", f"/api/sessions/{session}/qrcode")

    def send(self, session: str, phone: str, text: str) -> Json:
        return self._json("POST", f"/api/sessions/{session}/send-message", {"phone": phone, "message": text})

    def call(self, method: str, session: str, path: str, body: Json | None = None) -> Json:
        """Any route of a session."""
        return self._json(method, f"/api/sessions/{session}/{path}", body)

    def close(self, session: str) -> Json:
        return self._json("DELETE", f"/api/sessions/{session}")

    def _json(self, method: str, path: str, body: Json | None = None) -> Json:
        answer: Json = json.loads(self._request(method, path, body))
        return answer

    def _request(
        self, method: str, path: str, body: Json | None = None, seconds: float = TIMEOUT_SECONDS
    ) -> bytes:
        headers = {"Authorization": f"Bearer {self._make_token()}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}{path}", data, headers, method=method)  # noqa: S310 - the address is our own
        try:
            with _open(request, timeout=seconds) as answer:
                content: bytes = answer.read()
                return content
        except HTTPError as failure:
            raise _refusal(failure) from None
        except (URLError, HTTPException, OSError) as failure:
            raise GatewayError(
                0, "UNREACHABLE", f"A API não responde em {self.url} ({_why(failure)})"
            ) from None


def _why(failure: OSError | HTTPException) -> str:
    reason = failure.reason if isinstance(failure, URLError) else failure
    return explain(reason) if isinstance(reason, OSError) else "a resposta não é HTTP válido"


def wait_for_qr(
    gateway: Gateway, session: str, other_than: str | None = None, limit: float = QR_LIMIT_SECONDS
) -> str:
    """What any QR reader sees in the picture that the API gives, as soon as there is one. Raises GatewayError."""
    answer: Json = {}

    def look() -> str | None:
        nonlocal answer
        answer = gateway.qr_code(session)
        picture = answer.get("qrCode")
        text = read_qr(b64decode(picture.partition(",")[2])) if picture else None
        return None if text == other_than else text

    text = poll(look, limit, _seldom_after_a_while, unless=lambda: answer["status"] in SHOWS_NO_QR)
    if text is None:
        why = answer.get("reason") or answer.get("message") or ""
        raise GatewayError(409, "NO_QR", f"Sem QR Code: a sessão {session} está em {answer['status']}. {why}")
    return text


def _seldom_after_a_while(state: RetryCallState) -> float:
    """Often at first, for a quick scan; then seldom, to stay below the session's rate limit."""
    return 0.1 if (state.seconds_since_start or 0.0) < QUICK_SECONDS else 1.5


def read_qr(picture: bytes) -> str | None:
    """The text of the QR code in a PNG."""
    found = qr_reader()(Image.open(io.BytesIO(picture)))
    return found[0].text if found else None


def qr_reader() -> Callable[[Image.Image], Sequence[Any]]:
    """Finds the codes in a picture. Raises CommandFailed where the optional package for that is not installed."""
    try:
        from zxingcpp import read_barcodes  # noqa: PLC0415 - the daemon does without it
    except ImportError:
        raise CommandFailed(f"Para ler o QR Code falta o extra demo: {INSTALL_DEMO}") from None
    return read_barcodes


def _refusal(failure: HTTPError) -> GatewayError:
    with failure:
        try:
            body = json.loads(failure.read())
            return GatewayError(failure.code, body["code"], body["error"])
        except (ValueError, KeyError, TypeError):
            return GatewayError(failure.code, "UNEXPECTED", f"A API respondeu {failure.code}")
