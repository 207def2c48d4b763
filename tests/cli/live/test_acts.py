"""What is done to sessions, dead letters and keys: which route is asked for, and what is said about it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.cli.conftest import Call
from tests.cli.live.conftest import SECRET, refusal, row
from tests.cli.live.stub_api import StubApi
from wppmt.__main__ import main

DONE = {"success": True, "sessionId": "loja", "status": "initializing"}


@pytest.mark.parametrize(
    ("verb", "line"),
    [
        ("start", "POST /api/sessions/loja/start"),
        ("restart", "POST /api/admin/sessions/loja/restart"),
        ("restore", "POST /api/sessions/loja/restore"),
        ("reset", "POST /api/sessions/loja/reset"),
        ("close", "DELETE /api/sessions/loja"),
    ],
)
def test_an_act_is_one_call(verb: str, line: str, ask: Call, api: StubApi):
    api.answers[line] = DONE
    result = ask("sessions", verb, "loja")
    assert result.exit_code == 0
    assert api.lines() == [line]
    assert result.stdout.startswith("loja: ")
    assert json.loads(ask("sessions", verb, "loja", "--json").stdout) == DONE


def test_start_hands_on_what_was_given_and_shows_a_secret_once(ask: Call, api: StubApi):
    api.answers["POST /api/sessions/loja/start"] = DONE | {"webhookSecret": "whsec_x"}
    result = ask(
        "sessions", "start", "loja", "--webhook-url", "http://127.0.0.1/x", "--phone", "5511999990001"
    )
    assert api.asked[-1].body == {"webhookUrl": "http://127.0.0.1/x", "phone": "5511999990001"}
    assert "whsec_x" in result.stderr
    assert "whsec_x" not in result.stdout


def test_restart_without_the_right_of_an_admin(ask: Call, api: StubApi):
    api.answers["POST /api/admin/sessions/loja/restart"] = refusal(403, "FORBIDDEN", "Sem permissão")
    api.answers["POST /api/sessions/loja/restart"] = DONE
    assert ask("sessions", "restart", "loja").exit_code == 0


class TestLogout:
    def said(self, api: StubApi, typed: str) -> int:
        api.answers["POST /api/sessions/loja/logout"] = DONE | {"unlinked": True}
        environ = {"WPP_API_URL": api.url, "WPP_SECRET": SECRET}
        result = CliRunner().invoke(main, ["sessions", "logout", "loja"], input=typed, env=environ)
        assert "apaga o login" in result.stderr
        return result.exit_code

    @pytest.mark.parametrize("typed", ["s\n", "Sim\n"])
    def test_a_yes(self, typed: str, api: StubApi):
        assert self.said(api, typed) == 0
        assert api.lines() == ["POST /api/sessions/loja/logout"]

    @pytest.mark.parametrize("typed", ["\n", "n\n", "talvez\n", ""])
    def test_anything_else_does_nothing(self, typed: str, api: StubApi):
        assert self.said(api, typed) == 1
        assert api.lines() == []

    def test_one_that_whatsapp_did_not_hear_of(self, ask: Call, api: StubApi):
        api.answers["POST /api/sessions/loja/logout"] = DONE | {"unlinked": False}
        result = ask("sessions", "logout", "loja", "--yes")
        assert result.exit_code == 0
        assert "Aparelhos conectados" in result.stderr


def test_restart_crashed_names_who_stays(ask: Call, api: StubApi):
    skipped = {"sessionId": "b", "reasonCode": "TOKEN_CORRUPT", "reason": "O login não foi aceito"}
    api.answers["POST /api/admin/sessions/restart-crashed"] = {"restarted": ["a"], "skipped": [skipped]}
    shown = ask("sessions", "restart-crashed").stdout
    assert "Reiniciando: a" in shown
    assert "Fora: b: O login não foi aceito (TOKEN_CORRUPT)" in shown


LETTER = {
    "id": "evt_01HZX3V5Q4W8Y0T2R6N9M1K7J5", "event": "message_received", "sequence": 41, "attempts": 4,
    "timestamp": "2026-02-10T14:30:00Z", "givenUpAt": "2026-02-10T14:36:00Z", "url": "http://127.0.0.1:9/x",
    "lastStatus": 500, "lastError": "o destino respondeu 500 " + "x" * 60,
}  # fmt: skip
PAGE = {"count": 3, "deadLetters": [LETTER], "next": 41, "more": True}


class TestDeadLetters:
    @pytest.fixture(autouse=True)
    def answers(self, api: StubApi) -> None:
        rows = [row("boa"), row("ruim", webhooks={"pending": 0, "dead": 3})]
        api.answers |= {
            "GET /api/admin/sessions": {"sessions": rows},
            "GET /api/sessions/ruim/dead-letters": PAGE,
            "POST /api/sessions/ruim/dead-letters/replay": {"success": True, "replayed": 3},
        }

    def test_those_that_have_some_are_listed(self, ask: Call, api: StubApi):
        shown = ask("dead-letters").stdout
        assert "ruim: 3 abandonados, para http://127.0.0.1:9/x" in shown
        assert "evt_01HZX3V5Q4W8Y0T2R6N9M1K7J5" in shown
        assert "mais 2" in shown
        assert max(map(len, shown.splitlines())) <= 80
        assert "GET /api/sessions/ruim/dead-letters?limit=20" in api.lines()

    def test_of_one_session(self, ask: Call, api: StubApi):
        shown = json.loads(ask("dead-letters", "list", "ruim", "--json", "--limit", "1").stdout)
        assert shown["sessions"] == [{"sessionId": "ruim", **PAGE}]
        assert api.lines() == ["GET /api/sessions/ruim/dead-letters?limit=1"]

    def test_all_again(self, ask: Call, api: StubApi):
        assert "3 eventos a caminho" in ask("dead-letters", "replay", "ruim").stdout
        assert api.asked[-1].body == {}

    def test_some_again(self, ask: Call, api: StubApi):
        ask("dead-letters", "replay", "ruim", "evt_1", "evt_2", "--event", "error", "--to", "http://x/")
        assert api.asked[-1].body == {"ids": ["evt_1", "evt_2"], "event": "error", "url": "http://x/"}


class TestKeys:
    def test_a_new_one_alone_is_on_stdout(self, ask: Call, api: StubApi):
        api.answers["POST /api/admin/keys"] = (201, {"id": "k1", "key": "wpk_abc"})
        result = ask(
            "key", "create", "n8n", "--session", "a,b", "--session", "b", "--scope", "read,send",
            "--days", "90", "--ip", "10.0.0.1",
        )  # fmt: skip
        assert result.stdout == "wpk_abc\n"
        assert "wppmt key revoke k1" in result.stderr
        assert api.asked[-1].body == {
            "name": "n8n", "sessions": ["a", "b"], "scopes": ["read", "send"], "days": 90, "ips": ["10.0.0.1"],
        }  # fmt: skip

    def test_the_list(self, ask: Call, api: StubApi):
        found = {
            "id": "k1", "name": "n8n", "sessions": [], "scopes": ["read"], "ips": [], "lastUsedAt": None,
            "expiresAt": "2026-05-01T00:00:00Z",
        }  # fmt: skip
        api.answers["GET /api/admin/keys"] = {"count": 1, "keys": [found]}
        line = ask("key", "list").stdout.splitlines()[1]
        assert line.split() == ["k1", "n8n", "todas", "read", "2026-05-01", "-"]

    def test_the_end_of_one(self, ask: Call, api: StubApi):
        api.answers["DELETE /api/admin/keys/k1"] = {"success": True}
        assert ask("key", "revoke", "k1").exit_code == 0

    def test_the_end_of_one_that_is_not_there(self, ask: Call):
        result = ask("key", "revoke", "k2")
        assert result.exit_code == 1
        assert "Não há chave k2" in result.stderr
