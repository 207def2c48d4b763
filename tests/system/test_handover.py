"""A daemon that dies or is upgraded disconnects nobody: its browsers live on, and the next one adopts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest
import urllib3

from tests.support import wait_until
from tests.system import processes
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import ROOT, Daemon
from tests.system.tenant import Tenant, new_text

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(90)]

ADOPTED_SECONDS = 10.0
"""A limit, no measure: beside other tests a daemon starts slowly. How fast it is, `make chaos PRESET=R2` judges."""


@pytest.fixture
def daemon(new_daemon: NewDaemon, outside: dict[str, str]) -> Daemon:
    made = new_daemon(**outside)
    made.start()
    return made


@pytest.fixture
def kept_by_systemd(new_daemon: NewDaemon, outside: dict[str, str]) -> Daemon:
    """Without a process of its own that keeps the lines."""
    made = new_daemon(activated=True, **outside)
    made.start()
    return made


def kill(daemon: Daemon) -> None:
    daemon.kill()


def hand_over(daemon: Daemon) -> None:
    command = [sys.executable, "-m", "wppmt", "handover"]
    said = subprocess.run(
        command, cwd=ROOT, env=daemon.environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert daemon.process.wait(1) == 0, daemon.stderr()


def signalled(daemon: Daemon) -> None:
    daemon.process.send_signal(signal.SIGUSR2)
    assert daemon.process.wait(20) == 0, daemon.stderr()


@contextmanager
def watched(*tenants: Tenant) -> Iterator[None]:
    """As the phones see it: each has one device with one page open, all the time."""
    seen: set[tuple[int, ...]] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.update(tuple(device["sockets"] for device in tenant.devices()) for tenant in tenants)
            time.sleep(0.02)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert seen == {(1,)}


def until_usable(daemon: Daemon, *tenants: Tenant) -> float:
    """Start it; seconds until its API takes requests and every tenant has sent a message."""
    began = time.monotonic()
    daemon.start()
    for tenant in tenants:
        assert tenant.send(tenants[0].phone, new_text()).status == 200
    return time.monotonic() - began


@pytest.mark.parametrize("end", [kill, hand_over])
def test_a_code_that_waits_to_be_scanned_goes_on_waiting(
    daemon: Daemon, new_tenant: NewTenant, end: Callable[[Daemon], None]
):
    tenant = new_tenant(daemon)
    code = tenant.show_qr()
    browser, told = tenant.browser.pid, tenant.webhooks()
    end(daemon)
    daemon.start()
    assert tenant.read_qr() == code
    assert tenant.webhooks() == told
    tenant.scan(code)
    tenant.hears("connection_change", status="connected", previousStatus="waiting_scan")
    assert tenant.browser.pid == browser
    names = [event["event"] for event in tenant.logged_events() if event["event"] != "account_limit"]
    assert names == ["connection_change", "connection_change", "qr_code", "connection_change"]


@pytest.mark.parametrize("end", [kill, hand_over, signalled])
def test_nobody_is_disconnected(
    daemon: Daemon, new_tenant: NewTenant, stranger: str, end: Callable[[Daemon], None]
):
    tenants = one, other = new_tenant(daemon).connect(), new_tenant(daemon).connect()
    browsers = [tenant.browser.pid for tenant in tenants]
    told = [tenant.changes() for tenant in tenants]
    sent = one.send(other.phone, new_text()).json["id"]
    with watched(*tenants):
        end(daemon)
        texts = [new_text() for _ in range(3)]
        for text in texts:
            one.writes(other.phone, text)
            daemon.phones.write(stranger, one.phone, text)
        daemon.phones.receipt(other.phone, sent, 3)
        assert until_usable(daemon, *tenants) < ADOPTED_SECONDS
        for text in texts:
            one.hears_message(text)
            other.hears_message(text)
        one.hears("message_ack", messageId=sent, status="read")
    assert [tenant.browser.pid for tenant in tenants] == browsers
    assert [tenant.changes() for tenant in tenants] == told
    for tenant in tenants:
        events = tenant.logged_events()
        bodies = [event["message"]["body"] for event in events if event["event"] == "message_received"]
        assert [body for body in bodies if body in texts] == texts
        assert [event["event"] for event in events].count("qr_code") == 1
    assert all(daemon.logged("browser_adopted", tenant.name) for tenant in tenants)


def test_a_request_under_way_is_answered_before_a_handover(
    daemon: Daemon, new_tenant: NewTenant, stranger: str
):
    tenant = new_tenant(daemon).connect()
    daemon.phones.fault("ack_delay", phone=tenant.phone, count=1, delayMs=1500)
    answers: list[int] = []
    sending = threading.Thread(target=lambda: answers.append(tenant.send(stranger, new_text()).status))
    sending.start()
    # On its way: it has arrived, and is acknowledged so much later.
    wait_until(lambda: daemon.phones.inbox(stranger))
    signalled(daemon)
    sending.join()
    assert answers == [200]
    daemon.start()
    assert len(daemon.phones.inbox(stranger)) == 1


@pytest.mark.parametrize("end", [kill, signalled])
def test_nobody_is_disconnected_where_systemd_keeps_the_lines(
    kept_by_systemd: Daemon, new_tenant: NewTenant, end: Callable[[Daemon], None]
):
    daemon = kept_by_systemd
    one, other = new_tenant(daemon).connect(), new_tenant(daemon).connect()
    browsers, told = [one.browser.pid, other.browser.pid], one.changes()
    assert daemon.keeper() is None
    with watched(one, other):
        end(daemon)
        assert until_usable(daemon, one, other) < ADOPTED_SECONDS
    assert [one.browser.pid, other.browser.pid] == browsers
    assert one.changes() == told


def test_the_keepers_death_costs_nothing(daemon: Daemon, new_tenant: NewTenant):
    """And what the next keeper has is enough for the next daemon."""
    tenant = new_tenant(daemon).connect()
    browser, told, first = tenant.browser.pid, tenant.changes(), daemon.keeper()
    assert first
    with watched(tenant):
        first.kill()
        second = wait_until(lambda: [keeper] if (keeper := daemon.keeper()) not in {None, first} else [])
        assert tenant.send(tenant.phone, new_text()).status == 200
        daemon.kill()
        assert until_usable(daemon, tenant) < ADOPTED_SECONDS
    assert (tenant.browser.pid, tenant.changes()) == (browser, told)
    assert [daemon.keeper()] == second


def test_with_keeper_and_daemon_dead_the_browser_closes_and_the_login_is_kept(
    daemon: Daemon, new_tenant: NewTenant, stranger: str
):
    tenant = new_tenant(daemon).connect()
    group, keeper = processes.groups({tenant.browser}), daemon.keeper()
    assert keeper
    daemon.process.send_signal(signal.SIGSTOP)
    keeper.kill()
    daemon.kill()
    wait_until(lambda: not processes.alive(group))
    text = new_text()
    daemon.phones.write(stranger, tenant.phone, text)
    daemon.start()
    tenant.hears("connection_change", status="reconnecting", reasonCode="DAEMON_RESTARTED")
    tenant.hears("connection_change", status="connected")
    tenant.hears_message(text)
    assert [event["event"] for event in tenant.webhooks().values()].count("qr_code") == 1


def test_what_cannot_be_adopted_comes_back_without_qr(daemon: Daemon, new_tenant: NewTenant, stranger: str):
    victim, neighbour = new_tenant(daemon).connect(), new_tenant(daemon).connect()
    group, untouched = victim.browser.pid, neighbour.browser.pid
    earlier = processes.groups({victim.browser})
    with watched(neighbour):
        daemon.kill()
        os.killpg(group, signal.SIGSTOP)
        text = new_text()
        daemon.phones.write(stranger, victim.phone, text)
        daemon.start()
        change = victim.hears("connection_change", status="reconnecting")
        assert (change["previousStatus"], change["reasonCode"]) == ("connected", "DAEMON_RESTARTED")
        victim.hears("connection_change", status="connected")
        victim.hears_message(text)
    assert not processes.alive(earlier)
    assert [event["event"] for event in victim.webhooks().values()].count("qr_code") == 1
    assert [device["sockets"] for device in victim.devices()] == [1]
    assert neighbour.browser.pid == untouched


def test_what_no_session_wants_is_ended(daemon: Daemon, new_tenant: NewTenant):
    unknown = new_tenant(daemon).connect()
    group = processes.groups({unknown.browser})
    daemon.kill()
    for file in (daemon.folder / "state").glob("wppmt.sqlite*"):
        file.unlink()
    daemon.start()
    assert not processes.alive(group)
    assert daemon.profile(unknown.name).is_dir(), "the login is kept"


def test_sigterm_still_ends_everything(daemon: Daemon, new_tenant: NewTenant):
    tenant = new_tenant(daemon).connect()
    kill(daemon)
    daemon.start()
    adopted = processes.groups({tenant.browser}) | processes.descendants(psutil.Process(daemon.pid))
    assert daemon.stop() < 15
    assert not processes.alive(adopted)
    daemon.start()
    assert tenant.hears("connection_change")["previousStatus"] == "connected"
    assert tenant.hears("connection_change", status="connected")["previousStatus"] == "reconnecting"


def test_http_says_that_it_goes_until_the_last_browser_is_gone(daemon: Daemon, new_tenant: NewTenant):
    browser = new_tenant(daemon).connect().browser
    told: list[str] = []
    daemon.process.send_signal(signal.SIGTERM)
    while processes.alive({browser}):
        try:
            answer = daemon.api.call("GET", "/api/health", token="")
        except urllib3.exceptions.HTTPError:
            assert not processes.alive({browser})
        else:
            told.append(f"{answer.status} {answer.json['status']}")
    assert set(told) <= {"200 ok", "503 draining"}
    assert told[-1] == "503 draining"
    assert daemon.process.wait(20) == 0


def test_a_new_simulator_dies_with_its_daemon_and_no_one_disconnects(
    new_daemon: NewDaemon, new_tenant: NewTenant
):
    """As with `make run`: the phones' world goes down with the daemon and comes up with the next one."""
    daemon = new_daemon()
    daemon.start()
    one, other = new_tenant(daemon).connect(), new_tenant(daemon).connect()
    told, browsers = one.changes(), [one.browser.pid, other.browser.pid]
    daemon.kill()
    daemon.start()
    text = new_text()
    assert one.send(other.phone, text).status == 200
    other.hears_message(text)
    assert [one.browser.pid, other.browser.pid] == browsers
    assert one.changes() == told
