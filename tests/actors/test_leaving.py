"""A session prepares to leave for another instance, and is given away by one commit, or stays as it was."""

from __future__ import annotations

import pytest

from tests.actors.gateway import DOWN, HANGS, OK, TIMEOUT_SECONDS, Gateway
from wppmt.domain import sends
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, WEBHOOK_ACTOR, session_address
from wppmt.domain.move_messages import (
    ArePaused,
    GiveAway,
    PauseWebhooks,
    PrepareToLeave,
    ResumeWebhooks,
    Stay,
    TakeUp,
)
from wppmt.domain.states import State
from wppmt.store.move_records import Departure, DepartureState
from wppmt.store.records import SendState

ME, FRIEND = "5511999990001", "5511888880001"
A = session_address("a")
OTHER = "https://other.test"


@pytest.fixture
def departure(gateway: Gateway) -> Departure:
    gateway.connect("a", ME)
    gateway.world.add_phone(FRIEND)
    found = Departure("a", DepartureState.LEAVING, OTHER, "ab" * 32, gateway.time.moment)
    with gateway.store.transaction() as transaction:
        transaction.save_departure(found)
    return found


def prepare(gateway: Gateway, departure: Departure) -> int:
    """The sequence of its newest event then."""
    gateway.ask(A, PrepareToLeave(departure))
    return gateway.store.last_sequence("a")


def refused(gateway: Gateway, message: object, address: str = A) -> Code:
    with pytest.raises(Refusal) as refusal:
        gateway.ask(address, message)
    return refusal.value.code


def test_prepared_it_has_no_browser_and_takes_nothing(gateway: Gateway, departure: Departure):
    changes = gateway.changes("a")
    prepare(gateway, departure)
    assert not gateway.browsers.living("a")
    with pytest.raises(Refusal) as refusal:
        gateway.send("a", FRIEND)
    assert refusal.value.code is Code.MOVING
    gateway.restart("a")
    gateway.run(60)
    assert not gateway.browsers.living("a")
    assert gateway.changes("a") == changes
    assert gateway.has_profile("a")


def test_given_away_nothing_of_it_is_here_and_no_browser_ever_starts(gateway: Gateway, departure: Departure):
    sequence = prepare(gateway, departure)
    gateway.ask(A, GiveAway(departure, sequence))
    gateway.settle()
    assert gateway.store.session("a") is None
    assert gateway.state("a") is None
    assert [one.state for one in gateway.store.departures()] == [DepartureState.GONE]
    [entry] = [one for one in gateway.store.audit_entries_after(0, 100) if one.action == "session.move_away"]
    assert (entry.session_id, entry.target) == ("a", OTHER)
    opened = gateway.count_browsers("a")
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(60)
    assert gateway.count_browsers("a") == opened
    assert gateway.store.session("a") is None


def test_it_stays_as_it_was(gateway: Gateway, departure: Departure):
    sequence = prepare(gateway, departure)
    gateway.ask(A, Stay())
    gateway.until("a", State.CONNECTED)
    assert gateway.send("a", FRIEND).ack == 1
    assert refused(gateway, GiveAway(departure, sequence)) is Code.SESSION_BUSY


def test_killed_while_it_is_prepared_it_goes_on_here(gateway: Gateway, departure: Departure):
    prepare(gateway, departure)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run_until(lambda: gateway.browsers.living("a"))
    gateway.run(30)
    assert gateway.send("a", FRIEND).ack == 1


def test_it_prepares_for_one_departure_at_a_time(gateway: Gateway, departure: Departure):
    prepare(gateway, departure)
    with pytest.raises(Refusal) as refusal:
        prepare(gateway, departure)
    assert (refusal.value.code, refusal.value.retry_after) == (Code.SESSION_BUSY, 5)


def test_what_is_decided_to_stay_is_not_given_away(gateway: Gateway, departure: Departure):
    """Whichever commit is first decides: that it stays, or that it goes."""
    sequence = prepare(gateway, departure)
    with gateway.store.transaction() as transaction:
        assert transaction.step_departure(departure, DepartureState.STAYED, 1.0)
    assert refused(gateway, GiveAway(departure, sequence)) is Code.SESSION_BUSY
    assert gateway.store.session("a") is not None


def test_an_actor_that_has_taken_over_gives_nothing_away(gateway: Gateway, departure: Departure):
    sequence = prepare(gateway, departure)
    gateway.directory.tell(A, object())
    gateway.until("a", State.CONNECTED)
    assert refused(gateway, GiveAway(departure, sequence)) is Code.SESSION_BUSY
    assert gateway.store.session("a") is not None


def test_more_has_happened_than_the_other_has(gateway: Gateway, departure: Departure):
    sequence = prepare(gateway, departure)
    assert refused(gateway, GiveAway(departure, sequence - 1)) is Code.SESSION_BUSY


def test_nobody_decides_and_after_a_while_it_stays(gateway: Gateway, departure: Departure):
    prepare(gateway, departure)
    gateway.run(590)
    assert not gateway.browsers.living("a")
    gateway.run(30)
    gateway.until("a", State.CONNECTED)


def test_what_is_on_its_way_out_goes_along(gateway: Gateway, departure: Departure):
    """Whoever waits is told `pending`; what was not handed over is not dropped."""
    gateway.browser("a").hold_acks()
    waiting = [gateway.request(A, sends.SendText(FRIEND, f"{number}")) for number in range(3)]
    sequence = prepare(gateway, departure)
    assert [reply.value.ack for reply in waiting] == [0, 0, 0]
    unfinished = gateway.store.unfinished("a")
    assert {entry.state for entry in unfinished} <= {SendState.ACCEPTED, SendState.HANDED}
    assert len(unfinished) == 3
    assert gateway.store.last_sequence("a") == sequence


def test_webhooks_rest_and_go_on(gateway: Gateway, departure: Departure):
    gateway.receive = lambda post: DOWN
    gateway.browsers.send_from_phone(FRIEND, ME, "oi")
    gateway.run_until(lambda: any(post.name == "message_received" for post in gateway.posts))
    gateway.ask(WEBHOOK_ACTOR, PauseWebhooks("a"))
    assert gateway.ask(WEBHOOK_ACTOR, ArePaused("a")) is True
    gateway.receive = lambda post: OK
    before = len(gateway.posts)
    gateway.run(400)
    assert len(gateway.posts) == before
    gateway.ask(WEBHOOK_ACTOR, ResumeWebhooks("a"))
    gateway.run(0.5)
    assert [post.attempt for post in gateway.posts if post.name == "message_received"][-1] > 1
    assert gateway.ask(WEBHOOK_ACTOR, ArePaused("a")) is False


def test_each_whose_webhooks_rest_is_told_once_when_its_last_attempt_has_ended(
    gateway: Gateway, departure: Departure
):
    gateway.receive = lambda post: HANGS
    gateway.browsers.send_from_phone(FRIEND, ME, "oi")
    gateway.run(5)
    replies = [gateway.request(WEBHOOK_ACTOR, PauseWebhooks(session_id)) for session_id in ("a", "b")]
    for answers in ([0, 1], [1, 1]):
        gateway.settle()
        assert [len(reply.answers) for reply in replies] == answers
        gateway.run(TIMEOUT_SECONDS)


def test_taken_up_elsewhere_its_webhooks_and_events_go_on_without_a_gap(
    gateway: Gateway, departure: Departure
):
    """The same store stands for the other instance's."""
    prepare(gateway, departure)
    rows = gateway.record("a")
    gateway.kill_daemon()
    gateway.boot()
    gateway.ask(ROOT_ACTOR, TakeUp("a"))
    gateway.until("a", State.CONNECTED)
    sequences = [row["sequence"] for row in gateway.events("a")]
    assert sequences == list(range(1, len(sequences) + 1))
    assert rows.has_login


def test_a_stopped_one_goes_too(gateway: Gateway, departure: Departure):
    gateway.close("a")
    sequence = prepare(gateway, departure)
    gateway.ask(A, GiveAway(departure, sequence))
    gateway.settle()
    assert gateway.store.session("a") is None


@pytest.mark.parametrize("seconds", [0.0, 1.0, 40.0])
def test_one_whose_browser_does_not_come_up_goes_too(gateway: Gateway, departure: Departure, seconds: float):
    gateway.browsers.refuse_start("a", "CHROME_MISSING", times=1000)
    gateway.browser("a").crash()
    gateway.run(seconds)
    sequence = prepare(gateway, departure)
    gateway.ask(A, GiveAway(departure, sequence))
    gateway.settle()
    assert gateway.store.session("a") is None
