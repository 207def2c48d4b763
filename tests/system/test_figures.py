"""Every figure reads the same wherever it is read: metrics, health, the operator's list, the session's status."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from tests.support import free_port, wait_until
from tests.system.chromeless import chromeless, logged_in_before
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import Daemon
from tests.system.operator_browser import Operator
from tests.system.tenant import new_phone, new_text
from wppmt.__main__ import main
from wppmt.cli.sink import Sink
from wppmt.domain.units import MEGABYTE

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(120)]

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


Figures = Mapping[str, tuple[str, ...]]
"""The numbers of each figure of 10.1, as they are written."""
_WRITTEN = {
    "memory": r"memória ([\d,]+ [MG]B) de ([\d,]+ [MG]B) \((\d+) %\)",
    "cpu": r"CPU ([\d,]+) %",
    "connected": r"(\d+) (?:conectadas )?de (\d+) que deveriam",
    "errors": r"erros ([\d,]+) % de (\d+) em 5 min",
    "answers": r"respostas em até ([\d,]+) s",
    "webhooks": r"webhooks sem sucesso no último minuto: (\d+)",
    "disk": r"disco ([\d,]+ [MG]B) livres",
}


def written(text: str) -> Figures:
    found = {name: re.search(pattern, " ".join(text.split())) for name, pattern in _WRITTEN.items()}
    return {name: match.groups() if match else () for name, match in found.items()}


def in_gauges(told: Told) -> dict[str, float]:
    """Of the metrics, what the other places write."""
    return {
        "memoryMb": told["wppmt_memory_bytes",] / MEGABYTE,
        "memoryLimitMb": told["wppmt_memory_limit_bytes",] / MEGABYTE,
        "cpuPercent": round(100 * told["wppmt_cpu_ratio",], 1),
        "wanted": told["wppmt_sessions_wanted",],
        "connected": told["wppmt_sessions_wanted_connected",],
        "webhooksFailed": told["wppmt_webhook_attempts_failed_total",],
    }


def failures(percent: str, requests: str) -> int:
    """Looking is a request, too, so that the share is another one a moment later; what has failed is not."""
    return round(float(percent.replace(",", ".")) * int(requests) / 100)


def test_page_metrics_and_command_line_say_the_same(tmp_path: Path):
    """Each figure of the document's 10.1, of a service in trouble."""
    operator = Operator()
    logged_in_before(tmp_path / "daemon", "loja")
    with Sink(0, lambda _: 500) as sink:
        daemon = chromeless(
            tmp_path / "daemon", WPP_EGRESS_ALLOW=sink.target, WPP_MEASURE_SECONDS="3", WEBHOOK_RETRIES="0"
        )
        try:
            daemon.start()
            assert daemon.api.call("POST", "/api/sessions/loja/start", {"webhookUrl": sink.url}).status == 200
            for _ in range(8):
                sent = daemon.api.call(
                    "POST", "/api/sessions/loja/send-message", {"phone": "5511999990001", "message": "x"}
                )
                assert sent.status == 503
            assert daemon.api.call("POST", "/api/sessions/loja/restart").status == 202
            wait_until(lambda: daemon.api.get("/api/admin/sessions")["figures"]["webhooksFailed"], 20)
            operator.logs_in(daemon.api.url, daemon.api.token())

            def command(*more: str) -> str:
                environ = daemon.environ | {"COLUMNS": "200"}
                return CliRunner().invoke(main, ["status", *more], env=environ, catch_exceptions=False).stdout

            def agreed() -> tuple[Figures, Figures, dict[str, Any]] | None:
                """All read within one measurement."""
                before = in_gauges(parsed(daemon.api.call("GET", "/metrics").body))
                page, typed = written(operator.text("#banner")), written(command())
                figures = json.loads(command("--json"))["figures"]
                after = in_gauges(parsed(daemon.api.call("GET", "/metrics").body))
                if before != after or any(figures[name] != value for name, value in before.items()):
                    return None
                is_alike = all(page[name] == typed[name] for name in set(_WRITTEN) - {"errors", "answers"})
                return (page, typed, figures) if is_alike else None

            page, typed, figures = wait_until(agreed, 45) or ({}, {}, {})
            assert all(page.values())
            assert all(typed.values())
            assert figures["wanted"] == 1
            # Others write to this disk, too, from one reading to the next.
            free_mb = parsed(daemon.api.call("GET", "/metrics").body)["wppmt_disk_free_bytes",] / MEGABYTE
            assert figures["diskFreeMb"] == pytest.approx(free_mb, rel=0.1)
            assert figures["webhooksFailed"] > 0
            assert failures(*page["errors"]) == failures(*typed["errors"]) == 8
            assert abs(float(page["answers"][0].replace(",", ".")) - figures["responseSeconds"]) <= 0.5
        finally:
            operator.leaves()
            daemon.end()
