"""One snapshot of figures: what was weighed, what happened lately, who is connected of those who should be."""

from __future__ import annotations

from typing import Any

from wppmt.domain.figures import Sample
from wppmt.domain.occurrences import RequestAnswered
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.metrics.meter import Meter
from wppmt.store.records import Desired, SessionRecord, SessionStatus


def status(session_id: str, state: State, **record: Any) -> SessionStatus:
    return SessionStatus(SessionRecord(session_id, 0.0, state=state, **record))


STATUSES = (
    status("connected", State.CONNECTED, has_login=True),
    status("logged-out", State.WAITING_SCAN, last_phone="5511999990001"),
    status("never-paired", State.WAITING_SCAN),
    status("stopped", State.DISCONNECTED, has_login=True, desired=Desired.STOPPED),
)


def test_who_was_never_paired_or_is_stopped_lacks_nothing():
    figures = Meter(lambda: STATUSES, lambda: 700, 4096).figures()
    assert (figures.connected, figures.wanted) == (1, 2)
    assert (figures.disk_free_mb, figures.memory_limit_mb) == (700, 4096)


def test_the_last_sample_counts_as_it_was_reported():
    meter = Meter(tuple, lambda: 700, 1000)
    assert meter.figures().memory_share == 0.0
    sample = Sample(5.0, {"a": 300}, {"a": 2.0}, total_memory_mb=400)
    meter.record(sample)
    assert meter.figures().sample is sample
    assert meter.figures().memory_share == 0.4


def test_what_is_counted_is_in_the_next_snapshot():
    meter = Meter(tuple, lambda: 700, 1000)
    meter.count(RequestAnswered("/x", "GET", 503, 0.1, failed=True))
    assert meter.figures().recent.error_rate == 1.0


def test_who_hibernates_is_connected_and_takes_a_slot_as_any_other():
    asleep = status("asleep", State.CONNECTED, reason=Reason.HIBERNATING, has_login=True)
    figures = Meter(lambda: (*STATUSES, asleep), lambda: 700, 4096, max_sessions=5).figures()
    assert (figures.connected, figures.wanted, figures.hibernating) == (2, 3, 1)
    assert (figures.running, figures.free_slots) == (4, 1)
