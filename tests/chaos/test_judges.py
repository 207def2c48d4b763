"""Each promise, broken in a history that keeps all the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.figures import COUNTED, verdict
from tests.chaos.history import History, Recorder
from tests.chaos.judges import JUDGES, judge
from tests.chaos.story import Lines, again, clean, event, fault, having, process, sample, without, world


def unanswered(lines: Lines, status: int = 0, error: str | None = "refused") -> Lines:
    return having(lines, {"status": status, "error": error}, kind="call", text="text-a-1")


MESSAGE = {"event": "message_received", "message": "IN-a-1"}

BROKEN: dict[str, Callable[[Lines], Lines]] = {
    "send_lost: answered 200": lambda lines: without(lines, kind="inbox", id="OUT-a-1"),
    "send_lost: answered 202, and never a word": lambda lines: having(
        without(without(lines, kind="inbox", id="OUT-b-2"), messageId="OUT-b-2"),
        {"status": 202},
        kind="call",
        id="OUT-b-2",
    ),
    "send_twice: the same id": lambda lines: again(
        lines, {"seq": 9, "body": "other"}, kind="inbox", id="OUT-a-1"
    ),
    "send_twice: another id": lambda lines: again(
        lines, {"seq": 9, "id": "OUT-x"}, kind="inbox", id="OUT-a-1"
    ),
    "send_refused_and_arrived: 503": lambda lines: unanswered(lines, 503, None),
    "send_refused_and_arrived: no connection": unanswered,
    "send_out_of_order": lambda lines: having(lines, {"seq": 9}, kind="inbox", id="OUT-a-1"),
    "inbound_lost": lambda lines: without(lines, **MESSAGE),
    "inbound_twice": lambda lines: again(lines, {"id": "evt-x"}, kind="webhook", **MESSAGE),
    "webhook_lost: in the log alone": lambda lines: without(lines, kind="webhook", messageId="OUT-a-1"),
    "webhook_lost: delivered alone": lambda lines: without(lines, kind="logged", id="evt-b-7"),
    "webhook_changed": lambda lines: again(
        lines, {"status": "read", "attempt": 2}, kind="webhook", id="evt-a-4"
    ),
    "sequence_gap: a hole": lambda lines: having(lines, {"sequence": 99}, kind="logged", id="evt-a-5"),
    "sequence_gap: one twice": lambda lines: having(lines, {"sequence": 4}, kind="logged", id="evt-a-5"),
    "chain_broken: another state before": lambda lines: having(
        lines, {"previousStatus": "error"}, kind="logged", previousStatus="reconnecting"
    ),
    "chain_broken: no such arrow": lambda lines: having(
        lines, {"status": "waiting_scan"}, kind="logged", previousStatus="disconnected"
    ),
    "bystander: browser": lambda lines: having(lines, {"tenant": "b"}, kind="fault"),
    "bystander: the keeper's death excuses nobody": lambda lines: [
        *without(lines, kind="fault"),
        fault(30.0, "kill_keeper", ""),
    ],
    "bystander: state": lambda lines: [*without(lines, kind="fault"), fault(30.0, "kill_chrome", "b")],
    "two_browsers": lambda lines: having(lines, {"t": 33.0}, kind="process", pid=100, change="gone"),
    "two_pages": lambda lines: having(lines, {"t": 33.0}, kind="world", event="page_close", t=30.05),
    "qr_shown: page": lambda lines: [*lines, world(40.0, "qr")],
    "qr_shown: webhook": lambda lines: [*lines, event("b", 40.0, "qr_code", id="evt-q", sequence=9)],
    "not_back": lambda lines: without(lines, kind="state", t=33.1),
    "not_back: cut short": lambda lines: without(lines, kind="phase", name="settled"),
    "left_behind: running": lambda lines: [
        *lines,
        {"kind": "left", "t": 61.0, "pid": 7, "command": "chromium"},
    ],
    "left_behind: zombie": lambda lines: [*lines, sample(59.5, zombies=1)],
    "unclear_answer: 500": lambda lines: [
        *lines,
        {"kind": "call", "t": 40.0, "verb": "list", "tenant": None, "status": 500},
    ],
    "unclear_answer: 503 without a word": lambda lines: [
        *lines,
        {"kind": "call", "t": 40.0, "verb": "list", "tenant": None, "status": 503},
    ],
}


def kinds(lines: Lines) -> set[str]:
    return {violation.kind for violation in judge(History(lines))}


def test_a_run_that_keeps_every_promise():
    made = verdict(History(clean()))
    assert made.violations == []
    assert made.is_met
    assert [figure.values for figure in made.report.figures if figure.key == "recovery"] == [[3.0]]


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_found(name: str):
    lines = BROKEN[name](clean())
    assert name.partition(":")[0] in kinds(lines)
    assert not verdict(History(lines)).is_met


def test_every_judge_is_tried_and_counted():
    names = {judge.__name__ for judge in JUDGES}
    assert {name.partition(":")[0] for name in BROKEN} == names
    assert COUNTED.keys() == names


def test_what_is_no_violation():
    """A 202 reported unknown, an answer that never came, a second delivery, a fork, a refused second Chrome, a slow farewell."""
    lines = having(clean(), {"status": 202}, kind="call", id="OUT-b-2")
    lines = having(without(lines, kind="inbox", id="OUT-b-2"), {"status": "unknown"}, messageId="OUT-b-2")
    lines = unanswered(lines, error="broken")
    lines = again(lines, {"attempt": 2, "t": 45.0}, kind="webhook", id="evt-a-5")
    lines += [process(300, "b", "seen", 20.0, parent=200), process(300, "b", "gone", 25.0)]
    lines += [process(301, "b", "seen", 20.0), process(301, "b", "gone", 20.05)]
    lines += [world(20.0, "restored", "b"), world(20.1, "page_close", "b")]
    lines += [fault(20.0, "page_reload", "b")]
    assert kinds(lines) == set()


def test_a_browser_may_end_because_its_session_hibernates():
    slept = {"kind": "slept", "t": 29.9, "tenant": "a"}
    lines = [*without(clean(), kind="fault"), fault(30.0, "kill_keeper", ""), slept]
    lines = without(lines, event="connection_change", status="reconnecting")
    assert "o Chrome de a" not in " ".join(one.text for one in judge(History(lines)))
    assert "bystander" in kinds([*without(lines, kind="slept"), slept | {"tenant": "b"}])


def test_a_retry_with_its_key_is_one_send():
    lines = again(
        clean(), {"t": 9.0, "end": 9.5, "status": 0, "error": "broken"}, kind="call", text="text-a-1"
    )
    history = History(lines)
    assert len(history.sends) == 4
    assert judge(history) == []


def test_a_history_survives_its_file(tmp_path: Path):
    recorder = Recorder(tmp_path / "history.jsonl")
    for line in clean():
        recorder.add(
            line["kind"],
            line["t"],
            **{name: value for name, value in line.items() if name not in {"kind", "t"}},
        )
    recorder.close()
    recorder.add("phase", name="too late")
    assert History.read(tmp_path / "history.jsonl").records == History(clean()).records
