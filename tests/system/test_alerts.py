"""An operator is told of trouble by the real daemon: webhook, mail, API, health; once, also when it is killed in between."""

from __future__ import annotations

import email
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import wait_until
from tests.system.alert_sink import AlertSink
from tests.system.chromeless import chromeless, counts
from tests.system.daemon import Daemon
from wppmt.cli.sink import ReceivedWebhook, Sink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

SOON = 20.0


class Tenant:
    """A customer's endpoint, which is broken at first."""

    def __init__(self) -> None:
        self.works = False

    def take(self, _: ReceivedWebhook) -> int:
        return 204 if self.works else 500


@pytest.fixture
def operator() -> AlertSink:
    return AlertSink()


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def sinks(operator: AlertSink, tenant: Tenant) -> Iterator[tuple[Sink, Sink]]:
    with Sink(0, operator.take) as alerts, Sink(0, tenant.take) as webhooks:
        yield alerts, webhooks


@pytest.fixture
def sendmail(tmp_path: Path) -> Path:
    program = tmp_path / "sendmail"
    letters = tmp_path / "letters"
    letters.mkdir()
    program.write_text(f"#!/bin/sh\nexec cat > {letters}/$$\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def daemon(tmp_path: Path, sinks: tuple[Sink, Sink], sendmail: Path) -> Iterator[Daemon]:
    """One percent of the memory is less than any daemon takes; the alerts' webhook is allowed by being named."""
    alerts, webhooks = sinks
    made = chromeless(
        tmp_path / "daemon",
        WPP_ALERT_WEBHOOK_URL=alerts.url,
        WPP_ALERT_EMAIL="ops@exemplo.com",
        WPP_SENDMAIL=str(sendmail),
        WPP_ALERT_MEMORY_PERCENT="1",
        WPP_MEASURE_SECONDS="1",
        WPP_EGRESS_ALLOW=webhooks.target,
        WEBHOOK_RETRIES="0",
    )
    try:
        yield made
    finally:
        made.end()


def firing(daemon: Daemon) -> dict[str, Any]:
    """Since when. What an alert says of a figure changes with the figure."""
    return {alert["code"]: alert["since"] for alert in daemon.api.get("/api/admin/alerts")["firing"]}


def history(daemon: Daemon) -> list[str]:
    points = daemon.api.get("/api/admin/sessions/loja/history?hours=1")["points"]
    return [point["status"] for point in points]


def letters(folder: Path) -> list[str]:
    """Their texts. One that was under way when the daemon died comes again, with the same Message-ID."""
    taken = [email.message_from_bytes(file.read_bytes()) for file in folder.iterdir()]
    return list({letter["Message-ID"]: str(letter) for letter in taken if letter["Message-ID"]}.values())


def test_alerts_begin_and_end_once_whatever_is_killed(
    daemon: Daemon, operator: AlertSink, tenant: Tenant, sinks: tuple[Sink, Sink], tmp_path: Path
):
    daemon.start()
    secret = daemon.api.call("POST", "/api/admin/alerts/secret").json["secret"]
    body = {"webhookUrl": sinks[1].url}
    assert daemon.api.call("POST", "/api/sessions/loja/start", body).status == 201
    exhausted = ("WEBHOOK_EXHAUSTED", "firing", "loja")
    wait_until(lambda: exhausted in operator.told and ("MEMORY_HIGH", "firing", None) in operator.told, SOON)
    [delivery] = [one for one in operator.taken if one.event["code"] == "WEBHOOK_EXHAUSTED"]
    assert delivery.is_signed_with(secret)

    health = daemon.api.get("/api/health")
    assert health["status"] == "degraded"
    assert {"WEBHOOK_EXHAUSTED", "MEMORY_HIGH"} <= {reason["reasonCode"] for reason in health["reasons"]}
    assert daemon.api.call("GET", "/api/health?strict=1", token="").status == 503
    before = firing(daemon)
    wait_until(lambda: history(daemon), SOON)

    daemon.kill()
    daemon.start()
    assert firing(daemon) == before
    tenant.works = True
    assert daemon.api.call("DELETE", "/api/sessions/loja").status == 200
    wait_until(lambda: ("WEBHOOK_EXHAUSTED", "resolved", "loja") in operator.told, SOON)
    wait_until(lambda: history(daemon)[-1] == "disconnected", SOON)
    assert history(daemon)[0] != "disconnected"
    assert sorted(operator.told) == [
        ("MEMORY_HIGH", "firing", None),
        ("WEBHOOK_EXHAUSTED", "firing", "loja"),
        ("WEBHOOK_EXHAUSTED", "resolved", "loja"),
    ]
    recent = daemon.api.get("/api/admin/alerts")["recent"]
    assert [(alert["code"], alert["sessionId"]) for alert in recent] == [("WEBHOOK_EXHAUSTED", "loja")]
    # Those of the session alone: the alerts' deliveries are not among them.
    events = len(daemon.api.get("/api/sessions/loja/events?limit=1000")["events"])
    assert counts(daemon)["pending"] + counts(daemon)["dead"] < events

    wait_until(lambda: len(letters(tmp_path / "letters")) >= 3, SOON)
    texts = letters(tmp_path / "letters")
    assert sum("To: ops@exemplo.com" in text for text in texts) == 3
    assert sum("MEMORY_HIGH" in text for text in texts) == 1
