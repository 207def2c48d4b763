"""Another wa-js without another release: one session at a time, back by itself from one that breaks, never a QR code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import ROOT, Daemon
from tests.system.receiver import WAIT_SECONDS
from tests.system.tenant import Tenant, new_text
from wppmt.browser.wa_js.shelf import BUNDLE, PACKAGE

pytestmark = [pytest.mark.chrome, pytest.mark.long, pytest.mark.timeout(150)]

SHIPPED = "4.6.0"


def run(daemon: Daemon, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wppmt", "wa-js", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=daemon.environ, capture_output=True, text=True, timeout=100, check=False
    )


def add(daemon: Daemon, file: Path, content: str) -> str:
    """The name under which it is kept."""
    file.write_text(content)
    added = run(daemon, "add", str(file))
    assert added.returncode == 0, added.stderr
    return added.stdout.split()[1].rstrip(".")


def runs(tenant: Tenant) -> str | None:
    name: str | None = tenant.status()["waJs"]
    return name


def openings(tenant: Tenant) -> int:
    return [state for _, state in tenant.changes()].count("reconnecting")


def test_a_change_a_broken_one_a_cut_file_and_the_way_back(
    new_daemon: NewDaemon, new_tenant: NewTenant, tmp_path: Path
) -> None:
    daemon = new_daemon()
    daemon.start()
    ana, bia = new_tenant(daemon).connect(), new_tenant(daemon).connect()
    bundle = (PACKAGE / BUNDLE).read_text()
    good = add(daemon, tmp_path / "next.js", f"{bundle}\n// the next one\n")
    broken = add(daemon, tmp_path / "cut.js", bundle[: len(bundle) // 2])

    used = run(daemon, "use", good)
    assert used.returncode == 0, used.stderr
    assert (runs(ana), runs(bia)) == (good, good)
    assert_talks(ana, bia)

    before = openings(ana), openings(bia)
    used = run(daemon, "use", broken)
    assert used.returncode == 1
    assert "A troca foi desfeita" in used.stderr
    assert "wa-js" in used.stderr
    for tenant in (ana, bia):
        tenant.reaches("connected", WAIT_SECONDS)
    assert (runs(ana), runs(bia)) == (good, good)
    # The first one alone was asked to try it.
    assert openings(bia) == before[1]
    assert openings(ana) > before[0]
    assert_talks(ana, bia)

    assert run(daemon, "rollback").returncode == 0
    assert (runs(ana), runs(bia)) == (SHIPPED, SHIPPED)

    assert run(daemon, "use", good, "--session", bia.name).returncode == 0
    assert (runs(ana), runs(bia)) == (SHIPPED, good)
    kept = daemon.folder / "state" / "wa-js" / f"{good}.js"
    kept.write_text(kept.read_text()[:-100])
    bia.post("restart")
    wait_until(lambda: runs(bia) == SHIPPED, WAIT_SECONDS)
    [refused] = daemon.logged("wa_js_refused", bia.name)
    assert refused["level"] == "error"
    assert "hash" in refused["details"]["note"]
    assert "recusada" in run(daemon, "list").stdout

    for tenant in (ana, bia):
        assert "waiting_scan" not in [state for _, state in tenant.changes()][2:]
        assert len(tenant.devices()) == 1


def assert_talks(one: Tenant, other: Tenant) -> None:
    text = new_text()
    assert one.send(other.phone, text).status == 200
    assert other.hears_message(text)["body"] == text
