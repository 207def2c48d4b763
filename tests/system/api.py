"""The gateway's HTTP API as TurboZap calls it: a token, JSON, kept-alive connections."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
import urllib3

from wppmt.cli.gateway import read_qr

Json = dict[str, Any]
TOKEN_SECONDS = 600
PROBE_SECONDS = 2.0


class Answer:
    """What came back. `json` only where that was promised."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body: bytes = response.data

    @property
    def json(self) -> Json:
        value: Json = json.loads(self.body)
        return value

    def __repr__(self) -> str:
        return f"{self.status} {self.body[:500]!r}"


class Api:
    """Thread-safe."""

    def __init__(self, port: int, secret: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._secret = secret
        self._pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=urllib3.Timeout(120))

    def fresh(self) -> Api:
        """As another client, whose connections are its own."""
        return Api(int(self.url.rpartition(":")[2]), self._secret)

    def token(self, **claims: Any) -> str:
        """One that may act for every session, unless `claims` say otherwise."""
        now = int(time.time())
        claims = {"sub": "turbozap", "iat": now, "exp": now + TOKEN_SECONDS, "scope": "wpp:admin"} | claims
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def call(
        self,
        method: str,
        path: str,
        body: Json | bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Answer:
        """`token` "" sends none."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        token = self.token() if token is None else token
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        return Answer(self._pool.request(method, f"{self.url}{path}", body=data, headers=sent))

    def get(self, path: str) -> Json:
        """The JSON of an answer that must be a yes."""
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def qr_text(self, session: str) -> str | None:
        """What a QR reader sees in the picture that the API shows; None when it shows none."""
        picture = self.call("GET", f"/api/sessions/{session}/qrcode", headers={"Accept": "image/png"})
        return read_qr(picture.body) if picture.headers.get("Content-Type") == "image/png" else None

    def is_ready(self) -> bool:
        try:
            # Who waits on a socket that nobody serves yet asks again: its daemon may have given up.
            answer = self._pool.request("GET", f"{self.url}/readyz", timeout=PROBE_SECONDS)
            return answer.status == 200
        except urllib3.exceptions.HTTPError:
            return False
