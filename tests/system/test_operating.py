"""The command line on the running daemon: what an operator sees and does, typed as it stands."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from tests.support import wait_until
from tests.system.chromeless import chromeless, settle
from tests.system.conftest import NewTenant
from tests.system.daemon import Daemon
from wppmt.__main__ import main
from wppmt.cli.gateway import read_qr
from wppmt.cli.sink import Sink

SHOWN_SECONDS = 20.0


def wppmt(environ: Mapping[str, str], *arguments: str, code: int = 0) -> str:
    """What it says where it ends with this code."""
    result = CliRunner().invoke(main, arguments, env={**environ, "COLUMNS": "80"})
    assert result.exit_code == code, result.output
    is_table = "--json" not in arguments and arguments[0] != "logs"
    assert not is_table or max(map(len, result.stdout.splitlines()), default=0) <= 80
    return result.output


@contextmanager
def typed(environ: Mapping[str, str], output: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """One that goes on showing."""
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "wppmt", *arguments], env={**environ, "PYTHONUNBUFFERED": "1"}, stdout=out, stderr=out
        )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def seen(output: Path) -> str | None:
    """What a phone's camera reads from the newest QR code on the screen."""
    lines = [line for line in output.read_text().splitlines() if re.fullmatch("[█▀▄ ]{20,}", line)]
    newest = lines[-len(lines[0]) // 2 :] if lines else []
    if not newest:
        return None
    height = 2 * len(newest)
    picture = Image.new("1", (len(newest[0]), height))
    for at, line in enumerate(newest):
        for x, block in enumerate(line):
            picture.putpixel((x, 2 * at), block in "█▀")
            picture.putpixel((x, 2 * at + 1), block in "█▄")
    png = BytesIO()
    picture.resize((picture.width * 6, height * 6)).save(png, "png")
    return read_qr(png.getvalue())


@pytest.mark.chrome
def test_a_session_from_its_qr_code_to_its_logout(
    shared_daemon: Daemon, new_tenant: NewTenant, tmp_path: Path
):
    environ, tenant = shared_daemon.environ, new_tenant()
    name, screen = tenant.name, tmp_path / "screen"
    assert "iniciando" in wppmt(environ, "sessions", "start", name)
    with typed(environ, screen, "qr", name) as process:
        qr = wait_until(lambda: seen(screen), SHOWN_SECONDS)
        assert qr is not None
        shared_daemon.private.add(qr)
        tenant.scan(qr)
        assert process.wait(SHOWN_SECONDS) == 0
    assert f"{name}: conectada, {tenant.phone}" in screen.read_text()

    tenant.reaches("connected")
    assert re.search(rf"^{name} +conectada", wppmt(environ, "status"), re.MULTILINE)
    [row] = [
        one for one in json.loads(wppmt(environ, "status", "--json"))["sessions"] if one["sessionId"] == name
    ]
    assert (row["status"], row["phone"]) == ("connected", tenant.phone)
    assert "connection_change" in wppmt(environ, "logs", name)
    assert f"{name}: conectada" in wppmt(environ, "qr", name)

    told = wppmt(environ, "explica", name)
    assert "O que fazer: " in told
    assert tenant.phone not in told
    assert wppmt(environ, "alerts")
    key = wppmt(
        {**environ, "WPP_API_TOKEN": ""}, "key", "create", "n8n", "--session", name, "--scope", "read"
    )
    reader = {**environ, "WPP_API_TOKEN": key.splitlines()[0]}
    shared_daemon.private.add(reader["WPP_API_TOKEN"])
    assert re.search(rf"^{name} +conectada", wppmt(reader, "status"), re.MULTILINE)
    assert "read" in wppmt(environ, "key", "list")
    assert "control" in wppmt(reader, "sessions", "close", name, code=1)

    since = row["since"]
    wppmt(environ, "sessions", "restart", name)
    wait_until(
        lambda: (now := tenant.status())["status"] == "connected" and now["since"] >= since, SHOWN_SECONDS
    )
    wppmt(environ, "sessions", "close", name)
    assert re.search(rf"^{name} +encerrada", wppmt(environ, "sessions"), re.MULTILINE)
    assert name not in wppmt(environ, "status").partition("O que pede atenção:")[2]
    assert "wppmt sessions start" in wppmt(environ, "qr", name, code=1)
    wppmt(environ, "sessions", "logout", name, "--yes")
    assert not shared_daemon.profile(name).exists()
    assert "não encontrada" in wppmt(environ, "sessions", "close", "nao-existe", code=1)


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_what_was_given_up_on_is_seen_and_sent_again(tmp_path: Path):
    status = [500]
    with Sink(0, lambda _: status[0]) as sink:
        daemon = chromeless(tmp_path, WEBHOOK_URL=sink.url, WEBHOOK_RETRIES="0")
        try:
            daemon.start()
            wppmt(daemon.environ, "sessions", "start", "loja")
            wppmt(daemon.environ, "sessions", "close", "loja")
            dead = settle(daemon)["dead"]
            assert f"loja: {dead} abandonados" in wppmt(daemon.environ, "dead-letters")
            assert f"{dead} eventos abandonados" in wppmt(daemon.environ, "status")
            status[0] = 204
            assert f"{dead} eventos a caminho" in wppmt(daemon.environ, "dead-letters", "replay", "loja")
            assert settle(daemon) == {"pending": 0, "dead": 0}
            assert "Nenhum evento abandonado" in wppmt(daemon.environ, "dead-letters")
            daemon.stop()
            assert "não responde" in wppmt(daemon.environ, "status", code=3)
            assert "connection_change" in wppmt(daemon.environ, "logs", "loja")
        finally:
            daemon.end()
