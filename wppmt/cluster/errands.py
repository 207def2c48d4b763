"""What a machine has to do for the goals that stand: the owner's part, and that of whoever takes up what is lost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wppmt.cluster.values import Goal, Why
from wppmt.cluster.view import View


@dataclass(frozen=True, slots=True)
class Leave:
    """A session of ours should go there."""

    session: str
    goal: Goal
    revision: int
    """The goal's."""


@dataclass(frozen=True, slots=True)
class Return:
    """A session whose machine is lost should come up here; `lost` is empty where it is ours already, and not yet all here."""

    session: str
    goal: Goal
    revision: int
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """It has come up here, and nobody has said so yet."""

    session: str
    goal: Goal
    revision: int


Errand = Leave | Return | Done


def errands(view: View, me: str, is_here: Callable[[str], bool]) -> Iterator[Errand]:
    """`is_here`: whether this machine's store has the session."""
    for session, aim in view.goals.items():
        goal, ownership = aim.value, view.ownership(session)
        home = ownership.home
        if goal.refused or home is None:
            continue
        if goal.why is not Why.LOST:
            if ownership.owner == home.machine == me != goal.machine and is_here(session):
                yield Leave(session, goal, aim.revision)
        elif goal.machine == me == home.machine and ownership.owner in {me, ""}:
            yield (Done if is_here(session) else Return)(session, goal, aim.revision)
        elif goal.machine == me and home.fences and not ownership.owner and home.machine not in view.machines:
            yield Return(session, goal, aim.revision, home.machine)
