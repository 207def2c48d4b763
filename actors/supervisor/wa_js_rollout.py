"""How the sessions come from one wa-js to another: one at a time, and all back at the first that loses an ability. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from wppmt.domain.inventory import Inventory
from wppmt.domain.reasons import Reason, sentence
from wppmt.domain.states import State
from wppmt.domain.wa_js import Plan, Taken
from wppmt.store.records import Desired, SessionStatus

BACK_SECONDS = 120.0
"""For a session to be as it was before."""
LEFT_ALONE = {Reason.TOKEN_CORRUPT, Reason.CONFLICT}
"""They wait for a person: a new browser would do harm."""
WORDS = {
    "can_receive": "receber",
    "can_send": "enviar",
    "can_ack": "saber das confirmações",
    "can_send_media": "enviar arquivos",
}


class StepKind(Enum):
    """What is done about the plan."""

    TAKE = auto()
    """The next session gets what is wanted."""
    PROVE = auto()
    """A session that got it can do all that it could."""
    SETTLE = auto()
    GO_BACK = auto()


@dataclass(frozen=True, slots=True)
class RolloutStep:
    """The next plan, and the sessions whose browser is opened anew for it."""

    kind: StepKind
    plan: Plan
    sessions: tuple[str, ...] = ()


def next_step(
    plan: Plan, statuses: Sequence[SessionStatus], shipped: str, now: float, begun: float = 0.0
) -> RolloutStep | None:
    """The next step, or None while there is nothing to do or to be seen.

    `shipped` is the name that a page gives the wa-js of the gateway; `begun` is when this daemon did: what an earlier one
    began gets its whole time anew.
    """
    running = _running(statuses)
    if plan.wanted == plan.settled:
        # Somebody wants back what is settled: that is done, and nothing has failed.
        return None if plan.is_quiet else go_back(plan, statuses, now, "")
    for session_id, taken in plan.taken.items():
        name = plan.wanted.of(session_id) or shipped
        since = max(taken.since, begun)
        if why := _failure(taken, running.get(session_id), name, now - since):
            return go_back(plan, statuses, now, f"{session_id}: {why}")
        if not taken.has_proved and _is_back(taken, running.get(session_id), name):
            proved = {**plan.taken, session_id: replace(taken, has_proved=True)}
            return RolloutStep(StepKind.PROVE, replace(plan, taken=proved))
    if not all(taken.has_proved for taken in plan.taken.values()):
        return None
    if candidate := next(_candidates(plan, running), None):
        session_id = candidate.record.id
        return RolloutStep(StepKind.TAKE, plan.take(session_id, _as_it_is(candidate, now)), (session_id,))
    if plan.taken:
        return RolloutStep(StepKind.SETTLE, plan.settle(now), tuple(_untold(plan, running)))
    return None


def go_back(plan: Plan, statuses: Sequence[SessionStatus], now: float, why: str) -> RolloutStep:
    """All sessions that the change has reached, at once. `why` is empty where somebody asked for it."""
    changed = [name for name in _running(statuses) if plan.in_use.of(name) != plan.settled.of(name)]
    return RolloutStep(StepKind.GO_BACK, plan.go_back(now, why), tuple(changed))


def _running(statuses: Sequence[SessionStatus]) -> dict[str, SessionStatus]:
    return {
        status.record.id: status
        for status in statuses
        if status.record.desired is Desired.RUNNING and status.record.reason not in LEFT_ALONE
    }


def _failure(taken: Taken, status: SessionStatus | None, name: str, seconds: float) -> str:
    """Why the session is worse off than before; empty: it is not, or not yet."""
    if status is None:
        return ""
    if status.inventory.wa_js == name and (lost := taken.abilities - _abilities(status.inventory)):
        words = ", ".join(word for ability, word in WORDS.items() if ability in lost)
        return f"deixou de {words}. Falta: {status.inventory.names}"
    if taken.has_proved:
        return ""
    if status.record.reason is Reason.INJECT_FAILED and taken.abilities:
        return sentence(Reason.INJECT_FAILED)
    if seconds > BACK_SECONDS:
        reason = sentence(status.record.reason, status.record.missing)
        return f"não voltou em {BACK_SECONDS:.0f} s ({reason})"
    return ""


def _is_back(taken: Taken, status: SessionStatus | None, name: str) -> bool:
    """A session that was stopped meanwhile proves nothing, and is waited for no more."""
    if status is None:
        return True
    is_told = status.inventory.wa_js == name
    return is_told and (not taken.was_connected or status.record.state is State.CONNECTED)


def _candidates(plan: Plan, running: dict[str, SessionStatus]) -> Iterator[SessionStatus]:
    """Those first that have the least to lose."""
    for status in sorted(
        running.values(), key=lambda one: (len(_as_it_is(one, 0.0).abilities), one.record.id)
    ):
        differs = plan.in_use.of(status.record.id) != plan.wanted.of(status.record.id)
        if differs and (_has_told(status) or status.record.reason is Reason.INJECT_FAILED):
            yield status


def _untold(plan: Plan, running: dict[str, SessionStatus]) -> Iterator[str]:
    """Those whose browser opens just now, with what it was given before the change was settled."""
    for session_id, status in running.items():
        differs = plan.in_use.of(session_id) != plan.wanted.of(session_id)
        if differs and not _has_told(status):
            yield session_id


def _as_it_is(status: SessionStatus, now: float) -> Taken:
    abilities = _abilities(status.inventory) if _has_told(status) else frozenset[str]()
    return Taken(now, abilities, status.record.state is State.CONNECTED)


def _has_told(status: SessionStatus) -> bool:
    """Its page has said what it has."""
    return bool(status.inventory.wa_js)


def _abilities(inventory: Inventory) -> frozenset[str]:
    return frozenset(ability for ability in WORDS if getattr(inventory, ability))
