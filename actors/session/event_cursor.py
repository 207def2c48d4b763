"""Nothing the page says is missed or heard twice: events are numbered, a gap is re-read from the page's ring."""

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
"""What these tell is true until the next one of its kind; a code, until a phone is linked."""


class EventCursor:
    """Follows one page life after the other by `record.page` and `record.page_event`.

    The position reaches the store with the next commit. Losing it in a crash only means reading some events again,
    and each effect of an event is recognised: messages by their id, acknowledgements because they only grow.
    """

    def __init__(self, work: UnitOfWork, page: Page, policy: SessionPolicy) -> None:
        self._work = work
        self._page = page
        self._policy = policy

    def turns(self, notice: PageEvent | Beat) -> bool:
        """Whether a new page speaks for the first time: the one before was reloaded, or its browser ended."""
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
        """A beat names the newest event: has it been heard?"""
        if self.is_behind(beat):
            yield from self._ask(self._heard_of(beat.page))

    def is_behind(self, beat: Beat) -> bool:
        return beat.last > self._heard_of(beat.page)

    def was_heard(self, event: PageEvent) -> bool:
        return event.number <= self._heard_of(event.page)

    def read_anew(self) -> Iterator[Effect]:
        """All that the page has told, also what was heard: an earlier daemon may have kept none of it."""
        yield from self._ask(0)

    def catch_up(self) -> Iterator[Effect]:
        """Read what the page has told since it was last heard, if anything."""
        yield from self._ask(self._heard_of(self._work.record.page))

    def missed(self, outcome: CallResult) -> tuple[PageEvent, ...]:
        """The ring's answer. Where it starts later than asked, what fell out is lost to it: go on from there."""
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
    """Old facts are not today's, old codes cannot be scanned; their numbers are kept, so that no gap shows."""
    newest = {SCREEN_EVENTS[event.name]: event.number for event in events if event.name in SCREEN_EVENTS}
    linked = max((event.number for event in events if _tells_of_a_login(event)), default=0)
    newest |= {kind: max(newest.get(kind, 0), linked) for kind in ("qr", "pairing code")}
    return tuple(
        replace(event, name=SUPERSEDED, data={})
        if event.number < newest.get(SCREEN_EVENTS.get(event.name, ""), 0)
        else event
        for event in events
    )


def _tells_of_a_login(event: PageEvent) -> bool:
    return SCREEN_EVENTS.get(event.name) == "facts" and Facts.of(event.data["facts"]).authenticated
