"""Handlers for those who watch: liveness, readiness, and the counts of `/api/health`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

from aiohttp import web

from wppmt.domain.alerts import TITLES, Alert
from wppmt.domain.states import State
from wppmt.domain.troubles import none_connected
from wppmt.http.api import operator_responses
from wppmt.http.api.body_reader import invalid
from wppmt.http.api.json_responses import answer
from wppmt.http.api.views import abilities_of
from wppmt.http.ports import PORTS, DaemonPhase
from wppmt.store.records import SessionStatus

STARTED_AT = web.AppKey("started_at", float)


async def healthz(_: web.Request) -> web.Response:
    """The event loop turns; nothing else is promised."""
    return answer(operator_responses.Probe(status="ok"))


async def readyz(request: web.Request) -> web.Response:
    phase = request.app[PORTS].phase()
    return answer(operator_responses.Probe(status=phase), 200 if phase is DaemonPhase.READY else 503)


async def health(request: web.Request) -> web.Response:
    """200 while the process serves at all, for who would restart it; `?strict=1` answers 503 when it is degraded."""
    ports, is_strict = request.app[PORTS], _is_strict(request)
    phase = ports.phase()
    statuses = ports.front.statuses()
    records = [status.record for status in statuses]
    troubles = (
        [*filter(None, [none_connected(records)]), *ports.troubles()] if phase is DaemonPhase.READY else []
    )
    counts, alerts = await asyncio.to_thread(
        lambda: (ports.store.webhook_counts(), ports.store.firing_alerts())
    )
    reasons = [
        *(
            operator_responses.HealthReason(reason_code=trouble.code, reason=trouble.sentence)
            for trouble in troubles
        ),
        *_alert_reasons(alerts if phase is DaemonPhase.READY else ()),
    ]
    body = operator_responses.HealthBody(
        status="degraded" if reasons else phase.value,
        reasons=reasons,
        uptime_seconds=int(ports.now() - request.app[STARTED_AT]),
        sessions=_count_sessions(Counter(record.state for record in records)),
        abilities=_count_abilities(statuses),
        max_sessions=ports.settings.max_sessions,
        memory_mb=ports.memory_mb(),
        daemon_memory_mb=ports.daemon_memory_mb(),
        webhooks=operator_responses.Deliveries(pending=counts.pending, dead=counts.dead),
        version=ports.version,
    )
    is_bad = phase is DaemonPhase.DRAINING or (is_strict and (reasons or phase is not DaemonPhase.READY))
    return answer(body, 503 if is_bad else 200)


def _alert_reasons(alerts: Sequence[Alert]) -> Iterator[operator_responses.HealthReason]:
    """One for each code: whose session it is is not for everybody."""
    for code, count in Counter(alert.code for alert in alerts).items():
        title = TITLES[code] + (f" ({count})" if count > 1 else "")
        yield operator_responses.HealthReason(reason_code=code, reason=title)


def _is_strict(request: web.Request) -> bool:
    match request.query.getall("strict", ["0"]):
        case ["1" | "true"]:
            return True
        case ["0" | "false"]:
            return False
        case _:
            raise invalid("strict", "use 1 ou 0, uma só vez")


def _count_abilities(statuses: Sequence[SessionStatus]) -> dict[str, int]:
    each = [abilities_of(status).model_dump(by_alias=True) for status in statuses]
    return {
        name: sum(one[name] for one in each) for name in ("canSend", "canReceive", "canAck", "canSendMedia")
    }


def _count_sessions(by_state: Counter[State]) -> dict[str, int]:
    return {"total": by_state.total()} | {str(state): by_state[state] for state in _STATES_SHOWN}


_STATES_SHOWN = (State.CONNECTED, *(state for state in State if state is not State.CONNECTED))
