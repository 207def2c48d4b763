"""What the cluster asks of etcd: leases, reads that are never old, commits that compare first, and a watch. Nothing else of it is
used; least of all its locks, which do not keep two holders apart.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_OPERATIONS = 128
"""In one commit, and as many compares: etcd's own limit."""


class Unavailable(Exception):
    """No quorum, or no answer: what was asked for may have been done."""


class LeaseGone(Exception):
    """It ran out or was revoked, and the keys on it are deleted."""


class Compacted(Exception):
    """What happened since then is forgotten: read everything again."""


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    value: str
    create_revision: int
    """Of the commit that made the key: a later `Put` keeps it, a `Delete` ends it."""
    mod_revision: int
    """Of the last commit that wrote it."""
    lease: int
    """0: it stays until it is deleted."""


@dataclass(frozen=True, slots=True)
class CreateRevision:
    key: str
    is_: int
    """0: there is no such key."""


@dataclass(frozen=True, slots=True)
class ModRevision:
    key: str
    is_: int
    """0: there is no such key."""


@dataclass(frozen=True, slots=True)
class Lease:
    key: str
    is_: int
    """0: it is on no lease, or there is no such key."""


@dataclass(frozen=True, slots=True)
class Put:
    key: str
    value: str
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Delete:
    key: str


Compare = CreateRevision | ModRevision | Lease
Operation = Put | Delete


@dataclass(frozen=True, slots=True)
class Committed:
    succeeded: bool
    """False: a compare did not hold, and nothing was done."""
    revision: int
    """Of this commit if it changed anything: the create revision of each key that it made."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    revision: int
    entries: tuple[Entry, ...]
    """By key."""


@dataclass(frozen=True, slots=True)
class Change:
    key: str
    entry: Entry | None
    """None: it was deleted."""
    revision: int


class Etcd(Protocol):
    """All raise Unavailable."""

    async def grant(self, ttl: int) -> int:
        """A new lease, which lasts `ttl` seconds from now, or from its last renewal."""

    async def renew(self, lease: int) -> None:
        """Raises LeaseGone."""

    async def revoke(self, lease: int) -> None:
        """With all keys on it. Fine, too, where it is gone already."""

    async def commit(self, compares: Sequence[Compare], operations: Sequence[Operation]) -> Committed:
        """All of the operations if all compares hold, or none. A key may be named by one operation only.

        Raises LeaseGone where a key was to hang on such a one, and ValueError for what no etcd takes.
        """

    async def read(self, prefix: str) -> Snapshot:
        """Of one revision, with everything that was committed before the call."""

    def watch(self, prefix: str, after: int) -> AsyncGenerator[tuple[Change, ...], None]:
        """Everything that happens to such keys from revision `after` + 1 on, in order; the changes of one commit come together.

        Raises Compacted. It ends in no other way: who has had enough closes it.
        """

    async def close(self) -> None: ...
