"""TurboZap is switched off for half an hour while its tenants go on: the whole gateway, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.runtime.effects import Mind, Post, Worker
from actors.webhooks.actor import WebhookMind
from actors.webhooks.messages import OutboxGrew
from tests.actors.gateway import OK, Gateway, Posted
from tests.defaults import webhook_policy
from wppmt.domain.messages import WEBHOOK_ACTOR, ReplayDeadLetters
from wppmt.store.outbox_records import DeadLetterFilter, WebhookCounts
from wppmt.webhook.classify import AttemptResult, Fault, Unanswered

TENANTS = {f"cliente-{number}": f"551199999000{number}" for number in range(3)}
FRIEND = "5511888880001"
OFF_SECONDS = 30 * 60.0
SWITCHED_OFF = Unanswered(Fault.UNREACHABLE, "O destino recusou a conexão")


class HoldingGateway(Gateway):
    """As with WPP_WEBHOOK_HOLD_HOURS=`hold_hours`."""

    hold_hours = 0.0

    def _new_shared_actor(self, address: str) -> tuple[Mind | Worker, object]:
        assert address == WEBHOOK_ACTOR
        policy = webhook_policy(hold_seconds=self.hold_hours * 3600)
        return WebhookMind(self.store, self._schedule, policy), OutboxGrew()


Make = Callable[[int, float], Gateway]


@pytest.fixture
def make(folder: Path) -> Iterator[Make]:
    made: list[Gateway] = []

    def new(seed: int, hold_hours: float) -> Gateway:
        kind = type("Held", (HoldingGateway,), {"hold_hours": hold_hours})
        made.append(kind(folder, seed))
        return made[-1]

    yield new
    for gateway in made:
        gateway.store.close()


def switch_off(gateway: Gateway) -> None:
    """For half an hour from now on; the tenants get and send messages, and once the daemon is killed."""
    back = gateway.time.moment + OFF_SECONDS

    def receive(_: Post) -> AttemptResult:
        return SWITCHED_OFF if gateway.time.moment < back else OK

    gateway.receive = receive
    for minute in range(30):
        for session_id in TENANTS:
            gateway.browser(session_id).receive(FRIEND, f"{session_id} {minute}")
            if minute % 5 == 0:
                gateway.send(session_id, FRIEND)
        if minute == 17:
            gateway.kill_daemon()
            gateway.boot()
        # Together surely less than the half hour.
        gateway.run(50 + 9 * gateway.random.random())
    gateway.run(max(0.0, back - gateway.time.moment))


def delivered(gateway: Gateway, session_id: str) -> list[Posted]:
    return [post for post in gateway.posts if post.session_id == session_id and post.outcome == OK]


def check_nothing_is_missing(gateway: Gateway, session_id: str) -> None:
    """Every event of the log was taken, with the logged bytes; of a superseded code there is nothing to take."""
    logged = {event.id: event for event in gateway.store.events_after(session_id, 0, 10_000)}
    taken = {post.id: post.body for post in delivered(gateway, session_id)}
    assert taken == {event_id: event.body for event_id, event in logged.items() if event_id in taken}
    missing = [event.name for event_id, event in logged.items() if event_id not in taken]
    assert set(missing) <= {"qr_code"}


@pytest.mark.slow
def test_with_the_hold_everything_arrives_in_order_when_it_is_back(make: Make, seed: int):
    gateway = make(seed, 2.0)
    for session_id, number in TENANTS.items():
        gateway.connect(session_id, number)
    gateway.run(5)
    gateway.posts.clear()
    switch_off(gateway)
    assert not any(post.outcome == OK for post in gateway.posts)
    gateway.run(60)
    assert gateway.store.webhook_counts() == WebhookCounts()
    for session_id in TENANTS:
        arrived = delivered(gateway, session_id)
        sequences = [post.fields["sequence"] for post in arrived]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert {post.attempt for post in arrived} == {1}
        names = [post.name for post in arrived]
        assert (names.count("message_received"), names.count("message_ack") >= 6) == (30, True)


@pytest.mark.slow
def test_without_it_one_replay_delivers_what_became_dead_letters(make: Make, seed: int):
    gateway = make(seed, 0.0)
    for session_id, number in TENANTS.items():
        gateway.connect(session_id, number)
    switch_off(gateway)
    gateway.run(600)
    assert gateway.store.webhook_counts().pending == 0
    for session_id in TENANTS:
        dead = gateway.store.count_dead_letters(DeadLetterFilter(session_id))
        assert dead > 20
        assert gateway.ask(WEBHOOK_ACTOR, ReplayDeadLetters(DeadLetterFilter(session_id))) == dead
    gateway.run(10)
    assert gateway.store.webhook_counts() == WebhookCounts()
    for session_id in TENANTS:
        check_nothing_is_missing(gateway, session_id)
        assert len({post.id for post in delivered(gateway, session_id)}) == len(
            delivered(gateway, session_id)
        )


@pytest.fixture(params=range(3))
def seed(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number
