"""An alert is kept, logged, delivered and mailed when it begins and when it is over: once each, whatever dies in between."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from actors.runtime.effects import Answer, Ask, Effect, Log, Tell
from actors.watch.alerts import OVERLAP_SECONDS, AlertMind
from actors.watch.messages import Begin, EndpointDelivered, EndpointExhausted, Observed
from actors.watch.seen import Seen
from actors.webhooks.messages import OutboxGrew
from tests.actors.gateway import FlakyStore, Pending
from tests.defaults import SETTINGS
from wppmt.app.policies import alert_policy
from wppmt.domain.alerts import AlertCode, Cause
from wppmt.domain.messages import WEBHOOK_ACTOR, RotateAlertSecret
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.outbox_records import Lane
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import ALERTS, SessionRecord
from wppmt.webhook.models import AlertHook

URL = "https://operador.test/alertas"
MAIL = "mailto:ops@exemplo.com"
OWN = "https://turbozap.test/webhook/token-secreto"
IN_ERROR = SessionRecord("a", 0.0, state=State.ERROR, reason=Reason.CONFLICT, webhook_url=OWN)
WELL = replace(IN_ERROR, state=State.CONNECTED, reason=Reason.READY)


class World:
    def __init__(self, folder: Path) -> None:
        self.store = FlakyStore(folder)
        self.now = 1_000_000.0
        self.ids, self.secrets = count(1), count(1)
        self.policy = replace(alert_policy(SETTINGS), webhook_url=URL, mail_url=MAIL)
        self.effects: list[Effect] = []
        self.boot()

    def boot(self) -> None:
        self.mind = AlertMind(
            self.store, self.policy, lambda _: f"evt_{next(self.ids)}", lambda: f"whsec_{next(self.secrets)}"
        )
        self.say(Begin())

    def say(self, message: object) -> list[Effect]:
        effects = list(self.mind.handle(message, self.now))
        self.effects += effects
        return effects

    def look(self, *sessions: SessionRecord, times: int = 1) -> list[Effect]:
        """Every five seconds; the effects of all."""
        told: list[Effect] = []
        for _ in range(times):
            self.now += 5
            told += self.say(Observed(Seen(at=self.now, uptime=1e6, sessions=sessions)))
        return told

    @property
    def firing(self) -> list[Cause]:
        return [alert.cause for alert in self.store.firing_alerts()]

    def delivered(self, endpoint: str = URL) -> list[dict[str, Any]]:
        """What the outbox has for it, in order."""
        bodies, after = [], 0
        while delivery := self.store.first_attempt(Lane(endpoint, ALERTS), after):
            bodies.append(json.loads(delivery.event.body))
            after = delivery.number
        return bodies


@pytest.fixture
def world(tmp_path: Path) -> Iterable[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def logged(effects: Iterable[Effect]) -> list[tuple[str, str | None]]:
    return [(effect.event, effect.session_id) for effect in effects if isinstance(effect, Log)]


def test_it_is_told_everywhere_once_and_so_is_its_end(world: World):
    begun = world.look(IN_ERROR, times=3)
    assert logged(begun) == [("alert_firing", "a")]
    assert Tell(WEBHOOK_ACTOR, OutboxGrew()) in begun
    assert world.firing == [Cause(AlertCode.SESSION_IN_ERROR, "a")]
    over = world.look(WELL, times=20)
    assert logged(over) == [("alert_resolved", "a")]
    for endpoint in (URL, MAIL):
        assert [told["status"] for told in world.delivered(endpoint)] == ["firing", "resolved"]
    assert world.firing == []
    [ended] = world.store.ended_alerts(10)
    assert ended.ended_at is not None


def test_the_webhook_gets_the_form_of_the_contract(world: World):
    world.look(IN_ERROR)
    world.look(WELL, times=20)
    firing, resolved = world.delivered()
    assert list(firing) == [
        "event", "sessionId", "timestamp", "status", "code", "message", "remedy", "since", "endedAt",
        "id", "sequence", "schemaVersion",
    ]  # fmt: skip
    assert (firing["event"], firing["sessionId"], firing["status"]) == ("alert", "a", "firing")
    assert firing["endedAt"] is None
    assert (resolved["status"], resolved["code"]) == ("resolved", firing["code"])
    assert resolved["endedAt"] > resolved["since"] == firing["since"]


def test_a_restart_of_the_daemon_neither_tells_again_nor_ends(world: World):
    world.look(IN_ERROR)
    told = len(world.effects)
    for _ in range(3):
        world.boot()
        world.look(IN_ERROR, times=2)
    assert len(world.effects) == told
    assert world.firing == [Cause(AlertCode.SESSION_IN_ERROR, "a")]


def test_without_a_webhook_or_mail_it_is_logged_and_kept(world: World):
    world.policy = replace(world.policy, webhook_url="", mail_url="")
    world.boot()
    assert [type(effect) for effect in world.look(IN_ERROR)] == [Log]
    assert world.firing
    assert world.store.events_after(ALERTS, 0, 100) == []


def test_a_store_that_takes_no_writes_delays_it_and_loses_nothing(world: World):
    world.store.is_full = True
    assert world.look(IN_ERROR, times=5) == []
    world.store.is_full = False
    assert logged(world.look(IN_ERROR)) == [("alert_firing", "a")]


def test_what_was_seen_long_ago_is_not_judged(world: World):
    old = Seen(at=world.now - 60, uptime=1e6, sessions=(IN_ERROR,))
    assert world.say(Observed(old)) == []


def exhausted(world: World) -> list[Effect]:
    return world.say(EndpointExhausted("a", OWN))


def test_an_exhausted_webhook_rings_until_its_next_success(world: World):
    assert logged(exhausted(world)) == [("alert_firing", "a")]
    assert exhausted(world) == world.say(EndpointExhausted("b", OWN)) == []
    assert world.look(WELL, times=50) == []
    world.boot()
    assert logged(world.say(EndpointDelivered(OWN))) == [("alert_resolved", "a")]
    assert world.say(EndpointDelivered(OWN)) == []


def test_it_shows_the_server_and_not_the_secrets_in_its_address(world: World):
    exhausted(world)
    logs = [effect for effect in world.effects if isinstance(effect, Log)]
    told = repr(logs) + repr(world.delivered())
    assert "https://turbozap.test" in told
    assert "token-secreto" not in told


def test_a_webhook_that_was_changed_is_no_trouble_any_more(world: World):
    exhausted(world)
    assert logged(world.look(replace(WELL, webhook_url="https://novo.test/"), times=20)) == [
        ("alert_resolved", "a")
    ]


def test_a_notice_that_the_store_refuses_is_to_be_given_again(world: World):
    world.store.is_full = True
    with pytest.raises(StoreUnavailable):
        exhausted(world)
    world.store.is_full = False
    assert logged(exhausted(world)) == [("alert_firing", "a")]


def test_alerts_are_signed_with_a_secret_of_their_own_which_can_be_changed(world: World):
    first = world.store.secrets(ALERTS)
    assert first
    world.boot()
    assert world.store.secrets(ALERTS) == first
    [answer] = world.say(Ask(RotateAlertSecret(), Pending(lambda: 0.0)))
    assert isinstance(answer, Answer)
    secrets = world.store.secrets(ALERTS)
    assert secrets
    assert (secrets.current, secrets.rotated) == (
        answer.value, ((first.current, world.now + OVERLAP_SECONDS),)
    )  # fmt: skip
    assert answer.value != first.current


def test_what_is_delivered_fits_the_published_schema(world: World):
    world.look(IN_ERROR)
    world.look(WELL, times=20)
    for event in world.delivered():
        AlertHook.model_validate(event)
