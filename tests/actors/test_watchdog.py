"""A session that looks connected and gets no acknowledgement: doubted, mended by steps, told."""

from __future__ import annotations

from itertools import count

import pytest

from tests.actors.gateway import Gateway
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"


@pytest.fixture
def quiet(gateway: Gateway) -> Gateway:
    """Connected, and WhatsApp's server acknowledges nothing."""
    gateway.connect("a", ME).hold_acks()
    gateway.world.add_phone(FRIEND)
    return gateway


def send(gateway: Gateway, times: int = 3) -> list[str]:
    return [gateway.send("a", FRIEND, respond_async=True).id for _ in range(times)]


def run_unacknowledged(gateway: Gateway, seconds: float) -> None:
    """So long no page, not even a new one, gets an acknowledgement."""
    end = gateway.time.moment + seconds
    while gateway.time.moment < end:
        gateway.browser("a").page.traffic.acks_held = True
        gateway.step()


def doubts(gateway: Gateway) -> list[tuple[float, object]]:
    return [(line.at, line.details["attempt"]) for line in gateway.logged("acks_missing")]


def test_three_unacknowledged_sends_bring_a_reload_and_no_double(quiet: Gateway):
    quiet.run(20)
    begin = quiet.time.moment
    ids = send(quiet)
    browser = quiet.browser("a")
    page = browser.page.name
    assert quiet.until("a", State.RECONNECTING) == pytest.approx(60, abs=1)
    assert (quiet.reason("a"), quiet.status("a").record.failures) == (Reason.ACKS_MISSING, 0)
    quiet.until("a", State.CONNECTED, 5)
    assert (quiet.browser("a"), browser.page.name == page) == (browser, False)
    quiet.run(5)
    assert [quiet.acks("a", one) for one in ids] == [["sent"]] * 3
    assert quiet.inbox(FRIEND) == ids
    quiet.run(300)
    assert [(at - begin < 62, attempt) for at, attempt in doubts(quiet)] == [(True, 1)]


@pytest.mark.parametrize("times", [1, 2])
def test_fewer_are_those_messages_own_trouble(quiet: Gateway, times: int):
    send(quiet, times)
    quiet.run(400)
    assert doubts(quiet) == []


def test_one_acknowledgement_since_then_is_proof_enough(quiet: Gateway):
    send(quiet)
    quiet.run(50)
    browser = quiet.browser("a")
    stuck = {message["id"] for message in quiet.world.inboxes[FRIEND]}
    browser.page.traffic.acks_held = False
    last = quiet.send("a", FRIEND)
    assert (last.ack, last.id in stuck) == (1, False)
    browser.page.traffic.acks_held = True
    quiet.run(400)
    assert doubts(quiet) == []


def test_after_a_useless_reload_come_a_restart_and_then_one_error(quiet: Gateway):
    ids = send(quiet)
    first = quiet.browser("a")
    run_unacknowledged(quiet, 280)
    assert [attempt for _, attempt in doubts(quiet)] == [1, 2, 3]
    assert quiet.count_browsers("a") == 2
    assert quiet.browser("a") is not first
    assert (quiet.state("a"), quiet.reason("a")) == (State.ERROR, Reason.ACKS_MISSING)
    assert [event["code"] for event in quiet.events("a", "error")] == ["ACKS_MISSING"]
    run_unacknowledged(quiet, 10)
    assert quiet.state("a") is State.ERROR
    quiet.browser("a").hold_acks(False)
    quiet.run(15)
    assert quiet.state("a") is State.CONNECTED
    assert quiet.inbox(FRIEND) == ids
    assert [quiet.acks("a", one)[-1] for one in ids] == ["sent"] * 3


def test_what_nothing_mends_is_tried_again_after_a_while(quiet: Gateway):
    send(quiet)
    run_unacknowledged(quiet, 280)
    assert quiet.state("a") is State.ERROR
    run_unacknowledged(quiet, 620)
    assert quiet.state("a") is State.CONNECTED
    send(quiet)
    run_unacknowledged(quiet, 100)
    assert quiet.state("a") is State.ERROR
    assert quiet.count_browsers("a") == 2


def test_a_page_that_does_not_answer_either_is_hung(quiet: Gateway):
    send(quiet)
    quiet.run(45)
    quiet.browser("a").hang()
    quiet.until("a", State.RECONNECTING, 40)
    assert quiet.reason("a") is Reason.BROWSER_HUNG


def test_a_reload_that_never_happens_is_a_restart(quiet: Gateway):
    send(quiet)
    browser = quiet.browser("a")
    browser.page.reload = lambda: None  # type: ignore[method-assign]
    quiet.until("a", State.RECONNECTING, 70)
    quiet.run_until(lambda: quiet.count_browsers("a") == 2, 100)
    quiet.until("a", State.CONNECTED, 40)


def test_a_phone_that_is_away_is_not_doubted(quiet: Gateway):
    send(quiet)
    quiet.browser("a").phone_offline()
    quiet.run(250)
    assert quiet.state("a") is State.PHONE_DISCONNECTED
    assert doubts(quiet) == []


def test_steady_traffic_with_a_slow_server_is_not_doubted(quiet: Gateway):
    """Acknowledgements come late, but come."""
    quiet.browser("a").hold_acks(False)
    quiet.browsers.times = type(quiet.browsers.times)(server=50.0)
    quiet.restart("a")
    quiet.settle()
    quiet.until("a", State.CONNECTED, 10)
    for number in count():
        if number == 20:
            break
        send(quiet, 1)
        quiet.run(10)
    assert doubts(quiet) == []
