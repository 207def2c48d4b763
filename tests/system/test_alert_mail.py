"""Alerts by e-mail through a real mail program: one that is refused is sent later, also by the next daemon, and once."""

from __future__ import annotations

import email
import email.policy
import shutil
from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.chromeless import chromeless
from tests.system.mail_server import MailServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(90),
    pytest.mark.skipif(not shutil.which("msmtp"), reason="Debian: msmtp"),
]

CONFIG = """
account default
host 127.0.0.1
port {port}
from wppmt@servidor.test
auto_from off
"""


@pytest.fixture
def sendmail(tmp_path: Path, server: MailServer) -> Path:
    """As /usr/sbin/sendmail of Debian's msmtp-mta, but for where its settings lie."""
    (tmp_path / "msmtprc").write_text(CONFIG.format(port=server.port))
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\nexec msmtp -C {tmp_path}/msmtprc "$@"\n')
    program.chmod(0o755)
    return program


@pytest.fixture
def server() -> MailServer:
    return MailServer()


def test_a_letter_that_was_refused_outlives_the_daemon(tmp_path: Path, server: MailServer, sendmail: Path):
    environ = {
        "WPP_ALERT_EMAIL": "ops@exemplo.test,plantao@exemplo.test",
        "WPP_SENDMAIL": str(sendmail),
        "WPP_ALERT_MEMORY_PERCENT": "1",
        "WPP_MEASURE_SECONDS": "1",
    }
    daemon = chromeless(tmp_path / "daemon", **environ)
    with server:
        server.refuses = True
        try:
            daemon.start()
            wait_until(lambda: any(line["event"] == "webhook_failed" for line in daemon.log()), 30)
            assert server.letters == []
            daemon.kill()
            server.refuses = False
            daemon.start()
            wait_until(lambda: server.letters, 40)
            daemon.stop()
        finally:
            daemon.end()
    letters = [email.message_from_string(text, policy=email.policy.default) for text in server.letters]
    # One that was under way when the daemon died may come again, with the same id.
    [letter] = {letter["Message-ID"]: letter for letter in letters}.values()
    assert letter["To"] == "ops@exemplo.test, plantao@exemplo.test"
    assert "ALERTA: Memória alta" in letter["Subject"]
    assert "O que fazer:" in letter.get_content()
    [failed] = [line for line in daemon.log() if line["event"] == "webhook_failed"]
    assert failed["details"]["endpoint"] == "mailto://"
    assert "ops@exemplo.test" not in str(daemon.log())
