"""A daemon that dies disconnects nobody: the next one takes its browsers over, and nobody notices."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from tests.defaults import session_policy
from wppmt.domain import messages, sends
from wppmt.domain.messages import session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import Desired

ME, OTHER, FRIEND = "5511999990001", "5511999990002", "5511888880001"
A = session_address("a")


@pytest.fixture(params=range(5))
def gateway(request: pytest.FixtureRequest, make_gateway: MakeGateway) -> Gateway:
    """Whoever comes first."""
    made = make_gateway(seed=request.param)
    made.world.add_phone(FRIEND)
    return made


def adopted(gateway: Gateway) -> None:
    """The daemon dies, and the next one has what it left."""
    before = len(gateway.logged("browser_adopted"))
    gateway.kill_daemon()
    gateway.boot()
    gateway.run_until(lambda: len(gateway.logged("browser_adopted")) > before, 5)
    gateway.run(1)


def test_a_code_that_an_earlier_daemon_showed_counts_once(make_gateway: MakeGateway):
    gateway = make_gateway(policy=session_policy(qr_max=2))
    gateway.show_qr("a")
    gateway.kill_daemon()
    gateway.boot()
    gateway.until("a", State.DISCONNECTED, 900)
    assert len(gateway.events("a", "qr_code")) == 2


def test_nobody_notices(gateway: Gateway):
    browsers = [gateway.connect("a", ME), gateway.connect("b", OTHER)]
    told = gateway.events("a"), gateway.events("b")
    adopted(gateway)
    gateway.run(600)
    assert (gateway.events("a"), gateway.events("b")) == told
    assert [gateway.browsers.living(name) for name in "ab"] == [[browser] for browser in browsers]
    assert len(gateway.browsers.openings) == 2
    assert gateway.send("a", OTHER).ack == 1
    gateway.run_until(lambda: gateway.received("b"), 5)
    assert {name: load.pss for name, load in gateway.runtime.browsers.loads().items()} == {
        "a": 120.0,
        "b": 120.0,
    }


def test_nor_the_second_and_third_time(gateway: Gateway):
    browser = gateway.connect("a", ME)
    told = gateway.events("a")
    for _ in range(3):
        adopted(gateway)
    assert gateway.events("a") == told
    assert gateway.browsers.living("a") == [browser]
    browser.crash()
    gateway.until("a", State.RECONNECTING, 5)
    gateway.until("a", State.CONNECTED)


def test_what_the_page_reported_meanwhile_is_reported_once(gateway: Gateway):
    browser = gateway.connect("a", ME)
    sent = gateway.send("a", FRIEND).id
    before = browser.receive(FRIEND)
    gateway.run_until(lambda: gateway.received("a"))
    gateway.kill_daemon()
    meanwhile = [browser.receive(FRIEND) for _ in range(3)]
    browser.ack(sent, 2)
    browser.ack(sent, 3)
    gateway.run(60)
    gateway.boot()
    gateway.run(20)
    after = browser.receive(FRIEND)
    gateway.run(20)
    assert gateway.received("a") == [before, *meanwhile, after]
    assert gateway.acks("a", sent) == ["sent", "delivered", "read"]
    assert not [e for e in gateway.events("a", "message_received") if e.get("backfilled")]


def test_what_fell_out_of_the_ring_is_fetched_from_the_chats(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.kill_daemon()
    ids = [browser.receive(FRIEND) for _ in range(3)]
    browser.page._ring.clear()
    gateway.boot()
    gateway.run(20)
    assert gateway.received("a") == ids
    assert all(event["backfilled"] for event in gateway.events("a", "message_received"))


@pytest.mark.slow
@pytest.mark.parametrize("steps", range(0, 24, 3))
def test_a_send_under_way_arrives_once(gateway: Gateway, steps: int):
    gateway.connect("a", ME)
    pending = gateway.request(A, sends.SendText(FRIEND, "oi", respond_async=True))
    for _ in range(steps):
        gateway.step()
    adopted(gateway)
    gateway.run(120)
    assert len(gateway.inbox(FRIEND)) == (1 if pending.answers or gateway.inbox(FRIEND) else 0)
    if pending.answers:
        assert gateway.acks("a", pending.value.id) == ["sent"]


def crash(gateway: Gateway) -> None:
    gateway.browser("a").crash()


def hang(gateway: Gateway) -> None:
    gateway.browser("a").hang()


def lose_line(gateway: Gateway) -> None:
    gateway.browser("a").lose_line()


@pytest.mark.slow
@pytest.mark.parametrize("trouble", [crash, hang, lose_line])
def test_what_cannot_be_adopted_is_ended_and_started_anew(
    gateway: Gateway, trouble: Callable[[Gateway], None]
):
    gateway.connect("a", ME)
    neighbour = gateway.connect("b", OTHER)
    gateway.kill_daemon()
    trouble(gateway)
    missed = gateway.browsers.send_from_phone(FRIEND, ME, "oi")
    gateway.boot()
    gateway.until("a", State.RECONNECTING, 5)
    assert gateway.reason("a") is Reason.DAEMON_RESTARTED
    gateway.until("a", State.CONNECTED, 5)
    gateway.run(30)
    assert gateway.count_browsers("a") == 2
    assert gateway.browsers.living("a") == [gateway.browser("a")]
    assert len(gateway.events("a", "qr_code")) == 1
    assert gateway.record("a").failures == 0
    assert gateway.record("a").quick_retry
    assert gateway.received("a") == [missed]
    assert gateway.browsers.living("b") == [neighbour]
    assert len(gateway.changes("b")) == 3


def test_an_adoption_that_hangs_has_a_deadline(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.connect("b", OTHER)
    gateway.kill_daemon()
    gateway.boot()
    gateway.hang_start("a")
    gateway.run(5)
    assert gateway.send("b", FRIEND).ack == 1
    waiting = gateway.request(A, sends.SendText(FRIEND, "oi"))
    gateway.until("a", State.RECONNECTING, gateway.policy.adopt_deadline)
    gateway.until("a", State.CONNECTED, 5)
    gateway.run_until(lambda: waiting.answers, 5)
    assert waiting.value.ack == 1
    assert len(gateway.browsers.living("a")) == 1


def test_adoptions_take_no_place(make_gateway: MakeGateway):
    gateway = make_gateway(starts_at_once=1)
    numbers = {name: f"551199999000{index}" for index, name in enumerate("abcde")}
    for name, number in numbers.items():
        gateway.connect(name, number)
    gateway.kill_daemon()
    gateway.browser("a").crash()
    gateway.boot()
    gateway.hang_start("a")
    gateway.run(3)
    assert {line.session_id for line in gateway.logged("browser_adopted")} == set("bcde")


@pytest.mark.slow
def test_a_phone_that_went_offline_meanwhile_is_reported(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.kill_daemon()
    browser.phone_offline()
    gateway.boot()
    gateway.until("a", State.PHONE_DISCONNECTED, 15)
    adopted(gateway)
    assert gateway.state("a") is State.PHONE_DISCONNECTED
    gateway.kill_daemon()
    browser.phone_online()
    gateway.boot()
    gateway.until("a", State.CONNECTED, 5)
    assert gateway.changes("a")[-2:] == ["phone_disconnected", "connected"]
    assert gateway.browsers.living("a") == [browser]


def test_a_page_reloaded_meanwhile_is_adopted(gateway: Gateway):
    browser = gateway.connect("a", ME)
    told = gateway.events("a")
    gateway.kill_daemon()
    missed = browser.receive(FRIEND)
    browser.reload()
    gateway.boot()
    gateway.run(60)
    assert gateway.received("a") == [missed]
    assert gateway.events("a")[: len(told)] == told
    assert len(gateway.events("a")) == len(told) + 1
    assert gateway.browsers.living("a") == [browser]


def test_a_phone_unlinked_meanwhile_gets_a_new_code_with_its_reason(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.kill_daemon()
    browser.unlink()
    gateway.run(30)
    gateway.boot()
    gateway.until("a", State.WAITING_SCAN, 30)
    assert gateway.reason("a") is Reason.LOGGED_OUT
    assert gateway.events("a", "error") == []


def test_a_close_while_adopting_is_final(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run_until(lambda: gateway.state("a"))
    closed = gateway.request(A, messages.CloseSession())
    gateway.run(60)
    assert closed.value.record.desired is Desired.STOPPED
    assert gateway.state("a") is State.DISCONNECTED
    assert gateway.browsers.living("a") == []


@pytest.mark.parametrize("trouble", [None, lose_line])
def test_a_logout_while_adopting_unlinks(gateway: Gateway, trouble: Callable[[Gateway], None] | None):
    gateway.connect("a", ME)
    gateway.kill_daemon()
    if trouble:
        trouble(gateway)
    gateway.boot()
    gateway.run_until(lambda: gateway.state("a"))
    assert gateway.log_out("a").unlinked
    assert gateway.world.phones[ME].linked is None
    assert gateway.browsers.living("a") == []


@pytest.mark.parametrize("trouble", [None, lose_line])
def test_a_restart_while_adopting_gives_one_new_browser(
    gateway: Gateway, trouble: Callable[[Gateway], None] | None
):
    gateway.connect("a", ME)
    gateway.kill_daemon()
    if trouble:
        trouble(gateway)
    gateway.boot()
    gateway.run_until(lambda: gateway.state("a"))
    gateway.restart("a")
    gateway.run_until(lambda: gateway.count_browsers("a") == 2)
    gateway.until("a", State.CONNECTED)
    assert gateway.browsers.living("a") == [gateway.browser("a")]
    assert gateway.browsers.doubles == []


def test_an_adopted_session_earns_its_quick_retry(gateway: Gateway):
    gateway.connect("a", ME).crash()
    gateway.until("a", State.RECONNECTING)
    gateway.until("a", State.CONNECTED)
    assert gateway.record("a").quick_retry is False
    adopted(gateway)
    gateway.run(70)
    assert gateway.record("a").quick_retry


# ---- at the QR screen


def test_a_code_on_the_screen_stays_there_and_nobody_notices(gateway: Gateway):
    code = gateway.show_qr("a")
    browser, told, shown = gateway.browser("a"), gateway.events("a"), gateway.status("a").qr
    gateway.run(20)
    adopted(gateway)
    assert gateway.events("a") == told
    assert gateway.status("a").qr == shown
    assert gateway.state("a") is State.WAITING_SCAN
    assert gateway.browsers.scan(code, ME)
    gateway.until("a", State.CONNECTED, 5)
    assert gateway.changes("a") == ["initializing", "waiting_scan", "connected"]
    assert gateway.events("a")[-1]["previousStatus"] == "waiting_scan"
    assert gateway.browsers.living("a") == [browser]
    assert len(gateway.browsers.openings) == 1


def test_a_code_that_came_meanwhile_is_reported_with_the_time_that_is_left(gateway: Gateway):
    gateway.show_qr("a")
    gateway.kill_daemon()
    second = gateway.browser("a").show_qr("2@second")
    until = gateway.time.moment + 20
    gateway.run(12)
    gateway.boot()
    gateway.run(2)
    shown = gateway.status("a").qr
    assert shown
    assert shown.text == second
    assert shown.expires_at == pytest.approx(until, abs=0.01)
    assert [len(gateway.events("a", name)) for name in ("qr_code", "connection_change")] == [2, 2]
    assert gateway.browsers.scan(second, ME)
    gateway.until("a", State.CONNECTED, 5)


def test_codes_go_on_after_an_adoption_and_expire_as_ever(gateway: Gateway):
    gateway.show_qr("a")
    adopted(gateway)
    gateway.until("a", State.DISCONNECTED)
    gateway.run(10)
    assert gateway.reason("a") is Reason.QR_EXPIRED
    assert gateway.count_browsers("a") == 1
    assert gateway.browsers.living("a") == []


def test_a_code_scanned_meanwhile_is_no_lost_login(gateway: Gateway):
    gateway.show_qr("a")
    browser = gateway.browser("a")
    gateway.kill_daemon()
    assert gateway.browsers.scan(browser.show_qr("2@rotated"), ME)
    gateway.run(5)
    missed = browser.receive(FRIEND)
    gateway.boot()
    gateway.until("a", State.CONNECTED, 5)
    gateway.run(30)
    assert gateway.changes("a") == ["initializing", "waiting_scan", "connected"]
    assert gateway.events("a", "error") == []
    assert len(gateway.events("a", "qr_code")) == 1
    assert gateway.received("a") == [missed]
    assert gateway.browsers.living("a") == [browser]


def test_a_pairing_code_goes_on_being_the_one_that_is_typed(gateway: Gateway):
    gateway.start("a", pairing_phone=ME)
    gateway.run_until(lambda: gateway.state("a") and gateway.status("a").pairing_code)
    gateway.run(1)
    code, told = gateway.status("a").pairing_code, gateway.events("a")
    adopted(gateway)
    assert gateway.status("a").pairing_code == code
    assert gateway.events("a") == told
    assert gateway.browsers.scan(code, ME)
    gateway.until("a", State.CONNECTED, 5)
    assert gateway.count_browsers("a") == 1


def test_a_page_that_was_loading_is_adopted_too(gateway: Gateway):
    gateway.start("a")
    gateway.run_until(lambda: gateway.record("a").process)
    gateway.kill_daemon()
    gateway.boot()
    gateway.until("a", State.WAITING_SCAN, 30)
    assert gateway.count_browsers("a") == 1
    assert gateway.changes("a") == ["initializing", "waiting_scan"]


@pytest.mark.parametrize("trouble", [crash, hang, lose_line])
def test_a_qr_screen_that_cannot_be_adopted_is_begun_anew(
    gateway: Gateway, trouble: Callable[[Gateway], None]
):
    gateway.show_qr("a")
    gateway.kill_daemon()
    trouble(gateway)
    gateway.boot()
    gateway.run_until(lambda: gateway.count_browsers("a") == 2, 30)
    gateway.until("a", State.WAITING_SCAN, 5)
    assert gateway.browsers.living("a") == [gateway.browser("a")]
    assert gateway.changes("a") == ["initializing", "waiting_scan", "initializing", "waiting_scan"]
    assert gateway.record("a").failures == 0
