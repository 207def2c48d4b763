"""etcd's rules in memory: keys with revisions, leases that run out, commits that compare. No thread and no clock: `now` is handed in
with each call, in seconds from anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wppmt.cluster.etcd import (
    MOST_OPERATIONS,
    Change,
    Committed,
    Compacted,
    Compare,
    CreateRevision,
    Delete,
    Entry,
    Lease,
    LeaseGone,
    ModRevision,
    Operation,
    Put,
    Snapshot,
)


@dataclass(slots=True)
class _Granted:
    ttl: float
    until: float


@dataclass(slots=True)
class Tree:
    revision: int = 1
    _entries: dict[str, Entry] = field(default_factory=dict)
    _leases: dict[int, _Granted] = field(default_factory=dict)
    _history: list[Change] = field(default_factory=list)
    _compacted: int = 0
    _granted: int = 0

    def expire(self, now: float) -> bool:
        """End what has run out. Whether anything had."""
        over = [lease for lease, granted in self._leases.items() if granted.until <= now]
        for lease in over:
            self._end(lease)
        return bool(over)

    def grant(self, ttl: float, now: float) -> int:
        self.expire(now)
        self._granted += 1
        self._leases[self._granted] = _Granted(ttl, now + ttl)
        return self._granted

    def renew(self, lease: int, now: float) -> None:
        """Raises LeaseGone."""
        self.expire(now)
        self._require([lease])
        self._leases[lease].until = now + self._leases[lease].ttl

    def revoke(self, lease: int, now: float) -> None:
        self.expire(now)
        if lease in self._leases:
            self._end(lease)

    def commit(self, compares: Sequence[Compare], operations: Sequence[Operation], now: float) -> Committed:
        """Raises LeaseGone, ValueError."""
        self.expire(now)
        require_acceptable(compares, operations)
        if not all(self._holds(compare) for compare in compares):
            return Committed(succeeded=False, revision=self.revision)
        self._require([one.lease for one in operations if isinstance(one, Put) and one.lease])
        done = [one for one in operations if isinstance(one, Put) or one.key in self._entries]
        self._apply(done)
        return Committed(succeeded=True, revision=self.revision)

    def read(self, prefix: str, now: float) -> Snapshot:
        self.expire(now)
        found = sorted(key for key in self._entries if key.startswith(prefix))
        return Snapshot(self.revision, tuple(self._entries[key] for key in found))

    def since(self, prefix: str, after: int) -> tuple[Change, ...]:
        """Raises Compacted."""
        if after + 1 < self._compacted:
            raise Compacted
        return tuple(one for one in self._history if one.revision > after and one.key.startswith(prefix))

    def compact(self) -> None:
        """Forget what happened before the present revision."""
        self._compacted = self.revision
        self._history = [one for one in self._history if one.revision >= self.revision]

    def _holds(self, compare: Compare) -> bool:
        entry = self._entries.get(compare.key)
        match compare:
            case CreateRevision():
                return (entry.create_revision if entry else 0) == compare.is_
            case ModRevision():
                return (entry.mod_revision if entry else 0) == compare.is_
            case Lease():
                return (entry.lease if entry else 0) == compare.is_

    def _require(self, leases: Sequence[int]) -> None:
        if not all(lease in self._leases for lease in leases):
            raise LeaseGone

    def _end(self, lease: int) -> None:
        del self._leases[lease]
        self._apply([Delete(entry.key) for entry in self._entries.values() if entry.lease == lease])

    def _apply(self, operations: Sequence[Operation]) -> None:
        """As one commit; a commit that changes nothing makes no revision."""
        if not operations:
            return
        self.revision += 1
        self._history += [self._changed(operation) for operation in operations]

    def _changed(self, operation: Operation) -> Change:
        former = self._entries.pop(operation.key, None)
        if isinstance(operation, Delete):
            return Change(operation.key, None, self.revision)
        created = former.create_revision if former else self.revision
        entry = Entry(operation.key, operation.value, created, self.revision, operation.lease)
        self._entries[operation.key] = entry
        return Change(operation.key, entry, self.revision)


def require_acceptable(compares: Sequence[Compare], operations: Sequence[Operation]) -> None:
    """Raises ValueError for a commit that every etcd refuses."""
    keys = [one.key for one in operations]
    if len(set(keys)) < len(keys):
        raise ValueError("one key in two operations of a commit")
    if max(len(compares), len(operations)) > MOST_OPERATIONS:
        raise ValueError(f"more than {MOST_OPERATIONS} compares or operations in a commit")
