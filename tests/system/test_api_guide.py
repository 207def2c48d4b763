"""docs/api.md: every command of the guide, pasted in order as it stands, with `make run`'s simulator."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.guide import Terminal, blocks, make_environ, running

pytestmark = pytest.mark.chrome


def test_every_command_of_the_guide_works_when_pasted(tmp_path: Path):
    environ = make_environ(tmp_path)
    with (
        running("run", environ=environ, output=tmp_path / "run") as run,
        running("sink", environ=environ, output=tmp_path / "sink") as sink,
    ):
        wait_until(lambda: "no ar em" in run.read_text(), 30)
        terminal = Terminal(tmp_path, environ)
        for block in blocks("api.md", environ):
            if "MIDIA=" in block:
                wait_until(lambda: "Segue a foto" in sink.read_text(), 10)
            terminal.paste(block)
        terminal.close()
        heard, screen = sink.read_text(), terminal.screen()
    assert re.search(r"cliente-001\s+connection_change\s+waiting_scan → connected", heard)
    assert "Oi! Recebi." in heard
    ids = re.findall(r'"id": ?"(3EB0[0-9A-F]+)"', screen)
    assert ids.count(ids[0]) >= 3, "the same key gave another id"
    assert {"text/csv", "image/png", "tabela.csv"} <= set(re.findall(r'": ?"([^"]+)"', screen))
    assert '"resolvedPhone":"5521922220002"' in screen.replace(" ", "")
    assert "Sessão encerrada" in screen
