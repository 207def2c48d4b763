"""After an upgrade: browsers that the version before opened are opened anew, one session after the other. Pure.

All others go on with what they have meanwhile. The first session that does not come back as it was stops it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from actors.runtime.effects import Effect, Log, Tell
from actors.session.messages import OpenAnew
from wppmt.domain.messages import session_address
from wppmt.domain.reasons import Reason, sentence
from wppmt.domain.states import State
from wppmt.store.records import Desired, SessionStatus

BACK_SECONDS = 120.0
"""For a session to be as it was before; one that has no trouble, and still is not, is waited for no longer."""
FAILED_STARTS = 2
"""So many in a row are trouble: one may be chance."""

Statuses = Mapping[str, SessionStatus]


class _Verdict(Enum):
    WAITING = auto()
    BACK = auto()
    LATE = auto()
    TROUBLE = auto()


@dataclass(frozen=True, slots=True)
class _Turn:
    """The session whose browser is exchanged now, and how it was before."""

    session_id: str
    since: float
    was_connected: bool
    was_whole: bool

    def verdict(self, status: SessionStatus | None, now: float) -> _Verdict:
        if status is None or status.record.desired is Desired.STOPPED:
            return _Verdict.BACK
        if self._is_worse(status):
            return _Verdict.TROUBLE
        if not status.outdated and self._is_as_before(status):
            return _Verdict.BACK
        return _Verdict.LATE if now - self.since > BACK_SECONDS else _Verdict.WAITING

    def _is_worse(self, status: SessionStatus) -> bool:
        record = status.record
        lost_login = self.was_connected and record.state is State.WAITING_SCAN
        lost_ability = (
            self.was_whole and record.state is State.CONNECTED and not status.outdated
        ) and not status.inventory.is_whole
        failed = record.state is State.ERROR or record.failures >= FAILED_STARTS
        return lost_login or lost_ability or (self.was_connected and failed)

    def _is_as_before(self, status: SessionStatus) -> bool:
        if self.was_connected:
            return status.record.state is State.CONNECTED
        return status.record.process is not None


class Renewals:
    """Whose turn it is. Root looks every few seconds, and not while browsers must not start."""

    def __init__(self) -> None:
        self.stopped_by: str | None = None
        """For people, while it stands still: the session in trouble, and what to do."""
        self._turn: _Turn | None = None

    def look(self, statuses: Statuses, now: float) -> Iterator[Effect]:
        if self._turn:
            yield from self._judge(self._turn, statuses, now)
        if self._turn is None and (left := _outdated(statuses)):
            yield from self._take(left[0], len(left), now)

    def _judge(self, turn: _Turn, statuses: Statuses, now: float) -> Iterator[Effect]:
        match turn.verdict(status := statuses.get(turn.session_id), now):
            case _Verdict.WAITING:
                return
            case _Verdict.TROUBLE if status:
                yield from self._stop(status, len(_outdated(statuses)))
                return
            case _Verdict.LATE:
                note = f"não voltou em {BACK_SECONDS:.0f} s; a próxima sessão segue"
                yield Log("warning", "renewal_late", turn.session_id, {"note": note})
            case _:
                seconds = round(now - turn.since, 1)
                yield Log("info", "browser_renewed", turn.session_id, {"seconds": seconds})
        self._turn, self.stopped_by = None, None

    def _stop(self, status: SessionStatus, left: int) -> Iterator[Effect]:
        if self.stopped_by:
            return
        record = status.record
        others = f" {left} seguem com o navegador da versão anterior." if left else ""
        self.stopped_by = (
            f"A troca de versão parou em {record.id}: {sentence(record.reason, record.missing)}.{others}"
            " Resolva esta sessão e a troca continua, ou volte: wppmt upgrade --back"
        )
        yield Log("error", "renewal_stopped", record.id, {"note": self.stopped_by, "left": left})

    def _take(self, status: SessionStatus, left: int, now: float) -> Iterator[Effect]:
        session_id = status.record.id
        self._turn = _Turn(session_id, now, status.record.state is State.CONNECTED, status.inventory.is_whole)
        yield Log("info", "renewal_begun", session_id, {"why": status.outdated, "left": left})
        yield Tell(session_address(session_id), OpenAnew(Reason.DAEMON_RESTARTED))


def _outdated(statuses: Statuses) -> list[SessionStatus]:
    """Those first that have the least to lose; none whose phone is being linked just now."""
    found = [status for status in statuses.values() if status.outdated and not status.is_linking]
    return sorted(found, key=lambda one: (one.record.state is State.CONNECTED, one.record.id))
