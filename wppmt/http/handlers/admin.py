"""Handlers for the operator: every tenant's row, the actor tree, restarts (docs/contract.md 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from wppmt.domain import messages
from wppmt.domain.actions import Action
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.reasons import sentence
from wppmt.http.api import operator_responses, views
from wppmt.http.api.json_responses import answer
from wppmt.http.auditing import tell, tell_view
from wppmt.http.ports import PORTS, Ports
from wppmt.http.security.grant import Grant
from wppmt.http.security.guard import GRANT, SESSION_ID
from wppmt.store.records import SessionStatus

ASK_SECONDS = 15.0
SCREENSHOT_SECONDS = 20.0
"""The page has 15 of them."""


async def list_sessions(request: web.Request) -> web.Response:
    ports, grant = request.app[PORTS], request[GRANT]
    statuses = [status for status in ports.front.statuses() if grant.may(status.record.id)]
    rows = await asyncio.to_thread(_rows, ports, statuses)
    return answer(
        operator_responses.AdminSessionList(
            count=len(rows),
            daemon_memory_mb=ports.daemon_memory_mb(),
            figures=views.figures_of(ports.figures()),
            sessions=rows,
        )
    )


def _rows(ports: Ports, statuses: Sequence[SessionStatus]) -> list[operator_responses.AdminSession]:
    """Reads the store and the disk."""
    waiting_since, now = ports.store.waiting_since(), ports.now()
    lags = {session_id: now - since for session_id, since in waiting_since.items()}
    return [_row(ports, status, lags.get(status.record.id)) for status in statuses]


def _row(ports: Ports, status: SessionStatus, webhook_lag: float | None) -> operator_responses.AdminSession:
    session_id = status.record.id
    measures = views.Measures(
        profile_mb=ports.profile_mb(session_id),
        usage=ports.usage(session_id),
        webhooks=ports.store.webhook_counts(session_id),
        webhook_lag=webhook_lag,
    )
    return views.admin_session_of(
        status, ports.settings.default_webhook_url, ports.limits(status.record), measures
    )


async def list_actors(request: web.Request) -> web.Response:
    rows = await _tree(request)
    return answer(operator_responses.Actors(actors=[row for row in rows if _may_see(request[GRANT], row)]))


async def show_screenshot(request: web.Request) -> web.Response:
    """What the session's browser shows now; like every answer it is kept by nobody (`no-store`)."""
    address = session_address(request[SESSION_ID])
    picture: bytes = await request.app[PORTS].front.ask(
        address, messages.TakeScreenshot(), SCREENSHOT_SECONDS
    )
    tell_view(request)
    return web.Response(body=picture, content_type="image/png")


async def restart_crashed(request: web.Request) -> web.Response:
    """Of a token that is bound to some sessions, those alone."""
    done: messages.CrashedRestarted = await request.app[PORTS].front.ask(
        ROOT_ACTOR, messages.RestartCrashed(request[GRANT].sessions), ASK_SECONDS
    )
    for session_id in done.restarted:
        tell(request, Action.RESTART_CRASHED, session_id)
    skipped = [
        operator_responses.Skipped(session_id=session_id, reason_code=reason, reason=sentence(reason))
        for session_id, reason in done.skipped
    ]
    return answer(operator_responses.Restarted(restarted=list(done.restarted), skipped=skipped), 202)


async def _tree(request: web.Request) -> tuple[dict[str, Any], ...]:
    tree: messages.ActorTree = await request.app[PORTS].front.ask(
        ROOT_ACTOR, messages.Describe(), ASK_SECONDS
    )
    return tree.actors


def _may_see(grant: Grant, row: dict[str, Any]) -> bool:
    """What serves everybody is nobody's secret; a session's actor is its tenant's."""
    actor, of_session = str(row["actor"]), session_address("")
    return not actor.startswith(of_session) or grant.may(actor.removeprefix(of_session))
