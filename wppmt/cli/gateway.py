"""The gateway's API as the command line calls it: the way TurboZap does, over HTTP with a token."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from tenacity import RetryCallState

from wppmt.app.settings import HttpSettings
from wppmt.cli.errors import CommandFailed
from wppmt.domain.system_errors import explain
from wppmt.polling import poll

if TYPE_CHECKING:
    from PIL.Image import Image

TIMEOUT_SECONDS = 90.0
"""More than the longest answer takes: a logout of a session whose browser has to be opened for it."""
PROBE_SECONDS = 2.0
QR_LIMIT_SECONDS = 60.0
QUICK_SECONDS = 3.0
UNREACHABLE, OUTCOME_UNKNOWN = "UNREACHABLE", "OUTCOME_UNKNOWN"
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
    """The gateway refused (`status`, `code`, a Portuguese text), or cannot be reached (status 0, `UNREACHABLE`).

    `OUTCOME_UNKNOWN`: what was asked for may have been done all the same.
    """

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

    def is_there(self) -> bool:
        """Whether anything answers at all."""
        try:
            self._request("GET", "/healthz", seconds=PROBE_SECONDS)
        except GatewayError as refusal:
            return refusal.code != UNREACHABLE
        return True

    def health(self) -> Json:
        """Also of a daemon that is being ended, which answers 503."""
        answer: Json = json.loads(self._request("GET", "/api/health", accepted=503))
        return answer

    def start(self, session: str, webhook_url: str, events: Sequence[str] = ()) -> Json:
        """Without `events`, those that everybody gets."""
        wanted = {"events": list(events)} if events else {}
        return self.call("POST", session, "start", {"webhookUrl": webhook_url, **wanted})

    def status(self, session: str) -> Json:
        return self.ask("GET", f"/api/sessions/{session}/status")

    def qr_code(self, session: str) -> Json:
        return self.ask("GET", f"/api/sessions/{session}/qrcode")

    def send(self, session: str, phone: str, text: str) -> Json:
        return self.ask("POST", f"/api/sessions/{session}/send-message", {"phone": phone, "message": text})

    def call(self, method: str, session: str, path: str, body: Json | None = None) -> Json:
        """Any route of a session."""
        return self.ask(method, f"/api/sessions/{session}/{path}", body)

    def close(self, session: str) -> Json:
        return self.ask("DELETE", f"/api/sessions/{session}")

    def ask(self, method: str, path: str, body: Json | None = None, **query: object) -> Json:
        """Any route. What is None in `query` is left out."""
        given = {name: value for name, value in query.items() if value is not None}
        answer: Json = json.loads(
            self._request(method, f"{path}?{urlencode(given)}" if given else path, body)
        )
        return answer

    def upload(self, path: str, content: BinaryIO, size: int) -> Json:
        """A file as the body of a POST: `size` bytes, from where `content` stands."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        answer: Json = json.loads(self._request("POST", path, content=content, headers=headers))
        return answer

    def _request(  # noqa: PLR0913 - the one way out, for every kind of request
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        content: BinaryIO | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        seconds: float = TIMEOUT_SECONDS,
        accepted: int = 200,
    ) -> bytes:
        """The body of an answer. `accepted`: a status that is no refusal, besides the successes."""
        headers = {"Authorization": f"Bearer {self._make_token()}", **headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = content if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}{path}", data, headers, method=method)  # noqa: S310 - the address is our own
        try:
            with _open(request, timeout=seconds) as answer:
                said: bytes = answer.read()
                return said
        except HTTPError as failure:
            if failure.code == accepted:
                with failure:
                    return failure.read()
            raise _refusal(failure, method) from None
        except (URLError, HTTPException, OSError) as failure:
            # urllib wraps what goes wrong before the request is out, and only that.
            is_lost = method != "GET" and not isinstance(failure, URLError)
            code, what = (OUTCOME_UNKNOWN, "cortou a conexão") if is_lost else (UNREACHABLE, "não responde")
            raise GatewayError(0, code, f"A API {what} em {self.url} ({_why(failure)})") from None


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
    # Here, so that no other command waits for it.
    from PIL import Image  # noqa: PLC0415

    found = qr_reader()(Image.open(io.BytesIO(picture)))
    return found[0].text if found else None


def qr_reader() -> Callable[[Image], Sequence[Any]]:
    """Finds the codes in a picture. Raises CommandFailed where the optional package for that is not installed."""
    try:
        from zxingcpp import read_barcodes  # noqa: PLC0415 - the daemon does without it
    except ImportError:
        raise CommandFailed(f"Para ler o QR Code falta o extra demo: {INSTALL_DEMO}") from None
    return read_barcodes


def _refusal(failure: HTTPError, method: str) -> GatewayError:
    """Only a 4xx and a 503 say that surely nothing was done (docs/contract.md 6)."""
    is_unknown = method != "GET" and failure.code >= 500 and failure.code != 503
    with failure:
        try:
            body = json.loads(failure.read())
            return GatewayError(
                failure.code, OUTCOME_UNKNOWN if is_unknown else body["code"], _told(body, failure.code)
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            code = OUTCOME_UNKNOWN if is_unknown else "UNEXPECTED"
            return GatewayError(failure.code, code, f"A API respondeu {failure.code}")


def _told(body: Json, status: int) -> str:
    """The sentence, with what it names: the fields, and of what went wrong inside the request's id."""
    details = [f"{detail['field']}: {detail['problem']}" for detail in body.get("details") or ()]
    told = f"{body['error']} ({'; '.join(details)})" if details else str(body["error"])
    return f"{told} [requestId {body.get('requestId')}]" if status >= 500 and status != 503 else told
