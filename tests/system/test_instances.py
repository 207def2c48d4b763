"""Two instances on one machine, as `wppmt instances add` makes the second: neither can disturb the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support import wait_until
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import Daemon
from tests.system.tenant import new_text
from wppmt import __version__
from wppmt.__main__ import main
from wppmt.deploy.instances import Definitions

pytestmark = pytest.mark.chrome
SECOND = "wppconnect-4"
SECONDS = 30.0


def command(*words: str) -> str:
    done = CliRunner().invoke(main, ["instances", *words])
    assert done.exit_code == 0, done.output
    return done.output


def listed(root: Path) -> dict[str, tuple[str, int, int | None, str | None]]:
    rows = json.loads(command("list", "--json", "--root", str(root)))
    return {row["name"]: (row["state"], row["port"], row["connected"], row["version"]) for row in rows}


def test_two_instances_live_side_by_side(
    new_daemon: NewDaemon, new_tenant: NewTenant, outside: dict[str, str], tmp_path: Path
):
    one, two = new_daemon(**outside), new_daemon(**outside)
    machine = Definitions(tmp_path / "root")
    machine.settings.mkdir(parents=True)
    machine.shared.write_text(lines(one))
    command("add", SECOND, "--port", str(two.port), "--root", str(machine.root))
    machine.own(SECOND).write_text(lines(two))
    assert listed(machine.root) == {
        "wppmt": ("stopped", one.port, None, None), SECOND: ("stopped", two.port, None, None),
    }  # fmt: skip
    one.start()
    two.start()
    ours, theirs = new_tenant(one).connect(), new_tenant(two).connect()
    both = {"wppmt": ("ok", one.port, 1, __version__), SECOND: ("ok", two.port, 1, __version__)}
    assert listed(machine.root) == both

    # Its death, its start and its end are nothing to the other one.
    browsers = ours.browser, theirs.browser
    two.kill()
    two.start()
    wait_until(lambda: listed(machine.root) == both, SECONDS)
    assert (ours.browser, theirs.browser) == browsers
    two.stop()
    assert ours.browser == browsers[0]
    assert listed(machine.root) == both | {SECOND: ("stopped", two.port, None, None)}
    sent = ours.send(theirs.phone, new_text())
    assert (sent.status, sent.json["status"]) == (200, "sent"), sent


def lines(daemon: Daemon) -> str:
    return "".join(f"{name}={value}\n" for name, value in daemon.environ.items() if name.startswith("WPP_"))
