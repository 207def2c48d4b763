"""The right to open a session's browser on this machine. Whoever starts or adopts a Chrome asks here, with the profile's lock in its
hands.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wppmt.cluster.membership import Membership
from wppmt.cluster.ownership import Held, epoch_on
from wppmt.cluster.values import Home


class Denied(StrEnum):
    """Why not, for people."""

    NO_LEASE = "Esta máquina não alcança o etcd, e outra pode ter assumido a sessão"
    NOT_OWNER = "A sessão é de outra máquina do cluster, ou ainda não é de nenhuma"
    NEWER_EPOCH = "Outra máquina do cluster já abriu este perfil depois desta"


@dataclass(frozen=True, slots=True)
class Stamp:
    """<profile>/.epoch: by what right it was opened last."""

    epoch: int
    machine: str
    fences: bool


@dataclass(frozen=True, slots=True)
class Right:
    """It holds for this one start, and ends with its lease: whoever ends browsers in time is told of the lease beside the browser, and
    ends at once what was allowed under another one. A daemon that was stopped in between comes back with an old right in its hands.
    """

    stamp: Stamp
    """To be on the disk before the browser is started."""
    lease: int
    """0: of none, since no other machine may take the session."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How this machine lives in the cluster."""

    machine: str
    fences: bool
    """Its guard ends its browsers before its lease can run out. True as long as one home in etcd may say so."""


def right_to_open(
    terms: Terms, membership: Membership, held: Held | None, stamp: Stamp | None, now: float
) -> Right | Denied:
    """For a browser that is about to be started or adopted. `held`: as etcd said last, or as a commit of ours left it; None:
    etcd has not been asked since this daemon was started. `stamp`: None in a profile that was never opened in a cluster.
    """
    home = Home.parse(held.home.value) if held and held.home else None
    if held and (home is None or home.machine != terms.machine):
        return Denied.NOT_OWNER
    fences = terms.fences or bool(home and home.fences)
    if not fences and not membership.holds(now):
        return _alone(terms.machine, home, stamp)
    if not membership.may_start(now):
        return Denied.NO_LEASE
    epoch = epoch_on(membership.lease, held or Held())
    if epoch is None:
        return Denied.NOT_OWNER
    if stamp and stamp.machine != terms.machine and epoch <= stamp.epoch:
        return Denied.NEWER_EPOCH
    # Its own stamp says nothing against it, as an etcd that was set up anew counts from the beginning; but it is never lowered:
    # where machines share a folder, what this one believes may be old.
    highest = max(epoch, stamp.epoch) if stamp else epoch
    return Right(Stamp(highest, terms.machine, fences), membership.lease if fences else 0)


def _alone(machine: str, home: Home | None, stamp: Stamp | None) -> Right | Denied:
    """No etcd in reach, and nobody takes a session from a machine that did not promise to fence: it goes on with its own."""
    if stamp and stamp.machine != machine:
        return Denied.NEWER_EPOCH
    if home is None and (stamp is None or stamp.fences):
        return Denied.NO_LEASE
    return Right(Stamp(stamp.epoch if stamp else 0, machine, fences=False), 0)
