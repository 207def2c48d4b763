"""The other instance, as this one calls it."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp

from wppmt.domain.system_errors import explain

ASK_SECONDS, SEND_SECONDS = 20.0, 600.0
KEY_HEADER = "X-Move-Key"


class Declined(Exception):
    """The other instance said no; `code` is its own, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Unreachable(Exception):
    """No answer that could be understood: what was asked for may have been done."""


def instance_url(text: str) -> str:
    """Scheme, host and port. Raises ValueError with a Portuguese text; plain HTTP goes to this machine alone."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("não é uma URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("deve ser http://HOST:PORTA ou https://HOST")
    if parts.username or parts.query or parts.fragment or parts.path not in {"", "/"}:
        raise ValueError("só esquema, host e porta, sem caminho nem senha")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("http só para esta máquina; para outra, https")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Remote:
    """Used as `async with`. `token` is for what comes before the key is known there; `tls` shows and demands certificates.

    Without a URL it is one that nobody can reach now.
    """

    def __init__(self, url: str, token: str = "", tls: SSLContext | None = None) -> None:
        self._url = url
        self._token = token
        self._tls = tls
        self._http: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._tls) if self._tls else None
        self._http = aiohttp.ClientSession(connector=connector)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def offer(self, session_id: str, offer: Mapping[str, Any]) -> None:
        """May it come? Raises Declined, Unreachable; so do all."""
        await self._ask("GET", f"/api/admin/arrivals/{session_id}", params=dict(offer))

    async def send(self, session_id: str, archive: Path, key: str) -> None:
        """It is there, checked, when this returns."""
        with archive.open("rb") as file:
            await self._ask(
                "PUT", f"/api/admin/arrivals/{session_id}", key=key, seconds=SEND_SECONDS, data=file,
                headers={"Content-Type": "application/octet-stream"},
            )  # fmt: skip

    async def take(self, session_id: str, key: str) -> None:
        await self._ask("POST", f"/api/arrivals/{session_id}/take", key=key)

    async def status(self, session_id: str, key: str) -> str | None:
        """The session's state there; None while it is not taken."""
        answer = await self._ask("GET", f"/api/arrivals/{session_id}", key=key)
        return None if answer.get("status") is None else str(answer["status"])

    async def drop(self, session_id: str, key: str) -> None:
        """It does not come. Fine, too, where nothing is known of it."""
        try:
            await self._ask("DELETE", f"/api/arrivals/{session_id}", key=key)
        except Declined as declined:
            if declined.code != "NOT_FOUND":
                raise

    async def _ask(
        self, method: str, path: str, *, key: str = "", seconds: float = ASK_SECONDS, **more: Any
    ) -> Mapping[str, Any]:
        if not self._url:
            raise Unreachable("A outra máquina não está no cluster agora")
        headers = {KEY_HEADER: key} if key else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        headers |= more.pop("headers", {})
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._http.request(
                method, f"{self._url}{path}", headers=headers, timeout=timeout, allow_redirects=False, **more
            ) as answer:
                return _said(answer.status, await answer.json(content_type=None))
        except (aiohttp.ClientError, OSError, ValueError) as failure:
            why = explain(failure) if isinstance(failure, OSError) else "a resposta não é a de um wppmt"
            raise Unreachable(f"{self._url} não responde ({why})") from None


def _said(status: int, body: Any) -> Mapping[str, Any]:
    """Raises Declined, ValueError."""
    if not isinstance(body, dict):
        raise ValueError(status)  # noqa: TRY004 - no caller's mistake
    if status < 400:
        return body
    problems = [str(one.get("problem")) for one in body.get("details") or () if isinstance(one, dict)]
    text = "; ".join([str(body.get("error")), *problems])
    raise Declined(str(body.get("code")), text)
