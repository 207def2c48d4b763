"""Bugs that a gateway like this one is prone to, each planted into the real code for a test of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from actors.runtime import cell, interpreter, rollback
from actors.runtime.browser_effects import KillBrowser
from actors.session import (
    actor,
    browser_lifecycle,
    page_answers,
    page_event_cursor,
    unit_of_work,
)
from actors.session import (
    messages as session_messages,
)
from actors.session.inbound_audit import InboundAudit
from actors.session.sending import queue, settling
from actors.session.waiting_room import WaitingRoom
from actors.supervisor.children import Children
from actors.webhooks import lanes
from actors.workers import browser
from tests.actors.gateway import OK, Gateway, Posted
from wppmt.browser.fake.browsers import FakeBrowsers
from wppmt.domain.reasons import Reason
from wppmt.domain.reconnect_delay import FAILURES_BEFORE_ERROR
from wppmt.store import fencing
from wppmt.store.records import Desired, SendState, SessionRecord
from wppmt.store.sqlite.transaction import SqliteTransaction

FROM_BROWSER = (
    session_messages.Noticed,
    session_messages.BrowserOpened,
    session_messages.BrowserFailed,
    session_messages.BrowserClosed,
)

Bug = Callable[[pytest.MonkeyPatch], None]


def posted_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    gateways: list[Gateway] = []
    begin, record = Gateway.__init__, SqliteTransaction.record

    def begin_known(self: Gateway, *arguments: Any, **more: Any) -> None:
        gateways.append(self)
        begin(self, *arguments, **more)

    def record_and_post(self: SqliteTransaction, session_id: str, draft: Any) -> Any:
        event, gateway = record(self, session_id, draft), gateways[-1]
        at = gateway.time.moment
        gateway.posts.append(Posted(at, session_id, event.id, event.name, event.body, 1, OK))
        return event

    patch.setattr(Gateway, "__init__", begin_known)
    patch.setattr(SqliteTransaction, "record", record_and_post)


def new_event_id_on_every_attempt(patch: pytest.MonkeyPatch) -> None:
    original = Gateway._post

    def post(self: Gateway, post: Any, tell: Any) -> None:
        event = replace(post.delivery.event, id=f"{post.delivery.event.id}-{post.attempt}")
        original(self, replace(post, delivery=replace(post.delivery, event=event)), tell)

    patch.setattr(Gateway, "_post", post)


def generation_is_not_checked(patch: pytest.MonkeyPatch) -> None:
    original = actor.SessionMind._react

    def react(self: Any, message: Any, now: float) -> Any:
        if isinstance(message, FROM_BROWSER):
            message = replace(message, generation=self.page.generation)
        return original(self, message, now)

    patch.setattr(actor.SessionMind, "_react", react)


def desired_state_lives_in_memory_only(patch: pytest.MonkeyPatch) -> None:
    original = SqliteTransaction.save

    def save(self: SqliteTransaction, record: Any) -> None:
        original(self, replace(record, desired=Desired.RUNNING))

    patch.setattr(SqliteTransaction, "save", save)


def handed_is_written_after_the_call(patch: pytest.MonkeyPatch) -> None:
    original = unit_of_work.UnitOfWork.write

    def write(self: Any, now: float, *happenings: Any, journal: Any = None, **changes: Any) -> Any:
        if journal is not None and journal.state is SendState.HANDED:
            journal = replace(journal, state=SendState.ACCEPTED)
        return original(self, now, *happenings, journal=journal, **changes)

    patch.setattr(unit_of_work.UnitOfWork, "write", write)


def resend_takes_a_new_id(patch: pytest.MonkeyPatch) -> None:
    original = settling.Settling.take_back

    def take_back(self: Any, entry: Any, now: float) -> Iterator[Any]:
        self.settle(entry.id)
        yield from original(self, replace(entry, id=f"{entry.id}0"), now)

    patch.setattr(settling.Settling, "take_back", take_back)


def undecided_is_sent_again_at_once(patch: pytest.MonkeyPatch) -> None:
    def usable(self: Any, now: float) -> Iterator[Any]:
        for entry in self.handed:
            yield from self._settling.take_back(entry, now)
        yield from self.pump(now)

    patch.setattr(queue.SendQueue, "usable", usable)


def backoff_counter_is_never_reset(patch: pytest.MonkeyPatch) -> None:
    original = unit_of_work.UnitOfWork.write

    def write(self: Any, now: float, *happenings: Any, journal: Any = None, **changes: Any) -> Any:
        if changes.get("failures") == 0:
            del changes["failures"]
        return original(self, now, *happenings, journal=journal, **changes)

    patch.setattr(unit_of_work.UnitOfWork, "write", write)


def retry_is_not_delayed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(browser_lifecycle, "reconnect_delay", lambda **_: 3.0)


def sequence_is_taken_outside_the_transaction(patch: pytest.MonkeyPatch) -> None:
    original = SqliteTransaction.record
    numbers: dict[tuple[int, str], int] = {}

    def record(self: SqliteTransaction, session_id: str, draft: Any) -> Any:
        connection = self._execute.__self__  # type: ignore[attr-defined]
        key = (id(connection), session_id)
        numbers[key] = numbers.get(key, 0) + 1
        self._execute(
            "INSERT INTO tallies (session_id, sequence) VALUES (?, ?)"
            " ON CONFLICT (session_id) DO UPDATE SET sequence = excluded.sequence",
            (session_id, numbers[key] - 1),
        )
        return original(self, session_id, draft)

    patch.setattr(SqliteTransaction, "record", record)


def a_refused_turn_is_not_undone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rollback.Memory, "undone_if_refused", lambda self: nullcontext())


def a_refused_turn_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    original = cell.Cell._handle

    def handle(self: Any, message: object) -> bool:
        original(self, message)
        return True

    patch.setattr(cell.Cell, "_handle", handle)


def an_abandoned_turn_is_committed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fencing, "check", lambda: None)


def a_browser_that_was_killed_minds_its_profile(patch: pytest.MonkeyPatch) -> None:
    original: Any = browser.BrowserWorker.__init__

    def begin(self: Any, *arguments: Any) -> None:
        original(self, *arguments[:-1], lambda: True)

    patch.setattr(browser.BrowserWorker, "__init__", begin)


def an_abandoned_actor_acts_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(interpreter.Interpreter, "is_current", lambda self, cell: True)


def a_browser_is_started_beside_the_old_one(patch: pytest.MonkeyPatch) -> None:
    original = interpreter.Interpreter.perform

    def perform(self: Any, cell: Any, effect: Any) -> None:
        if not isinstance(effect, KillBrowser):
            original(self, cell, effect)

    patch.setattr(interpreter.Interpreter, "perform", perform)


def a_dead_actor_is_not_replaced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Children, "trouble_with", lambda self, address, child: None)


def leftovers_are_not_ended(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FakeBrowsers, "end_leftovers", lambda self, session_id: 0)


def an_adopted_page_is_not_asked_for_what_came_meanwhile(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(InboundAudit, "look", lambda self, now: ())


def the_error_is_told_at_every_failure_after_ten(patch: pytest.MonkeyPatch) -> None:
    original = browser_lifecycle.BrowserLifecycle.fail

    def fail(self: Any, reason: Reason, now: float, **more: Any) -> Iterator[Any]:
        if self._work.record.failures >= FAILURES_BEFORE_ERROR:
            yield from self._work.write(now, ("error", unit_of_work.error_payload(Reason.RECONNECT_FAILED)))
        yield from original(self, reason, now, **more)

    patch.setattr(browser_lifecycle.BrowserLifecycle, "fail", fail)


def late_answers_are_accepted(patch: pytest.MonkeyPatch) -> None:
    original = page_answers.PageAnswers.answered

    def answered(self: Any, answer: Any, now: float) -> Iterator[Any]:
        return original(self, replace(answer, generation=self.page.generation), now)

    patch.setattr(page_answers.PageAnswers, "answered", answered)


def the_ring_is_not_read_again(patch: pytest.MonkeyPatch) -> None:
    """Neither by a heartbeat that is ahead nor before an audit, which alone would find the messages, but not the rest."""

    def read_nothing(self: Any, after: int) -> Iterator[Any]:
        self._work.note(page=self._work.record.page, page_event=after)
        return iter(())

    patch.setattr(page_event_cursor.PageEventCursor, "_ask", read_nothing)


def one_lane_is_shared_by_all_endpoints(patch: pytest.MonkeyPatch) -> None:
    original = lanes.Lanes._may_be_tried

    def may_be_tried(self: Any, state: Any, now: float) -> bool:
        return not self._flights and original(self, state, now)

    patch.setattr(lanes.Lanes, "_may_be_tried", may_be_tried)


def locks_are_deleted(patch: pytest.MonkeyPatch) -> None:
    """Whatever runs on the profile: out of the way with its lock, and a browser beside it."""
    patch.setattr(FakeBrowsers, "end_leftovers", lambda self, session_id: 0)
    patch.setattr(FakeBrowsers, "is_locked", lambda self, session_id: False)


def whoever_waits_for_a_wake_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WaitingRoom, "leave", lambda self: [])


def a_session_that_was_closed_hibernates(patch: pytest.MonkeyPatch) -> None:
    """Told by its plan and its next wake, which a close leaves as they are, instead of by its reason."""
    patch.setattr(SessionRecord, "is_hibernating", property(lambda self: self.hibernate and self.wake_at))


PLANTED: tuple[Bug, ...] = (
    posted_before_the_commit,
    new_event_id_on_every_attempt,
    generation_is_not_checked,
    desired_state_lives_in_memory_only,
    handed_is_written_after_the_call,
    resend_takes_a_new_id,
    undecided_is_sent_again_at_once,
    backoff_counter_is_never_reset,
    retry_is_not_delayed,
    sequence_is_taken_outside_the_transaction,
    a_refused_turn_is_not_undone,
    a_refused_turn_is_forgotten,
    an_abandoned_turn_is_committed,
    a_browser_that_was_killed_minds_its_profile,
    an_abandoned_actor_acts_on,
    a_browser_is_started_beside_the_old_one,
    a_dead_actor_is_not_replaced,
    leftovers_are_not_ended,
    an_adopted_page_is_not_asked_for_what_came_meanwhile,
    the_error_is_told_at_every_failure_after_ten,
    late_answers_are_accepted,
    the_ring_is_not_read_again,
    one_lane_is_shared_by_all_endpoints,
    locks_are_deleted,
    whoever_waits_for_a_wake_is_forgotten,
    a_session_that_was_closed_hibernates,
)
