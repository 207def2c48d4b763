"""Before the kernel ends something for want of memory: caches go, sessions hibernate where they may, and none starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.runtime.effects import Tell
from actors.session.messages import MemoryShort
from actors.supervisor.memory_pressure import (
    AGAIN_SECONDS,
    AT_ONCE,
    CALM_SECONDS,
    RELEASE,
    MemoryPressure,
    longest_unused,
)
from actors.supervisor.messages import PressureMeasured
from actors.workers.pressure import LOOK_SECONDS, GiveBack, LookAtPressure, PressureWorker
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.hibernation import HOUR, HibernationPlan
from wppmt.domain.messages import PRESSURE_ACTOR, ROOT_ACTOR, session_address
from wppmt.domain.process import Process
from wppmt.domain.reasons import Reason
from wppmt.domain.sends import SendText
from wppmt.domain.shortages import Resource
from wppmt.store.records import SessionRecord, SessionStatus

MARK = 20.0
ME, FRIEND = "5511999990001", "5511888880001"
BROWSER = Process(1, 1, "page", "devtools")
PERCENTS = st.lists(st.one_of(st.floats(0, 100), st.just(None)), max_size=200)
SESSIONS = ("a", "b", "c", "d", "e")


def told(effects: Sequence[object]) -> list[str]:
    return [one.to for one in effects if isinstance(one, Tell) and isinstance(one.message, MemoryShort)]


# ---- the mind


@given(PERCENTS)
def test_it_begins_at_the_mark_and_ends_after_calm_alone(percents: list[float | None]):
    pressure, calm_since = MemoryPressure(MARK), None
    for number, percent in enumerate(percents):
        was_high, now = pressure.is_high, number * LOOK_SECONDS
        list(pressure.measured(percent, SESSIONS, now))
        is_calm = (percent or 0.0) < RELEASE * MARK
        calm_since = (now if calm_since is None else calm_since) if is_calm else None
        if not was_high:
            assert pressure.is_high is (percent is not None and percent >= MARK)
        elif not pressure.is_high:
            assert calm_since is not None
            assert now - calm_since >= CALM_SECONDS
        assert (pressure.shortage is not None) is pressure.is_high


@given(PERCENTS)
def test_few_are_told_at_once_and_nobody_twice_in_a_while(percents: list[float | None]):
    pressure, last = MemoryPressure(MARK), dict[str, float]()
    for number, percent in enumerate(percents):
        now = 1000 + number * LOOK_SECONDS
        names = told(list(pressure.measured(percent, SESSIONS, now)))
        assert len(names) <= AT_ONCE
        assert not names or pressure.is_high
        for name in names:
            assert now - last.get(name, 0.0) >= AGAIN_SECONDS
            last[name] = now


@given(PERCENTS)
def test_without_a_mark_nothing_is_ever_done(percents: list[float | None]):
    pressure = MemoryPressure(0.0)
    for number, percent in enumerate(percents):
        assert list(pressure.measured(percent, SESSIONS, float(number))) == []


def test_the_longest_unused_are_told_first_and_then_the_others():
    pressure = MemoryPressure(MARK)
    looks = [told(list(pressure.measured(50.0, SESSIONS, 100 + 2.0 * look))) for look in range(4)]
    assert looks == [
        ["session:a", "session:b"],
        ["session:c", "session:d"],
        ["session:e"],
        [],
    ]


@pytest.mark.parametrize(
    ("used", "order"),
    [
        ({"a": 300.0, "b": 100.0, "c": 200.0}, ["b", "c", "a"]),
        ({"c": 100.0, "a": 100.0, "b": 100.0}, ["a", "b", "c"]),
        # Never used is the longest.
        ({"a": 0.5, "c": None, "b": None}, ["b", "c", "a"]),
    ],
)
def test_whose_last_use_is_longest_ago_comes_first(used: dict[str, float | None], order: list[str]):
    known = {name: SessionRecord(name, 0.0, last_activity=at, process=BROWSER) for name, at in used.items()}
    closed = SessionRecord("closed", 0.0, last_activity=None)
    statuses = {name: SessionStatus(record) for name, record in {**known, "closed": closed}.items()}
    assert longest_unused(statuses) == order


def test_the_worker_tells_what_it_measures_and_gives_back_what_the_daemon_has():
    given_back: list[int] = []
    worker = PressureWorker(lambda: 12.5, lambda: given_back.append(1))
    tell, wake = worker.do(LookAtPressure(), 0.0)
    assert tell == Tell(ROOT_ACTOR, PressureMeasured(12.5))
    assert wake.seconds == LOOK_SECONDS  # type: ignore[union-attr]
    assert list(worker.do(GiveBack(), 0.0)) == []
    assert given_back == [1]


# ---- in the whole


@pytest.fixture
def gateway(make_gateway: MakeGateway) -> Gateway:
    made = make_gateway(pressure_percent=MARK)
    made.world.add_phone(FRIEND)
    return made


def press(gateway: Gateway, percent: float, seconds: float = 0.0) -> None:
    """As the worker tells it for so long."""
    end = gateway.time.moment + seconds
    while True:
        gateway.directory.tell(ROOT_ACTOR, PressureMeasured(percent))
        gateway.settle()
        if gateway.time.moment >= end:
            return
        gateway.run(LOOK_SECONDS)


def plan(gateway: Gateway, session_id: str, **more: Any) -> None:
    wish = messages.ConfigureSession(hibernate=HibernationPlan(**{"idle_minutes": 600.0} | more))
    gateway.ask(session_address(session_id), wish)


def test_no_new_session_starts_until_it_is_over(gateway: Gateway):
    gateway.connect("a", ME)
    press(gateway, 35.4)
    [shortage] = gateway.directory.overview().shortages
    assert (shortage.resource, shortage.current, shortage.limit) == (Resource.PRESSURE, 35, 20)
    with pytest.raises(Refusal) as refused:
        gateway.start("b")
    assert refused.value.code is Code.RESOURCE_LIMIT
    assert refused.value.retry_after == 60
    gateway.start("a")
    press(gateway, 1.0, CALM_SECONDS)
    assert gateway.directory.overview().shortages == ()
    gateway.start("b")


def test_sessions_that_may_hibernate_and_caches_that_can_go_make_room(gateway: Gateway):
    for session_id, number in (("a", ME), ("b", "5511999990002"), ("c", "5511999990003")):
        gateway.connect(session_id, number)
    for session_id in "ab":
        plan(gateway, session_id)
    gateway.run(80)
    gateway.send("b", FRIEND)
    press(gateway, 40.0, 6)
    assert not gateway.browsers.living("a"), "nobody uses it"
    assert gateway.browsers.living("b"), "it was used just now"
    assert gateway.browsers.living("c"), "it may not"
    assert gateway.browser("c").caches_dropped == 1
    press(gateway, 40.0, 120)
    assert not gateway.browsers.living("b")
    assert gateway.browsers.living("c")


def test_who_only_looks_what_came_in_waits_and_who_is_needed_does_not(gateway: Gateway):
    gateway.connect("a", ME)
    plan(gateway, "a", idle_minutes=1.0, wake_hours=0.5)
    gateway.run_until(lambda: gateway.record("a").is_hibernating)
    press(gateway, 40.0)
    gateway.run(HOUR)
    assert gateway.record("a").is_hibernating
    reply = gateway.request(session_address("a"), SendText(FRIEND, "oi"))
    assert gateway.run_until(lambda: reply.answers) < 2
    assert reply.value.ack == 1
    gateway.run_until(lambda: gateway.record("a").is_hibernating)
    gateway.run(HOUR)
    press(gateway, 0.0, CALM_SECONDS)
    gateway.run_until(lambda: gateway.reason("a") is Reason.READY, 10)


def test_the_daemon_gives_back_its_own_once(gateway: Gateway):
    press(gateway, 40.0, 20)
    assert len(gateway.logged("memory_pressure")) == 1
    press(gateway, 0.0, CALM_SECONDS)
    assert len(gateway.logged("memory_pressure_over")) == 1
    assert PRESSURE_ACTOR not in gateway.directory._mailboxes
