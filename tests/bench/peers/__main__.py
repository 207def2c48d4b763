"""`make bench-peers`: wppmt and the libraries from npm play one story, in turns, on one simulator; table, JSON, drawing."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.bench.figures import machine
from tests.bench.peers.contestant import Contestant, Place
from tests.bench.peers.gateway import Gateway
from tests.bench.peers.goals import CHROME, PEER, ROOM_MB, SHELL
from tests.bench.peers.library import Library
from tests.bench.peers.report import drawing, text
from tests.bench.peers.results import Played, Results
from tests.bench.peers.story import QUICK, Plan, Run, play
from tests.simulator.conftest import SimulatorProcess
from tests.system.files import FileServer
from tests.system.receiver import Receiver

ROUNDS = 2
HEADLESS_SHELL = shutil.which("chromium-headless-shell")
MAKERS: Mapping[str, Callable[[Place], Contestant]] = {
    CHROME: partial(Gateway, CHROME),
    SHELL: partial(Gateway, SHELL, WPP_BROWSER_ENGINE="headless-shell"),
    PEER: partial(Library, PEER, "wppconnect"),
    "whatsapp-web.js": partial(Library, "whatsapp-web.js", "whatsapp_web"),
}


def main() -> None:
    arguments = _parsed()
    results = (
        Results.resumed(arguments.json, machine()) if arguments.resume else Results(arguments.json, machine())
    )
    plan = QUICK if arguments.quick else Plan(count_mb=ROOM_MB if arguments.count else 0)
    names = arguments.only or [name for name in MAKERS if name != SHELL or HEADLESS_SHELL]
    race(results, names, 1 if arguments.quick else arguments.rounds, plan)
    if not arguments.quick:
        arguments.svg.parent.mkdir(parents=True, exist_ok=True)
        arguments.svg.write_text(drawing(results), encoding="utf-8")
    print(text(results))  # noqa: T201 - what it is for


def race(results: Results, names: Sequence[str], rounds: int, plan: Plan) -> None:
    """A B C, A B C: what the machine does meanwhile meets all."""
    for number in range(1, rounds + 1):
        for name in names:
            if not results.has(name, number):
                _play(results, name, number, plan)


def _play(results: Results, name: str, number: int, plan: Plan) -> None:
    played = Played(name, number)
    results.played.append(played)
    with _place() as place:
        run = Run(MAKERS[name](place), place, plan, played.figures, played.failures)
        for _ in play(run, partial(progress, f"rodada {number}, ")):
            results.write()
    played.done = True
    results.write()


@contextmanager
def _place() -> Iterator[Place]:
    """New for each: nobody finds what another has left."""
    with (
        tempfile.TemporaryDirectory(prefix="wppmt-race-", ignore_cleanup_errors=True) as folder,
        Receiver() as receiver,
        FileServer() as web,
    ):
        simulator = SimulatorProcess(Path(folder) / "simulator")
        own = Path(folder) / "own"
        own.mkdir()
        try:
            yield Place(own, simulator.client, simulator.page_port, receiver, web)
        finally:
            simulator.stop()


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=MAKERS, metavar="NAME", help=f"of: {'; '.join(MAKERS)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each plays the story")
    parser.add_argument(
        "--quick", action="store_true", help="one round, two sessions: a look, no result, no drawing"
    )
    parser.add_argument(
        "--count", action="store_true", help="also count the sessions that 4 GB carry (minutes each)"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with what the JSON has: whole stories stay"
    )
    parser.add_argument(
        "--json", type=Path, default=Path("var/bench-peers.json"), help="where the figures go, step by step"
    )
    parser.add_argument(
        "--svg", type=Path, default=Path("docs/imagens/corrida.svg"), help="where the drawing goes"
    )
    return parser.parse_args()


_began = time.monotonic()


def progress(prefix: str, step: str) -> None:
    print(f"{time.monotonic() - _began:6.1f} s  {prefix}{step}", file=sys.stderr, flush=True)  # noqa: T201 - for who waits


if __name__ == "__main__":
    main()
