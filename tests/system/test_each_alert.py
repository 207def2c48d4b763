"""Each alert, provoked in a running daemon: told by log, webhook, API, health and page when it begins and when it is over, once.

MEMORY_HIGH and WEBHOOK_EXHAUSTED are also in test_alerts.py, with what survives a kill.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support import wait_until
from tests.system.alert_sink import AlertSink
from tests.system.chromeless import chromeless, logged_in_before
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import Daemon
from tests.system.operator_browser import Operator
from tests.system.tenant import Tenant, new_phone
from wppmt.cli.sink import ReceivedWebhook, Sink
from wppmt.simulator.client import SimulatorError
from wppmt.store.records import Desired

pytestmark = [pytest.mark.chrome, pytest.mark.long, pytest.mark.timeout(480)]

FIRES_SECONDS, ENDS_SECONDS = 30.0, 60.0
"""Of docs/contract.md 15."""
BUSY_SECONDS = 300.0
"""That the processor is busy before anybody is told."""
SLACK = 10.0
"""For the look of a test at what a daemon has told."""


@pytest.fixture
def sink() -> Iterator[tuple[AlertSink, Sink]]:
    told = AlertSink()
    with Sink(0, told.take) as running:
        yield told, running


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    made = Operator()
    yield made
    made.leaves()


class Watched:
    """A daemon, and all places where it tells of an alert."""

    def __init__(self, daemon: Daemon, told: AlertSink, operator: Operator) -> None:
        self.daemon = daemon
        self._told = told
        self._operator = operator
        operator.logs_in(daemon.api.url, daemon.api.token())
        operator.clicks("nav a[href='#alerts']")

    def begins(self, code: str, session: str | None = None, limit: float = FIRES_SECONDS) -> dict[str, Any]:
        """It is told everywhere within `limit`; what the API says of it."""
        wait_until(lambda: (code, "firing", session) in self._told.told, limit + SLACK)
        [alert] = [one for one in self._alerts("firing") if self._is(one, code, session)]
        assert code in self._reasons()
        wait_until(lambda: self._logged("alert_firing", code, session) == 1)
        self._operator.shows("#view", alert["message"], 15)
        assert alert["remedy"] in self._operator.text("#view")
        self._operator.keeps_picture(f"alerta-{code}")
        return alert

    def ends(self, code: str, session: str | None = None, limit: float = ENDS_SECONDS) -> None:
        """Its end is told within `limit`; by then nothing was told twice."""
        wait_until(lambda: (code, "resolved", session) in self._told.told, limit + SLACK)
        assert not [one for one in self._alerts("firing") if self._is(one, code, session)]
        assert [one for one in self._alerts("recent") if self._is(one, code, session)]
        wait_until(lambda: self._logged("alert_resolved", code, session) == 1)
        for status in ("firing", "resolved"):
            assert self._told.told.count((code, status, session)) == 1
        wait_until(lambda: code not in self._reasons() or self.fires(code), 5)

    def fires(self, code: str) -> bool:
        return any(one["code"] == code for one in self._alerts("firing"))

    def never(self, code: str) -> None:
        assert code not in {told[0] for told in self._told.told}

    def _alerts(self, which: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.daemon.api.get("/api/admin/alerts")[which]
        return found

    def _reasons(self) -> set[str]:
        health = self.daemon.api.get("/api/health")
        return {reason["reasonCode"] for reason in health["reasons"]}

    def _logged(self, event: str, code: str, session: str | None) -> int:
        return sum(
            (line["event"], line["details"].get("code"), line["sessionId"]) == (event, code, session)
            for line in self.daemon.log()
        )

    @staticmethod
    def _is(alert: dict[str, Any], code: str, session: str | None) -> bool:
        return (alert["code"], alert["sessionId"]) == (code, session)


@contextmanager
def running(daemon: Daemon) -> Iterator[Daemon]:
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.end()


def test_what_the_requests_of_a_bad_hour_provoke(
    sink: tuple[AlertSink, Sink], operator: Operator, tmp_path: Path
):
    """ERROR_RATE, SLOW_RESPONSES, WEBHOOKS_FAILING, WEBHOOK_EXHAUSTED: of one endpoint that is slow and says no."""
    told, alerts = sink
    answer = [500, 1.0]

    def take(_: ReceivedWebhook) -> int:
        time.sleep(answer[1])
        return int(answer[0])

    with Sink(0, take) as endpoint:
        environ = {
            "WPP_ALERT_WEBHOOK_URL": alerts.url,
            "WPP_EGRESS_ALLOW": endpoint.target,
            "WPP_ALERT_SLOW_SECONDS": "0.5",
            "WPP_ALERT_WEBHOOKS_FAILED": "2",
            "WEBHOOK_RETRIES": "0",
            "WPP_SEND_DEADLINE": "1",
        }
        with running(chromeless(tmp_path / "daemon", **environ)) as daemon:
            watched = Watched(daemon, told, operator)
            assert (
                daemon.api.call("POST", "/api/sessions/loja/start", {"webhookUrl": endpoint.url}).status
                == 201
            )
            watched.begins("WEBHOOK_EXHAUSTED", "loja")
            for _ in range(6):
                assert daemon.api.call("POST", "/api/sessions/loja/webhook/test").status == 200
            watched.begins("SLOW_RESPONSES")
            for _ in range(3):
                assert daemon.api.call("POST", "/api/sessions/loja/restart").status == 202
            watched.begins("WEBHOOKS_FAILING")
            for _ in range(20):
                refused = daemon.api.call(
                    "POST", "/api/sessions/loja/send-message", {"phone": "5511999990001", "message": "x"}
                )
                assert refused.status == 503
            watched.begins("ERROR_RATE")

            answer[:] = [204, 0.0]
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda _: daemon.api.get("/api/sessions/loja/status"), range(800)))
            assert daemon.api.call("DELETE", "/api/sessions/loja").status == 200
            for code in ("WEBHOOK_EXHAUSTED", "WEBHOOKS_FAILING", "SLOW_RESPONSES", "ERROR_RATE"):
                window = 60 if code == "WEBHOOKS_FAILING" else 0
                watched.ends(code, "loja" if code == "WEBHOOK_EXHAUSTED" else None, ENDS_SECONDS + window)
            watched.never("CPU_HIGH")


def test_a_session_that_was_linked_is_missing(
    sink: tuple[AlertSink, Sink], operator: Operator, tmp_path: Path
):
    """FEWER_CONNECTED, and not one alert for each attempt."""
    told, alerts = sink
    logged_in_before(tmp_path / "daemon", "loja")
    with running(chromeless(tmp_path / "daemon", WPP_ALERT_WEBHOOK_URL=alerts.url)) as daemon:
        watched = Watched(daemon, told, operator)
        alert = watched.begins("FEWER_CONNECTED", limit=FIRES_SECONDS + 15)
        assert "Faltam: loja" in alert["message"]
        assert daemon.api.call("DELETE", "/api/sessions/loja").status == 200
        watched.ends("FEWER_CONNECTED")


def test_sessions_that_fail_together_have_one_alert(
    sink: tuple[AlertSink, Sink], operator: Operator, tmp_path: Path
):
    """COMMON_CAUSE, and none of each session."""
    told, alerts = sink
    names = ("a", "b", "c", "d")
    logged_in_before(tmp_path / "daemon", *names)
    with running(chromeless(tmp_path / "daemon", WPP_ALERT_WEBHOOK_URL=alerts.url)) as daemon:
        watched = Watched(daemon, told, operator)
        watched.begins("COMMON_CAUSE", limit=90)
        watched.never("SESSION_IN_ERROR")
        for name in names:
            assert daemon.api.call("DELETE", f"/api/sessions/{name}").status == 200
        watched.ends("COMMON_CAUSE", limit=120)


def test_a_disk_that_fills_up(sink: tuple[AlertSink, Sink], operator: Operator, tmp_path: Path):
    """DISK_LOW, and nothing of the sessions that wait for room."""
    told, alerts = sink
    logged_in_before(tmp_path / "daemon", "loja", desired=Desired.STOPPED)
    about = os.statvfs(tmp_path)
    free_mb = about.f_bavail * about.f_frsize // 10**6
    least, filling = free_mb * 7 // 10, tmp_path / "filling"
    daemon = chromeless(
        tmp_path / "daemon", WPP_ALERT_WEBHOOK_URL=alerts.url, WPP_DISK_MIN_FREE_MB=str(least)
    )
    with running(daemon):
        watched = Watched(daemon, told, operator)
        try:
            with filling.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, (free_mb - least + 100) * 10**6)
            alert = watched.begins("DISK_LOW")
            assert "livres no disco" in alert["message"]
        finally:
            filling.unlink()
        watched.ends("DISK_LOW")
        watched.never("FEWER_CONNECTED")


def test_memory_that_is_short(sink: tuple[AlertSink, Sink], operator: Operator, tmp_path: Path):
    """MEMORY_HIGH. No test can take away what a daemon needs: the next one is given more."""
    told, alerts = sink
    environ = {"WPP_ALERT_WEBHOOK_URL": alerts.url, "WPP_MEASURE_SECONDS": "1"}
    daemon = chromeless(tmp_path / "daemon", **environ, WPP_ALERT_MEMORY_PERCENT="1")
    with running(daemon):
        watched = Watched(daemon, told, operator)
        watched.begins("MEMORY_HIGH")
        daemon.stop()
        daemon.environ["WPP_ALERT_MEMORY_PERCENT"] = "85"
        daemon.start()
        watched.ends("MEMORY_HIGH")


def test_a_processor_that_is_busy_for_five_minutes(
    sink: tuple[AlertSink, Sink], operator: Operator, tmp_path: Path
):
    """CPU_HIGH."""
    told, alerts = sink
    environ = {"WPP_ALERT_WEBHOOK_URL": alerts.url, "WPP_MEASURE_SECONDS": "5", "WPP_ALERT_CPU_PERCENT": "2"}
    with running(chromeless(tmp_path / "daemon", **environ)) as daemon, ThreadPoolExecutor(1) as pool:
        watched = Watched(daemon, told, operator)
        quiet_at = time.monotonic() + BUSY_SECONDS + FIRES_SECONDS + SLACK

        def keep_busy() -> None:
            while time.monotonic() < quiet_at and ("CPU_HIGH", "firing", None) not in told.told:
                daemon.api.get("/api/health")
                time.sleep(0.005)

        began, busy = time.monotonic(), pool.submit(keep_busy)
        watched.begins("CPU_HIGH", limit=BUSY_SECONDS + FIRES_SECONDS)
        assert time.monotonic() - began >= BUSY_SECONDS - 10
        busy.result()
        operator.opens("about:blank", (1280, 800))
        watched.ends("CPU_HIGH", limit=ENDS_SECONDS + 20)


class TestOfRealSessions:
    @pytest.fixture
    def watched(self, sink: tuple[AlertSink, Sink], operator: Operator, new_daemon: NewDaemon) -> Watched:
        told, alerts = sink
        daemon = new_daemon(WPP_ALERT_WEBHOOK_URL=alerts.url, WPP_AUDIT_MINUTES="0.1")
        daemon.start()
        return Watched(daemon, told, operator)

    @pytest.fixture
    def tenant(self, watched: Watched, new_tenant: NewTenant) -> Tenant:
        return new_tenant(watched.daemon)

    def test_one_that_needs_a_person(self, watched: Watched, tenant: Tenant):
        """SESSION_IN_ERROR."""
        code = tenant.show_qr()
        watched.daemon.phones.fault("passkey_required", phone=tenant.phone)
        with pytest.raises(SimulatorError):
            tenant.scan(code)
        alert = watched.begins("SESSION_IN_ERROR", tenant.name)
        assert "chave de acesso" in alert["message"]
        assert tenant.post("restart").status == 202
        tenant.scan(tenant.read_qr())
        watched.ends("SESSION_IN_ERROR", tenant.name)
        watched.never("FEWER_CONNECTED")

    def test_one_whose_page_has_changed(self, watched: Watched, tenant: Tenant):
        """WHATSAPP_CHANGED, and not SESSION_IN_ERROR as well."""
        tenant.connect()
        watched.daemon.phones.fault("missing_module", module="WAWebUserPrefsIsLoggedIn")
        assert tenant.post("restart").status == 202
        alert = watched.begins("WHATSAPP_CHANGED", tenant.name, limit=60)
        assert "O WhatsApp Web mudou" in alert["message"]
        assert tenant.post("restart").status == 202
        watched.ends("WHATSAPP_CHANGED", tenant.name)
        watched.never("SESSION_IN_ERROR")

    def test_one_whose_messages_are_found_by_looking(self, watched: Watched, tenant: Tenant):
        """INBOUND_MISSED: two audits in a row."""
        friend = new_phone()
        tenant.connect()
        watched.daemon.phones.register(friend, "Maria")
        watched.daemon.private.add(friend)

        def is_missed_again(before: int) -> bool:
            return tenant.status()["inboundMissed"] > before or watched.fires("INBOUND_MISSED")

        end = time.monotonic() + 90
        while not watched.fires("INBOUND_MISSED") and time.monotonic() < end:
            before = tenant.status()["inboundMissed"]
            watched.daemon.phones.fault("inbound_unheard", phone=tenant.phone, count=1)
            watched.daemon.phones.write(friend, tenant.phone, "alguém ouviu?")
            wait_until(partial(is_missed_again, before), 75)
        watched.begins("INBOUND_MISSED", tenant.name)
        watched.ends("INBOUND_MISSED", tenant.name)
