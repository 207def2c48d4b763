"""Carries out the operator's choice of a wa-js: reads the plan, and tells the sessions whose turn it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from actors.runtime.effects import Effect, Log, Tell, Wake
from actors.session.messages import OpenAnew
from actors.supervisor.wa_js_rollout import RolloutStep, StepKind, go_back, next_step
from wppmt.domain.messages import session_address
from wppmt.domain.wa_js import Plan
from wppmt.store.records import SessionStatus

WA_JS_ACTOR = "wa-js"
LOOK_SECONDS = 1.0


class Changing(Protocol):
    """The plan, while nobody else changes it; another one is kept at the end."""

    plan: Plan


class Plans(Protocol):
    """Where the plan lies. Raises OSError, or an error of its own that says what to do."""

    @property
    def shipped_name(self) -> str: ...

    def plan(self) -> Plan: ...

    def changing(self) -> AbstractContextManager[Changing]: ...

    def flaw(self, name: str) -> str:
        """Why the wa-js of this name cannot be used, for people; empty: it can."""


@dataclass(frozen=True, slots=True)
class LookAtWaJs:
    pass


class WaJsWorker:
    """The WaJsActor. The plan is kept before anybody is told: a daemon that dies in between goes on with it."""

    def __init__(self, plans: Plans, statuses: Callable[[], Sequence[SessionStatus]], begun: float) -> None:
        self._plans = plans
        self._statuses = statuses
        self._begun = begun
        self._trouble = ""

    def do(self, message: object, now: float) -> Iterator[Effect]:  # noqa: ARG002 - it gets one message only
        try:
            yield from self._look(now)
            self._trouble = ""
        except Exception as trouble:  # noqa: BLE001 - a plan that cannot be read or written leaves all as it is
            if str(trouble) != self._trouble:
                self._trouble = str(trouble)
                yield Log("error", "wa_js_plan_unusable", None, {"note": self._trouble})
        yield Wake(LOOK_SECONDS, LookAtWaJs())

    def _look(self, now: float) -> Iterator[Effect]:
        if self._plans.plan().is_quiet:
            return
        steps: list[RolloutStep] = []
        with self._plans.changing() as change:
            while step := self._next(change.plan, now):
                change.plan = step.plan
                steps.append(step)
        for step in steps:
            yield from self._told(step)

    def _next(self, plan: Plan, now: float) -> RolloutStep | None:
        step = next_step(plan, self._statuses(), self._plans.shipped_name, now, self._begun)
        if step and step.kind is StepKind.TAKE:
            flaws = [self._plans.flaw(plan.wanted.of(session_id)) for session_id in step.sessions]
            if any(flaws):
                return go_back(plan, self._statuses(), now, " ".join(flaws))
        return step

    def _told(self, step: RolloutStep) -> Iterator[Effect]:
        if step.kind in {StepKind.SETTLE, StepKind.GO_BACK} and step.plan.outcome:
            choice, why = step.plan.outcome.choice, step.plan.outcome.why
            details = {"waJs": self._shown(choice.everyone), "sessions": dict(choice.sessions), "why": why}
            event = "wa_js_undone" if why else "wa_js_settled"
            yield Log("error" if why else "info", event, None, details)
        for session_id in step.sessions:
            wa_js = self._shown(step.plan.in_use.of(session_id))
            yield Log("info", "wa_js_changed", session_id, {"waJs": wa_js})
            yield Tell(session_address(session_id), OpenAnew())

    def _shown(self, name: str) -> str:
        return name or self._plans.shipped_name
