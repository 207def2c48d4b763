"""A browser over its memory budget: exchanged when nobody notices, over the hard limit at once."""

from __future__ import annotations

import pytest

from actors.session.messages import Measured
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from tests.defaults import session_policy
from wppmt.browser.fake.browsers import FakeBrowser
from wppmt.domain.messages import session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"
A = session_address("a")
POLICY = session_policy(memory_mb=300)
FITS, GROWN, HUGE = 300, 301, 601


@pytest.fixture
def gateway(make_gateway: MakeGateway) -> Gateway:
    """Session `a`, connected and idle for a while."""
    gateway = make_gateway(policy=POLICY)
    gateway.connect("a", ME)
    gateway.world.add_phone(FRIEND)
    gateway.run(100)
    return gateway


def weigh(gateway: Gateway, memory_mb: int) -> FakeBrowser:
    """The browser that was weighed."""
    browser = gateway.browser("a")
    gateway.directory.tell(A, Measured(memory_mb))
    gateway.settle()
    return browser


def assert_exchanged(gateway: Gateway, old: FakeBrowser) -> None:
    assert gateway.until("a", State.CONNECTED, 10) < 5
    assert gateway.browser("a") is not old
    assert not old.is_alive
    # What was measured was the old one's.
    assert gateway.status("a").memory_mb is None
    assert gateway.changes("a")[-3:] == ["connected", "reconnecting", "connected"]
    assert gateway.events("a", "connection_change")[-2]["reasonCode"] == "RECYCLED"
    assert (gateway.record("a").failures, gateway.record("a").restarts) == (0, 0)
    assert gateway.events("a", "error") == []


def test_an_idle_browser_over_its_budget_is_exchanged(gateway: Gateway):
    old = weigh(gateway, GROWN)
    assert (gateway.state("a"), gateway.reason("a")) == (State.RECONNECTING, Reason.RECYCLED)
    assert_exchanged(gateway, old)
    [line] = gateway.logged("recycled")
    assert line.details == {"reason": "RECYCLED", "memoryMb": GROWN, "budgetMb": 300}


def test_one_within_its_budget_is_left_alone(gateway: Gateway):
    weigh(gateway, FITS)
    gateway.run(600)
    assert gateway.count_browsers("a") == 1


def test_no_budget_no_exchange(make_gateway: MakeGateway):
    gateway = make_gateway(policy=session_policy(memory_mb=0))
    gateway.connect("a", ME)
    gateway.run(100)
    weigh(gateway, 9999)
    assert gateway.state("a") is State.CONNECTED


@pytest.mark.parametrize("said", ["sent", "received"])
def test_a_talk_is_not_interrupted(gateway: Gateway, said: str):
    if said == "sent":
        gateway.send("a", FRIEND)
    else:
        gateway.browser("a").receive(FRIEND)
        gateway.run(1)
    begin = gateway.time.moment
    weigh(gateway, GROWN)
    gateway.until("a", State.RECONNECTING, 100)
    assert 59 <= gateway.time.moment - begin <= 75


def test_nothing_on_its_way_is_interrupted(gateway: Gateway):
    browser = gateway.browser("a")
    browser.hold_acks()
    sent = gateway.send("a", FRIEND, respond_async=True)
    gateway.run(90)
    weigh(gateway, GROWN)
    gateway.run(30)
    assert gateway.browser("a") is browser
    browser.hold_acks(False)
    gateway.until("a", State.RECONNECTING, 100)
    assert gateway.acks("a", sent.id) == ["sent"]


def test_the_hard_limit_waits_for_nobody_and_loses_nothing(gateway: Gateway):
    browser = gateway.browser("a")
    browser.hold_acks()
    ids = [gateway.send("a", FRIEND, respond_async=True).id for _ in range(3)]
    ids.append(gateway.send("a", FRIEND, respond_async=True, typing_ms=5000).id)
    old = weigh(gateway, HUGE)
    assert_exchanged(gateway, old)
    gateway.run(120)
    assert [gateway.acks("a", one) for one in ids] == [["sent"]] * 4
    assert gateway.inbox(FRIEND) == ids


def test_a_budget_that_is_too_small_does_not_restart_all_the_time(gateway: Gateway):
    for _ in range(30):
        weigh(gateway, HUGE)
        gateway.run(60)
    assert 4 <= gateway.count_browsers("a") <= 7


def test_a_stopped_or_leaving_session_is_not_started_by_its_weight(gateway: Gateway):
    gateway.close("a")
    weigh(gateway, HUGE)
    gateway.run(60)
    assert gateway.state("a") is State.DISCONNECTED
    assert gateway.browsers.living("a") == []
    assert gateway.logged("actor_failed") == []


def test_what_was_over_its_budget_and_is_not_any_more_stays(gateway: Gateway):
    gateway.send("a", FRIEND)
    weigh(gateway, GROWN)
    gateway.run(30)
    weigh(gateway, FITS)
    gateway.run(300)
    assert gateway.count_browsers("a") == 1
