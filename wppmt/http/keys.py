"""Where the key that checks a token's signature comes from; each source pins its one algorithm."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from wppmt.errors import Code, Refusal, SetupError

Key = Any
"""Whatever PyJWT takes: bytes of a secret, a public key, a PyJWK."""


class Keys(Protocol):
    """One issuer's keys."""

    @property
    def algorithm(self) -> str:
        """The one JWS algorithm that tokens may name."""

    async def find(self, kid: object, now: float) -> Key:
        """The key for a token whose header says `kid` (of any type). Raises Refusal(UNAUTHENTICATED)."""


class SharedSecret:
    """HS256 with WPP_SECRET."""

    algorithm = "HS256"

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    async def find(self, kid: object, now: float) -> Key:  # noqa: ARG002  there is only one
        return self._secret


class PublicKey:
    """WPP_JWT_PUBLIC_KEY: RS256, ES256 or EdDSA, by the kind of key."""

    def __init__(self, pem: str) -> None:
        """Raises SetupError when the text is no such key."""
        try:
            self._key = load_pem_public_key(pem.encode())
        except ValueError:
            raise SetupError("WPP_JWT_PUBLIC_KEY não é uma chave pública PEM") from None
        self.algorithm = _algorithm(self._key)

    async def find(self, kid: object, now: float) -> Key:  # noqa: ARG002  there is only one
        return self._key


def _algorithm(key: object) -> str:
    match key:
        case RSAPublicKey() if key.key_size >= 2048:
            return "RS256"
        case EllipticCurvePublicKey() if isinstance(key.curve, SECP256R1):
            return "ES256"
        case Ed25519PublicKey():
            return "EdDSA"
        case _:
            raise SetupError("WPP_JWT_PUBLIC_KEY: use RSA (2048 bits ou mais), EC P-256 ou Ed25519")


Fetch = Callable[[], Awaitable[Any]]
"""Gets the JWKS document. Raises OSError or ValueError when the issuer is down or talks nonsense."""


class Jwks:
    """WPP_JWKS_URL: a set of keys that the issuer rotates.

    Cached for 10 min; an unknown `kid` asks again at most once per 30 s; while the issuer is down the last good
    set goes on serving, and only unknown kids are refused.
    """

    CACHE_SECONDS = 600.0
    REFRESH_SECONDS = 30.0

    def __init__(self, fetch: Fetch, algorithm: str = "RS256") -> None:
        self.algorithm = algorithm
        self._fetch = fetch
        self._keys: Mapping[str, Key] = {}
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: object, now: float) -> Key:
        if not isinstance(kid, str) or len(kid) > 256:
            raise Refusal(Code.UNAUTHENTICATED)
        if kid not in self._keys or now - self._fetched_at > self.CACHE_SECONDS:
            await self._refresh(kid, now)
        try:
            return self._keys[kid]
        except KeyError:
            raise Refusal(Code.UNAUTHENTICATED) from None

    async def _refresh(self, kid: str, now: float) -> None:
        async with self._lock:
            is_fresh = kid in self._keys and now - self._fetched_at <= self.CACHE_SECONDS
            if is_fresh or now - self._asked_at < self.REFRESH_SECONDS:
                return
            self._asked_at = now
            try:
                self._keys = self._parse(await self._fetch())
                self._fetched_at = now
            except (OSError, ValueError, jwt.PyJWTError):
                return

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
