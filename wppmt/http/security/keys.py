"""Where the key that checks a token's signature comes from; each source pins its one algorithm."""

from __future__ import annotations

from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from wppmt.domain.errors import SetupError

Key = Any
"""Whatever PyJWT takes: bytes of a secret, a public key, a PyJWK."""


class Keys(Protocol):
    """One issuer's keys."""

    @property
    def algorithm(self) -> str:
        """The one JWS algorithm that tokens may name."""

    async def find(self, kid: object, now: float) -> Key:
        """The key for a token whose header says `kid` (of any type). Raises TokenRefused."""


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
