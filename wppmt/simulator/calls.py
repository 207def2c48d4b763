"""PURE: calls between accounts: who rings whom, and what became of it. Nobody speaks. No I/O, no clock."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from wppmt.simulator.errors import Refused, not_found
from wppmt.simulator.records import Call, Json
from wppmt.simulator.storage import Changes

RINGING, ACCEPTED, REJECTED, ENDED = "ringing", "accepted", "rejected", "ended"


class Calls:
    """Every change is noted in ``changes`` for the storage."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._calls: dict[str, Call] = {}

    def restore(self, load: Callable[[str], Iterable[Any]]) -> None:
        """Rebuilds everything from stored records; ``load`` gives a table's rows, oldest first."""
        self._calls = {row["id"]: Call(**row) for row in load("call")}

    def ring(self, call: Call) -> Call:
        return self._put(call)

    def move(self, call_id: str, state: str, by: str) -> Call:
        """``by`` accepts, rejects or ends it. Only who is called accepts and rejects, and only while it rings."""
        call = self._calls.get(call_id)
        if not call or by not in (call.caller, call.callee):
            raise not_found(f"A chamada {call_id}")
        if state in (ACCEPTED, REJECTED) and (by != call.callee or call.state != RINGING):
            raise Refused(409, "NOT_RINGING", "essa chamada não está tocando para esse número")
        return self._put(replace(call, state=state))

    def of(self, phone: str) -> list[Json]:
        return [as_json(call) for call in self._calls.values() if phone in (call.caller, call.callee)]

    def _put(self, call: Call) -> Call:
        self._calls[call.id] = call
        self._changes.put("call", call.id, call)
        return call


def as_json(call: Call) -> Json:
    return {"id": call.id, "from": call.caller, "to": call.callee, "video": call.video, "state": call.state}
