"""The channel, against a stand-in for Chrome that answers, keeps silent or goes away on request."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from hypothesis import given
from hypothesis import strategies as st

from tests.support import wait_until
from wppmt.browser.cdp.channel import Channel, parse_call, parse_command, parse_element, parse_notice
from wppmt.browser.cdp.deadlines import Deadlines
from wppmt.browser.port import (
    Beat,
    BrowserGone,
    CallFailure,
    CallRejected,
    CallTimeout,
    ChannelClosed,
    NotCalled,
    PageEvent,
    PageGone,
)

Message = dict[str, Any]


class Peer:
    """A websocket server in its own thread. `answer` makes the reply to a command, or None for silence."""

    def __init__(self) -> None:
        self.commands: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.answer: Callable[[Message], Message | None] = lambda command: success(command["id"], "null")
        self._loop = asyncio.new_event_loop()
        self._socket: web.WebSocketResponse | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(5)

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._reads = asyncio.Event()
        self._reads.set()
        app = web.Application()
        app.router.add_get("/", self._talk)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"ws://127.0.0.1:{runner.addresses[0][1]}/"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        self._socket = web.WebSocketResponse()
        await self._socket.prepare(request)
        while True:
            await self._reads.wait()
            message = await self._socket.receive()
            if message.type != WSMsgType.TEXT:
                return self._socket
            command = json.loads(message.data)
            self.commands.put(command)
            if (reply := self.answer(command)) is not None:
                await self._socket.send_str(json.dumps(reply))

    def send(self, message: Message) -> None:
        assert self._socket
        asyncio.run_coroutine_threadsafe(self._socket.send_str(json.dumps(message)), self._loop).result(5)

    def hang_up(self) -> None:
        assert self._socket
        asyncio.run_coroutine_threadsafe(self._socket.close(), self._loop).result(5)

    def stop_reading(self) -> None:
        """After the message that it waits for already."""
        self._loop.call_soon_threadsafe(self._reads.clear)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._reads.set)
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        self._loop.close()


def success(number: int, json_text: str) -> Message:
    """What an evaluation answers when bridge.js gave this value."""
    value = {"type": "string", "value": f'{{"value": {json_text}}}'}
    return {"id": number, "result": {"result": value}}


@pytest.fixture
def peer() -> Iterator[Peer]:
    one = Peer()
    yield one
    one.end()


@pytest.fixture
def notices() -> list[object]:
    return []


@pytest.fixture
def channel(peer: Peer, notices: list[object]) -> Iterator[Channel]:
    one = Channel(peer.url, Deadlines(), notices.append)
    yield one
    one.close()


def call(channel: Channel, deadline: float = 5.0, **arguments: object) -> list[Any]:
    """Its outcomes: one, sooner or later."""
    outcomes: list[Any] = []
    channel.call("facts", arguments, deadline, outcomes.append)
    return outcomes


def answered(channel: Channel, **arguments: object) -> list[Any]:
    outcomes = call(channel, **arguments)  # type: ignore[arg-type]
    return wait_until(lambda: outcomes)


def test_a_call_brings_the_pages_value(channel: Channel, peer: Peer) -> None:
    peer.answer = lambda command: success(command["id"], '{"mode": "MAIN"}')
    assert answered(channel, to="é") == [{"mode": "MAIN"}]
    command = peer.commands.get(timeout=1)
    assert command["method"] == "Runtime.evaluate"
    assert command["params"]["awaitPromise"] is True
    argument = json.dumps(json.dumps({"to": "é"}))
    assert command["params"]["expression"] == f'self.wppmt ? wppmt.call("facts", {argument}) : null'


def test_a_silent_peer_does_not_outlast_the_deadline(channel: Channel, peer: Peer) -> None:
    peer.answer = lambda _: None
    outcomes = call(channel, 0.1)
    assert isinstance(wait_until(lambda: outcomes)[0], CallTimeout)


def test_an_answer_after_the_deadline_is_dropped(channel: Channel, peer: Peer) -> None:
    peer.answer = lambda _: None
    late = call(channel, 0.05)
    wait_until(lambda: late)
    peer.send(success(peer.commands.get(timeout=1)["id"], "1"))
    peer.answer = lambda command: success(command["id"], "2")
    assert answered(channel) == [2]
    assert len(late) == 1


def test_answers_may_come_in_any_order(channel: Channel, peer: Peer) -> None:
    peer.answer = lambda _: None
    first, second = call(channel), call(channel)
    numbers = [peer.commands.get(timeout=1)["id"] for _ in range(2)]
    peer.send(success(numbers[1], '"second"'))
    assert wait_until(lambda: second) == ["second"]
    assert first == []
    peer.send(success(numbers[0], '"first"'))
    assert wait_until(lambda: first) == ["first"]


def test_a_peer_that_goes_away_fails_every_call_once(
    channel: Channel, peer: Peer, notices: list[object]
) -> None:
    peer.answer = lambda _: None
    pending = [call(channel) for _ in range(20)]
    for _ in pending:
        peer.commands.get(timeout=1)
    peer.hang_up()
    for outcomes in pending:
        assert isinstance(wait_until(lambda o=outcomes: o)[0], BrowserGone)  # type: ignore[misc]
    wait_until(lambda: notices)
    assert [type(notice) for notice in notices] == [ChannelClosed]
    assert isinstance(call(channel)[0], NotCalled)
    assert all(len(outcomes) == 1 for outcomes in pending)


def test_closing_is_told_with_its_reason(channel: Channel, notices: list[object]) -> None:
    channel.close("a aba caiu")
    channel.close("")
    assert wait_until(lambda: notices) == [ChannelClosed("a aba caiu")]


@pytest.mark.slow
def test_what_a_full_socket_kept_back_was_surely_not_done(channel: Channel, peer: Peer) -> None:
    peer.stop_reading()
    answered(channel)
    big = "x" * 3_000_000
    started = time.monotonic()
    outcomes = [call(channel, 1.0, text=big) for _ in range(8)]
    assert time.monotonic() - started < 0.95, "a call must never wait for the socket"
    wait_until(lambda: all(outcomes))
    kinds = {type(outcome[0]) for outcome in outcomes}
    assert NotCalled in kinds
    assert kinds <= {NotCalled, CallTimeout}


def test_events_and_beats_are_told_in_order(channel: Channel, peer: Peer, notices: list[object]) -> None:
    for number in range(50):
        peer.send(bridge({"event": {"page": "p", "number": number, "name": "n", "data": {}}}))
    peer.send(bridge({"beat": {"page": "p", "last": 49, "facts": {"mode": "QR"}}}))
    peer.send({"method": "Runtime.bindingCalled", "params": {"name": "foreign", "payload": "x"}})
    peer.send({"method": "Runtime.consoleAPICalled", "params": {}})
    wait_until(lambda: len(notices) == 51)
    assert [notice.number for notice in notices if isinstance(notice, PageEvent)] == list(range(50))
    assert notices[-1] == Beat("p", 49, {"mode": "QR"})


def bridge(notice: Message) -> Message:
    parameters = {"name": "wppmtTell", "payload": json.dumps(notice), "executionContextId": 2}
    return {"method": "Runtime.bindingCalled", "params": parameters}


def test_a_crashed_page_closes_the_channel(channel: Channel, peer: Peer, notices: list[object]) -> None:
    peer.answer = lambda _: None
    pending = call(channel)
    peer.commands.get(timeout=1)
    peer.send({"method": "Inspector.targetCrashed", "params": {}})
    assert wait_until(lambda: notices) == [ChannelClosed("a aba caiu")]
    assert isinstance(wait_until(lambda: pending)[0], BrowserGone)


def test_a_dialog_is_sent_away(channel: Channel, peer: Peer) -> None:
    answered(channel)
    peer.commands.get(timeout=1)
    peer.send({"method": "Page.javascriptDialogOpening", "params": {"type": "alert", "message": "?"}})
    command = peer.commands.get(timeout=1)
    assert (command["method"], command["params"]) == ("Page.handleJavaScriptDialog", {"accept": False})


def test_a_command_can_be_waited_for(channel: Channel, peer: Peer) -> None:
    peer.answer = lambda command: {"id": command["id"], "result": {"frameId": "f"}}
    assert channel.ask("Page.navigate", {}, 1.0) == {"frameId": "f"}
    error = {"code": -32000, "message": "Inspected target navigated or closed"}
    peer.answer = lambda command: {"id": command["id"], "error": error}
    with pytest.raises(PageGone, match="navigated"):
        channel.ask("Page.navigate", {}, 1.0)


# ---- parsing, pure


def test_a_rejection_keeps_its_word() -> None:
    value = {"type": "string", "value": '{"rejected": "not_on_whatsapp", "detail": "x"}'}
    outcome = parse_call({"id": 1, "result": {"result": value}})
    assert isinstance(outcome, CallRejected)
    assert (outcome.reason, outcome.detail) == ("not_on_whatsapp", "x")


@pytest.mark.parametrize("parse", [parse_call, parse_element])
def test_a_page_without_the_bridge_was_not_called(parse: Callable[[Message], object]) -> None:
    nothing = {"type": "object", "subtype": "null", "value": None}
    assert isinstance(parse({"id": 1, "result": {"result": nothing}}), NotCalled)


def test_an_exception_means_that_the_page_went_away() -> None:
    result = {"result": {"type": "object"}, "exceptionDetails": {"text": "gone"}}
    assert isinstance(parse_call({"id": 1, "result": result}), PageGone)


texts = st.text(max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


@given(JSON)
def test_every_value_crosses_unchanged(value: object) -> None:
    answer = {"type": "string", "value": json.dumps({"value": value})}
    assert parse_call({"id": 1, "result": {"result": answer}}) == value


@given(code=st.integers(), message=texts)
def test_every_error_leaves_the_outcome_unknown(code: int, message: str) -> None:
    outcome = parse_command({"id": 1, "error": {"code": code, "message": message}})
    assert isinstance(outcome, CallFailure)
    assert not isinstance(outcome, NotCalled)


@given(st.dictionaries(texts, JSON, max_size=3), st.integers(1), texts)
def test_every_event_crosses_unchanged(data: dict[str, object], number: int, name: str) -> None:
    event = {"page": "p", "number": number, "name": name, "data": data}
    assert parse_notice(json.dumps({"event": event})) == PageEvent("p", number, name, data)
