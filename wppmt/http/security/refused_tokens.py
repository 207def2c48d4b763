"""Who came with a token that was refused, for the operator's log, which a flood of them must not fill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from wppmt.http.ports import WriteLog
from wppmt.http.security.token_faults import TokenFault

MERGE_SECONDS = 60.0
MOST_CALLERS = 100
"""Told apart at the same time; whoever comes on top of them is counted with the others of that fault."""
OTHERS = "outros"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who was refused, for what; `session_id` is that of the path."""

    fault: TokenFault
    address: str
    session_id: str | None = None


def _later(seconds: float, act: Callable[[], None]) -> object:
    return asyncio.get_running_loop().call_later(seconds, act)


class RefusedTokens:
    """One log line for a caller's first refusal, then one a minute that counts the repetitions."""

    def __init__(self, log: WriteLog, later: Callable[[float, Callable[[], None]], object] = _later) -> None:
        self._log = log
        self._later = later
        self._repeated: dict[Caller, int] = {}

    def note(self, caller: Caller) -> None:
        if caller not in self._repeated and len(self._repeated) >= MOST_CALLERS:
            caller = Caller(caller.fault, OTHERS)
        if caller in self._repeated:
            self._repeated[caller] += 1
            return
        self._tell(caller)
        self._watch(caller)

    def _watch(self, caller: Caller) -> None:
        self._repeated[caller] = 0
        self._later(MERGE_SECONDS, lambda: self._count(caller))

    def _count(self, caller: Caller) -> None:
        if repeated := self._repeated.pop(caller):
            self._tell(caller, repeated=repeated)
            self._watch(caller)

    def _tell(self, caller: Caller, **more: object) -> None:
        self._log(
            "token_refused",
            caller.session_id,
            level="warning",
            reason=caller.fault.value,
            client=caller.address,
            **more,
        )
