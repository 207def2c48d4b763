"""One websocket to the page by WebDriver BiDi: calls with deadlines out, events and beats in."""

from __future__ import annotations

import itertools
import json
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import websocket

from wppmt.browser import (
    Beat,
    BrowserGone,
    CallFailure,
    CallRejected,
    CallTimeout,
    ChannelClosed,
    Done,
    Json,
    NotCalled,
    Notify,
    Outcome,
    PageEvent,
    PageGone,
    sockets,
)
from wppmt.browser.deadlines import Cancel, Schedule

NAME = "wppmt"
CONNECT_SECONDS = 5.0

# The page's end of the channel. In frames, and on pages that are not WhatsApp's, nobody takes it.
PRELOAD = """(channel) => {
  if (window.top !== window) return;
  self.wppmtChannel = channel;
  if (self.wppmt) wppmt.open(channel);
}"""
CALL = "(name, json) => self.wppmt ? wppmt.call(name, json) : null"
OPEN_INPUT = "() => self.wppmt ? wppmt.openInput() : null"
KEEP_INPUT = "(input) => wppmt.keepInput(input)"

Parse = Callable[[Json], Outcome]


@dataclass(slots=True)
class _Pending:
    """A command without an answer yet."""

    done: Done
    parse: Parse
    cancel: Cancel = lambda: None
    handed: bool = False
    """Whether it was given to the socket: before that, it is surely not done."""


class Channel:
    """Connected from the start. Two threads: one reads and only dispatches, one writes, so that no caller waits."""

    def __init__(self, url: str, schedule: Schedule, notify: Notify) -> None:
        self._schedule = schedule
        self._notify = notify
        self._pending: dict[int, _Pending] = {}
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()
        self._open = True
        self._why = ""
        self._outgoing: queue.SimpleQueue[tuple[int, str] | None] = queue.SimpleQueue()
        self._socket = sockets.connect(url, CONNECT_SECONDS)
        self._socket.settimeout(None)
        for run in (self._read, self._write):
            threading.Thread(target=run, name=f"channel-{run.__name__.strip('_')}", daemon=True).start()

    def call(self, context: str, function: str, arguments: Json, deadline: float, done: Done) -> None:
        """Call bridge.js's `function`; `done` gets its value or a CallFailure, exactly once."""
        values = [{"type": "string", "value": text} for text in (function, json.dumps(arguments))]
        self._evaluate(context, CALL, values, deadline, _Pending(done, parse_call))

    def upload(self, context: str, path: Path, deadline: float, done: Done) -> None:
        """Chrome opens the file by itself, for an input that is in no document; `done` gets `{"blob", "size"}`."""

        def choose(element: Json) -> None:
            files = {"context": context, "element": element, "files": [str(path)]}
            kept = then(done, lambda _: keep(element))
            self._request("input.setFiles", files, deadline, _Pending(kept, parse_command))

        def keep(element: Json) -> None:
            self._evaluate(context, KEEP_INPUT, [element], deadline, _Pending(done, parse_call))

        self._evaluate(context, OPEN_INPUT, [], deadline, _Pending(then(done, choose), parse_element))

    def ask(self, method: str, parameters: Json, seconds: float) -> Json:
        """One BiDi command; blocks. Raises CallFailure."""
        answer: Future[Outcome] = Future()
        self._request(method, parameters, seconds, _Pending(answer.set_result, parse_command))
        result: Json = _await(answer, seconds, method)
        return result

    def ask_page(self, context: str, function: str, arguments: Json, seconds: float) -> Any:
        """As `call`, but blocks. Raises CallFailure."""
        answer: Future[Outcome] = Future()
        self.call(context, function, arguments, seconds, answer.set_result)
        return _await(answer, seconds, function)

    def close(self, why: str = "") -> None:
        """From any thread; every call without an answer fails at once. `why` goes into ChannelClosed."""
        self._why = self._why or why
        sockets.hang_up(self._socket)

    def _evaluate(
        self, context: str, code: str, arguments: Sequence[Json], deadline: float, pending: _Pending
    ) -> None:
        parameters = {
            "functionDeclaration": code,
            "awaitPromise": True,
            "target": {"context": context},
            "arguments": arguments,
        }
        self._request("script.callFunction", parameters, deadline, pending)

    def _request(self, method: str, parameters: Json, deadline: float, pending: _Pending) -> None:
        number = next(self._numbers)
        text = json.dumps({"id": number, "method": method, "params": parameters})
        pending.cancel = self._schedule(deadline, lambda: self._expire(number))
        with self._guard:
            is_open = self._open
            if is_open:
                self._pending[number] = pending
                self._outgoing.put((number, text))
        if not is_open:
            pending.cancel()
            pending.done(NotCalled("canal fechado"))

    def _write(self) -> None:
        while (item := self._outgoing.get()) is not None:
            number, text = item
            with self._guard:
                pending = self._pending.get(number)
                if pending is None:
                    continue
                pending.handed = True
            try:
                self._socket.send(text)
            except (OSError, websocket.WebSocketException):
                self.close()
                return

    def _read(self) -> None:
        detail = ""
        try:
            while text := self._socket.recv():
                self._dispatch(json.loads(text))
        except (OSError, websocket.WebSocketException) as closed:
            detail = type(closed).__name__
        finally:
            self._end(detail)

    def _dispatch(self, message: Json) -> None:
        if message["type"] == "event":
            notice = parse_event(message)
            if notice is not None:
                self._notify(notice)
        elif (pending := self._take(message.get("id"))) is not None:
            pending.done(pending.parse(message))

    def _expire(self, number: int) -> None:
        if (pending := self._take(number)) is not None:
            pending.done(
                CallTimeout("sem resposta no prazo") if pending.handed else NotCalled("não saiu no prazo")
            )

    def _take(self, number: int | None) -> _Pending | None:
        """Whoever takes a pending call tells its outcome: so it is told once."""
        with self._guard:
            pending = self._pending.pop(number, None) if number is not None else None
        if pending is not None:
            pending.cancel()
        return pending

    def _end(self, detail: str) -> None:
        with self._guard:
            self._open = False
            numbers = list(self._pending)
        self._outgoing.put(None)
        sockets.release(self._socket)
        for number in numbers:
            if (pending := self._take(number)) is not None:
                pending.done(BrowserGone("canal fechado") if pending.handed else NotCalled("canal fechado"))
        self._notify(ChannelClosed(self._why or detail))


def _await(answer: Future[Outcome], seconds: float, what: str) -> Any:
    try:
        outcome = answer.result(seconds + CONNECT_SECONDS)
    except FutureTimeout as silence:
        raise CallTimeout(what) from silence
    if isinstance(outcome, CallFailure):
        raise outcome
    return outcome


def then(done: Done, go_on: Callable[[Any], None]) -> Done:
    """Passes a failure to `done`, and a value on."""
    return lambda outcome: done(outcome) if isinstance(outcome, CallFailure) else go_on(outcome)


def parse_command(message: Json) -> Outcome:
    """A BiDi answer's result, or what its error means for a call: the outcome is unknown."""
    if message["type"] == "success":
        return message["result"]
    return PageGone(f"{message.get('error')}: {str(message.get('message'))[:200]}")


def parse_call(message: Json) -> Outcome:
    """What bridge.js's `call` answered. It never throws: an exception means that the page went away under it."""
    value = _parse_evaluation(message, "string")
    if isinstance(value, CallFailure):
        return value
    answer = json.loads(value["value"])
    if "rejected" in answer:
        return CallRejected(answer["rejected"], answer.get("detail", ""))
    return answer["value"]


def parse_element(message: Json) -> Outcome:
    """A reference to the element that a function returned."""
    value = _parse_evaluation(message, "node")
    return value if isinstance(value, CallFailure) else {"sharedId": value["sharedId"]}


def _parse_evaluation(message: Json, wanted: str) -> Outcome:
    result = parse_command(message)
    if isinstance(result, CallFailure):
        return result
    if result["type"] != "success":
        return PageGone(str(result.get("exceptionDetails", {}).get("text"))[:200])
    if result["result"]["type"] != wanted:
        return NotCalled("a página ainda não tem a ponte")
    return result["result"]


def parse_event(message: Json) -> PageEvent | Beat | None:
    """A message of the page's channel; None for other events."""
    parameters = message["params"]
    if message["method"] != "script.message" or parameters["channel"] != NAME:
        return None
    notice: dict[str, Any] = json.loads(parameters["data"]["value"])
    if "beat" in notice:
        return Beat(**notice["beat"])
    return PageEvent(**notice["event"])
