"""What of wppconnect's is found, and what it is called here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wppconnect.ground import profile, server
from wppmt.domain.session_ids import is_session_id
from wppmt.wppconnect.folders import session_id_of, sessions_in


@pytest.mark.parametrize("inner", ["", "userDataDir"])
def test_the_server_s_folder_and_the_one_with_the_profiles(tmp_path: Path, inner: str):
    found = {one.name: one for one in sessions_in(server(tmp_path) / inner)}
    assert found["Loja_Centro"].session_id == "loja-centro"
    assert found["Loja_Centro"].profile == tmp_path / "userDataDir" / "Loja_Centro"
    assert found["filial"].profile
    if not inner:
        assert found["antiga"].profile is None


def test_a_folder_of_tokens_has_the_profiles_of_who_uses_the_library_alone(tmp_path: Path):
    profile(tmp_path / "tokens" / "ana")
    (tmp_path / "tokens" / "velha.data.json").write_text("{}")
    assert [(one.name, bool(one.profile)) for one in sessions_in(tmp_path / "tokens")] == [
        ("ana", True),
        ("velha", False),
    ]


def test_a_single_profile(tmp_path: Path):
    [found] = sessions_in(profile(tmp_path / "Ana Maria"))
    assert (found.session_id, found.profile) == ("ana-maria", tmp_path / "Ana Maria")


def test_nothing_that_is_neither(tmp_path: Path):
    (tmp_path / "node_modules" / "x").mkdir(parents=True)
    (tmp_path / "package.json").write_text("{}")
    assert sessions_in(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "session_id"),
    [
        ("loja", "loja"), ("Loja 01", "loja-01"), ("NERDWHATS_AMERICA", "nerdwhats-america"), ("__a__", "a"),
        ("5511999990001", "5511999990001"), ("ação", "a-o"), ("x" * 80, "x" * 64), ("a" * 63 + "-b", "a" * 63), ("___", ""),
    ],
)  # fmt: skip
def test_a_name_made_valid(name: str, session_id: str):
    assert session_id_of(name) == session_id
    assert not session_id or is_session_id(session_id)
