"""What the contract suite stands on: browsers, and the phones around them, once faked and once real."""

from __future__ import annotations

import dataclasses
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from tests.defaults import SETTINGS
from tests.support import wait_until
from wppmt.app import browsers
from wppmt.browser.cdp.deadlines import Deadlines
from wppmt.browser.chrome.browsers import ChromeBrowsers
from wppmt.browser.chrome.settings import ChromeSettings
from wppmt.browser.fake.browsers import FakeBrowser, FakeBrowsers, FakeTimes
from wppmt.browser.port import (
    Beat,
    Browser,
    Browsers,
    CallFailure,
    ChannelClosed,
    Notice,
    OnResult,
    PageEvent,
)
from wppmt.domain.engines import Engine
from wppmt.domain.process import Process
from wppmt.simulator.client import Simulator

BEAT_SECONDS = 1.0


class Life:
    """One browser's life as an actor sees it: its notices in a queue, its calls awaited."""

    def __init__(self, browser: Browser, session_id: str = "") -> None:
        self.browser = browser
        self.session_id = session_id
        self.events: list[PageEvent] = []
        self.beats: list[Beat] = []
        self.closed: list[ChannelClosed] = []
        self._notices: queue.SimpleQueue[Notice] = queue.SimpleQueue()

    def start(self) -> Process:
        return self.browser.start(self._notices.put)

    def call(self, function: str, arguments: Mapping[str, Any] | None = None, deadline: float = 10.0) -> Any:
        """The outcome, also when it is a failure."""
        return self.begin(function, arguments, deadline)()

    def begin(
        self, function: str, arguments: Mapping[str, Any] | None = None, deadline: float = 10.0
    ) -> Callable[[], Any]:
        """Called now; the answer waits for the outcome, and proves that there is only one."""
        return self._begin(
            lambda done: self.browser.call(function, arguments or {}, deadline, done), deadline
        )

    def picture(self, deadline: float = 10.0) -> Any:
        """What the page shows, or why it can't be seen."""
        return self._begin(lambda done: self.browser.screenshot(deadline, done), deadline)()

    def _begin(self, act: Callable[[OnResult], None], deadline: float) -> Callable[[], Any]:
        outcomes: queue.SimpleQueue[Any] = queue.SimpleQueue()
        act(outcomes.put)

        def outcome() -> Any:
            first = outcomes.get(timeout=deadline + 5)
            assert outcomes.empty()
            return first

        return outcome

    def value(self, function: str, arguments: Mapping[str, Any] | None = None) -> Any:
        outcome = self.call(function, arguments)
        assert not isinstance(outcome, CallFailure), (outcome, getattr(outcome, "detail", ""))
        return outcome

    def event(self, name: str, limit: float = 10.0, **wanted: Any) -> Mapping[str, Any]:
        """The data of the first event, heard so far or coming, whose data has these values."""

        def found() -> Mapping[str, Any] | None:
            self.hear()
            hits = [e.data for e in self.events if e.name == name and wanted.items() <= e.data.items()]
            return (hits[0] or {"": None}) if hits else None

        return wait_until(found, limit) or {}

    def facts(self, limit: float = 10.0, **wanted: Any) -> Mapping[str, Any]:
        """Facts with these values, as the newest event tells them."""

        def found() -> Mapping[str, Any] | None:
            self.hear()
            told = [e.data["facts"] for e in self.events if "facts" in e.data]
            return told[-1] if told and wanted.items() <= told[-1].items() else None

        return wait_until(found, limit) or {}

    def hear(self) -> None:
        while not self._notices.empty():
            match self._notices.get():
                case PageEvent() as event:
                    self.events.append(event)
                case Beat() as beat:
                    self.beats.append(beat)
                case closed:
                    self.closed.append(closed)

    def forget(self) -> None:
        """Only what comes from now on counts."""
        self.hear()
        self.events.clear()
        self.beats.clear()

    def wait_closed(self, limit: float = 5.0) -> ChannelClosed:
        def found() -> list[ChannelClosed]:
            self.hear()
            return self.closed

        return wait_until(found, limit)[0]


class Ground(Protocol):
    """Browsers, and WhatsApp around them."""

    browsers: Browsers

    def has_profile(self, session_id: str) -> bool: ...
    def register(self, phone: str, name: str) -> None: ...
    def scan(self, phone: str, code: str) -> None: ...
    def type_code(self, phone: str, code: str) -> None: ...
    def write(self, phone: str, to: str, body: str) -> str: ...
    def inbox(self, phone: str) -> list[tuple[str, str]]: ...
    def lines(self, phone: str) -> list[dict[str, Any]]: ...
    def receipt(self, life: Life, phone: str, message_id: str, ack: int) -> None: ...
    def phone_offline(self, life: Life, phone: str) -> None: ...
    def phone_online(self, life: Life, phone: str) -> None: ...
    def lose_network(self, life: Life, phone: str) -> None: ...
    def restore_network(self, life: Life, phone: str) -> None: ...
    def replace(self, life: Life, phone: str) -> None: ...
    def hasty_codes(self) -> AbstractContextManager[None]: ...
    def unlink(self, life: Life, phone: str) -> None: ...
    def refuse_sends(self, life: Life, phone: str) -> None: ...
    def reload(self, life: Life, phone: str) -> None: ...
    def freeze(self, life: Life) -> None: ...
    def crash(self, life: Life) -> None: ...
    def leave(self, life: Life) -> Process: ...


class FakeGround:
    def __init__(self) -> None:
        times = FakeTimes(
            ready=0.01, call=0.001, server=0.005, beat=BEAT_SECONDS / 4, logout_reload=0.02, commit=0.2
        )
        self.fakes = FakeBrowsers(Deadlines(), time.time, times)
        self.browsers: Browsers = self.fakes

    def has_profile(self, session_id: str) -> bool:
        return self.fakes.world.profiles[session_id].was_used

    def register(self, phone: str, name: str) -> None:
        self.fakes.world.add_phone(phone, name)

    def scan(self, phone: str, code: str) -> None:
        assert self.fakes.scan(code, phone)

    def type_code(self, phone: str, code: str) -> None:
        assert self.fakes.scan(code, phone)

    def write(self, phone: str, to: str, body: str) -> str:
        return self.fakes.send_from_phone(phone, to, body)

    def inbox(self, phone: str) -> list[tuple[str, str]]:
        return [(message["id"], message["body"]) for message in self.fakes.world.inboxes[phone]]

    def lines(self, phone: str) -> list[dict[str, Any]]:
        return self.fakes.world.inboxes[phone]

    def receipt(self, life: Life, phone: str, message_id: str, ack: int) -> None:
        _fake(life).ack(message_id, ack)

    def phone_offline(self, life: Life, phone: str) -> None:
        """Its page is told nothing."""

    def phone_online(self, life: Life, phone: str) -> None:
        """Nor of this."""

    def lose_network(self, life: Life, phone: str) -> None:
        _fake(life).socket_lost()

    def restore_network(self, life: Life, phone: str) -> None:
        _fake(life).network_back()

    def replace(self, life: Life, phone: str) -> None:
        _fake(life).replaced()

    @contextmanager
    def hasty_codes(self) -> Iterator[None]:
        usual = self.fakes.times
        self.fakes.times = dataclasses.replace(usual, first_qr=0.05, qr=0.05)
        yield
        self.fakes.times = usual

    def unlink(self, life: Life, phone: str) -> None:
        _fake(life).unlink()

    def refuse_sends(self, life: Life, phone: str) -> None:
        _fake(life).refuse_next_send("error_unknown")

    def reload(self, life: Life, phone: str) -> None:
        _fake(life).reload()

    def freeze(self, life: Life) -> None:
        _fake(life).hang()

    def crash(self, life: Life) -> None:
        _fake(life).crash()

    def leave(self, life: Life) -> Process:
        life.browser.let_go()
        return _fake(life).process


class ChromeGround:
    def __init__(
        self, tokens_dir: Path, simulator: Simulator, page_port: int, engine: str = Engine.CHROME
    ) -> None:
        rules = f"MAP * 127.0.0.1:{page_port}"
        self.settings = chrome_settings(
            tokens_dir, resolver_rules=rules, beat_seconds=BEAT_SECONDS, engine=engine
        )
        self.browsers: Browsers = ChromeBrowsers(self.settings)
        self.simulator = simulator

    def has_profile(self, session_id: str) -> bool:
        return (self.settings.tokens_dir / session_id / "Default").is_dir()

    def register(self, phone: str, name: str) -> None:
        self.simulator.register(phone, name)

    def scan(self, phone: str, code: str) -> None:
        self.simulator.scan(phone, code)

    def type_code(self, phone: str, code: str) -> None:
        self.simulator.pair_code(phone, code)

    def write(self, phone: str, to: str, body: str) -> str:
        return self.simulator.write(phone, to, body)

    def inbox(self, phone: str) -> list[tuple[str, str]]:
        return [(line["id"], line["body"] or "") for line in self.simulator.inbox(phone)]

    def lines(self, phone: str) -> list[dict[str, Any]]:
        return [dict(line) for line in self.simulator.inbox(phone)]

    def receipt(self, life: Life, phone: str, message_id: str, ack: int) -> None:
        self.simulator.receipt(phone, message_id, ack)

    def phone_offline(self, life: Life, phone: str) -> None:
        self.simulator.offline(phone)

    def phone_online(self, life: Life, phone: str) -> None:
        self.simulator.online(phone)

    def lose_network(self, life: Life, phone: str) -> None:
        self._refusal = self.simulator.fault("refuse_socket", phone=phone)

    def restore_network(self, life: Life, phone: str) -> None:
        self.simulator.delete_fault(self._refusal)

    def replace(self, life: Life, phone: str) -> None:
        self.simulator.fault("conflict", phone=phone)

    @contextmanager
    def hasty_codes(self) -> Iterator[None]:
        self.simulator.fault("qr_expire_fast", ttlMs=1000)
        yield

    def unlink(self, life: Life, phone: str) -> None:
        self.simulator.unlink(phone)

    def refuse_sends(self, life: Life, phone: str) -> None:
        self.simulator.fault("send_reject", phone=phone, count=1, errorCode=479)

    def reload(self, life: Life, phone: str) -> None:
        self.simulator.fault("page_reload", phone=phone)

    def freeze(self, life: Life) -> None:
        os.killpg(process(life).group, signal.SIGSTOP)

    def crash(self, life: Life) -> None:
        os.kill(process(life).pid, signal.SIGKILL)

    def leave(self, life: Life) -> Process:
        life.browser.let_go()
        return process(life)


def chrome_settings(tokens_dir: Path, **changes: Any) -> ChromeSettings:
    """As the daemon would make them, for these logins."""
    usual = browsers.chrome_settings(SETTINGS)
    return replace(
        usual,
        tokens_dir=tokens_dir,
        snapshots_dir=tokens_dir.with_name("copies"),
        wa_js_dir=tokens_dir.with_name("wa-js"),
        **changes,
    )


def process(life: Life) -> Process:
    """Of a started Chrome."""
    found = life.browser.process  # type: ignore[attr-defined]
    assert isinstance(found, Process)
    return found


def _fake(life: Life) -> FakeBrowser:
    assert isinstance(life.browser, FakeBrowser)
    return life.browser
