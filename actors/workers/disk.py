"""Measures the free room on the disk of the logins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect, Tell, Wake
from actors.supervisor.messages import DiskMeasured
from wppmt.domain.messages import ROOT_ACTOR

DISK_ACTOR = "disk"
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LookAtDisk:
    pass


class DiskWorker:
    """The DiskActor: measures once a second and reports to Root."""

    def __init__(self, free_mb: Callable[[], int]) -> None:
        self._free_mb = free_mb

    def do(self, message: object, now: float) -> Iterator[Effect]:  # noqa: ARG002 - the port of all workers
        match message:
            case LookAtDisk():
                yield Tell(ROOT_ACTOR, DiskMeasured(self._free_mb()))
                yield Wake(LOOK_SECONDS, LookAtDisk())
            case _:
                raise TypeError(type(message).__name__)
