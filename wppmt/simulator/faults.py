"""PURE: the faults that are ordered, and which of them strikes next."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from wppmt.simulator.errors import invalid, not_found
from wppmt.simulator.storage import Changes

LOADING = frozenset({"page_load_error", "page_slow"})
"""Strike when a browser fetches the page: ``status``, ``body``, ``delayMs``."""

TABLE = frozenset({"missing_module", "modules_late"})
"""Strike the module table of a page that loads: ``module`` or ``modules`` and ``how`` (``hidden``, ``throws``,
``hangs``, ``twice``) of missing_module, ``delayMs`` of modules_late."""

HOW_MISSING = ("hidden", "throws", "hangs", "twice")

CONNECTING = frozenset({"refuse_socket"})
"""Strike when a page connects; a page that is open loses its socket first."""

PAIRING = frozenset({"qr_never", "qr_expire_fast", "qr_wrapped", "pairing_refused", "passkey_required"})
"""Strike a page that is not linked: ``ttlMs`` of qr_expire_fast, ``form`` of qr_wrapped."""

OPEN = frozenset({"page_hang", "page_reload", "drop_socket", "needs_update", "heap_mb"})
"""Strike a page that is open, linked or not: ``mb`` of heap_mb, ``hard`` of needs_update, ``silent`` of drop_socket
(nothing comes or goes any more, and the socket stays open)."""

LINKED = frozenset({"conflict", "tos_block", "whats_new_dialog", "history_sync"})
"""Strike a page that is linked: ``reason``, ``header``, ``subtext``, ``banSeconds`` of tos_block, ``chats``,
``messages`` of history_sync, ``unlinkAfterMs`` of whats_new_dialog."""

LIMITS = frozenset({"reachout_timelock", "new_chat_cap"})
"""Hold for an account: ``until`` and ``enforcementType`` of reachout_timelock, ``total``, ``used`` and ``cycleEnds`` of
new_chat_cap; ends in epoch seconds."""

SENDING = frozenset({"ack_delay", "ack_never", "send_reject"}) | LIMITS
"""Strike a message on its way from a page: ``delayMs`` of ack_delay, ``deliver`` of ack_never, ``errorCode`` of
send_reject."""

RECEIVING = frozenset({"inbound_unheard"})
"""Strike a message on its way to a page, which stores it and tells nobody."""

PREVIEWS = frozenset({"slow_preview"})
"""Strike a page that asks what a link leads to: ``delayMs``."""

KINDS = PREVIEWS | LOADING | TABLE | CONNECTING | PAIRING | OPEN | LINKED | SENDING | RECEIVING

ENDS = {"reachout_timelock": "until", "new_chat_cap": "cycleEnds"}
"""The options that say when a fault is over."""

CYCLE_SECONDS = 30 * 86400

LASTING = SENDING | CONNECTING | PREVIEWS | {"missing_module"}
"""Ordered for a phone without a count, these strike until they are deleted; all others strike once."""


@dataclass(frozen=True)
class Fault:
    """``left`` is how often it still strikes (None: until deleted); ``options`` are the kind's own settings."""

    id: str
    kind: str
    phone: str | None
    left: int | None
    options: dict[str, Any] = field(default_factory=dict)

    def option(self, name: str, default: Any) -> Any:
        return self.options.get(name, default)

    @property
    def ends(self) -> float | None:
        end = self.options.get(ENDS.get(self.kind, ""))
        return None if end is None else float(end)

    def is_over(self, now: float) -> bool:
        return self.ends is not None and now >= self.ends

    def with_options(self, **changed: Any) -> "Fault":
        return replace(self, options={**self.options, **changed})

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "kind": self.kind, "phone": self.phone, "left": self.left, **self.options}


class Faults:
    """A fault with a phone waits for what that phone's page does, one without for the next pages that open."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._faults: dict[str, Fault] = {}
        self._last = 0

    def restore(self, load: Callable[[str], Iterable[Any]]) -> None:
        self._faults = {row["id"]: Fault(**row) for row in load("fault")}
        self._last = max((int(fault.id) for fault in self._faults.values()), default=0)

    def order(self, kind: str, phone: str | None, count: int | None, options: dict[str, Any]) -> Fault:
        if kind not in KINDS:
            raise invalid(f"falha desconhecida: {kind}; as que existem: {', '.join(sorted(KINDS))}")
        if kind == "missing_module" and not hidden_modules(options):
            raise invalid("falta module ou modules: o nome de um módulo, ou uma lista de nomes")
        if options.get("how", "hidden") not in HOW_MISSING:
            raise invalid(f"how precisa ser um destes: {', '.join(HOW_MISSING)}")
        self._last += 1
        left = count if count is not None or (phone and kind in LASTING) else 1
        fault = Fault(str(self._last), kind, phone, left, options)
        self._put(fault)
        return fault

    def find(self, kinds: Collection[str], phone: str | None) -> Fault | None:
        """The oldest fault of these kinds that was ordered for ``phone`` (None: for whatever page opens)."""
        return next((one for one in self._faults.values() if one.kind in kinds and one.phone == phone), None)

    def take(self, kinds: Collection[str], phone: str | None) -> Fault | None:
        """As ``find``; one of its strikes is used up."""
        fault = self.find(kinds, phone)
        if fault:
            self.use(fault)
        return fault

    def take_all(self, kinds: Collection[str], phone: str | None) -> list[Fault]:
        """One strike of every kind."""
        taken = [self.take([kind], phone) for kind in sorted(kinds)]
        return [fault for fault in taken if fault]

    def use(self, fault: Fault) -> None:
        if fault.left is None or fault.id not in self._faults:
            return
        if fault.left <= 1:
            self._remove(fault.id)
        else:
            self._put(replace(fault, left=fault.left - 1))

    def change(self, fault: Fault) -> None:
        if fault.id in self._faults:
            self._put(fault)

    def take_over(self, now: float) -> list[Fault]:
        """Removes those that are over."""
        over = [fault for fault in self._faults.values() if fault.is_over(now)]
        for fault in over:
            self._remove(fault.id)
        return over

    def next_end(self) -> float | None:
        return min((fault.ends for fault in self._faults.values() if fault.ends is not None), default=None)

    def delete(self, fault_id: str) -> Fault:
        fault = self._faults.get(fault_id)
        if not fault:
            raise not_found(f"A falha {fault_id}")
        self._remove(fault_id)
        return fault

    def all(self) -> list[Fault]:
        return list(self._faults.values())

    def _put(self, fault: Fault) -> None:
        self._faults[fault.id] = fault
        self._changes.put("fault", fault.id, fault)

    def _remove(self, fault_id: str) -> None:
        del self._faults[fault_id]
        self._changes.delete("fault", fault_id)


def hidden_modules(options: dict[str, Any]) -> list[str]:
    """The modules that a missing_module hides, by its options."""
    several = options.get("modules")
    named = several if isinstance(several, list) else [options.get("module")]
    return [name for name in named if isinstance(name, str)]
