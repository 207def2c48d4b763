"""What somebody without a token, or one tenant, may do to the whole daemon; its browsers never start here."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support import wait_until
from tests.system.api import Json
from tests.system.chromeless import chromeless
from tests.system.daemon import ROOT, Daemon

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

SOFT_LIMIT = 1024
"""systemd's own, whatever the hard one is."""
FLOOD_SECONDS = 4
MEGABYTE = 1_000_000


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """Started as systemd starts a service. What lies free is given back at each measurement of its memory."""
    daemon = chromeless(tmp_path / "daemon", WPP_RATE_LIMIT="6000", WPP_MEASURE_SECONDS="5")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(SOFT_LIMIT, soft), hard))
    try:
        daemon.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    yield daemon
    daemon.end()


def flood(daemon: Daemon, name: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.security.floods", name, str(daemon.port), str(FLOOD_SECONDS)]
    return subprocess.Popen(
        [*command, "/api/sessions/loja", daemon.api.token(), "0"], cwd=ROOT, stdout=subprocess.PIPE
    )


def told_by(flooding: subprocess.Popen[bytes]) -> dict[str, int]:
    told: dict[str, int] = json.loads(flooding.communicate(timeout=30)[0])
    return told


@pytest.mark.parametrize("name", ["idle", "heads"])
def test_connections_without_end_leave_room_for_a_new_one(daemon: Daemon, name: str):
    """More of them than systemd's soft limit of descriptors."""
    process = psutil.Process(daemon.pid)
    before = process.memory_info().rss
    most = 0
    flooding = flood(daemon, name)
    while flooding.poll() is None:
        # A new connection each time, as a new customer has it.
        assert daemon.api.fresh().call("GET", "/healthz", token="").status == 200
        most = max(most, process.memory_info().rss)
        time.sleep(0.1)
    told_by(flooding)
    assert most - before < 100 * MEGABYTE
    assert [line for line in daemon.log() if line["level"] == "error"] == []


def test_strangers_without_end_are_slowed_and_fill_no_log(daemon: Daemon):
    told = told_by(flood(daemon, "strangers"))
    assert told["401"] <= 700
    assert told["429"] <= 30
    daemon.stop()
    lines = daemon.log()
    refused = [line for line in lines if line["event"] == "http_request" and line["details"]["status"] >= 400]
    assert 0 < len(refused) <= 20
    counted = sum(line["details"]["count"] for line in lines if line["event"] == "http_request_repeated")
    # One may have been on its way when the flood ended.
    assert 0 <= counted + len(refused) - sum(told.values()) <= 1


@pytest.mark.parametrize("name", ["structures", "bodies"])
def test_bodies_without_end_hold_up_no_neighbour_and_give_the_memory_back(daemon: Daemon, name: str):
    for session in ("loja", "vizinho"):
        assert daemon.api.call("POST", f"/api/sessions/{session}/start").status == 201
    process = psutil.Process(daemon.pid)
    before = process.memory_info().rss
    most, longest = 0, 0.0
    flooding = flood(daemon, name)
    while flooding.poll() is None:
        began, worked = time.monotonic(), sum(process.cpu_times()[:2])
        assert daemon.api.call("GET", "/api/sessions/vizinho/status").status == 200
        # What the daemon worked meanwhile, not what this machine did beside it.
        longest = max(longest, min(time.monotonic() - began, sum(process.cpu_times()[:2]) - worked))
        most = max(most, process.memory_info().rss)
        time.sleep(0.02)
    told_by(flooding)
    assert longest < 0.5
    assert most - before < 250 * MEGABYTE
    wait_until(lambda: process.memory_info().rss - before < 60 * MEGABYTE, 20)


def test_the_daemons_own_weight_is_shown_apart(daemon: Daemon):
    def looked() -> Json | None:
        """A measurement may come between two readings."""
        health, listed = daemon.api.get("/api/health"), daemon.api.get("/api/admin/sessions")
        return health if health["daemonMemoryMb"] == listed["daemonMemoryMb"] else None

    health = wait_until(looked)
    assert health
    assert 0 < health["daemonMemoryMb"] <= health["memoryMb"]


@pytest.mark.parametrize("is_dangling", [False, True])
def test_of_a_profile_that_is_a_link_the_link_is_purged(daemon: Daemon, is_dangling: bool):
    assert daemon.api.call("POST", "/api/sessions/loja/start").status == 201
    assert daemon.api.call("DELETE", "/api/sessions/loja").status == 200
    victim = daemon.folder / "victim"
    if not is_dangling:
        victim.mkdir()
        (victim / "login").write_text("de outro")
    profile = daemon.profile("loja")
    if profile.exists():
        profile.rename(daemon.folder / "elsewhere")
    profile.symlink_to(victim)
    answer = daemon.api.call("DELETE", "/api/sessions/loja?purge=true")
    assert answer.status == 200, answer
    assert not profile.is_symlink()
    assert is_dangling or (victim / "login").read_text() == "de outro"
