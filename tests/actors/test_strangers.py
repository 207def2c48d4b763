"""A session's own policy towards people who never wrote to it: whom it refuses, until when, and how exactly it counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.actors.gateway import Gateway
from wppmt.domain import messages
from wppmt.domain.contact_policy import PolicyChange
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import session_address
from wppmt.domain.sends import Idempotency, SendText
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"
GROUP = "120363041234567890@g.us"
DAY = 86_400


def stranger(number: int) -> str:
    return f"55117{number:08}"


@pytest.fixture
def connected(gateway: Gateway) -> Gateway:
    """Connected; FRIEND has written."""
    gateway.time.moment = datetime(2026, 3, 10, 12, tzinfo=ZoneInfo("America/Sao_Paulo")).timestamp()
    browser = gateway.connect("a", ME)
    for number in (FRIEND, *map(stranger, range(40))):
        gateway.world.add_phone(number)
    browser.receive(FRIEND)
    gateway.run(1)
    return gateway


def configure(gateway: Gateway, **policy: Any) -> None:
    gateway.ask(session_address("a"), messages.ConfigureSession(policy=PolicyChange(**policy)))


def refusal(gateway: Gateway, to: str, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        gateway.send("a", to, **more)
    return refused.value


def limits(gateway: Gateway) -> dict[str, Any]:
    return gateway.events("a", "account_limit")[-1]


# ---- the budget


def test_the_budget_of_a_day(connected: Gateway):
    configure(connected, new_contacts_per_day=2)
    for number in range(2):
        assert connected.send("a", stranger(number)).ack == 1
    for wish in (False, True):
        refused = refusal(connected, stranger(2), respond_async=wish)
        assert refused.code is Code.NEW_CONTACT_BUDGET
        assert refused.retry_after == pytest.approx(12 * 3600, abs=60)
    assert connected.send("a", FRIEND).ack == 1
    assert connected.send("a", stranger(1), "de novo").ack == 1
    assert connected.inbox(stranger(2)) == []
    told = limits(connected)
    assert (told["budget"]["used"], told["budget"]["perDay"], told["paused"]) == (2, 2, True)
    assert told["budget"]["resetsAt"] == "2026-03-11T03:00:00Z"
    connected.run(12 * 3600)
    assert connected.send("a", stranger(2)).ack == 1


def test_that_the_days_last_new_contact_was_written_to_is_told_once(connected: Gateway):
    configure(connected, new_contacts_per_day=2)
    before = len(connected.events("a", "account_limit"))
    for number, times in ((0, 0), (1, 1), (0, 1), (1, 1)):
        connected.send("a", stranger(number))
        assert len(connected.events("a", "account_limit")) - before == times


def test_whoever_writes_is_no_stranger_any_more(connected: Gateway):
    configure(connected, new_contacts_per_day=1)
    connected.send("a", stranger(0))
    refusal(connected, stranger(1))
    connected.browser("a").receive(stranger(1))
    connected.run(1)
    assert connected.send("a", stranger(1)).ack == 1


@pytest.mark.parametrize(("gap", "code"), [((0.0, 0.0), None), ((60.0, 60.0), Code.STRANGER_GAP)])
def test_when_a_first_message_has_failed_the_next_one_to_the_same_person_is_the_first(
    connected: Gateway, gap: tuple[float, float], code: Code | None
):
    """So the gap is for it, too. Those to others wait as they did."""
    configure(connected, new_contacts_per_day=5, gap=gap)
    connected.browser("a").refuse_next_send("ack_-1")
    wishes = [(stranger(0), "primeira", 0), (stranger(0), "segunda", 5000), (FRIEND, "outra", 5000)]
    failed, heir, other = (
        connected.request(session_address("a"), SendText(to, text, typing_ms=typing_ms))
        for to, text, typing_ms in wishes
    )
    connected.run(20)
    assert [reply.answers[0].code for reply in (failed, heir) if isinstance(reply.answers[0], Refusal)] == [
        Code.SEND_FAILED,
        *filter(None, [code]),
    ]
    assert connected.inbox(stranger(0)) == ([] if code else [heir.value.id])
    assert connected.inbox(FRIEND) == [other.value.id]


def test_that_the_next_one_is_the_first_is_known_to_the_next_daemon(connected: Gateway):
    configure(connected, new_contacts_per_day=5, gap=(60.0, 60.0))
    connected.browser("a").refuse_next_send("ack_-1")
    failed, _ = (
        connected.request(session_address("a"), SendText(stranger(0), text, typing_ms=typing_ms))
        for text, typing_ms in (("primeira", 0), ("segunda", 5000))
    )
    connected.run_until(lambda: failed.answers)
    [heir] = connected.store.unfinished("a")
    connected.kill_daemon()
    connected.boot()
    connected.run(20)
    assert connected.acks("a", heir.id) == ["failed"]
    assert connected.inbox(stranger(0)) == []


def test_a_group_is_no_stranger_and_is_not_looked_up(connected: Gateway):
    configure(connected, new_contacts_per_day=1)
    connected.send("a", stranger(0))
    assert connected.send("a", GROUP).ack == 1
    looked_up = [arguments["to"] for name, arguments in connected.browser("a").calls if name == "stands"]
    assert looked_up == [stranger(0)]
    assert refusal(connected, stranger(1)).code is Code.NEW_CONTACT_BUDGET


def test_a_number_that_is_not_on_whatsapp_does_not_count(connected: Gateway):
    configure(connected, new_contacts_per_day=1)
    assert refusal(connected, "5511000000000").code is Code.NOT_ON_WHATSAPP
    assert connected.send("a", stranger(0)).ack == 1


def test_what_whatsapp_refused_does_not_count(connected: Gateway):
    configure(connected, new_contacts_per_day=1)
    connected.browser("a").refuse_next_send("ack_-1")
    assert refusal(connected, stranger(0)).code is Code.SEND_FAILED
    assert connected.send("a", stranger(1)).ack == 1


def test_those_who_were_written_to_before_the_policy_count(connected: Gateway):
    for number in range(3):
        connected.send("a", stranger(number))
    configure(connected, new_contacts_per_day=2)
    refused = refusal(connected, stranger(3))
    assert refused.code is Code.NEW_CONTACT_BUDGET
    assert refused.retry_after == pytest.approx(12 * 3600, abs=60)
    connected.run(12 * 3600)
    assert connected.send("a", stranger(3)).ack == 1


def test_who_was_written_to_on_an_earlier_day_before_the_policy_does_not_count(connected: Gateway):
    connected.send("a", stranger(0))
    connected.run(DAY)
    connected.send("a", stranger(0), "de novo")
    configure(connected, new_contacts_per_day=1)
    assert connected.send("a", stranger(1)).ack == 1
    assert refusal(connected, stranger(2)).code is Code.NEW_CONTACT_BUDGET


def test_a_young_account_has_few(connected: Gateway):
    configure(connected, new_contacts_per_day=100, warm_up=True)
    for number in range(5):
        connected.send("a", stranger(number))
    assert refusal(connected, stranger(5)).code is Code.NEW_CONTACT_BUDGET
    connected.run(DAY)
    for number in range(5, 15):
        connected.send("a", stranger(number))
    assert refusal(connected, stranger(15)).code is Code.NEW_CONTACT_BUDGET


def test_neither_a_new_browser_nor_a_new_daemon_forgets_the_count(connected: Gateway):
    configure(connected, new_contacts_per_day=1)
    connected.send("a", stranger(0))
    connected.kill_daemon()
    connected.boot()
    connected.until("a", State.CONNECTED)
    connected.run(5)
    assert refusal(connected, stranger(1)).code is Code.NEW_CONTACT_BUDGET
    connected.restart("a")
    connected.until("a", State.CONNECTED)
    connected.run(5)
    assert refusal(connected, stranger(1)).code is Code.NEW_CONTACT_BUDGET


def test_without_a_policy_of_its_own_a_session_follows_the_daemons(connected: Gateway):
    configure(connected, new_contacts_per_day=1)
    connected.send("a", stranger(0))
    refusal(connected, stranger(1))
    configure(connected, is_default=True)
    assert connected.record("a").contact_policy is None
    assert connected.send("a", stranger(1)).ack == 1


# ---- the gap, and quiet hours


def test_the_gap_between_first_messages(connected: Gateway):
    configure(connected, gap=(30.0, 90.0))
    connected.send("a", stranger(0))
    refused = refusal(connected, stranger(1))
    assert refused.code is Code.STRANGER_GAP
    assert refused.retry_after is not None
    assert 28 <= refused.retry_after <= 90
    assert connected.send("a", FRIEND).ack == 1
    assert connected.send("a", stranger(0), "de novo").ack == 1
    connected.run(refused.retry_after)
    assert connected.send("a", stranger(1)).ack == 1


def test_at_night_only_those_who_wrote_are_written_to(connected: Gateway):
    connected.send("a", stranger(0))
    configure(connected, quiet=("11:00", "14:00"))
    for number in (0, 1):
        refused = refusal(connected, stranger(number))
        assert refused.code is Code.QUIET_HOURS
        assert refused.retry_after == pytest.approx(2 * 3600, abs=60)
    assert connected.send("a", FRIEND).ack == 1
    connected.run(2 * 3600)
    assert connected.send("a", stranger(1)).ack == 1


def test_the_obstacle_that_lasts_longest_is_the_answer(connected: Gateway):
    configure(connected, new_contacts_per_day=1, gap=(30.0, 90.0), quiet=("13:00", "14:00"))
    connected.send("a", stranger(0))
    assert refusal(connected, stranger(1)).code is Code.NEW_CONTACT_BUDGET
    end = connected.time.moment + 2 * DAY
    connected.browser("a").page.set_limit("reachout", active=True, until=end, kind="DEFAULT")
    connected.run(1)
    refused = refusal(connected, stranger(1))
    assert refused.code is Code.REACHOUT_TIMELOCK
    assert refused.retry_after == pytest.approx(2 * DAY, abs=5)


def test_a_refusal_is_not_stored_under_the_key(connected: Gateway):
    configure(connected, gap=(60.0, 60.0))
    connected.send("a", stranger(0))
    key = Idempotency("k", "f")
    assert refusal(connected, stranger(1), idempotency=key).code is Code.STRANGER_GAP
    connected.run(60)
    assert connected.send("a", stranger(1), idempotency=key).ack == 1
    connected.send("a", stranger(1), idempotency=key)
    assert len(connected.inbox(stranger(1))) == 1


def test_the_same_key_twice_while_the_page_is_asked(connected: Gateway):
    configure(connected, new_contacts_per_day=5)
    message = SendText(stranger(0), "oi", idempotency=Idempotency("k", "f"))
    first, second = (connected.request(session_address("a"), message) for _ in range(2))
    connected.run(5)
    assert first.value.ack == 1
    with pytest.raises(Refusal) as refused:
        _ = second.value
    assert refused.value.code is Code.IDEMPOTENCY_IN_FLIGHT
    assert len(connected.inbox(stranger(0))) == 1


def test_messages_to_one_person_keep_their_order(connected: Gateway):
    configure(connected, new_contacts_per_day=5)
    texts = [f"parte {number}" for number in range(5)]
    replies = [connected.request(session_address("a"), SendText(stranger(0), text)) for text in texts]
    connected.run(10)
    assert connected.inbox(stranger(0)) == [reply.value.id for reply in replies]


def test_a_page_that_cannot_look_refuses_for_now(connected: Gateway):
    configure(connected, new_contacts_per_day=5)
    connected.browser("a").page.is_replaced = True
    refused = refusal(connected, stranger(0))
    assert (refused.code, refused.retry_after) == (Code.COULD_NOT_LOOK, 5)


def test_a_page_that_does_not_say_who_it_is_refuses_for_now(connected: Gateway):
    configure(connected, new_contacts_per_day=5)
    connected.browser("a").hang()
    refused = refusal(connected, stranger(0))
    assert (refused.code, refused.retry_after) == (Code.COULD_NOT_LOOK, 5)


def test_nobody_new_is_reached_by_what_was_accepted_before_there_was_a_policy(connected: Gateway):
    waiting = [
        connected.request(session_address("a"), SendText(to, "oi", typing_ms=15_000))
        for to in (stranger(0), FRIEND)
    ]
    connected.run(1)
    configure(connected, new_contacts_per_day=5)
    connected.run(60)
    with pytest.raises(Refusal) as refused:
        _ = waiting[0].value
    assert refused.value.code is Code.COULD_NOT_LOOK
    assert connected.inbox(stranger(0)) == []
    assert waiting[1].value.ack == 1


def test_what_has_waited_beyond_the_policy_is_not_sent_late(connected: Gateway):
    """Accepted a moment before quiet hours, behind somebody for whom typing is shown."""
    configure(connected, quiet=("12:10", "13:00"))
    connected.run(599 - (connected.time.moment % 3600) % 600)
    connected.request(session_address("a"), SendText(FRIEND, "oi", typing_ms=15_000))
    late = connected.request(session_address("a"), SendText(stranger(0), "oi"))
    connected.run(60)
    with pytest.raises(Refusal) as refused:
        _ = late.value
    assert refused.value.code is Code.QUIET_HOURS
    assert refused.value.retry_after
    quiet_ends = datetime(2026, 3, 10, 13, tzinfo=ZoneInfo("America/Sao_Paulo")).timestamp()
    assert late.answered_at + refused.value.retry_after == pytest.approx(quiet_ends, abs=1)
    assert connected.inbox(stranger(0)) == []
