"""An actor that Root gave up may have done more than its successor can know, and its last words may come late."""

from __future__ import annotations

import pytest

from actors.session.messages import (
    BrowserOpened,
    Haste,
    Noticed,
    ProfileRemoved,
    SlotFreed,
    SlotGranted,
    SlotWanted,
)
from actors.supervisor.messages import Watch
from actors.supervisor.start_slots import StartSlots
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway, Pending
from tests.actors.scenario import Poison
from wppmt.domain import messages, sends
from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.hibernation import HibernationPlan
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.move_messages import GiveAway, PrepareToLeave
from wppmt.domain.states import State
from wppmt.store.move_records import Departure, DepartureState
from wppmt.store.records import Desired

ME, FRIEND = "5511999990001", "5511888880001"
A = session_address("a")


def is_here(gateway: Gateway) -> bool:
    """Whether anything of session `a` is."""
    found = gateway.store.session("a"), gateway.store.secrets("a"), gateway.state("a")
    return any(found) or bool(gateway.browsers.living("a"))


def audited(gateway: Gateway) -> list[str]:
    return [entry.action for entry in gateway.store.audit_entries_after(0, 100)]


# ---- a commit that hangs until its actor is replaced, and then succeeds


@pytest.fixture
def given_away(gateway: Gateway) -> Gateway:
    """Its actor was replaced before it could say so."""
    gateway.connect("a", ME)
    departure = Departure("a", DepartureState.LEAVING, "https://other.test", "ab" * 32, gateway.time.moment)
    with gateway.store.transaction() as transaction:
        transaction.save_departure(departure)
    gateway.ask(A, PrepareToLeave(departure))
    gateway.replace_in_commit(A)
    gateway.request(A, GiveAway(departure, gateway.store.last_sequence("a")))
    gateway.settle()
    assert gateway.logged("actor_replaced")
    return gateway


def test_a_session_that_was_given_away_does_not_go_on_here(given_away: Gateway):
    opened = given_away.count_browsers("a")
    given_away.run(120)
    assert not is_here(given_away)
    assert given_away.count_browsers("a") == opened


def test_nor_is_it_restarted_here(given_away: Gateway):
    given_away.request(ROOT_ACTOR, messages.RestartSession("a"))
    given_away.run(120)
    assert not is_here(given_away)


def test_nobody_is_told_that_its_phone_was_unlinked(given_away: Gateway):
    given_away.run(120)
    assert Action.UNLINKED not in audited(given_away)


def test_of_a_session_that_was_purged_nothing_is_left(gateway: Gateway):
    gateway.connect("a", ME, webhook_url="http://turbozap.test/hook")
    gateway.replace_in_commit(A, when=lambda: not gateway.has_profile("a"))
    gateway.request(ROOT_ACTOR, messages.PurgeSession("a"))
    gateway.run(60)
    assert gateway.logged("actor_replaced")
    assert not is_here(gateway)


def test_a_session_whose_start_nobody_was_told_of_takes_its_place(make_gateway: MakeGateway):
    gateway = make_gateway(max_sessions=1)
    gateway.start("a")
    gateway.close("a")
    gateway.replace_in_commit(A)
    gateway.request(ROOT_ACTOR, messages.StartSession("a"))
    gateway.run(30)
    assert gateway.logged("actor_replaced")
    assert gateway.record("a").desired is Desired.RUNNING
    with pytest.raises(Refusal) as refused:
        gateway.start("b")
    assert refused.value.code is Code.RESOURCE_LIMIT


def test_a_login_is_audited_once(gateway: Gateway):
    code = gateway.show_qr("a")
    gateway.replace_in_commit(A, when=lambda: gateway.world.profiles["a"].login)
    assert gateway.browsers.scan(code, ME)
    gateway.run(60)
    assert gateway.logged("actor_replaced")
    assert audited(gateway).count(Action.LINKED) == 1


# ---- last words that come late


def purged_unread(gateway: Gateway, *first: object) -> Pending:
    """Purged, but what Root reads before it hears of that is the answered request, after `first`."""
    gateway.connect("a", ME)
    root, actor = gateway.mailbox(ROOT_ACTOR), gateway.mailbox(A)
    gone = gateway.request(ROOT_ACTOR, messages.PurgeSession("a"))
    gateway.run_until(lambda: any(isinstance(message, ProfileRemoved) for message in actor.mail))
    root.stall()
    for message in first[:-1]:
        root.put(message)
    asked = gateway.request(ROOT_ACTOR, first[-1])
    gateway.run_until(lambda: gone.answers)
    gateway.settle()
    root.resume()
    return asked


def test_a_farewell_does_not_end_the_successor(gateway: Gateway):
    started = purged_unread(gateway, Watch(), messages.StartSession("a"))
    gateway.until("a", State.WAITING_SCAN)
    assert started.value.status.record.id == "a"
    assert gateway.logged("actor_replaced")
    assert gateway.start("a").status.record.state is State.WAITING_SCAN


def test_a_restart_before_the_farewell_is_read_brings_nothing_back(gateway: Gateway):
    purged_unread(gateway, messages.RestartSession("a"))
    gateway.run(60)
    assert not is_here(gateway)
    gateway.start("a")
    gateway.until("a", State.WAITING_SCAN)


def test_what_an_adopted_page_told_the_last_actor_is_stale_to_the_next(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run_until(lambda: gateway.browsers.adoptions and gateway.browsers.adoptions[-1].browser)
    actor = gateway.mailbox(A)
    actor.stall()
    gateway.settle()
    unread = [message for message in actor.mail if isinstance(message, Noticed | BrowserOpened)]
    assert unread
    actor.mail.clear()
    actor.put(Poison())
    actor.resume()
    gateway.run_until(lambda: gateway.record("a").failures == 1)
    for message in unread:
        gateway.directory.tell(A, message)
    gateway.mailbox(A).read_all()
    assert gateway.state("a") is State.RECONNECTING
    assert gateway.record("a").process is None


# ---- start slots


def test_a_session_of_a_purged_ones_name_gets_its_own_slot(gateway: Gateway):
    gateway.directory.tell(ROOT_ACTOR, messages.MayRunBrowsers(may=False))
    gateway.start("a")
    gateway.directory.tell(ROOT_ACTOR, SlotWanted("a", 99))
    gateway.purge("a")
    gateway.settle()
    gateway.start("a")
    gateway.directory.tell(ROOT_ACTOR, messages.MayRunBrowsers(may=True))
    gateway.until("a", State.WAITING_SCAN)


def test_who_was_closed_while_waiting_for_a_slot_gets_none(make_gateway: MakeGateway):
    gateway = make_gateway(starts_at_once=1)
    gateway.hang_start("b")
    for name in "bac":
        gateway.start(name)
        gateway.settle()
    gateway.close("a")
    gateway.settle()
    gateway.mailbox(A).stall()
    gateway.directory.tell(ROOT_ACTOR, SlotFreed("b", gateway.record("b").generation))
    gateway.settle()
    assert gateway.count_browsers("c") == 1


def test_a_second_grant_does_not_give_back_a_slot_in_use(make_gateway: MakeGateway):
    gateway = make_gateway(starts_at_once=1)
    gateway.hang_start("a")
    gateway.start("a")
    gateway.settle()
    gateway.directory.tell(A, SlotGranted(gateway.record("a").generation))
    gateway.start("b")
    gateway.settle()
    assert (gateway.count_browsers("a"), gateway.count_browsers("b")) == (1, 0)


def test_who_asks_again_for_what_is_granted_keeps_that_slot():
    slots = StartSlots(1)
    slots.want(SlotWanted("a", 1, Haste.SCHEDULED))
    assert [wish.session_id for wish in slots.grant(0.0)] == ["a"]
    slots.want(SlotWanted("b", 1, Haste.SOMEBODY_WAITS))
    slots.want(SlotWanted("a", 1, Haste.SOMEBODY_WAITS))
    assert list(slots.grant(0.0)) == []
    slots.free("a", 1)
    assert [wish.session_id for wish in slots.grant(0.0)] == ["b"]


def test_somebody_who_waits_for_a_scheduled_wake_starts_no_second_browser(make_gateway: MakeGateway):
    gateway = make_gateway(starts_at_once=1)
    gateway.connect("a", ME)
    gateway.ask(A, messages.ConfigureSession(hibernate=HibernationPlan(idle_minutes=1, wake_hours=1)))
    gateway.world.add_phone(FRIEND)
    gateway.run_until(lambda: gateway.record("a").is_hibernating and not gateway.browsers.living("a"), 900)
    root, actor = gateway.mailbox(ROOT_ACTOR), gateway.mailbox(A)
    gateway.run_until(lambda: any(isinstance(message, SlotWanted) for message in root.mail), 7200)
    actor.stall()
    gateway.request(A, sends.SendText(FRIEND, "oi"))
    gateway.settle()
    gateway.hang_start("a")
    gateway.hang_start("b")
    before = gateway.count_browsers("a")
    actor.resume()
    gateway.settle()
    gateway.request(ROOT_ACTOR, messages.StartSession("b"))
    gateway.run(20)
    assert (gateway.count_browsers("a"), gateway.count_browsers("b")) == (before + 1, 0)
