"""Another wa-js for the sessions: one at a time, all back at the first that loses something, and never a QR code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from actors.supervisor.wa_js_rollout import BACK_SECONDS
from tests.actors.gateway import Gateway
from wppmt.browser.fake.browsers import FakeTimes
from wppmt.domain.inventory import UNTOLD_MESSAGES, Inventory
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.domain.wa_js import Choice, Plan

OLD, NEW = "4.6.0", "4.6.1"
PHONES = {"a": "5511999990001", "b": "5511999990002", "c": "5511999990003"}
DUMB = Inventory(missing=("addAndSendMsgToChat",), can_send=False, can_send_media=False)
DEAD = Inventory(missing=("wa-js",), can_receive=False, can_send=False, can_ack=False, can_send_media=False)


class PlansInMemory:
    """The plan, and the wa-js that cannot be used."""

    shipped_name = OLD

    def __init__(self) -> None:
        self._plan = Plan()
        self.flaws: dict[str, str] = {}
        self.trouble: Exception | None = None

    def plan(self) -> Plan:
        if self.trouble:
            raise self.trouble
        return self._plan

    @contextmanager
    def changing(self) -> Iterator[PlanInMemory]:
        change = PlanInMemory(self.plan())
        yield change
        self._plan = change.plan

    def flaw(self, name: str) -> str:
        return self.flaws.get(name, "")

    def want(self, name: str, session: str | None = None) -> None:
        """As `wppmt wa-js use` does."""
        settled = self._plan.settled
        self._plan = self._plan.want(settled.with_session(session, name) if session else Choice(name))

    def roll_back(self) -> None:
        self._plan = self._plan.want_back()


class PlanInMemory:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan


@pytest.fixture
def plans() -> PlansInMemory:
    return PlansInMemory()


@pytest.fixture
def gateway(tmp_path: Path, plans: PlansInMemory) -> Iterator[Gateway]:
    """Three connected sessions."""
    gateway = Gateway(tmp_path, plans=plans)
    gateway.world.wa_js = lambda session_id: plans.plan().in_use.of(session_id) or OLD
    for session_id, phone in PHONES.items():
        gateway.connect(session_id, phone)
    yield gateway
    gateway.store.close()


def running(gateway: Gateway) -> dict[str, str]:
    return {name: gateway.status(name).inventory.wa_js for name in PHONES}


def opened(gateway: Gateway) -> dict[str, int]:
    return {name: gateway.count_browsers(name) for name in PHONES}


def await_quiet(gateway: Gateway, plans: PlansInMemory, limit: float = 200) -> None:
    gateway.run_until(lambda: plans.plan().is_quiet, limit)


def await_all(gateway: Gateway, name: str) -> None:
    """Connected, with the wa-js of this name."""
    gateway.run_until(lambda: running(gateway) == dict.fromkeys(PHONES, name), 60)
    gateway.run_until(lambda: all(gateway.state(session) is State.CONNECTED for session in PHONES), 60)


def test_every_session_gets_it_one_at_a_time_with_its_login(gateway: Gateway, plans: PlansInMemory):
    began = len(gateway.browsers.openings)
    plans.want(NEW)
    away = 0
    while not plans.plan().is_quiet:
        gateway.step()
        away = max(away, sum(gateway.state(name) is not State.CONNECTED for name in PHONES))
    assert away == 1
    assert [name for _, name in gateway.browsers.openings[began:]] == ["a", "b", "c"]
    assert running(gateway) == dict.fromkeys(PHONES, NEW)
    for name in PHONES:
        assert gateway.changes(name)[-2:] == ["reconnecting", "connected"]
        assert gateway.changes(name).count("waiting_scan") == 1
    assert {row["reasonCode"] for row in gateway.events("a", "connection_change")} >= {"WA_JS_CHANGED"}


def test_what_is_settled_is_what_the_next_start_and_the_next_daemon_give(
    gateway: Gateway, plans: PlansInMemory
):
    plans.want(NEW)
    await_quiet(gateway, plans)
    gateway.restart("a")
    gateway.run(30)
    before = opened(gateway)
    gateway.run(3600)
    assert (running(gateway), opened(gateway)) == (dict.fromkeys(PHONES, NEW), before)


@pytest.mark.parametrize("broken", [DUMB, DEAD])
def test_the_first_that_loses_an_ability_ends_it_and_goes_back(
    gateway: Gateway, plans: PlansInMemory, broken: Inventory
):
    before = opened(gateway)
    gateway.world.broken_wa_js[NEW] = broken
    plans.want(NEW)
    await_quiet(gateway, plans)
    await_all(gateway, OLD)
    assert opened(gateway) == before | {"a": before["a"] + 2}
    outcome = plans.plan().outcome
    assert outcome
    assert outcome.why.startswith("a: deixou de ")
    assert broken.missing[0] in outcome.why
    [line] = gateway.logged("wa_js_undone")
    assert (line.level, line.details["waJs"]) == ("error", NEW)
    gateway.run(1000)
    assert opened(gateway)["a"] == before["a"] + 2


def test_one_that_had_lost_it_before_is_no_reason_to_go_back(gateway: Gateway, plans: PlansInMemory):
    gateway.browser("c").change(replace(DUMB, wa_js=OLD))
    gateway.settle()
    began = len(gateway.browsers.openings)
    plans.want(NEW)
    await_quiet(gateway, plans)
    # It has the least to lose, so it goes first.
    assert [name for _, name in gateway.browsers.openings[began:]] == ["c", "a", "b"]
    assert running(gateway) == dict.fromkeys(PHONES, NEW)


def test_a_session_whose_page_never_speaks_ends_it(gateway: Gateway, plans: PlansInMemory):
    plans.want(NEW)
    gateway.browsers.refuse_start("a", "INJECT_FAILED", 2)
    await_quiet(gateway, plans, 40)
    await_all(gateway, OLD)


def test_a_session_that_does_not_come_back_ends_it(gateway: Gateway, plans: PlansInMemory):
    plans.want(NEW)
    gateway.run_until(lambda: plans.plan().taken, 10)
    gateway.browsers.refuse_start("a", "PAGE_LOAD_FAILED", 20)
    await_quiet(gateway, plans, BACK_SECONDS + 10)
    outcome = plans.plan().outcome
    assert outcome
    assert "não voltou" in outcome.why


def test_one_that_turns_deaf_later_ends_it_for_all(gateway: Gateway, plans: PlansInMemory):
    gateway.run_until(lambda: gateway.state("a") is State.CONNECTED)
    plans.want(NEW)
    gateway.run_until(lambda: len(plans.plan().taken) == 2, 60)
    gateway.browser("a").page.take_inventory(replace(DEAD, missing=(UNTOLD_MESSAGES,), wa_js=NEW))
    await_quiet(gateway, plans)
    await_all(gateway, OLD)
    assert gateway.logged("wa_js_undone")


def test_a_session_that_waits_for_whatsapps_change_to_end_gets_it_at_once(
    gateway: Gateway, plans: PlansInMemory
):
    gateway.world.broken_wa_js[OLD] = DEAD
    gateway.restart("b")
    gateway.until("b", State.ERROR, 60)
    assert gateway.reason("b") is Reason.WHATSAPP_CHANGED
    plans.want(NEW)
    assert gateway.until("b", State.CONNECTED, 60) < 30
    await_quiet(gateway, plans)
    await_all(gateway, NEW)
    assert gateway.changes("b")[-2:] == ["error", "connected"]


def test_one_session_alone_and_back(gateway: Gateway, plans: PlansInMemory):
    plans.want(NEW, "b")
    await_quiet(gateway, plans)
    assert running(gateway) == {"a": OLD, "b": NEW, "c": OLD}
    plans.roll_back()
    await_quiet(gateway, plans)
    assert running(gateway) == dict.fromkeys(PHONES, OLD)


def test_a_rollback_in_the_middle_takes_back_those_that_were_reached(gateway: Gateway, plans: PlansInMemory):
    plans.want(NEW)
    gateway.run_until(lambda: len(plans.plan().taken) == 2, 60)
    before = opened(gateway)["c"]
    plans.roll_back()
    await_quiet(gateway, plans)
    await_all(gateway, OLD)
    assert opened(gateway)["c"] == before
    outcome = plans.plan().outcome
    assert outcome
    assert (outcome.choice, outcome.why) == (Choice(), ""), "it is what was wanted"
    assert len(gateway.logged("wa_js_settled")) == 1
    assert gateway.logged("wa_js_undone") == []


def test_a_daemon_that_dies_in_the_middle_goes_on(gateway: Gateway, plans: PlansInMemory):
    plans.want(NEW)
    gateway.run_until(lambda: plans.plan().taken, 10)
    gateway.kill_daemon()
    gateway.run(600)
    gateway.boot()
    await_quiet(gateway, plans)
    await_all(gateway, NEW)


def test_a_session_that_is_stopped_meanwhile_stays_so(gateway: Gateway, plans: PlansInMemory):
    plans.want(NEW)
    gateway.run_until(lambda: "b" in plans.plan().taken, 60)
    gateway.close("b")
    await_quiet(gateway, plans)
    assert gateway.state("b") is State.DISCONNECTED
    assert running(gateway) == {"a": NEW, "b": "", "c": NEW}
    gateway.start("b")
    gateway.until("b", State.CONNECTED)
    assert running(gateway)["b"] == NEW


def test_one_that_was_opening_while_the_others_proved_it_is_opened_anew(
    gateway: Gateway, plans: PlansInMemory
):
    """It was given what was there before, and has not told of it yet."""
    before = opened(gateway)["c"]
    gateway.browsers.times = FakeTimes(ready=20)
    gateway.restart("c")
    gateway.run_until(lambda: opened(gateway)["c"] > before and gateway.record("c").process)
    gateway.browsers.times = FakeTimes()
    plans.want(NEW)
    await_quiet(gateway, plans, 15)
    assert gateway.status("c").inventory.wa_js == ""
    await_all(gateway, NEW)


def test_a_login_that_waits_for_a_person_is_left_alone(gateway: Gateway, plans: PlansInMemory):
    gateway.world.profiles["a"].login = None
    gateway.restart("a")
    gateway.until("a", State.ERROR, 120)
    assert gateway.reason("a") is Reason.TOKEN_CORRUPT
    plans.want(NEW)
    await_quiet(gateway, plans)
    assert gateway.reason("a") is Reason.TOKEN_CORRUPT
    assert running(gateway) == {"a": "", "b": NEW, "c": NEW}


def test_nobody_is_asked_to_try_one_that_cannot_be_used(gateway: Gateway, plans: PlansInMemory):
    before = opened(gateway)
    plans.flaws[NEW] = "O arquivo do wa-js 4.6.1 não é mais o que foi guardado (hash)"
    plans.want(NEW)
    await_quiet(gateway, plans)
    assert opened(gateway) == before
    outcome = plans.plan().outcome
    assert outcome
    assert outcome.why == plans.flaws[NEW]


def test_without_a_session_nothing_is_proved(tmp_path: Path, plans: PlansInMemory):
    gateway = Gateway(tmp_path / "empty", plans=plans)
    plans.want(NEW)
    gateway.run(600)
    assert not plans.plan().is_quiet
    assert plans.plan().in_use == Choice()


def test_a_plan_that_cannot_be_read_is_told_once_and_changes_nothing(gateway: Gateway, plans: PlansInMemory):
    before = opened(gateway)
    plans.trouble = OSError("disco")
    gateway.run(60)
    assert len(gateway.logged("wa_js_plan_unusable")) == 1
    plans.trouble = None
    plans.want(NEW)
    await_quiet(gateway, plans)
    assert opened(gateway) == {name: count + 1 for name, count in before.items()}
