"""The session actor's mind: passes each message to the part that decides, and commits once per message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actors.runtime.effects import Answer, Ask, Effect, Log, Publish, Tell
from actors.session import messages
from actors.session.browser_lifecycle import BrowserPhase
from actors.session.messages import Due, PageAnswered
from actors.session.page_events import PageEventHandler
from actors.session.parts import Parts, Tools
from actors.session.requests import Requests
from actors.session.sending.timers import AnswerDue, FindDue, OutcomeDue, TypingDone, UploadDue
from wppmt.browser.port import ChannelClosed, StartFailed
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import NO_LOGIN, Desired, SessionRecord, SessionStatus

LEFT_TO_A_PERSON = {Reason.TOKEN_CORRUPT, Reason.CONFLICT}
"""In state `error`: starting a browser by itself would do harm."""
FromBrowser = messages.Noticed | messages.BrowserOpened | messages.BrowserFailed | messages.BrowserClosed


class SessionMind:
    """The mind of a SessionActor."""

    def __init__(self, record: SessionRecord, tools: Tools) -> None:
        self._parts = Parts(record, tools)
        self._requests = Requests(self._parts)
        self._page_events = PageEventHandler(self._parts)
        self._published: SessionStatus | None = None

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        """Effects of one message, which is one commit; a changed status is published before anything is answered.

        Raises StoreUnavailable when nothing was changed: give the message again.
        """
        desired, had_login = self._parts.record.desired, self._parts.record.has_login
        roll_back = self._parts.remember()
        try:
            with self._parts.work.together():
                effects = [*self._react(message, now)]
                if had_login and not self._parts.record.has_login:
                    effects += self._parts.sending.login_ended(now)
                    self._parts.arrivals.login_ended()
                effects += self._parts.update_sendable(now)
                effects += self._parts.watchdog.look(now)
                effects += self._parts.liveness.look(now)
                effects += self._parts.login_saving.look(now)
                effects += self._parts.self_check.look()
                effects += self._when_closed()
        except BaseException:
            roll_back()
            raise
        if self._parts.record.desired is not desired:
            effects.append(
                Tell(ROOT, messages.DesiredChanged(self._parts.record.id, self._parts.record.desired))
            )
        status = self._parts.status()
        if status != self._published and self._parts.work.is_written:
            self._published = status
            effects.insert(0, Publish(status))
        return effects

    def _react(self, message: object, now: float) -> Iterable[Effect]:  # noqa: C901, PLR0912 - one case a message
        match message:
            case Ask(message=request, reply=reply):
                if self._parts.is_quiescing:
                    raise Refusal(Code.DRAINING, retry_after=10)
                if not self._parts.has_begun:
                    # The previous actor may have written the record since; Begin, which reads it again, is on its way.
                    raise Refusal(Code.SESSION_BUSY, retry_after=5)
                return self._requests.asked(request, reply, now)
            case (
                messages.Noticed()
                | messages.BrowserOpened()
                | messages.BrowserFailed()
                | messages.BrowserClosed()
            ):
                # Close is final: what an earlier browser still says changes nothing.
                return (
                    self._from_browser(message, now)
                    if message.generation == self._parts.page.generation
                    else ()
                )
            case PageAnswered():
                return self._page_events.answered(message, now)
            case Due():
                return self._due(message.timer, now) if self._parts.timers.take(message) else ()
            case TypingDone() | AnswerDue() | OutcomeDue() | FindDue() | UploadDue():
                return self._parts.sending.due(message, now)
            case messages.SlotGranted(generation=generation):
                return self._parts.lifecycle.granted(generation, now)
            case messages.LoginChecked():
                return self._parts.login_saving.checked(message, now)
            case messages.ProfileRemoved():
                return self._profile_removed(message, now)
            case messages.Measured(memory_mb=memory_mb):
                self._parts.memory_mb = memory_mb
                return self._parts.recycling.measured(memory_mb, now)
            case messages.Begin(cause=cause):
                return self._begin(cause, now)
            case messages.DiskShort():
                return self._parts.make_room(now)
            case messages.Restart():
                return self._restart(now)
            case messages.OpenAnew():
                is_busy = self._parts.logout.is_active or self._parts.is_quiescing
                return () if is_busy else self._parts.recycling.open_anew(now)
            case messages.Confirm(number=number):
                return (Tell(ROOT, messages.Confirmed(number, self._desired)),)
            case messages.Quiesce():
                return self._quiesce()
            case _:
                raise TypeError(type(message).__name__)

    # Messages from Root.

    def _begin(self, cause: Reason | None, now: float) -> Iterator[Effect]:
        self._parts.has_begun = True
        if cause is None:
            return
        self._parts.work.refresh()
        record = self._parts.record
        # Messages from the browser of an earlier actor must be recognised as stale.
        self._parts.page.generation = record.generation + 1
        if not self._parts.work.is_written:
            return
        yield from self._parts.sending.restore(now)
        self._parts.arrivals.restore()
        if record.desired is Desired.STOPPED or self._waits_for_a_person:
            if record.process is not None:
                yield from self._parts.lifecycle.end_leftovers()
        elif record.state is State.DISCONNECTED:
            # Someone asked for it, and the daemon died before the first step.
            yield from self._parts.open(Reason.STARTING, now, process=None)
        elif cause is not Reason.DAEMON_RESTARTED:
            yield from self._parts.lifecycle.fail(cause, now)
        elif record.process is not None:
            # The state stays as it is: an adopted browser means that nothing changed for the customer.
            yield from self._parts.lifecycle.adopt(record.process)
        else:
            yield from self._parts.resume(now)

    def _restart(self, now: float) -> Iterator[Effect]:
        if self._parts.is_quiescing:
            return
        if self._parts.logout.is_active:
            yield from self._parts.logout.restart(now)
            return
        login = NO_LOGIN if self._parts.record.reason is Reason.TOKEN_CORRUPT else {}
        yield from self._parts.lifecycle.close()
        yield from self._parts.open(Reason.RESTARTED, now, **login)

    def _profile_removed(self, removed: messages.ProfileRemoved, now: float) -> Iterator[Effect]:
        was_active = self._parts.logout.is_active
        yield from self._parts.logout.profile_removed(removed, now)
        if was_active and self._desired is Desired.RUNNING and not self._parts.is_quiescing:
            yield from self._parts.open(Reason.RESTARTED, now)

    def _quiesce(self) -> Iterator[Effect]:
        self._parts.is_quiescing = True
        self._parts.page_state.reset()
        yield from self._parts.lifecycle.close()

    # Messages from the browser and its page.

    def _from_browser(self, message: FromBrowser, now: float) -> Iterator[Effect]:
        match message:
            case messages.BrowserOpened(process=process):
                # The last measurement was of another browser.
                self._parts.memory_mb = None
                yield from self._parts.lifecycle.opened(process, now)
            case messages.BrowserFailed(failure=failure):
                detail = failure.detail if isinstance(failure, StartFailed) else str(failure)
                yield from self._not_opened(Reason(failure.code), detail, now)
            case messages.BrowserClosed(was_flushed=was_flushed):
                if was_flushed and self._parts.lifecycle.is_proven and self._parts.record.has_login:
                    yield from self._parts.work.write(now, login_saved=True)
                yield from self._browser_closed(now)
            case messages.Noticed(notice=notice, at=at):
                self._parts.noticed_at = at
                if isinstance(notice, ChannelClosed):
                    yield from self._parts.lost(Reason.BROWSER_CRASHED, now, detail=notice.detail)
                else:
                    yield from self._page_events.noticed(notice, now)

    def _not_opened(self, reason: Reason, detail: str, now: float) -> Iterator[Effect]:
        if reason is Reason.TOKEN_CORRUPT and not self._parts.logout.is_active:
            # Chrome would replace an unreadable profile by an empty one, so a person has to decide.
            yield Log("error", "profile_unreadable", self._parts.record.id, {"detail": detail})
            yield from self._parts.page_state.distrust_login(now)
        else:
            yield from self._parts.lost(reason, now, detail=detail)

    def _browser_closed(self, now: float) -> Iterator[Effect]:
        self._parts.page_state.reset()
        yield from self._parts.lifecycle.closed()
        yield from self._after_closing(now)

    def _after_closing(self, now: float) -> Iterator[Effect]:
        yield from self._parts.work.write(now, process=None)
        if self._parts.logout.is_active and self._parts.lifecycle.phase is BrowserPhase.NONE:
            yield from self._parts.logout.browser_closed()

    def _when_closed(self) -> Iterator[Effect]:
        """At the end of every turn: answers those who wait for the browser to be closed, however it ended."""
        if self._parts.lifecycle.phase is BrowserPhase.CLOSING:
            return
        for reply in self._parts.close_replies:
            yield Answer(reply, self._parts.status())
        self._parts.close_replies.clear()
        if self._parts.is_quiescing and not self._parts.is_quiet:
            self._parts.is_quiet = True
            yield Tell(ROOT, messages.Quiet(self._parts.record.id))

    # Timers.

    def _due(self, timer: str, now: float) -> Iterator[Effect]:  # noqa: C901, PLR0912 - one case a timer
        match timer:
            case "retry":
                yield from self._parts.lifecycle.open()
            case "open":
                yield from self._parts.lost(Reason.BROWSER_HUNG, now)
            case "attach":
                yield from self._parts.lost(Reason.INJECT_FAILED, now, graceful=True)
            case "screen":
                yield from self._parts.lost(self._parts.page_state.overdue(), now, graceful=True)
            case "beat":
                yield from self._parts.lifecycle.check_heartbeat(now)
            case "close":
                yield from self._parts.lifecycle.closing_is_late()
                if self._parts.lifecycle.phase is not BrowserPhase.CLOSING:
                    yield from self._after_closing(now)
            case "logout":
                yield from self._parts.logout.remove_without_unlink()
            case "recycle":
                yield from self._parts.recycling.look(now)
            case "arrivals":
                yield from self._parts.arrivals.pump()
            case "saving":
                yield from self._parts.login_saving.check()
            case "compare":
                yield from self._parts.self_check.ask()
            case "limits":
                yield from self._parts.new_contacts.ask()
            case "server":
                yield from self._parts.liveness.ask()
            case "acks" | "trust":
                yield from self._parts.watchdog.due(timer, now)
            case _:
                yield from self._parts.page_state.due(timer, now)

    @property
    def _desired(self) -> Desired:
        """As committed; STOPPED for a session whose first start was refused, since it has no row."""
        return self._parts.record.desired if self._parts.work.is_written else Desired.STOPPED

    @property
    def _waits_for_a_person(self) -> bool:
        return self._parts.record.state is State.ERROR and self._parts.record.reason in LEFT_TO_A_PERSON
