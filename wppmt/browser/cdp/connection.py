"""The DevTools protocol over a line: commands with deadlines out, their answers and the events that we know in."""

from __future__ import annotations

import itertools
import json
import secrets
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, TypeVar

from wppmt.browser.cdp.deadlines import Cancel, Schedule
from wppmt.browser.cdp.devtools import inspector, page, runtime, target, util
from wppmt.browser.cdp.line import Line, LineClosed
from wppmt.browser.cdp.writing import Writer
from wppmt.browser.port import BrowserGone, CallFailure, CallTimeout, Json, NotCalled, PageGone

GRACE_SECONDS = 5.0
"""A deadline that passed is told by another thread, which may be late."""
HEARD = (
    runtime.BindingCalled,
    inspector.TargetCrashed,
    page.JavascriptDialogOpening,
    target.DetachedFromTarget,
)
"""Chrome tells much more, some of it in words that Selenium's bindings do not know yet: only these are parsed."""
_KNOWN = {getattr(event, "event_class") for event in HEARD}  # noqa: B009 - Selenium's decorator sets it
_FIRST_NUMBERS = 2**30

Value = TypeVar("Value")
Command = Generator[dict[str, Any], dict[str, Any], Value]
"""As Selenium's bindings make it: gives the request, takes the result, returns what that means."""
Hear = Callable[[Any], None]


@dataclass(slots=True)
class _Pending:
    """A command without an answer yet."""

    command: Command[Any]
    done: Callable[[Any], None]
    cancel: Cancel = lambda: None
    handed: bool = False
    """Whether the line began to take it: before that, it is surely not done."""


class Connection:
    """A thread from `start` on, which reads and only dispatches; no caller waits for Chrome."""

    def __init__(self, line: Line, schedule: Schedule) -> None:
        self._line = line
        self._schedule = schedule
        self._pending: dict[int, _Pending] = {}
        # An answer to a command of the daemon before us may still come: it must not be taken for one of ours.
        self._numbers = itertools.count(secrets.randbelow(_FIRST_NUMBERS))
        self._listeners: dict[str, Hear] = {}
        self._on_end: Callable[[str], None] = lambda _: None
        self._guard = threading.Lock()
        self._open = True
        self._why = ""
        self._writer = Writer(line, self._hand)
        self._reader = threading.Thread(target=self._read, name="channel-read", daemon=True)

    def start(self, *, taken_over: bool = False) -> None:
        """`taken_over`: somebody else spoke here before, and may have been cut off in the middle of a word."""
        if taken_over:
            # What he had begun ends here, as an error that nobody waits for.
            self._writer.put(-1, b"")
        self._reader.start()

    def listen(self, session: str, hear: Hear, on_end: Callable[[str], None]) -> None:
        """A DevTools session's events go to `hear`; `on_end` gets the reason when nothing more will come."""
        with self._guard:
            self._listeners[session] = hear
            self._on_end = on_end
            is_open = self._open
        if not is_open:
            on_end(self._why)

    def request(
        self,
        command: Command[Value],
        seconds: float,
        done: Callable[[Value | CallFailure], None],
        session: str = "",
    ) -> None:
        """Never blocks; `done` gets the value or why there is none, exactly once, and must only enqueue."""
        number = next(self._numbers)
        message = {"id": number, **next(command)}
        if session:
            message["sessionId"] = session
        text = json.dumps(message).encode()
        pending = _Pending(command, done)
        pending.cancel = self._schedule(seconds, lambda: self._expire(number))
        with self._guard:
            is_open = self._open
            if is_open:
                self._pending[number] = pending
        if is_open:
            self._writer.put(number, text)
        else:
            pending.cancel()
            done(NotCalled("canal fechado"))

    def ask(self, command: Command[Value], seconds: float, session: str = "") -> Value:
        """As `request`, but blocks. Raises CallFailure."""
        answer: Future[Value | CallFailure] = Future()
        self.request(command, seconds, answer.set_result, session)
        return waited_for(answer, seconds)

    def hang_up(self, why: str = "") -> None:
        """From any thread: Chrome closes, and every command without an answer fails at once."""
        self._why = self._why or why
        self._line.hang_up()

    def let_go(self) -> None:
        """No more is read or written, and `on_end` is not told. When this returns, another may do both."""
        with self._guard:
            self._on_end = lambda _: None
        self._line.let_go()
        if self._reader.ident is not None:
            self._reader.join()

    def _hand(self, number: int) -> bool:
        """Whether it is still wanted."""
        with self._guard:
            pending = self._pending.get(number)
            if pending is not None:
                pending.handed = True
        return pending is not None

    def _read(self) -> None:
        why = ""
        try:
            while True:
                self._dispatch(self._line.receive())
        except LineClosed as closed:
            why = str(closed)
        finally:
            self._end(why)

    def _dispatch(self, text: bytes) -> None:
        try:
            message: Json = json.loads(text)
        except ValueError:
            # The rest of a message that the one before us had begun to read.
            return
        if "id" in message:
            if (pending := self._take(message["id"])) is not None:
                pending.done(outcome(pending.command, message))
        elif message.get("method") in _KNOWN and (event := _parse(message)) is not None:
            session = getattr(event, "session_id", None) or message.get("sessionId", "")
            self._listeners.get(session, _nobody)(event)

    def _expire(self, number: int) -> None:
        if (pending := self._take(number)) is not None:
            pending.done(
                CallTimeout("sem resposta no prazo") if pending.handed else NotCalled("não saiu no prazo")
            )

    def _take(self, number: int) -> _Pending | None:
        """Whoever takes a pending command tells its outcome: so it is told once."""
        with self._guard:
            pending = self._pending.pop(number, None)
        if pending is not None:
            pending.cancel()
        return pending

    def _end(self, why: str) -> None:
        with self._guard:
            self._open = False
            self._why = self._why or why
            numbers, on_end = list(self._pending), self._on_end
        self._writer.end()
        self._line.release()
        for number in numbers:
            if (pending := self._take(number)) is not None:
                pending.done(BrowserGone("canal fechado") if pending.handed else NotCalled("canal fechado"))
        on_end(self._why)


def outcome(command: Command[Any], message: Json) -> Any:
    """What an answer means to whoever gave the command; after an error nobody knows what was done."""
    if "error" in message:
        return PageGone(str(message["error"].get("message"))[:200])
    try:
        command.send(message["result"])
    except StopIteration as end:
        return end.value
    except (KeyError, TypeError, ValueError) as unknown:
        return PageGone(f"resposta em outra forma ({type(unknown).__name__})")
    return PageGone("resposta sem fim")


def waited_for(answer: Future[Value | CallFailure], seconds: float) -> Value:
    """Blocks. Raises CallFailure."""
    try:
        result = answer.result(seconds + GRACE_SECONDS)
    except FutureTimeout as silence:
        raise CallTimeout("sem resposta") from silence
    if isinstance(result, CallFailure):
        raise result
    return result


def _parse(message: Json) -> Any:
    """None for an event that has another form than Selenium knows."""
    try:
        return util.parse_json_event(dict(message))
    except (KeyError, TypeError, ValueError):
        return None


def _nobody(event: Any) -> None:
    """Hears the events of sessions that nobody listens to."""
