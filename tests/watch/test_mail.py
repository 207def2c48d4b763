"""A letter to the operator by the system's mail program: what it says, and what came of it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import threading
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest

from actors.runtime.effects import Post
from actors.watch.alerts import event_fields
from wppmt.app import mail
from wppmt.app.posting import Transports, poster
from wppmt.domain.alerts import Alert, AlertCode, Cause
from wppmt.store.outbox_records import Delivery
from wppmt.store.records import ALERTS, EventRecord
from wppmt.webhook.classify import Answered, Delivered, RetryLater, classify_attempt

ALERT = Alert(
    Cause(AlertCode.SESSION_IN_ERROR, "loja-1"),
    "Sessão loja-1 em erro",
    "Reinicie a sessão",
    1_770_733_800.0,
    "loja-1",
)
TO = mail.url(("ops@exemplo.com", "plantao@exemplo.com"))


def delivery(alert: Alert, **changes: object) -> Delivery:
    body = json.dumps(event_fields(alert) | changes).encode()
    return Delivery(1, EventRecord("evt_1", ALERTS, 1, "alert", alert.since, body), TO)


@pytest.fixture
def sendmail(tmp_path: Path) -> Path:
    """Takes letters into a file, as the real one does from stdin."""
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/letter\n')
    program.chmod(0o755)
    return program


def taken(sendmail: Path) -> EmailMessage:
    written = (sendmail.parent / "letter").read_bytes()
    return email.message_from_bytes(written, policy=email.policy.default)


def test_a_letter_says_what_is_wrong_and_what_to_do(sendmail: Path):
    assert classify_attempt(mail.attempt(sendmail, "servidor", delivery(ALERT)), 0.0) == Delivered()
    assert (sendmail.parent / "arguments").read_text() == "-i -t\n"
    letter = taken(sendmail)
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


def test_a_letter_that_comes_again_is_known_by_its_id(sendmail: Path):
    mail.attempt(sendmail, "servidor", delivery(ALERT))
    first = taken(sendmail)["Message-ID"]
    mail.attempt(sendmail, "servidor", replace(delivery(ALERT), attempts=1))
    assert taken(sendmail)["Message-ID"] == first == "<evt_1@servidor>"


def test_the_end_is_told_as_such(sendmail: Path):
    mail.attempt(sendmail, "servidor", delivery(replace(ALERT, ended_at=1_770_733_860.0)))
    letter = taken(sendmail)
    assert "Resolvido" in letter["Subject"]
    assert "Até: 2026-02-10T14:31:00Z" in letter.get_content()


def test_an_alert_that_only_another_version_knows_is_told_by_its_code(sendmail: Path):
    mail.attempt(sendmail, "servidor", delivery(ALERT, code="TIDE_HIGH", sessionId=None))
    assert taken(sendmail)["Subject"] == "[wppmt servidor] ALERTA: TIDE_HIGH"


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 75\n", None])
def test_a_mail_program_that_refuses_is_asked_again_later(tmp_path: Path, program: str | None):
    path = tmp_path / "sendmail"
    if program:
        path.write_text(program)
        path.chmod(0o755)
    outcome = mail.attempt(path, "servidor", delivery(ALERT))
    assert not isinstance(outcome, Answered)
    assert "sendmail" in outcome.detail
    assert classify_attempt(outcome, 0.0) == RetryLater()


async def test_it_holds_up_no_webhook_and_only_alerts_are_letters():
    told: asyncio.Queue[Any] = asyncio.Queue()

    may_end = threading.Event()

    def slow(_: Delivery) -> Answered:
        may_end.wait(5)
        return Answered(mail.TAKEN)

    class Elsewhere:
        async def post(self, *_: object) -> Answered:
            return Answered(204)

    transports = Transports(cast("Any", Elsewhere()), cast("Any", Elsewhere()), slow)
    post = poster(asyncio.get_running_loop(), transports, "")
    letter = delivery(ALERT)
    webhook = replace(letter, number=2, endpoint="https://operador.test/")
    tenants = replace(letter, number=3, event=replace(letter.event, session_id="loja-1"))
    for one in (letter, webhook, tenants):
        post(Post(one, 1, None), told.put_nowait)
    done = [await told.get() for _ in range(2)]
    may_end.set()
    done.append(await told.get())
    assert {one.number: one.outcome.status for one in done} == {1: mail.TAKEN, 2: 204, 3: 204}
    assert done[-1].number == 1
