"""No page event is missed or handled twice: events are numbered, and a gap is read again from the page's ring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from actors.runtime.effects import Effect
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import Beat, CallFailure, CallResult, PageEvent
from wppmt.domain.page_condition import Facts

SUPERSEDED = "superseded"
SCREEN_EVENTS = {
    "ready": "facts",
    "facts_changed": "facts",
    "qr_changed": "qr",
    "pairing_code_changed": "pairing code",
}
"""Events whose content holds until the next of the same kind; codes, until a phone is linked."""


class PageEventCursor:
    """Follows one page life after the other by `record.page` and `record.page_event`.

    The position reaches the store with the next commit. Losing it in a crash only means reading some events again,
    and each effect of an event is recognised: messages by their id, acknowledgements because they only grow.
    """

    def __init__(self, work: UnitOfWork, page: Page, policy: SessionPolicy) -> None:
        self._work = work
        self._page = page
        self._policy = policy

    def turns(self, notice: PageEvent | Beat) -> bool:
        """Whether this is the first notice of a new page: the one before was reloaded, or its browser ended."""
        if notice.page == self._work.record.page:
            return False
        self._work.note(page=notice.page, page_event=0)
        return True

    def is_next(self, event: PageEvent) -> bool:
        return event.number == self._heard_of(event.page) + 1

    def heard(self, event: PageEvent) -> None:
        self._work.note(page=event.page, page_event=event.number)

    def reread(self, event: PageEvent) -> Iterator[Effect]:
        """`event` is not the next one: an old one is dropped, a gap before it is read from the ring."""
        if event.number > self._heard_of(event.page):
            yield from self._ask(self._heard_of(event.page))

    def compare(self, beat: Beat) -> Iterator[Effect]:
        """A beat carries the number of the newest event; when that was not handled yet, the ring is read."""
        if self.is_behind(beat):
            yield from self._ask(self._heard_of(beat.page))

    def is_behind(self, beat: Beat) -> bool:
        return beat.last > self._heard_of(beat.page)

    def was_heard(self, event: PageEvent) -> bool:
        return event.number <= self._heard_of(event.page)

    def read_anew(self) -> Iterator[Effect]:
        """Read all events of the page again, because an earlier daemon may have kept none of what they said."""
        yield from self._ask(0)

    def catch_up(self) -> Iterator[Effect]:
        """Read the events since the last one that was handled, if any."""
        yield from self._ask(self._heard_of(self._work.record.page))

    def missed(self, outcome: CallResult) -> tuple[PageEvent, ...]:
        """The events of the ring's answer. Events that have dropped out of the ring are skipped."""
        if isinstance(outcome, CallFailure):
            return ()
        page = str(outcome["page"])
        events = tuple(
            PageEvent(page, int(e["number"]), str(e["name"]), e["data"]) for e in outcome["events"]
        )
        events = _without_what_was_superseded(events)
        if events and events[0].number > self._heard_of(page) + 1:
            self._work.note(page=page, page_event=events[0].number - 1)
        return events

    def _heard_of(self, page: str) -> int:
        record = self._work.record
        return record.page_event if record.page == page else 0

    def _ask(self, after: int) -> Iterator[Effect]:
        arguments = {"after": after}
        yield self._page.call(Called.REREAD, "events_since", arguments, self._policy.call_deadline)


def _without_what_was_superseded(events: tuple[PageEvent, ...]) -> tuple[PageEvent, ...]:
    """Give outdated facts and codes a name that nobody heeds; their numbers stay, so that no gap shows."""
    newest = {SCREEN_EVENTS[event.name]: event.number for event in events if event.name in SCREEN_EVENTS}
    linked = max((event.number for event in events if _tells_of_a_login(event)), default=0)
    newest |= {kind: max(newest.get(kind, 0), linked) for kind in ("qr", "pairing code")}
    return tuple(
        replace(event, name=SUPERSEDED)
        if event.number < newest.get(SCREEN_EVENTS.get(event.name, ""), 0)
        else event
        for event in events
    )


def _tells_of_a_login(event: PageEvent) -> bool:
    return SCREEN_EVENTS.get(event.name) == "facts" and Facts.of(event.data["facts"]).authenticated
