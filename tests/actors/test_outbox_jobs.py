"""What waits behind a long job is done in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.runtime.effects import Log
from actors.webhooks.exhaustion import Exhaustion
from actors.webhooks.outbox_jobs import STEP, DeadLetterJob, OutboxJobs
from wppmt.store.outbox_records import DeadLetterOrder, Lane, WebhookCounts
from wppmt.store.records import EventDraft
from wppmt.store.sqlite.store import SqliteStore

MINE, LONG = Lane("http://one.test/", "a"), Lane("http://two.test/", "b")
STOPPED, HELD = "O destino respondeu 410 e foi desativado", "Sem conexão com o destino"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "wppmt.sqlite")
    record(made, LONG, 2 * STEP)
    yield made
    made.close()


def record(store: SqliteStore, lane: Lane, times: int) -> int:
    """The number of the last delivery."""
    first = store.last_sequence(lane.session_id)
    with store.transaction() as transaction:
        for number in range(first, first + times):
            draft = EventDraft(
                f"evt_{lane.session_id}{number}", "message_received", float(first), {}, lane.endpoint
            )
            transaction.record(lane.session_id, draft)
    return store.lanes()[-1].newest


def stop(up_to: int) -> DeadLetterJob:
    return DeadLetterJob(DeadLetterOrder(MINE, STOPPED, up_to=up_to), "webhook_stopped")


def hold(due_before: float) -> DeadLetterJob:
    return DeadLetterJob(DeadLetterOrder(MINE, HELD, due_before), "webhook_abandoned")


def do(store: SqliteStore, *jobs_behind: DeadLetterJob) -> list[Log]:
    """All of them come while a long one is under way; what is told of the lane."""
    jobs = OutboxJobs(store, Exhaustion())
    for job in (DeadLetterJob(DeadLetterOrder(LONG, STOPPED), "webhook_stopped"), *jobs_behind):
        jobs.add(job, 1.0)
    told = []
    while effects := jobs.go_on(1.0):
        told += [effect for effect in effects if isinstance(effect, Log) and effect.session_id == "a"]
    return told


def test_a_second_stop_goes_as_far_as_both(store: SqliteStore):
    first, second = record(store, MINE, 2), record(store, MINE, 3)
    record(store, MINE, 1)
    [log] = do(store, stop(first), stop(second), stop(first))
    assert log.details == {"endpoint": "http://one.test", "deadLetters": 5}
    assert store.webhook_counts("a") == WebhookCounts(pending=1, dead=5)


def test_an_ended_hold_and_a_stop_are_two_dead_letter_jobs(store: SqliteStore):
    record(store, MINE, 2)
    newest = record(store, MINE, 1)
    logs = do(store, hold(due_before=0.5), stop(up_to=newest))
    assert [log.event for log in logs] == ["webhook_abandoned", "webhook_stopped"]
    assert store.webhook_counts("a") == WebhookCounts(dead=3)
