"""What every store promises, whatever it is made of."""

from __future__ import annotations

import json
import threading
from dataclasses import fields, replace
from typing import Any

import pytest

from tests.store.drafts import ENDPOINT, LANE, draft, record
from wppmt.domain.account_limits import AccountLimits, Source
from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.hibernation import HibernationPlan
from wppmt.domain.process import Process
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.outbox_records import (
    Backlog,
    DeadLetterFilter,
    DeadLetterOrder,
    DeliveryState,
    Lane,
    LaneTip,
    SigningSecrets,
    Trimmed,
    WebhookCounts,
)
from wppmt.store.port import Store
from wppmt.store.records import Desired, JournalEntry, LinkEnd, PairingLink, SendState, SessionRecord


class Trouble(Exception):
    pass


FULL_RECORD = SessionRecord(
    id="cliente-001",
    created_at=1.5,
    desired=Desired.STOPPED,
    state=State.PHONE_DISCONNECTED,
    reason=Reason.PHONE_OFFLINE,
    since=2.5,
    description="Loja São João",
    webhook_url="https://x.test/y",
    webhook_events=("error",),
    max_messages_per_day=7,
    ignore=("groups",),
    has_login=True,
    pairing_phone="5511",
    phone="5511999999999",
    last_phone="5511999999999",
    pushname="Zé \U0001f600",
    platform="android",
    connected_at=3.25,
    last_activity=4.0,
    messages_sent=5,
    messages_received=6,
    restarts=8,
    failures=9,
    generation=10,
    process=Process(1, 2, "page", "session"),
    page="p",
    page_event=11,
    heard_until=12.5,
    inbound_missed=3,
    missed_in_a_row=2,
    retaken_at=13.5,
    limits=AccountLimits(14.5, "DEFAULT", Source.WHATSAPP, 15.5, Source.GATEWAY, "CAPPED", 50, 50, 16.5),
    contact_policy=ContactPolicy(
        20, warm_up=True, gap_min=1.5, gap_max=2.5, quiet_from="22:00", quiet_to="07:00"
    ),
    linked_at=17.5,
    next_first=18.5,
    first_handed_at=19.5,
    proxy="http://u:p@proxy.test:3128",
    engine="headless-shell",
    login_saved=False,
    missing="MsgStore, sendFileMessage",
    hibernate=HibernationPlan(30.5, "08:00", "20:00", 4.5),
    asleep_since=20.5,
    wake_at=21.5,
    long_awake_at=22.5,
)


# Registry


def test_a_record_comes_back_as_it_was_saved(store: Store):
    assert store.session(FULL_RECORD.id) is None
    with store.transaction() as transaction:
        transaction.save(FULL_RECORD)
    assert store.session(FULL_RECORD.id) == FULL_RECORD
    plain = SessionRecord("b", 1.0)
    with store.transaction() as transaction:
        transaction.save(plain)
    assert store.session("b") == plain
    assert store.sessions() == [plain, FULL_RECORD]


def test_every_field_of_a_record_is_tried_above():
    untold = {field.name for field in fields(SessionRecord) if field.name != "quick_retry"}
    plain = SessionRecord("b", 1.0)
    assert {name for name in untold if getattr(FULL_RECORD, name) == getattr(plain, name)} == set()


def test_words_of_a_list_come_back_as_such(store: Store):
    """A StrEnum equals its text, which cannot do what the member can."""
    with store.transaction() as transaction:
        transaction.save(FULL_RECORD)
    kept = store.session(FULL_RECORD.id)
    assert kept
    found = (kept.state, kept.reason, kept.desired, kept.limits.reachout_source, kept.limits.quota_source)
    assert [type(word) for word in found] == [State, Reason, Desired, Source, Source]


def test_saving_again_replaces(store: Store):
    for desired in (Desired.RUNNING, Desired.STOPPED):
        with store.transaction() as transaction:
            transaction.save(SessionRecord("a", 1.0, desired=desired))
            transaction.save(SessionRecord("b", 1.0))
    assert len(store.sessions()) == 2


# Transactions


def test_what_fails_halfway_did_not_happen(store: Store):
    record(store)
    with pytest.raises(Trouble), store.transaction() as transaction:
        transaction.save(FULL_RECORD)
        transaction.record("a", draft())
        transaction.remember_received("a", "m1", 1.0)
        transaction.save_secrets("a", SigningSecrets("whsec_x"))
        raise Trouble
    assert store.sessions() == []
    assert store.secrets("a") is None
    assert [event.sequence for event in store.events_after("a", 0, 10)] == [1]
    assert store.webhook_counts() == WebhookCounts(pending=1)
    assert record(store).sequence == 2  # no hole where the failed one would have been


def test_readers_see_nothing_before_the_commit(store: Store):
    with store.transaction() as transaction:
        transaction.record("a", draft())
        assert store.events_after("a", 0, 10) == []
        assert store.lanes() == []
    assert len(store.events_after("a", 0, 10)) == 1


def test_transactions_do_not_nest(store: Store):
    with store.transaction() as transaction:
        transaction.save(FULL_RECORD)
        with pytest.raises(RuntimeError), store.transaction():
            pass
    assert store.sessions() == [FULL_RECORD]


def test_threads_share_a_store(store: Store):
    def work(session_id: str) -> None:
        for _ in range(25):
            record(store, session_id)
            store.events_after(session_id, 0, 100)

    threads = [threading.Thread(target=work, args=(f"s{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert [e.sequence for e in store.events_after(f"s{number}", 0, 100)] == list(range(1, 26))


# Events


def test_an_event_is_its_envelope(store: Store):
    made = draft(at=1_770_738_900.9)
    event = record(store, "cliente-001", made)
    assert store.events_after("cliente-001", 0, 10) == [event]
    assert list(json.loads(event.body).items()) == [
        ("event", "message_received"),
        ("sessionId", "cliente-001"),
        ("timestamp", "2026-02-10T15:55:00Z"),
        ("message", {"body": "olá"}),
        ("id", made.id),
        ("sequence", 1),
        ("schemaVersion", 1),
    ]


def test_sequences_are_per_session_and_pages_follow_them(store: Store):
    for _ in range(3):
        record(store, "a")
        record(store, "b", draft(endpoint=None))
    assert [e.sequence for e in store.events_after("a", 1, 1)] == [2]
    assert [e.sequence for e in store.events_after("b", 1, 9)] == [2, 3]
    assert store.events_after("a", 3, 9) == []
    assert [store.last_sequence(session_id) for session_id in ("a", "b", "c")] == [3, 3, 0]


def test_an_event_without_endpoint_is_only_logged(store: Store):
    record(store, "a", draft(endpoint=None))
    assert store.webhook_counts() == WebhookCounts()
    assert store.lanes() == []


def test_a_backlog_tells_since_when_the_first_of_the_pending_waits(store: Store):
    assert store.webhook_backlogs() == []
    for at in (100.0, 101.0):
        record(store, "a", draft(at=at))
    record(store, "b", draft(at=90.0, endpoint=None))
    assert store.webhook_backlogs() == [Backlog("a", 2, 0, 100.0), Backlog("b", 0, 0, None)]
    first = store.first_attempt(LANE)
    assert first
    store.settle([replace(first, attempts=1, next_at=105.0)])
    assert store.webhook_backlogs()[0] == Backlog("a", 2, 0, 100.0), "it waits for another attempt"
    store.settle([replace(first, attempts=2, next_at=105.0, state=DeliveryState.DEAD)])
    assert store.webhook_backlogs()[0] == Backlog("a", 1, 1, 101.0)


def test_a_newer_qr_code_supersedes_undelivered_ones_of_its_session_only(store: Store):
    record(store, "a", draft("qr_code"))
    failed = store.first_attempt(LANE)
    assert failed
    store.settle([replace(failed, attempts=1, next_at=105.0)])
    record(store, "a", draft("message_received"))
    record(store, "b", draft("qr_code"))
    newest = record(store, "a", draft("qr_code"))
    assert [e.name for e in store.events_after("a", 0, 9)] == ["qr_code", "message_received", "qr_code"]
    assert store.webhook_counts("a") == WebhookCounts(pending=2)
    assert store.webhook_counts("b") == WebhookCounts(pending=1)
    assert store.retry(LANE) is None
    store.settle([replace(failed, attempts=2, next_at=135.0)])  # it was in flight meanwhile
    assert store.webhook_counts("a") == WebhookCounts(pending=2)
    message = store.first_attempt(LANE)
    assert message
    last = store.first_attempt(LANE, message.number)
    assert last
    assert last.event == newest


def test_a_newer_qr_code_supersedes_dead_ones_too(store: Store):
    for name in ("qr_code", "message_received"):
        record(store, "a", draft(name))
        die(store)
    record(store, "a", draft("qr_code"))
    assert store.webhook_counts() == WebhookCounts(pending=1, dead=1)
    assert [letter.event.name for letter in store.dead_letters(DeadLetterFilter("a"))] == ["message_received"]


# Outbox


def test_lanes_are_found_from_the_start_and_behind_a_cursor(store: Store):
    other = "http://other.test/"
    record(store, "a")
    record(store, "b")
    assert {tip.lane for tip in store.lanes()} == {LANE, Lane(ENDPOINT, "b")}
    cursor = max(tip.newest for tip in store.lanes())
    assert store.lanes(cursor) == []
    record(store, "a", draft(endpoint=other))
    [tip] = store.lanes(cursor)
    assert tip == LaneTip(Lane(other, "a"), tip.newest)
    assert tip.newest > cursor


def test_first_attempts_come_in_order_and_leave_once_tried(store: Store):
    events = [record(store) for _ in range(3)]
    first = store.first_attempt(LANE)
    assert first
    assert (first.event, first.attempts, first.state) == (events[0], 0, DeliveryState.PENDING)
    second = store.first_attempt(LANE, first.number)
    assert second
    assert second.event == events[1]
    store.settle([replace(first, attempts=1, next_at=105.0, last_status=500, last_error="HTTP 500")])
    assert store.first_attempt(LANE) == second
    assert store.retry(LANE) == replace(
        first, attempts=1, next_at=105.0, last_status=500, last_error="HTTP 500"
    )
    assert store.retry(Lane(ENDPOINT, "b")) is None


def test_retries_come_by_their_time(store: Store):
    for delay in (30.0, 5.0, 300.0):
        record(store)
        delivery = store.first_attempt(LANE)
        assert delivery
        store.settle([replace(delivery, attempts=1, next_at=delay)])
    due = []
    while delivery := store.retry(LANE):
        due.append(delivery.next_at)
        store.settle([replace(delivery, attempts=2, state=DeliveryState.DONE)])
    assert due == [5.0, 30.0, 300.0]


def die(store: Store, lane: Lane = LANE, at: float = 500.0) -> None:
    """The lane's next delivery is given up on."""
    delivery = store.first_attempt(lane)
    assert delivery
    store.settle([replace(delivery, attempts=4, state=DeliveryState.DEAD, next_at=at)])


def test_counts_follow_the_states(store: Store):
    for _ in range(3):
        record(store)
    record(store, "b")
    assert store.webhook_counts() == WebhookCounts(pending=4)
    die(store)
    delivery = store.first_attempt(LANE)
    assert delivery
    store.settle([replace(delivery, attempts=1, state=DeliveryState.DONE)])
    assert store.webhook_counts("a") == WebhookCounts(pending=1, dead=1)
    assert store.webhook_counts() == WebhookCounts(pending=2, dead=1)
    with store.transaction() as transaction:
        transaction.forget("a")
    assert store.webhook_counts() == WebhookCounts(pending=1)


def test_how_long_a_session_s_oldest_event_waits_for_its_webhook(store: Store):
    assert store.waiting_since() == {}
    for at in (100.0, 150.0):
        record(store, "a", draft(at=at))
    record(store, "a", draft(at=90.0, endpoint=None))
    record(store, "b", draft(at=120.0))
    first = store.first_attempt(LANE)
    assert first
    store.settle([replace(first, attempts=1, next_at=900.0)])
    assert store.waiting_since() == {"a": 100.0, "b": 120.0}
    store.settle([replace(first, state=DeliveryState.DONE)])
    assert store.waiting_since() == {"a": 150.0, "b": 120.0}
    die(store)
    assert store.waiting_since() == {"b": 120.0}


def test_the_retry_due_first_comes_first_except_under_way_or_too_far(store: Store):
    after = 0
    for next_at in (20.0, 10.0, 9_000.0):
        record(store)
        delivery = store.first_attempt(LANE, after)
        assert delivery
        after = delivery.number
        store.settle([replace(delivery, attempts=1, next_at=next_at)])

    def due(*besides: int, horizon: float = 9_999.0) -> float | None:
        found = store.retry(LANE, besides, horizon=horizon)
        return found.next_at if found else None

    assert due() == 10.0
    assert due(after - 1) == 20.0
    assert due(after - 1, after - 2, after) is None
    assert due(horizon=330.0) == 9_000.0
    assert due(after, horizon=330.0) == 10.0


def test_dead_lettering_takes_a_lane_s_pending_ones_of_an_age(store: Store):
    record(store, "a", draft(at=100.0))
    record(store, "a", draft(at=200.0))
    record(store, "b", draft(at=100.0))
    assert store.dead_letter(DeadLetterOrder(LANE, "webhook removido", due_before=150.0), 300.0, 9) == 1
    [dead] = store.dead_letters(DeadLetterFilter("a"))
    assert (dead.event.at, dead.next_at, dead.last_error) == (100.0, 300.0, "webhook removido")
    with store.transaction() as transaction:
        assert transaction.dead_letter(LANE, 300.0, "webhook removido") == 1
    assert store.webhook_counts("a") == WebhookCounts(dead=2)
    assert store.webhook_counts("b") == WebhookCounts(pending=1)


def test_a_dead_letter_stays_dead_unless_it_turns_out_delivered(store: Store):
    record(store)
    record(store)
    first = store.first_attempt(LANE)
    assert first
    second = store.first_attempt(LANE, first.number)
    assert second
    with store.transaction() as transaction:
        transaction.dead_letter(LANE, 300.0, "x")
    store.settle([replace(first, attempts=1, next_at=305.0), replace(second, state=DeliveryState.DONE)])
    assert store.webhook_counts() == WebhookCounts(dead=1)
    assert [d.number for d in store.dead_letters(DeadLetterFilter("a"))] == [first.number]


def test_a_stopped_lane_s_events_are_dead_letters_until_resumed(store: Store):
    record(store)
    record(store, "b")
    with store.transaction() as transaction:
        transaction.stop_lane(LANE, "HTTP 410")
    assert store.dead_letter(DeadLetterOrder(LANE, "HTTP 410"), 300.0, 9) == 1
    record(store)
    assert store.webhook_counts("a") == WebhookCounts(dead=2)
    assert {d.last_error for d in store.dead_letters(DeadLetterFilter("a"))} == {"HTTP 410"}
    record(store, "b")
    assert store.webhook_counts("b") == WebhookCounts(pending=2)
    with store.transaction() as transaction:
        transaction.resume_lanes("a")
        transaction.record("a", draft())
    assert store.webhook_counts("a") == WebhookCounts(pending=1, dead=2)


# Dead letters


def test_dead_letters_are_listed_by_any_condition(store: Store):
    other = Lane("http://other.test/", "a")
    messages = [record(store, "a", draft(at=at)) for at in (100.0, 200.0)]
    error = record(store, "a", draft("error", at=300.0, endpoint=other.endpoint))
    record(store, "b")
    for lane in (LANE, LANE, other, Lane(ENDPOINT, "b")):
        die(store, lane)

    def ids(**conditions: Any) -> list[str]:
        which = DeadLetterFilter("a", **conditions)
        assert store.count_dead_letters(which) == len(store.dead_letters(which))
        return [d.event.id for d in store.dead_letters(which)]

    everything = [messages[0].id, messages[1].id, error.id]
    assert ids() == everything
    assert ids(event_ids=(error.id, messages[0].id, "evt_unknown")) == [messages[0].id, error.id]
    assert ids(name="error") == [error.id]
    assert ids(endpoint=ENDPOINT) == everything[:2]
    assert ids(since=200.0, until=300.0) == [messages[1].id]
    page = store.dead_letters(DeadLetterFilter("a"), limit=2)
    rest = store.dead_letters(DeadLetterFilter("a"), after=page[-1].number)
    assert [d.event.id for d in (*page, *rest)] == everything


def test_a_replay_keeps_ids_bodies_and_order_and_counts_attempts_on(store: Store):
    events = [record(store) for _ in range(3)]
    for _ in events:
        die(store)
    newer = record(store)
    assert store.replay(DeadLetterFilter("a"), 900.0, limit=2) == 2
    assert store.replay(DeadLetterFilter("a"), 901.0) == 1
    assert store.replay(DeadLetterFilter("a"), 902.0) == 0
    assert store.webhook_counts() == WebhookCounts(pending=4)
    seen, cursor = [], 0
    while delivery := store.first_attempt(LANE, cursor):
        seen.append(delivery.event)
        cursor = delivery.number
        if delivery.event != newer:
            assert (delivery.attempts, delivery.spent) == (4, 4)
    assert seen == [newer, *events]  # behind what was waiting already


def test_a_replay_can_go_elsewhere_and_be_limited_to_the_never_replayed(store: Store):
    record(store)
    die(store)
    new = Lane("http://new.test/", "a")
    assert store.replay(DeadLetterFilter("a", never_replayed=True), 900.0, new.endpoint) == 1
    [tip] = store.lanes()
    assert tip.lane == new
    delivery = store.first_attempt(new)
    assert delivery
    store.settle([replace(delivery, attempts=8, state=DeliveryState.DEAD)])
    assert store.replay(DeadLetterFilter("a", never_replayed=True), 901.0) == 0
    assert store.replay(DeadLetterFilter("a"), 901.0) == 1


# Journal, received messages, secrets


def entry(number: int, **changes: object) -> JournalEntry:
    made = JournalEntry("a", f"3EB0{number}", "5511", "text", {"text": "oi", "n": [1]}, accepted_at=number)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_new_contacts_are_counted_by_their_messages(store: Store):
    """By the hand-over, which may be a day after the acceptance; what failed was not sent, what waits will be."""
    rows = {
        "handed today": entry(1, contact="ana", state=SendState.SENT, accepted_at=50.0, handed_at=150.0),
        "again": entry(2, contact="ana", state=SendState.HANDED, accepted_at=151.0, handed_at=152.0),
        "failed": entry(3, contact="bea", state=SendState.FAILED, accepted_at=150.0, handed_at=150.0),
        "yesterday": entry(4, contact="cid", state=SendState.SENT, accepted_at=50.0, handed_at=99.0),
        "waits since yesterday": entry(5, contact="dea", state=SendState.ACCEPTED, accepted_at=50.0),
        "who knows": entry(6, contact="eva", state=SendState.UNKNOWN, accepted_at=100.0, handed_at=100.0),
        "no new contact": entry(7, state=SendState.SENT, accepted_at=150.0, handed_at=150.0),
    }
    with store.transaction() as transaction:
        for row in rows.values():
            transaction.journal(row)
        transaction.journal(replace(rows["handed today"], session_id="another", contact="zoe"))
    assert store.contacts_since("a", 100.0) == {"ana", "dea", "eva"}


def test_the_journal_gives_back_what_is_unfinished_oldest_first(store: Store):
    with store.transaction() as transaction:
        for state, number in zip(SendState, (5, 4, 3, 2, 1), strict=True):
            transaction.journal(entry(number, state=state))
        transaction.journal(replace(entry(9), session_id="b"))
    assert [e.id for e in store.unfinished("a")] == ["3EB04", "3EB05"]
    done = entry(4, state=SendState.SENT, ack=1, handed_at=4.5, acked_at=5.5, to="5511@c.us")
    with store.transaction() as transaction:
        transaction.journal(done)
    assert store.message("a", "3EB04") == done
    assert [e.id for e in store.unfinished("a")] == ["3EB05"]
    assert store.message("b", "3EB04") is None


def test_a_message_is_received_once_per_session(store: Store):
    with store.transaction() as transaction:
        assert transaction.remember_received("a", "m1", 1.0)
        assert not transaction.remember_received("a", "m1", 2.0)
        assert transaction.remember_received("b", "m1", 2.0)
    with store.transaction() as transaction:
        assert not transaction.remember_received("a", "m1", 3.0)


def test_a_caller_s_reference_is_kept_with_the_message(store: Store):
    with store.transaction() as transaction:
        transaction.journal(entry(1, reference="pedido 4711 \U0001f600"))
        transaction.journal(entry(2))
    assert [e.reference for e in store.unfinished("a")] == ["pedido 4711 \U0001f600", ""]
    settled = entry(1, reference="pedido 4711 \U0001f600", payload={}, state=SendState.SENT, ack=1)
    with store.transaction() as transaction:
        transaction.journal(settled)
    assert store.message("a", "3EB01") == settled


def test_a_chat_has_one_key_for_ever_whatever_whatsapp_calls_it(store: Store):
    with store.transaction() as tx:
        assert tx.chat_key("a", ["5511@c.us"]) == "5511@c.us"
        assert tx.chat_key("a", ["77@lid"]) == "77@lid"
    with store.transaction() as tx:
        assert tx.chat_key("a", ["88@lid", "5511@c.us"]) == "5511@c.us"
        assert tx.chat_key("a", ["88@lid"]) == "5511@c.us"
        assert tx.chat_key("b", ["88@lid"]) == "88@lid"
        tx.forget("a")
        assert tx.chat_key("a", ["88@lid"]) == "88@lid"


def test_wanted_media_comes_oldest_first_until_it_is_settled(store: Store):
    with store.transaction() as transaction:
        for message_id in ("m2", "m1", "m3", "m1"):
            transaction.want_media("a", message_id, 1.0)
        transaction.want_media("b", "m1", 1.0)
    assert store.wanted_media("a") == ["m2", "m1", "m3"]
    with store.transaction() as transaction:
        transaction.settle_media("a", "m1")
        transaction.settle_media("a", "never")
    assert (store.wanted_media("a"), store.wanted_media("b")) == (["m2", "m3"], ["m1"])


def test_secrets_are_kept_per_session(store: Store):
    rotated = SigningSecrets("whsec_new", (("whsec_old", 86_400.5), ("whsec_older", 7.0)))
    with store.transaction() as transaction:
        transaction.save_secrets("a", SigningSecrets("whsec_old"))
        transaction.save_secrets("a", rotated)
    assert store.secrets("a") == rotated
    assert store.secrets("b") is None


# Forgetting and pruning


def test_a_forgotten_session_leaves_nothing_and_starts_from_one(store: Store):
    for session_id in ("a", "b"):
        with store.transaction() as transaction:
            transaction.save(SessionRecord(session_id, 1.0))
            transaction.record(session_id, draft())
            transaction.journal(replace(entry(1), session_id=session_id))
            transaction.save_secrets(session_id, SigningSecrets("whsec_x"))
            transaction.remember_received(session_id, "m", 1.0)
            transaction.want_media(session_id, "m", 1.0)
            transaction.stop_lane(Lane("http://gone.test/", session_id), "x")
    with store.transaction() as transaction:
        transaction.forget("a")
    assert [s.id for s in store.sessions()] == ["b"]
    assert (store.events_after("a", 0, 9), store.unfinished("a"), store.secrets("a")) == ([], [], None)
    assert (store.wanted_media("a"), store.wanted_media("b")) == ([], ["m"])
    assert (store.last_sequence("a"), store.last_sequence("b")) == (0, 1)
    assert store.webhook_counts("a") == WebhookCounts()
    assert len(store.events_after("b", 0, 9)) == len(store.unfinished("b")) == 1
    with store.transaction() as transaction:
        assert transaction.remember_received("a", "m", 1.0)
        assert transaction.record("a", draft(endpoint="http://gone.test/")).sequence == 1
    assert store.webhook_counts("a") == WebhookCounts(pending=1)


def test_a_long_history_is_unreadable_at_once_and_deleted_in_steps(store: Store):
    with store.transaction() as transaction:
        transaction.save(SessionRecord("a", 1.0))
        for number in range(1200):
            transaction.record("a", draft(endpoint=None))
            transaction.remember_received("a", f"m{number}", 1.0)
        transaction.record("b", draft())
    with store.transaction() as transaction:
        transaction.forget("a")
    assert store.events_after("a", 0, 9) == []
    steps = []
    while step := store.prune(0.0):
        steps.append(step)
    assert sum(steps) == 2 * (1200 - 500)
    assert max(steps) <= 1000
    assert len(store.events_after("b", 0, 9)) == 1


def test_a_session_may_begin_anew_before_the_forgotten_one_is_deleted(store: Store):
    with store.transaction() as transaction:
        for number in range(1200):
            transaction.record("a", draft(endpoint=None))
            transaction.remember_received("a", f"m{number}", 1.0)
        transaction.forget("a")
    new = record(store)
    assert new.sequence == 1
    with store.transaction() as transaction:
        assert transaction.remember_received("a", "m1199", 1.0)
    assert prune_all(store, 0.0) == 0
    assert store.events_after("a", 0, 9) == [new]


# Too much waiting


def test_of_too_many_pending_codes_go_first_and_messages_never(store: Store):
    names = ["message_received", "error", "message_ack", "qr_code", "message_received"]
    events = [record(store, "a", draft(name)) for name in names]
    record(store, "b", draft("error"))
    assert store.trim(5, 200.0) == []
    assert store.trim(4, 200.0) == [Trimmed("a", pending=5, dropped=1, dead_lettered=0)]
    assert store.trim(3, 200.0) == [Trimmed("a", pending=4, dropped=0, dead_lettered=1)]
    [dead] = store.dead_letters(DeadLetterFilter("a"))
    assert (dead.event, dead.next_at) == (events[1], 200.0)
    assert store.trim(1, 200.0) == [Trimmed("a", pending=3, dropped=0, dead_lettered=1)]
    assert store.trim(1, 200.0) == [Trimmed("a", pending=2, dropped=0, dead_lettered=0)]
    assert store.webhook_counts() == WebhookCounts(pending=3, dead=2)
    assert len(store.events_after("a", 0, 9)) == 5


def prune_all(store: Store, before: float) -> int:
    total = 0
    while step := store.prune(before):
        total += step
    return total


def test_pruning_keeps_what_is_pending_and_never_reuses_a_sequence(store: Store):
    record(store)
    delivery = store.first_attempt(LANE)
    assert delivery
    store.settle([replace(delivery, state=DeliveryState.DONE, next_at=101.0)])
    record(store, "a", draft(endpoint=None))
    waiting = record(store)
    newer = record(store, "a", draft(at=1000.0))
    prune_all(store, 500.0)
    assert store.events_after("a", 0, 9) == [waiting, newer]
    assert store.webhook_counts() == WebhookCounts(pending=2)
    assert record(store).sequence == 5


def test_a_dead_letter_is_kept_as_long_from_its_death_as_an_event(store: Store):
    record(store, "a", draft(at=100.0))
    die(store, at=436.0)
    assert prune_all(store, 436.0) == 0
    assert prune_all(store, 437.0) == 2
    assert store.webhook_counts() == WebhookCounts()


def test_pruning_drops_old_received_ids_and_finished_entries(store: Store):
    with store.transaction() as transaction:
        transaction.remember_received("a", "old", 1.0)
        transaction.remember_received("a", "new", 9.0)
        transaction.want_media("a", "old", 1.0)
        transaction.want_media("a", "new", 9.0)
        transaction.journal(entry(1, state=SendState.SENT))
        transaction.journal(entry(2, state=SendState.HANDED))
        transaction.journal(entry(9, state=SendState.FAILED))
    assert prune_all(store, 5.0) == 3
    assert store.wanted_media("a") == ["new"]
    with store.transaction() as transaction:
        assert transaction.remember_received("a", "old", 9.0)
        assert not transaction.remember_received("a", "new", 9.0)
    assert [store.message("a", f"3EB0{n}") is not None for n in (1, 2, 9)] == [False, True, True]


def test_pruning_goes_in_small_steps(store: Store):
    with store.transaction() as transaction:
        for _ in range(1200):
            transaction.record("a", draft(endpoint=None))
    steps = []
    while step := store.prune(500.0):
        steps.append(step)
    assert sum(steps) == 1200
    assert max(steps) <= 500


# Pairing links

LINK = PairingLink("d1", "a", 500.0, expected_phone="5511999990001", return_url="https://x.test/")


def test_a_link_is_found_by_its_digest_and_by_its_session_until_it_is_ended(store: Store):
    with store.transaction() as transaction:
        transaction.save_link(LINK)
    assert (store.link("d1"), store.living_link("a")) == (LINK, LINK)
    assert (store.link("d2"), store.living_link("b")) == (None, None)
    ended = replace(LINK, opened_at=2.0, end=LinkEnd.USED, ended_at=3.0)
    with store.transaction() as transaction:
        transaction.save_link(ended)
    assert (store.link("d1"), store.living_link("a")) == (ended, None)


def test_a_dead_link_is_known_for_as_long_as_an_event(store: Store):
    with store.transaction() as transaction:
        transaction.save_link(LINK)
        transaction.save_link(replace(LINK, digest="d2", end=LinkEnd.REVOKED, ended_at=10.0))
    while store.prune(10.5):
        pass
    assert (store.link("d1"), store.link("d2")) == (LINK, None)
    while store.prune(501.0):
        pass
    assert store.link("d1") is None


def test_a_purged_session_has_no_link(store: Store):
    with store.transaction() as transaction:
        transaction.save_link(LINK)
    with store.transaction() as transaction:
        transaction.forget("a")
    assert store.link("d1") is None


def test_the_journal_has_a_time_of_its_own(store: Store):
    record(store, draft_=draft(at=100.0, endpoint=None))
    entry = JournalEntry("a", "m1", "x@c.us", "text", {}, state=SendState.SENT, accepted_at=100.0)
    with store.transaction() as transaction:
        transaction.journal(entry)
    while store.prune(101.0, 100.0):
        pass
    assert (store.events_after("a", 0, 10), store.message("a", "m1")) == ([], entry)
    while store.prune(0.0, 101.0):
        pass
    assert store.message("a", "m1") is None
