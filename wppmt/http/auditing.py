"""The audit trail of what is asked for over HTTP: written when it is done, before it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.route import route_of
from wppmt.http.ports import PORTS, REQUEST_ID, Ports
from wppmt.http.security.guard import GRANT, SESSION_ID, client_of
from wppmt.store.operator_records import AuditEntry
from wppmt.store.port import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Deed:
    """What a handler did, where the route alone does not tell it."""

    action: Action
    session_id: str | None = None
    target: str | None = None


VIEW_SECONDS = 900.0
DEEDS = web.RequestKey("deeds", list[Deed])


def tell(
    request: web.Request, action: Action, session_id: str | None = None, target: str | None = None
) -> None:
    """Instead of the route's own action; several deeds are several entries."""
    deed = Deed(action, session_id or request.get(SESSION_ID), target)
    request.setdefault(DEEDS, []).append(deed)


class RecentViews:
    """Who has lately looked at which session: whoever goes on looking is told of once in a while."""

    def __init__(self) -> None:
        self._told: dict[tuple[str | None, str], float] = {}

    def is_told(self, who: str | None, session_id: str, now: float) -> bool:
        """Otherwise it is told now."""
        view = (who, session_id)
        self._told = {seen: at for seen, at in self._told.items() if 0 <= now - at < VIEW_SECONDS}
        if view in self._told:
            return True
        self._told[view] = now
        return False


RECENT_VIEWS = web.AppKey("recent_views", RecentViews)


def tell_view(request: web.Request) -> None:
    """That the route's picture is looked at, unless the same person's look at it was told a moment ago."""
    who, session_id = request[GRANT].who, request[SESSION_ID]
    if request.app[RECENT_VIEWS].is_told(who, session_id, request.app[PORTS].now()):
        request[DEEDS] = []


@web.middleware
async def audit(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What was refused was not done; what may have been done is told."""
    route = route_of(request)
    if route is None or route.action is None:
        return await handler(request)
    try:
        response = await handler(request)
    except Refusal as refusal:
        if refusal.code is Code.OUTCOME_UNKNOWN:
            await _write(request, route.action)
        raise
    await _write(request, route.action)
    return response


async def _write(request: web.Request, action: Action) -> None:
    ports, grant = request.app[PORTS], request[GRANT]
    entries = [
        AuditEntry(
            at=ports.now(),
            action=deed.action,
            who=grant.who,
            address=client_of(request),
            session_id=deed.session_id,
            target=deed.target,
            request_id=request.get(REQUEST_ID),
        )
        for deed in request.get(DEEDS, [Deed(action, request.get(SESSION_ID))])
    ]
    if not entries:
        return
    try:
        await asyncio.to_thread(_record, ports, entries)
    except StoreUnavailable:
        # It is done, and its caller must learn that.
        ports.log("audit_failed", request.get(SESSION_ID), level="error", action=action.value, who=grant.who)


def _record(ports: Ports, entries: Sequence[AuditEntry]) -> None:
    with ports.store.transaction() as transaction:
        for entry in entries:
            transaction.audit(entry)
