"""Messages out: in order, one at a time, under an id of their own, at most once, and never without an outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actors.session.messages import Called, PageAnswered
from tests.actors.gateway import Gateway, Pending
from wppmt.domain import sends
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import session_address
from wppmt.domain.sends import Idempotency, SendText
from wppmt.domain.states import State
from wppmt.store.records import JournalEntry, SendState

ME, FRIEND, OTHER = "5511999990001", "5511888880001", "5511777770001"
A = session_address("a")


@pytest.fixture(autouse=True)
def phones(gateway: Gateway) -> None:
    gateway.world.add_phone(FRIEND)
    gateway.world.add_phone(OTHER)


def begin(gateway: Gateway, text: str = "oi", to: str = FRIEND, **more: object) -> Pending:
    return gateway.request(A, SendText(to, text, **more))  # type: ignore[arg-type]


def sent_texts(gateway: Gateway) -> list[str]:
    return [message["body"] for message in gateway.world.inboxes[FRIEND]]


def entry(gateway: Gateway, message_id: str) -> JournalEntry:
    found = gateway.store.message("a", message_id)
    assert found
    return found


def calls(gateway: Gateway, function: str) -> list[str]:
    """The ids that the living page was called with."""
    return [arguments["id"] for name, arguments in gateway.browser("a").calls if name == function]


def test_a_send_is_answered_when_whatsapps_server_has_it(gateway: Gateway):
    browser = gateway.connect("a", ME)
    sent = gateway.send("a", FRIEND)
    assert sent.ack == 1
    assert sent.to == f"{FRIEND}@c.us"
    browser.ack(sent.id, 2)
    browser.ack(sent.id, 3)
    gateway.run(1)
    assert gateway.acks("a", sent.id) == ["sent", "delivered", "read"]
    assert gateway.inbox(FRIEND) == [sent.id]
    assert gateway.record("a").messages_sent == 1
    assert entry(gateway, sent.id).state is SendState.SENT


def test_sends_go_out_in_order(gateway: Gateway):
    gateway.connect("a", ME)
    replies = [begin(gateway, str(number)) for number in range(20)]
    gateway.run_until(lambda: all(reply.answers for reply in replies))
    assert sent_texts(gateway) == [str(number) for number in range(20)]
    assert {reply.value.ack for reply in replies} == {1}


def test_the_queue_has_an_end(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.set_facts(mode="SYNCING")
    gateway.settle()
    replies = [begin(gateway, respond_async=True) for _ in range(101)]
    gateway.settle()
    assert isinstance(replies[0].value, sends.Sent)
    with pytest.raises(Refusal) as refused:
        _ = replies[100].value
    assert refused.value.code is Code.QUEUE_FULL
    browser.set_facts(mode="MAIN")
    gateway.run(60)
    assert len(sent_texts(gateway)) == 100


def test_typing_comes_first_and_nothing_overtakes_it(gateway: Gateway):
    browser = gateway.connect("a", ME)
    first, second = begin(gateway, "primeira", typing_ms=3000), begin(gateway, "segunda")
    gateway.run(2.9)
    assert sent_texts(gateway) == []
    assert [call for call in browser.calls if call[0] in {"typing", "send_text"}] == [
        ("typing", {"to": FRIEND, "state": "composing"})
    ]
    gateway.run(0.2)
    assert sent_texts(gateway) == ["primeira", "segunda"]
    assert first.value.ack == second.value.ack == 1


def test_without_an_acknowledgement_the_answer_is_pending(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.hold_acks()
    reply = begin(gateway)
    gateway.run(19.9)
    assert reply.answers == []
    gateway.run(0.2)
    assert reply.value.ack == 0
    assert reply.value.to == f"{FRIEND}@c.us", "as the page has told, however it was written"
    assert gateway.acks("a", reply.value.id) == []
    browser.hold_acks(False)
    gateway.run(1)
    assert gateway.acks("a", reply.value.id) == ["sent"]
    assert len(reply.answers) == 1
    assert gateway.inbox(FRIEND) == [reply.value.id]


def test_the_page_s_answer_may_be_the_acknowledgement(gateway: Gateway):
    """WhatsApp's server had it before the page could say so."""
    browser = gateway.connect("a", ME)
    browser.hold_acks()
    reply = begin(gateway)
    gateway.run_until(lambda: calls(gateway, "send_text"))
    [message_id] = calls(gateway, "send_text")
    told = {"to": f"{FRIEND}@c.us", "ack": 1}
    answer = PageAnswered(gateway.record("a").generation, Called.SEND, told, message_id)
    gateway.directory.tell(A, answer)
    gateway.settle()
    assert reply.value.ack == 1
    assert gateway.acks("a", message_id) == ["sent"]


def test_an_asynchronous_send_is_pending_at_once(gateway: Gateway):
    gateway.connect("a", ME)
    reply = begin(gateway, respond_async=True)
    gateway.settle()
    assert reply.value.ack == 0
    gateway.run(1)
    assert gateway.acks("a", reply.value.id) == ["sent"]


@pytest.mark.parametrize("fate", ["sent", "failed", "unknown"])
def test_every_word_about_a_message_carries_its_caller_s_reference(gateway: Gateway, fate: str):
    browser = gateway.connect("a", ME)
    browser.hold_acks()
    asked = [begin(gateway, respond_async=True, reference=word) for word in ("pedido-1", "")]
    gateway.settle()
    sent, other = (reply.value for reply in asked)
    assert (sent.reference, other.reference) == ("pedido-1", "")
    gateway.run(1)
    if fate == "failed":
        browser.fail_send(sent.id)
    elif fate == "unknown":
        gateway.run(400)
    gateway.kill_daemon()
    gateway.boot()
    gateway.until("a", State.CONNECTED)
    gateway.browser("a").hold_acks(False)
    gateway.run(60)
    if fate != "failed":
        gateway.browser("a").ack(sent.id, 3)
        gateway.run(1)
    told = [event for event in gateway.events("a", "message_ack") if event["messageId"] == sent.id]
    assert told[0]["status"] == fate
    assert {event["reference"] for event in told} == {"pedido-1"}
    others = [event for event in gateway.events("a", "message_ack") if event["messageId"] == other.id]
    assert others
    assert not any("reference" in event for event in others)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("not_on_whatsapp", Code.NOT_ON_WHATSAPP),
        ("invalid_recipient", Code.INVALID_PHONE),
        ("quoted_not_found", Code.INVALID_REQUEST),
        ("group_not_found", Code.GROUP_NOT_FOUND),
        ("not_group_member", Code.NOT_GROUP_MEMBER),
        ("not_group_admin", Code.NOT_GROUP_ADMIN),
        ("something new", Code.SEND_FAILED),
    ],
)
def test_what_the_page_refuses_surely_was_not_sent(gateway: Gateway, reason: str, code: Code):
    browser = gateway.connect("a", ME)
    browser.reject_sends(reason)
    with pytest.raises(Refusal) as refused:
        gateway.send("a", FRIEND)
    assert refused.value.code is code
    assert bool(refused.value.details) is (code is Code.INVALID_REQUEST)
    browser.reject_sends(None)
    gateway.run(400)
    assert gateway.inbox(FRIEND) == []
    assert gateway.send("a", FRIEND).ack == 1


def test_a_message_that_whatsapp_takes_back_has_failed_once(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.hold_acks()
    sent = begin(gateway, respond_async=True)
    gateway.run(1)
    browser.fail_send(sent.value.id)
    gateway.run(1)
    browser.page.emit("ack_changed", {"id": sent.value.id, "ack": -1, "to": ""})
    gateway.run(1)
    assert gateway.acks("a", sent.value.id) == ["failed"]


@pytest.mark.parametrize(("ack", "told"), [(0, "failed"), (1, "sent")])
def test_what_a_page_holds_as_failed_without_a_word_has_failed_unless_the_server_has_it(
    gateway: Gateway, ack: int, told: str
):
    """It is asked when it is back, and nothing of its ring tells."""
    browser = gateway.connect("a", ME)
    browser.hold_acks()
    sent = begin(gateway, respond_async=True)
    gateway.run(1)
    browser.socket_lost()
    gateway.run(1)
    gateway.world.profiles["a"].sent[sent.value.id] |= {"failed": True, "ack": ack}
    browser.network_back()
    gateway.run(1)
    assert gateway.acks("a", sent.value.id) == [told]
    assert not gateway.logged("actor_replaced")


@pytest.mark.parametrize(
    ("state", "person"),
    [(State.WAITING_SCAN, True), (State.DISCONNECTED, True), (State.RECONNECTING, False)],
)
def test_nothing_is_accepted_without_a_connection(gateway: Gateway, state: State, person: bool):
    if state is State.WAITING_SCAN:
        gateway.show_qr("a")
    else:
        browser = gateway.connect("a", ME)
        if state is State.DISCONNECTED:
            gateway.close("a")
        else:
            browser.crash()
            gateway.settle()
    with pytest.raises(Refusal) as refused:
        gateway.send("a", FRIEND)
    assert refused.value.code is Code.NOT_CONNECTED
    assert refused.value.extra == {"status": state.value, "reconnectRequired": person}
    # A client can wait for what comes back by itself.
    assert (refused.value.retry_after is None) is person


# ---- trouble between hand-over and acknowledgement


@pytest.mark.slow
def test_a_crash_right_after_the_hand_over_sends_it_once(gateway: Gateway):
    """Whatever the moment: before the page was reached, in it, on its way to the server, before the ack."""
    gateway.connect("a", ME)
    for step in range(1, 40):
        reply = begin(gateway, str(step))
        for _ in range(step):
            gateway.step()
        gateway.browser("a").crash()
        gateway.settle()
        gateway.run(180)
        message_id = reply.value.id
        assert gateway.inbox(FRIEND) == [message_id], step
        assert gateway.acks("a", message_id) == ["sent"]
        gateway.world.inboxes[FRIEND].clear()


@pytest.mark.slow
def test_a_killed_daemon_sends_what_it_accepted_once(gateway: Gateway):
    gateway.connect("a", ME)
    for step in range(40):
        begin(gateway, str(step), respond_async=True)
        for _ in range(step):
            gateway.step()
        gateway.kill_daemon()
        unfinished = {found.id for found in gateway.store.unfinished("a")}
        gateway.boot()
        gateway.run(60)
        assert unfinished <= set(gateway.inbox(FRIEND)), step
        assert len(gateway.inbox(FRIEND)) <= 1
        assert gateway.store.unfinished("a") == []
        gateway.world.inboxes[FRIEND].clear()


def test_a_reload_under_a_send_sends_it_once(gateway: Gateway):
    gateway.connect("a", ME)
    for step in range(1, 30):
        reply = begin(gateway, str(step), respond_async=True)
        for _ in range(step):
            gateway.step()
        gateway.browser("a").reload()
        gateway.run(90)
        assert gateway.inbox(FRIEND) == [reply.value.id], step
        gateway.world.inboxes[FRIEND].clear()


def test_a_reload_before_the_hand_over_holds_nobody_up(gateway: Gateway):
    browser = gateway.connect("a", ME)
    reply, newer = begin(gateway), begin(gateway, "depois")
    gateway.run_until(lambda: gateway.store.unfinished("a"))
    browser.reload()
    assert gateway.run_until(lambda: newer.answers, 10) < 5
    assert gateway.inbox(FRIEND) == [reply.value.id, newer.value.id]
    assert (reply.value.ack, newer.value.ack) == (1, 1)


def test_a_message_that_no_page_holds_is_handed_over_again(gateway: Gateway):
    browser = gateway.connect("a", ME)
    reply = begin(gateway)
    gateway.run_until(lambda: gateway.store.unfinished("a"))
    browser.crash()
    gateway.settle()
    newer = None
    gateway.until("a", State.CONNECTED)
    newer = begin(gateway, "depois")
    gateway.run(60)
    assert sent_texts(gateway) == ["oi", "depois"]
    assert gateway.inbox(FRIEND)[0] == reply.value.id
    assert newer.value.ack in {0, 1}
    assert calls(gateway, "send_text") == gateway.inbox(FRIEND)


def test_a_message_that_the_page_holds_as_failed_was_not_sent(gateway: Gateway):
    """The page had no connection, and what it told of that got lost."""
    browser = gateway.connect("a", ME)
    browser.receive(FRIEND)
    gateway.run(5)
    browser.go_silent()
    browser.network_lost()
    reply = begin(gateway)
    gateway.run(1)
    browser.page._ring.clear()
    browser.network_back()
    browser.go_silent(False)
    gateway.run(1)
    assert not reply.answers
    browser.network_lost()
    gateway.run(1)
    browser.network_back()
    gateway.run(1)
    with pytest.raises(Refusal) as refused:
        _ = reply.value
    assert refused.value.code is Code.NOT_CONNECTED
    assert gateway.inbox(FRIEND) == []


def test_nobody_is_asked_twice_about_one_message(gateway: Gateway):
    """Two answers "not there" would have it sent twice."""
    browser = gateway.connect("a", ME)
    reply = begin(gateway)
    gateway.run_until(lambda: gateway.store.unfinished("a"))
    browser.drop_channel()
    gateway.settle()
    gateway.until("a", State.CONNECTED)
    for _ in range(4):
        gateway.browser("a").phone_offline()
        gateway.run(1)
        gateway.browser("a").phone_online()
        gateway.run(7)
    gateway.run(60)
    assert gateway.inbox(FRIEND) == [reply.value.id]
    assert len(calls(gateway, "send_text")) == 1


def test_an_unknown_outcome_is_reported_after_five_minutes(gateway: Gateway):
    browser = gateway.connect("a", ME)
    reply = begin(gateway)
    gateway.run_until(lambda: gateway.store.unfinished("a"))
    gateway.browsers.refuse_start("a", "BROWSER_CRASHED", times=12)
    browser.crash()
    gateway.run(25)
    message_id = reply.value.id
    assert reply.value.ack == 0
    gateway.run(274)
    assert gateway.acks("a", message_id) == []
    gateway.run(2)
    assert gateway.acks("a", message_id) == ["unknown"]
    gateway.until("a", State.CONNECTED, 600)
    gateway.run(120)
    assert gateway.inbox(FRIEND) == []
    assert gateway.acks("a", message_id) == ["unknown"]


def test_an_acknowledgement_after_unknown_still_counts(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.hold_acks()
    reply = begin(gateway)
    gateway.run(310)
    browser.hold_acks(False)
    gateway.run(1)
    assert gateway.acks("a", reply.value.id) == ["unknown", "sent"]


def test_what_was_accepted_but_never_handed_over_fails_after_five_minutes(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.set_facts(mode="SYNCING")
    gateway.settle()
    reply = begin(gateway)
    gateway.settle()
    gateway.browsers.refuse_start("a", "BROWSER_CRASHED", times=12)
    gateway.run(310)
    assert gateway.acks("a", reply.value.id) == ["failed"]


def test_a_close_fails_what_was_not_handed_over(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.hold_acks()
    handed = begin(gateway, "entregue")
    gateway.run(1)
    browser.set_facts(mode="SYNCING")
    gateway.settle()
    waiting = begin(gateway, "na fila")
    gateway.settle()
    gateway.close("a")
    with pytest.raises(Refusal) as refused:
        _ = waiting.value
    assert refused.value.code is Code.NOT_CONNECTED
    assert refused.value.extra == {"status": "disconnected", "reconnectRequired": True}
    gateway.run(30)
    assert handed.value.ack == 0
    gateway.start("a")
    gateway.run(60)
    assert sent_texts(gateway) == ["entregue"]


def test_messages_of_an_unlinked_number_do_not_leave_from_the_next_one(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.set_facts(mode="SYNCING")
    gateway.settle()
    waiting = begin(gateway)
    gateway.settle()
    browser.set_facts(mode="MAIN")
    browser.unlink()
    browser.set_facts(mode="QR")
    gateway.until("a", State.WAITING_SCAN)
    qr = gateway.status("a").qr
    assert qr
    assert gateway.browsers.scan(qr.text, OTHER)
    gateway.run(60)
    [outcome] = waiting.answers
    if isinstance(outcome, sends.Sent) and not gateway.inbox(FRIEND):
        gateway.run(300)
        assert gateway.acks("a", outcome.id) == ["unknown"]
    else:
        assert bool(gateway.inbox(FRIEND)) is isinstance(outcome, sends.Sent)


def test_a_page_that_hangs_under_a_send_does_not_send_twice(gateway: Gateway):
    browser = gateway.connect("a", ME)
    reply = begin(gateway)
    gateway.run_until(lambda: browser.calls)
    browser.hang()
    gateway.run(8)
    browser.wake()
    gateway.run(90)
    assert gateway.inbox(FRIEND) == [reply.value.id]


@pytest.mark.parametrize("next_event", [True, False])
def test_an_acknowledgement_that_got_lost_on_the_way_is_read_again(gateway: Gateway, next_event: bool):
    """The next event shows the gap at once, otherwise the next beat does."""
    browser = gateway.connect("a", ME)
    gateway.run(5)
    browser.go_silent()
    reply = begin(gateway, respond_async=True)
    gateway.run(2)
    assert gateway.acks("a", reply.value.id) == []
    browser.go_silent(False)
    if next_event:
        browser.receive(FRIEND)
    gateway.run(0.1 if next_event else 10)
    assert gateway.acks("a", reply.value.id) == ["sent"]


# ---- idempotency


def test_the_same_key_gives_the_stored_answer(gateway: Gateway):
    gateway.connect("a", ME)
    key = Idempotency("pedido-1", "corpo")
    first = gateway.send("a", FRIEND, idempotency=key)
    again = gateway.send("a", FRIEND, idempotency=key)
    assert again == first
    with pytest.raises(Refusal) as refused:
        gateway.send("a", FRIEND, "outra", idempotency=replace(key, fingerprint="outro corpo"))
    assert refused.value.code is Code.IDEMPOTENCY_MISMATCH
    assert gateway.inbox(FRIEND) == [first.id]


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("reachout_timelock", Code.REACHOUT_TIMELOCK),
        ("invalid_recipient", Code.INVALID_PHONE),
        ("not_on_whatsapp", Code.NOT_ON_WHATSAPP),
        ("something new", Code.SEND_FAILED),
    ],
)
def test_only_an_answer_that_stays_is_stored_under_its_key(gateway: Gateway, reason: str, code: Code):
    browser = gateway.connect("a", ME)
    browser.reject_sends(reason)
    key = Idempotency("pedido-1", "corpo")
    for daemon in range(2):
        with pytest.raises(Refusal) as refused:
            gateway.send("a", FRIEND, idempotency=key)
        assert refused.value.code is code
        assert (refused.value.retry_after is not None) is (code is Code.REACHOUT_TIMELOCK)
        if not daemon:
            gateway.shut_down()
            gateway.boot()
            gateway.run(30)
            gateway.browser("a").reject_sends(reason)
    gateway.browser("a").reject_sends(None)
    gateway.run(3700)
    if code in {Code.NOT_ON_WHATSAPP, Code.SEND_FAILED}:
        with pytest.raises(Refusal):
            gateway.send("a", FRIEND, idempotency=key)
        assert gateway.inbox(FRIEND) == []
    else:
        sent = gateway.send("a", FRIEND, idempotency=key)
        assert gateway.inbox(FRIEND) == [sent.id]


@pytest.mark.parametrize("respond_async", [False, True])
def test_what_a_close_dropped_may_be_sent_again_under_its_key(gateway: Gateway, *, respond_async: bool):
    key = Idempotency("pedido-1", "corpo")
    gateway.connect("a", ME)
    begin(gateway, idempotency=key, typing_ms=4000, respond_async=respond_async)
    gateway.run(1)
    gateway.close("a")
    gateway.start("a")
    gateway.until("a", State.CONNECTED)
    sent = gateway.send("a", FRIEND, idempotency=key)
    assert gateway.inbox(FRIEND) == [sent.id]
    # And now the answer stays.
    assert gateway.send("a", FRIEND, idempotency=key).id == sent.id
    assert gateway.inbox(FRIEND) == [sent.id]


def test_what_was_handed_over_keeps_its_key(gateway: Gateway):
    browser = gateway.connect("a", ME)
    key = Idempotency("pedido-1", "corpo")
    sent = begin(gateway, idempotency=key, typing_ms=10_000, respond_async=True)
    gateway.settle()
    gateway.run_until(lambda: entry(gateway, sent.value.id).state is SendState.HANDED)
    browser.crash()
    gateway.settle()
    gateway.run_until(lambda: entry(gateway, sent.value.id).state is SendState.ACCEPTED)
    gateway.close("a")
    assert gateway.acks("a", sent.value.id) == ["unknown"]
    gateway.start("a")
    gateway.until("a", State.CONNECTED)
    assert gateway.send("a", FRIEND, idempotency=key).id == sent.value.id
    gateway.run(60)
    assert gateway.inbox(FRIEND) == []


def test_a_key_is_known_to_the_next_daemon(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.hold_acks()
    key = Idempotency("pedido-1", "corpo")
    begin(gateway, idempotency=key)
    gateway.run(1)
    in_flight = begin(gateway, idempotency=key)
    gateway.settle()
    with pytest.raises(Refusal) as refused:
        _ = in_flight.value
    assert refused.value.code is Code.IDEMPOTENCY_IN_FLIGHT
    gateway.kill_daemon()
    gateway.boot()
    gateway.until("a", State.CONNECTED)
    gateway.browser("a").hold_acks(False)
    gateway.run(60)
    assert gateway.send("a", FRIEND, idempotency=key).ack == 1
    assert len(gateway.inbox(FRIEND)) == 1
