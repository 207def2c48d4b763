"""At most so many sessions are wanted, whatever is asked in whatever order, and a free place is given."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway, Pending
from tests.actors.scenario import Poison
from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.states import State
from wppmt.store.records import Desired

NAMES = ("a", "b", "c")
Verb = Callable[[Gateway, str], Pending]


def start(gateway: Gateway, name: str) -> Pending:
    return gateway.request(ROOT_ACTOR, messages.StartSession(name))


def restart(gateway: Gateway, name: str) -> Pending:
    return gateway.request(ROOT_ACTOR, messages.RestartSession(name))


def close(gateway: Gateway, name: str) -> Pending:
    return gateway.request(session_address(name), messages.CloseSession())


def log_out(gateway: Gateway, name: str) -> Pending:
    return gateway.request(session_address(name), messages.LogOut())


def purge(gateway: Gateway, name: str) -> Pending:
    return gateway.request(ROOT_ACTOR, messages.PurgeSession(name))


def running(gateway: Gateway) -> list[str]:
    return [record.id for record in gateway.store.sessions() if record.desired is Desired.RUNNING]


VERBS = st.sampled_from((start, start, start, restart, close, log_out, purge))
STEPS = st.tuples(VERBS, st.sampled_from(NAMES), st.integers(0, 12))
"""What is asked, of whom, and how many things happen before the next is asked."""


@pytest.mark.slow
@given(steps=st.lists(STEPS, max_size=30), most=st.integers(1, 2), seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_never_more_sessions_than_allowed_whatever_the_order(
    steps: list[tuple[Verb, str, int]], most: int, seed: int
):
    folder = tempfile.mkdtemp()
    gateway = Gateway(Path(folder), seed=seed, max_sessions=most)
    try:
        for ask, name, pause in steps:
            ask(gateway, name)
            for _ in range(pause):
                gateway.step()
                assert len(running(gateway)) <= most
        gateway.settle()
        assert len(running(gateway)) <= most
        # Whoever was refused, or stopped again, holds no place.
        gateway.run(150)
        free = most - len(running(gateway))
        for name in [name for name in NAMES if name not in running(gateway)][:free]:
            gateway.start(name)
    finally:
        gateway.store.close()
        shutil.rmtree(folder)


def test_a_closed_session_that_is_refused_twice_stays_closed(make_gateway: MakeGateway):
    gateway = make_gateway(max_sessions=1)
    gateway.start("a")
    gateway.close("a")
    gateway.start("b")
    for _ in range(3):
        with pytest.raises(Refusal) as refused:
            gateway.start("a")
        assert refused.value.code is Code.RESOURCE_LIMIT
    assert running(gateway) == ["b"]


def test_the_place_of_a_closed_session_is_free_at_once(make_gateway: MakeGateway):
    gateway = make_gateway(max_sessions=1)
    gateway.start("a")
    gateway.start("a")
    gateway.close("a")
    assert gateway.start("b").created


def test_a_start_behind_a_close_keeps_its_place(make_gateway: MakeGateway):
    gateway = make_gateway(max_sessions=1)
    gateway.start("a")
    close(gateway, "a")
    asked = [start(gateway, "a"), start(gateway, "b")]
    gateway.settle()
    with suppress(Refusal):
        assert not asked[0].value.created
    assert len(running(gateway)) == 1


def test_the_place_of_a_start_that_was_lost_with_its_actor_is_free(make_gateway: MakeGateway):
    gateway = make_gateway(max_sessions=1)
    gateway.start("a")
    gateway.close("a")
    gateway.directory.tell(session_address("a"), Poison())
    gateway.settle()
    lost = start(gateway, "a")
    gateway.settle()
    with pytest.raises(Refusal):
        _ = lost.value
    gateway.run_until(lambda: gateway.logged("actor_replaced"), 10)
    gateway.settle()
    assert gateway.start("b").created


def test_a_stopped_session_whose_actor_died_is_none_that_crashed(make_gateway: MakeGateway):
    """And takes no place from whoever comes after it."""
    gateway = make_gateway(max_sessions=1)
    for name, phone in (("a", "5511900000001"), ("b", "5511900000002")):
        gateway.connect(name, phone)
        gateway.close(name)
        gateway.run(5)
    gateway.start("b")
    gateway.until("b", State.CONNECTED)
    gateway.directory.tell(session_address("a"), Poison())
    gateway.settle()
    gateway.browser("b").set_facts(mode="TOS_BLOCK")
    gateway.until("b", State.ERROR)
    assert gateway.ask(ROOT_ACTOR, messages.RestartCrashed()) == messages.CrashedRestarted(("b",))
    gateway.until("b", State.CONNECTED)
    gateway.close("b")
    gateway.run(5)
    gateway.start("a")
    gateway.until("a", State.CONNECTED)
