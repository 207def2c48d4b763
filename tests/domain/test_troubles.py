"""No session can serve: said of those that should, and of nobody else."""

from __future__ import annotations

import pytest

from wppmt.domain.states import State
from wppmt.domain.troubles import TroubleCode, none_connected
from wppmt.store.records import Desired, SessionRecord

NOBODY = "Nenhuma sessão conectada"


def records(*states: State, desired: Desired = Desired.RUNNING) -> list[SessionRecord]:
    return [
        SessionRecord(f"s{number}", 0.0, state=state, desired=desired) for number, state in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ([State.RECONNECTING], NOBODY),
        ([State.ERROR, State.WAITING_SCAN, State.RECONNECTING], f"{NOBODY}, das 3 que deveriam estar"),
    ],
)
def test_how_many_should_be(states: list[State], sentence: str):
    trouble = none_connected(records(*states))
    assert trouble
    assert (trouble.code, trouble.sentence) == (TroubleCode.NONE_CONNECTED, sentence)


@pytest.mark.parametrize("states", [[], [State.CONNECTED], [State.ERROR, State.CONNECTED]])
def test_one_that_serves_is_enough_and_nobody_is_missed_where_none_should(states: list[State]):
    assert none_connected(records(*states)) is None


def test_those_that_were_closed_neither_serve_nor_are_missed():
    closed = records(State.DISCONNECTED, State.DISCONNECTED, desired=Desired.STOPPED)
    assert none_connected(closed) is None
    trouble = none_connected(closed + records(State.ERROR))
    assert trouble
    assert trouble.sentence == NOBODY
