"""The one table of states, against the table of docs/contract.md 4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.states import TABLE, Event, ImpossibleTransition, State, step

CONTRACT = {
    "disconnected": "initializing",
    "initializing": "waiting_scan connected reconnecting error disconnected",
    "waiting_scan": "connected initializing reconnecting error disconnected",
    "connected": "phone_disconnected reconnecting waiting_scan error disconnected initializing",
    "phone_disconnected": "reconnecting connected waiting_scan error disconnected initializing",
    "reconnecting": "connected phone_disconnected waiting_scan error disconnected initializing",
    "error": "initializing connected waiting_scan phone_disconnected disconnected",
}


def test_the_states_are_the_documents_seven():
    assert {state.value for state in State} == CONTRACT.keys()


def test_the_moves_are_the_contracts_and_no_more():
    allowed = {(before, after) for before, row in CONTRACT.items() for after in row.split()}
    moves = {(before.value, after.value) for before, row in TABLE.items() for after in row.values()}
    assert {(before, after) for before, after in moves if before != after} == allowed


@given(st.sampled_from(State), st.sampled_from(Event))
def test_every_event_in_every_state_is_in_the_table_or_refused(state: State, event: Event):
    if event in TABLE[state]:
        assert step(state, event) is TABLE[state][event]
    else:
        with pytest.raises(ImpossibleTransition):
            step(state, event)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", [Event.STARTED, Event.CLOSED])
def test_people_can_start_and_close_in_every_state(state: State, event: Event):
    step(state, event)


def test_a_stopped_session_is_moved_by_people_alone():
    assert set(TABLE[State.DISCONNECTED]) == {Event.STARTED, Event.CLOSED}


def test_attempts_after_giving_up_leave_the_error_as_it_is():
    assert step(State.ERROR, Event.ATTEMPT_FAILED) is State.ERROR
    assert step(State.ERROR, Event.RESUMED) is State.ERROR
