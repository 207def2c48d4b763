"""Handlers of static keys: made, listed, revoked (docs/contract.md 16)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from aiohttp import web
from ulid import ULID

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.scopes import Scope
from wppmt.domain.times import iso
from wppmt.http.api import record_responses as responses
from wppmt.http.api.body_reader import read_body
from wppmt.http.api.json_responses import answer
from wppmt.http.api.record_schemas import ApiKeyBody
from wppmt.http.api.responses import Confirmation
from wppmt.http.auditing import tell
from wppmt.http.ports import PORTS
from wppmt.http.security.api_keys import digest_of
from wppmt.http.security.guard import GRANT
from wppmt.store.operator_records import ApiKey
from wppmt.store.port import StoreUnavailable

DAY = 86_400
WRITE_SECONDS = 60.0
"""How often it is written down when keys were last used: no request waits for that, and a crash may lose so much of it."""
_REVOKED = "Chave revogada. As conexões abertas com ela terminam em até 15 segundos."


async def create(request: web.Request) -> web.Response:
    """An administrator of some sessions makes keys for no others."""
    body, ports = await read_body(request, ApiKeyBody), request.app[PORTS]
    sessions = frozenset(body.sessions) or None
    if not request[GRANT].covers(sessions):
        problem = "só as sessões que o seu token ou a sua chave alcança"
        raise Refusal(Code.FORBIDDEN, details=[{"field": "sessions", "problem": problem}])
    now, secret = ports.now(), ports.new_key()
    key = ApiKey(
        id=f"key_{ULID.from_timestamp(now)}",
        digest=digest_of(secret),
        name=body.name,
        sessions=sessions,
        scopes=frozenset(Scope(scope) for scope in body.scopes),
        created_at=now,
        expires_at=now + body.days * DAY,
        networks=tuple(body.ips),
    )
    await ports.keyring.add(key)
    tell(request, Action.CREATE_KEY, target=key.name)
    return answer(responses.ApiKeyMade(key=secret, **_shown(key)), 201)


async def list_keys(request: web.Request) -> web.Response:
    grant = request[GRANT]
    keys = [key for key in request.app[PORTS].keyring.all() if grant.covers(key.sessions)]
    return answer(
        responses.ApiKeyList(count=len(keys), keys=[responses.ApiKeyShown(**_shown(key)) for key in keys])
    )


async def revoke(request: web.Request) -> web.Response:
    keyring, wanted = request.app[PORTS].keyring, request.match_info["keyId"]
    key = next((key for key in keyring.all() if key.id == wanted), None)
    if key is None or not request[GRANT].covers(key.sessions):
        raise Refusal(Code.NOT_FOUND)
    await keyring.revoke(key)
    tell(request, Action.REVOKE_KEY, target=key.name)
    return answer(Confirmation(message=_REVOKED))


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "sessions": sorted(key.sessions or ()),
        "scopes": [scope.value for scope in Scope if scope in key.scopes],
        "ips": list(key.networks),
        "created_at": iso(key.created_at),
        "expires_at": iso(key.expires_at),
        "last_used_at": None if key.last_used_at is None else iso(key.last_used_at),
    }


async def uses_written(app: web.Application) -> AsyncIterator[None]:
    """As long as the application runs, and once more when it ends."""
    keyring = app[PORTS].keyring

    async def write() -> None:
        with suppress(StoreUnavailable):
            await keyring.write_uses()

    async def now_and_then() -> None:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await write()

    writing = asyncio.create_task(now_and_then())
    yield
    writing.cancel()
    await write()
