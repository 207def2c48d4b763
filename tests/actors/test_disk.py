"""A disk that is short: every browser is ended in order before it is full, and comes back by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.runtime.effects import Log, Tell, Wake
from actors.supervisor.disk_policy import DiskPolicy
from actors.supervisor.messages import DiskMeasured
from actors.workers.disk import DiskWorker, LookAtDisk
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import MIN_FREE_MB, Gateway
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import Desired

ME, YOU = "5511999990001", "5511999990002"
SHORT, STILL_SHORT, ENOUGH = MIN_FREE_MB - 1, round(1.2 * MIN_FREE_MB), round(1.25 * MIN_FREE_MB)


@pytest.fixture
def gateway(make_gateway: MakeGateway) -> Gateway:
    """Sessions `a` and `b`, connected."""
    gateway = make_gateway()
    gateway.connect("a", ME)
    gateway.connect("b", YOU)
    return gateway


def fall_short(gateway: Gateway) -> None:
    gateway.measure_disk(SHORT)
    gateway.run(5)


def test_every_browser_is_ended_in_order_and_none_starts(gateway: Gateway):
    fall_short(gateway)
    for name in "ab":
        assert not gateway.browsers.living(name)
        assert not gateway.world.copies[name]
        assert (gateway.state(name), gateway.reason(name)) == (State.RECONNECTING, Reason.RESOURCE_LIMIT)
        assert gateway.record(name).desired is Desired.RUNNING
        assert gateway.changes(name)[-2:] == ["connected", "reconnecting"]
        assert gateway.events(name, "error") == []
    opened = len(gateway.browsers.openings)
    gateway.run(300)
    assert len(gateway.browsers.openings) == opened


def test_they_come_back_by_themselves(gateway: Gateway):
    fall_short(gateway)
    gateway.measure_disk(STILL_SHORT)
    gateway.run(60)
    assert gateway.state("a") is State.RECONNECTING
    gateway.measure_disk(ENOUGH)
    assert gateway.until("a", State.CONNECTED, 10) < 10
    gateway.until("b", State.CONNECTED, 10)
    assert (gateway.record("a").failures, gateway.record("a").restarts) == (0, 0)
    gateway.send("a", YOU)


def test_it_is_reported_once_with_what_to_do(gateway: Gateway):
    for free_mb in (SHORT, SHORT - 50, STILL_SHORT, 3):
        gateway.measure_disk(free_mb)
        gateway.run(1)
    [line] = gateway.logged("disk_short")
    assert line.details["freeMb"] == SHORT
    assert line.details["note"] == (
        "Pouco espaço em disco em /tokens: 199 MB livres, mínimo 200 MB."
        " Libere espaço: as sessões voltam sozinhas com 250 MB livres"
    )
    gateway.measure_disk(ENOUGH)
    gateway.run(1)
    assert len(gateway.logged("disk_free")) == 1


def test_a_start_is_refused_and_changes_nothing(gateway: Gateway):
    fall_short(gateway)
    with pytest.raises(Refusal) as refused:
        gateway.start("new")
    assert refused.value.code is Code.RESOURCE_LIMIT
    [detail] = refused.value.details
    assert detail["field"] == "disk"
    assert detail["current"] < detail["limit"]
    assert gateway.directory.status("new") is None
    # One that is to run anyway is as it is.
    assert gateway.start("a").status.record.state is State.RECONNECTING
    with pytest.raises(Refusal) as unsent:
        gateway.send("a", YOU)
    assert unsent.value.code is Code.NOT_CONNECTED


def test_a_restart_waits_as_all_do(gateway: Gateway):
    fall_short(gateway)
    gateway.restart("a")
    gateway.run(60)
    assert (gateway.state("a"), gateway.reason("a")) == (State.RECONNECTING, Reason.RESOURCE_LIMIT)
    assert not gateway.browsers.living("a")
    gateway.measure_disk(ENOUGH)
    gateway.until("a", State.CONNECTED, 10)


def test_a_session_that_waits_for_its_next_attempt_does_not_wait_longer(gateway: Gateway):
    gateway.browsers.refuse_start("a", "BROWSER_CRASHED", times=1)
    gateway.browser("a").crash()
    gateway.run(3)
    assert gateway.record("a").failures == 2
    fall_short(gateway)
    gateway.measure_disk(ENOUGH)
    assert gateway.until("a", State.CONNECTED, 60) < 10


def test_a_stopped_session_stays_stopped(gateway: Gateway):
    gateway.close("a")
    fall_short(gateway)
    gateway.measure_disk(ENOUGH)
    gateway.run(60)
    assert (gateway.state("a"), gateway.reason("a")) == (State.DISCONNECTED, Reason.STOPPED)


def test_one_that_waits_for_a_person_goes_on_waiting(gateway: Gateway):
    """Its reason is what `restore` and `reset` are for."""
    gateway.browser("a").show_qr()
    gateway.until("a", State.ERROR)
    fall_short(gateway)
    gateway.measure_disk(ENOUGH)
    gateway.run(60)
    assert (gateway.state("a"), gateway.reason("a")) == (State.ERROR, Reason.TOKEN_CORRUPT)


def test_a_qr_screen_on_a_short_disk_is_no_proof_against_the_login(gateway: Gateway):
    """Also where it is seen before Root has heard of the disk."""
    gateway.free_mb = 0
    gateway.browser("a").show_qr()
    gateway.until("a", State.RECONNECTING, 5)
    assert gateway.reason("a") is Reason.RESOURCE_LIMIT
    gateway.measure_disk(0)
    gateway.run(60)
    assert not gateway.browsers.living("a")
    gateway.measure_disk(ENOUGH)
    gateway.until("a", State.CONNECTED, 10)
    assert gateway.record("a").has_login
    assert gateway.events("a", "qr_code")[1:] == []
    assert "error" not in gateway.changes("a")


def test_nobody_pairs_on_a_short_disk(make_gateway: MakeGateway):
    gateway = make_gateway()
    gateway.show_qr("a")
    fall_short(gateway)
    assert gateway.state("a") is State.RECONNECTING
    assert gateway.status("a").qr is None
    gateway.measure_disk(ENOUGH)
    gateway.until("a", State.WAITING_SCAN, 10)


def test_a_daemon_that_boots_on_a_short_disk_starts_nothing(gateway: Gateway):
    gateway.kill_daemon()
    gateway.browser("a").crash()
    gateway.browser("b").crash()
    opened = len(gateway.browsers.openings)
    gateway.free_mb = SHORT
    gateway.boot()
    gateway.run(60)
    assert len(gateway.browsers.openings) == opened
    assert (gateway.state("a"), gateway.reason("a")) == (State.RECONNECTING, Reason.RESOURCE_LIMIT)
    gateway.measure_disk(ENOUGH)
    gateway.until("a", State.CONNECTED, 10)


def test_a_store_on_the_same_disk_only_delays_it(gateway: Gateway):
    gateway.store.is_full = True
    fall_short(gateway)
    assert gateway.state("a") is State.CONNECTED
    gateway.store.is_full = False
    gateway.run(5)
    assert gateway.state("a") is State.RECONNECTING
    assert not gateway.browsers.living("a")


def test_a_browser_that_cannot_be_ended_in_order_on_a_full_disk_is_killed(gateway: Gateway):
    """Not even the session's state can be written."""
    gateway.store.is_full = True
    for _ in range(10):
        gateway.measure_disk(0)
        gateway.run(1)
    assert not gateway.browsers.living("a")
    assert not gateway.browsers.living("b")
    gateway.store.is_full = False
    gateway.measure_disk(ENOUGH)
    gateway.until("a", State.RECONNECTING, 5)
    assert gateway.until("a", State.CONNECTED, 10) < 10
    assert (gateway.record("a").failures, gateway.events("a", "error")) == (0, [])


def test_browsers_that_lived_on_are_ended_too(gateway: Gateway):
    """The disk fell short while no daemon looked."""
    gateway.kill_daemon()
    gateway.free_mb = SHORT
    gateway.boot()
    gateway.run(10)
    assert not gateway.browsers.living("a")
    assert gateway.reason("a") is Reason.RESOURCE_LIMIT
    gateway.measure_disk(ENOUGH)
    gateway.until("a", State.CONNECTED, 10)


# ---- the watch


def test_root_gets_a_measurement_every_second():
    told, wake = DiskWorker(lambda: 321).do(LookAtDisk(), 0.0)
    assert told == Tell(ROOT_ACTOR, DiskMeasured(321))
    assert wake == Wake(1.0, LookAtDisk())


@given(st.lists(st.integers(0, 400)))
def test_between_the_marks_nothing_changes(measured: list[int]):
    room = DiskPolicy("/tokens", MIN_FREE_MB)
    for free_mb in measured:
        was_short = room.is_short
        list(room.measured(free_mb, ()))
        assert room.is_short == (free_mb < (ENOUGH if was_short else MIN_FREE_MB))
        assert (room.shortage is not None) == room.is_short


def test_a_mark_of_nothing_is_no_mark():
    room = DiskPolicy("/tokens", 0)
    assert not [effect for free in (0, 5, 0) for effect in room.measured(free, ["a"])]


def test_all_sessions_are_stopped_with_one_log_line():
    effects = list(DiskPolicy("/tokens", MIN_FREE_MB).measured(0, ["a", "b"]))
    assert [effect.event for effect in effects if isinstance(effect, Log)] == ["disk_short"]
    assert [effect.to for effect in effects if isinstance(effect, Tell)] == [
        session_address(name) for name in "ab"
    ]
