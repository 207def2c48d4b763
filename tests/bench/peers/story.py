"""The one story that every contestant plays, step by step; what it measures, by key. A step that fails is told, and it goes on."""

from __future__ import annotations

import base64
import itertools
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import psutil

from tests.bench.peers.contestant import Contestant, Failed, File, Place
from tests.bench.weights import Weight, cpu_percent, weigh
from tests.system import files, processes
from tests.system.tenant import new_phone, new_text

T = TypeVar("T")
HEAP_MB, CHATS = 100, 500
"""Of the heavy page."""
MEGABYTE = 1_000_000
PAUSE_SECONDS = 0.05
REACH_SECONDS = 0.2
"""From the code on the screen to the scan."""
MISSED_AT_MOST = 3
COUNTED_AT_MOST = 95


@dataclass(frozen=True, slots=True)
class Plan:
    """How often, how many, how long."""

    starts: int = 3
    sends: int = 30
    crowds: tuple[int, ...] = (1, 5, 10)
    media: int = 2
    settle_seconds: float = 4.0
    quiet_seconds: float = 75.0
    """After the last page has loaded: what a page does late is no rest. WhatsApp's loads modules in waves, and every Chrome
    tidies its memory in the first minute."""
    idle_seconds: float = 20.0
    back_seconds: float = 20.0
    """How long a contestant has to come back from a death."""
    notice_seconds: float = 1.0
    """After a death, before anything is sent: what is handed to a page as it dies is in doubt, and waits on purpose."""
    count_mb: float = 0.0
    """More sessions, until all of it weighs so much; 0: not counted."""


QUICK = Plan(
    starts=1,
    sends=5,
    crowds=(1, 2),
    media=1,
    settle_seconds=1.0,
    quiet_seconds=5.0,
    idle_seconds=3.0,
    back_seconds=10.0,
)


@dataclass(slots=True)
class Run:
    """One contestant on its way through the story."""

    contestant: Contestant
    place: Place
    plan: Plan
    figures: dict[str, list[float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    crowd: list[str] = field(default_factory=list)
    """Connected sessions."""
    phones: dict[str, str] = field(default_factory=dict)
    missed: dict[str, str] = field(default_factory=dict)
    """Starts that failed, and why."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def note(self, key: str, *values: float) -> None:
        self.figures.setdefault(key, []).extend(values)

    def person(self) -> str:
        """A number without a session."""
        phone = new_phone()
        self.place.phones.register(phone, "Pessoa")
        return phone

    def pair(self, session: str) -> tuple[float, float]:
        """A new session with a new number: seconds until its code was there, and from the scan until it was connected."""
        phone = self.phones[session] = self.person()
        asked = time.monotonic()
        self.contestant.open(session)
        code = self.contestant.qr(session, asked)
        shown = time.monotonic()
        time.sleep(REACH_SECONDS)
        scanned = time.monotonic()
        self.place.phones.scan(phone, code)
        return shown - asked, self.contestant.connected_at(session, scanned) - scanned

    def tries(self, session: str, start: Callable[[str], T]) -> T | None:
        """None for a start that failed: nothing of it stays to be weighed with the others."""
        try:
            return start(session)
        except Failed as failure:
            self.missed[session] = str(failure)
            with suppress(Exception):
                self.contestant.close(session)
            with suppress(Exception):
                self.contestant.browser(session).kill()
            return None

    def grow(self, size: int) -> None:
        """So many are connected, and each has sent and received."""
        person = self.person()
        while len(self.crowd) < size:
            session = f"cliente-{next(self._numbers)}"
            if self.tries(session, self.pair) is not None:
                self.crowd.append(session)
            elif len(self.missed) > MISSED_AT_MOST:
                raise Failed(f"{len(self.missed)} inícios falharam: {self.missed}")
        for session in self.crowd:
            self.contestant.send(session, person, new_text())
            receive(self, session, person)

    def weigh(self, name: str) -> None:
        """PSS and USS of everything, for each session, and the gateway's own."""
        time.sleep(self.plan.settle_seconds)
        everything: Weight = weigh(self.contestant.processes())
        own = weigh([self.contestant.gateway()])
        self.note(f"pss_{name}", everything.pss / len(self.crowd))
        self.note(f"uss_{name}", everything.uss / len(self.crowd))
        self.note(f"gateway_{name}", own.pss)


Step = Callable[[Run], None]


def up(run: Run) -> None:
    run.contestant.up()


def starts(run: Run) -> None:
    """Each alone, on a new profile; then once more with the login that it kept."""

    def first_time(session: str) -> None:
        to_qr, to_connected = run.pair(session)
        run.note("start_to_qr", to_qr)
        run.note("scan_to_connected", to_connected)
        run.contestant.close(session)

    def once_more(session: str) -> None:
        asked = time.monotonic()
        run.contestant.open(session)
        run.note("kept_login", run.contestant.connected_at(session, asked) - asked)
        run.contestant.close(session)

    for number in range(run.plan.starts):
        session = f"inicio-{number}"
        run.tries(session, first_time)
        # Who loses the login of a moment ago has shown its code all the same.
        run.tries(session, once_more)


def first(run: Run) -> None:
    run.grow(1)
    run.weigh("1")


def sends(run: Run) -> None:
    """One after the other."""
    run.note("send", *send_times(run, run.crowd[0], run.person(), run.plan.sends))


def inbound(run: Run) -> None:
    person, session = run.person(), run.crowd[0]
    _receive_many(run, session, person, "inbound")


def media(run: Run) -> None:
    """1 MB handed over with the call, 16 MB by address."""
    person, session = run.person(), run.crowd[0]
    small = File("pequeno.pdf", base64=base64.b64encode(files.document(MEGABYTE)).decode())
    large = File("grande.pdf", url=run.place.web.put("grande.pdf", files.document(16 * MEGABYTE)))
    for key, file in (("media_1", small), ("media_16", large)):
        for _ in range(run.plan.media):
            began = time.monotonic()
            run.contestant.send_file(session, person, file)
            run.note(key, time.monotonic() - began)


def restart(run: Run) -> None:
    """The process ends in order and starts: until all sessions that were connected are so again."""
    size = len(run.crowd)
    began = time.monotonic()
    run.contestant.down()
    run.note(f"stop_{size}", time.monotonic() - began)
    began = time.monotonic()
    run.contestant.up(run.crowd)
    back = [run.contestant.connected_at(session, began) for session in run.crowd]
    run.note(f"restart_{size}", max(back) - began)


def more(run: Run) -> None:
    """The sizes between the first and the largest."""
    for size in run.plan.crowds[1:-1]:
        run.grow(size)
        run.weigh(str(size))


def largest(run: Run) -> None:
    run.grow(run.plan.crowds[-1])


def at_rest(run: Run) -> None:
    """Of all sessions: processor, then memory."""
    time.sleep(run.plan.quiet_seconds)
    run.note("idle", cpu_percent(run.contestant.processes, run.plan.idle_seconds))
    run.weigh(str(len(run.crowd)))


def at_once(run: Run) -> None:
    """All sessions at the same time, each one message after the other."""
    person = run.person()
    began = time.monotonic()
    with ThreadPoolExecutor(len(run.crowd)) as callers:
        jobs = [
            callers.submit(send_times, run, session, person, run.plan.sends // 3) for session in run.crowd
        ]
        times = [value for job in jobs for value in job.result()]
    run.note("at_once", *times)
    run.note("at_once_rate", len(times) / (time.monotonic() - began))


def heavy(run: Run) -> None:
    """Each page with 100 MB more on its heap and 500 chats: memory, sends, inbound."""
    for session in run.crowd:
        phone = run.phones[session]
        run.place.phones.fault("heap_mb", phone=phone, mb=HEAP_MB)
        run.place.phones.fault("history_sync", phone=phone, chats=CHATS, messages=1)
    time.sleep(run.plan.settle_seconds)
    run.weigh("heavy")
    person, session = run.person(), run.crowd[0]
    run.note("send_heavy", *send_times(run, session, person, run.plan.sends // 2))
    _receive_many(run, session, person, "inbound_heavy")


def count(run: Run) -> None:
    """How many sessions there are, all connected, when the next one would be too heavy."""
    if not run.plan.count_mb:
        return
    while len(run.crowd) < COUNTED_AT_MOST and _weight_of_one_more(run) <= run.plan.count_mb:
        run.grow(len(run.crowd) + 1)
    run.note("counted", float(len(run.crowd)))


def _weight_of_one_more(run: Run) -> float:
    """MB of all of it, with one session more of their mean weight."""
    return weigh(run.contestant.processes()).pss * (len(run.crowd) + 1) / len(run.crowd)


def chrome_dies(run: Run) -> None:
    """`kill -9` of one session's Chrome, and nobody does anything about it: seconds until a message of that session arrives."""
    session = run.crowd[-1]
    run.contestant.browser(session).kill()
    killed = time.monotonic()
    time.sleep(run.plan.notice_seconds)
    came_back = _sends_again(run, session, killed)
    run.note("chrome_back", 1.0 if came_back else 0.0)
    if came_back:
        run.note("chrome_back_seconds", came_back - killed)
    else:
        run.crowd.remove(session)


def gateway_dies(run: Run) -> None:
    """`kill -9` of the gateway, and a start as systemd would: whose messages arrive again, how soon, and who is left over."""
    before = run.contestant.processes()
    run.contestant.kill_gateway()
    began = time.monotonic()
    run.contestant.up(run.crowd)
    with ThreadPoolExecutor(len(run.crowd)) as callers:
        back = list(callers.map(lambda session: _sends_again(run, session, began), run.crowd))
    came_back = [moment - began for moment in back if moment]
    run.note("gateway_back", 100 * len(came_back) / len(run.crowd))
    if came_back:
        run.note("gateway_back_seconds", max(came_back))
    mine = run.contestant.processes()
    run.note("gateway_orphans", len([one for one in processes.alive(before) - mine if is_browser(one)]))


STORY: Sequence[Step] = (
    starts,
    first,
    sends,
    inbound,
    media,
    restart,
    more,
    largest,
    at_rest,
    at_once,
    restart,
    count,
    heavy,
    chrome_dies,
    gateway_dies,
)
"""With one session, then with more of them; what breaks things comes last."""


def play(run: Run, told: Callable[[str], None]) -> Iterator[Run]:
    """Every step, whatever became of those before; gives the run after each. `told` hears what comes next.

    Who does not even come up plays nothing.
    """
    try:
        for number, step in enumerate((up, *STORY)):
            told(f"{run.contestant.name}: {step.__name__} ({number} de {len(STORY)})")
            went_well = _took(step, run, told)
            yield run
            if step is up and not went_well:
                return
    finally:
        run.contestant.end()
        if run.missed:
            run.failures["inícios"] = str(run.missed)


def _took(step: Step, run: Run, told: Callable[[str], None]) -> bool:
    try:
        step(run)
    except Exception as failure:  # noqa: BLE001 - a foreign program may fail in any way
        run.failures[step.__name__] = f"{type(failure).__name__}: {str(failure)[-300:]}"
        told(f"{run.contestant.name}: {step.__name__} falhou: {run.failures[step.__name__]}")
        return False
    return True


def send_times(run: Run, session: str, person: str, count: int) -> list[float]:
    """Seconds of each, from the call to its answer."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        run.contestant.send(session, person, new_text())
        times.append(time.perf_counter() - began)
    return times


def receive(run: Run, session: str, person: str) -> tuple[str, str]:
    """Somebody writes to the session, and the webhook has come; the text and the message's id."""
    text = new_text()
    message_id = run.place.phones.write(person, run.phones[session], text)
    _arrival(run, session, text)
    return text, message_id


def _receive_many(run: Run, session: str, person: str, key: str) -> None:
    """From the moment the simulated server has each message to its webhook's arrival, and to the callback, if there is one."""
    seen = len(run.place.phones.log())
    came = [receive(run, session, person) for _ in range(run.plan.sends)]
    sent = {line["id"]: line["t"] for line in run.place.phones.log(after=seen) if line["event"] == "send"}
    for text, message_id in came:
        run.note(key, _arrival(run, session, text) - sent[message_id])
        told = run.contestant.told_at(session, text)
        if told is not None:
            run.note(f"{key}_callback", told - sent[message_id])


def _arrival(run: Run, session: str, text: str) -> float:
    return run.place.receiver.wait_for(
        lambda event: (event["sessionId"], event.get("message", {}).get("body")) == (session, text),
        f"{session} message",
    ).at


def _sends_again(run: Run, session: str, since: float) -> float | None:
    """When a message that was handed in after `since` arrived at a phone; None if none did in time.

    It is sent again and again: one that waits for the session's return counts as one that was refused and came later.
    """
    person = run.person()
    is_over = threading.Event()

    def insist() -> None:
        while not is_over.is_set():
            with suppress(Exception):
                run.contestant.send(session, person, new_text())
            is_over.wait(PAUSE_SECONDS)

    threading.Thread(target=insist, daemon=True).start()
    try:
        left = since + run.plan.back_seconds - time.monotonic()
        return time.monotonic() if run.place.phones.inbox(person, wait=left) else None
    finally:
        is_over.set()


def is_browser(process: psutil.Process) -> bool:
    """A Chrome itself, not one of its helpers."""
    with suppress(psutil.Error):
        command = process.cmdline()
        is_chrome = any(part.startswith("--user-data-dir=") for part in command)
        return is_chrome and not any(part.startswith("--type=") for part in command)
    return False


def medians(figures: dict[str, list[float]]) -> dict[str, float]:
    return {key: statistics.median(values) for key, values in figures.items() if values}
