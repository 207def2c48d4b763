"""docs/simulador.md: every command, every fault, pasted in order as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.guide import PROJECT, Terminal, blocks, make_environ, running
from wppmt.simulator.faults import KINDS

GUIDE = (PROJECT / "docs" / "simulador.md").read_text(encoding="utf-8")


def test_every_fault_is_in_a_table_and_in_an_example():
    assert set(re.findall(r"^\| `(\w+)`", GUIDE, re.MULTILINE)) >= KINDS
    assert set(re.findall(r"^sim fault (\w+)", GUIDE, re.MULTILINE)) >= KINDS


@pytest.mark.chrome
@pytest.mark.long
@pytest.mark.timeout(400)
def test_every_command_works_when_pasted(tmp_path: Path):
    environ = make_environ(tmp_path)
    with running("run", environ=environ, output=tmp_path / "run") as run:
        wait_until(lambda: "no ar em" in run.read_text(), 30)
        terminal = Terminal(tmp_path, environ)
        for block in blocks("simulador.md", environ):
            terminal.paste(block)
        terminal.close()
    screen = terminal.screen()
    codes = set(re.findall(r'"code": ?"(\w+)"', screen))
    assert {"SEND_FAILED", "REACHOUT_TIMELOCK"} == codes
    assert screen.count("o WhatsApp não deixou parear") == 1
    assert screen.count("o WhatsApp pede a chave de acesso para parear") == 1
