"""What the log adds to an explanation: known events in words, unknown warnings by their name, and nobody's number."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from wppmt.explain.logged import _WORDS, message_lines, session_lines
from wppmt.explain.material import Logged, MessageMaterial, SessionMaterial
from wppmt.explain.message import explain_message
from wppmt.explain.session import explain_session
from wppmt.store.records import JournalEntry, SendState, SessionRecord

RECORD = SessionRecord("a", 1.0, since=1.0)


def logged(event: str, level: str = "warning", **details: object) -> Logged:
    return Logged(5.0, level, event, details)


def told(*lines: Logged) -> list[str]:
    return [line.text for line in session_lines(lines)]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (logged("login_saved", "info", seconds=3.2), "login gravado no disco"),
        (logged("browser_failed", failures=2, retrySeconds=3.5), "falha 2 do navegador; nova tentativa em 3,5 s"),
        (logged("alert_firing", "error", code="CPU_HIGH", note="Mais de 80%"), "alerta CPU_HIGH: Mais de 80%"),
        (logged("browser_failed"), "falha ? do navegador; nova tentativa em ? s"),
        (logged("something_new"), "aviso no log: something_new"),
    ],
)  # fmt: skip
def test_a_line_in_words(line: Logged, text: str):
    assert told(line) == [text]


@pytest.mark.parametrize(
    "line", [logged("something_new", "info"), logged("webhook_failed"), logged("http_request", "info", status=500)]
)  # fmt: skip
def test_what_is_of_no_use_here_or_told_better_elsewhere(line: Logged):
    assert told(line) == []


@pytest.mark.parametrize("event", _WORDS)
def test_every_detail_that_is_named_is_one_that_the_log_may_hold(event: str):
    """What people wrote and whom it is for are no details of a log; here are the names that may be shown."""
    places = {name for _, name, _, _ in Formatter().parse(_WORDS[event]) if name}
    assert places <= {
        "code", "failures", "messages", "note", "requestId", "retrySeconds", "seconds", "waJs",
    }  # fmt: skip
    assert not re.search(r"[A-Z]{3}", _WORDS[event].replace("API", "").replace("QR", ""))


def test_they_stand_in_the_timeline_of_a_session_without_numbers():
    material = SessionMaterial(
        RECORD, 9.0, logged=[logged("alert_firing", note="de 5511999998888", code="X")]
    )
    assert explain_session(material).timeline[0].text == "alerta X: de ***8888"


def test_a_message_is_told_what_its_sender_was_answered():
    mine = logged("http_request", "info", messageId="3EB0AA", status=202, ms=31.5)
    others = logged("http_request", "info", messageId="3EB0BB", status=200, ms=1.0)
    assert [line.text for line in message_lines([mine, others], "3EB0AA")] == [
        "a API respondeu HTTP 202 em 31,5 ms"
    ]
    entry = JournalEntry("a", "3EB0AA", "x", "text", {}, SendState.SENT, 1, 1.0, 2.0, 3.0)
    found = explain_message(MessageMaterial(RECORD, 9.0, entry, logged=[mine, others]))
    assert found.timeline[-1].text == "a API respondeu HTTP 202 em 31,5 ms"
