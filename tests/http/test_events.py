"""The event log, the send journal and the dead letters over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.http.conftest import Api
from tests.http.fakes import BORN
from wppmt.domain import messages
from wppmt.http.handlers.events import STEP
from wppmt.store.outbox_records import DeadLetterFilter, Delivery
from wppmt.store.records import EventRecord, JournalEntry, SendState


def event(sequence: int, size: int = 0) -> EventRecord:
    fields = {"event": "error", "sequence": sequence, "error": "ç", "padding": "x" * size}
    body = json.dumps(fields, ensure_ascii=False).encode()
    return EventRecord(f"evt_{sequence}", "a", sequence, "error", BORN, body)


class TestEvents:
    async def test_a_client_that_was_away_reads_page_by_page(self, api: Api):
        api.front.has("a")
        api.store.events["a"] = [event(number) for number in range(1, 6)]
        read: list[int] = []
        after, more = 0, True
        while more:
            page = (await api.get(f"/api/sessions/a/events?after={after}&limit=2")).body
            assert page["count"] == len(page["events"])
            read += [entry["sequence"] for entry in page["events"]]
            after, more = page["next"], page["more"]
        assert read == [1, 2, 3, 4, 5]
        nothing_new = await api.get(f"/api/sessions/a/events?after={after}")
        assert nothing_new.body == {"count": 0, "events": [], "next": 5, "more": False, "lastSequence": 5}

    async def test_a_client_notices_that_the_numbers_have_begun_anew(self, api: Api):
        """The session was purged and made again: its first events would be taken for ones that are read already."""
        api.front.has("a")
        api.store.events["a"] = [event(1), event(2)]
        page = (await api.get("/api/sessions/a/events?after=500")).body
        assert (page["count"], page["next"], page["lastSequence"]) == (0, 500, 2)

    async def test_a_page_ends_where_it_would_be_too_large(self, api: Api):
        api.front.has("a")
        api.store.events["a"] = [event(number, 300_000) for number in range(1, 101)]
        read: list[int] = []
        after, more = 0, True
        while more:
            answer = await api.get(f"/api/sessions/a/events?after={after}&limit=1000")
            assert len(answer.raw) < 2_001_000
            read += [entry["sequence"] for entry in answer.body["events"]]
            after, more = answer.body["next"], answer.body["more"]
        assert read == list(range(1, 101))

    async def test_an_event_that_is_a_page_of_its_own_is_not_left_out(self, api: Api):
        api.front.has("a")
        api.store.events["a"] = [event(1), event(2, 5_000_000), event(3)]
        pages = [(await api.get(f"/api/sessions/a/events?after={after}")).body for after in range(3)]
        assert [[e["sequence"] for e in page["events"]] for page in pages] == [[1], [2], [3]]
        assert [page["more"] for page in pages] == [True, True, False]

    @pytest.mark.parametrize("count", [STEP - 1, STEP, STEP + 1, 2 * STEP])
    @pytest.mark.parametrize("limit", [STEP - 1, STEP, STEP + 1, 2 * STEP])
    async def test_steps_and_pages_meet_anywhere(self, api: Api, count: int, limit: int):
        api.front.has("a")
        api.store.events["a"] = [event(number) for number in range(1, count + 1)]
        page = (await api.get(f"/api/sessions/a/events?limit={limit}")).body
        assert [entry["sequence"] for entry in page["events"]] == list(range(1, min(count, limit) + 1))
        assert page["more"] is (count > limit)
        api.store.dead = [Delivery(number, event(number), "http://x.test/") for number in range(1, count + 1)]
        letters = (await api.get(f"/api/sessions/a/dead-letters?limit={limit}")).body
        assert [one["sequence"] for one in letters["deadLetters"]] == list(range(1, min(count, limit) + 1))
        assert letters["more"] is (count > limit)

    async def test_the_bodies_are_the_recorded_bytes(self, api: Api):
        api.front.has("a")
        api.store.events["a"] = [event(1)]
        assert event(1).body in (await api.get("/api/sessions/a/events")).raw

    @pytest.mark.parametrize(
        ("query", "field"),
        [("after=-1", "after"), ("after=x", "after"), ("after=", "after"), ("after=9007199254740992", "after"),
         ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=1.5", "limit"), ("limit=%D9%A1", "limit")],
    )  # fmt: skip
    async def test_wrong_queries(self, api: Api, query: str, field: str):
        api.front.has("a")
        answer = await api.get(f"/api/sessions/a/events?{query}")
        assert (answer.status, answer.body["details"][0]["field"]) == (400, field)


class TestMessage:
    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"state": SendState.ACCEPTED}, "pending"),
            ({"state": SendState.HANDED}, "pending"),
            ({"state": SendState.SENT, "ack": 1}, "sent"),
            ({"state": SendState.SENT, "ack": 2}, "delivered"),
            ({"state": SendState.SENT, "ack": 3}, "read"),
            ({"state": SendState.SENT, "ack": 4}, "played"),
            ({"state": SendState.SENT, "ack": 9}, "failed"),
            ({"state": SendState.FAILED, "ack": -1}, "failed"),
            ({"state": SendState.UNKNOWN}, "unknown"),
        ],
    )
    async def test_status_words(self, api: Api, changes: dict[str, Any], status: str):
        api.front.has("a")
        entry = JournalEntry(
            "a", "3EB0AA", "5511999999999@c.us", "text", {"text": "segredo"}, accepted_at=BORN, **changes
        )
        api.store.entries["a", "3EB0AA"] = entry
        answer = await api.get("/api/sessions/a/messages/3EB0AA")
        assert answer.body == {
            "id": "3EB0AA", "sessionId": "a", "to": "5511999999999@c.us", "type": "text", "status": status,
            "ack": entry.ack, "acceptedAt": "2026-02-10T14:30:00Z", "handedAt": None, "ackedAt": None,
        }  # fmt: skip
        assert b"segredo" not in answer.raw

    async def test_an_unknown_one(self, api: Api):
        api.front.has("a")
        answer = await api.get("/api/sessions/a/messages/3EB0AA")
        assert (answer.status, answer.body["code"]) == (404, "MESSAGE_NOT_FOUND")


class TestDeadLetters:
    async def test_listing(self, api: Api):
        api.front.has("a")
        api.store.dead = [
            Delivery(
                7, event(3), "https://turbozap.com/webhook", attempts=4, next_at=BORN + 400, last_status=500,
                last_error="HTTP 500",
            )
        ]  # fmt: skip
        answer = await api.get("/api/sessions/a/dead-letters")
        assert answer.body == {
            "count": 1,
            "deadLetters": [{
                "id": "evt_3", "event": "error", "sequence": 3, "timestamp": "2026-02-10T14:30:00Z",
                "url": "https://turbozap.com/webhook", "attempts": 4, "givenUpAt": "2026-02-10T14:36:40Z",
                "lastStatus": 500, "lastError": "HTTP 500",
            }],
            "next": 7, "more": False,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("body", "which", "url"),
        [
            (None, DeadLetterFilter("a"), ""),
            ({"ids": ["evt_1", "evt_2"]}, DeadLetterFilter("a", event_ids=("evt_1", "evt_2")), ""),
            ({"event": "error", "url": "https://x/"}, DeadLetterFilter("a", name="error"), "https://x/"),
        ],
    )
    async def test_replaying(self, api: Api, body: Any, which: DeadLetterFilter, url: str):
        api.front.has("a")
        answer = await api.post("/api/sessions/a/dead-letters/replay", body)
        assert answer.body == {"success": True, "replayed": 3}
        assert api.front.asked == [(messages.WEBHOOK_ACTOR, messages.ReplayDeadLetters(which, url))]

    async def test_replaying_to_a_forbidden_place(self, api: Api):
        api.front.has("a")
        answer = await api.post("/api/sessions/a/dead-letters/replay", {"url": "http://127.0.0.1/"})
        assert (answer.status, answer.body["code"]) == (422, "TARGET_REFUSED")
        assert api.front.asked == []
