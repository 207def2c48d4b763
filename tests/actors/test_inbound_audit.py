"""What the page holds and told nobody is in the log in the end: once, marked as late, counted, whatever dies meanwhile."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.session.inbound_audit import AT_ONCE, CATCH_UP_SECONDS
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from tests.defaults import session_policy
from wppmt.browser.fake.browsers import FakeBrowser
from wppmt.domain.messages import ROOT_ACTOR, Describe
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"
INTERVAL = session_policy().audit_seconds


def hide(browser: FakeBrowser) -> str:
    """A message that lies in the page's chats, and of which the page itself knows nothing better."""
    message_id = browser.receive(FRIEND, unheard=True)
    browser.page.traffic.unheard.clear()
    return message_id


def late(gateway: Gateway) -> list[str]:
    events = gateway.events("a", "message_received")
    return [event["message"]["id"] for event in events if event.get("backfilled")]


def counts(gateway: Gateway) -> tuple[int, int]:
    record = gateway.record("a")
    return record.inbound_missed, record.missed_in_a_row


def test_what_no_event_told_of_is_told_at_the_next_audit(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(20)
    hidden, heard = hide(browser), browser.receive(FRIEND)
    gateway.run(INTERVAL / 2)
    assert gateway.received("a") == [heard]
    gateway.run(INTERVAL / 2)
    assert gateway.received("a") == [heard, hidden]
    assert late(gateway) == [hidden]
    assert counts(gateway) == (1, 1)
    gateway.run(INTERVAL)
    assert len(gateway.received("a")) == 2
    assert counts(gateway) == (1, 0)


def test_a_page_that_knows_of_it_need_not_wait(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(20)
    browser.receive(FRIEND, unheard=True)
    gateway.run(70)
    assert len(late(gateway)) == 1


def test_what_is_missed_again_and_again_is_counted_and_the_page_that_tells_others_is_not_deaf(
    gateway: Gateway,
):
    browser = gateway.connect("a", ME)
    gateway.run(20)
    hidden = []
    for _ in range(4):
        hidden.append(hide(browser))
        browser.receive(FRIEND)
        gateway.run(INTERVAL)
    assert late(gateway) == hidden
    assert counts(gateway) == (4, 4)
    assert gateway.state("a") is State.CONNECTED


def test_a_page_that_loads_anew_unheard_is_audited_at_once(gateway: Gateway):
    """What the life before told is lost with it, and nothing shows that there was another one."""
    browser = gateway.connect("a", ME)
    gateway.run(20)
    browser.go_silent()
    lost = [browser.receive(FRIEND) for _ in range(3)]
    browser.reload()
    gateway.run(1)
    browser.go_silent(False)
    gateway.run(30)
    assert gateway.state("a") is State.CONNECTED
    assert gateway.received("a") == lost


def test_every_connection_is_audited_when_whatsapp_has_delivered_what_was_missed(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(20)
    browser.network_lost()
    gateway.run(5)
    hidden = hide(browser)
    browser.network_back()
    browser.set_facts(caught_up=False)
    gateway.run(CATCH_UP_SECONDS / 2)
    assert gateway.received("a") == []
    browser.set_facts(caught_up=True)
    gateway.run(5)
    assert late(gateway) == [hidden]
    # A page that was away says nothing of how it hears.
    assert counts(gateway) == (1, 0)


def test_an_end_that_is_never_told_is_waited_for_no_longer(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(20)
    browser.network_lost()
    gateway.run(5)
    hidden = hide(browser)
    browser.network_back()
    browser.set_facts(caught_up=False)
    gateway.run(CATCH_UP_SECONDS + 10)
    assert late(gateway) == [hidden]


def test_an_event_that_is_on_its_way_was_not_missed(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run_until(lambda: gateway.record("a").heard_until > 0)
    gateway.run(INTERVAL - 4)
    browser.go_silent(True)
    told = browser.receive(FRIEND)
    gateway.run(6)
    browser.go_silent(False)
    gateway.run(30)
    assert gateway.received("a") == [told]
    assert (late(gateway), counts(gateway)) == ([], (0, 0))


@pytest.mark.slow
def test_many_are_told_in_parts(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(20)
    hidden = []
    for _ in range(AT_ONCE // 100 * 5):
        hidden += [hide(browser) for _ in range(50)]
        gateway.run(1)
    gateway.run(INTERVAL + 10)
    assert sorted(late(gateway)) == sorted(hidden)
    assert counts(gateway)[0] == len(hidden)


@pytest.mark.slow
def test_more_than_are_asked_for_in_one_second_are_no_endless_story(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(20)
    hidden = [hide(browser) for _ in range(AT_ONCE + 20)]
    gateway.run(INTERVAL + 10)
    assert sorted(late(gateway)) == sorted(hidden)
    asked = [function for function, _ in browser.calls if function == "messages_after"]
    assert len(asked) <= 4


def test_messages_from_before_the_link_are_history(gateway: Gateway):
    browser = gateway.connect("a", ME)
    told = browser.receive(FRIEND)
    gateway.run(1)
    received = gateway.world.profiles["a"].received
    linked_at = int(gateway.record("a").linked_at)
    received.append({**received[-1], "id": "3A00", "timestamp": linked_at - 30})
    received.append({**received[-1], "id": "3A01", "timestamp": linked_at + 1})
    gateway.run(2 * INTERVAL)
    assert gateway.received("a") == [told, "3A01"]


@pytest.mark.parametrize("steps", range(0, 40, 4))
def test_the_mark_outlives_the_daemon_wherever_it_dies(make_gateway: MakeGateway, steps: int):
    gateway = make_gateway(seed=steps)
    browser = gateway.connect("a", ME)
    gateway.run(20)
    hidden = [hide(browser) for _ in range(3)]
    gateway.run_until(lambda: any(function == "messages_after" for function, _ in browser.calls[-2:]), 700)
    for _ in range(steps):
        gateway.step()
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(INTERVAL + 60)
    assert sorted(late(gateway)) == sorted(hidden)
    assert counts(gateway)[0] == len(hidden)


# ---- whatever happens


ACTS = st.sampled_from(
    ["hear", "hide", "hide", "network", "crash", "reload", "kill -9", "stop", "wait", "long wait"]
)


@contextmanager
def new_gateway(seed: int) -> Iterator[Gateway]:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        gateway = Gateway(Path(folder), seed)
        try:
            yield gateway
        finally:
            gateway.store.close()


def act(gateway: Gateway, what: str) -> None:
    browser = gateway.browser("a")
    match what:
        case "network":
            browser.network_lost()
            gateway.run(gateway.random.uniform(0, 20))
            browser.network_back()
        case "crash":
            browser.crash()
        case "reload":
            browser.reload()
        case "kill -9":
            gateway.kill_daemon()
            gateway.boot()
            # As the daemon: nobody can ask before the boot is answered.
            gateway.ask(ROOT_ACTOR, Describe())
        case "stop":
            gateway.close("a")
            gateway.run(gateway.random.uniform(0, 400))
            gateway.start("a")
        case "wait":
            gateway.run(gateway.random.uniform(0, 30))
        case _:
            gateway.run(gateway.random.uniform(0, 2 * INTERVAL))


@pytest.mark.slow
@pytest.mark.timeout(120)
@settings(max_examples=20, deadline=None)
@given(st.lists(ACTS, min_size=4, max_size=25), st.integers(0, 1000))
def test_each_hidden_message_is_told_exactly_once(acts: list[str], seed: int):
    """And each that was heard, and the number of those that came late is the number that is counted."""
    with new_gateway(seed) as gateway:
        gateway.connect("a", ME)
        written = []
        for what in acts:
            if what in {"hear", "hide"}:
                message_id = gateway.browsers.send_from_phone(FRIEND, ME, "oi", unheard=what == "hide")
                gateway.browser("a").page.traffic.unheard.clear()
                written.append(message_id)
            else:
                act(gateway, what)
            for _ in range(gateway.random.randrange(10)):
                gateway.step()
        gateway.run(2 * INTERVAL)
        assert sorted(gateway.received("a")) == sorted(written)
        assert gateway.record("a").inbound_missed == len(late(gateway))
