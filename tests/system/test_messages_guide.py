"""docs/mensagens.md: every command of the guide, pasted in order as it stands, with `make run`'s simulator."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.guide import Terminal, blocks, make_environ, running

pytestmark = [pytest.mark.chrome, pytest.mark.long]


@pytest.mark.timeout(240)
def test_every_command_of_the_guide_works_when_pasted(tmp_path: Path):
    environ = make_environ(tmp_path)
    with running("run", environ=environ, output=tmp_path / "run") as run:
        wait_until(lambda: "no ar em" in run.read_text(), 30)
        terminal = Terminal(tmp_path, environ)
        for block in blocks("mensagens.md", environ):
            terminal.paste(block)
        terminal.close()
        screen = terminal.screen()
    assert len(re.findall(r'"status": ?"sent"', screen)) == 17
    assert {"INVALID_REQUEST", "MESSAGE_NOT_FOUND"} == set(re.findall(r'"code": ?"(\w+)"', screen))
