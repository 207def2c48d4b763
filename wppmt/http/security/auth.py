"""Who may do what (docs/contract.md 2): a bearer token becomes a Grant, or a Refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import jwt
from jwt.types import Options

from wppmt.domain.errors import Code, Refusal
from wppmt.domain.scopes import Scope, scopes_of_claims
from wppmt.http.security.grant import Grant
from wppmt.http.security.keys import Key, Keys
from wppmt.http.security.token_faults import TokenFault, TokenRefused

EVERY_SESSION = "*"
MAX_TOKEN_CHARS = 8000
MAX_VERIFIED = 1000
MAX_SUBJECT_CHARS = 200
_SIGNATURE_ONLY: Options = {
    "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, "verify_iss": False,
    "verify_sub": False, "verify_jti": False,
}  # fmt: skip
"""PyJWT checks the signature alone: claims are checked below, by our own clock and by their types."""


@dataclass(frozen=True, slots=True)
class AuthPolicy:
    """What a token's claims must hold; times in seconds."""

    max_lifetime: float
    """Longest time left that is believed; 0 switches the check off."""
    issuer: str
    audience: str
    require_session_claim: bool
    """Switches option C off (docs/MULTI_TENANT_ARCHITECTURE.md 4.1): a token that names no session may act for none."""
    leeway: float = 30.0


def grant_of(claims: Mapping[str, Any], policy: AuthPolicy, now: float) -> Grant:
    """Pure: the claims of a correctly signed token as a Grant. Raises TokenRefused."""
    expires = _check_times(claims, policy, now)
    # Only a plain string: a list would let one token serve several audiences.
    if policy.issuer and claims.get("iss") != policy.issuer:
        raise TokenRefused(TokenFault.ISSUER)
    if policy.audience and claims.get("aud") != policy.audience:
        raise TokenRefused(TokenFault.AUDIENCE)
    return Grant(_sessions(claims, policy), _scopes(claims), _subject(claims), expires)


def _check_times(claims: Mapping[str, Any], policy: AuthPolicy, now: float) -> float:
    """Returns when it expires, by itself: the leeway is for those who ask."""
    expires = _number(claims, "exp")
    if expires is None:
        raise TokenRefused(TokenFault.NO_EXPIRY)
    if expires <= now - policy.leeway:
        raise TokenRefused(TokenFault.EXPIRED, seconds=round(now - expires))
    issued = _number(claims, "iat")
    lifetime = expires - (now if issued is None else min(issued, now))
    if policy.max_lifetime and lifetime > policy.max_lifetime + policy.leeway:
        raise TokenRefused(TokenFault.LIFETIME, seconds=round(lifetime), limit=round(policy.max_lifetime))
    for claim, moment in (("iat", issued), ("nbf", _number(claims, "nbf"))):
        if moment is not None and moment > now + policy.leeway:
            raise TokenRefused(TokenFault.NOT_YET, claim=claim, seconds=round(moment - now))
    return expires


def _number(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate of RFC 7519. Strings and booleans, which PyJWT would take, are refused."""
    value = claims.get(name)
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or abs(value) > 1e11
        or not isfinite(value)
    ):
        raise TokenRefused(TokenFault.NOT_A_NUMBER, claim=name)
    return float(value)


def _sessions(claims: Mapping[str, Any], policy: AuthPolicy) -> frozenset[str] | None:
    if "sessions" not in claims:
        return frozenset() if policy.require_session_claim else None
    named = claims["sessions"]
    names: Sequence[Any] = [named] if isinstance(named, str) else named
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TokenRefused(TokenFault.SESSIONS)
    return None if EVERY_SESSION in names else frozenset(names)


def _scopes(claims: Mapping[str, Any]) -> frozenset[Scope]:
    """Named in `scope` (separated by spaces) or in `roles` (a list)."""
    scope, roles = claims.get("scope"), claims.get("roles")
    words = scope.split(" ") if isinstance(scope, str) else []
    return scopes_of_claims([*words, *(role for role in _listed(roles) if isinstance(role, str))])


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _subject(claims: Mapping[str, Any]) -> str | None:
    subject = claims.get("sub")
    return subject[:MAX_SUBJECT_CHARS] if isinstance(subject, str) and subject else None


@dataclass(frozen=True, slots=True)
class Verified:
    """A token whose signature is good for this key."""

    kid: object
    key: Key
    claims: Mapping[str, Any]


class Authenticator:
    """Turns the Authorization headers of a request into a Grant."""

    def __init__(self, keys: Keys, policy: AuthPolicy) -> None:
        self._keys = keys
        self._policy = policy
        self._verified: dict[str, Verified] = {}
        """Callers send one token for minutes: its signature is checked once, its claims every time."""

    async def grant(self, authorization: Sequence[str], now: float) -> Grant:
        """The Grant for exactly one `Bearer` header. Raises Refusal."""
        token = bearer(authorization)
        known = self._verified.get(token)
        if known is None or await self._keys.find(known.kid, now) is not known.key:
            known = await self._verify(token, now)
        return grant_of(known.claims, self._policy, now)

    async def _verify(self, token: str, now: float) -> Verified:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != self._keys.algorithm:
                raise TokenRefused(TokenFault.ALGORITHM, expected=self._keys.algorithm)
            key = await self._keys.find(header.get("kid"), now)
            claims = jwt.decode(token, key, algorithms=[self._keys.algorithm], options=_SIGNATURE_ONLY)
        except jwt.InvalidSignatureError:
            raise TokenRefused(TokenFault.SIGNATURE) from None
        except (jwt.PyJWTError, ValueError, RecursionError):
            # ValueError and RecursionError: a signed payload that is JSON only by name.
            raise TokenRefused(TokenFault.MALFORMED) from None
        if len(self._verified) >= MAX_VERIFIED:
            self._verified.clear()
        self._verified[token] = Verified(header.get("kid"), key, claims)
        return self._verified[token]


def bearer(authorization: Sequence[str]) -> str:
    """What stands behind `Bearer`. Raises Refusal."""
    if len(authorization) > 1:
        raise Refusal(
            Code.INVALID_REQUEST,
            details=[{"field": "Authorization", "problem": "envie o cabeçalho uma só vez"}],
        )
    said = authorization[0].strip() if authorization else ""
    if not said:
        raise TokenRefused(TokenFault.MISSING)
    scheme, _, token = said.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise TokenRefused(TokenFault.NOT_BEARER)
    if len(token) > MAX_TOKEN_CHARS:
        raise TokenRefused(TokenFault.TOO_LONG, limit=MAX_TOKEN_CHARS)
    return token
