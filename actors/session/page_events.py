"""Passes events, beats and answers of a session's page to the part that they are for."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Effect, Log
from actors.session.messages import Called, PageAnswered
from actors.session.pairing import ShownCode
from actors.session.parts import Parts
from actors.session.reception import TOLD
from wppmt.browser.port import Beat, CallResult, PageEvent
from wppmt.domain.page_condition import Facts, PageCondition, classify_page
from wppmt.domain.reasons import Reason


class PageEventHandler:
    """Handles events in order and without a gap."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def noticed(self, notice: Beat | PageEvent, now: float) -> Iterator[Effect]:
        """An event, or a beat."""
        if isinstance(notice, Beat) and not _says_something(Facts.of(notice.facts)):
            # The page is there, WhatsApp's modules are not found yet: the attach deadline goes on.
            return
        if self._parts.cursor.turns(notice):
            yield from self._parts.page_state.turned()
            # What was handed to an earlier page is in doubt until this one shows the main screen.
            yield from self._parts.update_sendable(now)
        yield from self._parts.lifecycle.heard(now)
        if isinstance(notice, PageEvent):
            yield from self._in_order(notice, now)
        else:
            yield from self._judge(Facts.of(notice.facts), now)
            if self._parts.page_state.lacks_its_code:
                yield from self._parts.cursor.read_anew()
            else:
                yield from self._parts.cursor.compare(notice)
            if self._parts.page.is_usable and not self._parts.cursor.is_behind(notice):
                yield from self._parts.backfill.look(self._parts.noticed_at, now)

    def _in_order(self, event: PageEvent, now: float) -> Iterator[Effect]:
        if self._parts.cursor.is_next(event):
            yield from self._on_event(event, now)
            self._parts.cursor.heard(event)
        elif event.name == "qr_changed" and self._parts.cursor.was_heard(event):
            yield from self._parts.page_state.recall_qr(ShownCode.of(event.data, now), now)
        else:
            yield from self._parts.cursor.reread(event)

    def _on_event(self, event: PageEvent, now: float) -> Iterator[Effect]:  # noqa: C901, PLR0912 - one case an event
        data = event.data
        match event.name:
            case "ready" | "facts_changed":
                yield from self._judge(Facts.of(data["facts"]), now)
            case "qr_changed" if self._parts.logout.is_active:
                yield from self._parts.logout.on_qr()
            case "qr_changed" if self._parts.lifecycle.is_live and self._parts.is_disk_short():
                # A page that can't write its database can't read the login either, so the code proves nothing.
                yield from self._parts.make_room(now)
            case "qr_changed" if self._parts.lifecycle.is_live:
                yield from self._parts.page_state.show_qr(ShownCode.of(data, now), now)
            case "pairing_code_changed" if self._parts.lifecycle.is_live:
                yield from self._parts.pairing.show_code(str(data["code"]), now)
            case "logged_out":
                self._parts.logout.announced_by_page()
                yield from self._parts.page_state.logged_out(str(data.get("reason", "")), now)
            case "pairing_refused":
                yield from self._parts.pairing.refused(now)
            case "news_dismissed":
                yield Log("info", "news_dismissed", self._parts.record.id)
            case name if name in TOLD:
                yield from self._parts.reception.heard(event, now)
            case "ack_changed":
                ack, to = int(data["ack"]), str(data.get("to", ""))
                yield from self._parts.sending.acknowledged(str(data["id"]), ack, to, now)
            case "send_failed":
                reason = str(data.get("reason", ""))
                yield from self._parts.sending.failed(str(data["id"]), reason, now, data.get("until"))
            case "limits_changed":
                yield from self._parts.new_contacts.update(data, now)
            case _:
                # Other events repeat what the facts say.
                pass

    def _compared(self, outcome: CallResult, now: float) -> Iterator[Effect]:
        """What the page holds and nobody was told of is told now."""
        received = self._parts.record.messages_received
        for message in self._parts.self_check.found(outcome):
            yield from self._parts.reception.message(message, now, backfilled=True)
        missed = self._parts.record.messages_received - received
        yield from self._parts.self_check.answered(missed, now)

    def _judge(self, facts: Facts, now: float) -> Iterator[Effect]:
        if not self._parts.lifecycle.is_live:
            # While the browser stops, messages and acknowledgements count, what the screen shows does not.
            return
        if not self._parts.logout.is_active:
            yield from self._parts.page_state.judge(facts, now)
            if self._parts.page_state.condition is PageCondition.CONFLICT:
                yield from self._parts.liveness.replaced(now)
        elif classify_page(facts) is PageCondition.MAIN:
            yield from self._parts.logout.on_main()

    def answered(self, answer: PageAnswered, now: float) -> Iterator[Effect]:  # noqa: C901, PLR0912 - one case a call
        """The outcome of a call into the page."""
        current = answer.generation == self._parts.page.generation
        match answer.call:
            case Called.UPLOAD:
                yield from self._parts.sending.uploaded(answer, now)
            case Called.SEND | Called.FIND:
                yield from self._parts.sending.answered(answer, now)
            case Called.LOGOUT if self._parts.logout.is_active:
                yield from self._parts.logout.answered(answer.outcome)
            case Called.QUERY:
                yield from self._parts.queries.answered(answer)
            case Called.STANDS:
                yield from self._parts.acceptance.examined(answer, now)
            case Called.LIMITS if current:
                yield from self._parts.new_contacts.answered(answer.outcome, now)
            case Called.ARRIVAL:
                yield from self._parts.arrivals.answered(answer)
            case Called.BACKFILL if current:
                for message in self._parts.backfill.found(answer.outcome):
                    yield from self._parts.reception.message(message, now, backfilled=True)
                yield from self._parts.backfill.go_on(answer.outcome)
            case Called.REREAD if current:
                for event in self._parts.cursor.missed(answer.outcome):
                    yield from self._in_order(event, now)
            case Called.PROBE if current:
                yield from self._probe_answered(answer, now)
            case Called.BATCH if current:
                yield from self._parts.pairing.batch_answered(answer.outcome)
            case Called.SERVER if current:
                yield from self._parts.liveness.answered(answer.outcome, now)
            case Called.COMPARE if current:
                yield from self._compared(answer.outcome, now)
            case Called.LOGIN if current:
                yield from self._parts.login_saving.answered(answer.outcome)
            case Called.PAIRING if current:
                yield from self._parts.pairing.code_answered(answer.outcome, now)

    def _probe_answered(self, answer: PageAnswered, now: float) -> Iterator[Effect]:
        if isinstance(answer.outcome, Exception):
            yield from self._probe_failed(now)
            return
        yield self._parts.lifecycle.heartbeat.probe_answered(now)
        if self._parts.lifecycle.heartbeat.is_mute:
            yield from self._parts.lost(Reason.CHANNEL_SILENT, now, graceful=True)
            return
        # Events that did not get through are in its ring.
        yield from self._parts.cursor.catch_up()
        yield from self._judge(Facts.of(answer.outcome), now)
        yield from self._parts.watchdog.probed(now)

    def _probe_failed(self, now: float) -> Iterator[Effect]:
        if self._parts.lifecycle.heartbeat.probe_failed():
            yield self._parts.lifecycle.heartbeat.probe()
        else:
            yield from self._parts.lost(Reason.BROWSER_HUNG, now)


def _says_something(facts: Facts) -> bool:
    """wa-js is there, or the page is sure that it will not be."""
    return facts.ready or facts.inventory is not None
