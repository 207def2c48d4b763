"""The production scheduler: real Pykka threads and a real event loop, asked as the HTTP front asks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from actors.runtime.dependencies import RuntimeDependencies
from actors.runtime.directory import Directory, PendingReply
from actors.runtime.effects import Answer, Ask, Effect, Tell, Wake
from actors.runtime.interpreter import Interpreter
from actors.runtime.pykka_threads import PykkaThreads
from actors.session.messages import Ping, Pong
from tests.support import eventually
from wppmt.browser.fake.browsers import FakeBrowsers
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR
from wppmt.media.received import ReceivedMediaFiles


@dataclass
class Mind:
    """Does what it is asked to: each message is a function of this mind that gives effects."""

    seen: list[object] = field(default_factory=list)

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        self.seen.append(message)
        if isinstance(message, Ask):
            return [Answer(message.reply, message.message())]
        effects = message() if callable(message) else ()
        return effects if isinstance(effects, list) else ()


@dataclass
class Ground:
    directory: Directory
    runtime: Interpreter
    threads: PykkaThreads
    logs: list[tuple[str, dict[str, object]]]

    def spawn(self, address: str) -> Mind:
        mind = Mind()
        self.runtime.spawn(address, mind)
        return mind


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    loop = asyncio.get_running_loop()
    logs: list[tuple[str, dict[str, object]]] = []
    directory, threads = Directory(), PykkaThreads(loop)

    def log(event: str, session_id: str | None = None, /, *, level: Any = "", **details: object) -> None:
        logs.append((event, details))

    world = RuntimeDependencies(
        now=loop.time,
        browsers=FakeBrowsers(loop.call_later, loop.time),
        new_session=lambda _: Mind(),
        new_shared_actor=lambda _: (Mind(), "first"),
        post=lambda _, __: None,
        log=log,
        received=ReceivedMediaFiles(tmp_path, limit=10, quota=10, keep_seconds=10, now=loop.time),
    )
    yield Ground(directory, Interpreter(directory, threads, world), threads, logs)
    await asyncio.to_thread(threads.stop)


def fail_with(error: BaseException) -> Callable[[], Any]:
    def fail() -> None:
        raise error

    return fail


async def test_an_ask_is_answered_on_the_loop(ground: Ground):
    ground.spawn("a")
    names = await ground.directory.ask("a", lambda: threading.current_thread().name, 5)
    assert names != threading.current_thread().name


async def test_a_refusal_is_raised_to_whoever_asked(ground: Ground):
    ground.spawn("a")
    with pytest.raises(Refusal) as refused:
        await ground.directory.ask("a", fail_with(Refusal(Code.QUEUE_FULL)), 5)
    assert refused.value.code is Code.QUEUE_FULL
    assert await ground.directory.ask("a", lambda: "still there", 5) == "still there"


async def test_an_unknown_address_is_no_session(ground: Ground):
    with pytest.raises(Refusal) as refused:
        await ground.directory.ask("x", None, 5)
    assert refused.value.code is Code.SESSION_NOT_FOUND


async def test_what_was_not_taken_up_in_time_is_never_done(ground: Ground):
    mind, gate = ground.spawn("a"), threading.Event()
    ground.directory.tell("a", gate.wait)
    done: list[str] = []
    with pytest.raises(Refusal) as refused:
        await ground.directory.ask("a", lambda: done.append("late"), 0.05)
    assert refused.value.code is Code.SESSION_BUSY
    gate.set()
    assert await ground.directory.ask("a", lambda: "next", 5) == "next"
    assert done == []
    assert len(mind.seen) == 2


async def test_what_was_taken_up_but_not_answered_in_time_is_unknown(ground: Ground):
    ground.spawn("a")
    gate = threading.Event()
    with pytest.raises(Refusal) as refused:
        # Time enough for its thread to take it up.
        await ground.directory.ask("a", gate.wait, 0.25)
    assert refused.value.code is Code.OUTCOME_UNKNOWN
    gate.set()
    assert await ground.directory.ask("a", lambda: "next", 5) == "next"


async def test_when_nobody_is_left_to_answer_every_asker_hears_it_at_once(ground: Ground):
    ground.spawn("a")
    gate, taken = threading.Event(), threading.Event()
    done: list[str] = []

    def hold() -> None:
        taken.set()
        gate.wait()

    asking = [
        asyncio.create_task(ground.directory.ask("a", question, 60))
        for question in (hold, lambda: done.append("late"))
    ]
    await eventually(taken.is_set)
    ground.directory.expire_all()
    refused = await asyncio.gather(*asking, return_exceptions=True)
    assert [error.code for error in refused if isinstance(error, Refusal)] == [
        Code.OUTCOME_UNKNOWN,
        Code.SESSION_BUSY,
    ]
    gate.set()
    assert await ground.directory.ask("a", lambda: "next", 5) == "next"
    assert done == []


async def test_whoever_goes_away_before_it_is_taken_up_leaves_nothing_behind(ground: Ground):
    ground.spawn("a")
    gate, done = threading.Event(), []
    ground.directory.tell("a", gate.wait)
    asking = asyncio.create_task(ground.directory.ask("a", lambda: done.append("late"), 5))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    gate.set()
    await ground.directory.ask("a", lambda: None, 5)
    assert done == []


@pytest.mark.parametrize(
    "error",
    [SystemExit(1), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError(), ValueError("x")],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("by", ["ask", "tell"])
async def test_whatever_a_handler_raises_ends_that_actor_alone(ground: Ground, error: BaseException, by: str):
    ground.spawn("a")
    ground.spawn("b")
    if by == "tell":
        ground.directory.tell("a", fail_with(error))
    else:
        with pytest.raises(Refusal) as refused:
            await ground.directory.ask("a", fail_with(error), 5)
        assert refused.value.code is Code.OUTCOME_UNKNOWN
    await eventually(lambda: not ground.directory.is_alive("a"))
    assert await ground.directory.ask("b", lambda: "untouched", 5) == "untouched"
    assert [event for event, _ in ground.logs] == ["actor_failed"]
    assert ground.logs[0][1]["error"] == type(error).__name__


async def test_a_dead_actor_refuses_and_does_nothing(ground: Ground):
    ground.spawn("a")
    ground.directory.tell("a", fail_with(SystemExit()))
    await eventually(lambda: not ground.directory.is_alive("a"))
    with pytest.raises(Refusal) as refused:
        await ground.directory.ask("a", lambda: None, 5)
    assert refused.value.code is Code.SESSION_BUSY


async def test_what_an_abandoned_actor_still_decides_does_not_happen(ground: Ground):
    ground.spawn("witness")
    old, gate = ground.spawn("a"), threading.Event()

    def decide_late() -> list[Effect]:
        gate.wait()
        return [Tell("witness", "from the old one"), Wake(0.0, "alarm")]

    ground.directory.tell("a", decide_late)
    await eventually(lambda: old.seen)
    ground.directory.tell("a", "left in its mail")
    new = ground.spawn("a")
    gate.set()
    await ground.directory.ask("a", lambda: None, 5)
    witness = await ground.directory.ask("witness", lambda: "nothing", 5)
    assert witness == "nothing"
    assert old.seen == [decide_late]
    assert len(new.seen) == 1


async def test_alarms_reach_the_actor_that_set_them_and_no_other(ground: Ground):
    old = ground.spawn("a")
    ground.directory.tell("a", lambda: [Wake(0.01, "mine")])
    await eventually(lambda: "mine" in old.seen)
    ground.directory.tell("a", lambda: [Wake(0.1, "the old one's")])
    await eventually(lambda: len(old.seen) >= 3)
    new = ground.spawn("a")
    ground.directory.tell("a", lambda: [Wake(0.15, "the new one's")])
    await eventually(lambda: "the new one's" in new.seen)
    assert "the old one's" not in new.seen


async def test_every_actor_answers_pings(ground: Ground):
    root = ground.spawn(ROOT_ACTOR)
    mind = ground.spawn("a")
    ground.directory.tell("a", Ping())
    await eventually(lambda: Pong("a") in root.seen)
    assert mind.seen == []


async def test_what_blocks_is_done_aside(ground: Ground):
    gate, done = threading.Event(), []

    def block() -> None:
        gate.wait()
        done.append(threading.current_thread().name)

    ground.threads.run_blocking(block)
    ground.spawn("a")
    assert await ground.directory.ask("a", lambda: "free", 5) == "free"
    gate.set()
    await eventually(lambda: done)


async def test_stopping_ends_every_actor_and_waits_for_no_stuck_one(ground: Ground):
    ground.spawn("a")
    ground.threads.stop()
    assert not ground.directory.is_alive("a")


def test_a_closed_loop_troubles_no_actor():
    loop = asyncio.new_event_loop()
    reply = PendingReply(loop)
    threads = PykkaThreads(loop)
    loop.close()
    assert reply.take()
    reply.answer("nobody waits")
    threads.later(0.0, lambda: None)
    threads.run_blocking(lambda: None)


def test_taken_and_withdrawn_exclude_each_other():
    """Whoever comes first wins, and both sides agree on who that was."""
    loop = asyncio.new_event_loop()
    with closing(loop), ThreadPoolExecutor(2) as pool:
        for _ in range(300):
            reply = PendingReply(loop)
            taken, withdrawn = pool.submit(reply.take), pool.submit(reply.withdraw)
            assert taken.result() != withdrawn.result()
