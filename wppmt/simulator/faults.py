"""PURE: the faults that are ordered, and which of them strikes next."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from wppmt.simulator.errors import invalid, not_found
from wppmt.simulator.storage import Changes

SENDING = frozenset({"ack_delay", "ack_never", "send_reject", "reachout_timelock"})
"""Faults that strike a message on its way from a page."""

ON_PAGE = frozenset({"page_hang", "page_reload", "drop_socket"})
"""Faults that strike a page that is open; if ordered for a phone whose page is open, at once."""

KINDS = SENDING | ON_PAGE


@dataclass(frozen=True)
class Fault:
    """``left`` is how often it still strikes (None: until deleted); ``options`` are the kind's own settings."""

    id: str
    kind: str
    phone: str | None
    left: int | None
    options: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "kind": self.kind, "phone": self.phone, "left": self.left, **self.options}


class Faults:
    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._faults: dict[str, Fault] = {}
        self._last = 0

    def restore(self, load: Callable[[str], Iterable[Any]]) -> None:
        self._faults = {row["id"]: Fault(**row) for row in load("fault")}
        self._last = max((int(fault.id) for fault in self._faults.values()), default=0)

    def order(self, kind: str, phone: str | None, count: int | None, options: dict[str, Any]) -> Fault:
        """Without ``count`` a fault for the pages that open strikes once, any other until it is deleted."""
        if kind not in KINDS:
            raise invalid(f"falha desconhecida: {kind}; há {', '.join(sorted(KINDS))}")
        self._last += 1
        if count is None and (kind in ON_PAGE or phone is None):
            count = 1
        fault = Fault(str(self._last), kind, phone, count, options)
        self._put(fault)
        return fault

    def take(self, kinds: Iterable[str], phone: str | None) -> Fault | None:
        """The oldest fault of these kinds that strikes ``phone`` now; one of its strikes is used up."""
        for fault in list(self._faults.values()):
            if fault.kind in kinds and fault.phone in (None, phone):
                self._use(fault)
                return fault
        return None

    def delete(self, fault_id: str) -> None:
        if fault_id not in self._faults:
            raise not_found(f"A falha {fault_id}")
        self._remove(fault_id)

    def all(self) -> list[Fault]:
        return list(self._faults.values())

    def _use(self, fault: Fault) -> None:
        if fault.left is None:
            return
        if fault.left <= 1:
            self._remove(fault.id)
        else:
            self._put(replace(fault, left=fault.left - 1))

    def _put(self, fault: Fault) -> None:
        self._faults[fault.id] = fault
        self._changes.put("fault", fault.id, fault)

    def _remove(self, fault_id: str) -> None:
        del self._faults[fault_id]
        self._changes.delete("fault", fault_id)
