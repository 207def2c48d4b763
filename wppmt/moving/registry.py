"""Whether a session is here, elsewhere, or on its way: asked before every request that names one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wppmt.domain.errors import Code, Refusal
from wppmt.moving.destination import Destination
from wppmt.store.move_records import Departure, DepartureState, Incoming
from wppmt.store.port import Store

RETRY_SECONDS = 1.0
_AWAY = {DepartureState.GONE, DepartureState.SETTLED}


class MoveRegistry:
    """A copy of the store's few rows, in memory. Thread-safe: it is exchanged as a whole."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._departures: Mapping[str, Departure] = {}
        self._incoming: Mapping[str, Incoming] = {}
        self.reload()

    def reload(self) -> None:
        """After each commit that changes one. Raises StoreUnavailable."""
        self._departures = {one.session_id: one for one in self._store.departures()}
        self._incoming = {one.session_id: one for one in self._store.incoming()}

    def departure(self, session_id: str) -> Departure | None:
        return self._departures.get(session_id)

    def incoming(self, session_id: str) -> Incoming | None:
        return self._incoming.get(session_id)

    def waiting(self) -> Sequence[Incoming]:
        """Those whose archive is here and that are not ours yet."""
        return [one for one in self._incoming.values() if not one.is_taken]

    def require_here(self, session_id: str, *, is_told: bool = False) -> None:
        """`is_told`: etcd says where the cluster's sessions have gone on to from where this one has sent them.

        Raises Refusal: NOT_OWNER with `owner`, MOVING.
        """
        departure, incoming = self._departures.get(session_id), self._incoming.get(session_id)
        if departure and departure.state in _AWAY:
            to = Destination.parse(departure.owner)
            if not (is_told and to.machine and departure.state is DepartureState.SETTLED):
                raise Refusal(Code.NOT_OWNER, extra={"owner": to.url})
        is_leaving = departure is not None and departure.state is DepartureState.LEAVING
        if is_leaving or (incoming and not incoming.is_taken):
            raise Refusal(Code.MOVING, retry_after=RETRY_SECONDS)
