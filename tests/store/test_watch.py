"""Alerts and history, in every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.drafts import ENDPOINT, draft, record
from wppmt.domain.alerts import Alert, AlertCode, Cause
from wppmt.domain.states import State
from wppmt.store.port import Store
from wppmt.store.records import ALERTS, HistoryPoint, SessionRecord

ALERT = Alert(
    cause=Cause(AlertCode.SESSION_IN_ERROR, "a"),
    message="A sessão a está em erro",
    remedy="Reinicie",
    since=100.5,
    session_id="a",
)
WHOLE = Alert(Cause(AlertCode.MEMORY_HIGH), "Memória", "Dê mais", since=90.0)


def save(store: Store, *alerts: Alert) -> None:
    with store.transaction() as transaction:
        for alert in alerts:
            transaction.save_alert(alert)


def test_an_alert_fires_until_it_is_saved_as_ended(store: Store):
    save(store, ALERT, WHOLE)
    assert list(store.firing_alerts()) == [WHOLE, ALERT]
    ended = replace(ALERT, ended_at=200.0)
    save(store, ended)
    assert list(store.firing_alerts()) == [WHOLE]
    assert list(store.ended_alerts(10)) == [ended]


def test_a_cause_may_come_again_but_never_twice_at_once(store: Store):
    save(store, replace(ALERT, ended_at=150.0))
    save(store, replace(ALERT, since=160.0))
    with pytest.raises(Exception, match="UNIQUE"):
        save(store, replace(ALERT, since=170.0))
    assert [alert.since for alert in store.firing_alerts()] == [160.0]


def test_the_last_ones_come_first_and_old_ones_go_with_old_events(store: Store):
    ended = [replace(ALERT, since=float(at), ended_at=at + 1.0) for at in (10, 20, 30)]
    save(store, *ended, WHOLE)
    assert list(store.ended_alerts(2)) == [ended[2], ended[1]]
    assert store.prune(before=25.0) == 2
    assert list(store.ended_alerts(10)) == [ended[2]]
    assert list(store.firing_alerts()) == [WHOLE]


def test_an_alert_and_its_event_are_kept_together_or_not_at_all(store: Store):
    class Trouble(Exception):
        pass

    with pytest.raises(Trouble), store.transaction() as transaction:
        transaction.save_alert(ALERT)
        transaction.record(ALERTS, draft("alert"))
        raise Trouble
    assert list(store.firing_alerts()) == []
    assert store.last_sequence(ALERTS) == 0


def test_what_goes_to_the_operator_is_not_counted_as_the_sessions(store: Store):
    record(store, "a", draft(endpoint=ENDPOINT))
    record(store, ALERTS, draft("alert", endpoint=ENDPOINT))
    assert store.webhook_counts().pending == 1
    assert [backlog.session_id for backlog in store.webhook_backlogs()] == ["a"]
    assert store.webhook_counts(ALERTS).pending == 1
    assert [event.session_id for _, event in store.events_of_all_after(0, 10)] == ["a"]


def point(at: float, session_id: str = "a", *, is_coarse: bool = False) -> HistoryPoint:
    return HistoryPoint(session_id, at, State.CONNECTED, 300, is_coarse)


def test_history_is_read_in_order_from_a_moment_on(store: Store):
    unknown = replace(point(20.0), memory_mb=None, state=State.ERROR)
    store.keep_points([point(30.0), unknown, point(10.0), point(20.0, "b")])
    assert list(store.points("a", 20.0)) == [unknown, point(30.0)]
    assert list(store.points("b", 0.0)) == [point(20.0, "b")]


def test_fine_points_are_dropped_before_coarse_ones(store: Store):
    coarse, fine = [point(at, is_coarse=True) for at in (5.0, 15.0, 25.0)], point(16.0)
    store.keep_points([*coarse, fine, point(6.0), point(26.0)])
    while store.drop_points(before=10.0, fine_before=20.0):
        pass
    assert list(store.points("a", 0.0)) == [coarse[1], coarse[2], point(26.0)]


def test_a_purged_session_has_no_history(store: Store):
    with store.transaction() as transaction:
        transaction.save(SessionRecord("a", 0.0))
    record(store, "a")
    store.keep_points([point(10.0), point(20.0), point(10.0, "b")])
    with store.transaction() as transaction:
        transaction.forget("a")
    while store.prune(before=0.0):
        pass
    assert list(store.points("a", 0.0)) == []
    assert list(store.points("b", 0.0)) == [point(10.0, "b")]
