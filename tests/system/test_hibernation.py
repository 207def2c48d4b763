"""A session that nobody uses has no Chrome, and is there for whoever needs it; also after a crash, and when memory is short."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import Daemon
from tests.system.tenant import Tenant, new_text

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(150)]

ASLEEP_SECONDS = 30.0
"""Three without use, a look every five, and what a Chrome takes to go down."""
AUDIT_SECONDS = 20.0
CALM = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"


def hibernate(tenant: Tenant, idle_minutes: float) -> None:
    plan = {"hibernate": {"idleMinutes": idle_minutes}}
    answer = tenant.daemon.api.call("PATCH", tenant.path, plan)
    assert answer.json["hibernate"] == {
        "idleMinutes": idle_minutes, "awakeFrom": None, "awakeTo": None, "wakeHours": 6,
    }  # fmt: skip


def is_asleep(tenant: Tenant) -> bool:
    return tenant.status()["hibernation"] is not None and tenant.daemon.browser(tenant.name) is None


def write(tenant: Tenant, friend: str) -> tuple[str, float]:
    """The text, and when."""
    text = new_text()
    tenant.daemon.private.add(text)
    tenant.daemon.phones.write(friend, tenant.phone, text)
    return text, time.time()


def told(tenant: Tenant) -> list[tuple[str, float]]:
    """What the durable log has received: texts, and when they say that they were written."""
    messages = [event["message"] for event in tenant.logged_events() if event["event"] == "message_received"]
    return [(message["body"], float(message["timestamp"])) for message in messages]


def test_it_sleeps_without_a_chrome_and_wakes_for_a_send_with_all_that_came_in(
    new_daemon: NewDaemon, new_tenant: NewTenant, outside: dict[str, str], stranger: str
):
    daemon = new_daemon(**outside)
    daemon.start()
    tenant = new_tenant(daemon).connect()
    daemon.private.add(stranger)
    changes = tenant.changes()
    hibernate(tenant, 0.05)
    wait_until(lambda: is_asleep(tenant), ASLEEP_SECONDS)
    status = tenant.status()
    assert (status["status"], status["reasonCode"], status["memoryMb"]) == ("connected", "HIBERNATING", None)
    assert status["abilities"]["canSend"]
    assert not status["abilities"]["canReceive"]
    since, wake = (datetime.fromisoformat(status["hibernation"][name]) for name in ("since", "nextWake"))
    assert since <= datetime.now(UTC) < wake
    # Its login is kept.
    wait_until(lambda: [device["sockets"] for device in tenant.devices()] == [0])

    written = [write(tenant, stranger)]
    daemon.kill()
    daemon.start()
    written.append(write(tenant, stranger))
    assert is_asleep(tenant), "a restart wakes nobody"
    assert told(tenant) == []

    hibernate(tenant, 10)
    sent = tenant.send(stranger, new_text())
    assert (sent.status, sent.json["status"]) == (200, "sent")
    assert [line["id"] for line in daemon.phones.inbox(stranger)].count(sent.json["id"]) == 1
    wait_until(lambda: len(told(tenant)) == 2, AUDIT_SECONDS)
    # Whatever would tell them again comes before what is written now.
    written.append(write(tenant, stranger))
    wait_until(lambda: len(told(tenant)) >= 3, AUDIT_SECONDS)
    assert [text for text, _ in told(tenant)] == [text for text, _ in written]
    assert all(abs(said - at) < 3 for (_, said), (_, at) in zip(told(tenant), written, strict=True))
    assert tenant.status()["hibernation"] is None
    assert tenant.changes() == changes
    assert [line["details"]["cause"] for line in daemon.logged("waking", tenant.name)] == ["request"]
    happened = "\n".join(line["text"] for line in daemon.api.get(f"{tenant.path}/explain")["timeline"])
    assert "sessão posta para hibernar pelo serviço (sem uso)" in happened
    assert "sessão acordada pelo serviço (um envio ou outro pedido)" in happened


def test_while_programs_wait_for_memory_no_session_starts(new_daemon: NewDaemon, tmp_path: Path):
    pressure = tmp_path / "memory"
    pressure.write_text(CALM, encoding="ascii")
    daemon: Daemon = new_daemon(WPP_PRESSURE_FILE=str(pressure))
    daemon.start()
    pressure.write_text(CALM.replace("some avg10=0.00", "some avg10=43.21"), encoding="ascii")

    def refused() -> bool:
        answer = daemon.api.call("POST", "/api/sessions/cliente-press/start")
        return (
            answer.status == 503
            and answer.json["code"] == "RESOURCE_LIMIT"
            and bool(answer.headers["Retry-After"])
        )

    def fires() -> bool:
        return [one["code"] for one in daemon.api.get("/api/admin/alerts")["firing"]] == ["MEMORY_PRESSURE"]

    # A start before it is noticed would go through: asked when it is, and not again and again.
    wait_until(lambda: daemon.api.get("/api/health")["reasons"], 20)
    assert refused()
    # The alert comes by another's look.
    wait_until(fires, 20)
    assert daemon.api.get("/api/admin/sessions")["figures"]["memoryPressurePercent"] == 43.21
    pressure.write_text(CALM, encoding="ascii")
    wait_until(lambda: not refused(), 20)
