"""Handlers for those who watch: liveness, readiness, and the counts of `/api/health`."""

from __future__ import annotations

import asyncio
from collections import Counter

from aiohttp import web

from wppmt.domain.states import State
from wppmt.http.api import responses
from wppmt.http.api.json_responses import answer
from wppmt.http.ports import PORTS, DaemonPhase

STARTED_AT = web.AppKey("started_at", float)


async def healthz(_: web.Request) -> web.Response:
    """The event loop turns; nothing else is promised."""
    return answer(responses.Probe(status="ok"))


async def readyz(request: web.Request) -> web.Response:
    phase = request.app[PORTS].phase()
    return answer(responses.Probe(status=phase), 200 if phase is DaemonPhase.READY else 503)


async def health(request: web.Request) -> web.Response:
    ports = request.app[PORTS]
    phase = ports.phase()
    counts = await asyncio.to_thread(ports.store.webhook_counts)
    body = responses.HealthBody(
        status=phase,
        uptime_seconds=int(ports.now() - request.app[STARTED_AT]),
        sessions=_count_sessions(Counter(status.record.state for status in ports.front.statuses())),
        max_sessions=ports.settings.max_sessions,
        memory_mb=ports.memory_mb(),
        webhooks=responses.Deliveries(pending=counts.pending, dead=counts.dead),
        version=ports.version,
        alert=ports.alert(),
    )
    return answer(body, 503 if phase is DaemonPhase.DRAINING else 200)


def _count_sessions(by_state: Counter[State]) -> dict[str, int]:
    return {"total": by_state.total()} | {str(state): by_state[state] for state in _STATES_SHOWN}


_STATES_SHOWN = (State.CONNECTED, *(state for state in State if state is not State.CONNECTED))
