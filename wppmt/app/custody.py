"""What etcd has to be told, and asked, when a session changes hands by a move. Implements wppmt.moving.ownership.Ownership."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wppmt.cluster import keys
from wppmt.cluster.etcd import Entry, Etcd, LeaseGone, Unavailable
from wppmt.cluster.ownership import (
    Held,
    Transaction,
    claim,
    epoch_on,
    hand_over,
    held,
    release,
    take_back,
)
from wppmt.cluster.values import Home, Machine
from wppmt.cluster.view import View
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.moves import Sender
from wppmt.moving.destination import Destination
from wppmt.moving.ownership import Undecided

RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    machine: str
    etcd: Etcd
    view: View
    lease: Callable[[], int]
    """0: there is none now."""
    commit: Callable[[Transaction], Awaitable[bool]]
    """As the machine does all its commits, so that it knows at once what it has. Raises Unavailable, LeaseGone."""
    home_of: Callable[[str], Home]
    """What this machine says of a session of its own."""
    is_frozen: Callable[[], bool]
    """etcd is out of reach: nothing moves."""
    peer: str
    """By whose right other machines send."""

    def require_decidable(self) -> None:
        if self.is_frozen():
            raise _unavailable()

    async def give(self, session_id: str, to: Destination) -> bool:
        try:
            there = held(await self.etcd.read(keys.session(session_id)), session_id)
            home = there.home_value
            if home is None:
                if to.machine:
                    # What etcd knew is lost, and what was sent may be all that there is of the session.
                    raise Undecided("O etcd não sabe de quem é a sessão")
                return True
            if home.machine != self.machine:
                # Given already, or a third one has it by now.
                return home.machine == to.machine
            wanted = await self._giving(session_id, there, home, to)
            if not await self.commit(wanted):
                raise Undecided("O etcd tem outra coisa agora")
        except (Unavailable, LeaseGone):
            raise Undecided("O etcd não responde") from None
        return True

    def require_may_come(self, session_id: str, sender: Sender) -> None:
        self.require_decidable()
        if not self.is_peer(sender) and self.view.ownership(session_id).home:
            # Another one of this name, from outside: its source would give it away, and nobody could take it.
            raise Refusal(Code.SESSION_EXISTS)

    async def take(self, session_id: str) -> None:
        lease = self.lease()
        try:
            there = held(await self.etcd.read(keys.session(session_id)), session_id)
            if epoch_on(lease, there) is not None:
                return
            wanted = self._taking(session_id, there, lease)
            if wanted is None or not lease or not await self.commit(wanted):
                raise Refusal(Code.MOVING, retry_after=RETRY_SECONDS)
        except (Unavailable, LeaseGone):
            raise _unavailable() from None

    def is_peer(self, sender: Sender) -> bool:
        return sender.who == self.peer

    async def _giving(self, session_id: str, there: Held, home: Home, to: Destination) -> Transaction:
        """Raises Undecided, Unavailable."""
        if not to.machine:
            return release(session_id, there)
        alive = await self._alive(to.machine)
        value = Machine.parse(alive.value) if alive else None
        if alive is None or value is None:
            raise Undecided(f"A máquina {to.machine} não está no cluster agora")
        # Whether it fences it says itself, when it has it.
        theirs = home.model_copy(update={"machine": to.machine, "url": value.url, "fences": False})
        return hand_over(session_id, there, theirs, alive)

    async def _alive(self, machine: str) -> Entry | None:
        key = keys.machine(machine)
        return next((one for one in (await self.etcd.read(key)).entries if one.key == key), None)

    def _taking(self, session_id: str, there: Held, lease: int) -> Transaction | None:
        """None: it is not ours, or not yet."""
        home = there.home_value
        if there.home is None and there.owner is None:
            # It comes from an instance outside the cluster.
            return claim(session_id, self.home_of(session_id), lease)
        is_ours = home is not None and home.machine == self.machine
        if there.home is None or there.owner is not None or not is_ours:
            return None
        return take_back(session_id, there.home, self.machine, lease)


def _unavailable() -> Refusal:
    return Refusal(Code.CLUSTER_UNAVAILABLE, retry_after=RETRY_SECONDS)
