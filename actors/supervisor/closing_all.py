"""The end of the daemon: every session closes its browser in order; the browsers of those who can't are killed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actors.runtime.browser_effects import KillBrowser
from actors.runtime.effects import Answer, Effect, Reply, Tell, Wake
from actors.session.messages import Quiesce
from actors.supervisor.messages import ShutDownDue
from wppmt.domain.messages import session_address


class ClosingAll:
    """Answered once, with the sessions whose browser had to be killed."""

    def __init__(self) -> None:
        self.waited_for: set[str] = set()
        """Sessions that have not said Quiet."""
        self._reply: Reply | None = None
        self._killed: set[str] = set()
        self._is_answered = False

    @property
    def has_begun(self) -> bool:
        return self._reply is not None

    def begin(self, reply: Reply, sessions: Iterable[str], deadline: float) -> Iterator[Effect]:
        self._reply = reply
        self.waited_for = set(sessions)
        for session_id in sorted(self.waited_for):
            yield Tell(session_address(session_id), Quiesce())
        yield Wake(deadline, ShutDownDue())

    def quiet(self, session_id: str) -> Iterator[Effect]:
        self.waited_for.discard(session_id)
        yield from self._answer()

    def kill(self, sessions: set[str]) -> Iterator[Effect]:
        """Kill the browsers of these sessions, which do not close them in time."""
        for session_id in sorted(sessions):
            yield KillBrowser(session_id)
        self._killed |= sessions
        self.waited_for -= sessions
        yield from self._answer()

    def kill_the_rest(self) -> Iterator[Effect]:
        """The time is up."""
        yield from self.kill(set(self.waited_for))

    def _answer(self) -> Iterator[Effect]:
        if self._reply and not self.waited_for and not self._is_answered:
            self._is_answered = True
            yield Answer(self._reply, tuple(sorted(self._killed)))
