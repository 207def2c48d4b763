"""Root: one path for the dead and the hung, bystanders untouched, few browsers starting at once."""

from __future__ import annotations

import pytest

from actors.runtime.browser_effects import EndLeftovers
from actors.runtime.effects import AbandonSession, SpawnSession
from actors.session.messages import Restart, SlotFreed, SlotWanted
from actors.supervisor.children import HUNG_PINGS
from actors.supervisor.root import WATCH_SECONDS
from actors.supervisor.start_slots import SLOT_SECONDS, StartSlots
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from wppmt.browser.port import ChannelClosed
from wppmt.domain import messages, sends
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, WEBHOOK_ACTOR, session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"
A = session_address("a")
NOTICED = WATCH_SECONDS * (HUNG_PINGS + 1)


class Poison:
    """A message that no actor knows."""


@pytest.fixture
def pair(gateway: Gateway) -> Gateway:
    """Sessions `a` and `b`, connected."""
    gateway.connect("a", ME)
    gateway.connect("b", FRIEND)
    gateway.run(70)
    return gateway


def browser_processes(gateway: Gateway) -> list[tuple[int, ...]]:
    return [tuple(browser.pid for browser in gateway.browsers.living(name)) for name in "ab"]


def test_an_actor_that_fails_is_replaced_and_its_neighbour_untouched(pair: Gateway):
    old, neighbour = browser_processes(pair)
    pair.directory.tell(A, Poison())
    pair.run(WATCH_SECONDS + 1)
    pair.until("a", State.CONNECTED, 10)
    assert pair.changes("a")[-2:] == ["reconnecting", "connected"]
    assert pair.events("a", "connection_change")[-2]["reasonCode"] == "ACTOR_FAILED"
    new, still = browser_processes(pair)
    assert len(new) == 1
    assert new != old
    assert still == neighbour
    assert pair.record("b").restarts == 0
    [failure] = pair.logged("actor_failed")
    assert failure.details["error"] == "TypeError"


@pytest.mark.parametrize("seed", range(3))
def test_an_actor_that_hangs_is_replaced_by_the_same_path(make_gateway: MakeGateway, seed: int):
    gateway = make_gateway(seed=seed)
    gateway.connect("a", ME)
    gateway.connect("b", FRIEND)
    old, neighbour = browser_processes(gateway)
    hung = gateway.mailbox(A)
    hung.stall()
    gateway.run(NOTICED)
    gateway.until("a", State.CONNECTED, 40)
    assert gateway.events("a", "connection_change")[-2]["reasonCode"] == "ACTOR_HUNG"
    told = len(gateway.events("a"))
    record = gateway.record("a")
    hung.resume()
    gateway.run(120)
    new, still = browser_processes(gateway)
    assert len(new) == 1
    assert new != old
    assert still == neighbour
    assert len(gateway.events("a")) == told
    assert gateway.record("a").generation == record.generation


@pytest.mark.parametrize("seed", range(3))
def test_an_actor_that_wakes_up_in_the_middle_of_its_turn_changes_nothing(
    make_gateway: MakeGateway, seed: int
):
    gateway = make_gateway(seed=seed)
    gateway.connect("a", ME)
    gateway.connect("b", FRIEND)
    old = gateway.mailbox(A)
    gateway.hang_in_turn(A, 120)
    reply = gateway.request(A, sends.SendText(FRIEND, "oi"))
    gateway.run(1)
    assert gateway.record("a").process == gateway.browser("a").process
    assert gateway.store.unfinished("a") == []
    with pytest.raises(Refusal) as refused:
        _ = reply.value
    assert refused.value.code is Code.SESSION_BUSY
    assert gateway.state("a") is State.CONNECTED
    assert gateway.mailbox(A) is not old
    assert gateway.browsers.living("a") == [gateway.browser("a")]
    gateway.run(120)
    assert gateway.inbox(FRIEND) == []
    assert not gateway.logged("actor_failed")


def test_a_slow_end_of_leftovers_leaves_the_next_browser_alone(pair: Gateway):
    browser = pair.browser("a")
    pair.runtime.perform(pair.mailbox(A).cell, EndLeftovers("a", pair.record("a").generation - 1))
    pair.run(5)
    assert pair.browsers.living("a") == [browser]


def test_a_new_actor_answers_nobody_before_it_knows_what_it_takes_up(pair: Gateway):
    root = pair.mailbox(ROOT_ACTOR).cell
    pair.runtime.perform(root, AbandonSession("a"))
    pair.runtime.perform(root, SpawnSession("a"))
    with pytest.raises(Refusal) as refused:
        pair.send("a", FRIEND)
    assert refused.value.code is Code.SESSION_BUSY
    assert pair.store.unfinished("a") == []


def test_whoever_asks_a_hung_actor_hears_that_nothing_was_done(pair: Gateway):
    hung = pair.mailbox(A)
    hung.stall()
    reply = pair.request(A, sends.SendText(FRIEND, "oi"))
    pair.run(NOTICED)
    hung.resume()
    pair.settle()
    with pytest.raises(Refusal) as refused:
        _ = reply.value
    assert refused.value.code is Code.SESSION_BUSY
    assert pair.inbox(FRIEND) == []


def test_whoever_asks_a_dead_actor_hears_it_at_once(pair: Gateway):
    pair.directory.tell(A, Poison())
    pair.settle()
    for address, message in ((ROOT_ACTOR, messages.StartSession("a")), (A, messages.CloseSession())):
        reply = pair.request(address, message)
        pair.settle()
        with pytest.raises(Refusal) as refused:
            _ = reply.value
        assert refused.value.code is Code.SESSION_BUSY


def test_a_dead_actors_browser_does_not_speak_to_the_next_actor(pair: Gateway):
    pair.browser("a").crash()
    pair.run(5)
    notify = pair.browser("a")._notify
    pair.directory.tell(A, Poison())
    pair.run_until(lambda: pair.reason("a") is Reason.ACTOR_FAILED)
    failures = pair.record("a").failures
    notify(ChannelClosed())
    pair.settle()
    assert pair.record("a").failures == failures


def test_alarms_of_a_dead_actor_wake_nobody(pair: Gateway):
    pair.browsers.refuse_start("a", "BROWSER_CRASHED", times=1)
    pair.browser("a").crash()
    pair.run_until(lambda: pair.record("a").failures == 2)
    pair.directory.tell(A, Poison())
    pair.settle()
    pair.run(WATCH_SECONDS + 1)
    pair.run(120)
    assert pair.state("a") is State.CONNECTED
    assert len(pair.browsers.living("a")) == 1
    assert not [line for line in pair.logged("actor_failed") if line.details["handling"] != "Poison"]


def test_an_actor_that_fails_again_and_again_is_always_replaced(pair: Gateway):
    for _ in range(15):
        pair.directory.tell(A, Poison())
        pair.run(WATCH_SECONDS + 1)
    pair.run(120)
    assert pair.state("a") is State.CONNECTED
    assert len(pair.events("a", "error")) == 1


def test_a_stopped_session_whose_actor_fails_stays_stopped(pair: Gateway):
    pair.close("a")
    pair.directory.tell(A, Poison())
    pair.run(60)
    assert pair.state("a") is State.DISCONNECTED
    assert pair.browsers.living("a") == []
    pair.start("a")
    pair.until("a", State.CONNECTED)


def test_a_restart_works_for_a_hung_and_for_a_dead_actor(pair: Gateway):
    pair.mailbox(A).stall()
    pair.run(NOTICED - 1)
    pair.restart("a")
    pair.run(60)
    assert pair.state("a") is State.CONNECTED
    pair.directory.tell(A, Poison())
    pair.settle()
    pair.restart("a")
    pair.settle()
    pair.until("a", State.CONNECTED, 10)
    assert pair.record("a").failures == 0


def test_root_describes_itself_first(pair: Gateway):
    root, *others = pair.ask(ROOT_ACTOR, messages.Describe()).actors
    assert root == {"actor": "root", "children": 2}
    assert all(other["actor"] != "root" for other in others)


def test_what_a_replaced_actor_wanted_is_not_taken_for_what_its_successor_wants(pair: Gateway):
    pair.directory.tell(ROOT_ACTOR, messages.MayRunBrowsers(may=False))
    pair.run(5)
    root = pair.mailbox(ROOT_ACTOR)
    root.stall()
    for _ in range(3):
        pair.directory.tell(A, Restart())
        pair.settle()
    *_, late = (message for message in root.mail if isinstance(message, SlotWanted))
    root.resume()
    pair.directory.tell(A, Poison())
    pair.run(2 * WATCH_SECONDS)
    # It was on its way while Root replaced who had sent it.
    pair.directory.tell(ROOT_ACTOR, late)
    pair.directory.tell(ROOT_ACTOR, SlotFreed(late.session_id, late.generation))
    pair.settle()
    pair.directory.tell(ROOT_ACTOR, messages.MayRunBrowsers(may=True))
    pair.until("a", State.CONNECTED, 20)


def test_all_crashed_ones_can_be_restarted_at_once(pair: Gateway):
    pair.browser("a").set_facts(mode="TOS_BLOCK")
    pair.until("a", State.ERROR)
    assert pair.ask(ROOT_ACTOR, messages.RestartCrashed(frozenset("b"))) == messages.CrashedRestarted(())
    assert pair.ask(ROOT_ACTOR, messages.RestartCrashed()) == messages.CrashedRestarted(("a",))
    pair.settle()
    pair.until("a", State.CONNECTED)
    assert pair.ask(ROOT_ACTOR, messages.RestartCrashed()) == messages.CrashedRestarted(())
    assert pair.count_browsers("b") == 1


@pytest.mark.parametrize("trouble", ["dead", "hung"])
def test_a_webhook_actor_in_trouble_is_replaced_and_nothing_is_lost(pair: Gateway, trouble: str):
    if trouble == "dead":
        pair.directory.tell(WEBHOOK_ACTOR, Poison())
    else:
        pair.mailbox(WEBHOOK_ACTOR).stall()
    message_id = pair.browser("a").receive(FRIEND)
    pair.run(NOTICED + 5)
    delivered = [post.fields["message"]["id"] for post in pair.posts if post.name == "message_received"]
    assert delivered == [message_id]


def test_the_tree_can_be_looked_at(pair: Gateway):
    pair.mailbox(A).stall()

    def rows(state: str) -> set[str]:
        return {row["actor"] for row in pair.ask(ROOT_ACTOR, messages.Describe()).actors if row.get(state)}

    while not rows("hung"):
        pair.run(1)
    assert rows("hung") == {A}
    assert rows("alive") == {WEBHOOK_ACTOR, A, session_address("b")}


@pytest.mark.parametrize("places", [1, 2, 3])
def test_only_so_many_browsers_start_at_once(make_gateway: MakeGateway, places: int):
    gateway = make_gateway(starts_at_once=places)
    names = [f"s{index}" for index in range(7)]
    for name in names:
        gateway.hang_start(name)
        gateway.request(ROOT_ACTOR, messages.StartSession(name))
    gateway.run(30)
    assert sum(gateway.count_browsers(name) for name in names) == places


def test_a_start_that_hangs_gives_its_place_back(make_gateway: MakeGateway):
    gateway = make_gateway(starts_at_once=1)
    gateway.hang_start("a")
    gateway.start("a")
    gateway.run_until(lambda: gateway.browsers.opened.get("a"))
    gateway.start("b")
    gateway.run(SLOT_SECONDS - 1)
    assert gateway.state("b") is State.INITIALIZING
    gateway.until("b", State.WAITING_SCAN, 2 * WATCH_SECONDS)


def test_a_place_given_back_late_does_not_take_the_next_ones_wish():
    places = StartSlots(1)
    places.want(SlotWanted("a", 1))
    assert list(places.grant(0.0)) == [SlotWanted("a", 1)]
    places.want(SlotWanted("a", 2))
    places.free("a", 1)
    assert list(places.grant(0.0)) == [SlotWanted("a", 2)]
    places.want(SlotWanted("b", 1))
    places.free("a", 1)
    assert list(places.grant(0.0)) == []
    places.free("a", 2)
    assert list(places.grant(0.0)) == [SlotWanted("b", 1)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_a_start_right_behind_a_close_finds_its_place(make_gateway: MakeGateway, seed: int):
    """The grant of the first wish may arrive when the second one has been sent."""
    gateway = make_gateway(seed=seed, starts_at_once=1)
    gateway.connect("a", ME)
    gateway.close("a")
    for _ in range(5):
        gateway.request(ROOT_ACTOR, messages.StartSession("a"))
        for _ in range(gateway.random.randrange(12)):
            gateway.step()
        gateway.request(A, messages.CloseSession())
        gateway.request(ROOT_ACTOR, messages.RestartSession("a"))
    gateway.request(ROOT_ACTOR, messages.StartSession("a"))
    gateway.run(120)
    last = gateway.state("a")
    assert last in {State.CONNECTED, State.DISCONNECTED}
    if last is State.DISCONNECTED:
        assert gateway.reason("a") is Reason.STOPPED
        gateway.start("a")
        gateway.until("a", State.CONNECTED, 30)


def test_root_answers_for_unknown_sessions_itself(gateway: Gateway):
    gateway.run(1)
    for message in (messages.RestartSession("x"), messages.PurgeSession("x")):
        with pytest.raises(Refusal) as refused:
            gateway.ask(ROOT_ACTOR, message)
        assert refused.value.code is Code.SESSION_NOT_FOUND
