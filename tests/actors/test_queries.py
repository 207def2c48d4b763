"""Questions to the page: who asks gets an answer or learns what is known of it, and is told of chats by their keys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actors.gateway import Gateway
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ConfigureSession, TakeScreenshot, session_address
from wppmt.domain.page_queries import PageQuery, Question
from wppmt.domain.states import State

A = session_address("a")
ME, FRIEND = "5511999990001", "5511888880001"
GROUP = "120363041234567890@g.us"


def page(question: Question, cursor: str = "", limit: int = 2, **more: Any) -> PageQuery:
    return PageQuery(question, {"cursor": cursor, "limit": limit, **more})


def test_chats_are_told_by_their_keys_and_with_what_was_written_last(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.receive(FRIEND, "oi", marks={"chatNames": [f"{FRIEND}@c.us", "77@lid"]})
    browser.receive(FRIEND, "de novo", marks={"chatNames": ["77@lid"]})
    gateway.run(1)
    [row] = gateway.ask(A, page(Question.CHATS, unread=False))["rows"]
    assert row["chatKey"] == f"{FRIEND}@c.us"
    assert "chatNames" not in row
    assert (row["lastMessage"]["body"], row["lastMessage"]["chatKey"]) == ("de novo", f"{FRIEND}@c.us")


def test_messages_are_told_as_they_were_when_they_came(gateway: Gateway):
    browser = gateway.connect("a", ME)
    place = {"lat": 1.5, "lng": 2, "loc": "Sé", "body": "/9j/"}
    browser.receive(FRIEND, type="location", content=place)
    gateway.run(1)
    [event] = gateway.events("a", "message_received")
    asked = PageQuery(Question.CHAT_MESSAGES, {"chatId": f"{FRIEND}@c.us", "before": "", "limit": 5})
    [row] = gateway.ask(A, asked)["rows"]
    assert row == event["message"] | {"ack": 0}
    assert row["location"] == {"latitude": 1.5, "longitude": 2, "name": "Sé", "address": None}


def test_a_walk_shows_what_was_there_at_its_start_until_the_page_is_loaded_anew(gateway: Gateway):
    gateway.connect("a", ME)
    for number in range(5):
        gateway.world.add_phone(f"551188888001{number}")
    first = gateway.ask(A, page(Question.CONTACTS, scope="all"))
    gateway.world.add_phone("5511888880000")
    second = gateway.ask(A, page(Question.CONTACTS, first["nextCursor"], scope="all"))
    third = gateway.ask(A, page(Question.CONTACTS, second["nextCursor"], scope="all"))
    rows = first["rows"] + second["rows"] + third["rows"]
    assert [row["phone"] for row in rows] == [f"551188888001{number}" for number in range(5)]
    assert third["nextCursor"] is None
    gateway.browser("a").reload()
    gateway.run(30)
    with pytest.raises(Refusal) as refused:
        gateway.ask(A, page(Question.CONTACTS, second["nextCursor"], scope="all"))
    assert (refused.value.code, refused.value.details[0]["field"]) == (Code.INVALID_REQUEST, "cursor")


def test_saved_contacts_are_asked_for_alone(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.world.add_phone(FRIEND).is_saved = True
    gateway.world.add_phone("5511888880002")
    rows = gateway.ask(A, page(Question.CONTACTS, limit=9, scope="saved"))["rows"]
    assert [(row["phone"], row["savedContact"]) for row in rows] == [(FRIEND, True)]


@pytest.mark.parametrize(
    ("question", "code", "retry_after"),
    [(Question.CHATS, Code.SESSION_BUSY, 5), (Question.LEAVE_GROUP, Code.OUTCOME_UNKNOWN, None)],
)
def test_what_was_not_answered_may_be_asked_again_only_if_it_changes_nothing(
    gateway: Gateway, question: Question, code: Code, retry_after: float | None
):
    gateway.connect("a", ME)
    gateway.browser("a").hang()
    with pytest.raises(Refusal) as refused:
        gateway.ask(A, page(question, unread=False))
    assert (refused.value.code, refused.value.retry_after) == (code, retry_after)


def test_a_session_that_is_not_connected_is_asked_nothing(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.close("a")
    with pytest.raises(Refusal) as refused:
        gateway.ask(A, page(Question.GROUPS))
    assert refused.value.code is Code.NOT_CONNECTED


def test_a_page_is_looked_at_whatever_it_shows_as_long_as_there_is_one(gateway: Gateway):
    gateway.start("a")
    gateway.until("a", State.WAITING_SCAN)
    assert gateway.ask(A, TakeScreenshot()).startswith(b"\x89PNG")
    gateway.browser("a").hang()
    with pytest.raises(Refusal) as refused:
        gateway.ask(A, TakeScreenshot())
    assert refused.value.code is Code.SESSION_BUSY
    gateway.close("a")
    with pytest.raises(Refusal) as refused:
        gateway.ask(A, TakeScreenshot())
    assert refused.value.code is Code.NOT_RUNNING


def test_what_a_session_ignores_reaches_its_page_and_the_next_one(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.ask(A, ConfigureSession(ignore=("groups",)))
    gateway.run(1)
    assert browser.page.traffic.ignored == {"groups"}
    browser.receive(FRIEND, group=GROUP)
    heard = browser.receive(FRIEND, group="status@broadcast")
    gateway.close("a")
    gateway.start("a")
    gateway.until("a", State.CONNECTED)
    gateway.run(5)
    assert gateway.browser("a").page.traffic.ignored == {"groups"}
    browser = gateway.browser("a")
    browser.receive(FRIEND, group=GROUP)
    gateway.run(5)
    assert gateway.received("a") == [heard]
