"""What a session looks at after each message, whatever the message was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect
from actors.session.ack_watchdog import AckWatchdog
from actors.session.arrivals import Arrivals
from actors.session.closing import Closing
from actors.session.copying import Copying
from actors.session.hibernation import Hibernation
from actors.session.inbound_audit import InboundAudit
from actors.session.leaving import Leaving
from actors.session.links import Links
from actors.session.login_saving import LoginSaving
from actors.session.readiness import Readiness
from actors.session.requests import Requests
from actors.session.sending.queue import SendQueue
from actors.session.server_check import ServerCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnd:
    readiness: Readiness
    requests: Requests
    hibernation: Hibernation
    sending: SendQueue
    arrivals: Arrivals
    watchdog: AckWatchdog
    server_check: ServerCheck
    login_saving: LoginSaving
    inbound_audit: InboundAudit
    links: Links
    copying: Copying
    leaving: Leaving
    closing: Closing

    def look(self, now: float, *, login_ended: bool) -> Iterator[Effect]:
        """Part of the same commit. `login_ended`: in this very turn."""
        if login_ended:
            yield from self.sending.login_ended(now)
            self.arrivals.login_ended()
        yield from self.readiness.look(now)
        yield from self.requests.resume(now)
        yield from self.hibernation.look(now)
        yield from self.watchdog.look(now)
        yield from self.server_check.look(now)
        yield from self.login_saving.look(now)
        yield from self.inbound_audit.look(now)
        yield from self.links.look(now)
        yield from self.copying.look(now)
        yield from self.leaving.look(now)
        yield from self.closing.look()
