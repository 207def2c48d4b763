"""What another account of the same machine sees of a working gateway: nothing. Only root sees all, and may."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.security.nobody import needs_root, run_as_nobody
from tests.system import processes
from tests.system.conftest import NewDaemon, NewTenant, new_daemon, new_tenant, receiver, shared_daemon
from tests.system.daemon import Daemon
from tests.system.tenant import Tenant

__all__ = ["new_daemon", "new_tenant", "receiver", "shared_daemon"]

pytestmark = pytest.mark.chrome


@pytest.fixture
def tenant(new_tenant: NewTenant) -> Tenant:
    return new_tenant().connect()


def ours(daemon: Daemon, tenant: Tenant) -> set[psutil.Process]:
    """Daemon, keeper and browsers; not the simulator, which stands for WhatsApp."""
    keeper = daemon.keeper()
    assert keeper
    return {psutil.Process(daemon.pid), keeper, *processes.groups({tenant.browser})}


def test_only_the_api_listens(tenant: Tenant):
    daemon = tenant.daemon
    listening: set[int] = set()
    for process in ours(daemon, tenant):
        # A helper of Chrome may have ended meanwhile.
        with suppress(psutil.NoSuchProcess):
            connections = process.net_connections(kind="inet")
            listening |= {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN}
    assert listening == {daemon.port}


def test_no_command_line_holds_a_secret_or_a_number(tenant: Tenant):
    commands = ["\0".join(processes.command(process)) for process in ours(tenant.daemon, tenant)]
    assert len(commands) > 3
    found = [secret for secret in tenant.daemon.private for command in commands if secret in command]
    assert found == []


LOOK = """
folder, pids = sys.argv[1], sys.argv[2].split(",")
told = []
for place in ("tokens", "state", "logs", "tokens/.keeper", "state/wppmt.sqlite"):
    try:
        path = os.path.join(folder, place)
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").close()
        told.append(place)
    except OSError:
        pass
try:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as keeper:
        keeper.connect(os.path.join(folder, "tokens", ".keeper"))
    told.append("keeper")
except OSError:
    pass
for pid in pids:
    for what in ("environ", "fd", "mem", "maps"):
        try:
            path = f"/proc/{pid}/{what}"
            os.listdir(path) if what == "fd" else open(path, "rb").read(1)
            told.append(path)
        except OSError:
            pass
print(",".join(told))
"""


@needs_root
def test_another_account_reads_neither_folders_nor_processes_and_gets_no_line(tenant: Tenant):
    """Even where somebody has opened the folders above."""
    daemon = tenant.daemon
    for above in (daemon.folder, *daemon.folder.parents[:-2]):
        above.chmod(above.stat().st_mode | 0o755)
    pids = ",".join(str(process.pid) for process in ours(daemon, tenant))
    told = run_as_nobody(LOOK, str(daemon.folder), pids, before="import os, socket, sys\n")
    assert told.strip() == ""


READ_ALL = """
for name in os.listdir("/proc"):
    if name.isdecimal() and int(name) != os.getpid():
        try:
            text = open(f"/proc/{name}/cmdline").read()
        except OSError:
            continue
        print(*(secret for secret in sys.argv[1:] if secret in text))
"""


@needs_root
def test_another_account_finds_no_secret_in_any_command_line(tenant: Tenant):
    assert run_as_nobody(READ_ALL, *tenant.daemon.private, before="import sys\n").split() == []


def test_the_engine_with_ports_refuses_the_start_until_somebody_says_yes(new_daemon: NewDaemon):
    said = new_daemon(WPP_BROWSER_ENGINE="undetected").refuses_to_start()
    assert said.count("Erro: ") == 1
    assert "WPP_UNDETECTED_ACCEPT_LOCAL_PORTS=true" in said


def test_files_are_private(tenant: Tenant):
    daemon = tenant.daemon
    for folder in ("tokens", "state", "logs"):
        assert (daemon.folder / folder).stat().st_mode & 0o077 == 0
    assert [path for path, mode in _modes(daemon.folder / "state") if mode & 0o077] == []


def _modes(folder: Path) -> Iterator[tuple[Path, int]]:
    """Of all files that stay: the daemon is at work, and has some for a moment only."""
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                yield (path := Path(place) / name), path.stat().st_mode
