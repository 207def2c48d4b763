"""Handlers for the operator: every tenant's row, the actor tree, restarts (contract, section 3)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from wppmt import messages
from wppmt.http import answers, views
from wppmt.http.guard import GRANT
from wppmt.http.ports import PORTS, Ports
from wppmt.http.responses import answer
from wppmt.messages import ROOT
from wppmt.store import SessionStatus

ASK_SECONDS = 15.0


async def list_sessions(request: web.Request) -> web.Response:
    ports, grant = request.app[PORTS], request[GRANT]
    seen = (status for status in ports.front.statuses() if grant.may(status.record.id))
    statuses = sorted(seen, key=lambda status: status.record.id)
    rows = await asyncio.to_thread(lambda: [_row(ports, status) for status in statuses])
    return answer(answers.AdminSessionList(count=len(rows), sessions=rows))


def _row(ports: Ports, status: SessionStatus) -> answers.AdminSession:
    """Reads the store and the disk."""
    session_id = status.record.id
    return views.admin_session_of(
        status,
        ports.settings.default_webhook_url,
        ports.profile_mb(session_id),
        ports.store.webhook_counts(session_id),
    )


async def list_actors(request: web.Request) -> web.Response:
    tree: messages.ActorTree = await request.app[PORTS].front.ask(ROOT, messages.Describe(), ASK_SECONDS)
    return answer(answers.Actors(actors=list(tree.actors)))


async def restart_crashed(request: web.Request) -> web.Response:
    restarted: tuple[str, ...] = await request.app[PORTS].front.ask(
        ROOT, messages.RestartCrashed(), ASK_SECONDS
    )
    return answer(answers.Restarted(restarted=list(restarted)), 202)
