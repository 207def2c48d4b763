"""Minds decide without the operating system; only workers may block. See also the import contracts in setup.cfg."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from actors.runtime.effects import Effect, Mind, Worker
from actors.watch.alerts import AlertMind
from actors.watch.history import HistoryMind
from actors.watch.messages import Begin, Observed, Sample
from actors.watch.seen import Seen
from actors.workers.browser import BrowserWorker
from actors.workers.disk import DiskWorker
from actors.workers.load import LoadWorker
from tests.actors.gateway import FlakyStore
from tests.actors.scenario import Scenario
from tests.actors.without_system import GatewayWithoutSystem, SystemAway, WithoutSystem
from tests.defaults import SETTINGS
from wppmt.app.policies import alert_policy
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import SessionRecord, SessionStatus

SEEDS = 6


@pytest.fixture(scope="module")
def away() -> SystemAway:
    return SystemAway()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_mind_decides_without_the_operating_system(away: SystemAway, folder: Path, seed: int):
    scenario = Scenario(folder, seed, make=partial(GatewayWithoutSystem, away))
    try:
        violations = scenario.run().violations()
    finally:
        scenario.gateway.store.close()
    assert (away.attempts, violations) == ([], [])
    assert isinstance(scenario.gateway, GatewayWithoutSystem)
    assert scenario.gateway.minds == {"Root", "SessionMind", "WebhookMind"}


class Reaches:
    """A mind that is none."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        self._act()
        return ()


@pytest.mark.parametrize(
    "act",
    [
        lambda: time.monotonic() + 1,
        lambda: time.sleep(0),
        lambda: Path(__file__).read_bytes(),
        lambda: Path(__file__).unlink(),
        lambda: threading.Thread(target=print).start(),
        lambda: subprocess.run(["true"], check=False),
    ],
)
def test_whoever_reaches_for_it_is_found(act: Callable[[], object]):
    away = SystemAway()
    with pytest.raises(PermissionError):
        WithoutSystem(Reaches(act), away).handle("message", 0.0)
    assert away.attempts


def test_those_who_watch_do_so_too(away: SystemAway, folder: Path):
    store = FlakyStore(folder)
    record = SessionRecord("a", 0.0, state=State.ERROR, reason=Reason.CONFLICT)
    statuses = (SessionStatus(record),)
    policy = replace(alert_policy(SETTINGS), webhook_url="http://operador.test/", mail_url="mailto:a@b.test")
    ids = count(1)
    alerts = WithoutSystem(
        AlertMind(store, policy, lambda _: f"evt_{next(ids)}", lambda: "whsec_c2VncmVkbw=="), away
    )
    history = WithoutSystem(HistoryMind(store, lambda: statuses), away)
    told = [*alerts.handle(Begin(), 100.0)]
    told += alerts.handle(Observed(Seen(at=100.0, uptime=1e6, sessions=(record,))), 100.0)
    told += history.handle(Sample(), 100.0)
    assert len(told) == 3
    assert (away.attempts, len(store.firing_alerts()), len(store.points("a", 0.0))) == ([], 1, 1)
    store.close()


def test_nobody_is_both_a_mind_and_a_worker():
    for worker in (BrowserWorker, DiskWorker, LoadWorker):
        assert issubclass(worker, Worker)
        assert not hasattr(worker, "handle")
    for mind in (WithoutSystem, Reaches):
        assert not issubclass(mind, Worker)
    _: type[Mind] = Reaches
