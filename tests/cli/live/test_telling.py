"""Alerts, the timeline, the QR code, the log, and what a shell offers after TAB."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import click
import pytest
from PIL import Image

from tests.cli.conftest import Call
from tests.cli.live.conftest import ALERT, SECRET, row
from tests.cli.live.stub_api import StubApi
from wppmt.__main__ import main
from wppmt.cli.gateway import Json, read_qr
from wppmt.cli.live.completion import complete_sessions
from wppmt.cli.live.qr import following
from wppmt.cli.live.qr_blocks import blocks, modules
from wppmt.http.api import qr


class TestAlerts:
    def test_firing_ones_end_with_0_too(self, ask: Call, api: StubApi):
        over = ALERT | {"code": "DISK_LOW", "sessionId": None, "endedAt": "2026-02-10T15:00:00Z"}
        api.answers["GET /api/admin/alerts"] = {"firing": [ALERT], "recent": [over]}
        result = ask("alerts")
        assert result.exit_code == 0
        assert re.search(r"^! SESSION_IN_ERROR há \d+ d: cliente-003: Sessão em erro", result.stdout)
        assert "→ Restaure o login." in result.stdout
        assert "DISK_LOW" in result.stdout.partition("Recentes:")[2]

    def test_none(self, ask: Call, api: StubApi):
        api.answers["GET /api/admin/alerts"] = {"firing": [], "recent": []}
        assert ask("alerts").stdout == "Nenhum alerta agora.\n"


class TestTimeline:
    @pytest.fixture(autouse=True)
    def answers(self, api: StubApi) -> None:
        entry = {"at": "2026-02-10T14:03:00Z", "text": "enviada ao WhatsApp; " * 8}
        api.answers["GET /api/sessions/loja/explain"] = {"timeline": [entry], "advice": "Nada a fazer."}

    def test_ends_with_what_to_do(self, ask: Call):
        lines = ask("explica", "loja", TZ="America/Sao_Paulo").stdout.splitlines()
        assert lines[-1] == "O que fazer: Nada a fazer."
        assert re.match(r"10/02 \d\d:03:00  enviada", lines[0])
        assert max(map(len, lines)) <= 80

    def test_what_was_asked_is_handed_on(self, ask: Call, api: StubApi):
        ask("explica", "loja", "--message", "3EB0", "--since", "2026-02-10T11:30:00-03:00")
        assert api.lines() == ["GET /api/sessions/loja/explain?message=3EB0&since=2026-02-10T14%3A30%3A00Z"]

    @pytest.mark.parametrize("since", ["2h", "30min", "1d", "2026-02-10"])
    def test_since_when(self, since: str, ask: Call, api: StubApi):
        assert ask("explica", "loja", "--since", since).exit_code == 0
        assert re.search(r"since=\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\dZ$", api.lines()[0])


class TestQr:
    def waiting(self, text: str) -> dict[str, Any]:
        until = "2026-02-10T14:30:00Z"
        return {
            "status": "waiting_scan",
            "qrCode": qr.data_url(text),
            "expiresAt": until,
            "pairingCode": None,
        }

    def test_it_is_followed_until_it_is_scanned(self):
        opening = {"status": "initializing", "qrCode": None, "reason": "Abrindo o WhatsApp Web"}
        first, second = self.waiting("2@one"), self.waiting("2@two")
        answers: Iterator[Json] = iter(
            [opening, first, first, second, {"status": "connected", "phone": "5511999990001"}]
        )
        shown = [
            click.unstyle("\n".join(lines))
            for lines in following(lambda: next(answers), "loja", lambda: None)
        ]
        assert len(shown) == 4
        assert "Abrindo" in shown[0]
        assert "\n".join(blocks(qr.png("2@two"))) in shown[2]
        assert "vale até" in shown[2]
        assert shown[3] == "loja: conectada, 5511999990001"

    def test_one_that_is_connected_already(self, ask: Call, api: StubApi):
        api.answers["GET /api/sessions/loja/qrcode"] = {"status": "connected", "phone": None}
        assert ask("qr", "loja").stdout == "loja: conectada\n"

    @pytest.mark.parametrize("status", ["disconnected", "error"])
    def test_none_to_come(self, status: str, ask: Call, api: StubApi):
        api.answers["GET /api/sessions/loja/qrcode"] = {
            "status": status,
            "qrCode": None,
            "reason": "a pedido",
        }
        result = ask("qr", "loja")
        assert result.exit_code == 1
        assert "a pedido" in result.stderr

    def test_a_code_to_type(self):
        code = {"status": "waiting_scan", "qrCode": None, "pairingCode": "ABCD-1234"}
        answers: Iterator[Json] = iter([code, {"status": "connected"}])
        assert "ABCD-1234" in next(following(lambda: next(answers), "loja", lambda: None))[0]

    @pytest.mark.parametrize("text", ["2@a", "2@" + "Ab1+/=," * 34])
    def test_the_blocks_are_the_picture(self, text: str):
        found = modules(qr.png(text))
        picture = Image.new("1", (len(found[0]), len(found)))
        picture.putdata([light for line in found for light in line])
        png = BytesIO()
        picture.resize((picture.width * 5, picture.height * 5)).save(png, "png")
        assert read_qr(png.getvalue()) == text
        assert len(blocks(qr.png(text))) == (len(found) + 1) // 2


class TestLog:
    def lines(self, environ: dict[str, str], *lines: dict[str, Any]) -> None:
        folder = Path(environ["WPP_LOG_DIR"])
        folder.mkdir()
        (folder / "wppmt.log").write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    def line(self, session: str | None, event: str, **details: Any) -> dict[str, Any]:
        return {
            "timestamp": "2026-02-10T14:03:12.500Z", "level": "info", "sessionId": session, "event": event,
            "details": details, "metadata": {},
        }  # fmt: skip

    def test_of_one_session(self, call: Call, environ: dict[str, str]):
        self.lines(
            environ, self.line("loja", "message_sent", messageId="3EB0"), self.line("outra", "a", about="loja"),
            self.line(None, "b"), self.line("loja", "c"),
        )  # fmt: skip
        shown = call("logs", "loja").stdout.splitlines()
        assert [re.sub(r"^\d\d:\d\d:12 ", "", line) for line in shown] == [
            "INFO   loja  message_sent  messageId=3EB0", "INFO   loja  c",
        ]  # fmt: skip
        assert json.loads(call("logs", "loja", "--json", "-n", "1").stdout)["event"] == "c"

    def test_none_is_there(self, call: Call, api: StubApi):
        result = call("logs", WPP_PORT=api.url.rpartition(":")[2], WPP_SECRET=SECRET)
        assert result.exit_code == 1
        assert "WPP_LOG_DIR" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_sessions(shell: str, api: StubApi):
    api.answers["GET /api/sessions"] = {"sessions": [row("loja-1"), row("loja-2"), row("padaria")]}
    words = {"COMP_WORDS": "wppmt sessions restart lo", "COMP_CWORD": "lo" if shell == "fish" else "3"}
    environ = (
        os.environ
        | words
        | {"_WPPMT_COMPLETE": f"{shell}_complete", "WPP_API_URL": api.url, "WPP_SECRET": SECRET}
    )
    done = subprocess.run(
        [sys.executable, "-m", "wppmt"], env=environ, capture_output=True, text=True, check=True
    )
    assert "loja-1" in done.stdout
    assert "loja-2" in done.stdout
    assert "padaria" not in done.stdout


def test_without_a_daemon_a_shell_offers_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WPP_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("WPP_SECRET", SECRET)
    with main.make_context("wppmt", ["status"], resilient_parsing=True) as context:
        assert complete_sessions(context, click.Argument(["session"]), "lo") == []
