"""The session actor's mind: passes each message to the part that decides, and commits once per message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from actors.runtime.effects import Ask, Effect, Publish, Tell, request_of
from actors.runtime.rollback import Memory
from actors.session import messages
from actors.session.browser_news import BrowserNews
from actors.session.closing import Closing
from actors.session.due_timers import DueTimers
from actors.session.login_saving import LoginSaving
from actors.session.messages import Due, PageAnswered
from actors.session.page_answers import PageAnswers
from actors.session.page_calls import Page
from actors.session.page_conditions import PageConditions
from actors.session.page_events import PageEvents
from actors.session.recycling import Recycling
from actors.session.requests import Requests
from actors.session.root_orders import RootOrders
from actors.session.sending.queue import SendQueue
from actors.session.sending.timers import AnswerDue, FindDue, OutcomeDue, TypingDone, UploadDue
from actors.session.status import Status
from actors.session.timers import Timers
from actors.session.turn_end import TurnEnd
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR
from wppmt.domain.move_messages import GiveAway, PrepareToLeave, Stay
from wppmt.store.records import SessionStatus


@dataclass(kw_only=True, eq=False)
class SessionMind:
    """The mind of a SessionActor. Its parts are made by actors/session/assembly.py."""

    work: UnitOfWork
    page: Page
    timers: Timers
    status: Status
    closing: Closing
    requests: Requests
    root_orders: RootOrders
    browser_news: BrowserNews
    page_events: PageEvents
    page_answers: PageAnswers
    page_conditions: PageConditions
    due_timers: DueTimers
    sending: SendQueue
    login_saving: LoginSaving
    recycling: Recycling
    turn_end: TurnEnd
    _published: SessionStatus | None = field(default=None, init=False)
    _memory: Memory = field(init=False)

    def __post_init__(self) -> None:
        self._memory = Memory(self)

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        """Effects of one message, which is one commit; a changed status is published before anything is answered.

        Raises StoreUnavailable when nothing was changed: give the message again.
        """
        with self._memory.undone_if_refused(), self.work.together(request_of(message)):
            effects = [*self._react(message, now)]
            login_ended = self.work.before.has_login and not self.work.record.has_login
            effects += self.turn_end.look(now, login_ended=login_ended)
            self._audit(now)
        record = self.work.record
        if record.desired is not self.work.before.desired:
            effects.append(Tell(ROOT_ACTOR, messages.DesiredChanged(record.id, record.desired)))
        return [*self._publish(), *effects]

    def _audit(self, now: float) -> None:
        """Whoever's doing it was: that a login came, and that one has gone."""
        record = self.work.record
        if record.has_login is not self.work.before.has_login:
            action = Action.LINKED if record.has_login else Action.UNLINKED
            self.work.audit(now, action, who=None)

    def _publish(self) -> Iterator[Effect]:
        status = self.status.now()
        if status != self._published and self.work.is_written:
            self._published = status
            yield Publish(status)

    def _react(self, message: object, now: float) -> Iterable[Effect]:  # noqa: C901 - one case a message
        match message:
            case Ask(message=request, reply=reply):
                self._require_open(request)
                return self.requests.asked(request, reply, now)
            case messages.Noticed(generation=generation, notice=notice, at=at):
                return self.page_events.noticed(notice, at, now) if self._is_current(generation) else ()
            case messages.BrowserOpened() | messages.BrowserFailed() | messages.BrowserClosed():
                return (
                    self.browser_news.reported(message, now) if self._is_current(message.generation) else ()
                )
            case PageAnswered():
                return self.page_answers.answered(message, now)
            case Due():
                return self.due_timers.due(message.timer, now) if self.timers.take(message) else ()
            case TypingDone() | AnswerDue() | OutcomeDue() | FindDue() | UploadDue():
                return self.sending.due(message, now)
            case messages.LoginChecked():
                return self.login_saving.checked(message, now)
            case messages.DiskChecked():
                return self.page_conditions.disk_checked(message, now)
            case messages.ProfileRemoved():
                return self.browser_news.profile_removed(message, now)
            case messages.Measured(memory_mb=memory_mb):
                self.status.measured(memory_mb)
                return self.recycling.measured(memory_mb, now)
            case (
                messages.Begin()
                | messages.Restart()
                | messages.OpenAnew()
                | messages.Confirm()
                | messages.Quiesce()
                | messages.DiskShort()
                | messages.Withhold()
                | messages.MemoryShort()
                | messages.SlotGranted()
            ):
                return self.root_orders.told(message, now)
            case _:
                raise TypeError(type(message).__name__)

    def _require_open(self, request: object) -> None:
        """Raises Refusal: DRAINING, MOVING, SESSION_BUSY."""
        if self.closing.is_quiescing:
            raise Refusal(Code.DRAINING, retry_after=10)
        if self.closing.is_held and not isinstance(request, PrepareToLeave | GiveAway | Stay):
            raise Refusal(Code.MOVING, retry_after=2)
        if not self.root_orders.has_begun:
            # The previous actor may have written the record since; Begin, which reads it again, is on its way.
            raise Refusal(Code.SESSION_BUSY, retry_after=5)

    def _is_current(self, generation: int) -> bool:
        """Close is final: what an earlier browser still says changes nothing."""
        return generation == self.page.generation
