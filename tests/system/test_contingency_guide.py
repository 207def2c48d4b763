"""docs/contingencia.md: each of the four plans carried out as it stands, after what it is for was made to happen."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.daemon import Daemon
from tests.system.guide import PROJECT, Terminal
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant
from tests.system.test_login_copies import lose_login

pytestmark = [pytest.mark.chrome, pytest.mark.long, pytest.mark.timeout(240)]

GUIDE = (PROJECT / "docs" / "contingencia.md").read_text(encoding="utf-8")
BACK_SECONDS = 30.0


def plan(number: str) -> list[str]:
    """Its blocks of commands; a line that says it is refused, or which code it ends with, has to fail."""
    [section] = re.findall(rf"^## {re.escape(number)} .*?(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    found = re.findall(r"^```bash\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [
        re.sub(r"^(.*# (?:recusado|sai com \d).*)$", r"! \1", block, flags=re.MULTILINE) for block in found
    ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A new one for each plan: they are all about the same customer."""
    with Receiver() as running:
        yield running


@pytest.fixture
def daemon(new_daemon: Callable[..., Daemon]) -> Daemon:
    made = new_daemon(WPP_MAX_SESSIONS="2")
    made.start()
    return made


@pytest.fixture
def terminal(daemon: Daemon, tmp_path: Path) -> Iterator[Terminal]:
    programs = f"{Path(sys.executable).parent}:{daemon.environ['PATH']}"
    opened = Terminal(tmp_path, {**daemon.environ, "PATH": programs})
    yield opened
    opened.close()


def connected(daemon: Daemon, receiver: Receiver, name: str) -> Tenant:
    return Tenant(daemon, receiver, name).connect()


def test_every_plan_is_one_of_the_documents():
    assert re.findall(r"^## (11\.\d) ", GUIDE, re.MULTILINE) == ["11.1", "11.2", "11.3", "11.4"]


def test_a_session_that_does_not_come_back(daemon: Daemon, receiver: Receiver, terminal: Terminal):
    tenant = connected(daemon, receiver, "cliente-003")
    fault = daemon.phones.fault("page_load_error", count=50)
    tenant.browser.send_signal(signal.SIGKILL)
    tenant.reaches("reconnecting")
    see, understand, act = plan("11.1")
    terminal.paste(see)
    assert re.search(r"cliente-003: reconectando há", terminal.screen())
    terminal.paste(understand)
    assert "O que fazer: " in terminal.screen()
    daemon.phones.delete_fault(fault)
    terminal.paste(act)
    tenant.reaches("connected", BACK_SECONDS)


def test_the_service_dies(daemon: Daemon, receiver: Receiver, terminal: Terminal):
    tenant = connected(daemon, receiver, "cliente-003")
    see, understand, after = plan("11.2")
    daemon.kill()
    terminal.paste(see)
    terminal.paste(understand)
    assert "connection_change" in terminal.screen()
    daemon.start()
    tenant.reaches("connected", BACK_SECONDS)
    terminal.paste(after)
    assert "Reiniciando: nenhuma" in terminal.screen()


def test_a_login_is_corrupt(daemon: Daemon, receiver: Receiver, terminal: Terminal):
    tenant = connected(daemon, receiver, "cliente-003")
    see, restore, anew = plan("11.3")
    lose_login(tenant)
    terminal.paste(see)
    assert "TOKEN_CORRUPT" in terminal.screen()
    terminal.paste(restore)
    tenant.reaches("connected", BACK_SECONDS)
    lose_login(tenant)
    phone = threading.Thread(target=lambda: _scan(tenant))
    phone.start()
    terminal.paste(anew)
    phone.join()
    assert f"cliente-003: conectada, {tenant.phone}" in terminal.screen()


def _scan(tenant: Tenant) -> None:
    tenant.reaches("waiting_scan", BACK_SECONDS)
    tenant.scan(tenant.read_qr())


def test_there_is_no_room(daemon: Daemon, receiver: Receiver, terminal: Terminal):
    idle = connected(daemon, receiver, "cliente-005")
    connected(daemon, receiver, "cliente-003")
    see, understand, act = plan("11.4")
    terminal.paste(see)
    assert "Limite de recursos atingido" in terminal.screen()
    terminal.paste(understand)
    terminal.paste(act)
    idle.reaches("disconnected")
    new = Tenant(daemon, receiver, "cliente-011")
    wait_until(lambda: new.status()["status"] in {"initializing", "waiting_scan"})
