"""Every kind of message, and every act on one, goes the way of a text: at most once, or reported unknown."""

from __future__ import annotations

import pytest

from tests.actors.gateway import Gateway, Pending
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import session_address
from wppmt.domain.outgoing import (
    Content,
    Deletion,
    Edit,
    Forward,
    Location,
    Poll,
    Reaction,
)
from wppmt.domain.sends import Idempotency, SendContent
from wppmt.domain.states import State

ME, FRIEND, OTHER = "5511999990001", "5511888880001", "5511777770001"
A = session_address("a")


@pytest.fixture(autouse=True)
def phones(gateway: Gateway) -> None:
    gateway.world.add_phone(FRIEND)
    gateway.world.add_phone(OTHER)


def begin(gateway: Gateway, content: Content, **more: object) -> Pending:
    to = FRIEND if isinstance(content, Location | Poll) else OTHER if isinstance(content, Forward) else ""
    return gateway.request(A, SendContent(to, content, **more))  # type: ignore[arg-type]


def done(gateway: Gateway, content: Content, **more: object) -> str:
    reply = begin(gateway, content, **more)
    gateway.run_until(lambda: reply.answers)
    assert reply.value.ack == 1
    return str(reply.value.id)


def contents(target: str) -> list[Content]:
    return [
        Location(1.0, 2.0),
        Poll("Quando?", ("Hoje", "Amanhã")),
        Forward(target),
        Reaction(target, "👍"),
        Edit(target, "certo"),
        Deletion(target, for_everyone=True),
    ]


KINDS = range(len(contents("")))


@pytest.fixture
def target(gateway: Gateway) -> str:
    """A text that the session has sent."""
    gateway.connect("a", ME)
    return gateway.send("a", FRIEND).id


def arrived(gateway: Gateway) -> list[str]:
    """What came after the target, at any phone."""
    return gateway.inbox(FRIEND)[1:] + gateway.inbox(OTHER)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_acknowledged_told_and_journalled(gateway: Gateway, target: str, kind: int):
    sent = done(gateway, contents(target)[kind], reference="pedido-1")
    assert arrived(gateway) == [sent]
    told = [event for event in gateway.events("a", "message_ack") if event["messageId"] == sent]
    assert [(event["status"], event["reference"]) for event in told] == [("sent", "pedido-1")]
    entry = gateway.store.message("a", sent)
    assert entry
    assert (entry.ack, entry.payload) == (1, {})
    assert entry.to == f"{OTHER if kind == 2 else FRIEND}@c.us"


def test_an_act_is_no_message_sent(gateway: Gateway, target: str):
    for content in contents(target):
        done(gateway, content)
    assert gateway.record("a").messages_sent == 1 + 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trouble", ["crash", "daemon", "reload"])
@pytest.mark.slow
def test_whatever_ends_under_it_it_is_done_once(gateway: Gateway, target: str, kind: int, trouble: str):
    for step in range(1, 24, 2):
        # Time for edits would be over before the last step.
        gateway.world.profiles["a"].sent[target]["at"] = gateway.time.now()
        reply = begin(gateway, contents(target)[kind], respond_async=True)
        for _ in range(step):
            gateway.step()
        if trouble == "daemon":
            gateway.kill_daemon()
            unfinished = [entry.id for entry in gateway.store.unfinished("a")]
            gateway.boot()
        else:
            browser = gateway.browser("a")
            browser.crash() if trouble == "crash" else browser.reload()
            gateway.settle()
            unfinished = [reply.value.id]
        gateway.run(180)
        found = arrived(gateway)
        # A page that is loading can't look for the message: surely not done, and told so.
        failed = [one for one in unfinished if gateway.acks("a", one) == ["failed"]]
        assert sorted([*found, *failed]) == sorted({*found, *unfinished}), step
        assert len(found) <= 1, step
        assert gateway.store.unfinished("a") == []
        del gateway.world.inboxes[FRIEND][1:]
        gateway.world.inboxes[OTHER].clear()


def test_an_act_without_an_acknowledgement_is_reported_unknown_and_not_repeated(
    gateway: Gateway, target: str
):
    browser = gateway.browser("a")
    browser.hold_acks()
    reply = begin(gateway, Reaction(target, "👍"))
    gateway.run(21)
    assert reply.value.ack == 0
    gateway.run(300)
    assert gateway.acks("a", reply.value.id) == ["unknown"]
    assert arrived(gateway) == [reply.value.id]


def test_the_same_key_acts_once(gateway: Gateway, target: str):
    key = Idempotency("chave", "print")
    first = done(gateway, Reaction(target, "👍"), idempotency=key)
    assert done(gateway, Reaction(target, "👍"), idempotency=key) == first
    assert arrived(gateway) == [first]


REFUSED = [
    (Reaction("3EB0FF", "👍"), Code.MESSAGE_NOT_FOUND),
    (Forward("3EB0FF"), Code.MESSAGE_NOT_FOUND),
    (Edit("theirs", "oi"), Code.NOT_OWN_MESSAGE),
    (Deletion("theirs", for_everyone=True), Code.NOT_OWN_MESSAGE),
]


@pytest.mark.parametrize(("content", "code"), REFUSED)
def test_what_is_refused_leaves_nothing_behind(gateway: Gateway, target: str, content: Content, code: Code):
    gateway.browsers.send_from_phone(FRIEND, ME, "meu", id="theirs")
    gateway.run(1)
    reply = begin(gateway, content)
    gateway.run(1)
    with pytest.raises(Refusal) as refused:
        _ = reply.value
    assert refused.value.code is code
    gateway.run(400)
    assert arrived(gateway) == []
    assert gateway.store.unfinished("a") == []
    assert gateway.status("a").queue == 0


@pytest.mark.parametrize(
    ("content", "code", "seconds"),
    [
        (Edit("", "certo"), Code.TOO_LATE_TO_EDIT, 3600),
        (Deletion("", for_everyone=True), Code.TOO_LATE_TO_DELETE, 3 * 86400),
    ],
)
def test_whatsapps_time_for_it_is_over(
    gateway: Gateway, target: str, content: Edit | Deletion, code: Code, seconds: float
):
    gateway.world.profiles["a"].sent[target]["at"] -= seconds
    late = Edit(target, "certo") if isinstance(content, Edit) else Deletion(target, for_everyone=True)
    with pytest.raises(Refusal) as refused:
        done(gateway, late)
    assert refused.value.code is code
    assert gateway.state("a") is State.CONNECTED


def test_a_short_id_of_two_messages_is_refused_with_both(gateway: Gateway, target: str):
    gateway.browsers.send_from_phone(FRIEND, ME, "oi", id=target)
    gateway.run(1)
    with pytest.raises(Refusal) as refused:
        done(gateway, Reaction(target, "👍"))
    assert refused.value.code is Code.AMBIGUOUS_MESSAGE_ID
    whole = [detail["problem"] for detail in refused.value.details]
    assert whole == [f"true_{FRIEND}@c.us_{target}", f"false_{FRIEND}@c.us_{target}"]
    assert done(gateway, Reaction(whole[1], "👍"))


def test_an_act_that_may_have_been_done_is_never_told_as_failed(gateway: Gateway, target: str):
    """Handed to a page that died, asked of the next one, and then refused: its message is gone."""
    reply = begin(gateway, Reaction(target, "👍"), respond_async=True)
    gateway.run_until(lambda: gateway.store.unfinished("a"))
    gateway.browser("a").crash()
    gateway.settle()
    del gateway.world.profiles["a"].sent[target]
    gateway.run(400)
    assert gateway.acks("a", reply.value.id) == ["unknown"]
    assert arrived(gateway) == []
