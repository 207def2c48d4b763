"""What every store promises about what explanations are made of."""

from __future__ import annotations

from dataclasses import replace

from tests.store.drafts import LANE, draft, record
from wppmt.store.operator_records import Attempt
from wppmt.store.outbox_records import DeliveryState
from wppmt.store.port import Store
from wppmt.store.records import JournalEntry, SendState
from wppmt.store.sqlite.stories import WINDOW

ENTRY = JournalEntry("a", "m1", "5511@c.us", "text", {}, accepted_at=10.0)


def failed(event_id: str, at: float, error: str = "HTTP 500", session_id: str = "a") -> Attempt:
    return Attempt(event_id, session_id, at, 500, 1, None, error)


def test_events_by_their_names_the_newest_in_order(store: Store):
    made = [
        record(store, draft_=draft(name, at))
        for name, at in (("error", 1.0), ("message_ack", 2.0), ("error", 3.0), ("qr_code", 4.0))
    ]
    record(store, "b", draft("error", 5.0))
    names = ("error", "qr_code")
    assert store.events_named("a", names, 0.0, 10) == [made[0], made[2], made[3]]
    assert store.events_named("a", names, 3.0, 10) == [made[2], made[3]]
    assert store.events_named("a", names, 0.0, 1) == [made[3]]
    with store.transaction() as transaction:
        transaction.forget("a")
    assert store.events_named("a", names, 0.0, 10) == []


def test_events_in_which_a_text_stands(store: Store):
    with store.transaction() as transaction:
        made = [
            transaction.record(
                "a", replace(draft(), payload={"messageId": f"m{number % 1500}x", "text": "olá"})
            )
            for number in range(2 * WINDOW + 600)
        ]
        transaction.record("b", replace(draft(), payload={"messageId": "m7x"}))
    assert list(store.events_with("a", ["m7x"])) == [made[7], made[1507]]
    assert list(store.events_with("a", ["m7x", "m8x", "nada"])) == [made[n] for n in (7, 8, 1507, 1508)]
    assert list(store.events_with("a", ["m599x"])) == [made[599], made[2099]]
    assert len(list(store.events_with("a", ["olá"]))) == len(made)
    assert list(store.events_with("a", ["m7%"])) == []
    assert list(store.events_with("c", ["m7x"])) == []
    with store.transaction() as transaction:
        transaction.forget("a")
    assert list(store.events_with("a", ["m7x"])) == []


def test_messages_that_failed(store: Store):
    with store.transaction() as transaction:
        for number, state in enumerate(SendState):
            transaction.journal(replace(ENTRY, id=f"m{number}", state=state, accepted_at=10.0 + number))
        transaction.journal(replace(ENTRY, session_id="b", state=SendState.FAILED))
    found = store.failed("a", 0.0, 10)
    assert [entry.state for entry in found] == [SendState.FAILED, SendState.UNKNOWN]
    assert store.failed("a", found[1].accepted_at, 10) == [found[1]]
    assert store.failed("a", 0.0, 1) == [found[1]]


def test_events_whose_delivery_failed_with_all_that_was_tried(store: Store):
    one, two, three = (record(store) for _ in range(3))
    other = record(store, "b")
    store.settle(
        [],
        [
            failed(one.id, 1.0), failed(two.id, 2.0), failed(one.id, 3.0, ""), failed(three.id, 4.0, ""), failed(two.id, 5.0),
            failed(other.id, 6.0, session_id="b"),
        ],
    )  # fmt: skip
    assert store.troubled("a", 0.0, 10) == [two.id, one.id]
    assert store.troubled("a", 1.5, 10) == [two.id]
    assert store.troubled("a", 0.0, 1) == [two.id]
    tried = store.attempts_of("a", [one.id, two.id, other.id])
    assert [(attempt.event_id, attempt.at) for attempt in tried] == [
        (one.id, 1.0), (two.id, 2.0), (one.id, 3.0), (two.id, 5.0),
    ]  # fmt: skip


def test_what_became_of_deliveries(store: Store):
    first, none, last = record(store), record(store, draft_=draft(endpoint=None)), record(store)
    delivery = store.first_attempt(LANE)
    assert delivery is not None
    store.settle([replace(delivery, attempts=1, state=DeliveryState.DEAD)])
    found = store.delivery_states("a", [first.id, none.id, last.id, "evt_unknown"])
    assert found == {first.id: DeliveryState.DEAD, last.id: DeliveryState.PENDING}
    assert store.delivery_states("b", [first.id]) == {}
