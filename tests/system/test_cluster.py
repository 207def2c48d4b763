"""One machine of a cluster, with real Chromes and a real etcd, on its worst days.

The judge: with failover on, no browser lives when its session's owner key is gone from etcd, since from then on another machine
may open it.
"""

from __future__ import annotations

import base64
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cluster.cut import Cut
from tests.cluster.etcd_server import EtcdServers, etcd_servers
from tests.support import wait_until
from tests.system import processes
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import Daemon
from tests.system.tenant import Tenant, new_text
from wppmt.cluster import keys
from wppmt.cluster.membership import KILL_SECONDS, RENEW_SECONDS, TTL
from wppmt.cluster.values import Home

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(150)]

FENCED_SECONDS = KILL_SECONDS + RENEW_SECONDS + 1
"""Since the last renewal may have been sent just now."""
BACK_SECONDS = 40.0
FRIEND = "5511977770001"
JUMPING_CLOCK = """
import time
_true = time.time

def _told():
    with open({clock!r}) as file:
        return _true() + float(file.read() or 0)

time.time = _told
"""


class Judge:
    """Looks into etcd as an operator would, past every daemon."""

    def __init__(self, servers: EtcdServers) -> None:
        self._servers = servers

    def read(self, key: str) -> dict[str, Any]:
        """Empty: there is none."""
        wanted = {"key": base64.b64encode(key.encode()).decode()}
        found = self._servers.call(self._servers.members[0], "POST", "/v3/kv/range", wanted)
        return next(iter(found.get("kvs", [])), {})

    def epoch(self, tenant: Tenant) -> int:
        """0: nobody owns it."""
        return int(self.read(keys.owner(tenant.name)).get("create_revision", 0))

    def move_home(self, tenant: Tenant, home: Home) -> None:
        """As a failover does."""
        put = {"key": keys.home(tenant.name), "value": home.dump()}
        encoded = {name: base64.b64encode(text.encode()).decode() for name, text in put.items()}
        self._servers.call(self._servers.members[0], "POST", "/v3/kv/put", encoded)

    def sees_it_fenced(self, tenant: Tenant, browser: psutil.Process) -> None:
        """It has ended, and before anybody may open the session elsewhere."""
        wait_until(lambda: not self.epoch(tenant) or not _lives(browser), TTL + RENEW_SECONDS + 2)
        assert not _lives(browser), "the browser outlived its owner key"
        gone_at = time.monotonic()
        wait_until(lambda: not self.epoch(tenant), TTL + RENEW_SECONDS + 2)
        print(f"The browser was gone {time.monotonic() - gone_at:.1f} s before its owner key")  # noqa: T201 - a figure of docs/escala.md


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServers]:
    with etcd_servers(tmp_path_factory.mktemp("etcd"), 1) as running:
        yield running


@pytest.fixture
def judge(servers: EtcdServers) -> Judge:
    return Judge(servers)


@pytest.fixture
def link(servers: EtcdServers) -> Iterator[Cut]:
    with Cut(servers.endpoints[0]) as running:
        yield running


NewMachine = Callable[..., Daemon]


@pytest.fixture
def new_machine(new_daemon: NewDaemon, outside: dict[str, str], link: Cut, tmp_path: Path) -> NewMachine:
    def make(**environ: str) -> Daemon:
        name = {"WPP_CLUSTER_MACHINE": f"m-{os.getpid()}-{tmp_path.name[-12:]}".replace("_", "-")}
        made = new_daemon(WPP_CLUSTER_ETCD=link.url, **(outside | name | environ))
        made.start()
        return made

    return make


@pytest.fixture
def fencing(new_machine: NewMachine) -> Daemon:
    return new_machine(WPP_CLUSTER_FAILOVER="true")


def test_a_stopped_daemons_browser_is_gone_before_anyone_may_take_over(
    fencing: Daemon, new_tenant: NewTenant, judge: Judge
):
    tenant = new_tenant(fencing).connect()
    before, browser = judge.epoch(tenant), tenant.browser
    with _stopped(fencing.process.pid):
        judge.sees_it_fenced(tenant, browser)
    _is_back(tenant)
    assert judge.epoch(tenant) > before


@pytest.mark.long
def test_a_dead_daemons_browser_is_closed_by_the_guard(fencing: Daemon, new_tenant: NewTenant, judge: Judge):
    tenant = new_tenant(fencing).connect()
    browser = tenant.browser
    fencing.kill()
    judge.sees_it_fenced(tenant, browser)
    wait_until(lambda: fencing.keeper() is None)
    fencing.start()
    _is_back(tenant)


@pytest.mark.long
def test_without_daemon_and_guard_the_browser_ends_by_itself(
    fencing: Daemon, new_tenant: NewTenant, judge: Judge
):
    tenant = new_tenant(fencing).connect()
    browser, guard = tenant.browser, fencing.keeper()
    assert guard
    os.kill(fencing.process.pid, signal.SIGSTOP)
    guard.kill()
    fencing.kill()
    wait_until(lambda: not _lives(browser), FENCED_SECONDS)
    assert judge.epoch(tenant)
    fencing.start()
    _is_back(tenant)


@pytest.mark.long
def test_a_daemon_that_is_back_in_time_goes_on_with_browser_lease_and_epoch(
    fencing: Daemon, new_tenant: NewTenant, judge: Judge
):
    tenant = new_tenant(fencing).connect()
    before, browser = judge.epoch(tenant), tenant.browser
    fencing.kill()
    fencing.start()
    tenant.reaches("connected", BACK_SECONDS)
    assert tenant.browser.pid == browser.pid
    assert judge.epoch(tenant) == before


@pytest.mark.long
def test_cut_off_from_etcd_it_closes_its_browsers_and_comes_back_without_a_code(
    fencing: Daemon, new_tenant: NewTenant, judge: Judge, link: Cut
):
    tenant = new_tenant(fencing).connect()
    browser = tenant.browser
    link.cut()
    judge.sees_it_fenced(tenant, browser)
    assert tenant.reaches("reconnecting")["reasonCode"] == "OWNERSHIP_UNPROVEN"
    assert tenant.daemon.api.call("POST", "/api/sessions/nova/start").json["code"] == "CLUSTER_UNAVAILABLE"
    link.heal()
    _is_back(tenant)


@pytest.mark.long
def test_with_failover_off_it_goes_on_without_etcd_also_after_a_crash_and_a_restart(
    new_machine: NewMachine, new_tenant: NewTenant, judge: Judge, link: Cut
):
    machine = new_machine()
    tenant = new_tenant(machine).connect()
    link.cut()
    wait_until(lambda: not judge.epoch(tenant), TTL + RENEW_SECONDS + 2)
    tenant.browser.kill()
    _is_back(tenant)
    machine.stop()
    machine.start()
    _is_back(tenant)
    assert judge.epoch(tenant) == 0
    link.heal()
    wait_until(lambda: judge.epoch(tenant), TTL + RENEW_SECONDS)


@pytest.mark.long
def test_what_another_machine_has_brought_up_is_given_up(
    fencing: Daemon, new_tenant: NewTenant, judge: Judge
):
    """One while its daemon was stopped, one while it was dead."""
    stopped, dead = new_tenant(fencing).connect(), new_tenant(fencing).connect()
    elsewhere = Home(machine="outra", url="http://127.0.0.1:9", fences=True)
    with _stopped(fencing.process.pid):
        wait_until(lambda: not judge.epoch(stopped), TTL + RENEW_SECONDS + 2)
        judge.move_home(stopped, elsewhere)
    _is_given_up(stopped, elsewhere)
    _is_back(dead)
    fencing.kill()
    wait_until(lambda: not judge.epoch(dead), TTL + RENEW_SECONDS + 2)
    judge.move_home(dead, elsewhere)
    fencing.start()
    _is_given_up(dead, elsewhere)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a time namespace")
@pytest.mark.parametrize("seconds", ["600", "-600"])
def test_a_kernel_clock_that_is_ten_minutes_off_changes_nothing(
    new_daemon: NewDaemon,
    outside: dict[str, str],
    new_tenant: NewTenant,
    judge: Judge,
    link: Cut,
    seconds: str,
):
    environ = outside | {"WPP_CLUSTER_ETCD": link.url, "WPP_CLUSTER_FAILOVER": "true"}
    machine = new_daemon(WPP_CLUSTER_MACHINE=f"fora{seconds}", **environ)
    machine.prefix = ("unshare", "-T", "--boottime", seconds)
    machine.start()
    tenant = new_tenant(machine).connect()
    browser = tenant.browser
    link.cut()
    judge.sees_it_fenced(tenant, browser)
    link.heal()
    _is_back(tenant)


@pytest.mark.long
@pytest.mark.parametrize("seconds", [600, -600])
def test_a_wall_clock_that_jumps_ten_minutes_changes_nothing(
    new_machine: NewMachine, new_tenant: NewTenant, judge: Judge, link: Cut, tmp_path: Path, seconds: int
):
    clock = tmp_path / "clock"
    clock.write_text("0")
    (tmp_path / "sitecustomize.py").write_text(JUMPING_CLOCK.format(clock=str(clock)))
    machine = new_machine(WPP_CLUSTER_FAILOVER="true", PYTHONPATH=str(tmp_path))
    tenant = new_tenant(machine).connect()
    browser, before = tenant.browser, judge.epoch(tenant)
    clock.write_text(str(seconds))
    end = time.monotonic() + TTL + RENEW_SECONDS
    wait_until(lambda: time.monotonic() > end, TTL + RENEW_SECONDS + 1)
    assert (_lives(browser), judge.epoch(tenant)) == (True, before)
    link.cut()
    judge.sees_it_fenced(tenant, browser)
    clock.write_text("0")
    link.heal()
    _is_back(tenant)


def _lives(process: psutil.Process) -> bool:
    return bool(processes.alive({process}))


def _is_back(tenant: Tenant) -> None:
    """With the same login, and it works."""
    tenant.reaches("connected", BACK_SECONDS)
    tenant.daemon.phones.register(FRIEND, "Amiga")
    assert wait_until(lambda: tenant.send(FRIEND, new_text()).status == 200, BACK_SECONDS)


def _is_given_up(tenant: Tenant, home: Home) -> None:
    wait_until(lambda: tenant.post("restart").status == 421, BACK_SECONDS)
    answer = tenant.post("restart")
    assert (answer.json["code"], answer.json["owner"]) == ("NOT_OWNER", home.url)
    tokens = tenant.daemon.folder / "tokens"
    wait_until(lambda: not (tokens / tenant.name).exists() and (tokens / ".moved" / tenant.name).is_dir(), 20)
    assert tenant.daemon.browser(tenant.name) is None


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
