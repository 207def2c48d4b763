"""What every store promises about what it keeps for whoever runs the service."""

from __future__ import annotations

from dataclasses import replace

from wppmt.domain.scopes import Scope
from wppmt.store.operator_records import ApiKey
from wppmt.store.port import Store

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
