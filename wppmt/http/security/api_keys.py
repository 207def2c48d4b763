"""Static keys, `wpk_…`, for programs that can't renew a token (docs/contract.md 16)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_network

from wppmt.domain.errors import Code, Refusal
from wppmt.http.security.auth import bearer
from wppmt.http.security.grant import Grant
from wppmt.http.security.token_faults import TokenFault, TokenRefused
from wppmt.store.operator_records import ApiKey
from wppmt.store.port import Store

PREFIX = "wpk_"
HEADER = "X-Api-Key"


def digest_of(key: str) -> str:
    """All that is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def key_in(said: Sequence[str], authorization: Sequence[str]) -> str | None:
    """The key in these two headers; None: a token stands there, or nothing. Raises Refusal."""
    if len(said) + len(authorization) > 1:
        problem = "envie uma só credencial: Authorization ou X-Api-Key"
        raise Refusal(Code.INVALID_REQUEST, details=[{"field": HEADER, "problem": problem}])
    if said:
        return said[0].strip()
    token = bearer(authorization) if authorization else ""
    return token if token.startswith(PREFIX) else None


class Keyring:
    """All keys, in memory, since every request asks; changes are in the store first.

    When a key was last used is kept here, and written down now and then (`write_uses`).
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = {key.digest: key for key in store.api_keys()}
        self._ids = {key.id for key in self._keys.values()}
        self._used: dict[str, float] = {}
        """By id, what is not written yet."""

    def grant(self, key: str, address: str, now: float) -> Grant:
        """What the key allows whoever calls from `address`. Raises Refusal."""
        # Looked up by the hash of 256 random bits: the time that takes tells nothing about any key.
        known = self._keys.get(digest_of(key))
        if known is None:
            raise TokenRefused(TokenFault.UNKNOWN_API_KEY)
        if now >= known.expires_at:
            raise TokenRefused(TokenFault.EXPIRED_API_KEY, seconds=round(now - known.expires_at))
        if known.networks and not _is_within(address, known.networks):
            problem = "esta chave não pode ser usada a partir deste IP"
            raise Refusal(Code.FORBIDDEN, details=[{"field": "ips", "problem": problem}])
        self._used[known.id] = now
        return Grant(known.sessions, known.scopes, known.name, known.expires_at, known.id)

    def holds(self, key_id: str) -> bool:
        """Whether it has not been revoked."""
        return key_id in self._ids

    def all(self) -> list[ApiKey]:
        """The oldest first."""
        found = [
            replace(key, last_used_at=self._used.get(key.id, key.last_used_at)) for key in self._keys.values()
        ]
        return sorted(found, key=lambda key: (key.created_at, key.id))

    async def add(self, key: ApiKey) -> None:
        """Raises StoreUnavailable, and then there is no such key."""
        await asyncio.to_thread(self._save, key)
        self._keys[key.digest] = key
        self._ids.add(key.id)

    async def revoke(self, key: ApiKey) -> None:
        """Raises StoreUnavailable, and then the key is as good as before."""
        await asyncio.to_thread(self._delete, key)
        self._keys.pop(key.digest, None)
        self._ids.discard(key.id)

    async def write_uses(self) -> None:
        """Raises StoreUnavailable; nothing is lost."""
        if not self._used:
            return
        used = dict(self._used)
        await asyncio.to_thread(self._store.note_key_uses, used)
        for digest, key in self._keys.items():
            self._keys[digest] = replace(key, last_used_at=used.get(key.id, key.last_used_at))
        self._used = {key_id: at for key_id, at in self._used.items() if used.get(key_id) != at}

    def _save(self, key: ApiKey) -> None:
        with self._store.transaction() as transaction:
            transaction.save_api_key(key)

    def _delete(self, key: ApiKey) -> None:
        with self._store.transaction() as transaction:
            transaction.delete_api_key(key.id)


def network_of(text: str) -> str:
    """An address or a network, in one form. Raises ValueError."""
    return str(ip_network(text.strip(), strict=False))


def _is_within(address: str, networks: Sequence[str]) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return any(mapped in ip_network(network) for network in networks)
