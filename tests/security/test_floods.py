"""Half a minute of each flood with connected tenants: what a neighbour feels, and what is left of it afterwards.

WPP_TEST_TENANTS (10) says how many; each has a Chrome of its own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.security.floods import ATTACKS
from tests.support import free_port, wait_until
from tests.system.daemon import ROOT, Daemon
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant, new_text

pytestmark = [pytest.mark.chrome, pytest.mark.long, pytest.mark.timeout(600)]

TENANTS = int(os.environ.get("WPP_TEST_TENANTS", "10"))
RATE = 100
"""Requests a minute and session, as it is shipped."""
PACE = 60 / RATE * 1.1
CALM_SECONDS = 30.0
FLOOD_SECONDS = 30.0
SHORTEST_P99 = 0.05
"""Below this, three times as long is nothing that anybody feels, and much less than what the machine itself varies."""
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(scope="module")
def attackers_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def daemon(
    tmp_path_factory: pytest.TempPathFactory, receiver: Receiver, attackers_port: int
) -> Iterator[Daemon]:
    running = Daemon(
        tmp_path_factory.mktemp("floods"),
        WPP_EGRESS_ALLOW=f"{receiver.sink.target},127.0.0.1:{attackers_port}",
        WPP_MAX_SESSIONS=str(TENANTS),
        WPP_RATE_LIMIT=str(RATE),
        WPP_MEASURE_SECONDS="10",
    )
    try:
        running.start()
        yield running
        running.stop()
        assert not running.leaks()
    finally:
        running.end()


@pytest.fixture(scope="module")
def tenants(daemon: Daemon, receiver: Receiver) -> list[Tenant]:
    """The first attacks, the others are its neighbours."""
    return [Tenant(daemon, receiver, f"cliente-{number:03d}").connect() for number in range(TENANTS)]


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def sends(neighbours: list[Tenant], to: str, seconds: float) -> list[float]:
    """Of all of them together, each as often as it may; every one must arrive."""
    statuses: list[int] = []
    times: list[float] = []
    end = time.monotonic() + seconds

    def work(neighbour: Tenant) -> None:
        while (began := time.monotonic()) < end:
            statuses.append(neighbour.send(to, new_text()).status)
            times.append(time.monotonic() - began)
            time.sleep(max(0.0, began + PACE - time.monotonic()))

    threads = [threading.Thread(target=work, args=(neighbour,)) for neighbour in neighbours]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}, statuses
    return times


def flood(name: str, daemon: Daemon, attacker: Tenant, port: int) -> subprocess.Popen[bytes]:
    """It has a machine of its own in truth: here it gets what this one has left."""
    about = [str(daemon.port), str(FLOOD_SECONDS), attacker.path, daemon.api.token(), str(port)]
    command = ["nice", "-n", "19", sys.executable, "-m", "tests.security.floods", name, *about]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_neighbour_feels_little_of_a_flood(
    name: str, daemon: Daemon, tenants: list[Tenant], receiver: Receiver, attackers_port: int, capsys
):
    attacker, *neighbours = tenants
    process = psutil.Process(daemon.pid)
    browsers = {tenant.name: tenant.browser.pid for tenant in tenants}
    calm = sends(neighbours, attacker.phone, CALM_SECONDS)
    before = process.memory_info().rss
    flooding = flood(name, daemon, attacker, attackers_port)
    flooded = sends(neighbours, attacker.phone, FLOOD_SECONDS)
    during = process.memory_info().rss
    told = flooding.communicate(timeout=60)[0].decode().strip()
    report = (
        f"{name}: p99 calm {p99(calm) * 1000:.0f} ms of {len(calm)}, flooded {p99(flooded) * 1000:.0f} ms of"
        f" {len(flooded)}; daemon {before // MEGABYTE} -> {during // MEGABYTE} MB; told {told}"
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{report}\n")
    assert p99(flooded) <= 3 * max(p99(calm), SHORTEST_P99), report
    wait_until(lambda: process.memory_info().rss - before < 40 * MEGABYTE, 60)
    assert {tenant.name: tenant.browser.pid for tenant in tenants} == browsers, "a browser was restarted"
    seen = daemon.api.call("GET", "/api/sessions", token=daemon.api.token(sub="observador"))
    assert {session["status"] for session in seen.json["sessions"]} == {"connected"}
    assert not [line for line in daemon.log() if line["event"] == "log_lines_dropped"]
