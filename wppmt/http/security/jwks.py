"""An issuer's rotating keys, by WPP_JWKS_URL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import jwt

from wppmt.http.security.keys import Key
from wppmt.http.security.token_faults import TokenFault, TokenRefused

Fetch = Callable[[], Awaitable[Any]]
"""Gets the JWKS document. Raises OSError or ValueError when the issuer is down or talks nonsense."""

_MAX_BYTES = 256 * 1024
_FETCH_SECONDS = 5.0


class Jwks:
    """A set of keys, one of which a token names by `kid`.

    Cached for 10 min, then fetched anew beside the requests, which the last good set goes on serving, also while
    the issuer is down or hangs. Only who brings an unknown `kid` waits for a fetch; there is one in 30 s at most.
    """

    CACHE_SECONDS = 600.0
    REFRESH_SECONDS = 30.0

    def __init__(self, fetch: Fetch, algorithm: str = "RS256") -> None:
        self.algorithm = algorithm
        self._fetch = fetch
        self._keys: Mapping[str, Key] = {}
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        """The one fetch under way, of a few seconds; asyncio.run cancels it when the daemon ends."""

    async def find(self, kid: object, now: float) -> Key:
        if not isinstance(kid, str) or len(kid) > 256:
            raise TokenRefused(TokenFault.UNKNOWN_KEY)
        if kid not in self._keys:
            await self._refreshed(now)
        elif abs(now - self._fetched_at) > self.CACHE_SECONDS:
            self._refresh(now)
        try:
            return self._keys[kid]
        except KeyError:
            raise TokenRefused(TokenFault.UNKNOWN_KEY) from None

    async def _refreshed(self, now: float) -> None:
        self._refresh(now)
        if self._refreshing:
            # Shared with others: it outlives whoever stops waiting.
            await asyncio.shield(self._refreshing)

    def _refresh(self, now: float) -> None:
        """Unless it is under way, or was tried just now. A clock that was set back must not put it off."""
        if self._refreshing is None and abs(now - self._asked_at) >= self.REFRESH_SECONDS:
            self._asked_at = now
            self._refreshing = asyncio.create_task(self._take(now))

    async def _take(self, now: float) -> None:
        try:
            self._keys = self._parse(await self._fetch())
            self._fetched_at = now
        except (OSError, ValueError, RecursionError, jwt.PyJWTError):
            return
        finally:
            self._refreshing = None

    def _parse(self, document: Any) -> Mapping[str, Key]:
        """The usable keys by kid; one that we cannot read does not spoil the others."""
        keys: dict[str, Key] = {}
        for entry in self._entries(document):
            if entry.get("use", "sig") != "sig" or entry.get("alg", self.algorithm) != self.algorithm:
                continue
            try:
                keys[str(entry["kid"])] = jwt.PyJWK(entry, self.algorithm)
            except (jwt.PyJWTError, KeyError):
                continue
        if not keys:
            raise ValueError("no usable key")
        return keys

    @staticmethod
    def _entries(document: Any) -> list[dict[str, Any]]:
        entries = document.get("keys") if isinstance(document, dict) else None
        return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


async def _read(response: aiohttp.ClientResponse) -> bytes:
    raw = b""
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > _MAX_BYTES:
            raise ValueError("larger than any set of keys")
    return raw


def fetch_from(url: str) -> Fetch:
    """Fetch over HTTP. The address is the operator's own setting; redirects are not followed."""

    async def fetch() -> Any:
        timeout = aiohttp.ClientTimeout(total=_FETCH_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session,
                session.get(url, allow_redirects=False) as response,
            ):
                raw = await _read(response)
        except aiohttp.ClientError as failure:
            raise OSError(str(failure)) from failure
        if response.status != 200:
            raise OSError(f"HTTP {response.status}")
        return json.loads(raw)

    return fetch
