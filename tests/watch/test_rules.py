"""Each alert's threshold, as a table: what is seen just on either side of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from actors.watch.rules import Finding, Replaced, Unsure, judge
from actors.watch.seen import Seen
from tests.defaults import SETTINGS
from wppmt.app.policies import alert_policy
from wppmt.domain.alerts import REMEDIES, TITLES, AlertCode, Cause
from wppmt.domain.figures import Figures, Recent, Sample
from wppmt.domain.overview import CommonFailure
from wppmt.domain.reasons import Reason
from wppmt.domain.remedies import remedy
from wppmt.domain.shortages import Resource, Shortage
from wppmt.domain.states import State
from wppmt.store.records import Desired, SessionRecord

NOW = 1_000_000.0
THRESHOLDS = replace(alert_policy(SETTINGS).thresholds, default_endpoint="http://turbozap.test/hook")
FINDING, UNSURE, REPLACED, FINE = "finding", "unsure", "replaced", "fine"
SHORT = Shortage(Resource.DISK, 150, 250)
PRESSED = Shortage(Resource.PRESSURE, 35, 20)
SHARED = CommonFailure(frozenset({"a", "b"}), 2, {"CHROME_MISSING": 2})


def seen(*sessions: SessionRecord, uptime: float = 1e6, **changes: Any) -> Seen:
    return Seen(at=NOW, uptime=uptime, sessions=sessions, **changes)


def weighed(memory_mb: int = 100, cpu_share: float = 0.1) -> Figures:
    return Figures(Sample(NOW, total_memory_mb=memory_mb, cpu_share=cpu_share), memory_limit_mb=4096)


def recent(**counts: Any) -> Figures:
    return Figures(recent=Recent(**counts))


def session(state: State = State.CONNECTED, reason: Reason = Reason.READY, **changes: Any) -> SessionRecord:
    known: dict[str, Any] = {"id": "a", "created_at": 0.0, "has_login": True, "last_phone": "5511"}
    return SessionRecord(**known | {"state": state, "reason": reason, "since": NOW - 1000} | changes)


def said(what: Seen) -> dict[Cause, str]:
    words = list(judge(what, THRESHOLDS))
    kinds = {Finding: FINDING, Unsure: UNSURE, Replaced: REPLACED}
    assert len({word.cause for word in words}) == len(words), "two words for one cause"
    return {word.cause: kinds[type(word)] for word in words}


def finding(what: Seen, code: AlertCode) -> Finding:
    [found] = [
        word for word in judge(what, THRESHOLDS) if isinstance(word, Finding) and word.cause.code is code
    ]
    return found


def findings(what: Seen) -> set[AlertCode]:
    return {cause.code for cause, word in said(what).items() if word == FINDING}


@pytest.mark.parametrize(
    ("code", "figures", "expected"),
    [
        (AlertCode.MEMORY_HIGH, weighed(memory_mb=3482), FINDING),  # 85 % of 4096 are 3481.6
        (AlertCode.MEMORY_HIGH, weighed(memory_mb=3481), UNSURE),
        (AlertCode.MEMORY_HIGH, weighed(memory_mb=3300), FINE),
        (AlertCode.MEMORY_HIGH, Figures(memory_limit_mb=4096), UNSURE),
        (AlertCode.CPU_HIGH, weighed(cpu_share=0.81), FINDING),
        (AlertCode.CPU_HIGH, weighed(cpu_share=0.80), UNSURE),
        (AlertCode.CPU_HIGH, weighed(cpu_share=0.75), FINE),
        (AlertCode.ERROR_RATE, recent(requests=20, failures=2), FINDING),
        (AlertCode.ERROR_RATE, recent(requests=20, failures=1), UNSURE),
        (AlertCode.ERROR_RATE, recent(requests=100, failures=4), FINE),
        (AlertCode.ERROR_RATE, recent(requests=19, failures=19), FINE),
        (AlertCode.SLOW_RESPONSES, recent(requests=5, response_seconds=5.1), FINDING),
        (AlertCode.SLOW_RESPONSES, recent(requests=5, response_seconds=5.0), UNSURE),
        (AlertCode.SLOW_RESPONSES, recent(requests=5, response_seconds=4.0), FINE),
        (AlertCode.SLOW_RESPONSES, recent(requests=4, response_seconds=60.0), FINE),
        (AlertCode.WEBHOOKS_FAILING, recent(webhooks_failed=11), FINDING),
        (AlertCode.WEBHOOKS_FAILING, recent(webhooks_failed=10), UNSURE),
        (AlertCode.WEBHOOKS_FAILING, recent(webhooks_failed=9), FINE),
    ],
)
def test_figures(code: AlertCode, figures: Figures, expected: str):
    assert said(seen(figures=figures)).get(Cause(code), FINE) == expected


def test_a_few_slow_answers_are_no_slowness_however_low_the_threshold():
    strict = replace(THRESHOLDS, response_seconds=0.1)
    few = seen(figures=recent(requests=4, response_seconds=60.0))
    assert Cause(AlertCode.SLOW_RESPONSES) not in {word.cause for word in judge(few, strict)}


def test_the_processor_must_be_busy_for_five_minutes_and_the_others_ring_at_once():
    assert finding(seen(figures=weighed(cpu_share=0.81)), AlertCode.CPU_HIGH).hold == 300
    for figures in (weighed(memory_mb=4000), recent(requests=20, failures=20, webhooks_failed=20)):
        words = judge(seen(figures=figures), THRESHOLDS)
        assert {word.hold for word in words if isinstance(word, Finding)} == {0.0}


def test_numbers_are_written_as_people_here_write_them():
    bad = seen(figures=recent(requests=49, failures=20, response_seconds=7.75))
    assert finding(bad, AlertCode.ERROR_RATE).message.startswith("40,8 % das 49 requisições")
    assert "levam até 7,8 s" in finding(bad, AlertCode.SLOW_RESPONSES).message
    assert finding(bad, AlertCode.ERROR_RATE).message.endswith("o limite é 5 %")
    busy = seen(figures=weighed(memory_mb=4000, cpu_share=0.99))
    assert finding(busy, AlertCode.CPU_HIGH).message == "Mais de 80 % do processador em uso por 5 minutos"
    told = finding(busy, AlertCode.MEMORY_HIGH).message
    assert told.endswith("mais de 85 % do limite de 4096 MB (WPP_MEMORY_LIMIT_MB)")


@pytest.mark.parametrize(
    ("code", "filled"),
    [(AlertCode.ERROR_RATE, 300), (AlertCode.SLOW_RESPONSES, 300), (AlertCode.WEBHOOKS_FAILING, 60)],
)
def test_a_window_that_is_not_full_yet_ends_no_alert(code: AlertCode, filled: float):
    assert said(seen(uptime=filled - 1))[Cause(code)] == UNSURE
    assert Cause(code) not in said(seen(uptime=filled))
    bad = recent(requests=20, failures=20, response_seconds=9.0, webhooks_failed=20)
    assert code in findings(seen(uptime=1.0, figures=bad))


@pytest.mark.parametrize("code", [AlertCode.ERROR_RATE, AlertCode.SLOW_RESPONSES])
def test_requests_enough_tell_before_the_window_is_full(code: AlertCode):
    assert Cause(code) not in said(seen(uptime=10.0, figures=recent(requests=20)))
    assert said(seen(uptime=10.0, figures=recent(requests=19)))[Cause(code)] == UNSURE


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (State.ERROR, Reason.CONFLICT, {AlertCode.SESSION_IN_ERROR}),
        (State.ERROR, Reason.WHATSAPP_CHANGED, {AlertCode.WHATSAPP_CHANGED}),
        (State.CONNECTED, Reason.WHATSAPP_CHANGED, {AlertCode.WHATSAPP_CHANGED}),
        (State.PHONE_DISCONNECTED, Reason.PHONE_OFFLINE, {AlertCode.FEWER_CONNECTED}),
        (State.WAITING_SCAN, Reason.LOGGED_OUT, {AlertCode.FEWER_CONNECTED}),
        (State.RECONNECTING, Reason.BROWSER_CRASHED, {AlertCode.FEWER_CONNECTED}),
        (State.CONNECTED, Reason.READY, set()),
    ],
)
def test_a_session_rings_once_for_one_cause(state: State, reason: Reason, expected: set[AlertCode]):
    assert findings(seen(session(state, reason))) == expected
    assert findings(seen(session(state, reason, desired=Desired.STOPPED))) == set()


def test_a_session_that_was_never_paired_is_not_missed():
    assert (
        findings(seen(session(State.WAITING_SCAN, Reason.SCAN_QR, has_login=False, last_phone=""))) == set()
    )


@pytest.mark.parametrize("reason", [Reason.DAEMON_RESTARTED, Reason.RESTARTED, Reason.STARTING])
def test_a_browser_that_opens_as_intended_has_its_time(reason: Reason):
    opening = session(State.RECONNECTING, reason, since=NOW - 89)
    assert said(seen(opening))[Cause(AlertCode.FEWER_CONNECTED)] == UNSURE
    assert findings(seen(replace(opening, since=NOW - 90))) == {AlertCode.FEWER_CONNECTED}
    assert findings(seen(replace(opening, failures=1))) == {AlertCode.FEWER_CONNECTED}


@pytest.mark.parametrize("state", [State.INITIALIZING, State.RECONNECTING])
def test_an_attempt_under_way_neither_rings_nor_ends(state: State):
    words = said(seen(session(state, Reason.RESTARTED)))
    for code in (AlertCode.SESSION_IN_ERROR, AlertCode.WHATSAPP_CHANGED):
        assert words[Cause(code, "a")] == UNSURE


@pytest.mark.parametrize(("audits", "rings"), [(0, False), (1, False), (2, True), (9, True)])
def test_messages_that_are_missed_again_and_again_ring(audits: int, rings: bool):
    expected = {AlertCode.INBOUND_MISSED} if rings else set()
    assert findings(seen(session(missed_in_a_row=audits))) == expected


def test_the_disk_is_told_and_not_the_sessions_that_wait_for_it():
    waiting = session(State.ERROR, Reason.RESOURCE_LIMIT)
    assert findings(seen(waiting, disk=SHORT)) == {AlertCode.DISK_LOW}
    words = said(seen(waiting, disk=SHORT))
    assert words[Cause(AlertCode.SESSION_IN_ERROR, "a")] == REPLACED
    assert words[Cause(AlertCode.FEWER_CONNECTED)] == REPLACED
    other = session(State.PHONE_DISCONNECTED, Reason.PHONE_OFFLINE, id="b")
    assert findings(seen(waiting, other, disk=SHORT)) == {AlertCode.DISK_LOW, AlertCode.FEWER_CONNECTED}


def test_a_common_cause_is_told_once_for_all_its_sessions():
    failing = [session(State.ERROR, Reason.CHROME_MISSING, id=name, failures=3) for name in "ab"]
    assert findings(seen(*failing, common_cause=SHARED)) == {AlertCode.COMMON_CAUSE}
    # Root has forgotten it with the daemon: it is over when no session fails any more.
    assert said(seen(*failing))[Cause(AlertCode.COMMON_CAUSE)] == UNSURE
    assert Cause(AlertCode.COMMON_CAUSE) not in said(seen(session()))


def test_a_webhook_that_nobody_uses_any_more_is_nobodys_trouble():
    own = session(webhook_url="http://own.test/")
    assert said(seen(own))[Cause(AlertCode.WEBHOOK_EXHAUSTED, "http://own.test/")] == UNSURE
    default = Cause(AlertCode.WEBHOOK_EXHAUSTED, THRESHOLDS.default_endpoint)
    assert default not in said(seen(own))
    assert said(seen(own, session(id="b")))[default] == UNSURE


def test_it_says_which_session_and_what_to_do():
    found = finding(seen(session(State.ERROR, Reason.CONFLICT)), AlertCode.SESSION_IN_ERROR)
    assert (found.session_id, found.advice) == ("a", remedy(Reason.CONFLICT))
    assert "WhatsApp Web aberto em outro lugar" in found.message
    missing = [
        session(State.PHONE_DISCONNECTED, Reason.PHONE_OFFLINE, id=f"s{number}") for number in range(7)
    ]
    found = finding(seen(session(), *missing), AlertCode.FEWER_CONNECTED)
    assert found.message.startswith(
        "1 de 8 sessões conectadas. Faltam: s0 (Celular desconectado da internet)"
    )
    assert found.message.endswith("e mais 2")


def test_every_code_has_a_title_and_a_remedy():
    def has_all(texts: Iterable[AlertCode]) -> bool:
        return set(texts) == set(AlertCode)

    assert has_all(TITLES)
    assert has_all(REMEDIES)


def test_memory_that_programs_wait_for():
    assert findings(seen(pressure=PRESSED)) == {AlertCode.MEMORY_PRESSURE}
    assert "35 %" in finding(seen(pressure=PRESSED), AlertCode.MEMORY_PRESSURE).message


@pytest.mark.parametrize(
    ("most", "running", "expected"),
    [(10, 9, FINDING), (10, 12, FINDING), (10, 8, FINE), (3, 3, FINDING), (3, 2, FINE), (0, 0, FINE)],
)
def test_slots_that_run_out(most: int, running: int, expected: str):
    words = said(seen(figures=Figures(max_sessions=most, running=running)))
    assert words.get(Cause(AlertCode.FEW_FREE_SLOTS), FINE) == expected


def test_who_hibernates_lacks_nothing():
    assert findings(seen(session(reason=Reason.HIBERNATING))) == set()
