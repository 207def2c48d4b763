"""The watchers' routes: counts, never names, and no token."""

from __future__ import annotations

import pytest

from tests.http.conftest import Api
from wppmt.domain.states import State
from wppmt.domain.troubles import REDIS_DOWN, Trouble, TroubleCode
from wppmt.http.ports import DaemonPhase
from wppmt.store.outbox_records import WebhookCounts
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import Desired


async def test_health_in_numbers(api: Api):
    api.front.has("cliente-secreto", State.CONNECTED)
    api.front.has("b", State.WAITING_SCAN)
    api.store.counts = WebhookCounts(pending=3, dead=1)
    api.time += 60.9
    answer = await api.get("/api/health", token=None)
    assert answer.status == 200
    assert answer.body == {
        "status": "ok", "reasons": [], "uptimeSeconds": 60,
        "sessions": {
            "total": 2, "connected": 1, "initializing": 0, "waiting_scan": 1, "disconnected": 0,
            "phone_disconnected": 0, "error": 0, "reconnecting": 0,
        },
        "abilities": {"canSend": 1, "canReceive": 1, "canAck": 1, "canSendMedia": 1},
        "maxSessions": 10, "memoryMb": 512, "daemonMemoryMb": 112, "webhooks": {"pending": 3, "dead": 1}, "version": "1.2.3",
    }  # fmt: skip
    assert b"secreto" not in answer.raw


@pytest.mark.parametrize(
    ("phase", "ready", "health", "word"),
    [
        (DaemonPhase.STARTING, 503, 200, "starting"),
        (DaemonPhase.READY, 200, 200, "ok"),
        (DaemonPhase.DRAINING, 503, 503, "draining"),
    ],
)
async def test_phases(api: Api, phase: DaemonPhase, ready: int, health: int, word: str):
    api.phase = phase
    probe = await api.get("/readyz", token=None)
    assert (probe.status, probe.body) == (ready, {"status": word})
    assert (await api.get("/healthz", token=None)).status == 200
    shown = await api.get("/api/health", token=None)
    assert (shown.status, shown.body["status"]) == (health, word)


async def test_a_full_disk_is_told(api: Api):
    api.store.broken = StoreUnavailable()
    answer = await api.get("/api/health", token=None)
    assert (answer.status, answer.body["code"]) == (503, "STORE_UNAVAILABLE")
    assert (await api.get("/healthz", token=None)).status == 200


MEMORY = Trouble(TroubleCode.MEMORY_LIMIT, "5000 MB de memória em uso; o limite é 4096 MB")


@pytest.mark.parametrize("troubles", [[MEMORY], [MEMORY, REDIS_DOWN]])
async def test_what_keeps_it_from_its_work_degrades_it_but_kills_nobody(api: Api, troubles: list[Trouble]):
    api.front.has("a", State.CONNECTED)
    api.troubles = troubles
    answer = await api.get("/api/health", token=None)
    assert (answer.status, answer.body["status"]) == (200, "degraded")
    told = [(reason["reasonCode"], reason["reason"]) for reason in answer.body["reasons"]]
    assert told == [(trouble.code, trouble.sentence) for trouble in troubles]


@pytest.mark.parametrize(
    ("states", "stopped", "degraded"),
    [
        ([], [], False),
        ([State.CONNECTED], [], False),
        ([State.CONNECTED, State.ERROR, State.RECONNECTING], [], False),
        ([State.ERROR], [], True),
        ([State.PHONE_DISCONNECTED, State.RECONNECTING], [], True),
        ([State.WAITING_SCAN], [], True),
        ([], [State.DISCONNECTED], False),
        ([State.RECONNECTING], [State.DISCONNECTED], True),
    ],
)
async def test_it_is_degraded_where_nobody_who_should_is_connected(
    api: Api, states: list[State], stopped: list[State], degraded: bool
):
    for number, state in enumerate(states):
        api.front.has(f"running-{number}", state)
    for number, state in enumerate(stopped):
        api.front.has(f"stopped-{number}", state, desired=Desired.STOPPED)
    answer = await api.get("/api/health", token=None)
    assert (answer.status, answer.body["status"]) == (200, "degraded" if degraded else "ok")
    assert [reason["reasonCode"] for reason in answer.body["reasons"]] == ["NONE_CONNECTED"] * degraded


@pytest.mark.parametrize(("query", "expected"), [("1", 503), ("true", 503), ("0", 200), ("false", 200)])
async def test_who_asks_strictly_is_told_by_the_status(api: Api, query: str, expected: int):
    healthy = await api.get(f"/api/health?strict={query}", token=None)
    assert healthy.status == 200
    api.troubles = [MEMORY]
    answer = await api.get(f"/api/health?strict={query}", token=None)
    assert (answer.status, answer.body["status"]) == (expected, "degraded")


@pytest.mark.parametrize("query", ["strict=sim", "strict=", "strict=1&strict=0"])
async def test_a_slip_in_strict_does_not_pass_for_health(api: Api, query: str):
    answer = await api.get(f"/api/health?{query}", token=None)
    assert (answer.status, answer.body["details"][0]["field"]) == (400, "strict")


async def test_a_daemon_that_starts_is_not_ready_in_the_strict_sense(api: Api):
    api.phase = DaemonPhase.STARTING
    answer = await api.get("/api/health?strict=1", token=None)
    assert (answer.status, answer.body["status"]) == (503, "starting")
