from __future__ import annotations

import configparser
import re
import secrets
import shutil
import subprocess
from pathlib import Path

import pytest

from actors.runtime import pykka_threads
from tests.defaults import SETTINGS
from wppmt.app import daemon, shutdown
from wppmt.app.instances import LISTENS
from wppmt.app.policies import all_browsers_stop_seconds
from wppmt.app.settings import load
from wppmt.app.settings.model import SessionSettings
from wppmt.deploy import switch, trees
from wppmt.deploy.instances import Definitions, Instance
from wppmt.http import server

DEPLOY = Path(__file__).parents[2] / "deploy"
UNIT, SOCKET = DEPLOY / "wppmt.service", DEPLOY / "wppmt.socket"
SWITCH = DEPLOY / "wppmt-switch.service"
BACKUP, TIMER = DEPLOY / "wppmt-backup.service", DEPLOY / "wppmt-backup.timer"
FURTHER_BACKUP, FURTHER_TIMER = DEPLOY / "wppmt-backup@.service", DEPLOY / "wppmt-backup@.timer"
ROUTE = DEPLOY / "wppmt-route.service"
FURTHER, FURTHER_SOCKET = DEPLOY / "wppmt@.service", DEPLOY / "wppmt@.socket"


def read(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(path)
    return unit


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_accepts_the_units():
    verdict = subprocess.run(
        ["systemd-analyze", "verify", SOCKET, UNIT, SWITCH, BACKUP, TIMER, ROUTE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verdict.returncode, verdict.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_accepts_a_further_instance(tmp_path: Path):
    """With the port that `wppmt instances add` writes down; without it the socket would listen nowhere."""
    for file in (FURTHER, FURTHER_SOCKET):
        shutil.copy(file, tmp_path)
    # What systemd-analyze names a template's instance, in systemd 252 and in later ones.
    for name in ("i", "test-instance"):
        port = tmp_path / f"wppmt@{name}.socket.d" / "port.conf"
        port.parent.mkdir()
        port.write_text(LISTENS.format(port=8006))
    units = [str(tmp_path / file.name) for file in (FURTHER_SOCKET, FURTHER)]
    verdict = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (verdict.returncode, verdict.stderr) == (0, "")


def test_a_further_instance_is_shut_in_like_the_first():
    """The same lines, but for its name, its folders, its socket and its own settings."""
    first, further = (
        {line for line in file.read_text().splitlines() if line[:1] not in {"#", ""}}
        for file in (UNIT, FURTHER)
    )
    assert {line.partition("=")[0] for line in first ^ further} == {
        "Description", "After", "Requires", "Also", "StateDirectory", "WorkingDirectory", "EnvironmentFile", "Environment",
    }  # fmt: skip
    assert {
        "EnvironmentFile=-/etc/wppmt/wppmt.env", "EnvironmentFile=/etc/wppmt/instances/%i.env",
        "StateDirectory=wppmt-%i", "WorkingDirectory=/var/lib/wppmt-%i", "Requires=wppmt@%i.socket",
    } <= further  # fmt: skip


def told(file: Path) -> set[str]:
    return {line for line in file.read_text().splitlines() if line[:1] not in {"#", ""}}


def test_the_backup_of_a_further_instance_is_that_of_the_first_with_its_own_folders():
    assert {line.partition("=")[0] for line in told(BACKUP) ^ told(FURTHER_BACKUP)} == {
        "Description", "After", "StateDirectory", "WorkingDirectory", "EnvironmentFile", "Environment",
    }  # fmt: skip
    assert {line.partition("=")[0] for line in told(TIMER) ^ told(FURTHER_TIMER)} == {"Description"}
    service = read(UNIT)["Service"]
    for name in ("User", "WorkingDirectory", "EnvironmentFile", "StateDirectory", "ProtectSystem"):
        assert read(BACKUP)["Service"][name] == service[name], name
    assert read(BACKUP)["Service"]["ExecStart"].endswith("wppmt backup --rotate")
    # `wppmt doctor --deploy` finds it by its name where it is enabled.
    assert "wppmt-backup" in TIMER.read_text()
    assert "wppmt-backup" in FURTHER_TIMER.read_text()


def test_what_is_written_down_for_an_instance_is_what_its_unit_reads():
    instance = Instance("wppconnect-4", {})
    definitions, further = Definitions(), FURTHER.read_text().replace("%i", instance.name)
    assert f"EnvironmentFile={definitions.own(instance.name)}\n" in further
    assert f"EnvironmentFile=-{definitions.shared}\n" in further
    assert f"WorkingDirectory={instance.home}\n" in further
    assert instance.unit == FURTHER.name.replace("@", f"@{instance.name}")


def test_a_further_instance_s_socket_is_as_patient_as_the_first_s():
    first, further = dict(read(SOCKET)["Socket"]), dict(read(FURTHER_SOCKET)["Socket"])
    assert first.pop("ListenStream") == "127.0.0.1:8005"
    assert further == first


def test_only_the_daemon_gets_signals_and_has_time_to_stop():
    """SIGTERM makes Chrome lose the login; the daemon itself takes up to 45 s to bring its browsers down.

    With any other kill mode systemd would kill, after a crash of the daemon, the browsers that the next one adopts.
    """
    service = read(UNIT)["Service"]
    assert (service["KillMode"], service["Type"], service["Restart"]) == ("process", "notify", "always")
    rest_seconds = (
        shutdown.ROOT_SECONDS + shutdown.DRAIN_SECONDS
        + pykka_threads.STOP_SECONDS + server.LAST_SECONDS + 2 * server.CANCELLED_SECONDS
    )  # fmt: skip
    assert rest_seconds < daemon.REST_SECONDS
    stop_seconds = all_browsers_stop_seconds(SETTINGS) + daemon.REST_SECONDS
    assert int(service["TimeoutStopSec"]) >= stop_seconds
    assert service["UMask"] == "0077"
    assert service["ExecReload"] == "/bin/kill -USR2 $MAINPID", (
        "a handover: see tests/system/test_handover.py"
    )


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize("unit", [UNIT, FURTHER], ids=lambda unit: unit.name)
def test_systemd_finds_little_exposed(unit: Path):
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    [exposure] = re.findall(r"Overall exposure level for wppmt\S*\.service: ([\d.]+)", said)
    assert float(exposure) <= 3.0


@pytest.mark.parametrize("unit", [UNIT, FURTHER], ids=lambda unit: unit.name)
def test_no_chrome_hangs_on_the_system_s_bus(unit: Path):
    """It aborts when that goes, which at every reboot is before its login is written."""
    assert read(unit)["Service"]["InaccessiblePaths"] == "-/run/dbus"


def test_systemd_keeps_a_line_for_every_browser_and_gives_up_never():
    """Until it gives up, or is told to stop, it keeps the lines: else every browser would close."""
    unit = read(UNIT)
    service = unit["Service"]
    most = next(note.le for note in SessionSettings.model_fields["max"].metadata if hasattr(note, "le"))
    assert int(service["FileDescriptorStoreMax"]) >= 2 * most
    assert service["Environment"] == f"FDSTORE={service['FileDescriptorStoreMax']}"
    assert (unit["Unit"]["StartLimitIntervalSec"], service["Restart"]) == ("0", "always")


def test_no_core_file_would_hold_keys_and_chats():
    service = read(UNIT)["Service"]
    assert (service["LimitCORE"], service["ProtectSystem"]) == ("0", "strict")
    assert int(service["LimitNOFILE"]) >= 65536


def test_the_socket_is_the_service_s_and_lives_on_when_that_restarts():
    """With PartOf= or BindsTo= in the socket's unit a restart of the service would close it."""
    unit, listening = read(UNIT), read(SOCKET)
    assert "wppmt.socket" in unit["Unit"]["After"].split()
    assert unit["Unit"]["Requires"] == "wppmt.socket"
    assert unit["Install"]["Also"] == "wppmt.socket"
    assert set(listening["Unit"]) == {"Description"}
    http = load({"WPP_SECRET": secrets.token_hex(32)}).http
    assert listening["Socket"]["ListenStream"] == f"{http.host}:{http.port}"
    assert int(listening["Socket"]["Backlog"]) == server.BACKLOG


def test_where_memory_ends_the_daemon_is_the_last_to_be_chosen():
    service = read(UNIT)["Service"]
    assert (service["OOMPolicy"], int(service["OOMScoreAdjust"]) < 0) == ("continue", True)
    assert not {"MemoryMax", "MemoryHigh"} & set(service), "the document's 4G would kill ten real pages"


def test_a_switch_that_was_cut_off_is_resumed_at_boot_and_only_then():
    unit = read(SWITCH)
    assert unit["Unit"]["ConditionPathExists"] == str(trees.TREES / trees.JOURNAL)
    assert unit["Service"]["ExecStart"].endswith(" resume")
    assert int(unit["Service"]["TimeoutStartSec"]) > 2 * switch.HEALTHY_SECONDS + switch.LET_GO_SECONDS
