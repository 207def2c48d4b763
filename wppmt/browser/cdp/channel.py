"""WhatsApp's page over a connection: calls into the bridge out, its events and beats in.

What puts the bridge into every document is the same DevTools session that hears it: neither is lost without the other.
A call runs once, also when the page reloads under it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from wppmt.browser.cdp import json_text
from wppmt.browser.cdp.connection import Command, Connection, waited_for
from wppmt.browser.cdp.devtools import dom, inspector, memory, page, runtime, target
from wppmt.browser.chrome.injection import TELL
from wppmt.browser.port import (
    Beat,
    CallFailure,
    CallRejected,
    CallResult,
    ChannelClosed,
    Json,
    NotCalled,
    Notify,
    OnResult,
    PageEvent,
    PageGone,
)

DIALOG_SECONDS = 5.0
DROP_SECONDS = 10.0
RENDERER_CRASHED = "a aba caiu"
PAGE_CLOSED = "a aba foi fechada"

OPEN_INPUT = "self.wppmt ? wppmt.openInput() : null"
KEEP_INPUT = "function () { return wppmt.keepInput(this); }"

NO_BRIDGE = "a página ainda não tem a ponte"
STRANGE_ANSWER = "resposta em outra forma"

Evaluation = tuple[runtime.RemoteObject, runtime.ExceptionDetails | None]


class Channel:
    """One DevTools session on the page. `notify` gets what the bridge tells, and ChannelClosed once at the end."""

    def __init__(self, connection: Connection, session: str, notify: Notify) -> None:
        self._connection = connection
        self._session = session
        self._notify = notify
        connection.listen(session, self._hear, lambda why: notify(ChannelClosed(why)))

    def equip(self, scripts: Sequence[str], seconds: float, also: Iterable[Command[Any]] = ()) -> None:
        """For a session that is new: from here on every document gets `scripts` first, in this order, and a way to tell.

        `also` are further commands, before any page.
        """
        for command in (
            inspector.enable(),
            page.enable(),
            runtime.enable(),
            runtime.add_binding(name=TELL),
            *(page.add_script_to_evaluate_on_new_document(source=text) for text in scripts),
            *also,
        ):
            self.ask(command, seconds)

    def call(self, function: str, arguments: Json, deadline: float, done: OnResult) -> None:
        """Call bridge.js's `function`; `done` gets its value or a CallFailure, exactly once."""
        given = ", ".join(json.dumps(text) for text in (function, json.dumps(arguments)))
        code = f"self.wppmt ? wppmt.call({given}) : null"
        called = runtime.evaluate(expression=code, await_promise=True, return_by_value=True)
        self._request(called, deadline, then(done, lambda evaluated: done(parse_call(evaluated))))

    def upload(self, path: Path, deadline: float, done: OnResult) -> None:
        """Chrome opens the file by itself, for an input that is in no document; `done` gets `{"blob", "size"}`."""

        def choose(evaluated: Evaluation) -> None:
            element = parse_element(evaluated)
            if isinstance(element, CallFailure):
                done(element)
                return
            chosen = dom.set_file_input_files(files=[str(path)], object_id=element)
            self._request(chosen, deadline, then(done, lambda _: keep(element)))

        def keep(element: runtime.RemoteObjectId) -> None:
            kept = runtime.call_function_on(KEEP_INPUT, object_id=element, return_by_value=True)
            self._request(kept, deadline, then(done, lambda evaluated: done(parse_call(evaluated))))
            self._request(runtime.release_object(element), deadline, lambda _: None)

        self._request(runtime.evaluate(expression=OPEN_INPUT), deadline, then(done, choose))

    def screenshot(self, deadline: float, done: OnResult) -> None:
        """`done` gets the bytes of a PNG, or a CallFailure."""
        taken = page.capture_screenshot(format_="png")
        self._request(taken, deadline, then(done, lambda text: done(base64.b64decode(text))))

    def drop_caches(self) -> None:
        """Chrome is told, in all its processes, that memory is short."""
        told = memory.simulate_pressure_notification(memory.PressureLevel.CRITICAL)
        self._request(told, DROP_SECONDS, lambda _: None)

    def ask(self, command: Command[Any], seconds: float) -> Any:
        """One command to the page; blocks. Raises CallFailure."""
        return self._connection.ask(command, seconds, self._session)

    def ask_page(self, function: str, arguments: Json, seconds: float) -> Any:
        """As `call`, but blocks. Raises CallFailure."""
        answer: Future[CallResult] = Future()
        self.call(function, arguments, seconds, answer.set_result)
        return waited_for(answer, seconds)

    def interrupt(self) -> None:
        """Ends the script that runs in the page now, also one that would never end."""
        self._request(runtime.terminate_execution(), DIALOG_SECONDS, lambda _: None)

    def _request(self, command: Command[Any], seconds: float, done: Callable[[Any], None]) -> None:
        self._connection.request(command, seconds, done, self._session)

    def _hear(self, event: object) -> None:
        match event:
            case runtime.BindingCalled(name=name, payload=payload):
                # Nothing that somebody in the page says may cost the browser.
                if name == TELL and (notice := parse_notice(payload)) is not None:
                    self._notify(notice)
            case inspector.TargetCrashed():
                self._connection.hang_up(RENDERER_CRASHED)
            case target.DetachedFromTarget():
                self._connection.hang_up(PAGE_CLOSED)
            case page.JavascriptDialogOpening():
                # Nobody would ever answer it, and the page stands still until then.
                away = page.handle_java_script_dialog(accept=False)
                self._request(away, DIALOG_SECONDS, lambda _: None)
            case _:
                pass


def then(done: OnResult, go_on: Callable[[Any], None]) -> OnResult:
    """Passes a failure to `done`, and a value on."""
    return lambda outcome: done(outcome) if isinstance(outcome, CallFailure) else go_on(outcome)


def parse_call(evaluated: Evaluation) -> CallResult:
    """What bridge.js's `call` answered. It never throws: an exception means that the page went away under it."""
    found = _parse_evaluation(evaluated, "string")
    if isinstance(found, CallFailure):
        return found
    try:
        answer = json_text.parse(str(found.value))
    except (ValueError, RecursionError):
        return PageGone(STRANGE_ANSWER)
    match answer:
        case {"rejected": str(reason), **more}:
            until, about = more.get("until"), more.get("about")
            return CallRejected(
                reason,
                str(more.get("detail", "")),
                until if isinstance(until, int | float) else None,
                tuple(map(str, about)) if isinstance(about, list) else (),
            )
        case {"value": value}:
            return value
        case _:
            return PageGone(STRANGE_ANSWER)


def parse_element(evaluated: Evaluation) -> runtime.RemoteObjectId | CallFailure:
    """A reference to the element that a function returned."""
    found = _parse_evaluation(evaluated, "object")
    if isinstance(found, CallFailure):
        return found
    return found.object_id or NotCalled(NO_BRIDGE)


def _parse_evaluation(evaluated: Evaluation, wanted: str) -> runtime.RemoteObject | CallFailure:
    found, exception = evaluated
    if exception is not None:
        return PageGone(exception.text[:200])
    return found if found.type_ == wanted else NotCalled(NO_BRIDGE)


def parse_notice(text: str) -> PageEvent | Beat | None:
    """What the bridge told; None for what is not in its form."""
    try:
        notice = json_text.parse(text)
    except (ValueError, RecursionError):
        return None
    match notice:
        case {"beat": {"page": str(life), "last": int(last), "facts": dict(facts)}}:
            return Beat(life, last, facts)
        case {"event": {"page": str(life), "number": int(number), "name": str(name), "data": dict(data)}}:
            return PageEvent(life, number, name, data)
        case _:
            return None
