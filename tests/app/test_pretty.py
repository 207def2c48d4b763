from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.app.logs import render
from wppmt.app.pretty import pretty

NOON = datetime(2026, 2, 10, 12, 30, 5, tzinfo=UTC)


def test_a_line_for_people_says_what_the_json_line_says():
    details = {"message_id": "3EB0", "count": 3, "note": "dois nomes", "to": "5511999999999"}
    shown = pretty(render(NOON, "warning", "cliente-001", "message_sent", details, {"sessionCount": 3}))
    at = f"{NOON.astimezone():%H:%M:%S}"
    assert (
        shown == f'{at} AVISO  cliente-001  message_sent  messageId=3EB0 count=3 note="dois nomes" to=***9999'
    )


def test_who_has_no_session_and_nothing_to_add():
    assert pretty(render(NOON, "info", None, "ready", {}, {})).endswith("INFO   -  ready")


@pytest.mark.parametrize("line", ["", "Traceback (most recent call last):", "[1]", '{"level": "loud"}'])
def test_what_is_no_log_line_stays_as_it_is(line: str):
    assert pretty(line) == line


@given(st.text())
def test_nothing_in_it_acts_on_a_terminal(name: str):
    shown = pretty(render(NOON, "error", None, "seen", {"pushname": name}, {}), colour=False)
    assert len(shown.splitlines()) == 1
    assert shown.isprintable()


def test_colour_is_around_the_line_and_only_when_asked_for():
    line = render(NOON, "error", None, "failed", {}, {})
    assert pretty(line, colour=True) == f"\x1b[31m{pretty(line)}\x1b[0m"
    assert json.loads(line)["event"] == "failed"
