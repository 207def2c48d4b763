from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.cli.conftest import Call
from tests.defaults import auth_policy
from wppmt.app import host
from wppmt.app.secret import choose
from wppmt.http.security.auth import grant_of

SECRET = "k" * 32


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_aud": False})
    return decoded


def test_prints_one_token_and_nothing_else(call: Call):
    result = call("token", WPP_SECRET=SECRET)
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    found = claims(result.stdout.strip())
    assert found["exp"] - found["iat"] == 1800
    assert abs(found["iat"] - time.time()) < 5
    assert found["sub"]
    assert "sessions" not in found
    assert result.stderr == ""


def test_front_grants_what_was_asked_for(call: Call):
    found = claims(
        call("token", "--session", "a", "--session", "b", "--admin", WPP_SECRET=SECRET).stdout.strip()
    )
    grant = grant_of(found, auth_policy(), time.time())
    assert grant.sessions == frozenset({"a", "b"})
    assert grant.is_admin
    plain = grant_of(claims(call("token", WPP_SECRET=SECRET).stdout.strip()), auth_policy(), time.time())
    assert plain.sessions is None
    assert not plain.is_admin


def test_issuer_audience_and_claim_follow_the_settings(call: Call):
    environ = {
        "WPP_JWT_ISSUER": "avadmin",
        "WPP_JWT_AUDIENCE": "wppconnect",
        "WPP_JWT_REQUIRE_SESSION_CLAIM": "true",
    }
    policy = auth_policy(issuer="avadmin", audience="wppconnect", require_session_claim=True)
    token = call("token", WPP_SECRET=SECRET, **environ).stdout.strip()
    assert grant_of(claims(token), policy, time.time()).may("any")


def test_ttl_beyond_what_the_api_takes_is_warned_of_on_stderr(call: Call):
    result = call("token", "--ttl", "7200", WPP_SECRET=SECRET)
    assert "1800" in result.stderr
    assert claims(result.stdout.strip())["exp"] > time.time() + 7000


def test_simulators_key_serves_in_its_mode(call: Call, tmp_path: Path):
    token = call("token", WPP_SIMULATOR="1").stdout.strip()
    key = (tmp_path / "state" / "simulator.secret").read_text()
    assert jwt.decode(token, key, algorithms=["HS256"])["sub"]


def test_simulators_key_serves_where_its_daemon_runs(call: Call, tmp_path: Path):
    """As in the terminal beside `make run`."""
    state = tmp_path / "state"
    key = choose("", state, simulated=True, makes=True)[0]
    with host.only_one(state, state, simulated=True):
        token = call("token").stdout.strip()
        assert jwt.decode(token, key, algorithms=["HS256"])["sub"]


@pytest.mark.parametrize("secret", ["", "short", "avelar-wpp-secret"])
@pytest.mark.parametrize("simulator_was_here", [False, True])
def test_no_key_is_invented_or_borrowed_outside_simulator_mode(
    call: Call, tmp_path: Path, secret: str, simulator_was_here: bool
):
    state = tmp_path / "state"
    if simulator_was_here:
        choose("", state, simulated=True, makes=True)
    result = call("token", WPP_SECRET=secret)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "WPP_SECRET" in result.stderr
    assert "chave do serviço" in result.stderr
    assert state.exists() == simulator_was_here, "nothing is written"


@pytest.mark.parametrize("command", ["doctor", "handover"])
def test_commands_that_only_look_leave_no_key(call: Call, tmp_path: Path, command: str):
    call(command)
    assert not (tmp_path / "state").exists()


def test_only_the_issuer_makes_tokens_for_a_public_key(call: Call):
    result = call("token", WPP_JWKS_URL="https://issuer/keys")
    assert result.exit_code == 1
    assert "emissor" in result.stderr


@pytest.mark.parametrize("ttl", ["0", "-5", "x"])
def test_bad_ttl_is_refused(call: Call, ttl: str):
    assert call("token", "--ttl", ttl, WPP_SECRET=SECRET).exit_code == 2
