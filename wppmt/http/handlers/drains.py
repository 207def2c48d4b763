"""Handlers of what an operator wants of a machine of the cluster (docs/contract.md 19)."""

from __future__ import annotations

import re

from aiohttp import web

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.body_reader import invalid
from wppmt.http.api.drain_responses import Drained
from wppmt.http.api.json_responses import answer
from wppmt.http.auditing import tell
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import GRANT

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


async def drain(request: web.Request) -> web.Response:
    """POST /api/admin/cluster/machines/{machine}/drain."""
    return await _want(request, Action.DRAIN, drained=True)


async def undrain(request: web.Request) -> web.Response:
    return await _want(request, Action.UNDRAIN, drained=False)


async def _want(request: web.Request, action: Action, *, drained: bool) -> web.Response:
    machine = request.match_info["machine"]
    if not _NAME.fullmatch(machine):
        raise invalid("machine", "letras, algarismos, hífens e sublinhados, no máximo 64")
    if request[GRANT].sessions is not None:
        # Sessions of others would go.
        raise Refusal(
            Code.FORBIDDEN, details=[{"field": "sessions", "problem": "o token é só de algumas sessões"}]
        )
    await request.app[PORTS].cluster.drain(machine, wanted=drained)
    tell(request, action, target=machine)
    return answer(Drained(machine=machine, drained=drained))
