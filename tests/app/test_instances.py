"""Which instances there are on a machine, how each is, and a further one written down."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from tests.support import free_port
from wppmt.app.instances import Row, add, rows
from wppmt.app.settings import Settings
from wppmt.deploy.environment import variables
from wppmt.deploy.instances import Definitions
from wppmt.domain.errors import SetupError

HEALTH = {"status": "degraded", "version": "0.2.0", "sessions": {"total": 7, "connected": 5}}


@pytest.fixture
def machine(tmp_path: Path) -> Definitions:
    """With the package's own instance."""
    made = Definitions(tmp_path)
    made.settings.mkdir(parents=True)
    made.shared.write_text(
        f"WPP_SECRET={'s' * 64}\nWPP_STATE_DIR=/srv/a/var\nWPP_TOKENS_DIR=/srv/a/tokens-3\n"
    )
    return made


def nobody(_: Settings) -> None:
    return None


def by_name(machine: Definitions, ask: Any = nobody) -> dict[str, Row]:
    return {row.name: row for row in rows(machine, ask)}


def test_a_machine_without_any(tmp_path: Path):
    assert rows(Definitions(tmp_path), nobody) == []


def test_a_further_one_has_folders_and_a_port_of_its_own(machine: Definitions):
    port = free_port()
    own, drop_in = add(machine, "wppconnect-4", port)
    assert stat.S_IMODE(own.stat().st_mode) == 0o640
    assert drop_in.read_text() == f"[Socket]\nListenStream=127.0.0.1:{port}\n"
    first, second = rows(machine, nobody)
    assert (first.unit, second.unit) == ("wppmt.service", "wppmt@wppconnect-4.service")
    assert (second.port, second.state) == (port, "stopped")
    assert second.state_dir == "/var/lib/wppmt-wppconnect-4/var"
    assert second.tokens_dir == "/var/lib/wppmt-wppconnect-4/tokens-3"
    assert first.problem is None
    assert second.problem is None


def test_it_knows_what_all_are_told_and_what_is_its_own_counts_more(machine: Definitions):
    add(machine, "wppconnect-4", free_port())
    with machine.own("wppconnect-4").open("a") as file:
        file.write("WPP_MAX_SESSIONS=25\n")
    environ = machine.instance("wppconnect-4").environ
    assert environ["WPP_SECRET"] == "s" * 64
    assert environ["WPP_STATE_DIR"] == "/var/lib/wppmt-wppconnect-4/var"
    assert by_name(machine)["wppconnect-4"].max_sessions == 25


def test_what_each_one_answers_is_shown(machine: Definitions):
    port = free_port()
    add(machine, "wppconnect-4", port)
    found = by_name(machine, lambda told: HEALTH if told.http.port == port else None)
    assert (found["wppmt"].state, found["wppmt"].sessions) == ("stopped", None)
    shown = found["wppconnect-4"].for_programs
    assert {name: shown[name] for name in ("state", "version", "sessions", "connected", "maxSessions")} == {
        "state": "degraded", "version": "0.2.0", "sessions": 7, "connected": 5, "maxSessions": 10,
    }  # fmt: skip


def test_settings_that_are_no_good_hide_no_other(machine: Definitions):
    add(machine, "wppconnect-4", free_port())
    machine.own("wppconnect-4").write_text("WPP_PORT=many\n")
    found = by_name(machine)
    assert found["wppconnect-4"].state == "invalid"
    assert "WPP_PORT" in str(found["wppconnect-4"].problem)
    assert found["wppmt"].state == "stopped"


def test_two_that_would_take_the_same_are_told(machine: Definitions):
    machine.own("b").parent.mkdir()
    machine.own("b").write_text("WPP_STATE_DIR=/srv/b/var\n")
    assert {name: row.problem for name, row in by_name(machine).items()} == dict.fromkeys(
        ("wppmt", "b"),
        "a porta 8005 também é de outra instância; a pasta /srv/a/tokens-3 também é de outra instância",
    )


@pytest.mark.parametrize(
    "name", ["wppmt", "route", "", "../x", "a/b", "Loja", "-a", "a-", "a.b", "a" * 49, "a b", "é"]
)
def test_names_that_would_not_do(machine: Definitions, name: str):
    with pytest.raises(SetupError, match="não serve de nome"):
        add(machine, name, free_port())
    assert not (machine.settings / "instances").exists()


def test_neither_a_name_nor_a_port_twice(machine: Definitions):
    port = free_port()
    add(machine, "wppconnect-4", port)
    for name, other, said in (
        ("wppconnect-4", free_port(), "já existe"),
        ("wppconnect-5", port, f"A porta {port} já é da instância wppconnect-4"),
        ("wppconnect-5", 8005, "A porta 8005 já é da instância wppmt"),
    ):
        with pytest.raises(SetupError, match=said):
            add(machine, name, other)
    assert machine.names() == ["wppmt", "wppconnect-4"]


def test_a_file_of_variables_is_read_as_systemd_reads_it():
    text = "# A=1\n; B=2\nC=3\n D = 'x y'\nE=\"z\"\nnothing\nC=4=5\n"
    assert variables(text) == {"C": "4=5", "D": "x y", "E": "z"}
