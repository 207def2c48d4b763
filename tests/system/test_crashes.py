"""One tenant's trouble stays that tenant's, and a crash of anything costs no login and no message."""

from __future__ import annotations

import os
import signal
import statistics
import threading
import time
from contextlib import AbstractContextManager

import psutil
import pytest

from tests.support import meanwhile, wait_until
from tests.system import processes
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.tenant import Tenant, new_text

pytestmark = pytest.mark.chrome

RECOVERY_SECONDS = 20.0
AT_ONCE_SECONDS = 10.0
"""Before any beat is missed."""
NOTICED_SECONDS = 35.0
"""A beat every 10 s; after one and a half the page is asked, twice, with 5 s each."""


class Traffic:
    """A tenant's sends and status reads, one after the other, each with its time in seconds."""

    def __init__(self, tenant: Tenant, to: str) -> None:
        self.sends: list[float] = []
        self.reads: list[float] = []
        self.ids: list[str] = []
        self._tenant = tenant
        self._to = to
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            sent = self._tenant.send(self._to, new_text())
            self.sends.append(time.monotonic() - began)
            self.ids.append(sent.json["id"])
            began = time.monotonic()
            self._tenant.status()
            self.reads.append(time.monotonic() - began)

    def running(self) -> AbstractContextManager[None]:
        return meanwhile(self.run, self._over)


def assert_untouched(neighbour: Tenant, stranger: str, traffic: Traffic, before: tuple[int, int]) -> None:
    """Nothing that happened elsewhere was felt here."""
    assert (neighbour.browser.pid, len(neighbour.changes())) == before
    assert [device["sockets"] for device in neighbour.devices()] == [1]
    arrived = [line["id"] for line in neighbour.daemon.phones.inbox(stranger)]
    assert [arrived.count(message_id) for message_id in traffic.ids] == [1] * len(traffic.ids)
    # Two cores start a Chrome meanwhile: single sends may wait for a core, the typical one does not.
    assert statistics.median(traffic.sends) < 0.25
    assert max(traffic.sends) < 3
    assert statistics.median(traffic.reads) < 0.05


def test_a_killed_browser_comes_back_without_qr_and_alone(new_tenant: NewTenant, stranger: str):
    victim, neighbour = new_tenant().connect(), new_tenant().connect()
    before = neighbour.browser.pid, len(neighbour.changes())
    [device] = victim.devices()
    dead = victim.browser
    traffic = Traffic(neighbour, stranger)
    with traffic.running():
        dead.kill()
        assert victim.hears("connection_change", previousStatus="connected")["status"] == "reconnecting"
        assert victim.hears("connection_change", limit=RECOVERY_SECONDS)["status"] == "connected"
    assert victim.browser.pid != dead.pid
    assert [(one["device"], one["sockets"]) for one in victim.devices()] == [(device["device"], 1)]
    assert victim.send(neighbour.phone, new_text()).status == 200
    assert victim.status()["restarts"] == 1
    assert_untouched(neighbour, stranger, traffic, before)


def part_of(tenant: Tenant, kind: str) -> psutil.Process:
    """A helper of Chrome, such as its renderer."""
    group = processes.groups({tenant.browser})
    return next(one for one in group if f"--type={kind}" in processes.command(one))


def test_a_dead_page_is_noticed_and_mended(tenant: Tenant, stranger: str):
    group = processes.groups({tenant.browser})
    part_of(tenant, "renderer").kill()
    tenant.hears("connection_change", previousStatus="connected", limit=AT_ONCE_SECONDS)
    tenant.hears("connection_change", status="connected", limit=RECOVERY_SECONDS)
    assert tenant.send(stranger, new_text()).status == 200
    assert not processes.alive(group)


@pytest.mark.long
@pytest.mark.timeout(120)
def test_a_frozen_browser_is_noticed_and_replaced(new_tenant: NewTenant, stranger: str):
    victim, neighbour = new_tenant().connect(), new_tenant().connect()
    before = neighbour.browser.pid, len(neighbour.changes())
    group = processes.groups({victim.browser})
    traffic = Traffic(neighbour, stranger)
    with traffic.running():
        frozen = time.monotonic()
        os.killpg(victim.browser.pid, signal.SIGSTOP)
        change = victim.hears("connection_change", previousStatus="connected", limit=NOTICED_SECONDS)
        assert time.monotonic() - frozen < NOTICED_SECONDS
        assert change["reasonCode"] == "BROWSER_HUNG"
        victim.hears("connection_change", status="connected", limit=RECOVERY_SECONDS)
    assert not processes.alive(group)
    assert victim.send(stranger, new_text()).status == 200
    assert_untouched(neighbour, stranger, traffic, before)


@pytest.mark.long
@pytest.mark.timeout(120)
def test_a_page_in_an_endless_loop_is_noticed_and_replaced(tenant: Tenant, stranger: str):
    tenant.daemon.phones.fault("page_hang", phone=tenant.phone)
    tenant.hears("connection_change", previousStatus="connected", limit=NOTICED_SECONDS)
    tenant.hears("connection_change", status="connected", limit=RECOVERY_SECONDS)
    assert tenant.send(stranger, new_text()).status == 200


def test_a_reloaded_page_loses_nothing(tenant: Tenant, stranger: str):
    texts = [new_text() for _ in range(6)]
    browser = tenant.browser.pid
    for number, text in enumerate(texts):
        if number == 2:
            tenant.daemon.phones.fault("page_reload", phone=tenant.phone)
        tenant.daemon.phones.write(stranger, tenant.phone, text)
    for text in texts:
        tenant.hears_message(text)
    assert tenant.browser.pid == browser
    received = [event["message"]["body"] for event in tenant.webhooks().values() if "message" in event]
    assert sorted(received) == sorted(texts)


@pytest.mark.timeout(90)
def test_after_a_power_cut_all_sessions_come_back_without_qr(new_daemon: NewDaemon, new_tenant: NewTenant):
    daemon = new_daemon()
    daemon.start()
    one, other = new_tenant(daemon).connect(), new_tenant(daemon).connect()
    devices = one.devices(), other.devices()
    earlier = {one.browser, other.browser}
    assert earlier <= daemon.kill_everything()

    daemon.start()
    for tenant in (one, other):
        assert tenant.hears("connection_change")["previousStatus"] == "connected"
        assert tenant.hears("connection_change", status="connected")["previousStatus"] == "reconnecting"
        assert [event["event"] for event in tenant.webhooks().values()].count("qr_code") == 1
    assert not processes.alive(earlier)
    assert (one.devices(), other.devices()) == devices
    text = new_text()
    assert one.send(other.phone, text).status == 200
    other.hears_message(text)


@pytest.mark.timeout(90)
def test_nothing_written_around_a_power_cut_is_lost(
    new_daemon: NewDaemon, new_tenant: NewTenant, outside: dict[str, str]
):
    daemon = new_daemon(**outside)
    daemon.start()
    tenant, friend = new_tenant(daemon).connect(), new_tenant()
    texts = [new_text() for _ in range(9)]
    for text in texts[:3]:
        friend.writes(tenant.phone, text)
    daemon.kill()
    # The browser has outlived it, and takes these in; then it dies, too.
    for text in texts[3:6]:
        friend.writes(tenant.phone, text)
    daemon.kill_everything()
    for text in texts[6:]:
        friend.writes(tenant.phone, text)
    daemon.start()
    for text in texts:
        tenant.hears_message(text)
    received = [event["message"]["body"] for event in tenant.webhooks().values() if "message" in event]
    assert sorted(received) == sorted(texts)
    daemon.stop()
    assert daemon.phones.health() == {"status": "ok"}


@pytest.mark.timeout(90)
def test_a_stopped_daemon_leaves_nothing_running_and_no_login_lost(
    new_daemon: NewDaemon, new_tenant: NewTenant
):
    daemon = new_daemon()
    daemon.start()
    connected, closed = new_tenant(daemon).connect(), new_tenant(daemon).connect()
    assert closed.close().status == 200
    device = connected.devices()[0]["device"]
    running = processes.descendants(psutil.Process(daemon.pid)) | processes.groups({connected.browser})
    assert daemon.stop() < 15
    assert not processes.alive(running)
    assert connected.changes()[-1] == ("waiting_scan", "connected")

    daemon.start()
    assert connected.hears("connection_change")["previousStatus"] == "connected"
    assert connected.hears("connection_change", status="connected")["previousStatus"] == "reconnecting"
    assert connected.devices()[0]["device"] == device
    assert closed.status()["status"] == "disconnected"
    assert daemon.browser(closed.name) is None
    assert closed.start().json["status"] == "initializing"
    assert closed.hears("connection_change", status="connected")["previousStatus"] == "initializing"


def test_a_message_under_way_when_the_daemon_dies_arrives_once(new_daemon: NewDaemon, new_tenant: NewTenant):
    daemon = new_daemon()
    daemon.start()
    sender, recipient = new_tenant(daemon).connect(), new_tenant(daemon)
    daemon.phones.fault("ack_delay", phone=sender.phone, count=1, delayMs=3000)
    text = new_text()
    pending = sender.daemon.api.call(
        "POST",
        f"{sender.path}/send-message",
        {"phone": recipient.phone, "message": text},
        headers={"Prefer": "respond-async"},
    )
    daemon.private |= {text}
    assert (pending.status, pending.json["status"]) == (202, "pending")
    message_id = pending.json["id"]
    wait_until(lambda: recipient.inbox(message_id))
    daemon.kill()
    daemon.start()
    assert sender.hears("message_ack", messageId=message_id, limit=60)["status"] == "sent"
    assert len(recipient.inbox(message_id)) == 1


def test_a_reload_amid_sends_loses_none_doubles_none_and_holds_none_up(tenant: Tenant, stranger: str):
    ids: list[str] = []
    for moment in (0.0, 0.02, 0.05):
        tenant.daemon.phones.fault("page_reload", phone=tenant.phone)
        time.sleep(moment)  # so that the reload meets the send at another step
        began = time.monotonic()
        ids.append(wait_until(lambda: _accepted(tenant, stranger), limit=15) or "")
        wait_until(lambda: ids[-1] in _arrived(tenant, stranger), limit=15)
        assert time.monotonic() - began < 15
    arrived = _arrived(tenant, stranger)
    assert [arrived.count(message_id) for message_id in ids] == [1] * len(ids)


def _accepted(tenant: Tenant, to: str) -> str | None:
    """The id; None while the page is away."""
    answer = tenant.send(to, new_text())
    return str(answer.json["id"]) if answer.status in {200, 202} else None


def _arrived(tenant: Tenant, to: str) -> list[str]:
    return [line["id"] for line in tenant.daemon.phones.inbox(to)]
