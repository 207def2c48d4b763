"""What Root tells a session to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from actors.runtime.effects import Count, Effect, Tell, Withdraw
from actors.session import messages
from actors.session.arrivals import Arrivals
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.closing import Closing
from actors.session.farewell import Farewell
from actors.session.hibernation import Hibernation
from actors.session.interruptions import Interruptions
from actors.session.links import Links
from actors.session.logout import Logout
from actors.session.recycling import Recycling
from actors.session.sending.queue import SendQueue
from actors.session.starts import Starts
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.messages import ROOT_ACTOR
from wppmt.domain.occurrences import BrowserRestarted
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import NO_LOGIN, Desired

LEFT_TO_A_PERSON = {Reason.TOKEN_CORRUPT, Reason.CONFLICT}
"""In state `error`: starting a browser by itself would do harm."""
Order = (
    messages.Begin
    | messages.Restart
    | messages.OpenAnew
    | messages.Confirm
    | messages.Quiesce
    | messages.DiskShort
    | messages.Withhold
    | messages.MemoryShort
    | messages.SlotGranted
)


@dataclass(kw_only=True, eq=False)
class RootOrders:
    work: UnitOfWork
    browser: BrowserLifecycle
    starts: Starts
    interruptions: Interruptions
    links: Links
    logout: Logout
    closing: Closing
    sending: SendQueue
    arrivals: Arrivals
    recycling: Recycling
    hibernation: Hibernation
    farewell: Farewell
    has_begun: bool = field(default=False, init=False)
    """Begin has been handled: the record is up to date."""

    def told(self, order: Order, now: float) -> Iterator[Effect]:  # noqa: C901 - one case an order
        match order:
            case messages.Begin(cause=cause, incarnation=incarnation):
                self.farewell.begin(incarnation)
                yield from self._begin(cause, now)
            case messages.Restart():
                yield from self._restart(now)
            case messages.OpenAnew(reason=reason):
                if not (self.logout.is_active or self.closing.keeps_down):
                    yield from self.recycling.open_anew(reason, now)
            case messages.Confirm(number=number):
                yield Tell(ROOT_ACTOR, messages.DesiredConfirmed(number, self.work.desired))
            case messages.Quiesce():
                yield from self.closing.quiesce()
            case messages.DiskShort():
                yield from self.interruptions.hold(Reason.RESOURCE_LIMIT, now)
            case messages.Withhold():
                yield from self.interruptions.hold(Reason.OWNERSHIP_UNPROVEN, now)
            case messages.MemoryShort():
                yield from self.hibernation.memory_short(now)
            case messages.SlotGranted(generation=generation):
                yield from self.browser.granted(generation, now)

    def _begin(self, cause: Reason | None, now: float) -> Iterator[Effect]:
        self.has_begun = True
        if cause is None:
            return
        self.work.refresh()
        record = self.work.record
        self.browser.succeed(record.generation)
        # The last actor may have been replaced after its commit and before it told anybody.
        yield Tell(ROOT_ACTOR, messages.DesiredChanged(record.id, self.work.desired))
        if not self.work.is_written:
            yield Withdraw(record.id)
            return
        yield from self.sending.restore(now)
        self.arrivals.restore()
        self.links.restore()
        yield from self._take_up(cause, now)

    def _take_up(self, cause: Reason, now: float) -> Iterator[Effect]:
        """Where the last actor left it."""
        record = self.work.record
        if record.reason is Reason.WRONG_PHONE and record.has_login:
            # Another number than the pairing link's had just been paired.
            yield from self.logout.turn_out(now, on_main=False)
        elif record.desired is Desired.STOPPED or self._waits_for_a_person or record.is_hibernating:
            # One that hibernates was on its way down, or on its way up for whoever asks again.
            if record.process is not None:
                yield from self.browser.end_leftovers()
        elif record.state is State.DISCONNECTED:
            # Someone asked for it, and the daemon died before the first step.
            yield from self.starts.start(Reason.STARTING, now, process=None)
        elif cause is Reason.MACHINE_LOST:
            yield from self.starts.resume(now, cause)
        elif cause is not Reason.DAEMON_RESTARTED:
            yield from self.browser.fail(cause, now)
        elif record.process is not None:
            # The state stays as it is: an adopted browser means that nothing changed for the customer.
            yield from self.browser.adopt(record.process)
        else:
            yield from self.starts.resume(now)

    def _restart(self, now: float) -> Iterator[Effect]:
        if self.closing.keeps_down or not self.work.is_written:
            # Not written: purged or given away before this could be read. Only a start begins a session.
            return
        if self.logout.is_active:
            yield from self.logout.restart(now)
            return
        login = NO_LOGIN if self.work.record.reason is Reason.TOKEN_CORRUPT else {}
        yield from self.browser.close()
        yield Count(BrowserRestarted(self.work.record.id, Reason.RESTARTED))
        yield from self.starts.start(Reason.RESTARTED, now, **login)

    @property
    def _waits_for_a_person(self) -> bool:
        record = self.work.record
        return record.state is State.ERROR and record.reason in LEFT_TO_A_PERSON
