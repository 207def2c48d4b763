"""Who watches all keys: keeps the leader's view, notes when each session had an owner, and finds two owners of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from wppmt.cluster import keys
from wppmt.cluster.etcd import Change, Etcd
from wppmt.cluster.values import Goal
from wppmt.cluster.view import View


@dataclass
class Witness:
    view: View
    goal_changed: Callable[[str, Goal | None], None]
    owned_at: dict[str, float] = field(default_factory=dict)
    doubles: list[str] = field(default_factory=list)
    changes: int = 0

    async def look(self, etcd: Etcd) -> None:
        snapshot = await etcd.read(keys.PREFIX)
        self.view.reset(snapshot)
        async for changes in etcd.watch(keys.PREFIX, snapshot.revision):
            self.hear(changes, time.monotonic())

    def hear(self, changes: Iterable[Change], now: float) -> None:
        for change in changes:
            self.changes += 1
            former = self._owner(change.key)
            self.view.apply([change])
            if change.key.endswith("/owner"):
                self._owner_changed(change, former, now)
            elif change.key.startswith(keys.GOALS):
                session = change.key.removeprefix(keys.GOALS)
                self.goal_changed(session, Goal.parse(change.entry.value) if change.entry else None)

    def _owner(self, key: str) -> str:
        return self.view.ownership(_session(key)).owner if key.endswith("/owner") else ""

    def _owner_changed(self, change: Change, former: str, now: float) -> None:
        """An owner's key is made and deleted, and never handed on."""
        session = _session(change.key)
        if change.entry is None:
            self.owned_at.pop(session, None)
            return
        if former or change.entry.create_revision != change.entry.mod_revision:
            self.doubles.append(f"{session}: {former}, then {change.entry.value}")
        if change.entry.value not in self.view.machines:
            self.doubles.append(f"{session}: {change.entry.value} has no lease")
        self.owned_at[session] = now


def _session(key: str) -> str:
    return key.removeprefix(keys.SESSIONS).partition("/")[0]
