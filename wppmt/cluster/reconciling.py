"""What a machine does so that etcd says of its sessions what is so. No input or output: asked again and again, it answers with steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from wppmt.cluster.holdings import Holdings
from wppmt.cluster.ownership import Held, Transaction, claim, epoch_on, release, rewrite_home, take_back
from wppmt.cluster.values import Home


@dataclass(frozen=True, slots=True)
class Commit:
    """It may fail: then something else is so, and the next answer says so."""

    session_id: str
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The session belongs to another machine, which has brought it up without this one."""

    session_id: str
    home: Home


@dataclass(frozen=True, slots=True)
class Dispute:
    """etcd names another machine, and nothing proves that it came to that after this one had it: etcd may have been restored from a
    backup, or two machines came with a session of one name. It stays as it is, and closed.
    """

    session_id: str
    home: Home


Step = Commit | GiveUp | Dispute


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    lease: int
    """0: none."""
    here: Collection[str]
    """The sessions of this machine's registry."""
    ended: Collection[str]
    """Those that were in it, and were ended."""
    on_their_way: Collection[str]
    """Those that a move takes care of."""


def steps(
    situation: Situation,
    holdings: Holdings,
    home_of: Callable[[str], Home],
    epoch_here: Callable[[str], int | None],
) -> Iterator[Step]:
    """`home_of`: what this machine would write of each of its sessions. `epoch_here`: by which right its profile was this
    machine's last; None: it never was, as far as is known.
    """
    for session_id in sorted(set(situation.here) - set(situation.on_their_way)):
        held, me = holdings.of(session_id), home_of(session_id)
        home = held.home_value
        if held.home and home and home.machine != me.machine:
            epoch = epoch_here(session_id)
            is_later = epoch is not None and held.home.mod_revision > epoch
            yield (GiveUp if is_later else Dispute)(session_id, home)
        elif situation.lease:
            yield from _of_one(session_id, situation.lease, held, home, me)
    for session_id in sorted(set(situation.ended) - set(situation.on_their_way) - set(situation.here)):
        held = holdings.of(session_id)
        home = held.home_value
        is_owned = held.owner is None or epoch_on(situation.lease, held) is not None
        if home and is_owned and home.machine == home_of(session_id).machine:
            yield Commit(session_id, release(session_id, held))


def _of_one(session_id: str, lease: int, held: Held, home: Home | None, me: Home) -> Iterator[Step]:
    if held.home is None and held.owner is None:
        yield Commit(session_id, claim(session_id, me, lease))
    elif held.home and held.owner is None:
        yield Commit(session_id, take_back(session_id, held.home, me.machine, lease))
    elif home and home != me and epoch_on(lease, held) is not None:
        yield Commit(session_id, rewrite_home(session_id, held, me))
