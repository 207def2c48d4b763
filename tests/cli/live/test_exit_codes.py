"""0 done, 1 refused, 2 usage, 3 no daemon, 4 outcome unknown; and by whose right the daemon is asked."""

from __future__ import annotations

import jwt
import pytest

from tests.cli.conftest import Call
from tests.cli.live.conftest import SECRET, refusal
from tests.cli.live.stub_api import CUT, StubApi
from tests.support import free_port

COMMANDS = (
    ("status",), ("status", "--watch"), ("status", "--json"), ("sessions",), ("sessions", "list"),
    ("sessions", "start", "loja"), ("sessions", "restart", "loja"), ("sessions", "restore", "loja"),
    ("sessions", "reset", "loja"), ("sessions", "close", "loja"), ("sessions", "logout", "loja", "--yes"),
    ("sessions", "restart-crashed"), ("qr", "loja"), ("logs",), ("logs", "loja"), ("explica", "loja"), ("alerts",),
    ("dead-letters",), ("dead-letters", "list"), ("dead-letters", "replay", "loja"), ("key",), ("key", "list"),
    ("key", "create", "n8n", "--scope", "read"), ("key", "revoke", "k1"),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("secret", [SECRET, ""])
def test_nobody_there(command: tuple[str, ...], secret: str, call: Call):
    result = call(*command, WPP_PORT=str(free_port()), WPP_SECRET=secret)
    assert result.exit_code == 3
    assert result.stderr.startswith("Erro: ")
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal(404, "SESSION_NOT_FOUND", "Sessão não encontrada"), 1),
        (refusal(503, "DRAINING", "O serviço está sendo encerrado"), 1),
        (refusal(504, "OUTCOME_UNKNOWN", "Não se sabe"), 4),
        (refusal(500, "INTERNAL", "Erro interno"), 4),
        ((502, "<html>"), 4),
        (CUT, 4),
    ],
)
def test_what_became_of_a_write(answer: tuple[int, object], code: int, ask: Call, api: StubApi):
    api.answers["POST /api/sessions/loja/reset"] = answer
    assert ask("sessions", "reset", "loja").exit_code == code


@pytest.mark.parametrize(("answer", "code"), [(refusal(500, "INTERNAL", "Erro interno"), 1), (CUT, 3)])
def test_what_became_of_a_read(answer: tuple[int, object], code: int, ask: Call, api: StubApi):
    api.answers["GET /api/admin/alerts"] = answer
    assert ask("alerts").exit_code == code


def test_an_inner_error_names_the_request(ask: Call, api: StubApi):
    api.answers["GET /api/admin/alerts"] = refusal(500, "INTERNAL", "Erro interno")
    assert "requestId 5f0c" in ask("alerts").stderr


def test_a_refusal_names_the_fields(ask: Call, api: StubApi):
    problem = {"field": "days", "problem": "deve ser no máximo 365"}
    api.answers["POST /api/admin/keys"] = refusal(
        400, "INVALID_REQUEST", "Requisição inválida", details=[problem]
    )
    result = ask("key", "create", "n8n", "--scope", "read", "--days", "999")
    assert result.exit_code == 1
    assert "days: deve ser no máximo 365" in result.stderr


@pytest.mark.parametrize("command", [("alerts",), ("explica", "loja"), ("key", "list")], ids=" ".join)
def test_a_daemon_without_the_route_is_told_as_older(command: tuple[str, ...], ask: Call):
    result = ask(*command)
    assert result.exit_code == 1
    assert "O serviço no ar não tem esta função" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("sessions", "start"), ("sessions", "nada"), ("qr",), ("explica", "loja", "--since", "ontem"),
        ("key", "create", "n8n"), ("key", "create", "n8n", "--scope", "escrever"), ("status", "--interval", "0"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_slips_of_usage(arguments: tuple[str, ...], ask: Call, api: StubApi):
    result = ask(*arguments)
    assert result.exit_code == 2
    assert api.asked == []


def test_the_services_secret_signs_for_an_admin_who_is_named(ask: Call, api: StubApi):
    api.answers["GET /api/admin/alerts"] = {"firing": [], "recent": []}
    assert ask("alerts", SUDO_USER="maria").exit_code == 0
    claims = jwt.decode(api.asked[0].token, SECRET, algorithms=["HS256"])
    assert (claims["scope"], claims["sub"]) == ("wpp:admin", "wppmt-cli:maria")


def test_a_token_lives_no_longer_than_the_service_takes(ask: Call, api: StubApi):
    api.answers["GET /api/admin/alerts"] = {"firing": [], "recent": []}
    assert ask("alerts", WPP_JWT_MAX_LIFETIME="120").exit_code == 0
    claims = jwt.decode(api.asked[0].token, SECRET, algorithms=["HS256"])
    assert claims["exp"] - claims["iat"] == 120


def test_a_given_key_is_used_instead_of_the_secret(ask: Call, api: StubApi):
    api.answers["GET /api/admin/alerts"] = {"firing": [], "recent": []}
    assert ask("alerts", WPP_SECRET="", WPP_API_TOKEN="wpk_abc").exit_code == 0
    assert api.asked[0].token == "wpk_abc"


@pytest.mark.parametrize("more", [{"WPP_SECRET": ""}, {"WPP_JWKS_URL": "http://127.0.0.1:1/jwks"}])
def test_who_cannot_sign_is_told_what_to_do(more: dict[str, str], ask: Call):
    result = ask("alerts", **more)
    assert result.exit_code == 1
    assert "WPP_API_TOKEN" in result.stderr


def test_a_token_that_the_service_refuses(ask: Call, api: StubApi):
    api.answers["GET /api/admin/alerts"] = refusal(401, "UNAUTHENTICATED", "Token ausente ou inválido")
    result = ask("alerts")
    assert result.exit_code == 1
    assert "outra chave" in result.stderr


def test_the_api_is_found_by_the_settings(call: Call, api: StubApi):
    api.answers["GET /api/admin/alerts"] = {"firing": [], "recent": []}
    port = api.url.rpartition(":")[2]
    assert call("alerts", WPP_SECRET=SECRET, WPP_HOST="0.0.0.0", WPP_PORT=port).exit_code == 0
