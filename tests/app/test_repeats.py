"""Repeated lines become counts; log files stay within their total."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from wppmt.app.log_files import MEGABYTE, retention, rotate_at
from wppmt.app.repeats import KINDS, MINUTE, Kind, Repeats, kind_of


def refusal(status: int = 401, session_id: str | None = None, **more: object) -> Kind:
    details = {"method": "GET", "route": "/api/sessions", "status": status, **more}
    kind = kind_of("http_request", session_id, "info", details)
    assert kind
    return kind


def complaint(note: str, error: Exception | None = None) -> Kind:
    kind = kind_of("library_log", None, "error", {"logger": "asyncio", "note": note, "error": error})
    assert kind
    return kind


def test_answers_and_our_own_events_are_always_written():
    assert kind_of("http_request", "a", "info", {"status": 200, "method": "GET", "route": "/"}) is None
    assert kind_of("connection_change", "a", "info", {"status": "error"}) is None
    assert kind_of("http_failed", "a", "error", {}) is None


def test_the_time_and_the_id_of_a_request_make_no_other_kind():
    assert refusal(ms=1.5, request_id="a") == refusal(ms=2.5, request_id="b")
    assert refusal(401) != refusal(404) != refusal(404, "a")


def test_a_complaint_that_names_another_socket_is_the_same():
    one = complaint("socket.accept() out of system resource\nsocket: <fd=7>", OSError(24, "x"))
    assert one == complaint("socket.accept() out of system resource\nsocket: <fd=9>", OSError(23, "y"))
    assert one != complaint("socket.accept() out of system resource", ValueError("x"))


def test_the_first_is_reported_and_the_rest_is_a_count_a_minute():
    repeats, kind = Repeats(), complaint("x")
    assert [repeats.is_written(kind, second) for second in (0, 1, 2)] == [True, False, False]
    assert repeats.over(MINUTE - 1) == []
    assert repeats.over(MINUTE) == [(kind, 2)]
    assert repeats.over(MINUTE) == []
    assert repeats.is_written(kind, MINUTE + 1)


def test_some_refusals_are_reported_before_they_are_counted():
    repeats, kind = Repeats(), refusal()
    assert [repeats.is_written(kind, 0.0) for _ in range(12)] == [True] * 10 + [False] * 2
    assert repeats.over(0.0, all_of_them=True) == [(kind, 2)]


def test_very_many_kinds_are_counted_together():
    repeats = Repeats()
    told = sum(repeats.is_written(complaint(str(number)), 0.0) for number in range(KINDS + 500))
    assert told == KINDS
    [(_, count)] = repeats.over(MINUTE)
    assert count == 500


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 30)), max_size=200))
def test_nothing_is_lost_between_lines_and_counts(happened: list[tuple[int, float]]):
    repeats, now, told, counted = Repeats(), 0.0, 0, 0
    for number, gap in happened:
        now += gap
        counted += sum(count for _, count in repeats.over(now))
        told += repeats.is_written(complaint(str(number)), now)
    counted += sum(count for _, count in repeats.over(now, all_of_them=True))
    assert told + counted == len(happened)


def a_file(folder: Path, name: str, megabytes: float, age_days: float = 0.0) -> Path:
    path = folder / name
    path.write_bytes(bytes(int(megabytes * MEGABYTE)))
    os.utime(path, (1e9 - age_days * 86_400,) * 2)
    return path


def test_the_oldest_files_go_when_the_total_is_reached(tmp_path: Path):
    ages = {f"wppmt.{age}.log": age for age in range(6)}
    files = [a_file(tmp_path, name, 1, age) for name, age in ages.items()]
    retention(keep_days=30, total_mb=4, room=MEGABYTE, now=lambda: 1e9)(files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wppmt.0.log", "wppmt.1.log", "wppmt.2.log"]


def test_a_file_goes_when_its_days_are_over(tmp_path: Path):
    files = [a_file(tmp_path, "young", 1, 2), a_file(tmp_path, "old", 1, 4)]
    retention(keep_days=3, total_mb=100, room=0, now=lambda: 1e9)([*files, tmp_path / "gone"])
    assert [path.name for path in tmp_path.iterdir()] == ["young"]


def test_at_least_two_files_fit_into_the_total():
    assert rotate_at(rotate_mb=50, total_mb=1000) == 50 * MEGABYTE
    assert rotate_at(rotate_mb=50, total_mb=20) == 10 * MEGABYTE


def test_a_refused_token_is_told_once_a_minute_for_each_caller_reason_and_session():
    kinds = [
        kind_of("token_refused", session, "warning", {"reason": reason, "client": client})
        for session in ("a", "b")
        for reason in ("missing", "signature")
        for client in ("10.0.0.1", "10.0.0.2")
    ]
    assert len(set(kinds)) == 8
    repeats = Repeats()
    told = [kind for kind in kinds * 5 if kind and repeats.is_written(kind, 0.0)]
    assert told == kinds
    assert [count for _, count in repeats.over(MINUTE)] == [4] * 8


def test_a_limit_is_told_once_a_minute_whoever_runs_into_it():
    repeats = Repeats()
    kinds = [
        kind_of("resource_limit", f"cliente-{number}", "warning", {"memory": f"{5000 + number} MB"})
        for number in range(5)
    ]
    assert [bool(kind and repeats.is_written(kind, 0.0)) for kind in kinds] == [True] + [False] * 4
    [(kind, count)] = repeats.over(MINUTE)
    assert (dict(kind.details), count) == ({"resources": "memory"}, 4)
