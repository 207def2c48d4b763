"""What WhatsApp's page says is wrong: told apart, told once, and reacted to as each deserves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actors.session.messages import DiskChecked
from actors.session.unit_of_work import error_payload
from tests.actors.gateway import Gateway, Pending
from wppmt.domain import messages, sends
from wppmt.domain.account_limits import Source
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State

ME, FRIEND, STRANGER = "5511999990001", "5511888880001", "5511777770001"


def errors(gateway: Gateway) -> list[str]:
    return [event["code"] for event in gateway.events("a", "error")]


def refusal(gateway: Gateway, to: str, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        gateway.send("a", to, **more)
    return refused.value


# ---- what needs a person


def test_an_answer_about_the_disk_that_nobody_waits_for_says_nothing_of_the_login(gateway: Gateway):
    gateway.connect("a", ME)
    generation = gateway.record("a").generation
    gateway.directory.tell(session_address("a"), DiskChecked(generation, is_short=False))
    gateway.run(10)
    assert (gateway.state("a"), gateway.reason("a")) == (State.CONNECTED, Reason.READY)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"banned": True}, Reason.ACCOUNT_BANNED),
        ({"mode": "TOS_BLOCK"}, Reason.ACCOUNT_RESTRICTED),
        ({"mode": "SMB_TOS_BLOCK"}, Reason.ACCOUNT_RESTRICTED),
    ],
)
def test_what_needs_a_person_is_one_error_at_once_and_ends_by_itself(
    gateway: Gateway, facts: dict[str, object], reason: Reason
):
    browser = gateway.connect("a", ME)
    browser.set_facts(**facts)
    gateway.settle()
    assert (gateway.state("a"), gateway.reason("a")) == (State.ERROR, reason)
    assert refusal(gateway, FRIEND).extra == {"status": "error", "reconnectRequired": True}
    gateway.run(300)
    assert errors(gateway) == [reason.value]
    assert gateway.count_browsers("a") == 1
    browser.set_facts(mode="MAIN", banned=False)
    gateway.settle()
    assert gateway.state("a") is State.CONNECTED


def test_the_last_error_is_known_beside_the_state_that_follows_it(gateway: Gateway):
    browser = gateway.connect("a", ME)
    assert gateway.status("a").last_error == ""
    browser.set_facts(banned=True)
    gateway.settle()
    browser.set_facts(banned=False)
    gateway.settle()
    [error] = gateway.events("a", "error")
    assert (gateway.state("a"), gateway.status("a").last_error) == (State.CONNECTED, error["error"])


def test_only_what_mends_itself_is_called_recoverable():
    by_themselves = {reason for reason in Reason if error_payload(reason)["recoverable"]}
    assert by_themselves == {
        Reason.RECONNECT_FAILED, Reason.AUTH_FAILED, Reason.REACHOUT_TIMELOCK, Reason.NEW_CHAT_QUOTA, Reason.ACKS_MISSING,
        Reason.WHATSAPP_CHANGED,
    }  # fmt: skip


def test_a_refused_pairing_is_reported_in_the_document_s_words():
    assert error_payload(Reason.AUTH_FAILED) == {
        "error": "Falha na autenticação", "code": "AUTH_FAILED", "recoverable": True,
    }  # fmt: skip


def test_a_passkey_is_asked_for_and_uses_up_no_codes(gateway: Gateway):
    gateway.show_qr("a")
    browser = gateway.browser("a")
    browser.set_facts(dialog="passkey")
    gateway.settle()
    assert (gateway.state("a"), gateway.reason("a")) == (State.ERROR, Reason.PASSKEY_REQUIRED)
    assert gateway.status("a").qr is None
    told = len(gateway.events("a", "qr_code"))
    gateway.run(600)
    assert len(gateway.events("a", "qr_code")) == told
    assert (gateway.state("a"), errors(gateway)) == (State.ERROR, ["PASSKEY_REQUIRED"])
    browser.set_facts(dialog="")
    browser.scan(ME)
    gateway.until("a", State.CONNECTED, 5)


def test_a_restart_after_a_passkey_shows_a_new_code(gateway: Gateway):
    gateway.show_qr("a")
    gateway.browser("a").set_facts(dialog="passkey")
    gateway.settle()
    gateway.restart("a")
    gateway.settle()
    gateway.until("a", State.WAITING_SCAN, 10)


def test_a_refused_pairing_is_reported_and_the_next_code_may_work(gateway: Gateway):
    gateway.show_qr("a")
    browser = gateway.browser("a")
    browser.page.emit("pairing_refused", {})
    gateway.run(1)
    assert (gateway.state("a"), errors(gateway)) == (State.WAITING_SCAN, ["AUTH_FAILED"])
    gateway.browsers.scan(browser.show_qr(), ME)
    gateway.until("a", State.CONNECTED, 5)


def test_a_dialog_that_stays_is_reported_once_and_stops_nothing(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.set_facts(dialog="other")
    gateway.run(10)
    assert errors(gateway) == []
    gateway.run(300)
    assert errors(gateway) == ["ACTION_REQUIRED"]
    assert gateway.state("a") is State.CONNECTED
    assert gateway.send("a", gateway.world.add_phone(FRIEND).number).ack == 1
    browser.set_facts(dialog="")
    gateway.run(30)
    browser.set_facts(dialog="other")
    gateway.run(60)
    assert errors(gateway) == ["ACTION_REQUIRED"] * 2


# ---- a page that is too old


def test_a_page_that_loads_itself_again_and_again_is_ended_in_time(gateway: Gateway):
    """As WhatsApp's does, which is refused as too old at every login."""
    browser = gateway.connect("a", ME)
    for _ in range(12):
        browser.reload()
        behind = replace(browser.page._main_facts(), mode="SYNCING", stream="SYNCING")
        browser.page._main_facts = lambda behind=behind: behind  # type: ignore[misc,method-assign]
        gateway.run(6)
    assert gateway.changes("a")[-3:] == ["connected", "reconnecting", "connected"]
    assert gateway.count_browsers("a") == 2


def test_a_page_that_is_too_old_is_opened_anew(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(70)
    # Ended in order, it writes what it has not yet.
    gateway.world.profiles["a"].is_saved = False
    browser.needs_update()
    gateway.settle()
    assert (gateway.state("a"), gateway.reason("a")) == (State.RECONNECTING, Reason.UPDATE_NEEDED)
    assert gateway.until("a", State.CONNECTED, 5) < 3
    assert (gateway.count_browsers("a"), errors(gateway)) == (2, [])
    assert [copy.login for copy in gateway.world.copies["a"]] == [ME], "it was stopped in order"


def test_one_that_is_too_old_even_then_needs_a_person(gateway: Gateway):
    gateway.connect("a", ME).needs_update()
    gateway.run_until(lambda: gateway.count_browsers("a") == 2)
    gateway.run_until(lambda: gateway.browser("a").page.facts.authenticated)
    gateway.browser("a").needs_update()
    gateway.until("a", State.ERROR, 30)
    gateway.run(600)
    assert (gateway.count_browsers("a"), errors(gateway)) == (2, ["UPDATE_NEEDED"])
    gateway.browser("a").set_facts(needs_update=False)
    gateway.settle()
    assert gateway.state("a") is State.CONNECTED


# ---- WhatsApp's cool-down on new contacts


@pytest.fixture
def cooling(gateway: Gateway) -> Gateway:
    """Connected; FRIEND has written before; WhatsApp has just refused a first message to STRANGER."""
    browser = gateway.connect("a", ME)
    for number in (FRIEND, STRANGER):
        gateway.world.add_phone(number)
    browser.receive(FRIEND)
    browser.refuse_next_send("reachout_timelock")
    refused = refusal(gateway, STRANGER)
    assert (refused.code, refused.retry_after) == (Code.REACHOUT_TIMELOCK, gateway.policy.limit_pause)
    return gateway


def test_new_contacts_wait_and_everyone_else_goes_on(cooling: Gateway):
    for minutes in range(1, 4):
        cooling.run(60)
        refused = refusal(cooling, STRANGER)
        assert refused.code is Code.REACHOUT_TIMELOCK
        assert refused.retry_after == pytest.approx(cooling.policy.limit_pause - 60 * minutes, abs=2)
        assert cooling.send("a", FRIEND).ack == 1
    assert (cooling.inbox(STRANGER), len(cooling.inbox(FRIEND))) == ([], 3)
    assert (cooling.state("a"), errors(cooling)) == (State.CONNECTED, ["REACHOUT_TIMELOCK"])


def test_who_does_not_wait_is_refused_at_once_too(cooling: Gateway):
    """The page may know nothing of the limit: it is asked with what the daemon knows, before anything is journalled."""
    sends_before = [name for name, _ in cooling.browser("a").calls].count("send_text")
    refused = refusal(cooling, STRANGER, respond_async=True)
    assert refused.code is Code.REACHOUT_TIMELOCK
    assert [name for name, _ in cooling.browser("a").calls].count("send_text") == sends_before
    assert cooling.store.unfinished("a") == []


def test_neither_a_restart_nor_a_new_daemon_forgets_the_pause(cooling: Gateway):
    cooling.restart("a")
    cooling.settle()
    cooling.until("a", State.CONNECTED, 10)
    assert refusal(cooling, STRANGER).code is Code.REACHOUT_TIMELOCK
    cooling.kill_daemon()
    cooling.boot()
    cooling.run(10)
    assert refusal(cooling, STRANGER).code is Code.REACHOUT_TIMELOCK
    assert errors(cooling) == ["REACHOUT_TIMELOCK"]


def test_another_account_begins_without_a_pause(cooling: Gateway):
    cooling.log_out("a")
    cooling.connect("a", "5511999990009")
    assert cooling.send("a", STRANGER).ack == 1


def test_whoever_writes_is_no_new_contact_any_more(cooling: Gateway):
    cooling.browser("a").receive(STRANGER)
    cooling.run(1)
    assert cooling.send("a", STRANGER).ack == 1


def test_the_pause_ends_and_one_more_refusal_begins_the_next(cooling: Gateway):
    cooling.run(cooling.policy.limit_pause)
    assert cooling.send("a", STRANGER).ack == 1
    cooling.browser("a").refuse_next_send("reachout_timelock")
    cooling.world.add_phone("5511666660001")
    assert refusal(cooling, "5511666660001").code is Code.REACHOUT_TIMELOCK
    assert errors(cooling) == ["REACHOUT_TIMELOCK"] * 2


@pytest.mark.parametrize(
    ("name", "word", "code"),
    [
        ("reachout", "reachout_timelock", Code.REACHOUT_TIMELOCK),
        ("quota", "new_chat_quota", Code.NEW_CHAT_QUOTA),
    ],
)
def test_a_limit_has_the_end_that_whatsapp_tells(gateway: Gateway, name: str, word: str, code: Code):
    browser = gateway.connect("a", ME)
    for number in (FRIEND, STRANGER):
        gateway.world.add_phone(number)
    browser.receive(FRIEND)
    end = gateway.time.moment + 50_000
    browser.page.limits.put(name, active=False, until=end)
    browser.refuse_next_send(word)
    refused = refusal(gateway, STRANGER)
    assert refused.code is code
    assert refused.retry_after == pytest.approx(50_000, abs=1)
    gateway.run(49_900)
    assert refusal(gateway, STRANGER).code is code
    assert gateway.send("a", FRIEND).ack == 1
    gateway.run(100)
    assert gateway.send("a", STRANGER).ack == 1
    assert errors(gateway) == [code.value]


@pytest.mark.parametrize("until", [None, 5000.0])
def test_a_limit_says_who_knows_its_end(gateway: Gateway, until: float | None):
    """Without WhatsApp's word it is a pause of our own."""
    page = gateway.connect("a", ME).page
    end = None if until is None else gateway.time.moment + until
    page.set_limit("quota", active=True, until=end, status="REACHED", used=7, total=7)
    gateway.run(1)
    limits = gateway.record("a").limits
    assert limits.quota_source is (Source.GATEWAY if until is None else Source.WHATSAPP)
    assert (limits.quota_status, limits.quota_used, limits.quota_total) == ("REACHED", 7, 7)


def test_a_limit_without_an_end_is_a_pause_that_hearing_of_it_again_does_not_prolong(gateway: Gateway):
    page = gateway.connect("a", ME).page
    gateway.world.add_phone(STRANGER)
    for waited in (0, 60):
        gateway.run(waited)
        page.set_limit("reachout", active=True, until=None, kind="DEFAULT")
        refused = refusal(gateway, STRANGER)
        assert refused.code is Code.REACHOUT_TIMELOCK
        assert refused.retry_after == pytest.approx(gateway.policy.limit_pause - waited, abs=2)
    [told] = gateway.events("a", "account_limit")
    assert (told["coolDown"]["kind"], told["coolDown"]["source"]) == ("DEFAULT", "gateway")


@pytest.mark.parametrize(
    ("name", "code"), [("reachout", Code.REACHOUT_TIMELOCK), ("quota", Code.NEW_CHAT_QUOTA)]
)
def test_a_limit_that_the_page_tells_of_is_kept_before_any_refusal(gateway: Gateway, name: str, code: Code):
    browser = gateway.connect("a", ME)
    gateway.world.add_phone(STRANGER)
    browser.page.set_limit(name, active=True, until=gateway.time.moment + 5000)
    refused = refusal(gateway, STRANGER)
    assert refused.code is code
    assert refused.retry_after == pytest.approx(5000, abs=1)
    assert errors(gateway) == [code.value]
    browser.page.set_limit(name, active=False, until=None)
    assert gateway.send("a", STRANGER).ack == 1


def test_what_waits_in_the_queue_when_the_pause_begins_is_not_sent_either(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.world.add_phone(STRANGER)
    browser.refuse_next_send("reachout_timelock")

    def begin(typing_ms: int) -> Pending:
        return gateway.request(session_address("a"), sends.SendText(STRANGER, "oi", typing_ms=typing_ms))

    replies = [begin(typing_ms) for typing_ms in (0, 2000, 2000, 2000)]
    gateway.run(20)
    for reply in replies:
        with pytest.raises(Refusal) as refused:
            _ = reply.value
        assert refused.value.code is Code.REACHOUT_TIMELOCK
    assert gateway.inbox(STRANGER) == []


# ---- a page that cannot look


def test_a_number_that_could_not_be_looked_up_is_not_called_unknown(gateway: Gateway):
    """Within the first seconds the session still calls itself connected."""
    browser = gateway.connect("a", ME)
    gateway.world.add_phone(STRANGER)
    browser.reject_sends("could_not_look")
    refused = refusal(gateway, STRANGER)
    assert (refused.code, refused.retry_after) == (Code.COULD_NOT_LOOK, 5)
    browser.reject_sends(None)
    browser.page.is_replaced = True
    with pytest.raises(Refusal) as looked:
        gateway.ask(session_address("a"), messages.CheckNumber(STRANGER))
    assert looked.value.code is Code.COULD_NOT_LOOK
    browser.page.is_replaced = False
    assert gateway.ask(session_address("a"), messages.CheckNumber(STRANGER)).valid
    assert gateway.send("a", STRANGER).ack == 1


def test_what_the_page_could_not_send_for_lack_of_a_network_was_not_sent(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.world.add_phone(FRIEND)
    browser.refuse_next_send("error_network")
    assert refusal(gateway, FRIEND).code is Code.NOT_CONNECTED
    gateway.run(600)
    assert gateway.inbox(FRIEND) == []
    assert gateway.send("a", FRIEND).ack == 1


# ---- the end of a login


@pytest.mark.parametrize(
    ("word", "away", "reason"),
    [
        ("unknown_companion", 0, Reason.LOGGED_OUT),
        ("unknown", 0, Reason.LOGGED_OUT),
        ("account_locked", 0, Reason.ACCOUNT_LOCKED),
        ("unknown", 14 * 86_400, Reason.LINK_EXPIRED),
    ],
)
def test_the_end_of_a_login_has_its_reason(gateway: Gateway, word: str, away: int, reason: Reason):
    gateway.connect("a", ME)
    if away:
        gateway.shut_down()
        gateway.time.moment += away
        gateway.boot()
        gateway.until("a", State.CONNECTED)
    gateway.browser("a").unlink(word)
    gateway.until("a", State.WAITING_SCAN, 30)
    assert gateway.reason("a") is reason
    assert errors(gateway) == (["ACCOUNT_LOCKED"] if reason is Reason.ACCOUNT_LOCKED else [])


def test_a_login_of_which_nobody_noted_when_it_was_heard_is_not_called_unused(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(60)
    gateway.kill_daemon()
    browser.crash()
    browser.unlink("unknown")
    with gateway.store.transaction() as transaction:
        transaction.save(replace(gateway.record("a"), heard_until=0.0))
    gateway.boot()
    gateway.until("a", State.WAITING_SCAN, 30)
    assert gateway.reason("a") is Reason.LOGGED_OUT
