"""A letter to the operator by the system's mail program: what it says, and that a failure holds up nobody."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from pathlib import Path

import pytest

from actors.runtime.effects import Log, Wake
from actors.workers.mail import RETRY_SECONDS, MailWorker, SendMail
from wppmt.app import mail
from wppmt.domain.alerts import Alert, AlertCode, Cause

ALERT = Alert(
    Cause(AlertCode.SESSION_IN_ERROR, "loja-1"),
    "Sessão loja-1 em erro",
    "Reinicie a sessão",
    1_770_733_800.0,
    "loja-1",
)
TO = ("ops@exemplo.com", "plantao@exemplo.com")


@pytest.fixture
def sendmail(tmp_path: Path) -> Path:
    """Takes letters into a file, as the real one does from stdin."""
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/letter\n')
    program.chmod(0o755)
    return program


def test_a_letter_says_what_is_wrong_and_what_to_do(sendmail: Path):
    mail.send(sendmail, TO, "servidor", ALERT)
    assert (sendmail.parent / "arguments").read_text() == "-i -t\n"
    letter = email.message_from_bytes((sendmail.parent / "letter").read_bytes(), policy=email.policy.default)
    assert letter["To"] == "ops@exemplo.com, plantao@exemplo.com"
    assert letter["Subject"] == "[wppmt servidor] ALERTA: Sessão em erro: loja-1"
    text = letter.get_content()
    for part in (
        "Sessão loja-1 em erro.",
        "O que fazer: Reinicie a sessão.",
        "2026-02-10T14:30:00Z",
        "SESSION_IN_ERROR",
    ):
        assert part in text


def test_the_end_is_told_as_such(sendmail: Path):
    mail.send(sendmail, TO, "servidor", replace(ALERT, ended_at=1_770_733_860.0))
    letter = email.message_from_bytes((sendmail.parent / "letter").read_bytes(), policy=email.policy.default)
    assert "Resolvido" in letter["Subject"]
    assert "Até: 2026-02-10T14:31:00Z" in letter.get_content()


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 75\n", None])
def test_a_mail_program_that_refuses_is_an_error_that_says_so(tmp_path: Path, program: str | None):
    path = tmp_path / "sendmail"
    if program:
        path.write_text(program)
        path.chmod(0o755)
    with pytest.raises(OSError, match="sendmail"):
        mail.send(path, TO, "servidor", ALERT)


def test_it_is_tried_some_times_and_then_given_up():
    def refuse(_: Alert) -> None:
        raise OSError("saiu com código 75")

    worker, letter = MailWorker(refuse), SendMail(ALERT)
    for seconds in RETRY_SECONDS:
        log, wake = worker.do(letter, 0.0)
        assert isinstance(log, Log)
        assert isinstance(wake, Wake)
        assert wake.seconds == seconds
        assert isinstance(wake.message, SendMail)
        letter = wake.message
    [log] = worker.do(letter, 0.0)
    assert isinstance(log, Log)
    assert log.details
    assert log.details["abandoned"] is True


def test_one_that_was_taken_is_done():
    taken: list[Alert] = []
    assert list(MailWorker(taken.append).do(SendMail(ALERT), 0.0)) == []
    assert taken == [ALERT]
