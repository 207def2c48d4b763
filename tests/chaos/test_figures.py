"""What each preset is about, counted on histories made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.figures import Figure
from tests.chaos.figures import NEVER, percentile, verdict
from tests.chaos.history import History
from tests.chaos.story import Lines, clean, fault, having, process, sample, sent


def figures(lines: Lines, preset: str) -> dict[str, Figure]:
    report = verdict(History(having(lines, {"preset": preset}, kind="run"))).report
    return {figure.key: figure for figure in report.figures}


def change(tenant: str, t: float, before: str, status: str) -> dict[str, Any]:
    fields = {"previousStatus": before, "status": status, "id": f"evt-{tenant}-{t}", "sequence": int(t * 100)}
    return {"kind": "webhook", "t": t, "tenant": tenant, "event": "connection_change", "attempt": 1, **fields}


def test_recovery_is_until_connected_again():
    found = figures(clean(), "R1")
    assert found["recovery"].values == [3.0]
    assert found["recovery_p99"].is_met


def test_who_does_not_come_back_before_the_next_fault_never_did():
    found = figures([*clean(), fault(32.0, "kill_chrome", "a")], "R1")
    assert found["recovery"].values == [NEVER, 1.0]


def test_the_share_of_answered_sends():
    lines = having(clean(), {"status": 503}, kind="call", text="text-a-1")
    assert figures(lines, "R1")["unanswered"].values == [25]
    assert not figures(lines, "R1")["unanswered"].is_met
    assert figures(clean(), "R1")["unanswered"].is_met


@pytest.mark.parametrize(("waited", "off"), [(2.0, 1), (28.0, 0), (44.0, 1)])
def test_a_second_attempt_so_soon_waits_for_its_turn(waited: float, off: int):
    """`a` was healthy for 7 s when it was killed again at 40 s."""
    back = 40.0 + waited
    lines = having(clean(), {"t": 40.05}, kind="process", pid=101, change="gone")
    lines = having(lines, {"t": 90.0}, kind="phase", name="stopping")
    lines += [fault(40.0, "kill_chrome", "a"), process(102, "a", "seen", back)]
    assert figures(lines, "R1b")["attempt_off"].values == [off]


def test_the_first_attempt_is_made_at_once():
    assert figures(clean(), "R1b")["attempt_off"].values == [0]
    late = [line for line in clean() if line.get("pid") != 101]
    assert figures([*late, process(101, "a", "seen", 55.0)], "R1b")["attempt_off"].values == [1]


@pytest.mark.parametrize(
    ("name", "key", "goal"),
    [("kill_daemon", "kill_daemon", 3), ("kill_daemon_and_browsers", "kill_daemon_and_browsers", 15)],
)
def test_a_killed_daemon_is_back_when_its_last_tenant_is(name: str, key: str, goal: float):
    lines = having(clean(), {"fault": name, "tenant": None}, kind="fault")
    lines += [{"kind": "state", "t": 30.5, "tenant": "b", "status": "connected"}]
    found = figures(lines, "R2")[key]
    assert (found.values, found.goal) == ([3.0], goal)


def test_only_a_daemon_that_dies_alone_must_disconnect_nobody():
    alone = having(clean(), {"fault": "kill_daemon", "tenant": None}, kind="fault")
    assert figures(alone, "R2")["disconnections"].values == [1]
    both = having(clean(), {"fault": "kill_daemon_and_browsers", "tenant": None}, kind="fault")
    assert "disconnections" not in figures(both, "R2b")


def frozen(calm_ms: float, hung_ms: float) -> dict[str, Figure]:
    """`a` is frozen at 30 s, which is told at 31 s and over at 33 s."""
    lines = having(clean(), {"fault": "freeze_chrome"}, kind="fault")
    lines += [{"kind": "window", "t": 6.0, "end": 9.0, "name": "baseline"}]
    for number, (t, ms) in enumerate([(7.0, calm_ms), (8.0, calm_ms), (30.2, hung_ms)], start=10):
        lines += having(sent("b", number, t)[:1], {"end": t + ms / 1000}, kind="call")
    return figures(lines, "R4")


def test_a_hung_browser_is_noticed_and_the_others_are_compared():
    found = frozen(50, 60)
    assert found["noticed_freeze_chrome"].values == [1.0]
    assert found["others_p99_calm"].values == pytest.approx([50])
    assert found["others_p99_hung"].values == pytest.approx([60])
    assert found["others_p99_hung"].goal == pytest.approx(75)
    assert found["others_p99_hung"].is_met
    assert not frozen(50, 80)["others_p99_hung"].is_met
    assert frozen(20, 39)["others_p99_hung"].is_met


def test_room_again_until_the_last_tenant_sends():
    lines = [*clean(), fault(11.0, "disk_full", None), fault(19.0, "disk_freed", None)]
    found = figures(lines, "R6")
    assert found["freed"].values == pytest.approx([1.05])
    assert not figures([*clean(), fault(50.0, "disk_freed", None)], "R6")["freed"].is_met


def test_an_orderly_503_is_no_failure_of_a_rolling_restart():
    later = having(
        clean(), {"status": 503, "code": "DRAINING", "retryAfter": "5"}, kind="call", text="text-a-1"
    )
    found = figures(later, "R18")
    assert (found["later"].values, found["failed"].values, found["refused"].values) == ([1], [0], [0])
    plain = having(clean(), {"status": 503, "code": "NOT_CONNECTED"}, kind="call", text="text-a-1")
    assert figures(plain, "R18")["failed"].values == [1]
    gone = having(clean(), {"status": 0, "error": "refused"}, kind="call", text="text-a-1")
    assert figures(gone, "R18")["refused"].values == [1]
    look = {
        "kind": "call",
        "verb": "list",
        "tenant": None,
        "t": 30.0,
        "end": 30.1,
        "status": 0,
        "error": "broken",
    }
    assert figures([*clean(), look], "R18")["failed"].values == [1]
    assert figures([*clean(), look | {"t": 61.0}], "R18")["failed"].values == [0], "the run is over"


def test_levels_are_those_of_the_first_and_the_last_third():
    assert figures(clean(), "R19")["fds_growth"].values == [0]
    growing = [line for line in clean() if line["kind"] != "sample"]
    growing += [sample(5.5 + t) | {"fds": 40 + t} for t in range(40)]
    found = figures(growing, "R19")["fds_growth"]
    assert found.values[0] > 20
    assert not found.is_met


def test_percentiles_are_values_that_occurred():
    values = list(range(1, 101))
    assert (percentile(values, 99), percentile(values, 50), percentile([7.0], 99)) == (99, 50, 7)
