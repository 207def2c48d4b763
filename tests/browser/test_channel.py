"""The channel, against a stand-in for Chrome that answers, keeps silent or goes away on request."""

from __future__ import annotations

import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import wait_until
from wppmt.browser.cdp.channel import Channel, parse_call, parse_element, parse_notice
from wppmt.browser.cdp.connection import Connection, outcome
from wppmt.browser.cdp.deadlines import Deadlines
from wppmt.browser.cdp.devtools import page, runtime
from wppmt.browser.cdp.line import Line, pair
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
SESSION = "S1"


class Peer:
    """Chrome's end of a line, in its own thread. `answer` makes the reply to a command, or None for silence."""

    def __init__(self) -> None:
        self.commands: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.strange: list[bytes] = []
        """What came that is no command."""
        self.answer: Callable[[Message], Message | None] = lambda command: success(command["id"], "null")
        self.client, self._end = pair()
        self._reads = threading.Event()
        self._reads.set()
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def _talk(self) -> None:
        arrived = b""
        while self._reads.wait() and (piece := self._receive()):
            *messages, arrived = (arrived + piece).split(b"\0")
            for message in messages:
                self._take(message)

    def _receive(self) -> bytes:
        try:
            return self._end.recv(1 << 16)
        except OSError:
            return b""

    def _take(self, text: bytes) -> None:
        try:
            command = json.loads(text)
        except ValueError:
            self.strange.append(text)
            return
        self.commands.put(command)
        if (reply := self.answer(command)) is not None:
            self.send(reply)

    def send(self, message: Message) -> None:
        self.send_raw(json.dumps({"sessionId": SESSION, **message}).encode() + b"\0")

    def send_raw(self, text: bytes) -> None:
        with suppress(OSError):
            self._end.sendall(text)

    def hang_up(self) -> None:
        self._end.shutdown(socket.SHUT_RDWR)

    def stop_reading(self) -> None:
        """After the piece that it waits for already."""
        self._reads.clear()

    def read_on(self) -> None:
        self._reads.set()

    def end(self) -> None:
        self._reads.set()
        self._end.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._end.close()
        self.client.close()


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
def connection(peer: Peer) -> Iterator[Connection]:
    one = Connection(Line(peer.client.dup()), Deadlines())
    yield one
    one.hang_up()


@pytest.fixture
def channel(connection: Connection, notices: list[object]) -> Channel:
    one = Channel(connection, SESSION, notices.append)
    connection.start()
    return one


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
    command = peer.commands.get(timeout=5)
    assert (command["method"], command["sessionId"]) == ("Runtime.evaluate", SESSION)
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
    peer.send(success(peer.commands.get(timeout=5)["id"], "1"))
    peer.answer = lambda command: success(command["id"], "2")
    assert answered(channel) == [2]
    assert len(late) == 1


def test_answers_may_come_in_any_order(channel: Channel, peer: Peer) -> None:
    peer.answer = lambda _: None
    first, second = call(channel), call(channel)
    numbers = [peer.commands.get(timeout=5)["id"] for _ in range(2)]
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
        peer.commands.get(timeout=5)
    peer.hang_up()
    for outcomes in pending:
        assert isinstance(wait_until(lambda o=outcomes: o)[0], BrowserGone)  # type: ignore[misc]
    wait_until(lambda: notices)
    assert [type(notice) for notice in notices] == [ChannelClosed]
    assert isinstance(call(channel)[0], NotCalled)
    assert all(len(outcomes) == 1 for outcomes in pending)


def test_closing_is_told_with_its_reason(
    connection: Connection, channel: Channel, notices: list[object]
) -> None:
    connection.hang_up("a aba caiu")
    connection.hang_up("")
    assert wait_until(lambda: notices) == [ChannelClosed("a aba caiu")]


def test_who_listens_after_the_end_is_told_at_once(connection: Connection, peer: Peer) -> None:
    connection.start()
    peer.hang_up()
    wait_until(lambda: not connection._open)
    notices: list[object] = []
    Channel(connection, SESSION, notices.append)
    assert len(notices) == 1


@pytest.mark.slow
def test_what_a_full_socket_kept_back_was_surely_not_done(channel: Channel, peer: Peer) -> None:
    peer.stop_reading()
    # The piece that it waited for already.
    channel.call("facts", {}, 5.0, lambda _: None)
    # None of them waits for the line, which would be for ever.
    outcomes = [call(channel, 1.0, text="x" * 1_000_000) for _ in range(8)]
    wait_until(lambda: all(outcomes))
    kinds = {type(outcome[0]) for outcome in outcomes}
    assert NotCalled in kinds
    assert kinds <= {NotCalled, CallTimeout}


def test_what_the_peer_reads_late_arrives_in_order_and_nobody_has_waited(
    channel: Channel, peer: Peer
) -> None:
    peer.stop_reading()
    outcomes = [call(channel, 30.0, text="x" * 300_000) for _ in range(9)]
    assert writers() == 1, "one for all that is left"
    peer.read_on()
    wait_until(lambda: all(outcomes))
    numbers = [peer.commands.get(timeout=5)["id"] for _ in outcomes]
    assert numbers == sorted(numbers)
    wait_until(lambda: not writers())


def test_each_of_many_who_call_at_once_is_heard_once(channel: Channel, peer: Peer) -> None:
    peer.answer = lambda command: success(command["id"], str(command["id"]))
    outcomes: list[list[Any]] = []
    callers = [
        threading.Thread(
            target=lambda: outcomes.extend([call(channel, text="x" * 40_000) for _ in range(20)])
        )
        for _ in range(8)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    wait_until(lambda: len(outcomes) == 160 and all(outcomes))
    assert len({number for [number] in outcomes}) == 160


def test_a_peer_that_reads_costs_no_thread_to_write(channel: Channel) -> None:
    for _ in range(20):
        answered(channel)
        assert writers() == 0


def writers() -> int:
    return sum(thread.name == "channel-write" for thread in threading.enumerate())


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
    peer.commands.get(timeout=5)
    peer.send({"method": "Inspector.targetCrashed", "params": {}})
    assert wait_until(lambda: notices) == [ChannelClosed("a aba caiu")]
    assert isinstance(wait_until(lambda: pending)[0], BrowserGone)


def test_a_dialog_is_sent_away(channel: Channel, peer: Peer) -> None:
    answered(channel)
    peer.commands.get(timeout=5)
    parameters = {"type": "alert", "message": "?", "url": "u", "frameId": "f", "hasBrowserHandler": False}
    peer.send({"method": "Page.javascriptDialogOpening", "params": parameters})
    command = peer.commands.get(timeout=5)
    assert (command["method"], command["params"]) == ("Page.handleJavaScriptDialog", {"accept": False})


def test_a_command_can_be_waited_for(channel: Channel, peer: Peer) -> None:
    peer.answer = lambda command: {"id": command["id"], "result": {"frameId": "f"}}
    assert channel.ask(page.navigate("https://x/"), 1.0)[0] == "f"
    error = {"code": -32000, "message": "Inspected target navigated or closed"}
    peer.answer = lambda command: {"id": command["id"], "error": error}
    with pytest.raises(PageGone, match="navigated"):
        channel.ask(page.navigate("https://x/"), 1.0)


# ---- another daemon has spoken here before


def test_a_command_cut_in_half_swallows_no_other(peer: Peer, notices: list[object]) -> None:
    peer.client.sendall(b'{"id": 7, "method": "Runtime.eval')
    connection = Connection(Line(peer.client.dup()), Deadlines())
    channel = Channel(connection, SESSION, notices.append)
    connection.start(taken_over=True)
    peer.answer = lambda command: success(command["id"], "1")
    assert answered(channel) == [1]
    assert peer.strange == [b'{"id": 7, "method": "Runtime.eval']
    connection.hang_up()


def test_the_rest_of_a_message_that_was_read_in_half_is_passed_over(
    peer: Peer, notices: list[object]
) -> None:
    peer.send_raw(b'"SESSION", "params": {}}\0')
    peer.send(bridge({"event": {"page": "p", "number": 5, "name": "n", "data": {}}}))
    connection = Connection(Line(peer.client.dup()), Deadlines())
    Channel(connection, SESSION, notices.append)
    connection.start(taken_over=True)
    assert wait_until(lambda: notices) == [PageEvent("p", 5, "n", {})]
    connection.hang_up()


def test_whoever_lets_go_hears_no_more_and_leaves_the_line_to_the_next(
    peer: Peer, connection: Connection, channel: Channel, notices: list[object]
) -> None:
    peer.answer = lambda _: None
    pending = call(channel)
    peer.commands.get(timeout=5)
    connection.let_go()
    assert isinstance(pending[0], BrowserGone)
    peer.send(bridge({"event": {"page": "p", "number": 1, "name": "n", "data": {}}}))
    heard: list[object] = []
    successor = Connection(Line(peer.client.dup()), Deadlines())
    Channel(successor, SESSION, heard.append)
    successor.start(taken_over=True)
    assert wait_until(lambda: heard) == [PageEvent("p", 1, "n", {})]
    assert notices == []
    successor.hang_up()


def test_letting_go_does_not_wait_for_a_peer_that_does_not_read(
    peer: Peer, connection: Connection, channel: Channel
) -> None:
    peer.stop_reading()
    outcomes = [call(channel, 30.0, text="x" * 3_000_000) for _ in range(2)]
    began = time.monotonic()
    connection.let_go()
    assert time.monotonic() - began < 1
    assert all(outcomes)


@given(st.lists(st.binary(min_size=1, max_size=300).map(lambda text: text.replace(b"\0", b"")), max_size=20),
       st.integers(1, 64))  # fmt: skip
def test_messages_cross_whole_however_they_are_cut(messages: list[bytes], size: int) -> None:
    ours, theirs = pair()
    line, stream = Line(ours), b"".join(message + b"\0" for message in messages)
    with theirs:
        sending = threading.Thread(
            target=lambda: [theirs.send(stream[at : at + size]) for at in range(0, len(stream), size)]
        )
        sending.start()
        assert [line.receive() for _ in messages] == messages
        sending.join()
    line.release()


# ---- what somebody in the page may say


@pytest.mark.parametrize(
    "payload",
    [
        "", "x", "null", "[]", "{}", "[" * 100_000, '{"beat": 1}', '{"beat": {"page": "p"}}',
        '{"event": {"page": 1, "number": "x", "name": [], "data": 5}}',
        '{"event": {"page": "p", "number": 1, "name": "n", "data": {}, "more": 1}, "beat": 2}',
    ],
)  # fmt: skip
def test_garbage_costs_no_browser(channel: Channel, peer: Peer, notices: list[object], payload: str) -> None:
    parameters = {"name": "wppmtTell", "payload": payload, "executionContextId": 2}
    peer.send({"method": "Runtime.bindingCalled", "params": parameters})
    peer.send({"method": "Runtime.bindingCalled", "params": {"of": "another form"}})
    peer.send(bridge({"beat": {"page": "p", "last": 1, "facts": {}}}))
    wait_until(lambda: Beat("p", 1, {}) in notices)
    assert answered(channel) == [None]
    assert len(notices) <= 2


def test_another_sessions_events_are_not_ours(channel: Channel, peer: Peer, notices: list[object]) -> None:
    event = bridge({"event": {"page": "p", "number": 1, "name": "n", "data": {}}})
    peer.send({**event, "sessionId": "S2"})
    peer.send(bridge({"beat": {"page": "p", "last": 1, "facts": {}}}))
    assert wait_until(lambda: notices) == [Beat("p", 1, {})]


def test_a_page_that_was_closed_closes_the_channel(
    channel: Channel, peer: Peer, notices: list[object]
) -> None:
    detached = {"method": "Target.detachedFromTarget", "params": {"sessionId": SESSION, "targetId": "t"}}
    peer.send_raw(json.dumps(detached).encode() + b"\0")
    assert wait_until(lambda: notices) == [ChannelClosed("a aba foi fechada")]


# ---- parsing, pure


def evaluated(
    type_: str, value: object = None, exception: str | None = None
) -> tuple[runtime.RemoteObject, runtime.ExceptionDetails | None]:
    details = {"exceptionId": 1, "text": exception, "lineNumber": 0, "columnNumber": 0}
    return (
        runtime.RemoteObject.from_json({"type": type_, "value": value}),
        runtime.ExceptionDetails.from_json(details) if exception else None,
    )


def test_a_rejection_keeps_its_word() -> None:
    rejected = parse_call(evaluated("string", '{"rejected": "not_on_whatsapp", "detail": "x"}'))
    assert isinstance(rejected, CallRejected)
    assert (rejected.reason, rejected.detail) == ("not_on_whatsapp", "x")


@pytest.mark.parametrize("parse", [parse_call, parse_element])
def test_a_page_without_the_bridge_was_not_called(parse: Callable[[Any], object]) -> None:
    assert isinstance(parse(evaluated("object")), NotCalled)


def test_an_exception_means_that_the_page_went_away() -> None:
    assert isinstance(parse_call(evaluated("object", exception="gone")), PageGone)


texts = st.text(max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


@given(JSON)
def test_every_value_crosses_unchanged(value: object) -> None:
    assert parse_call(evaluated("string", json.dumps({"value": value}))) == value


@given(texts | JSON.map(json.dumps))
def test_no_answer_of_a_page_is_a_trap(answer: str) -> None:
    parse_call(evaluated("string", answer))


@given(code=st.integers(), message=texts)
def test_every_error_leaves_the_outcome_unknown(code: int, message: str) -> None:
    failed = outcome(page.reload(), {"id": 1, "error": {"code": code, "message": message}})
    assert isinstance(failed, CallFailure)
    assert not isinstance(failed, NotCalled)


@given(st.dictionaries(texts, JSON, max_size=3), st.integers(1), texts)
def test_every_event_crosses_unchanged(data: dict[str, object], number: int, name: str) -> None:
    event = {"page": "p", "number": number, "name": name, "data": data}
    assert parse_notice(json.dumps({"event": event})) == PageEvent("p", number, name, data)
