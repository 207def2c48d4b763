"""Any sequence of calls leaves a store as a plain model in memory says."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.store.conftest import FACTORIES as EVERY
from wppmt.store.outbox_records import (
    DeadLetterFilter,
    DeadLetterOrder,
    Delivery,
    DeliveryState,
    Lane,
    WebhookCounts,
)
from wppmt.store.records import EventDraft, EventRecord
from wppmt.store.sqlite.outbox import TOO_MUCH
from wppmt.store.sqlite.store import SqliteStore

SESSIONS = ("a", "b")
ENDPOINTS = ("http://one.test/", "http://two.test/")
LANES = [Lane(endpoint, session) for endpoint in ENDPOINTS for session in SESSIONS]
PENDING, DONE, DEAD = DeliveryState.PENDING, DeliveryState.DONE, DeliveryState.DEAD
FACTORIES = {
    **EVERY,
    "in steps of one row": lambda folder: SqliteStore(folder / "wppmt.sqlite", step=1),
}
sessions, lanes = st.sampled_from(SESSIONS), st.sampled_from(LANES)


@dataclass
class Row:
    delivery: Delivery
    replays: int = 0

    @property
    def lane(self) -> Lane:
        return Lane(self.delivery.endpoint, self.delivery.event.session_id)


class StoreMachine(RuleBasedStateMachine):
    factory = FACTORIES["sqlite"]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.store = type(self).factory(self.folder)
        self.ids = count(1)
        self.now = 100.0
        self.events: dict[str, list[EventRecord]] = {}
        self.sequences: dict[str, int] = {}
        self.rows: list[Row] = []
        self.stopped: set[Lane] = set()

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def of(self, lane: Lane, *, tried: bool) -> list[Delivery]:
        pending = [row.delivery for row in self.rows if row.lane == lane and row.delivery.state is PENDING]
        return [d for d in pending if (d.attempts > d.spent) is tried]

    @rule(
        session_id=sessions,
        endpoint=st.sampled_from([None, *ENDPOINTS]),
        name=st.sampled_from(["message_received", "qr_code", "error"]),
        fails=st.booleans(),
    )
    def record(self, session_id: str, endpoint: str | None, name: str, fails: bool) -> None:
        self.now += 1
        draft = EventDraft(f"evt_{next(self.ids)}", name, self.now, {"text": "olá"}, endpoint)
        try:
            with self.store.transaction() as transaction:
                event = transaction.record(session_id, draft)
                if fails:
                    raise KeyError
        except KeyError:
            return
        self.sequences[session_id] = self.sequences.get(session_id, 0) + 1
        assert event.sequence == self.sequences[session_id]
        self.events.setdefault(session_id, []).append(event)
        if name == "qr_code":
            self.rows = [row for row in self.rows if not self._is_superseded(row, session_id)]
        if endpoint:
            self._add(event, endpoint)

    def _is_superseded(self, row: Row, session_id: str) -> bool:
        delivery = row.delivery
        is_code = (delivery.event.session_id, delivery.event.name) == (session_id, "qr_code")
        return is_code and delivery.state in {PENDING, DEAD}

    def _add(self, event: EventRecord, endpoint: str) -> None:
        tips = [tip.newest for tip in self.store.lanes()]
        dead = [d.number for s in SESSIONS for d in self.store.dead_letters(DeadLetterFilter(s))]
        state = DEAD if Lane(endpoint, event.session_id) in self.stopped else PENDING
        error = "HTTP 410" if state is DEAD else ""
        self.rows.append(
            Row(Delivery(max([*tips, *dead]), event, endpoint, 0, 0, event.at, state, None, error))
        )

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), state=st.sampled_from(DeliveryState))
    def settle(self, data: st.DataObject, state: DeliveryState) -> None:
        self.now += 1
        row = data.draw(st.sampled_from(self.rows))
        after = replace(
            row.delivery, attempts=row.delivery.attempts + 1, next_at=self.now, state=state, last_status=500
        )
        self.store.settle([after])
        if row.delivery.state is PENDING or state is DONE:
            row.delivery = after

    @rule(lane=lanes, stop=st.booleans(), age=st.integers(0, 5))
    def dead_letter(self, lane: Lane, stop: bool, age: int) -> None:
        self.now += 1
        before = float("inf") if stop else self.now - age
        dead_lettered = 0
        if stop:
            with self.store.transaction() as transaction:
                transaction.stop_lane(lane, "HTTP 410")
                dead_lettered = transaction.dead_letter(lane, self.now, "HTTP 410")
            self.stopped.add(lane)
        else:
            while step := self.store.dead_letter(
                DeadLetterOrder(lane, "HTTP 410", before), self.now, limit=2
            ):
                dead_lettered += step
        found = [
            r
            for r in self.rows
            if r.lane == lane and r.delivery.state is PENDING and r.delivery.next_at < before
        ]
        assert dead_lettered == len(found)
        for row in found:
            row.delivery = replace(row.delivery, state=DEAD, next_at=self.now, last_error="HTTP 410")

    @rule(session_id=sessions)
    def resume(self, session_id: str) -> None:
        with self.store.transaction() as transaction:
            transaction.resume_lanes(session_id)
        self.stopped = {lane for lane in self.stopped if lane.session_id != session_id}

    @rule(session_id=sessions, endpoint=st.sampled_from(["", *ENDPOINTS]), limit=st.integers(1, 3))
    def replay(self, session_id: str, endpoint: str, limit: int) -> None:
        self.now += 1
        found = [r for r in self.rows if r.lane.session_id == session_id and r.delivery.state is DEAD]
        found = sorted(found, key=lambda row: row.delivery.number)[:limit]
        assert self.store.replay(DeadLetterFilter(session_id), self.now, endpoint, limit) == len(found)
        newest = max((tip.newest for tip in self.store.lanes()), default=0)
        for row, number in zip(reversed(found), range(newest, 0, -1), strict=False):
            d = row.delivery
            row.delivery = replace(
                d,
                number=number,
                endpoint=endpoint or d.endpoint,
                spent=d.attempts,
                next_at=self.now,
                state=PENDING,
            )

    @rule(most=st.integers(1, 3))
    def trim(self, most: int) -> None:
        self.now += 1
        trimmed = {one.session_id: one for one in self.store.trim(most, self.now)}
        for session_id in SESSIONS:
            pending = [
                row
                for row in self.rows
                if row.lane.session_id == session_id and row.delivery.state is PENDING
            ]
            assert (session_id in trimmed) == (len(pending) > most)
            if session_id in trimmed:
                assert trimmed[session_id].pending == len(pending)
                self._put_aside(pending, len(pending) - most)

    def _put_aside(self, pending: list[Row], surplus: int) -> None:
        others = [row for row in pending if row.delivery.event.name != "message_received"]
        others.sort(key=lambda row: (row.delivery.event.name != "qr_code", row.delivery.number))
        for row in others[:surplus]:
            if row.delivery.event.name == "qr_code":
                self.rows = [other for other in self.rows if other is not row]
            else:
                row.delivery = replace(row.delivery, state=DEAD, next_at=self.now, last_error=TOO_MUCH)

    @rule(age=st.integers(0, 20))
    def prune(self, age: int) -> None:
        before = self.now - age
        while self.store.prune(before):
            pass
        self.rows = [r for r in self.rows if not self._is_old(r, before)]
        kept = {row.delivery.event.id for row in self.rows}
        for session_id, events in self.events.items():
            self.events[session_id] = [e for e in events if e.at >= before or e.id in kept]

    def _is_old(self, row: Row, before: float) -> bool:
        d = row.delivery
        if d.event.at >= before or d.state is PENDING:
            return False
        return d.state is DONE or d.next_at < before

    @rule(session_id=sessions)
    def forget(self, session_id: str) -> None:
        with self.store.transaction() as transaction:
            transaction.forget(session_id)
        self.events.pop(session_id, None)
        self.sequences.pop(session_id, None)
        self.rows = [row for row in self.rows if row.lane.session_id != session_id]
        self.stopped = {lane for lane in self.stopped if lane.session_id != session_id}

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = type(self).factory(self.folder)

    @invariant()
    def events_agree(self) -> None:
        for session_id in SESSIONS:
            assert self.store.events_after(session_id, 0, 1000) == self.events.get(session_id, [])

    @invariant()
    def lanes_agree(self) -> None:
        newest: dict[Lane, int] = {}
        for row in self.rows:
            if row.delivery.state is PENDING:
                newest[row.lane] = max(newest.get(row.lane, 0), row.delivery.number)
        assert {tip.lane: tip.newest for tip in self.store.lanes()} == newest
        for lane in LANES:
            fresh = sorted(self.of(lane, tried=False), key=lambda d: d.number)
            assert self.store.first_attempt(lane) == (fresh[0] if fresh else None)
            if len(fresh) > 1:
                assert self.store.first_attempt(lane, fresh[0].number) == fresh[1]
            tried = self.of(lane, tried=True)
            retry = self.store.retry(lane)
            assert (retry.next_at if retry else None) == min((d.next_at for d in tried), default=None)
            assert retry is None or retry in tried

    @invariant()
    def dead_letters_and_counts_agree(self) -> None:
        for session_id in SESSIONS:
            mine = [row.delivery for row in self.rows if row.lane.session_id == session_id]
            dead = sorted((d for d in mine if d.state is DEAD), key=lambda d: d.number)
            assert self.store.dead_letters(DeadLetterFilter(session_id), limit=1000) == dead
            pending = sum(d.state is PENDING for d in mine)
            assert self.store.webhook_counts(session_id) == WebhookCounts(pending, len(dead))


@pytest.mark.parametrize("name", FACTORIES)
@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_store_behaves_as_the_model(name: str):
    machine = type("Machine", (StoreMachine,), {"factory": staticmethod(FACTORIES[name])})
    limits = settings(
        max_examples=20,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=limits)
