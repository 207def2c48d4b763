"""The event log, the send journal and the dead letters over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.http.conftest import Api
from tests.http.fakes import BORN
from wppmt import messages
from wppmt.store import DeadLetters, Delivery, EventRecord, Handover, JournalEntry


def event(sequence: int) -> EventRecord:
    body = json.dumps({"event": "error", "sequence": sequence, "error": "ç"}, ensure_ascii=False).encode()
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
        assert nothing_new.body == {"count": 0, "events": [], "next": 5, "more": False}

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
            ({"handover": Handover.ACCEPTED}, "pending"),
            ({"handover": Handover.HANDED}, "pending"),
            ({"handover": Handover.SENT, "ack": 1}, "sent"),
            ({"handover": Handover.SENT, "ack": 2}, "delivered"),
            ({"handover": Handover.SENT, "ack": 3}, "read"),
            ({"handover": Handover.SENT, "ack": 4}, "played"),
            ({"handover": Handover.SENT, "ack": 9}, "failed"),
            ({"handover": Handover.FAILED, "ack": -1}, "failed"),
            ({"handover": Handover.UNKNOWN}, "unknown"),
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
            (None, DeadLetters("a"), ""),
            ({"ids": ["evt_1", "evt_2"]}, DeadLetters("a", event_ids=("evt_1", "evt_2")), ""),
            ({"event": "error", "url": "https://x/"}, DeadLetters("a", name="error"), "https://x/"),
        ],
    )
    async def test_replaying(self, api: Api, body: Any, which: DeadLetters, url: str):
        api.front.has("a")
        answer = await api.post("/api/sessions/a/dead-letters/replay", body)
        assert answer.body == {"success": True, "replayed": 3}
        assert api.front.asked == [(messages.WEBHOOK, messages.ReplayDeadLetters(which, url))]

    async def test_replaying_to_a_forbidden_place(self, api: Api):
        api.front.has("a")
        answer = await api.post("/api/sessions/a/dead-letters/replay", {"url": "http://127.0.0.1/"})
        assert (answer.status, answer.body["code"]) == (422, "TARGET_REFUSED")
        assert api.front.asked == []
