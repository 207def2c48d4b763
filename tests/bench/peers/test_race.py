"""The race's story, goals and report, with a contestant that needs no browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.bench.peers import goals
from tests.bench.peers.contestant import Contestant, Failed, File, Place
from tests.bench.peers.goals import CHROME, GOALS, PEER, SHELL, Goal, measured, reached
from tests.bench.peers.report import ROWS, drawing, text
from tests.bench.peers.results import Played, Results
from tests.bench.peers.story import STORY, Plan, Run, play
from tests.system.files import FileServer
from tests.system.receiver import Arrival, Receiver
from wppmt.cli.sink import ReceivedWebhook
from wppmt.simulator.client import AccountInfo, InboxLine, Simulator

PLAN = Plan(
    starts=2,
    sends=3,
    crowds=(1, 2, 3),
    media=1,
    settle_seconds=0,
    quiet_seconds=0,
    idle_seconds=0.01,
    back_seconds=0.2,
    notice_seconds=0,
)
MACHINE = {"cores": 2, "memoryGb": 24, "kernel": "6", "python": "3.11", "chromium": "156", "load": 0.1}


class FakePhones(Simulator):
    """Who is written to hears of it at once, as does the one webhook receiver."""

    def __init__(self, receiver: FakeReceiver) -> None:
        super().__init__("http://127.0.0.1:1")
        self.receiver = receiver
        self.faults_ordered: list[str] = []
        self.sessions: dict[str, str] = {}
        self.arrived: set[str] = set()
        self._log: list[dict[str, Any]] = []

    def register(self, phone: str, name: str, **_: Any) -> AccountInfo:
        return {}  # type: ignore[typeddict-item]

    def scan(self, phone: str, qr: str) -> str:
        self.sessions[phone] = qr
        return "device"

    def write(self, phone: str, to: str, body: str | None = None, *, quoted: str | None = None) -> str:
        message_id = f"M{len(self._log)}"
        self._log.append({"event": "send", "id": message_id, "t": time.monotonic()})
        self.receiver.take(self.sessions[to], str(body))
        return message_id

    def log(self, after: int = 0, wait: float = 0) -> list[dict[str, Any]]:
        return self._log[after:]

    def inbox(self, phone: str, after: int = 0, wait: float = 0) -> list[InboxLine]:
        end = time.monotonic() + wait
        while phone not in self.arrived and time.monotonic() < end:
            time.sleep(0.001)
        return [{}] if phone in self.arrived else []  # type: ignore[typeddict-item]

    def fault(self, kind: str, **_: Any) -> str:
        self.faults_ordered.append(kind)
        return "F"


class FakeReceiver(Receiver):
    def __init__(self) -> None:
        self._came: list[Arrival] = []

    def take(self, session: str, body: str) -> None:
        event = {"sessionId": session, "message": {"body": body}}
        self._came.append(Arrival(time.monotonic(), ReceivedWebhook(b"", {}, event)))

    def wait_for(self, wanted: Callable[[Mapping[str, Any]], bool], what: str, limit: float = 0) -> Arrival:
        return next(one for one in self._came if wanted(one.event))


class Fake:
    """Does all at once. `broken` are the things that it cannot do: names of methods."""

    name = "fake"

    def __init__(self, *broken: str) -> None:
        self.broken = set(broken)
        self.is_up = self.has_ended = False
        self.restarted_with: list[Sequence[str]] = []
        self.misses: set[str] = set()
        """Sessions that never connect."""
        self.closed: set[str] = set()
        self.arrive: Callable[[str], object] = lambda _: None
        self.mortal = True
        """Whether a death is the end of it."""

    def up(self, sessions: Sequence[str] = ()) -> None:
        self._do("up")
        self.is_up = True
        self.restarted_with.append(list(sessions))

    def down(self) -> None:
        self.is_up = False

    def open(self, session: str) -> None:
        self._do("open")

    def qr(self, session: str, since: float) -> str:
        return session

    def connected_at(self, session: str, since: float) -> float:
        if session in self.misses:
            raise Failed("not connected")
        return time.monotonic()

    def close(self, session: str) -> None:
        self.closed.add(session)
        self._do("close")

    def send(self, session: str, to: str, text: str) -> None:
        self._do("send")
        self.arrive(to)

    def send_file(self, session: str, to: str, file: File) -> None:
        self._do("send_file")

    def told_at(self, session: str, text: str) -> float | None:
        return None

    def gateway(self) -> psutil.Process:
        return psutil.Process()

    def browser(self, session: str) -> psutil.Process:
        return Unkillable(self)

    def processes(self) -> set[psutil.Process]:
        return {psutil.Process()}

    def kill_gateway(self) -> None:
        self.is_up = False

    def end(self) -> None:
        self.has_ended = True

    def _do(self, what: str) -> None:
        if what in self.broken:
            raise Failed(what)


class Unkillable(psutil.Process):
    """This very process in a browser's place."""

    def __init__(self, owner: Fake) -> None:
        super().__init__()
        self.owner = owner

    def kill(self) -> None:
        if self.owner.mortal:
            self.owner.broken.add("send")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    receiver = FakeReceiver()
    with FileServer() as web:
        yield Place(tmp_path, FakePhones(receiver), 1, receiver, web)


def played(contestant: Contestant, place: Place, plan: Plan = PLAN) -> Run:
    run = Run(contestant, place, plan)
    if isinstance(contestant, Fake) and isinstance(place.phones, FakePhones):
        contestant.arrive = place.phones.arrived.add
    for _ in play(run, lambda _: None):
        pass
    return run


def test_whoever_does_all_has_all_figures(place: Place):
    fake = Fake()
    fake.mortal = False
    run = played(fake, place)
    assert run.failures == {}
    assert {
        key: len(run.figures[key]) for key in ("start_to_qr", "kept_login", "send", "inbound", "media_16")
    } == {
        "start_to_qr": 2,
        "kept_login": 2,
        "send": 3,
        "inbound": 3,
        "media_16": 1,
    }
    assert {"pss_1", "uss_2", "pss_3", "pss_heavy", "idle", "restart_1", "restart_3"} <= run.figures.keys()
    assert (run.figures["chrome_back"], run.figures["gateway_back"]) == ([1.0], [100.0])
    assert "inbound_callback" not in run.figures


def test_a_restart_names_the_sessions_that_were_connected(place: Place):
    fake = Fake()
    fake.mortal = False
    played(fake, place)
    everyone = ["cliente-0", "cliente-1", "cliente-2"]
    assert fake.restarted_with == [[], ["cliente-0"], everyone, everyone]


def test_the_page_grows_heavy_for_every_session(place: Place):
    played(Fake(), place)
    assert isinstance(place.phones, FakePhones)
    assert place.phones.faults_ordered == 3 * ["heap_mb", "history_sync"]


def test_a_step_that_fails_is_told_and_the_story_goes_on(place: Place):
    fake = Fake("send_file")
    run = played(fake, place)
    assert run.failures == {"media": "Failed: send_file"}
    assert "pss_heavy" in run.figures
    assert fake.has_ended


def test_a_start_that_fails_leaves_nothing_behind_and_another_takes_its_place(place: Place):
    fake = Fake()
    fake.mortal = False
    fake.misses = {"inicio-0", "cliente-1"}
    run = played(fake, place)
    assert run.crowd == ["cliente-0", "cliente-2", "cliente-3"]
    assert len(run.figures["start_to_qr"]) == 1
    assert fake.closed >= fake.misses
    assert run.failures.keys() == {"inícios"}


def test_who_misses_every_start_is_given_up(place: Place):
    fake = Fake()
    fake.misses = {f"cliente-{number}" for number in range(100)}
    assert "first" in played(fake, place).failures


def test_who_does_not_come_up_plays_nothing_and_is_ended(place: Place):
    fake = Fake("up")
    run = played(fake, place)
    assert run.failures.keys() == {"up"}
    assert run.figures == {}
    assert fake.has_ended


def test_a_chrome_that_stays_dead_is_told_as_zero(place: Place):
    run = played(Fake(), place)
    assert run.figures["chrome_back"] == [0.0]
    assert "chrome_back_seconds" not in run.figures
    assert run.figures["gateway_back"] == [0.0]


def test_sessions_are_counted_while_they_fit(place: Place):
    own = psutil.Process().memory_full_info().pss / 2**20
    # The whole weighs the same here, however many share it: with two of them a third would be half of it more.
    plan = replace(PLAN, crowds=(1, 2), count_mb=1.2 * own)
    assert played(Fake(), place, plan).figures["counted"] == [2.0]


def results(tmp_path: Path, **figures: Mapping[str, float]) -> Results:
    """By contestant: `ours` is wppmt, `shell` its other engine, `peer` wppconnect."""
    names = {"ours": CHROME, "shell": SHELL, "peer": PEER}
    made = Results(tmp_path / "race.json", MACHINE)
    for who, values in figures.items():
        made.played.append(Played(names[who], 1, True, {key: [value] for key, value in values.items()}))
    return made


@pytest.mark.parametrize(("ours", "enough"), [(0.64, True), (0.65, True), (0.66, False)])
def test_a_ratio_is_of_the_peer_in_the_same_race(tmp_path: Path, ours: float, enough: bool):
    goal = Goal("", measured("start_to_qr"), "s", "", server=100.0, ratio=0.65)
    found = reached(goal, results(tmp_path, ours={"start_to_qr": ours}, peer={"start_to_qr": 1.0}), CHROME)
    assert found is not None
    assert found.is_enough is enough
    assert found.of_server == pytest.approx(ours / 100)


def test_without_the_peer_a_ratio_is_not_reached(tmp_path: Path):
    goal = Goal("", measured("start_to_qr"), "s", "", server=100.0, ratio=0.65)
    found = reached(goal, results(tmp_path, ours={"start_to_qr": 0.1}), CHROME)
    assert found is not None
    assert not found.is_enough


def test_what_was_not_measured_is_neither_reached_nor_missed(tmp_path: Path):
    assert reached(GOALS[0], results(tmp_path, ours={}), CHROME) is None


def test_sessions_in_4_gb_follow_from_what_one_more_weighs(tmp_path: Path):
    # 100 MB without a session and 80 for each: (4096 - 100) / 80.
    figures = {"pss_5": 100.0, "pss_10": 90.0, "gateway_5": 60.0, "gateway_10": 61.0}
    made = results(tmp_path, ours=figures)
    assert goals.sessions_in_4_gb(made, CHROME) == 49
    # One in ten has a browser: 8 MB, and 0.9 of the gateway's 0.2 MB for those that sleep.
    assert goals.with_nine_in_ten_asleep(made, CHROME) == 488


def test_the_text_has_every_figure_and_every_failure(tmp_path: Path):
    made = results(tmp_path, ours={key: 1.0 for key, _, _ in ROWS}, peer={"pss_10": 4.0})
    made.played[1].failures["media"] = "Failed: too large"
    said = text(made)
    for _, title, _ in ROWS:
        assert title in said
    assert "0,25 ×" in said
    assert "`media` falhou: Failed: too large" in said


def test_what_nobody_measured_has_no_bar(tmp_path: Path):
    assert "–" in drawing(results(tmp_path, ours={"pss_10": 90.0}, peer={}))


def test_a_race_that_was_broken_off_goes_on_with_its_whole_stories(tmp_path: Path):
    made = results(tmp_path, ours={"idle": 1.0}, peer={"idle": 2.0})
    made.played[1].done = False
    made.write()
    again = Results.resumed(made.file, MACHINE)
    assert again.has(CHROME, 1)
    assert not again.has(PEER, 1)
    assert again.median(CHROME, "idle") == 1.0


def test_steps_have_names_of_their_own():
    assert {step.__name__ for step in STORY} >= {"starts", "restart", "heavy", "gateway_dies"}
