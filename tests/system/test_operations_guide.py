"""docs/operacao.md: what an operator types from day to day, pasted in order, on a daemon with one customer.

Installing, updating and what systemd does are tried where there is a systemd: tests/deploy.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.daemon import Daemon
from tests.system.guide import PROJECT, Terminal
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant

pytestmark = [pytest.mark.chrome, pytest.mark.long, pytest.mark.timeout(240)]

GUIDE = (PROJECT / "docs" / "operacao.md").read_text(encoding="utf-8")
SECTIONS = ("Agir em uma sessão", "Um proxy por sessão", "Alertas", "Logs", "Auditoria")
ELSEWHERE = "journalctl"
NO_CORRUPT_LOGIN = r"^(wppmt sessions (?:restore|reset) .*)$"
"""Refused here; where they are not: tests/system/test_contingency_guide.py."""


def blocks(daemon: Daemon) -> list[str]:
    """As they stand, but for where this daemon is, and that nobody answers a question or presses Ctrl+C."""
    here = {
        "sudo -u wppmt ": "",
        "env $(cat /etc/wppmt/wppmt.env) ": "",
        "/var/lib/wppmt": str(daemon.folder),
        "127.0.0.1:8005": f"127.0.0.1:{daemon.port}",
        "localhost:8005": f"127.0.0.1:{daemon.port}",
        "curl -s": "curl --fail-with-body -sS",
        "wppmt logs -f ": "wppmt logs ",
        "sessions logout ": "sessions logout --yes ",
    }
    found: list[str] = []
    for title in SECTIONS:
        [section] = re.findall(rf"^## {title}\n(.*?)(?=^## )", GUIDE, re.MULTILINE | re.DOTALL)
        found += re.findall(r"^```bash\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    for there, instead in here.items():
        found = [block.replace(there, instead) for block in found]
    return [
        re.sub(NO_CORRUPT_LOGIN, r"! \1", block, flags=re.MULTILINE)
        for block in found
        if ELSEWHERE not in block
    ]


def test_every_command_of_the_day_works_when_pasted(
    new_daemon: Callable[..., Daemon], receiver: Receiver, tmp_path: Path
):
    daemon = new_daemon()
    daemon.start()
    Tenant(daemon, receiver, "cliente-003").connect()
    terminal = Terminal(
        tmp_path, {**daemon.environ, "PATH": f"{Path(sys.executable).parent}:{daemon.environ['PATH']}"}
    )
    for block in blocks(daemon):
        terminal.paste(block)
    terminal.close()
    screen = terminal.screen()
    assert "cliente-003: encerrada; o login está guardado" in screen
    assert "cliente-003: desconectada, login apagado" in screen
    assert "Nenhum evento abandonado" in screen
    assert "logout" in screen
