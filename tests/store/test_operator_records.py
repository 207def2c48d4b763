"""What every store promises about what it keeps for whoever runs the service."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from tests.store.drafts import draft, record
from wppmt.domain.scopes import Scope
from wppmt.store.operator_records import ApiKey, Attempt, AuditEntry
from wppmt.store.port import Store
from wppmt.store.records import SessionRecord

KEY = ApiKey(
    id="key_1",
    digest="d1",
    name="n8n da loja",
    sessions=frozenset({"a", "b"}),
    scopes=frozenset({Scope.READ, Scope.SEND}),
    created_at=1.5,
    expires_at=2.5,
    networks=("10.0.0.0/8", "203.0.113.7/32"),
    last_used_at=2.0,
)
EVERYTHING = ApiKey("key_2", "d2", "tudo", None, frozenset(Scope), 3.0, 4.0)


class TestKeys:
    def test_they_come_back_as_they_were_saved_the_oldest_first(self, store: Store):
        with store.transaction() as transaction:
            transaction.save_api_key(EVERYTHING)
            transaction.save_api_key(KEY)
        assert store.api_keys() == [KEY, EVERYTHING]

    def test_one_that_is_deleted_is_gone(self, store: Store):
        with store.transaction() as transaction:
            transaction.save_api_key(KEY)
            transaction.save_api_key(EVERYTHING)
            transaction.delete_api_key(KEY.id)
        assert store.api_keys() == [EVERYTHING]

    def test_uses_are_noted_of_those_that_there_are(self, store: Store):
        with store.transaction() as transaction:
            transaction.save_api_key(EVERYTHING)
        store.note_key_uses({EVERYTHING.id: 3.5, "key_gone": 3.5})
        assert store.api_keys() == [replace(EVERYTHING, last_used_at=3.5)]

    def test_a_purged_session_leaves_them(self, store: Store):
        with store.transaction() as transaction:
            transaction.save_api_key(KEY)
            transaction.forget("a")
        assert store.api_keys() == [KEY]


def audited(store: Store, *entries: AuditEntry) -> None:
    with store.transaction() as transaction:
        for entry in entries:
            transaction.audit(entry)


class TestAudit:
    FULL = AuditEntry(1.5, "session.restart", "ana", "203.0.113.7", "a", "NETWORK", "5f0c")

    def test_entries_come_back_in_order_with_ids_that_grow(self, store: Store):
        audited(store, self.FULL, AuditEntry(2.5, "service.start"))
        first, second = store.audit_entries_after(0, 10)
        assert replace(first, id=0) == self.FULL
        assert (second.action, second.session_id) == ("service.start", None)
        assert 0 < first.id < second.id
        assert store.audit_entries_after(first.id, 10) == [second]
        assert store.audit_entries_after(0, 1) == [first]

    def test_of_some_sessions(self, store: Store):
        audited(store, self.FULL, replace(self.FULL, session_id="b"), replace(self.FULL, session_id=None))
        assert [entry.session_id for entry in store.audit_entries_after(0, 10, {"b", "c"})] == ["b"]
        assert store.audit_entries_after(0, 10, frozenset()) == []

    def test_not_before_a_moment(self, store: Store):
        audited(store, *(replace(self.FULL, at=at) for at in (1.0, 2.0, 3.0)))
        assert [entry.at for entry in store.last_audit_entries(10, since=2.0)] == [2.0, 3.0]

    def test_the_newest_in_order(self, store: Store):
        audited(
            store, *(replace(self.FULL, at=at, session_id="ab"[int(at) % 2]) for at in (1.0, 2.0, 3.0, 4.0))
        )
        assert [entry.at for entry in store.last_audit_entries(2)] == [3.0, 4.0]
        assert [entry.at for entry in store.last_audit_entries(2, {"a"})] == [2.0, 4.0]
        assert [entry.at for entry in store.last_audit_entries(9, frozenset())] == []

    def test_a_purged_session_leaves_its_entries(self, store: Store):
        audited(store, self.FULL)
        with store.transaction() as transaction:
            transaction.forget("a")
        assert len(store.audit_entries_after(0, 10)) == 1

    def test_old_ones_go_and_their_ids_never_come_back(self, store: Store):
        audited(store, *(replace(self.FULL, at=at) for at in (1.0, 2.0, 3.0)))
        newest = store.audit_entries_after(0, 10)[-1].id
        assert (store.drop_audit(3.0), store.drop_audit(3.0)) == (2, 0)
        assert [entry.at for entry in store.audit_entries_after(0, 10)] == [3.0]
        store.drop_audit(4.0)
        audited(store, self.FULL)
        assert store.audit_entries_after(0, 10)[0].id > newest


class TestAttempts:
    def tried(self, store: Store, event_id: str, *moments: float, session_id: str = "a") -> list[Attempt]:
        made = [Attempt(event_id, session_id, at, 500, 35, "ops", "HTTP 500") for at in moments]
        store.settle([], made)
        return made

    def test_they_come_back_in_order(self, store: Store):
        event = record(store)
        none = Attempt(event.id, "a", 5.0, None, 30_000, None, "O destino não respondeu a tempo")
        made = self.tried(store, event.id, 1.0, 2.0)
        store.settle([], [none])
        assert store.attempts("a", event.id) == [*made, none]

    def test_an_event_that_was_never_tried_has_none_and_an_unknown_one_is_unknown(self, store: Store):
        event = record(store)
        assert store.attempts("a", event.id) == []
        assert store.attempts("b", event.id) is None
        assert store.attempts("a", "evt_unknown") is None

    def test_of_an_event_that_is_gone_nothing_is_kept(self, store: Store):
        self.tried(store, "evt_gone", 1.0)
        assert store.attempts("a", "evt_gone") is None

    def test_of_one_event_the_newest_hundred(self, store: Store):
        event, other = record(store), record(store)
        self.tried(store, other.id, 0.5)
        self.tried(store, event.id, *map(float, range(150)))
        kept = store.attempts("a", event.id)
        assert [one.at for one in kept or ()] == [float(at) for at in range(50, 150)]
        assert len(store.attempts("a", other.id) or ()) == 1

    def test_they_go_with_their_event(self, store: Store):
        event = record(store, draft_=draft(at=100.0, endpoint=None))
        self.tried(store, event.id, 1.0)
        newer = record(store, draft_=draft(at=300.0, endpoint=None))
        self.tried(store, newer.id, 1.0)
        while store.prune(200.0):
            pass
        assert store.attempts("a", event.id) is None
        assert len(store.attempts("a", newer.id) or ()) == 1

    def test_they_stay_as_long_as_a_delivery_waits(self, store: Store):
        event = record(store, draft_=draft(at=100.0))
        self.tried(store, event.id, 1.0)
        while store.prune(200.0):
            pass
        assert len(store.attempts("a", event.id) or ()) == 1

    def test_a_purged_session_has_none(self, store: Store):
        event = record(store)
        self.tried(store, event.id, 1.0)
        with store.transaction() as transaction:
            transaction.forget("a")
        assert store.attempts("a", event.id) is None
        while store.prune(0.0):
            pass
        assert store.attempts("a", event.id) is None


class TestTheLogOfAll:
    def numbers(self, store: Store, after: int = 0, **more: Any) -> list[int]:
        return [number for number, _ in store.events_of_all_after(after, 100, **more)]

    def test_events_of_all_in_the_order_of_their_commits(self, store: Store):
        made = [record(store, name) for name in "abab"]
        rows = store.events_of_all_after(0, 100)
        assert [event for _, event in rows] == made
        numbers = [number for number, _ in rows]
        assert numbers == sorted(set(numbers))
        assert numbers[-1] == store.last_event_number()
        assert store.events_of_all_after(numbers[1], 1) == [rows[2]]

    def test_of_some_sessions(self, store: Store):
        for name in "abc":
            record(store, name)
        rows = store.events_of_all_after(0, 100, {"a", "c", "x"})
        assert [event.session_id for _, event in rows] == ["a", "c"]
        assert store.events_of_all_after(0, 100, frozenset()) == []

    def test_no_number_comes_back_when_the_newest_are_deleted(self, store: Store):
        assert store.last_event_number() == 0
        record(store, "a")
        record(store, "b", draft(endpoint=None))
        newest = store.last_event_number()
        with store.transaction() as transaction:
            transaction.forget("b")
        assert [number for number in self.numbers(store) if number == newest] == []
        while store.prune(0.0):
            pass
        assert store.last_event_number() == newest
        record(store, "a")
        assert self.numbers(store, newest) == [newest + 1]

    def test_nor_when_all_are(self, store: Store):
        for _ in range(3):
            record(store, draft_=draft(at=1.0, endpoint=None))
        newest = store.last_event_number()
        while store.prune(2.0):
            pass
        assert self.numbers(store) == []
        record(store)
        assert self.numbers(store) == [newest + 1]

    def test_whoever_listens_hears_of_each_commit_with_events(self, store: Store):
        heard: list[set[str]] = []
        store.listen(lambda sessions: heard.append(set(sessions)))
        with store.transaction() as transaction:
            transaction.record("a", draft())
            transaction.record("b", draft())
            assert heard == []
        with store.transaction() as transaction:
            transaction.save(SessionRecord("a", 1.0))
        with suppress(KeyError), store.transaction() as transaction:
            transaction.record("a", draft())
            raise KeyError
        assert heard == [{"a", "b"}]
        store.listen(None)
        record(store)
        assert len(heard) == 1
