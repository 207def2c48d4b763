"""What is counted of requests: each once, a send by what it came to, and nothing as traffic of who only watches."""

from __future__ import annotations

import pytest

from tests.http.conftest import Api
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.occurrences import RequestAnswered, SendAnswered, SendOutcome
from wppmt.domain.sends import Sent
from wppmt.domain.states import State

TEXT = {"phone": "5511999999999", "message": "oi"}
SEND = "/api/sessions/a/send-message"


def outcomes(api: Api) -> list[SendOutcome]:
    return [one.outcome for one in api.counted if isinstance(one, SendAnswered)]


def last(api: Api) -> RequestAnswered:
    return [one for one in api.counted if isinstance(one, RequestAnswered)][-1]


@pytest.mark.parametrize(
    ("ack", "outcome"), [(1, SendOutcome.SENT), (3, SendOutcome.SENT), (0, SendOutcome.PENDING)]
)
async def test_a_send_counts_by_what_it_came_to(api: Api, ack: int, outcome: SendOutcome):
    api.front.has("a")
    api.front.ack = ack
    await api.post(SEND, TEXT)
    assert outcomes(api) == [outcome]
    assert not last(api).failed


@pytest.mark.parametrize(
    ("code", "outcome", "failed"),
    [
        (Code.NOT_CONNECTED, SendOutcome.REFUSED, True),
        (Code.QUEUE_FULL, SendOutcome.REFUSED, False),
        (Code.SEND_FAILED, SendOutcome.FAILED, True),
        (Code.OUTCOME_UNKNOWN, SendOutcome.UNKNOWN, True),
    ],
)
async def test_a_refused_one_by_its_code(api: Api, code: Code, outcome: SendOutcome, failed: bool):
    api.front.has("a")
    api.front.refusal = Refusal(code)
    await api.post(SEND, TEXT)
    assert (outcomes(api), last(api).failed) == ([outcome], failed)


async def test_a_body_that_makes_no_sense_is_refused_too(api: Api):
    api.front.has("a")
    await api.post(SEND, {"phone": "5511999999999"})
    assert outcomes(api) == [SendOutcome.REFUSED]


async def test_a_bug_is_a_failed_send(api: Api):
    api.front.has("a")
    api.front.bug = RuntimeError("a bug")
    assert (await api.post(SEND, TEXT)).status == 500
    assert (outcomes(api), last(api).status) == ([SendOutcome.FAILED], 500)


async def test_who_asks_again_under_the_same_key_is_not_counted_again(api: Api):
    api.front.has("a")
    api.front.refusal = Refusal(Code.IDEMPOTENCY_IN_FLIGHT)
    await api.post(SEND, TEXT)
    repeated = Refusal(Code.SEND_FAILED)
    repeated.is_repeat = True
    api.front.refusal = repeated
    await api.post(SEND, TEXT)
    api.front.refusal = None
    api.front.known["k"] = Sent("3EB0AA", "5511999999999@c.us", 1, api.time, is_repeat=True)
    fields = {"phone": "5511999999999", "imageUrl": "https://example.org/x.png", "idempotencyKey": "k"}
    assert (await api.post("/api/sessions/a/send-image", fields)).status == 200
    assert outcomes(api) == []


async def test_an_unknown_session_has_no_row(api: Api):
    await api.post(SEND, TEXT)
    assert outcomes(api) == []
    assert last(api).route == "/api/sessions/{sessionId}/send-message"


async def test_no_address_that_somebody_makes_up_becomes_a_route(api: Api):
    await api.get("/api/senha-123")
    assert (last(api).route, last(api).method, last(api).status) == ("?", "?", 404)


async def test_what_is_done_to_a_message_that_is_there_is_no_send(api: Api):
    api.front.has("a")
    await api.call("PUT", "/api/sessions/a/messages/3EB0AA/reaction", json={"emoji": "👍"})
    assert outcomes(api) == []
    assert last(api).status == 200


async def test_who_watches_is_no_traffic(api: Api):
    for path in ("/healthz", "/api/health"):
        await api.get(path)
        assert last(api).by_watcher
    await api.get("/api/sessions")
    assert not last(api).by_watcher


async def test_the_wait_from_the_hand_over_on_is_told_apart(api: Api):
    api.front.has("a")

    async def acknowledged_after_a_while() -> None:
        api.time += 3

    api.front.before_answer = acknowledged_after_a_while
    await api.post(SEND, TEXT)
    assert last(api).waited == 0.0
    api.front.handed_at = api.time
    await api.post(SEND, TEXT)
    # By this clock it waited longer than the request took by the other.
    assert last(api).waited == last(api).seconds > 0


async def test_states_have_no_say_in_it(api: Api):
    api.front.has("a", State.DISCONNECTED)
    await api.post(SEND, TEXT)
    assert outcomes(api) == [SendOutcome.REFUSED]
