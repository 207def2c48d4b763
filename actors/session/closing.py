"""Who waits for a session's browser to be closed: people who closed the session, and Root when the daemon stops."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Answer, Effect, Reply, Tell
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.messages import Quiet
from actors.session.status import Status
from wppmt.domain.messages import ROOT_ACTOR


class Closing:
    """They are answered however the browser ended."""

    def __init__(self, browser: BrowserLifecycle, status: Status) -> None:
        self.is_quiescing = False
        """The daemon stops."""
        self.is_held = False
        """The session is about to leave for another instance."""
        self._browser = browser
        self._status = status
        self._replies: list[Reply] = []
        self._is_quiet = False
        """Root has been notified that no browser is left."""

    @property
    def keeps_down(self) -> bool:
        """No browser is to come."""
        return self.is_quiescing or self.is_held

    def close(self, reply: Reply) -> Iterator[Effect]:
        """Answered with the session's status when no process is left."""
        self._replies.append(reply)
        yield from self._browser.close()

    def quiesce(self) -> Iterator[Effect]:
        """Root is told when no process is left."""
        self.is_quiescing = True
        yield from self._browser.close()

    def look(self) -> Iterator[Effect]:
        """At the end of every turn."""
        if self._browser.is_closing:
            return
        for reply in self._replies:
            yield Answer(reply, self._status.now())
        self._replies.clear()
        if self.is_quiescing and not self._is_quiet:
            self._is_quiet = True
            yield Tell(ROOT_ACTOR, Quiet(self._status.now().record.id))
