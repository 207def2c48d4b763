from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from wppmt.__main__ import main
from wppmt.app.settings import DEFAULT_FILES
from wppmt.cli.context import SettingsSource
from wppmt.cli.serve import first_screen


def screen(environ: dict[str, str], mode: str = "1") -> str:
    origin = SettingsSource(environ | {"WPP_SIMULATOR": mode, "WPP_SECRET": "s" * 32})
    return first_screen(origin, origin.load())


def commands(text: str) -> list[list[str]]:
    """What the screen says to paste, as the shell would see it."""
    joined = text.replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line.startswith("   ")]


def test_first_screen_is_short(environ: dict[str, str]):
    assert len(screen(environ).splitlines()) <= 40


def test_every_command_of_ours_exists(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.argv", ["wppmt"])
    ours = [words[1:] for words in commands(screen(environ)) if words[0] == "wppmt"]
    assert len(ours) >= 6
    for words in ours:
        command = main.commands[words[0]]
        if words[0] == "sim":
            command = command.commands[words[1]]  # type: ignore[attr-defined]
        command.make_context(words[0], words[2:] if words[0] == "sim" else words[1:])


def test_addresses_are_this_daemons(environ: dict[str, str]):
    text = screen(environ)
    assert set(re.findall(r"http://127\.0\.0\.1:(\d+)", text)) == {
        environ["WPP_PORT"],
        environ["WPP_SIMULATOR_SINK_PORT"],
    }
    assert f"WPP_STATE_DIR={environ['WPP_STATE_DIR']}" in text


def test_defaults_need_no_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert "   export" not in screen({})
    assert f"WPP_CONFIG={DEFAULT_FILES[0]}" in first_screen(
        SettingsSource({"WPP_SIMULATOR": "1"}, DEFAULT_FILES[0]),
        SettingsSource({"WPP_SIMULATOR": "1"}).load(makes_key=True),
    )


def test_secrets_do_not_stand_on_the_screen(environ: dict[str, str]):
    assert "s" * 32 not in screen(environ)


def test_real_whatsapp_comes_with_a_warning(environ: dict[str, str]):
    text = screen(environ, mode="0")
    assert "ATENÇÃO" in text
    assert "sim scan" not in text


def test_bad_settings_end_the_command_in_lines_that_say_what_to_do(call: Call):
    result = call("serve", WPP_PORT="x")
    assert result.exit_code == 1
    assert result.stderr.startswith("Erro: WPP_PORT")


def test_weak_secret_refuses_real_whatsapp(call: Call):
    result = call("run", "--whatsapp", "real", WPP_SECRET="chave-secreta-aqui")
    assert result.exit_code == 1
    assert "openssl rand" in result.stderr
