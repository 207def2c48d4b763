"""Whether a machine is of the cluster, and until when it may believe so.

Times are those of CLOCK_BOOTTIME, in seconds: it goes on while a machine sleeps, and nobody sets it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from wppmt.cluster import keys
from wppmt.cluster.etcd import CreateRevision, Entry, Lease, Put
from wppmt.cluster.ownership import Transaction
from wppmt.cluster.values import Machine

TTL = 10
RENEW_SECONDS = 3.0
CLOSE_SECONDS, KILL_SECONDS = 6.0, 7.0
"""From the last renewal: what a machine that fences has closed and killed by then. The rest of the TTL is for slow machines."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What a machine knows of its lease. etcd counts from when it hears of a renewal, and so later than this."""

    lease: int = 0
    """0: none."""
    sent_at: float = float("-inf")
    """When the last renewal that succeeded was sent, not when it was answered."""

    def renewed(self, sent_at: float) -> Membership:
        return replace(self, sent_at=max(self.sent_at, sent_at))

    @property
    def deadline(self) -> float:
        """From here on the lease may have run out."""
        return self.sent_at + TTL

    def holds(self, now: float) -> bool:
        return bool(self.lease) and now < self.deadline

    def may_start(self, now: float) -> bool:
        """A browser, which a guard would not close right away."""
        return bool(self.lease) and now < self.sent_at + CLOSE_SECONDS


class Joining(Enum):
    REGISTER = auto()
    """Nobody has the name: take a new lease, and `register`."""
    GO_ON = auto()
    """It is this machine, and its lease lives on from before the daemon was started: renew it."""
    WAIT = auto()
    """The name is on another lease, which may be that of a daemon that is no more."""
    TAKEN = auto()
    """Another machine has this name."""


def joining(registered: Entry | None, noted: int, boot: str, waited: float) -> Joining:
    """What to do with `keys.machine(name)` as it is. `noted`: the lease that this state folder used last, or 0. `waited`: seconds.

    A state folder may have been copied together with what it notes; the boot id, which is also the folder's, cannot be.
    """
    if registered is None:
        return Joining.REGISTER
    value = Machine.parse(registered.value)
    if registered.lease == noted and value is not None and value.boot == boot:
        return Joining.GO_ON
    return Joining.WAIT if waited <= TTL + RENEW_SECONDS else Joining.TAKEN


def register(name: str, value: Machine, lease: int) -> Transaction:
    """It fails where the name is taken."""
    key = keys.machine(name)
    return Transaction([CreateRevision(key, 0)], [Put(key, value.dump(), lease)])


def rewrite(name: str, value: Machine, lease: int) -> Transaction:
    """It says something else of itself; it fails where it is not registered any more."""
    key = keys.machine(name)
    return Transaction([Lease(key, lease)], [Put(key, value.dump(), lease)])
