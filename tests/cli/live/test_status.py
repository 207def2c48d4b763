from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Call
from tests.cli.live.conftest import ALERT, FIGURES, HEALTH, refusal, row
from tests.cli.live.stub_api import StubApi
from wppmt.cli.gateway import Gateway
from wppmt.cli.live.status import look_on
from wppmt.cli.live.status_page import Overview, page

LONG = "c" * 40
CORRUPT = {
    "reason": "O login salvo não foi aceito", "reasonCode": "TOKEN_CORRUPT", "remedy": "Restaure a última cópia boa.",
    "abilities": {"canSend": False, "canReceive": False, "canAck": False, "canSendMedia": False},
}  # fmt: skip


@pytest.fixture(autouse=True)
def answers(api: StubApi) -> None:
    api.answers |= {
        "GET /api/health": HEALTH,
        "GET /api/admin/sessions": {
            "figures": FIGURES,
            "sessions": [row("boa"), row("ruim", "error", **CORRUPT), row(LONG)],
        },
        "GET /api/admin/alerts": {"firing": [ALERT], "recent": []},
    }


def test_trouble_comes_with_its_reason_and_remedy(ask: Call):
    shown = ask("status").stdout
    assert "1 de 2 sessões conectadas" in shown
    assert shown.count("memória") == 1
    assert "! SESSION_IN_ERROR" in shown
    about = shown.partition("O que pede atenção:")[2]
    assert "ruim: erro há" in about
    assert "O login salvo não foi aceito (TOKEN_CORRUPT)" in about
    assert "→ Restaure a última cópia boa." in about
    assert "boa:" not in about


def test_the_figures_that_alerts_judge_by(ask: Call):
    shown = " ".join(ask("status").stdout.split())
    assert "CPU 12,5 % · 1 conectadas de 2 que deveriam · erros 0,4 % de 240 em 5 min" in shown
    assert "respostas em até 0,1 s · webhooks sem sucesso no último minuto: 3 · disco 52,0 GB livres" in shown
    assert "(41 %)" in shown


def test_what_an_alert_says_better_is_not_said_twice(ask: Call, api: StubApi):
    reasons = [{"reasonCode": code, "reason": "texto"} for code in ("SESSION_IN_ERROR", "REDIS_DOWN")]
    api.answers["GET /api/health"] = HEALTH | {"status": "degraded", "reasons": reasons}
    shown = ask("status").stdout
    assert "texto (REDIS_DOWN)" in shown
    assert "texto (SESSION_IN_ERROR)" not in shown


def test_an_alert_of_a_session_in_trouble_is_told_once_with_that_session(ask: Call, api: StubApi):
    of_session = ALERT | {"sessionId": "ruim", "message": "Sessão ruim em erro: O login salvo não foi aceito"}
    exhausted = ALERT | {"code": "WEBHOOK_EXHAUSTED", "sessionId": "ruim", "message": "Eventos abandonados"}
    api.answers["GET /api/admin/alerts"] = {"firing": [of_session, exhausted], "recent": []}
    shown = " ".join(ask("status").stdout.split())
    assert shown.count("O login salvo não foi aceito") == 1
    assert shown.count("SESSION_IN_ERROR") == 1
    assert "(TOKEN_CORRUPT). Alerta: SESSION_IN_ERROR → Restaure" in shown
    assert "! WEBHOOK_EXHAUSTED" in shown
    assert json.loads(ask("status", "--json").stdout)["alerts"]["firing"] == [of_session, exhausted]


def test_the_worst_comes_first_and_lines_fit(ask: Call):
    lines = ask("status", COLUMNS="80").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    titles = next(at for at, line in enumerate(lines) if line.startswith("SESSÃO"))
    assert lines[titles + 1].startswith("ruim ")
    assert lines[titles + 3].startswith("ccccccc")
    assert "READY" in lines[titles + 2]


def test_who_watches_sees_trouble_first():
    overview = Overview(HEALTH, [row("boa"), row("ruim", "error", **CORRUPT)], None)
    lines = page(overview, 0.0, trouble_first=True)
    assert lines.index("O que pede atenção:") < next(at for at, line in enumerate(lines) if "MOTIVO" in line)


def test_who_watches_goes_on_while_the_daemon_is_replaced():
    before = Overview(HEALTH, [row("boa")], None)
    after = look_on(Gateway("http://127.0.0.1:1", lambda: ""), before)
    assert after.sessions == before.sessions
    assert "não responde agora" in page(after, 0.0)[0]


def test_no_colour_outside_a_terminal(ask: Call):
    assert "\x1b" not in ask("status").stdout


def test_for_programs(ask: Call):
    shown = json.loads(ask("status", "--json").stdout)
    assert (shown["health"], shown["figures"]) == (HEALTH, FIGURES)
    assert [found["sessionId"] for found in shown["sessions"]] == ["boa", "ruim", LONG]
    assert shown["alerts"]["firing"] == [ALERT]


def test_without_the_right_of_an_admin(ask: Call, api: StubApi):
    forbidden = refusal(403, "FORBIDDEN", "Sem permissão")
    plain = {name: value for name, value in row("boa").items() if name not in {"webhooks", "profileMb"}}
    api.answers |= {
        "GET /api/admin/sessions": forbidden,
        "GET /api/admin/alerts": forbidden,
        "GET /api/sessions": {"count": 1, "sessions": [plain]},
    }
    result = ask("status")
    assert result.exit_code == 0
    assert "boa" in result.stdout
    assert ask("sessions").exit_code == 0


def test_a_daemon_that_is_being_ended_is_shown(ask: Call, api: StubApi):
    api.answers["GET /api/health"] = (503, HEALTH | {"status": "draining"})
    assert "sendo encerrado" in ask("status").stdout


def test_dead_letters_are_attention_also_where_all_else_is_well(ask: Call, api: StubApi):
    sessions = [row("boa", webhooks={"pending": 0, "dead": 7})]
    api.answers["GET /api/admin/sessions"] = {"sessions": sessions}
    assert "7 eventos abandonados: veja wppmt dead-letters list boa" in ask("status").stdout


def test_who_hibernates_is_counted_and_needs_no_attention(ask: Call, api: StubApi):
    asleep = row(
        "sono", reasonCode="HIBERNATING", hibernation={"since": "2026-02-10T14:30:00Z", "nextWake": "2026-02-10T20:30:00Z"},
        abilities={"canSend": True, "canReceive": False, "canAck": True, "canSendMedia": True},
    )  # fmt: skip
    api.answers["GET /api/admin/sessions"] = {"figures": FIGURES | {"hibernating": 1}, "sessions": [asleep]}
    shown = " ".join(ask("status").stdout.split())
    assert "1 conectadas de 2 que deveriam, 1 hibernando" in shown
    assert "O que pede atenção" not in shown
    assert "HIBERNATING" in shown


def test_what_a_stranger_wrote_does_nothing_to_the_terminal(ask: Call, api: StubApi):
    api.answers["GET /api/admin/sessions"] = {"sessions": [row("ruim", "error", reason="a\x1b]0;x\x07b")]}
    assert "\x1b" not in ask("status").stdout


def test_no_session_yet(ask: Call, api: StubApi):
    api.answers["GET /api/admin/sessions"] = {"sessions": []}
    assert "wppmt sessions start ID" in ask("status").stdout


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_the_list_fits(columns: str, ask: Call):
    lines = ask("sessions", "list", COLUMNS=columns).stdout.splitlines()
    assert [line.split()[0][:3] for line in lines] == ["SES", "boa", "ccc", "rui"]
    assert columns == "40" or max(map(len, lines)) <= int(columns)
    assert (LONG in lines[2]) == (columns == "200")
