"""Time, processes that are stopped and killed between any two steps, and a network that loses and delays: all drawn from one seed."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from wppmt.cluster.etcd import LeaseGone, Unavailable
from wppmt.cluster.tree import Tree

ANSWER_SECONDS = 1.5
"""After which a caller gives up; what it asked for may still arrive."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A step that waits for etcd."""

    do: Callable[[Tree, float], Any]


Task = Generator[float | Ask, Any, None]
"""Yields seconds to wait, or what to ask of etcd; Unavailable and LeaseGone are thrown into it."""


@dataclass
class World:
    random: Random
    now: float = 0.0
    tree: Tree = field(default_factory=Tree)
    etcd_is_up: bool = True
    is_calm: bool = False
    """Nothing fails any more, and nobody moves: all must come right."""
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: Any = field(default_factory=itertools.count)

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._order), do))

    def run(self, until: float) -> None:
        while self._due and self._due[0][0] <= until:
            self.now, _, do = heapq.heappop(self._due)
            do()
        self.now = until


@dataclass
class Link:
    """Between a machine and etcd."""

    world: World
    is_cut: bool = False

    def ask(self, do: Callable[[Tree, float], Any], tell: Callable[[Any], None]) -> None:
        """`tell` is called once: with the answer, LeaseGone or Unavailable."""
        told = _Once(tell)
        self.world.after(self._delay(), lambda: self._arrive(do, told))
        self.world.after(ANSWER_SECONDS, lambda: told(Unavailable()))

    def _arrive(self, do: Callable[[Tree, float], Any], told: _Once) -> None:
        if not self._passes():
            return
        try:
            answer = do(self.world.tree, self.world.now)
        except LeaseGone as gone:
            answer = gone
        self.world.after(self._delay(), lambda: told(answer) if self._passes() else None)

    def _passes(self) -> bool:
        is_lost = not self.world.is_calm and self.world.random.random() < 0.005
        return self.world.etcd_is_up and not self.is_cut and not is_lost

    def _delay(self) -> float:
        """Mostly milliseconds; now and then longer than anybody waits."""
        random = self.world.random
        is_slow = not self.world.is_calm and random.random() < 0.02
        return random.uniform(0, 5) if is_slow else random.uniform(0.001, 0.02)


class _Once:
    def __init__(self, tell: Callable[[Any], None]) -> None:
        self._tell: Callable[[Any], None] | None = tell

    def __call__(self, answer: Any) -> None:
        tell, self._tell = self._tell, None
        if tell:
            tell(answer)


class Process:
    """Its tasks take turns. Stopped, it hears of what happened meanwhile when it goes on."""

    def __init__(self, world: World, link: Link) -> None:
        self._world, self._link = world, link
        self.is_alive = True
        self._stops = 0
        self._missed: list[tuple[Task, Any]] = []

    def run(self, task: Task) -> None:
        self._world.after(0, lambda: self._go_on(task, None))

    @property
    def is_stopped(self) -> bool:
        return self._stops > 0

    def stop(self) -> None:
        """For one more reason; each of them has to end."""
        self._stops += 1

    def go_on(self) -> None:
        self._stops -= 1
        if self.is_stopped:
            return
        missed, self._missed = self._missed, []
        for task, thing in missed:
            self._go_on(task, thing)

    def kill(self) -> None:
        self.is_alive = False

    def _go_on(self, task: Task, thing: Any) -> None:
        if not self.is_alive:
            return
        if self.is_stopped:
            self._missed.append((task, thing))
            return
        try:
            step = task.throw(thing) if isinstance(thing, Exception) else task.send(thing)
        except StopIteration:
            return
        if isinstance(step, Ask):
            self._link.ask(step.do, lambda answer: self._go_on(task, answer))
        else:
            self._world.after(step, lambda: self._go_on(task, None))
