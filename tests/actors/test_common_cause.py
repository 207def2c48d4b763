"""Many sessions that fail together: one judgement and one pause for all, and nothing of it for a few."""

from __future__ import annotations

import pytest

from actors.session.messages import RestartFailed
from actors.supervisor.common_cause import PAUSE_SECONDS, CommonCause
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from wppmt.domain.overview import CommonFailure
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State

ENDLESS = 1000


def many(make_gateway: MakeGateway, running: int, seed: int = 0) -> Gateway:
    """So many connected sessions, a while ago."""
    gateway = make_gateway(seed=seed, starts_at_once=3)
    for number in range(running):
        gateway.connect(f"s{number}", f"55119999900{number:02d}")
    gateway.run(70)
    return gateway


def crash(gateway: Gateway, failing: int, times: int = ENDLESS) -> float:
    """Their browsers die together, and none comes up again so many times; when that was."""
    for number in range(failing):
        gateway.browsers.refuse_start(f"s{number}", "CHROME_MISSING", times)
    for number in range(failing):
        gateway.browser(f"s{number}").crash()
    return gateway.time.moment


def common_cause(gateway: Gateway) -> CommonFailure | None:
    return gateway.directory.overview().common_cause


@pytest.mark.parametrize(
    ("running", "failing", "is_shared"),
    [(2, 2, False), (3, 3, True), (5, 2, False), (5, 3, True), (6, 3, False), (7, 4, True), (8, 4, False)],
)
def test_it_takes_three_and_more_than_half(running: int, failing: int, is_shared: bool):
    judgement = CommonCause()
    failures = [RestartFailed(f"s{number}", Reason.BROWSER_CRASHED) for number in range(failing)]
    found = [judgement.note(failure, running, 1000.0) for failure in failures]
    assert [bool(one) for one in found] == [False] * (failing - 1) + [is_shared]
    assert judgement.is_pausing(1000.0) is is_shared
    # Root looks again at this very moment.
    assert not judgement.is_pausing(1000.0 + PAUSE_SECONDS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_many_failures_of_first_restarts_are_one_alert_and_one_pause(make_gateway: MakeGateway, seed: int):
    gateway = many(make_gateway, running=5, seed=seed)
    began = crash(gateway, failing=3)
    gateway.run(1)
    [line] = gateway.logged("common_cause")
    assert line.level == "error"
    assert "3 de 5" in str(line.details["note"])
    assert "CHROME_MISSING: 3" in str(common_cause(gateway))
    gateway.run(600)
    openings = [at for at, _ in gateway.browsers.openings if at > began + 1]
    assert min(openings) - line.at >= PAUSE_SECONDS
    assert len(gateway.logged("common_cause")) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("running", "failing"), [(2, 2), (6, 3), (10, 4)])
def test_a_few_are_their_own_trouble(make_gateway: MakeGateway, running: int, failing: int):
    gateway = many(make_gateway, running)
    crash(gateway, failing)
    gateway.run(300)
    assert gateway.logged("common_cause") == []
    assert common_cause(gateway) is None


def test_browsers_that_die_together_and_come_up_again_are_no_alert(make_gateway: MakeGateway):
    gateway = many(make_gateway, running=5)
    crash(gateway, failing=5, times=0)
    gateway.run(30)
    assert gateway.logged("common_cause") == []
    assert all(gateway.state(f"s{number}") is State.CONNECTED for number in range(5))


def test_the_pause_is_for_everyone_and_the_alert_ends_with_recovery(make_gateway: MakeGateway):
    gateway = many(make_gateway, running=4)
    crash(gateway, failing=3, times=1)
    gateway.run(1)
    assert gateway.logged("common_cause")
    gateway.browser("s3").crash()
    gateway.run(PAUSE_SECONDS - 3)
    assert gateway.state("s3") is State.RECONNECTING
    gateway.run(15)
    assert all(gateway.state(f"s{number}") is State.CONNECTED for number in range(4))
    gateway.run(10)
    assert common_cause(gateway) is None


def test_failures_far_apart_have_no_common_cause(make_gateway: MakeGateway):
    gateway = many(make_gateway, running=3)
    for number in range(3):
        gateway.browsers.refuse_start(f"s{number}", "BROWSER_CRASHED", 1)
        gateway.browser(f"s{number}").crash()
        gateway.run(61)
    assert gateway.logged("common_cause") == []


def test_the_next_incident_is_reported_again(make_gateway: MakeGateway):
    gateway = many(make_gateway, running=3)
    for times in (1, 2):
        crash(gateway, failing=3, times=2)
        gateway.run(200)
        assert len(gateway.logged("common_cause")) == times
        assert gateway.state("s0") is State.CONNECTED
