"""The one table of states, against the table of docs/contract.md 4: every event in every state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wppmt.domain.states import TABLE, Event, ImpossibleTransition, State, step

DOCUMENT = Path(__file__).parents[2] / "docs/contract.md"
PAIRS = [(state, event) for state in State for event in Event]
LEADS_TO = {
    Event.STARTED: State.INITIALIZING,
    Event.RESUMED: State.RECONNECTING,
    Event.QR_SHOWN: State.WAITING_SCAN,
    Event.READY: State.CONNECTED,
    Event.PHONE_LOST: State.PHONE_DISCONNECTED,
    Event.ATTEMPT_FAILED: State.RECONNECTING,
    Event.GAVE_UP: State.ERROR,
    Event.CLOSED: State.DISCONNECTED,
}
"""Where each event leads from wherever the contract lets it."""
LEAVES_THE_ERROR = {Event.ATTEMPT_FAILED, Event.RESUMED}
"""After ten failures: "attempts after the tenth leave `error` as it is"."""


def contract() -> dict[State, set[State]]:
    """The table of section 4, as it is written there: from each state, those that may follow."""
    section = DOCUMENT.read_text().split("## 4. States")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (?P<before>[^|]*`\w+`) \| (?P<after>[^|]+) \|$", section, re.MULTILINE)
    told: dict[State, set[State]] = {}
    for before, after in rows:
        goals = re.sub(r"\([^)]*\)", "", after)
        for state in re.findall(r"`(\w+)`", before):
            told[State(state)] = {State(goal) for goal in re.findall(r"`(\w+)`", goals)}
    return told


def expected(state: State, event: Event) -> State | None:
    """What the contract says comes of it; None: impossible."""
    if state is State.ERROR and event in LEAVES_THE_ERROR:
        return state
    goal = LEADS_TO[event]
    if state is State.DISCONNECTED and event not in {Event.STARTED, Event.CLOSED}:
        # Only people move a stopped session.
        return None
    return goal if goal is state or goal in contract()[state] else None


def test_the_states_are_the_documents_seven():
    assert contract().keys() == set(State)


def test_the_moves_are_the_contracts_and_no_more():
    for state, row in TABLE.items():
        assert set(row.values()) - {state} == contract()[state]


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_event_in_every_state_does_what_the_contract_says_or_is_refused(state: State, event: Event):
    goal = expected(state, event)
    if goal is None:
        with pytest.raises(ImpossibleTransition):
            step(state, event)
    else:
        assert step(state, event) is goal


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", [Event.STARTED, Event.CLOSED])
def test_people_can_start_and_close_in_every_state(state: State, event: Event):
    step(state, event)


def test_a_stopped_session_is_moved_by_people_alone():
    assert set(TABLE[State.DISCONNECTED]) == {Event.STARTED, Event.CLOSED}


def test_attempts_after_giving_up_leave_the_error_as_it_is():
    assert step(State.ERROR, Event.ATTEMPT_FAILED) is State.ERROR
    assert step(State.ERROR, Event.RESUMED) is State.ERROR
