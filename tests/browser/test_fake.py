"""The fake's levers, and that it is the same under every clock: what fast tests of the actors stand on."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from wppmt.browser.fake.browsers import FakeBrowser, FakeBrowsers
from wppmt.browser.fake.connection import Connection
from wppmt.browser.port import (
    Beat,
    BrowserGone,
    CallTimeout,
    ChannelClosed,
    Notice,
    PageEvent,
    PageGone,
    StartFailed,
)

ME, FRIEND = "5511970000001", "5511970000002"


class VirtualTime:
    """Runs what was scheduled, in order, without waiting."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def __call__(self, delay: float, function: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + delay, next(self._numbers), function))

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self._due and self._due[0][0] <= end:
            self.now, _, function = heapq.heappop(self._due)
            function()
        self.now = end


class Scene:
    """One session, its notices, its time."""

    def __init__(self) -> None:
        self.time = VirtualTime()
        self.browsers = FakeBrowsers(self.time, lambda: 1_700_000_000 + self.time.now)
        self.browsers.world.add_phone(ME, "Eu")
        self.browsers.world.add_phone(FRIEND, "Maria")
        self.heard: list[Notice] = []

    def start(self) -> FakeBrowser:
        browser = self.browsers.open("a")
        browser.start(self.heard.append)
        self.time.run(1)
        return browser

    def connect(self) -> FakeBrowser:
        browser = self.start()
        browser.scan(ME)
        self.time.run(1)
        return browser

    def events(self, name: str) -> list[Any]:
        return [e.data for e in self.heard if isinstance(e, PageEvent) and e.name == name]

    def call(self, browser: FakeBrowser, function: str, deadline: float = 5.0, **arguments: Any) -> list[Any]:
        outcomes: list[Any] = []
        browser.call(function, arguments, deadline, outcomes.append)
        return outcomes

    def send(self, browser: FakeBrowser, message_id: str) -> list[Any]:
        return self.call(browser, "send_text", id=message_id, to=FRIEND, text="oi")

    def arrivals(self) -> list[str]:
        return [message["id"] for message in self.browsers.world.inboxes[FRIEND]]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_codes_rotate_until_one_is_scanned(scene: Scene) -> None:
    browser = scene.start()
    scene.time.run(60 + 20)
    codes = scene.events("qr_changed")
    assert [code["ttlMs"] for code in codes] == [60_000, 20_000, 20_000]
    assert not scene.browsers.scan(codes[0]["code"], ME)
    assert scene.browsers.scan(codes[-1]["code"], ME)
    scene.time.run(60)
    assert len(scene.events("qr_changed")) == 3
    assert browser.page.facts.authenticated


def test_a_start_can_be_refused_so_many_times(scene: Scene) -> None:
    scene.browsers.refuse_start("a", "PAGE_LOAD_FAILED", times=2)
    for _ in range(2):
        with pytest.raises(StartFailed, match="PAGE_LOAD_FAILED"):
            scene.start()
    scene.start()


def test_a_hung_browser_answers_late_and_tells_late(scene: Scene) -> None:
    browser = scene.connect()
    browser.hang()
    lost, kept = scene.call(browser, "facts", 2.0), scene.call(browser, "facts", 30.0)
    browser.receive(FRIEND, "durante")
    scene.time.run(10)
    assert isinstance(lost[0], CallTimeout)
    assert kept == []
    assert scene.events("message_received") == []
    browser.wake()
    scene.time.run(1)
    assert kept[0]["authenticated"]
    assert [data["message"]["content"]["body"] for data in scene.events("message_received")] == ["durante"]


def test_a_silent_channel_leaves_a_gap_that_can_be_read(scene: Scene) -> None:
    browser = scene.connect()
    last = browser.page.last
    browser.go_silent()
    browser.receive(FRIEND, "sem aviso")
    scene.time.run(30)
    assert scene.events("message_received") == []
    browser.go_silent(False)
    scene.time.run(10)
    assert [beat.last for beat in scene.heard if isinstance(beat, Beat)][-1] == last + 1
    told = scene.call(browser, "events_since", after=last)
    scene.time.run(1)
    assert [event["name"] for event in told[0]["events"]] == ["message_received"]


def test_a_reload_fails_the_call_and_keeps_what_was_sent(scene: Scene) -> None:
    browser = scene.connect()
    scene.send(browser, "A1")
    scene.time.run(0.01)
    pending = scene.call(browser, "facts")
    browser.reload()
    assert isinstance(pending[0], PageGone)
    scene.time.run(2)
    assert scene.arrivals() == ["A1"]
    assert scene.events("ack_changed")[-1] == {
        "id": "A1",
        "chatId": f"{FRIEND}@c.us",
        "ack": 1,
        "to": f"{FRIEND}@c.us",
    }


def test_a_crash_under_a_send_sends_it_once_after_the_restart(scene: Scene) -> None:
    browser = scene.connect()
    scene.send(browser, "A1")
    scene.time.run(0.01)
    browser.crash()
    scene.time.run(5)
    assert scene.arrivals() == []
    assert isinstance(scene.heard[-1], ChannelClosed)
    scene.start()
    scene.time.run(1)
    assert scene.arrivals() == ["A1"]


def test_held_acks_arrive_without_a_word(scene: Scene) -> None:
    browser = scene.connect()
    browser.hold_acks()
    scene.send(browser, "A1")
    scene.time.run(10)
    assert scene.arrivals() == ["A1"]
    assert scene.events("ack_changed") == []
    browser.hold_acks(False)
    scene.time.run(1)
    assert [data["ack"] for data in scene.events("ack_changed")] == [1]
    assert scene.arrivals() == ["A1"]


def test_without_a_network_nothing_leaves_and_messages_wait(scene: Scene) -> None:
    browser = scene.connect()
    browser.receive(FRIEND, "conhecida")
    browser.network_lost()
    scene.send(browser, "A1")
    browser.receive(FRIEND, "espera")
    scene.time.run(10)
    assert scene.arrivals() == []
    assert len(scene.events("message_received")) == 1
    assert scene.events("send_failed") == [{"id": "A1", "reason": "error_network"}]
    browser.network_back()
    scene.time.run(1)
    assert scene.arrivals() == []
    assert len(scene.events("message_received")) == 2


def test_what_was_on_its_way_when_the_network_went_goes_on_when_it_is_back(scene: Scene) -> None:
    browser = scene.connect()
    scene.send(browser, "A1")
    scene.time.run(0.01)
    browser.network_lost()
    scene.time.run(10)
    assert scene.arrivals() == []
    browser.network_back()
    scene.time.run(1)
    assert scene.arrivals() == ["A1"]


def test_a_page_whose_login_is_used_elsewhere_shows_nothing_of_it(scene: Scene) -> None:
    browser = scene.connect()
    before = browser.page.told_facts()
    browser.replaced()
    scene.send(browser, "A1")
    scene.time.run(60)
    assert browser.page.told_facts() == before
    assert (scene.arrivals(), scene.events("send_failed")) == ([], [])


def test_six_codes_are_a_batch_and_the_next_must_be_asked_for(scene: Scene) -> None:
    browser = scene.start()
    scene.time.run(600)
    assert len(scene.events("qr_changed")) == 6
    assert browser.page.facts.socket == "UNPAIRED_IDLE"
    scene.call(browser, "refresh_qr")
    scene.time.run(600)
    assert len(scene.events("qr_changed")) == 12


@pytest.mark.parametrize(
    ("connection", "mode", "info"),
    [
        (Connection("CONNECTED", "CONNECTED", has_synced=True), "MAIN", "NORMAL"),
        (Connection("CONNECTED", "DISCONNECTED", has_synced=True), "MAIN", "NORMAL"),
        (Connection("OPENING", "DISCONNECTED", has_synced=True), "MAIN", "OPENING"),
        (Connection("OPENING", "DISCONNECTED", has_synced=True, is_online=False), "MAIN", "OFFLINE"),
        (Connection("OPENING", "DISCONNECTED", is_online=False), "OFFLINE", "OFFLINE"),
        (Connection("PAIRING", "DISCONNECTED", has_synced=True), "MAIN", "RESUMING"),
        (Connection("PAIRING", "DISCONNECTED"), "SYNCING", "PAIRING"),
        (Connection("CONNECTED", "SYNCING"), "SYNCING", "SYNCING"),
        (Connection("UNPAIRED_IDLE"), "QR", "NORMAL"),
    ],
)
def test_mode_and_info_follow_the_socket(connection: Connection, mode: str, info: str) -> None:
    shown = connection.facts(registered=True)
    assert (shown["mode"], shown["info"]) == (mode, info)
    assert connection.facts(registered=False)["mode"] == "QR"


def test_an_unheard_message_lies_in_the_chats(scene: Scene) -> None:
    browser = scene.connect()
    message_id = browser.receive(FRIEND, "perdida", unheard=True)
    assert scene.events("message_received") == []
    fetched = scene.call(browser, "messages_after", t=0, limit=10)
    scene.time.run(1)
    assert [message["id"] for message in fetched[0]["messages"]] == [message_id]


def test_an_unlink_while_away_is_found_out_at_the_next_start(scene: Scene) -> None:
    browser = scene.connect()
    browser.stop()
    browser.unlink()
    scene.start()
    assert scene.events("logged_out") == [{"reason": "unknown_companion"}]
    assert not scene.events("facts_changed")[-1]["facts"]["authenticated"] or scene.events("qr_changed")


def test_a_failed_send_is_told(scene: Scene) -> None:
    browser = scene.connect()
    browser.refuse_next_send("error_expired")
    scene.send(browser, "A1")
    scene.send(browser, "A2")
    scene.time.run(1)
    assert scene.events("send_failed") == [{"id": "A1", "reason": "error_expired", "until": None}]
    assert scene.arrivals() == ["A2"]


def test_every_call_under_way_fails_with_the_browser(scene: Scene) -> None:
    browser = scene.connect()
    pending = scene.call(browser, "facts")
    browser.crash()
    scene.time.run(10)
    assert [type(outcome) for outcome in pending] == [BrowserGone]


class AnythingHappens(RuleBasedStateMachine):
    """Whatever befalls a session, the fake loses no message, tells none twice in one page life, and answers once."""

    @initialize()
    def connect(self) -> None:
        self.scene = Scene()
        self.scene.connect()
        self.written: list[str] = []
        self.sent: list[str] = []
        self.calls: list[list[Any]] = []

    @property
    def browser(self) -> FakeBrowser:
        return self.scene.browsers.browser("a")

    @rule(seconds=st.floats(0.001, 3))
    def time_passes(self, seconds: float) -> None:
        self.scene.time.run(seconds)

    @rule()
    def the_friend_writes(self) -> None:
        self.written.append(self.browser.receive(FRIEND, "oi"))

    @precondition(lambda self: self.browser.is_alive)
    @rule()
    def we_write(self) -> None:
        message_id = f"S{len(self.sent)}"
        self.sent.append(message_id)
        self.calls.append(self.scene.send(self.browser, message_id))

    @precondition(lambda self: self.browser.is_alive)
    @rule(
        trouble=st.sampled_from(
            ["reload", "crash", "hang", "wake", "network_lost", "network_back", "drop_channel"]
        )
    )
    def trouble(self, trouble: str) -> None:
        getattr(self.browser, trouble)()

    @precondition(lambda self: not self.browser.is_alive)
    @rule()
    def it_is_started_again(self) -> None:
        self.scene.start()

    @invariant()
    def answers_come_once(self) -> None:
        assert all(len(outcomes) <= 1 for outcomes in self.calls)

    @invariant()
    def no_page_life_tells_a_message_twice(self) -> None:
        told = [
            (event.page, event.data["message"]["id"])
            for event in self.scene.heard
            if isinstance(event, PageEvent) and event.name == "message_received"
        ]
        assert len(told) == len(set(told))

    @invariant()
    def nothing_arrives_twice(self) -> None:
        assert len(self.scene.arrivals()) == len(set(self.scene.arrivals()))

    def teardown(self) -> None:
        if not hasattr(self, "scene"):
            return
        self.browser.kill()
        browser = self.scene.start()
        self.scene.time.run(5)
        fetched = self.scene.call(browser, "messages_after", t=0, limit=1000)
        self.scene.time.run(1)
        assert {message["id"] for message in fetched[0]["messages"]} == set(self.written)
        held = {
            outcomes[0]["messageId"] for outcomes in self.calls if outcomes and isinstance(outcomes[0], dict)
        }
        gone_wrong = [failure["id"] for failure in self.scene.events("send_failed")]
        told = [*self.scene.arrivals(), *gone_wrong]
        assert {f"true_{FRIEND}@c.us_{message_id}" for message_id in told} >= held
        assert not set(self.scene.arrivals()) & set(gone_wrong)
        assert all(len(outcomes) == 1 for outcomes in self.calls)


TestAnythingHappens = AnythingHappens.TestCase
TestAnythingHappens.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
