"""Every figure reads the same wherever it is read: metrics, health, the operator's list, the session's status."""

from __future__ import annotations

import shutil
import subprocess
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support import free_port, wait_until
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import Daemon
from tests.system.tenant import new_phone, new_text
from wppmt.domain.units import MEGABYTE

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(60)]

Told = dict[tuple[str, ...], float]


def parsed(text: bytes) -> Told:
    """Values by the metric's name and its labels' values."""
    families = text_string_to_metric_families(text.decode())
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


def agree(daemon: Daemon, name: str, told: Told) -> bool:
    """A measurement may come between two readings."""
    health, admin = daemon.api.get("/api/health"), daemon.api.get("/api/admin/sessions")
    [row] = admin["sessions"]
    status = daemon.api.get(f"/api/sessions/{name}/status")
    own = told.get(("wppmt_session_memory_bytes", name), 0.0) / MEGABYTE
    return (
        own > 0
        and own == row["memoryMb"] == status["memoryMb"]
        and told["wppmt_memory_bytes",] / MEGABYTE == health["memoryMb"]
        and told["wppmt_daemon_memory_bytes",] / MEGABYTE
        == health["daemonMemoryMb"]
        == admin["daemonMemoryMb"]
    )


def test_metrics_say_what_health_and_status_say(new_daemon: NewDaemon, new_tenant: NewTenant):
    port = free_port()
    daemon = new_daemon(WPP_METRICS_LISTEN=f"127.0.0.1:{port}", WPP_MEASURE_SECONDS="3")
    daemon.start()
    tenant, friend = new_tenant(daemon).connect(), new_phone()
    daemon.phones.register(friend, "Maria")
    assert tenant.send(friend, new_text()).status == 200

    def read() -> Told:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            return parsed(answer.read())

    wait_until(lambda: agree(daemon, tenant.name, read()), 20)
    told = read()
    assert told["wppmt_sessions", "connected"] == told["wppmt_sessions_wanted_connected",] == 1
    assert told["wppmt_sends_total", "sent", tenant.name] == 1
    assert told["wppmt_ack_seconds_count",] == told["wppmt_page_seconds_count",] == 1
    assert told["wppmt_session_cpu_seconds_total", tenant.name] > 0
    assert told["wppmt_webhook_attempts_total", "delivered", tenant.name] >= 2
    # The API's own address tells the same, to an administrator.
    text = daemon.api.call("GET", "/metrics").body
    assert parsed(text).keys() >= told.keys()
    if shutil.which("promtool"):
        said = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
        assert (said.returncode, said.stdout + said.stderr) == (0, b"")
