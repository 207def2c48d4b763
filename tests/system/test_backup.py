"""A connected session becomes a file, and on another machine a connected session again, without a QR code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import free_port, wait_until
from tests.system import processes
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import ROOT, Daemon
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant, new_text
from wppmt.archive.arrival import check_archive
from wppmt.cli.sink import ReceivedWebhook, Sink

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(120)]

KEY = "chave-de-teste-dos-arquivos-0123456789"


def wppmt(daemon: Daemon, *arguments: str, code: int = 0) -> str:
    """What a command said on stdout, run beside this daemon, as its user."""
    done = subprocess.run(
        [sys.executable, "-m", "wppmt", *arguments],
        cwd=ROOT, env=daemon.environ, capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def backed_up(daemon: Daemon, *arguments: str) -> list[Path]:
    return [Path(row["file"]) for row in json.loads(wppmt(daemon, "backup", "--json", *arguments))["backups"]]


def assert_goes_on(tenant: Tenant, stranger: str, key: str, first: str, text: str) -> None:
    """Connected without a code, on the same device; numbers without a hole, keys known, messages both ways."""
    assert [device["sockets"] for device in tenant.devices()] == [1]
    events = tenant.logged_events()
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert [event["event"] for event in events].count("qr_code") == 1
    assert send(tenant, stranger, text, key)["id"] == first
    assert [line["id"] for line in tenant.daemon.phones.inbox(stranger)].count(first) == 1
    incoming = new_text()
    tenant.daemon.phones.write(stranger, tenant.phone, incoming)
    tenant.hears_message(incoming)


def send(tenant: Tenant, to: str, text: str, key: str) -> dict[str, str]:
    tenant.daemon.private |= {to, text}
    path, body = f"{tenant.path}/send-message", {"phone": to, "message": text}
    answer = tenant.daemon.api.call("POST", path, body, headers={"Idempotency-Key": key})
    assert answer.status == 200, answer
    return answer.json


def test_from_machine_to_machine(
    new_daemon: NewDaemon, new_tenant: NewTenant, outside: dict[str, str], stranger: str, tmp_path: Path
):
    here, there, third = (new_daemon(**outside, WPP_ARCHIVE_KEY=KEY) for _ in range(3))
    here.start()
    tenant, text = new_tenant(here).connect(), new_text()
    first = send(tenant, stranger, text, "k1")["id"]
    device = tenant.devices()[0]["device"]

    # By the daemon: the browser is closed in order for it, and opened again.
    [archive] = backed_up(here, tenant.name, "--to", str(tmp_path / "usb"))
    assert archive.parent == tmp_path / "usb"
    assert list((here.folder / "state" / "backups").iterdir()) == []
    tenant.hears("connection_change", status="reconnecting", reasonCode="LOGIN_COPY")
    tenant.hears("connection_change", status="connected")
    assert tenant.send(stranger, new_text()).status == 200
    assert wppmt(here, "restore", "--yes", str(archive), code=1).count("já existe")
    here.stop()

    there.start()
    tenant.daemon = there
    said = wppmt(there, "restore", "--yes", "--verify", str(archive))
    assert f"{tenant.name}: conectou sem QR Code" in said
    assert_goes_on(tenant, stranger, "k1", first, text)
    assert [one["device"] for one in tenant.devices()] == [device]
    trail = there.api.get("/api/admin/audit")["entries"]
    told = next(entry["action"] for entry in trail if entry["sessionId"] == tenant.name)
    assert told == "session.take_in"
    there.stop()

    # Without any daemon: on the folders.
    [archive] = backed_up(there)
    with archive.open("rb") as file:
        assert check_archive(file, KEY.encode()).chrome
    said = wppmt(third, "restore", "--yes", "--verify", str(archive))
    assert f"{tenant.name}: conectou sem QR Code" in said
    third.start()
    tenant.daemon = third
    tenant.reaches("connected")
    assert_goes_on(tenant, stranger, "k1", first, text)


@pytest.mark.parametrize("moment", ["asked", "browser down"])
def test_a_daemon_that_is_killed_in_the_middle_loses_nothing(
    new_daemon: NewDaemon, new_tenant: NewTenant, outside: dict[str, str], stranger: str, moment: str
):
    daemon = new_daemon(**outside, WPP_ARCHIVE_KEY=KEY)
    daemon.start()
    tenant = new_tenant(daemon).connect()
    browser = tenant.browser
    begun = daemon.api.call("POST", f"/api/admin/sessions/{tenant.name}/backup")
    assert begun.status == 202
    if moment == "browser down":
        # The next one is opened a moment later: that there is none may be over before anybody has looked.
        wait_until(lambda: not processes.alive({browser}), 20)
    daemon.kill()
    daemon.start()
    tenant.reaches("connected", 30)
    assert tenant.send(stranger, new_text()).status == 200
    state = daemon.folder / "state"
    left = [*(daemon.folder / "tokens").glob(".arriv*"), *state.glob("archive/*"), *state.glob("backups/.*")]
    assert left == []
    assert daemon.api.call("GET", f"/api/admin/jobs/{begun.json['job']}").status == 404
    assert backed_up(daemon, tenant.name)[0].exists()


@pytest.mark.long
def test_webhooks_on_their_way_arrive_once_and_from_the_new_machine(
    new_daemon: NewDaemon,
    new_tenant: NewTenant,
    outside: dict[str, str],
    stranger: str,
    receiver: Receiver,
    tmp_path: Path,
):
    port = free_port()
    options = outside | {
        "WPP_EGRESS_ALLOW": f"{receiver.sink.target},127.0.0.1:{port}",
        "WPP_ARCHIVE_KEY": KEY,
    }
    here, there = (new_daemon(**options, WPP_WEBHOOK_HOLD_HOURS="1") for _ in range(2))
    here.start()
    tenant = new_tenant(here).connect()
    late = {"url": f"http://127.0.0.1:{port}/late"}
    assert here.api.call("PUT", f"{tenant.path}/webhook", late).status == 200
    for text in (texts := [new_text() for _ in range(3)]):
        here.private.add(text)
        here.phones.write(stranger, tenant.phone, text)
    wait_until(lambda: pending(tenant) >= len(texts), 20)
    [archive] = backed_up(here, tenant.name, "--to", str(tmp_path))
    here.stop()

    there.private |= {*texts, tenant.phone, stranger}
    there.start()
    tenant.daemon = there
    wppmt(there, "restore", "--yes", str(archive))
    arrived: list[dict[str, Any]] = []

    def take(delivery: ReceivedWebhook) -> bool:
        arrived.append(dict(delivery.event))
        return True

    with Sink(port, take):
        wait_until(lambda: tenant.status()["status"] == "connected" and not pending(tenant), 90)
    seen = [event["id"] for event in arrived]
    assert len(seen) == len(set(seen))
    bodies = [event["message"]["body"] for event in arrived if event["event"] == "message_received"]
    assert bodies == texts
    sequences = [event["sequence"] for event in arrived]
    assert sequences == sorted(sequences)


def pending(tenant: Tenant) -> int:
    rows = tenant.daemon.api.get("/api/admin/sessions")["sessions"]
    return int(next(row["webhooks"]["pending"] for row in rows if row["sessionId"] == tenant.name))
