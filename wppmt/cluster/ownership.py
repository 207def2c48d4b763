"""The commits by which a session comes to a machine and leaves it. Each compares what it relies on, so two machines that believe
different things cannot both succeed; who hears Unavailable reads again and asks `epoch_on`. Those that make an owner raise LeaseGone for
lease 0, as etcd does for one that has run out.

    absent --claim--> home A, owner A --lease ends--> home A --take_back--> home A, owner A (a later epoch)
    home A, owner A --hand_over--> home B --take_back--> home B, owner B
    home A --fail_over--> home B, owner B         home A, owner A --release--> absent

A machine never writes on another's lease, and etcd lets no commit delete and make the same key: that is why a session is handed
over in two steps. Between them it is the target's alone, by `home`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wppmt.cluster import keys
from wppmt.cluster.etcd import (
    Compare,
    CreateRevision,
    Delete,
    Entry,
    LeaseGone,
    ModRevision,
    Operation,
    Put,
    Snapshot,
)
from wppmt.cluster.values import Home


@dataclass(frozen=True, slots=True)
class Transaction:
    compares: Sequence[Compare]
    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class Held:
    """A session's two keys, as they were read."""

    owner: Entry | None = None
    home: Entry | None = None

    @property
    def home_value(self) -> Home | None:
        return Home.parse(self.home.value) if self.home else None


def held(snapshot: Snapshot, session_id: str) -> Held:
    """From a read of `keys.session(session_id)`, or of more."""
    found = {entry.key: entry for entry in snapshot.entries}
    return Held(found.get(keys.owner(session_id)), found.get(keys.home(session_id)))


def epoch_on(lease: int, held: Held) -> int | None:
    """The epoch by which whoever holds this lease owns the session; None where it does not."""
    return held.owner.create_revision if held.owner and lease and held.owner.lease == lease else None


def claim(session_id: str, me: Home, lease: int) -> Transaction:
    """A new session, which nobody has. The commit's revision is the epoch."""
    return Transaction(
        [_absent(keys.owner(session_id)), _absent(keys.home(session_id))],
        [_owner(session_id, me.machine, lease), Put(keys.home(session_id), me.dump())],
    )


def take_back(session_id: str, home: Entry, machine: str, lease: int) -> Transaction:
    """What is this machine's by `home`: after its lease was lost, or when it was handed over. The commit's revision is the epoch."""
    return Transaction(
        [_absent(keys.owner(session_id)), _unchanged(home)], [_owner(session_id, machine, lease)]
    )


def hand_over(session_id: str, held: Held, target: Home, alive: Entry) -> Transaction:
    """By its owner, or by its home while nobody owns it; `alive` is the target's machine key. That it fences only the target itself
    can promise: it says so later (`rewrite_home`). Raises ValueError without a home.
    """
    unpromised = target.model_copy(update={"fences": False})
    passed_on = _given_up(session_id, held, [Put(keys.home(session_id), unpromised.dump())])
    return replace(
        passed_on, compares=[*passed_on.compares, CreateRevision(alive.key, alive.create_revision)]
    )


def fail_over(session_id: str, home: Entry, lost: str, me: Home, lease: int) -> Transaction:
    """From a machine whose lease has run out, and which keeps its browsers no longer than its lease (`Home.fences`). The commit's
    revision is the epoch.
    """
    return Transaction(
        [_absent(keys.owner(session_id)), _unchanged(home), _absent(keys.machine(lost))],
        [_owner(session_id, me.machine, lease), Put(home.key, me.dump())],
    )


def release(session_id: str, held: Held) -> Transaction:
    """The session is no more. Raises ValueError without a home."""
    return _given_up(session_id, held, [Delete(keys.home(session_id))])


def rewrite_home(session_id: str, held: Held, home: Home) -> Transaction:
    """The same machine says something else of itself. Raises ValueError where the home is not that machine's."""
    former = Home.parse(held.home.value) if held.home else None
    if held.home is None or former is None or former.machine != home.machine:
        raise ValueError(session_id)
    return Transaction(
        [_owned_as(session_id, held), _unchanged(held.home)], [Put(keys.home(session_id), home.dump())]
    )


def together(transactions: Sequence[Transaction]) -> Transaction:
    """Of different sessions, all or none; etcd takes 128 compares and as many operations."""
    return Transaction(
        [compare for one in transactions for compare in one.compares],
        [operation for one in transactions for operation in one.operations],
    )


def _given_up(session_id: str, held: Held, operations: Sequence[Operation]) -> Transaction:
    """No owner, and this for the home; all as it was read."""
    if held.home is None:
        raise ValueError(session_id)
    owned: Sequence[Operation] = [Delete(held.owner.key)] if held.owner else []
    return Transaction([_owned_as(session_id, held), _unchanged(held.home)], [*owned, *operations])


def _absent(key: str) -> Compare:
    return CreateRevision(key, 0)


def _unchanged(entry: Entry) -> Compare:
    return ModRevision(entry.key, entry.mod_revision)


def _owned_as(session_id: str, held: Held) -> Compare:
    return CreateRevision(keys.owner(session_id), held.owner.create_revision if held.owner else 0)


def _owner(session_id: str, machine: str, lease: int) -> Operation:
    """Raises LeaseGone: on no lease the key would stay for ever, and nobody else could own the session."""
    if not lease:
        raise LeaseGone
    return Put(keys.owner(session_id), machine, lease)
