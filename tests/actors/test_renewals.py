"""After an upgrade that changed bridge, wa-js or command line: one browser after the other, and a stop at the first trouble."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actors.runtime.effects import Log, Tell
from actors.supervisor.renewals import BACK_SECONDS, Renewals
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from wppmt.browser.fake.world import Bridge
from wppmt.domain.inventory import WHOLE
from wppmt.domain.messages import session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import SessionRecord, SessionStatus

NUMBERS = {name: f"551199999000{index}" for index, name in enumerate("abc")}
FRIEND = "5511888880001"


@pytest.fixture(params=range(3))
def gateway(request: pytest.FixtureRequest, make_gateway: MakeGateway) -> Gateway:
    """Sessions a, b and c, connected under the version before."""
    made = make_gateway(seed=request.param)
    made.world.add_phone(FRIEND)
    for name, number in NUMBERS.items():
        made.connect(name, number)
    return made


def upgrade(gateway: Gateway, number: int = 2) -> None:
    """Another version takes the place of the one that runs."""
    gateway.kill_daemon()
    gateway.world.bridge = Bridge(number)
    gateway.boot()
    gateway.run_until(lambda: len(gateway.logged("browser_adopted")) == 3, 5)
    gateway.settle()


def connected(gateway: Gateway) -> set[str]:
    return {name for name in NUMBERS if gateway.state(name) is State.CONNECTED}


def outdated(gateway: Gateway) -> set[str]:
    return {name for name in NUMBERS if gateway.status(name).outdated}


@pytest.mark.slow
def test_one_after_the_other_without_a_code(gateway: Gateway):
    upgrade(gateway)
    assert connected(gateway) == outdated(gateway) == set("abc"), "all go on with what they have"
    assert gateway.send("c", FRIEND).ack == 1
    fewest = 3
    while outdated(gateway) or len(connected(gateway)) < 3:
        gateway.step()
        fewest = min(fewest, len(connected(gateway)))
    assert fewest == 2, "never two at a time"
    gateway.run(20)
    for name in NUMBERS:
        assert gateway.count_browsers(name) == 2
        assert len(gateway.events(name, "qr_code")) == 1
        assert gateway.changes(name)[-2:] == ["reconnecting", "connected"]
        assert gateway.events(name, "connection_change")[-2]["reasonCode"] == "DAEMON_RESTARTED"
    assert [line.session_id for line in gateway.logged("browser_renewed")] == ["a", "b", "c"]


def test_with_the_same_bridge_nobody_is(gateway: Gateway):
    upgrade(gateway, 1)
    gateway.run(300)
    assert [gateway.count_browsers(name) for name in NUMBERS] == [1, 1, 1]
    assert gateway.logged("renewal_begun") == []


def test_a_bridge_that_is_not_understood_is_not_adopted(gateway: Gateway):
    gateway.kill_daemon()
    gateway.world.bridge = Bridge(2, shape=2)
    gateway.boot()
    gateway.run(60)
    assert gateway.logged("browser_adopted") == []
    assert connected(gateway) == set("abc")


@pytest.mark.slow
def test_it_stops_at_the_first_that_does_not_come_back_and_goes_on_when_that_is_mended(gateway: Gateway):
    upgrade(gateway)
    gateway.browsers.refuse_start("a", "CHROME_MISSING", times=4)
    gateway.run_until(lambda: gateway.logged("renewal_stopped"), 60)
    gateway.run(1)
    said = gateway.directory.overview().stopped_renewal
    assert said
    assert "parou em a" in said
    assert "2 seguem" in said
    assert outdated(gateway) == {"b", "c"}
    assert connected(gateway) == {"b", "c"}
    gateway.run_until(lambda: not outdated(gateway) and connected(gateway) == set("abc"), 900)
    gateway.run(20)
    assert gateway.directory.overview().stopped_renewal is None
    assert len(gateway.logged("renewal_stopped")) == 1


def test_a_login_that_was_lost_stops_it_too(gateway: Gateway):
    upgrade(gateway)
    gateway.browsers.corrupt("a")
    gateway.run_until(lambda: gateway.logged("renewal_stopped"), 120)
    gateway.run(BACK_SECONDS + 10)
    assert outdated(gateway) == {"b", "c"}


def test_a_page_that_can_do_less_stops_it(gateway: Gateway):
    upgrade(gateway)
    gateway.world.inventories["a"] = replace(WHOLE, can_send=False, missing=("sendTextMessage",))
    gateway.run_until(lambda: gateway.logged("renewal_stopped"), 120)
    assert gateway.reason("a") is Reason.WHATSAPP_CHANGED
    assert outdated(gateway) == {"b", "c"}


def test_one_whose_phone_is_away_is_not_waited_for_for_ever():
    """Its browser is as it should be, so there is no trouble."""
    record = SessionRecord("a", 0.0, state=State.CONNECTED)
    renewals, before = Renewals(), SessionStatus(record, outdated="outra ponte")
    away = SessionStatus(replace(record, state=State.PHONE_DISCONNECTED, reason=Reason.PHONE_OFFLINE))
    after = SessionStatus(replace(record, id="b"), outdated="outra ponte")
    assert list(renewals.look({"a": before, "b": after}, 100.0))
    assert not list(renewals.look({"a": away, "b": after}, 100.0 + BACK_SECONDS))
    effects = list(renewals.look({"a": away, "b": after}, 101.0 + BACK_SECONDS))
    assert [effect.event for effect in effects if isinstance(effect, Log)] == [
        "renewal_late",
        "renewal_begun",
    ]
    assert [effect.to for effect in effects if isinstance(effect, Tell)] == [session_address("b")]
    assert renewals.stopped_by is None


def test_one_that_is_being_linked_is_left_alone_until_it_is():
    record = SessionRecord("a", 0.0, state=State.WAITING_SCAN)
    renewals, linking = Renewals(), SessionStatus(record, outdated="outra ponte", is_linking=True)
    assert not list(renewals.look({"a": linking}, 100.0))
    assert list(renewals.look({"a": replace(linking, is_linking=False)}, 105.0))


def test_one_that_is_closed_meanwhile_is_waited_for_no_more(gateway: Gateway):
    upgrade(gateway)
    gateway.run_until(lambda: gateway.logged("renewal_begun"), 20)
    gateway.close("a")
    gateway.run(60)
    assert outdated(gateway) == set()
    assert gateway.state("a") is State.DISCONNECTED


def test_the_next_daemon_goes_on_where_this_one_was(gateway: Gateway):
    upgrade(gateway)
    gateway.run_until(lambda: gateway.logged("browser_renewed"), 60)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(120)
    assert outdated(gateway) == set()
    assert connected(gateway) == set("abc")
    assert gateway.count_browsers("a") == 2
