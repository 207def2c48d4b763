"""`wppmt instances`: a table for people, JSON for programs, and a further instance with what starts it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.live.stub_api import stub_api
from tests.support import free_port

HEALTH = {"status": "ok", "version": "0.2.0", "sessions": {"total": 3, "connected": 2}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with one instance, of which nobody answers."""
    settings = tmp_path / "root/etc/wppmt"
    settings.mkdir(parents=True)
    (settings / "wppmt.env").write_text(
        f"WPP_SECRET={'s' * 64}\nWPP_PORT={free_port()}\nWPP_STATE_DIR=/srv/a/var\nWPP_TOKENS_DIR=/srv/a/tokens-3\n"
    )
    return tmp_path / "root"


def test_a_further_one_is_listed_with_what_it_answers(call: Call, root: Path):
    port = free_port()
    done = call("instances", "add", "wppconnect-4", "--port", str(port), "--root", str(root))
    assert done.exit_code == 0, done.output
    assert "systemctl enable --now wppmt@wppconnect-4.service" in done.output
    with stub_api() as api:
        api.answers["GET /api/health"] = HEALTH
        own = root / "etc/wppmt/instances/wppconnect-4.env"
        own.write_text(own.read_text().replace(str(port), api.url.rpartition(":")[2]))
        lines = call("instances", "list", "--root", str(root)).output.splitlines()
        shown = json.loads(call("instances", "list", "--json", "--root", str(root)).output)
    assert lines[0].split() == ["INSTÂNCIA", "PORTA", "ESTADO", "CONECTADAS", "VERSÃO", "PASTA"]
    assert "não responde" in lines[1]
    assert "no ar" in lines[2]
    assert "2 de 10" in lines[2]
    assert [(one["name"], one["state"], one["sessions"], one["connected"]) for one in shown] == [
        ("wppmt", "stopped", None, None), ("wppconnect-4", "ok", 3, 2),
    ]  # fmt: skip


def test_a_clash_is_a_line_of_its_own(call: Call, root: Path):
    (root / "etc/wppmt/instances").mkdir()
    (root / "etc/wppmt/instances/b.env").write_text(f"WPP_PORT={free_port()}\n")
    output = call("instances", "list", "--root", str(root)).output
    said = " ".join(output.split())
    assert "✗ b: a pasta /srv/a/var também é de outra instância; a pasta /srv/a/tokens-3 também é" in said


def test_a_machine_without_any(call: Call, tmp_path: Path):
    done = call("instances", "list", "--root", str(tmp_path))
    assert (done.exit_code, done.output) == (0, f"Nenhuma instância em {tmp_path}/etc/wppmt\n")


def test_a_refusal_is_one_line(call: Call, root: Path):
    done = call("instances", "add", "Loja", "--port", "9000", "--root", str(root))
    assert done.exit_code == 1
    assert done.output.startswith("Erro: 'Loja' não serve de nome")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_who_may_not_read_the_settings_is_told(call: Call, root: Path):
    (root / "etc/wppmt/wppmt.env").chmod(0)
    done = call("instances", "list", "--root", str(root))
    assert done.exit_code == 1
    assert "sudo -u wppmt" in done.output


def test_without_a_word_more_it_lists_also_for_programs(call: Call):
    """Of this machine, whatever there is on it."""
    done = call("instances", "--json")
    assert (
        isinstance(json.loads(done.output), list) if done.exit_code == 0 else "sudo -u wppmt" in done.output
    )
