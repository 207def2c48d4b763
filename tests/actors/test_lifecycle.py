"""Start, close, restart, log out, purge: twice, from every state, and across daemons."""

from __future__ import annotations

import pytest

from actors.supervisor.messages import MemoryMeasured, ShutDown
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from tests.defaults import session_policy
from wppmt.browser.fake.browsers import FakeTimes
from wppmt.browser.port import StartFailed
from wppmt.domain import messages, sends
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.page_condition import Facts
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import Desired

ME, FRIEND = "5511999990001", "5511888880001"
A = session_address("a")


def bring_to(gateway: Gateway, state: State) -> None:
    """Session `a`, in this state."""
    if state is State.DISCONNECTED:
        gateway.connect("a", ME)
        gateway.close("a")
    elif state is State.INITIALIZING:
        gateway.start("a")
        gateway.run_until(lambda: gateway.browsers.living("a"))
    elif state is State.WAITING_SCAN:
        gateway.show_qr("a")
    else:
        browser = gateway.connect("a", ME)
        if state is State.PHONE_DISCONNECTED:
            browser.phone_offline()
        elif state is State.RECONNECTING:
            gateway.browsers.refuse_start("a", "BROWSER_CRASHED", times=1)
            browser.crash()
            gateway.run_until(lambda: gateway.record("a").failures == 2)
        elif state is State.ERROR:
            browser.set_facts(mode="TOS_BLOCK")
    gateway.until("a", state)


def settled(gateway: Gateway) -> State | None:
    """Where the session ends up when everything works."""
    gateway.run(120)
    return gateway.state("a")


def test_a_start_answers_at_once_and_says_that_it_is_new(gateway: Gateway):
    started = gateway.start("a", description="Conta A")
    assert started.created
    assert started.status.record.state is State.INITIALIZING
    assert started.status.record.description == "Conta A"
    assert not gateway.start("a").created


def test_a_hundred_starts_at_once_give_one_browser(gateway: Gateway):
    replies = [gateway.request(ROOT_ACTOR, messages.StartSession("a")) for _ in range(100)]
    gateway.until("a", State.WAITING_SCAN)
    assert sum(reply.value.created for reply in replies) == 1
    assert gateway.count_browsers("a") == 1


@pytest.mark.parametrize("state", State)
def test_start_works_in_every_state_and_ends_nothing(gateway: Gateway, state: State):
    bring_to(gateway, state)
    opened = gateway.count_browsers("a")
    status = gateway.start("a").status
    if state is State.DISCONNECTED:
        assert status.record.state is State.INITIALIZING
        assert settled(gateway) is State.CONNECTED
    else:
        assert status.record.state is state
        assert gateway.count_browsers("a") == opened


@pytest.mark.parametrize("state", State)
def test_close_works_in_every_state_and_twice(gateway: Gateway, state: State):
    bring_to(gateway, state)
    for _ in range(2):
        status = gateway.close("a")
        assert status.record.state is State.DISCONNECTED
        assert status.record.reason is Reason.STOPPED or state is State.DISCONNECTED
        assert gateway.browsers.living("a") == []
    opened = gateway.count_browsers("a")
    gateway.run(600)
    assert gateway.state("a") is State.DISCONNECTED
    assert gateway.count_browsers("a") == opened


@pytest.mark.parametrize("state", State)
def test_restart_works_in_every_state_and_gives_a_new_browser(gateway: Gateway, state: State):
    bring_to(gateway, state)
    has_login = gateway.record("a").has_login
    gateway.restart("a")
    gateway.restart("a")
    gateway.settle()
    assert gateway.record("a").failures == 0
    before = gateway.count_browsers("a")
    assert settled(gateway) is (State.CONNECTED if has_login else State.WAITING_SCAN)
    assert len(gateway.browsers.living("a")) == 1
    assert gateway.count_browsers("a") >= before


@pytest.mark.parametrize("state", State)
def test_logout_works_in_every_state_and_twice(gateway: Gateway, state: State):
    bring_to(gateway, state)
    gateway.log_out("a")
    assert gateway.log_out("a").unlinked
    record = gateway.record("a")
    assert record.state is State.DISCONNECTED
    assert record.reason is Reason.LOGGED_OUT
    assert not record.has_login
    assert gateway.browsers.living("a") == []
    assert not gateway.has_profile("a")
    gateway.run(300)
    assert gateway.state("a") is State.DISCONNECTED
    assert not gateway.logged("actor_failed")


@pytest.mark.parametrize("state", State)
def test_purge_works_in_every_state_and_forgets_everything(gateway: Gateway, state: State):
    bring_to(gateway, state)
    gateway.purge("a")
    gateway.run(10)
    assert gateway.state("a") is None
    assert gateway.store.session("a") is None
    assert gateway.events("a") == []
    for ask in (gateway.purge, gateway.restart, gateway.close):
        with pytest.raises(Refusal) as refused:
            ask("a")
        assert refused.value.code is Code.SESSION_NOT_FOUND
    assert gateway.start("a").created


def test_a_restart_during_a_purge_brings_nothing_back(gateway: Gateway):
    bring_to(gateway, State.DISCONNECTED)
    gateway.request(ROOT_ACTOR, messages.PurgeSession("a"))
    gateway.request(ROOT_ACTOR, messages.RestartSession("a"))
    gateway.run(300)
    assert gateway.store.session("a") is None


def test_logout_unlinks_a_stopped_session_too(gateway: Gateway):
    bring_to(gateway, State.DISCONNECTED)
    assert gateway.log_out("a").unlinked
    phone = gateway.world.find(ME)
    assert phone
    assert phone.linked is None


def test_a_logout_without_a_browser_removes_the_profile_and_says_so(gateway: Gateway):
    bring_to(gateway, State.DISCONNECTED)
    gateway.browsers.refuse_start("a", "CHROME_MISSING", times=100)
    assert not gateway.log_out("a").unlinked
    assert not gateway.has_profile("a")
    assert not gateway.record("a").has_login
    # The phone still lists the device.
    assert gateway.reason("a") is Reason.NOT_UNLINKED


def test_a_logout_of_a_closed_session_whose_profile_cannot_be_read_is_answered(gateway: Gateway):
    bring_to(gateway, State.DISCONNECTED)
    gateway.browsers.refuse_start("a", "TOKEN_CORRUPT", times=100)
    assert not gateway.log_out("a").unlinked
    assert not gateway.has_profile("a")
    assert (gateway.state("a"), gateway.reason("a")) == (State.DISCONNECTED, Reason.NOT_UNLINKED)


def test_a_logout_that_the_page_announced_counts_also_when_its_answer_never_comes(gateway: Gateway):
    browser = gateway.connect("a", ME)
    logout = gateway.request(A, messages.LogOut())
    browser.unlink("user_initiated")
    browser.crash()
    gateway.run_until(lambda: logout.answers)
    assert logout.value.unlinked
    assert gateway.reason("a") is Reason.LOGGED_OUT


def test_logout_of_a_hung_page_removes_the_profile_and_says_so(gateway: Gateway):
    gateway.connect("a", ME).hang()
    assert not gateway.log_out("a").unlinked
    assert not gateway.has_profile("a")
    gateway.run(300)
    assert not gateway.logged("actor_failed")


def test_a_login_that_ended_meanwhile_is_logged_out_without_waiting(gateway: Gateway):
    bring_to(gateway, State.DISCONNECTED)
    gateway.world.unlink("a", page_is_open=False)
    begin = gateway.time.moment
    assert gateway.log_out("a").unlinked
    assert gateway.time.moment - begin < 10


def test_a_logout_leaves_no_browser_of_an_earlier_daemon_on_the_profile(gateway: Gateway):
    gateway.connect("a", ME).hang()
    gateway.kill_daemon()
    gateway.hang_start("a")
    gateway.boot()
    gateway.hang_start("a")
    gateway.run(2)
    gateway.log_out("a")
    assert gateway.browsers.living("a") == []
    assert not gateway.has_profile("a")


def test_a_start_during_a_logout_is_refused_and_nothing_is_done(gateway: Gateway):
    gateway.connect("a", ME)
    logout = gateway.request(A, messages.LogOut())
    gateway.run_until(lambda: gateway.record("a").desired is Desired.STOPPED)
    with pytest.raises(Refusal) as refused:
        gateway.start("a")
    assert refused.value.code is Code.SESSION_BUSY
    assert settled(gateway) is State.DISCONNECTED
    assert logout.value.unlinked
    assert not gateway.has_profile("a")


@pytest.mark.parametrize("daemon", ["lives", "dies"])
def test_a_restart_during_a_logout_is_done_after_it(gateway: Gateway, daemon: str):
    gateway.connect("a", ME)
    gateway.close("a")
    logout = gateway.request(A, messages.LogOut())
    gateway.run_until(lambda: gateway.browsers.living("a"))
    gateway.restart("a")
    if daemon == "dies":
        gateway.settle()
        gateway.kill_daemon()
        gateway.boot()
        gateway.until("a", State.CONNECTED, 60)
    else:
        gateway.until("a", State.WAITING_SCAN, 60)
        assert logout.value.unlinked
        assert gateway.reason("a") is Reason.SCAN_QR
    assert gateway.record("a").desired is Desired.RUNNING


@pytest.mark.parametrize("verb", [messages.CloseSession(), messages.LogOut()], ids=["close", "logout"])
def test_the_last_word_during_a_logout_counts(gateway: Gateway, verb: object):
    gateway.connect("a", ME)
    logout = gateway.request(A, messages.LogOut())
    gateway.restart("a")
    gateway.request(A, verb)
    gateway.run(120)
    assert logout.value.unlinked
    assert settled(gateway) is State.DISCONNECTED
    assert gateway.record("a").desired is Desired.STOPPED


@pytest.mark.parametrize("steps", range(0, 40, 4))
def test_a_logout_amid_a_send_leaves_nothing_and_sends_once_at_most(gateway: Gateway, steps: int):
    gateway.connect("a", ME)
    gateway.world.add_phone(FRIEND)
    send = gateway.request(A, sends.SendText(FRIEND, "oi"))
    for _ in range(steps):
        gateway.step()
    logout = gateway.request(A, messages.LogOut())
    gateway.run_until(lambda: send.answers and logout.answers)
    gateway.run(60)
    assert gateway.state("a") is State.DISCONNECTED
    assert not gateway.browsers.living("a")
    assert not gateway.has_profile("a")
    assert len(gateway.inbox(FRIEND)) <= 1
    if isinstance(send.answers[0], sends.Sent) and send.answers[0].ack:
        assert gateway.inbox(FRIEND) == [send.answers[0].id]


@pytest.mark.parametrize("steps", range(0, 40, 4))
def test_a_close_amid_a_start_leaves_no_browser(gateway: Gateway, steps: int):
    gateway.request(ROOT_ACTOR, messages.StartSession("a"))
    for _ in range(steps):
        gateway.step()
    close = gateway.request(A, messages.CloseSession())
    gateway.run(60)
    assert len(close.answers) == 1
    if isinstance(close.answers[0], Refusal):
        gateway.close("a")
        gateway.run(60)
    assert gateway.state("a") is State.DISCONNECTED
    assert not gateway.browsers.living("a")


def test_a_close_during_a_logout_does_not_stop_it(gateway: Gateway):
    gateway.connect("a", ME)
    logout = gateway.request(A, messages.LogOut())
    close = gateway.request(A, messages.CloseSession())
    gateway.run_until(lambda: logout.answers and close.answers)
    assert logout.value.unlinked
    assert close.value.record.state is State.DISCONNECTED


def test_what_a_page_owed_when_the_logout_gave_up_is_owed_no_more(make_gateway: MakeGateway):
    gateway = make_gateway(policy=session_policy(logout_deadline=10))
    gateway.connect("a", ME)
    gateway.close("a")
    logout = gateway.request(A, messages.LogOut())
    gateway.run_until(lambda: gateway.browsers.living("a"))
    half_way = Facts(authenticated=True, registered=True, mode="SYNCING")
    gateway.browser("a").page._main_facts = lambda: half_way  # type: ignore[method-assign]
    gateway.run(300)
    assert not logout.value.unlinked
    assert not gateway.logged("actor_failed")
    assert gateway.count_browsers("a") == 2


def test_a_page_that_is_slow_to_log_out_is_asked_once(make_gateway: MakeGateway):
    gateway = make_gateway(times=FakeTimes(call=5.0, beat=1.0))
    bring_to(gateway, State.DISCONNECTED)
    logout = gateway.request(A, messages.LogOut())
    gateway.run_until(lambda: gateway.browsers.living("a"))
    page = gateway.browser("a")
    # It shows its main screen again and again; stopped before its answer, it does all that it was asked for together.
    gateway.run(4)
    page.hang()
    gateway.run(5)
    page.wake()
    gateway.run_until(lambda: logout.answers)
    assert logout.value.unlinked
    assert [function for function, _ in page.calls].count("logout") == 1


IN_USE = StartFailed("PROFILE_LOCKED", "outro processo usa o perfil")


@pytest.mark.parametrize("trouble", [PermissionError("a"), IN_USE], ids=["no permission", "in use"])
def test_a_profile_that_cannot_be_removed_is_not_called_removed(gateway: Gateway, trouble: Exception):
    gateway.connect("a", ME).hang()
    let_removal_fail(gateway, trouble)
    with pytest.raises(Refusal) as refused:
        gateway.log_out("a")
    assert refused.value.code is Code.OUTCOME_UNKNOWN
    assert gateway.record("a").has_login
    assert gateway.reason("a") is Reason.STOPPED
    assert [line.details["error"] for line in gateway.logged("profile_not_removed")] == [str(trouble)]
    del gateway.browsers.remove_profile
    assert gateway.log_out("a").unlinked
    assert not gateway.record("a").has_login


def test_a_login_that_whatsapp_has_ended_counts_as_logged_out(gateway: Gateway):
    gateway.connect("a", ME)
    let_removal_fail(gateway, IN_USE)
    assert gateway.log_out("a").unlinked
    assert not gateway.record("a").has_login
    assert gateway.logged("profile_not_removed")


def test_a_purge_forgets_nothing_while_the_profile_is_on_the_disk(gateway: Gateway):
    gateway.connect("a", ME)
    let_removal_fail(gateway, IN_USE)
    with pytest.raises(Refusal) as refused:
        gateway.purge("a")
    assert refused.value.code is Code.OUTCOME_UNKNOWN
    assert gateway.state("a") is State.DISCONNECTED
    assert not gateway.record("a").has_login
    assert not gateway.logged("actor_failed")
    del gateway.browsers.remove_profile
    gateway.purge("a")
    gateway.run(10)
    assert gateway.store.session("a") is None


def let_removal_fail(gateway: Gateway, trouble: Exception) -> None:
    def remove(session_id: str) -> None:
        raise trouble

    gateway.browsers.remove_profile = remove  # type: ignore[method-assign]


def test_a_start_right_behind_a_purge_ends_in_one_clear_state(make_gateway: MakeGateway):
    gateway = make_gateway(seed=1)
    for _ in range(20):
        gateway.connect("a", ME)
        gateway.purge("a")
        try:
            gateway.start("a")
        except Refusal:  # nothing was done: the old actor was just on its way out
            assert gateway.start("a").created
        gateway.until("a", State.WAITING_SCAN, 30)
        gateway.purge("a")


def test_a_restart_waits_for_the_old_browser_even_when_that_is_stuck(gateway: Gateway):
    gateway.connect("a", ME)
    stuck = gateway.mailbox(f"browser:a:{gateway.record('a').generation}")
    stuck.stall()
    gateway.restart("a")
    gateway.until("a", State.CONNECTED, limit=60)
    assert len(gateway.browsers.living("a")) == 1


def test_settings_given_at_a_start_stay(gateway: Gateway):
    gateway.start("a", webhook_url="http://eu.test/a", events=("error",), max_messages_per_day=35)
    record = gateway.start("a", description="depois").status.record
    assert record.webhook_url == "http://eu.test/a"
    assert record.webhook_events == ("error",)
    assert record.max_messages_per_day == 35
    assert record.description == "depois"


def test_the_limit_counts_sessions_that_should_run(make_gateway: MakeGateway):
    gateway = make_gateway(max_sessions=2)
    gateway.start("a")
    gateway.start("b")
    with pytest.raises(Refusal) as refused:
        gateway.start("c")
    assert refused.value.code is Code.RESOURCE_LIMIT
    [detail] = refused.value.details
    assert (detail["field"], detail["current"], detail["limit"]) == ("sessions", 2, 2)
    gateway.close("a")
    gateway.start("c")
    with pytest.raises(Refusal) as refused:
        gateway.restart("a")
    assert refused.value.code is Code.RESOURCE_LIMIT


def test_every_change_names_the_state_before_it_across_daemons(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.kill_daemon()
    gateway.boot()
    gateway.until("a", State.CONNECTED)
    gateway.shut_down()
    gateway.boot()
    gateway.until("a", State.CONNECTED)
    gateway.close("a")
    before = State.DISCONNECTED.value
    for change in gateway.events("a", "connection_change"):
        assert change["previousStatus"] == before
        before = change["status"]
    assert before == State.DISCONNECTED.value


def test_a_boot_brings_back_what_should_run_and_nothing_else(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.connect("b", FRIEND)
    gateway.close("b")
    gateway.show_qr("c")
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(60)
    assert gateway.state("a") is State.CONNECTED
    assert gateway.state("b") is State.DISCONNECTED
    assert gateway.state("c") is State.WAITING_SCAN
    assert [len(gateway.browsers.living(name)) for name in "abc"] == [1, 0, 1]


def test_a_start_goes_on_after_the_daemon_died_before_its_first_step(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.close("a")
    record = gateway.record("a")
    gateway.kill_daemon()
    with gateway.store.transaction() as transaction:
        transaction.save(type(record)(id="a", created_at=1.0, since=2.0, has_login=True))
    gateway.boot()
    gateway.until("a", State.CONNECTED, 30)
    assert not gateway.logged("actor_failed")


@pytest.mark.parametrize("seed", range(10))
def test_no_browser_of_a_closed_session_outlives_a_killed_daemon(make_gateway: MakeGateway, seed: int):
    gateway = make_gateway(seed=seed)
    gateway.connect("a", ME)
    gateway.request(A, messages.CloseSession())
    gateway.run_until(lambda: gateway.record("a").desired is Desired.STOPPED)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(60)
    assert gateway.state("a") is State.DISCONNECTED
    assert gateway.browsers.living("a") == []


def test_a_shutdown_closes_all_browsers_and_keeps_all_logins(gateway: Gateway):
    numbers = {name: f"551199999000{index}" for index, name in enumerate("abcd")}
    for name, number in numbers.items():
        gateway.connect(name, number)
    gateway.browser("a").hang()
    gateway.browsers.refuse_start("b", "BROWSER_CRASHED", times=3)
    gateway.browser("b").crash()
    gateway.run(40)
    assert gateway.shut_down() == ()
    gateway.run(600)
    for name in numbers:
        assert gateway.browsers.living(name) == []
        assert gateway.record(name).desired is Desired.RUNNING
        assert gateway.has_profile(name)
    gateway.boot()
    gateway.run(60)
    assert [gateway.state(name) for name in numbers] == [State.CONNECTED] * 4


def test_a_shutdown_waits_for_nobody_longer_than_its_deadline(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.connect("b", FRIEND)
    gateway.mailbox(A).stall()
    begin = gateway.time.moment
    assert gateway.shut_down(deadline=45) == ("a",)
    assert gateway.time.moment - begin <= 46
    assert gateway.browsers.living("a") == gateway.browsers.living("b") == []


def test_a_shutdown_leaves_a_slow_browser_its_time(gateway: Gateway):
    """Root looks for the dead and the hung every five seconds meanwhile."""
    gateway.connect("a", ME)
    gateway.world.profiles["a"].is_saved = False
    slow = gateway.mailbox(f"browser:a:{gateway.record('a').generation}")
    slow.stall()
    gateway.time.later(8, slow.resume)
    assert gateway.shut_down(deadline=45) == ()
    assert gateway.world.profiles["a"].login == ME


def test_nothing_is_started_any_more_while_the_daemon_stops(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.connect("b", FRIEND)
    gateway.mailbox(session_address("b")).stall()
    stop = gateway.request(ROOT_ACTOR, ShutDown(45.0))
    gateway.settle()
    for address, message in (
        (ROOT_ACTOR, messages.StartSession("c")),
        (ROOT_ACTOR, messages.StartSession("a")),
        (ROOT_ACTOR, messages.RestartSession("a")),
        (A, sends.SendText(FRIEND, "oi")),
        (A, messages.LogOut()),
    ):
        with pytest.raises(Refusal) as refused:
            gateway.ask(address, message)
        assert refused.value.code is Code.DRAINING
    gateway.run_until(lambda: stop.answers)
    gateway.run(300)
    assert gateway.browsers.living("a") == []


def test_a_shutdown_at_a_slow_screen_stays_shut_down(gateway: Gateway):
    gateway.connect("a", ME).set_facts(mode="SYNCING")
    gateway.run(30)
    gateway.shut_down()
    gateway.run(300)
    assert gateway.browsers.living("a") == []


def test_a_close_of_a_stuck_browser_is_answered_despite_a_logout(
    make_gateway: MakeGateway,
):
    gateway = make_gateway(policy=session_policy(logout_deadline=20))
    gateway.connect("a", ME)
    gateway.hang_start("a")
    gateway.restart("a")
    gateway.run(5)
    close = gateway.request(A, messages.CloseSession())
    gateway.run(5)
    assert not gateway.log_out("a").unlinked
    assert close.value.record.state is State.DISCONNECTED


def test_a_start_that_memory_does_not_allow_says_how_much_there_is(gateway: Gateway):
    gateway.directory.tell(ROOT_ACTOR, MemoryMeasured(5000, 100))
    gateway.settle()
    with pytest.raises(Refusal) as refused:
        gateway.start("a")
    assert refused.value.code is Code.RESOURCE_LIMIT
    [detail] = refused.value.details
    assert (detail["field"], detail["current"], detail["limit"]) == ("memory", 5000, 4096)


@pytest.mark.parametrize(
    ("for_memory", "reason"), [(True, Reason.RESOURCE_LIMIT), (False, Reason.BROWSER_CRASHED)]
)
def test_a_session_that_used_up_its_memory_says_so_and_comes_back(
    gateway: Gateway, for_memory: bool, reason: Reason
):
    gateway.connect("a", ME)
    gateway.connect("b", FRIEND)
    gateway.browser("a").drop_channel(for_memory=for_memory)
    gateway.run(0.1)
    assert gateway.status("a").record.reason is reason
    assert gateway.state("b") is State.CONNECTED
    gateway.run(60)
    assert gateway.state("a") is State.CONNECTED


def test_what_the_service_restarts_itself_is_audited(gateway: Gateway):
    gateway.connect("a", ME).crash()
    gateway.run_until(lambda: gateway.record("a").restarts == 1)
    assert audited(gateway) == [
        (None, "session.linked", "a", None), ("wppmt", "session.restart", "a", "BROWSER_CRASHED"),
    ]  # fmt: skip


def test_a_login_that_ends_is_audited_whoever_ended_it(gateway: Gateway):
    gateway.connect("a", ME).unlink()
    gateway.until("a", State.WAITING_SCAN)
    assert audited(gateway)[-1] == (None, "session.unlinked", "a", None)


def audited(gateway: Gateway) -> list[tuple[str | None, str, str | None, str | None]]:
    return [
        (entry.who, entry.action, entry.session_id, entry.target)
        for entry in gateway.store.audit_entries_after(0, 10)
    ]
