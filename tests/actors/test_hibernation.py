"""A session that nobody uses closes its browser, stays `connected`, and is back for whoever needs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actors.session.hibernation import OVERDUE_SPREAD
from actors.session.messages import Haste, MemoryShort, OpenAnew, SlotWanted
from actors.supervisor.start_slots import StartSlots
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway, Pending
from wppmt.domain import messages
from wppmt.domain.contact_policy import PolicyChange
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.hibernation import HOUR, LONG_STAY, LONGEST_HOURS, NEVER, SHORT_STAY, HibernationPlan
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.sends import AnnounceMedia, SendText
from wppmt.domain.states import State

A = session_address("a")
ME, FRIEND = "5511999990001", "5511888880001"
PLAN = HibernationPlan(idle_minutes=1)
NIGHT = datetime(2026, 3, 10, 23, tzinfo=ZoneInfo("America/Sao_Paulo")).timestamp()
PROMPT_SECONDS = 2.0
"""More than a send that needs no wake."""


@pytest.fixture
def gateway(make_gateway: MakeGateway) -> Gateway:
    made = make_gateway()
    made.time.moment = NIGHT
    made.world.add_phone(FRIEND)
    return made


def plan(gateway: Gateway, plan: HibernationPlan = PLAN, session_id: str = "a") -> None:
    gateway.ask(session_address(session_id), messages.ConfigureSession(hibernate=plan))


def is_asleep(gateway: Gateway, session_id: str = "a") -> bool:
    return gateway.record(session_id).is_hibernating and not gateway.browsers.living(session_id)


@pytest.fixture
def asleep(gateway: Gateway) -> Gateway:
    """Session `a` hibernates."""
    gateway.connect("a", ME)
    plan(gateway)
    gateway.run_until(lambda: is_asleep(gateway))
    return gateway


def wakes(gateway: Gateway, limit: float) -> float:
    """How many seconds until its page can be used again."""
    return gateway.run_until(lambda: gateway.reason("a") is Reason.READY, limit)


def write(gateway: Gateway, text: str = "oi") -> str:
    return gateway.browsers.send_from_phone(FRIEND, ME, text)


def causes(gateway: Gateway, line: str) -> list[object]:
    return [logged.details["cause"] for logged in gateway.logged(line)]


# ---- falling asleep


def test_an_idle_session_closes_its_browser_in_order_and_stays_connected(gateway: Gateway):
    browser = gateway.connect("a", ME)
    changes = gateway.changes("a")
    plan(gateway)
    took = gateway.run_until(lambda: is_asleep(gateway))
    assert 58 <= took < 70
    record = gateway.record("a")
    assert (record.state, record.reason) == (State.CONNECTED, Reason.HIBERNATING)
    assert NIGHT < record.asleep_since < record.wake_at <= record.asleep_since + LONGEST_HOURS * HOUR
    assert not browser.is_alive
    gateway.settle()
    assert gateway.record("a").process is None
    assert [copy.login for copy in gateway.world.copies["a"]] == [ME]
    assert gateway.changes("a") == changes, "its state is the same"
    assert causes(gateway, "hibernating") == ["idle"]


def test_without_a_plan_nobody_hibernates(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.run(2 * HOUR)
    assert gateway.count_browsers("a") == 1
    plan(gateway)
    plan(gateway, NEVER)
    gateway.run(HOUR)
    assert gateway.count_browsers("a") == 1
    assert gateway.browsers.living("a")


def test_whoever_is_used_stays(gateway: Gateway):
    gateway.connect("a", ME)
    plan(gateway)
    for act in (
        lambda: gateway.send("a", FRIEND),
        lambda: write(gateway),
        lambda: gateway.ask(A, messages.CheckNumber(FRIEND)),
    ) * 2:
        gateway.run(45)
        act()
    gateway.run(45)
    assert gateway.browsers.living("a")
    gateway.run(25)
    assert is_asleep(gateway)


def test_it_waits_for_what_is_under_way(gateway: Gateway):
    """An acknowledgement that has not come: the message may still be lost."""
    browser = gateway.connect("a", ME)
    plan(gateway)
    browser.hold_acks(True)
    gateway.request(A, SendText(FRIEND, "oi"))
    gateway.run(100)
    assert gateway.browsers.living("a")
    browser.hold_acks(False)
    gateway.run_until(lambda: is_asleep(gateway), 70)


def test_in_the_customers_hours_nobody_sleeps_and_all_are_there_when_they_begin(gateway: Gateway):
    gateway.connect("a", ME)
    plan(gateway, HibernationPlan(1, "23:30", "23:45"))
    gateway.run(20 * 60)
    assert is_asleep(gateway)
    gateway.run(NIGHT + 30 * 60 - gateway.time.moment)
    assert gateway.reason("a") is Reason.READY
    gateway.run(14 * 60)
    assert gateway.reason("a") is Reason.READY
    gateway.run(2 * 60)
    assert is_asleep(gateway)


# ---- waking


def test_a_send_wakes_it_and_is_answered_as_ever(asleep: Gateway):
    reply = asleep.request(A, SendText(FRIEND, "oi"))
    took = asleep.run_until(lambda: reply.answers, 10)
    assert took < PROMPT_SECONDS
    assert reply.value.ack == 1
    assert asleep.inbox(FRIEND) == [reply.value.id]
    assert (asleep.state("a"), asleep.reason("a")) == (State.CONNECTED, Reason.READY)
    assert asleep.changes("a") == ["initializing", "waiting_scan", "connected"]
    assert causes(asleep, "waking") == ["request"]
    asleep.run(50)
    assert asleep.browsers.living("a"), "it stays as long as after any other send"
    asleep.run_until(lambda: is_asleep(asleep), 20)


def test_one_that_is_not_to_be_waited_for_is_accepted_at_once(asleep: Gateway):
    reply = asleep.request(A, SendText(FRIEND, "oi", respond_async=True))
    asleep.settle()
    assert reply.value.ack == 0
    asleep.run(5)
    assert asleep.acks("a", reply.value.id)[0] == "sent"


def test_so_does_a_question_to_its_page(asleep: Gateway):
    replies = [asleep.request(A, messages.CheckNumber(FRIEND)) for _ in range(3)]
    asleep.run_until(lambda: all(reply.answers for reply in replies), PROMPT_SECONDS)
    assert all(reply.value.valid for reply in replies)
    assert asleep.count_browsers("a") == 2


def test_so_does_a_file_that_is_about_to_be_fetched(asleep: Gateway):
    assert asleep.ask(A, AnnounceMedia()) is None
    assert wakes(asleep, PROMPT_SECONDS) < PROMPT_SECONDS


def test_so_do_people_who_start_it_or_take_its_plan_away(asleep: Gateway):
    asleep.start("a")
    wakes(asleep, PROMPT_SECONDS)
    asleep.run_until(lambda: is_asleep(asleep), 70)
    plan(asleep, NEVER)
    wakes(asleep, PROMPT_SECONDS)
    assert causes(asleep, "waking") == ["operator", "operator"]


def test_who_a_message_goes_to_is_asked_when_there_is_a_page_to_ask(asleep: Gateway):
    policy = messages.ConfigureSession(policy=PolicyChange(new_contacts_per_day=1))
    asleep.ask(A, policy)
    first, second = (asleep.request(A, SendText(to, "oi")) for to in (FRIEND, "5511888880009"))
    asleep.world.add_phone("5511888880009")
    asleep.run_until(lambda: first.answers and second.answers, PROMPT_SECONDS)
    assert first.value.ack == 1
    with pytest.raises(Refusal) as refused:
        assert second.value
    assert refused.value.code is Code.NEW_CONTACT_BUDGET


def test_what_nobody_needs_the_page_for_leaves_it_asleep(asleep: Gateway):
    asleep.ask(A, messages.ConfigureSession(description="outra"))
    asleep.ask(A, messages.SetWebhook("http://other.test/hook", ("message_received",)))
    with pytest.raises(Refusal) as refused:
        asleep.ask(A, messages.TakeScreenshot())
    assert refused.value.code is Code.NOT_RUNNING
    with pytest.raises(Refusal) as refused:
        asleep.ask(ROOT_ACTOR, messages.MakeLink("a", "digest", NIGHT + 10_000))
    assert refused.value.code is Code.ALREADY_CONNECTED
    asleep.run(60)
    assert is_asleep(asleep)


# ---- the schedule


def test_what_came_in_meanwhile_is_told_at_the_next_wake_once_and_with_its_own_time(asleep: Gateway):
    asleep.run(600)
    wrote_at = asleep.time.moment
    written = [write(asleep), write(asleep)]
    asleep.run(HOUR)
    assert asleep.received("a") == []
    asleep.run_until(lambda: len(asleep.received("a")) == 2, LONGEST_HOURS * HOUR)
    asleep.run(30)
    assert asleep.received("a") == written
    told = asleep.events("a", "message_received")
    assert [event["message"]["timestamp"] for event in told] == [int(wrote_at)] * 2
    assert causes(asleep, "waking") == ["schedule"]
    assert asleep.record("a").missed_in_a_row == 0


# Two days, beat by beat.
@pytest.mark.slow
@pytest.mark.timeout(60)
def test_by_the_schedule_it_stays_shortly_and_once_a_day_for_long(asleep: Gateway):
    stays = []
    while asleep.time.moment < NIGHT + 2.2 * 24 * HOUR:
        wakes(asleep, LONGEST_HOURS * HOUR)
        stays.append(asleep.run_until(lambda: is_asleep(asleep), 1000))
    long = [stay for stay in stays if stay > 2 * SHORT_STAY]
    assert all(SHORT_STAY <= stay + 5 < 2 * SHORT_STAY or stay + 5 >= LONG_STAY for stay in stays)
    assert len(stays) >= 8
    assert 2 <= len(long) <= 3


def test_a_message_that_comes_during_a_scheduled_wake_keeps_it_awake(asleep: Gateway):
    plan(asleep, HibernationPlan(idle_minutes=20, wake_hours=1))
    wakes(asleep, 2 * HOUR)
    asleep.run(30)
    write(asleep)
    asleep.run(19 * 60)
    assert asleep.browsers.living("a")


def test_a_send_overtakes_the_schedule(make_gateway: MakeGateway):
    """One start at a time, which somebody else has for long: the send's wake is next, though it came later."""
    gateway = make_gateway(starts_at_once=1)
    gateway.world.add_phone(FRIEND)
    gateway.connect("c", "5511999990003")
    for session_id, number, hours in (("a", ME, 6.0), ("b", "5511999990002", 0.5)):
        gateway.connect(session_id, number)
        plan(gateway, HibernationPlan(1, wake_hours=hours), session_id)
    gateway.run_until(lambda: is_asleep(gateway) and is_asleep(gateway, "b"))
    gateway.run_until(lambda: gateway.time.moment >= gateway.record("b").wake_at - 5, HOUR)
    gateway.hang_start("c")
    gateway.restart("c")
    gateway.run(10)
    assert causes(gateway, "waking") == ["schedule"]
    before = len(gateway.browsers.openings)
    gateway.request(A, SendText(FRIEND, "oi"))
    gateway.run(120)
    assert [name for _, name in gateway.browsers.openings[before:]][:2] == ["a", "b"]


def test_slots_go_by_haste_and_then_by_who_came_first():
    slots = StartSlots(1)
    for name, haste in zip("abcd", (2, 1, 0, 1), strict=True):
        slots.want(SlotWanted(name, 1, Haste(haste)))
    granted = []
    while found := list(slots.grant(0.0)):
        granted += [wish.session_id for wish in found]
        slots.free(found[0].session_id)
    assert granted == ["c", "b", "d", "a"]


def test_who_only_looks_gets_no_slot_while_that_can_wait():
    slots = StartSlots(2)
    slots.want(SlotWanted("a", 1, Haste.SCHEDULED))
    slots.want(SlotWanted("b", 1))
    assert [wish.session_id for wish in slots.grant(0.0, Haste.USUAL)] == ["b"]
    assert [wish.session_id for wish in slots.grant(0.0)] == ["a"]


# ---- what goes wrong


def test_a_wake_that_fails_is_a_reconnection_like_any_other(asleep: Gateway):
    asleep.browsers.refuse_start("a", "CHROME_MISSING", times=2)
    question = asleep.request(A, messages.CheckNumber(FRIEND))
    send = asleep.request(A, SendText(FRIEND, "oi"))
    asleep.until("a", State.RECONNECTING, 5)
    asleep.settle()
    with pytest.raises(Refusal) as refused:
        assert question.value
    assert refused.value.code is Code.NOT_CONNECTED
    asleep.until("a", State.CONNECTED, 60)
    asleep.run(25)
    assert send.value.ack == 0, "202 after its deadline"
    assert asleep.acks("a", send.value.id)[0] == "sent"
    assert asleep.changes("a")[-2:] == ["reconnecting", "connected"]


def test_a_wake_that_takes_too_long_is_told(asleep: Gateway):
    asleep.hang_start("a")
    question = asleep.request(A, messages.CheckNumber(FRIEND))
    asleep.until("a", State.RECONNECTING, 20)
    assert asleep.reason("a") is Reason.WAKING
    asleep.settle()
    with pytest.raises(Refusal) as refused:
        assert question.value
    assert refused.value.code is Code.NOT_CONNECTED
    asleep.until("a", State.CONNECTED, 300)


def test_a_login_that_ended_meanwhile_is_told_when_it_wakes(asleep: Gateway):
    asleep.world.unlink("a", page_is_open=False)
    send = asleep.request(A, SendText(FRIEND, "oi"))
    asleep.until("a", State.WAITING_SCAN, 30)
    assert asleep.reason("a") is Reason.LOGGED_OUT
    asleep.run(1)
    with pytest.raises(Refusal) as refused:
        assert send.value
    assert refused.value.code is Code.NOT_CONNECTED


def test_a_daemon_that_was_killed_wakes_nobody(asleep: Gateway):
    before, wake_at = asleep.count_browsers("a"), asleep.record("a").wake_at
    asleep.kill_daemon()
    written = write(asleep)
    asleep.run(60)
    asleep.boot()
    asleep.run(300)
    assert is_asleep(asleep)
    assert asleep.count_browsers("a") == before
    assert asleep.send("a", FRIEND).ack == 1
    asleep.run(10)
    assert asleep.received("a") == [written]
    assert asleep.record("a").wake_at == wake_at


def test_who_is_overdue_after_a_long_stop_wakes_some_time_later(asleep: Gateway):
    asleep.kill_daemon()
    asleep.run(10 * HOUR)
    asleep.boot()
    asleep.run(1)
    assert is_asleep(asleep)
    wakes(asleep, OVERDUE_SPREAD + 10)


def test_a_daemon_that_is_killed_while_it_falls_asleep_leaves_no_browser(gateway: Gateway):
    gateway.connect("a", ME)
    plan(gateway)
    gateway.run_until(lambda: gateway.record("a").is_hibernating)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(5)
    assert is_asleep(gateway)
    assert gateway.send("a", FRIEND).ack == 1


# ---- when the machine lacks memory


def test_memory_that_is_short_puts_to_sleep_who_may_and_drops_caches(gateway: Gateway):
    browser = gateway.connect("a", ME)
    plan(gateway, HibernationPlan(idle_minutes=300))
    gateway.run(50)
    gateway.directory.tell(A, MemoryShort())
    gateway.settle()
    assert browser.caches_dropped == 1
    assert browser.is_alive, "it was used a minute ago"
    gateway.run(30)
    gateway.directory.tell(A, MemoryShort())
    gateway.run(5)
    assert is_asleep(gateway)
    assert causes(gateway, "hibernating") == ["memory"]


@pytest.mark.parametrize("given", [NEVER, HibernationPlan(300, "22:00", "08:00")])
def test_it_lets_those_be_who_may_not(gateway: Gateway, given: HibernationPlan):
    browser = gateway.connect("a", ME)
    plan(gateway, given)
    gateway.run(200)
    gateway.directory.tell(A, MemoryShort())
    gateway.run(5)
    assert browser.is_alive
    assert browser.caches_dropped == 1


# ---- every moment of it, and everything that can come then


def falling(gateway: Gateway) -> None:
    gateway.run_until(lambda: gateway.record("a").is_hibernating)


def sleeping(gateway: Gateway) -> None:
    gateway.run_until(lambda: is_asleep(gateway))


def queued(gateway: Gateway) -> None:
    sleeping(gateway)
    gateway.measure_disk(0)
    gateway.settle()
    gateway.request(A, messages.CheckNumber(FRIEND))
    gateway.settle()
    gateway.free_mb = 10_000


def opening(gateway: Gateway) -> None:
    sleeping(gateway)
    gateway.request(A, messages.CheckNumber(FRIEND))
    gateway.run_until(lambda: gateway.browsers.living("a"))


def shown(gateway: Gateway) -> None:
    """Its page is there, and not yet at the main screen."""
    opening(gateway)
    gateway.run(0.3)


def tell(message: object) -> Callable[[Gateway], object]:
    return lambda gateway: gateway.directory.tell(A, message)


def ask(message: object, address: str = A) -> Callable[[Gateway], object]:
    return lambda gateway: gateway.request(address, message)


def die(gateway: Gateway) -> None:
    gateway.kill_daemon()
    gateway.boot()


def crash(gateway: Gateway) -> None:
    for browser in gateway.browsers.living("a"):
        browser.crash()


class Poison:
    pass


EVENTS: dict[str, Callable[[Gateway], Any]] = {
    "send": ask(SendText(FRIEND, "outra")),
    "question": ask(messages.CheckNumber(FRIEND)),
    "file": ask(AnnounceMedia()),
    "message": write,
    "start": ask(messages.StartSession("a"), ROOT_ACTOR),
    "restart": ask(messages.RestartSession("a"), ROOT_ACTOR),
    "close": ask(messages.CloseSession()),
    "logout": ask(messages.LogOut()),
    "no plan": ask(messages.ConfigureSession(hibernate=NEVER)),
    "new plan": ask(messages.ConfigureSession(hibernate=HibernationPlan(2, wake_hours=1))),
    "memory short": tell(MemoryShort()),
    "open anew": tell(OpenAnew()),
    "no room": lambda gateway: gateway.measure_disk(0),
    "daemon dies": die,
    "actor dies": tell(Poison()),
    "browser dies": crash,
    "unlinked": lambda gateway: gateway.world.unlink("a", page_is_open=False),
    "time": lambda gateway: gateway.run(7 * HOUR),
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("moment", [falling, sleeping, queued, opening, shown])
def test_whatever_comes_whenever_it_is_back_in_the_end(
    gateway: Gateway, moment: Callable[[Gateway], None], event: str
):
    gateway.connect("a", ME)
    plan(gateway)
    moment(gateway)
    happened = EVENTS[event](gateway)
    gateway.run(5)
    gateway.measure_disk(10_000)
    gateway.run(200)
    if event in {"close", "logout"}:
        assert gateway.state("a") is State.DISCONNECTED
        assert not gateway.browsers.living("a")
    gateway.start("a")
    gateway.run(40)
    if event in {"logout", "unlinked"}:
        qr = gateway.status("a").qr
        assert qr is not None
        assert gateway.browsers.scan(qr.text, ME)
        gateway.run(5)
    assert gateway.state("a") is State.CONNECTED
    assert gateway.send("a", FRIEND).ack == 1
    assert gateway.browsers.doubles == []
    assert len(gateway.browsers.living("a")) == 1
    if isinstance(happened, Pending):
        assert len(happened.answers) == 1 or event == "file"
    inbox = gateway.inbox(FRIEND)
    assert (
        len(inbox)
        == len(set(inbox))
        == 1 + (event == "send" and not isinstance(happened.answers[0], Refusal))
    )
    if event == "message":
        assert gateway.received("a") == [happened]


def test_a_backup_does_not_wake_it(asleep: Gateway):
    """Its login was flushed, and nobody has its profile."""
    opened = asleep.count_browsers("a")
    assert asleep.ask(A, messages.CopyLogin()) is None
    asleep.run(60)
    assert is_asleep(asleep)
    assert asleep.count_browsers("a") == opened
