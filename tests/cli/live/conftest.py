from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.conftest import Call
from tests.cli.live.stub_api import StubApi, stub_api

SECRET = "s" * 40


@pytest.fixture
def api() -> Iterator[StubApi]:
    with stub_api() as running:
        yield running


@pytest.fixture
def ask(api: StubApi, call: Call) -> Call:
    """`ask("status", answers…)`: the command line, on this API."""

    def run(*arguments: str, **more: str) -> Any:
        return call(*arguments, **{"WPP_API_URL": api.url, "WPP_SECRET": SECRET} | more)

    return run


def refusal(status: int, code: str, error: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """In the form of docs/contract.md 6."""
    return status, {"success": False, "error": error, "code": code, "requestId": "5f0c", **more}


def row(session: str, status: str = "connected", **more: Any) -> dict[str, Any]:
    """A tenant's row, as `/api/admin/sessions` gives it."""
    return {
        "sessionId": session, "status": status, "reason": "Conectado", "reasonCode": "READY",
        "remedy": "Nada a fazer.", "since": "2026-02-10T14:30:00Z", "lastActivity": None, "phone": "5511999990001",
        "messagesSent": 12, "messagesReceived": 3, "restarts": 0, "memoryMb": 210, "queue": 0, "profileMb": 95,
        "abilities": {"canSend": True, "canReceive": True, "canAck": True, "canSendMedia": True},
        "webhooks": {"pending": 0, "dead": 0},
    } | more  # fmt: skip


HEALTH = {
    "status": "ok", "reasons": [], "uptimeSeconds": 86_400, "sessions": {"total": 2, "connected": 1},
    "maxSessions": 10, "memoryMb": 1650, "daemonMemoryMb": 110, "webhooks": {"pending": 3, "dead": 1},
    "version": "0.2.0",
}  # fmt: skip
FIGURES = {
    "memoryMb": 1650, "memoryLimitMb": 4000, "cpuPercent": 12.5, "wanted": 2, "connected": 1, "requests": 240,
    "errorPercent": 0.4, "responseSeconds": 0.1, "webhooksFailed": 3, "diskFreeMb": 52_000,
}  # fmt: skip
ALERT = {
    "code": "SESSION_IN_ERROR", "sessionId": "cliente-003", "message": "Sessão em erro", "remedy": "Restaure o login.",
    "since": "2026-02-10T14:30:00Z", "endedAt": None,
}  # fmt: skip
