"""Handlers for the operator: what is wrong, and how it was (docs/contract.md 15)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from wppmt.domain.alerts import Alert
from wppmt.domain.messages import ALERT_ACTOR, RotateAlertSecret
from wppmt.domain.times import iso
from wppmt.http.api import operator_responses
from wppmt.http.api.json_responses import answer
from wppmt.http.api.query_parameters import whole_number
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import GRANT, SESSION_ID

ASK_SECONDS = 10.0
RECENT = 100
HOURS, MOST_HOURS = 24, 720


async def list_alerts(request: web.Request) -> web.Response:
    """Of a token that is bound to some sessions: theirs, and those of the service as a whole."""
    store, grant = request.app[PORTS].store, request[GRANT]
    firing, recent = await asyncio.to_thread(lambda: (store.firing_alerts(), store.ended_alerts(RECENT)))

    def shown(alert: Alert) -> bool:
        return alert.session_id is None or grant.may(alert.session_id)

    return answer(
        operator_responses.AlertList(
            firing=[_row(alert) for alert in firing if shown(alert)],
            recent=[_row(alert) for alert in recent if shown(alert)],
        )
    )


async def rotate_secret(request: web.Request) -> web.Response:
    secret: str = await request.app[PORTS].front.ask(ALERT_ACTOR, RotateAlertSecret(), ASK_SECONDS)
    return answer(operator_responses.AlertSecret(secret=secret))


async def show_history(request: web.Request) -> web.Response:
    ports, session_id = request.app[PORTS], request[SESSION_ID]
    hours = whole_number(request, "hours", default=HOURS, between=(1, MOST_HOURS))
    since = ports.now() - hours * 3600
    points = await asyncio.to_thread(ports.store.points, session_id, since)
    rows = [
        operator_responses.SessionPoint(at=iso(point.at), status=point.state, memory_mb=point.memory_mb)
        for point in points
    ]
    return answer(operator_responses.SessionHistory(points=rows))


def _row(alert: Alert) -> operator_responses.AlertRow:
    return operator_responses.AlertRow(
        code=alert.code,
        session_id=alert.session_id,
        message=alert.message,
        remedy=alert.remedy,
        since=iso(alert.since),
        ended_at=None if alert.ended_at is None else iso(alert.ended_at),
    )
