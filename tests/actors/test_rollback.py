"""A turn that the store refuses, or that ends in a refusal, leaves a mind's memory as it was."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from actors.runtime.effects import Effect
from actors.runtime.rollback import CONTAINERS, Memory, parts_of
from tests.actors.pictures import Pictured, PicturedGateway, picture
from tests.actors.scenario import Scenario
from wppmt.store.port import StoreUnavailable

SEEDS = 10


def play(folder: Path, seed: int) -> list[Pictured]:
    scenario = Scenario(folder, seed, make=PicturedGateway)
    try:
        scenario.run()
        assert isinstance(scenario.gateway, PicturedGateway)
        return scenario.gateway.minds
    finally:
        scenario.gateway.store.close()


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_turn_that_raises_changes_nothing(tmp_path_factory: pytest.TempPathFactory):
    minds = [mind for seed in range(SEEDS) for mind in play(tmp_path_factory.mktemp("seed"), seed)]
    assert [change for mind in minds for change in mind.changed] == []
    assert sum(bool(mind.raised) for mind in minds) >= SEEDS / 2


@pytest.mark.slow
def test_what_a_session_keeps_in_containers_cannot_be_changed(folder: Path):
    """Copies of the containers are enough, then."""
    sessions = [one.mind for one in play(folder, 0) if type(one.mind).__name__ == "SessionMind"]
    held = [
        value
        for mind in sessions
        for part in parts_of(mind)
        for container in vars(part).values()
        if isinstance(container, CONTAINERS)
        for value in (container.values() if isinstance(container, dict) else container)
    ]
    assert held
    assert [value for value in held if isinstance(value, (*CONTAINERS,)) or _is_changeable(value)] == []


def _is_changeable(value: Any) -> bool:
    params = getattr(value, "__dataclass_params__", None)
    is_ours = type(value).__module__.startswith("actors.session")
    return is_ours and not isinstance(value, Enum) and not (params and params.frozen)


# ---- by construction


class Part:
    def __init__(self) -> None:
        self.count = 0
        self.names = ["first"]


@dataclass
class Whole:
    """A mind whose parts nobody lists anywhere."""

    parts: list[str] = field(default_factory=list)
    waiting: deque[int] = field(default_factory=deque)
    near: Part = field(default_factory=Part)
    far: Holder = field(default_factory=lambda: Holder(Part()))

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        for part in (self.near, self.far.part):
            part.count += 1
            part.names.append("second")
        self.waiting.append(1)
        self.near = Part()
        raise StoreUnavailable


@dataclass(frozen=True, slots=True)
class Holder:
    part: Part


@dataclass(slots=True)
class Slotted:
    count: int = 0


# As if they stood in the actors' rooms.
for made in (Part, Whole, Holder, Slotted):
    made.__module__ = "actors.session.made_by_a_test"


def test_a_part_that_nobody_lists_is_restored():
    whole = Whole()
    memory, before, near = Memory(whole), picture(whole), whole.near
    with pytest.raises(StoreUnavailable), memory.undone_if_refused():
        whole.handle("message", 0.0)
    assert picture(whole) == before
    assert whole.near is near


def test_what_could_not_be_restored_is_refused_at_once():
    whole = Whole()
    whole.extra = Slotted()  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="Slotted"):
        Memory(whole)
