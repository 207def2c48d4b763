"""A login is never lost: copies of good ones, bad ones set aside, and a way back for a person to choose."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actors.session.messages import Measured
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway, Pending
from tests.defaults import session_policy
from wppmt.domain import messages, move_messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.occurrences import BrowserRestarted
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import SessionRecord

ME, FRIEND = "5511999990001", "5511888880001"
A = session_address("a")


@pytest.fixture(params=range(3))
def gateway(request: pytest.FixtureRequest, make_gateway: MakeGateway) -> Gateway:
    """Whoever comes first."""
    made = make_gateway(seed=request.param)
    made.world.add_phone(FRIEND)
    return made


def copies(gateway: Gateway) -> list[str | None]:
    """The logins that are kept, oldest first."""
    return [profile.login for profile in gateway.world.copies["a"]]


def corrupted(gateway: Gateway) -> None:
    """A connected session was closed in order; its login is lost; it is started again."""
    gateway.connect("a", ME)
    gateway.close("a")
    gateway.browsers.corrupt("a")
    gateway.start("a")
    gateway.until("a", State.ERROR)


def test_a_clean_stop_of_a_good_login_keeps_a_copy(gateway: Gateway):
    gateway.connect("a", ME)
    assert copies(gateway) == []
    gateway.close("a")
    assert copies(gateway) == [ME]


def test_so_does_a_restart_and_a_shutdown(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.restart("a")
    gateway.run_until(lambda: copies(gateway))
    gateway.until("a", State.CONNECTED)
    gateway.shut_down()
    assert copies(gateway) == [ME, ME]


def test_a_session_without_a_login_keeps_none(gateway: Gateway):
    gateway.show_qr("a")
    gateway.close("a")
    assert copies(gateway) == []


def test_a_login_that_was_ended_is_no_copy_to_come_back_to(gateway: Gateway):
    gateway.connect("a", ME).unlink()
    gateway.until("a", State.WAITING_SCAN)
    gateway.close("a")
    assert copies(gateway) == []


def test_neither_a_crash_nor_a_hang_is_a_clean_stop(gateway: Gateway):
    gateway.connect("a", ME).crash()
    gateway.until("a", State.RECONNECTING)
    gateway.until("a", State.CONNECTED)
    gateway.browser("a").hang()
    gateway.close("a")
    assert copies(gateway) == []


def test_an_adopted_browsers_login_is_copied_too(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(5)
    gateway.close("a")
    assert copies(gateway) == [ME]


def test_a_corrupt_login_is_set_aside_and_reported_once(gateway: Gateway):
    corrupted(gateway)
    gateway.run(600)
    assert gateway.reason("a") is Reason.TOKEN_CORRUPT
    assert [event["code"] for event in gateway.events("a", "error")] == ["TOKEN_CORRUPT"]
    assert len(gateway.world.quarantine["a"]) == 1
    assert not gateway.has_profile("a")
    assert gateway.browsers.living("a") == []
    assert copies(gateway) == [ME], "the bad one is no copy"


def test_a_profile_that_chrome_cannot_read_is_corrupt(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.browsers.refuse_start("a", "TOKEN_CORRUPT")
    gateway.restart("a")
    gateway.until("a", State.ERROR)
    gateway.run(600)
    assert gateway.reason("a") is Reason.TOKEN_CORRUPT
    assert len(gateway.world.quarantine["a"]) == 1
    assert gateway.count_browsers("a") == 2
    assert [line.session_id for line in gateway.logged("profile_unreadable")] == ["a"]


def test_restored_it_connects_without_a_code(gateway: Gateway):
    corrupted(gateway)
    shown = len(gateway.events("a", "qr_code"))
    missed = gateway.browsers.send_from_phone(FRIEND, ME, "enquanto fora")
    status = gateway.ask(ROOT_ACTOR, messages.RestoreLogin("a"))
    assert status.record.state is State.INITIALIZING
    gateway.until("a", State.CONNECTED, 10)
    gateway.run(20)
    assert len(gateway.events("a", "qr_code")) == shown
    assert gateway.received("a") == [missed]
    assert gateway.send("a", FRIEND).ack == 1
    assert len(gateway.browsers.living("a")) == 1


def test_reset_it_shows_a_code_and_the_old_copies_stay_until_logout(gateway: Gateway):
    corrupted(gateway)
    status = gateway.ask(A, messages.ResetLogin())
    assert status.record.state is State.INITIALIZING
    assert (status.record.phone, status.record.platform, status.record.connected_at) == ("", "", None)
    gateway.until("a", State.WAITING_SCAN, 10)
    qr = gateway.status("a").qr
    assert qr is not None
    gateway.browsers.scan(qr.text, ME)
    gateway.until("a", State.CONNECTED)
    assert copies(gateway) == [ME]
    gateway.log_out("a")
    assert copies(gateway) == []
    assert gateway.world.quarantine["a"] == []


def test_a_copy_that_is_bad_too_says_so(gateway: Gateway):
    corrupted(gateway)
    for profile in gateway.world.copies["a"]:
        profile.login = None
    gateway.ask(ROOT_ACTOR, messages.RestoreLogin("a"))
    gateway.until("a", State.ERROR, 10)
    gateway.run(60)
    assert gateway.reason("a") is Reason.TOKEN_CORRUPT
    assert len(gateway.events("a", "error")) == 2
    assert gateway.browsers.living("a") == []
    gateway.ask(A, messages.ResetLogin())
    gateway.until("a", State.WAITING_SCAN, 10)


def test_without_a_copy_a_restore_leaves_it_as_it_is(gateway: Gateway):
    corrupted(gateway)
    gateway.world.copies["a"].clear()
    gateway.ask(ROOT_ACTOR, messages.RestoreLogin("a"))
    gateway.until("a", State.ERROR, 10)
    gateway.run(600)
    assert gateway.reason("a") is Reason.TOKEN_CORRUPT
    assert gateway.browsers.living("a") == []


@pytest.mark.parametrize(
    ("address", "request_"), [(A, messages.ResetLogin()), (ROOT_ACTOR, messages.RestoreLogin("a"))]
)
def test_a_login_that_may_be_good_is_left_alone(gateway: Gateway, address: str, request_: object):
    browser = gateway.connect("a", ME)
    with pytest.raises(Refusal) as refused:
        gateway.ask(address, request_)
    assert refused.value.code is Code.LOGIN_NOT_CORRUPT
    gateway.run(10)
    assert gateway.browsers.living("a") == [browser]


def restarted(gateway: Gateway) -> None:
    gateway.restart("a")
    gateway.until("a", State.WAITING_SCAN, 10)


def closed(gateway: Gateway) -> None:
    restarted(gateway)
    gateway.close("a")


def not_scanned(gateway: Gateway) -> None:
    restarted(gateway)
    gateway.until("a", State.DISCONNECTED, 600)
    assert gateway.reason("a") is Reason.QR_EXPIRED


def survived_by_the_registry(gateway: Gateway) -> None:
    restarted(gateway)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(20)


@pytest.mark.parametrize("since", [restarted, closed, not_scanned, survived_by_the_registry])
def test_a_restart_on_the_way_takes_no_copy_away(gateway: Gateway, since: Callable[[Gateway], None]):
    corrupted(gateway)
    since(gateway)
    assert copies(gateway) == [ME]
    status = gateway.ask(ROOT_ACTOR, messages.RestoreLogin("a"))
    assert status.record.state is State.INITIALIZING
    gateway.until("a", State.CONNECTED, 10)
    gateway.run(20)
    assert gateway.record("a").phone == ME
    assert len(gateway.browsers.living("a")) == 1


def test_a_copy_that_turns_out_bad_after_a_restart_says_so(gateway: Gateway):
    corrupted(gateway)
    restarted(gateway)
    for profile in gateway.world.copies["a"]:
        profile.login = None
    gateway.ask(ROOT_ACTOR, messages.RestoreLogin("a"))
    gateway.until("a", State.ERROR, 10)
    assert gateway.reason("a") is Reason.TOKEN_CORRUPT


def test_a_new_login_ends_the_chance_to_restore_an_older_one(gateway: Gateway):
    corrupted(gateway)
    restarted(gateway)
    qr = gateway.status("a").qr
    assert qr is not None
    gateway.browsers.scan(qr.text, ME)
    gateway.until("a", State.CONNECTED)
    with pytest.raises(Refusal) as refused:
        gateway.ask(ROOT_ACTOR, messages.RestoreLogin("a"))
    assert refused.value.code is Code.LOGIN_NOT_CORRUPT


def test_a_restore_needs_room_like_any_start(make_gateway: MakeGateway):
    gateway = make_gateway(max_sessions=1)
    gateway.world.add_phone(FRIEND)
    corrupted(gateway)
    closed(gateway)
    gateway.start("b")
    gateway.settle()
    with pytest.raises(Refusal) as refused:
        gateway.ask(ROOT_ACTOR, messages.RestoreLogin("a"))
    assert refused.value.code is Code.RESOURCE_LIMIT
    assert gateway.state("a") is State.DISCONNECTED


def test_restarting_all_that_crashed_leaves_the_choice_to_a_person(gateway: Gateway):
    corrupted(gateway)
    opened = gateway.count_browsers("a")
    answer = gateway.ask(ROOT_ACTOR, messages.RestartCrashed())
    assert answer == messages.CrashedRestarted((), (("a", Reason.TOKEN_CORRUPT),))
    gateway.run(600)
    assert (gateway.state("a"), gateway.reason("a")) == (State.ERROR, Reason.TOKEN_CORRUPT)
    assert gateway.count_browsers("a") == opened


def test_two_restores_at_once_are_one(gateway: Gateway):
    corrupted(gateway)
    opened = gateway.count_browsers("a")
    first, second = (gateway.request(ROOT_ACTOR, messages.RestoreLogin("a")) for _ in range(2))
    gateway.until("a", State.CONNECTED, 10)
    assert first.value.record.state is State.INITIALIZING
    with pytest.raises(Refusal):
        _ = second.value
    assert gateway.count_browsers("a") == opened + 1


def test_the_choice_outlives_a_daemon_that_dies_before_it_is_done(gateway: Gateway):
    corrupted(gateway)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(60)
    assert gateway.state("a") is State.ERROR
    gateway.ask(ROOT_ACTOR, messages.RestoreLogin("a"))
    gateway.until("a", State.CONNECTED, 10)


def test_on_request_a_copy_is_taken_from_time_to_time_in_a_quiet_moment(make_gateway: MakeGateway):
    gateway = make_gateway(policy=session_policy(copy_seconds=3600.0))
    gateway.world.add_phone(FRIEND)

    def measure() -> None:
        gateway.directory.tell(A, Measured(100))
        gateway.run(20)

    old = gateway.connect("a", ME)
    gateway.run(3500)
    measure()
    assert copies(gateway) == []
    gateway.run(100)
    gateway.send("a", FRIEND)
    measure()
    assert gateway.browser("a") is old, "somebody is at work"
    gateway.run(70)
    assert copies(gateway) == [ME]
    assert gateway.browser("a") is not old
    change = gateway.events("a", "connection_change")[-2]
    assert (change["status"], change["reasonCode"]) == ("reconnecting", "LOGIN_COPY")
    assert gateway.state("a") is State.CONNECTED
    measure()
    gateway.run(600)
    assert copies(gateway) == [ME], "the next one is due in an hour"


def copy_login(gateway: Gateway) -> Callable[[], object]:
    """Somebody asks for a copy; gives the answer, or raises the refusal."""
    asked = gateway.request(A, messages.CopyLogin())
    return lambda: asked.value


def test_who_asks_for_a_copy_has_one_before_the_next_browser_does_anything(gateway: Gateway):
    old = gateway.connect("a", ME)
    asked = gateway.request(A, messages.CopyLogin())
    # Whatever else comes meanwhile.
    gateway.directory.tell(A, Measured(100))
    gateway.run_until(lambda: asked.answers)
    assert (asked.value, copies(gateway)) == (None, [ME])
    assert gateway.browsers.living("a") == []
    gateway.until("a", State.CONNECTED, 10)
    assert gateway.browser("a") is not old
    assert gateway.changes("a")[-3:] == ["connected", "reconnecting", "connected"]
    assert (gateway.record("a").failures, gateway.record("a").restarts) == (0, 0)
    assert gateway.events("a", "error") == []


def test_a_copy_waits_for_what_is_on_its_way_but_not_for_ever(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.hold_acks()
    sent = gateway.send("a", FRIEND, respond_async=True)
    copy_login(gateway)
    gateway.run(10)
    assert gateway.browser("a") is browser
    gateway.run(10)
    gateway.until("a", State.CONNECTED, 20)
    assert copies(gateway) == [ME]
    gateway.run(120)
    assert gateway.acks("a", sent.id) == ["sent"]
    assert gateway.inbox(FRIEND) == [sent.id]


def test_two_who_ask_share_one_copy(gateway: Gateway):
    gateway.connect("a", ME)
    first, second = copy_login(gateway), copy_login(gateway)
    gateway.run(20)
    assert (first(), second()) == (None, None)
    assert copies(gateway) == [ME]
    assert gateway.count_browsers("a") == 2


def test_without_a_browser_there_is_nothing_to_wait_for(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.close("a")
    assert gateway.ask(A, messages.CopyLogin()) is None
    assert gateway.state("a") is State.DISCONNECTED
    gateway.run(60)
    assert gateway.browsers.living("a") == []


def test_a_session_without_a_login_is_left_at_its_code(gateway: Gateway):
    gateway.show_qr("a")
    browser = gateway.browser("a")
    assert gateway.ask(A, messages.CopyLogin()) is None
    gateway.run(20)
    assert gateway.browser("a") is browser
    assert copies(gateway) == []


def test_a_browser_on_its_way_up_is_not_disturbed(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.restart("a")
    gateway.run_until(lambda: gateway.count_browsers("a") == 2)
    with pytest.raises(Refusal) as refused:
        gateway.ask(A, messages.CopyLogin())
    assert refused.value.code is Code.SESSION_BUSY
    gateway.until("a", State.CONNECTED, 10)


def test_whoever_waits_for_a_copy_is_answered_when_the_browser_dies(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.hold_acks()
    gateway.send("a", FRIEND, respond_async=True)
    answer = copy_login(gateway)
    gateway.run(1)
    browser.crash()
    gateway.until("a", State.RECONNECTING)
    assert answer() is None
    assert copies(gateway) == []


def waiting_for_a_copy(gateway: Gateway) -> Pending:
    """Asked for a while ago, and put off because a message is on its way."""
    gateway.connect("a", ME).hold_acks()
    gateway.send("a", FRIEND, respond_async=True)
    asked = gateway.request(A, messages.CopyLogin())
    gateway.run(14)
    return asked


def test_a_logout_goes_before_a_copy_that_waits(gateway: Gateway):
    copy = waiting_for_a_copy(gateway)
    gateway.browser("a").hang()
    logout = gateway.request(A, messages.LogOut())
    gateway.run(14)
    assert gateway.changes("a")[-1] == "disconnected"
    assert not copy.answers, "its browser is still there"
    gateway.run_until(lambda: logout.answers, 10)
    assert not gateway.record("a").has_login
    assert (copy.value, copies(gateway), gateway.count_browsers("a")) == (None, [], 1)
    assert gateway.logged("actor_failed") == []


def test_a_restart_on_its_way_down_is_not_interrupted_for_a_copy(gateway: Gateway):
    copy = waiting_for_a_copy(gateway)
    worker = gateway.mailbox("browser:a:1")
    worker.stall()
    gateway.restart("a")
    gateway.run(5)
    worker.resume()
    gateway.until("a", State.CONNECTED, 10)
    assert (copy.value, copies(gateway), gateway.count_browsers("a")) == (None, [ME], 2)
    assert gateway.changes("a")[-3:] == ["connected", "initializing", "connected"]
    assert [line for line in gateway.counted if isinstance(line, BrowserRestarted)] == [
        BrowserRestarted("a", Reason.RESTARTED)
    ]


def test_a_session_that_came_into_the_registry_is_taken_up(gateway: Gateway):
    """As an archive brings it: it has a login, and no browser."""
    gateway.connect("a", ME)
    with gateway.store.transaction() as transaction:
        transaction.save(SessionRecord("b", 1.0, since=1.0, state=State.RECONNECTING, has_login=False))
    status = gateway.ask(ROOT_ACTOR, move_messages.TakeUp("b"))
    assert status.record.id == "b"
    gateway.until("b", State.WAITING_SCAN, 10)
    opened = gateway.count_browsers("b")
    gateway.ask(ROOT_ACTOR, move_messages.TakeUp("b"))
    gateway.run(10)
    assert gateway.count_browsers("b") == opened
    with pytest.raises(Refusal) as refused:
        gateway.ask(ROOT_ACTOR, move_messages.TakeUp("c"))
    assert refused.value.code is Code.SESSION_NOT_FOUND


def test_one_more_needs_room(make_gateway: MakeGateway):
    gateway = make_gateway(max_sessions=1)
    assert gateway.ask(ROOT_ACTOR, move_messages.RequireRoom("b")) is None
    gateway.connect("a", ME)
    with pytest.raises(Refusal) as refused:
        gateway.ask(ROOT_ACTOR, move_messages.RequireRoom("b"))
    assert refused.value.code is Code.RESOURCE_LIMIT
