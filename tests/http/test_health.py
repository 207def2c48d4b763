"""The watchers' routes: counts, never names, and no token."""

from __future__ import annotations

import pytest

from tests.http.conftest import Api
from wppmt.domain.states import State
from wppmt.http.ports import DaemonPhase
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import WebhookCounts


async def test_health_in_numbers(api: Api):
    api.front.has("cliente-secreto", State.CONNECTED)
    api.front.has("b", State.WAITING_SCAN)
    api.store.counts = WebhookCounts(pending=3, dead=1)
    api.time += 60.9
    answer = await api.get("/api/health", token=None)
    assert answer.status == 200
    assert answer.body == {
        "status": "ok", "uptimeSeconds": 60,
        "sessions": {
            "total": 2, "connected": 1, "initializing": 0, "waiting_scan": 1, "disconnected": 0,
            "phone_disconnected": 0, "error": 0, "reconnecting": 0,
        },
        "maxSessions": 10, "memoryMb": 512, "webhooks": {"pending": 3, "dead": 1}, "version": "1.2.3",
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


async def test_what_is_wrong_with_all_of_them_is_told(api: Api):
    api.alert = "3 de 4 sessões falharam"
    assert (await api.get("/api/health", token=None)).body["alert"] == api.alert
