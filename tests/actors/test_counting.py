"""What sessions and the webhooks have counted: each thing once, where it happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.actors.gateway import Gateway
from tests.actors.webhook_world import ERROR, GONE, OK, REFUSED, Endpoint, World
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, RestartSession, session_address
from wppmt.domain.occurrences import (
    Acknowledged,
    BrowserRestarted,
    InboundMissed,
    Occurrence,
    SendFailedLater,
    WebhookAttempted,
    WebhookOutcome,
)
from wppmt.domain.reasons import Reason
from wppmt.domain.sends import Idempotency, SendText, Sent
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"
A = session_address("a")


def counted(gateway: Gateway, kind: type[Occurrence]) -> list[Occurrence]:
    return [one for one in gateway.counted if isinstance(one, kind)]


@pytest.fixture(autouse=True)
def friend(gateway: Gateway) -> None:
    gateway.world.add_phone(FRIEND)


def test_an_acknowledgement_counts_once_with_its_time_since_the_hand_over(gateway: Gateway):
    browser = gateway.connect("a", ME)
    sent = gateway.send("a", FRIEND)
    browser.ack(sent.id, 2)
    browser.ack(sent.id, 3)
    gateway.run(1)
    [acknowledged] = counted(gateway, Acknowledged)
    assert isinstance(acknowledged, Acknowledged)
    assert 0 < acknowledged.seconds < 1
    assert sent.handed_at is not None


def test_a_send_that_fails_after_its_answer_counts_as_that(gateway: Gateway):
    gateway.connect("a", ME)
    reply = gateway.request(A, SendText(FRIEND, "oi", typing_ms=4000, respond_async=True))
    awaited = gateway.request(A, SendText(FRIEND, "oi", typing_ms=4000))
    gateway.run(1)
    gateway.close("a")
    assert isinstance(reply.value, Sent)
    assert isinstance(awaited.answers[0], Refusal)
    assert counted(gateway, SendFailedLater) == [SendFailedLater("a")]


def test_what_was_answered_before_says_so(gateway: Gateway):
    gateway.connect("a", ME)
    key = Idempotency("pedido-1", "corpo")
    assert not gateway.send("a", FRIEND, idempotency=key).is_repeat
    assert gateway.send("a", FRIEND, idempotency=key).is_repeat
    nobody = Idempotency("pedido-2", "corpo")
    for is_repeat in (False, True):
        with pytest.raises(Refusal) as refused:
            gateway.send("a", "5511000000000", idempotency=nobody)
        assert refused.value.code is Code.NOT_ON_WHATSAPP
        assert refused.value.is_repeat is is_repeat


def test_a_crash_counts_as_a_restart_with_its_reason(gateway: Gateway):
    gateway.connect("a", ME).crash()
    gateway.until("a", State.RECONNECTING)
    gateway.until("a", State.CONNECTED)
    assert counted(gateway, BrowserRestarted) == [BrowserRestarted("a", Reason.BROWSER_CRASHED)]
    assert gateway.record("a").restarts == 1


def test_so_does_one_that_was_asked_for(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.ask(ROOT_ACTOR, RestartSession("a"))
    gateway.until("a", State.INITIALIZING)
    assert counted(gateway, BrowserRestarted) == [BrowserRestarted("a", Reason.RESTARTED)]


def test_a_message_that_no_event_told_of_counts_as_missed(gateway: Gateway):
    gateway.connect("a", ME).receive(FRIEND, unheard=True)
    gateway.run(130)
    assert counted(gateway, InboundMissed) == [InboundMissed("a", 1)]


DELIVERED, FAILED, DEAD = WebhookOutcome.DELIVERED, WebhookOutcome.FAILED, WebhookOutcome.DEAD


@pytest.mark.parametrize(
    ("endpoint", "outcomes"),
    [
        (lambda _: OK, [DELIVERED]),
        (lambda attempt: ERROR if attempt.number == 1 else OK, [FAILED, DELIVERED]),
        (lambda _: ERROR, [FAILED, FAILED, FAILED, DEAD]),
        (lambda _: GONE, [DEAD]),
    ],
)
def test_each_webhook_attempt_counts_by_its_outcome(
    tmp_path: Path, endpoint: Endpoint, outcomes: list[WebhookOutcome]
):
    world = World(tmp_path, endpoints={"http://one.test/": endpoint})
    world.record()
    world.run(3600)
    assert world.counted == [WebhookAttempted("a", outcome) for outcome in outcomes]


def test_attempts_without_a_connection_have_failed_too(tmp_path: Path):
    world = World(tmp_path, endpoints={"http://one.test/": lambda _: REFUSED})
    world.record()
    world.run(5)
    assert set(world.counted) == {WebhookAttempted("a", FAILED)}
