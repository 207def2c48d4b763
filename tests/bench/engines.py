"""What each process of a browser weighs, by engine and with other switches than the usual; prints one table.

    .venv/bin/python -m tests.bench.engines --sessions 5 --engine chrome --engine headless-shell
    .venv/bin/python -m tests.bench.engines --with=--in-process-gpu --without=--disable-gpu

Every browser is connected on the simulator's page, and has rested. Without the daemon. About 3 s a session. `own` is what a
session's processes share with nobody else: it does not depend on how many browsers run. PSS does, by the program's file.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life, process
from tests.system.tenant import new_phone
from wppmt.browser.chrome import processes
from wppmt.browser.chrome.browsers import ChromeBrowsers
from wppmt.browser.chrome.settings import ChromeSettings
from wppmt.domain.engines import Engine
from wppmt.simulator.client import Simulator

MOST = 12
"""Sessions at once."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Megabytes (2^20 bytes)."""

    pss: float = 0.0
    uss: float = 0.0
    own: float = 0.0
    """What is in no file, and shared within the session at most."""

    def __add__(self, other: Weight) -> Weight:
        return Weight(self.pss + other.pss, self.uss + other.uss, self.own + other.own)

    def __truediv__(self, share: int) -> Weight:
        return Weight(self.pss / share, self.uss / share, self.own / share)


def weigh(pid: int) -> Weight:
    """Zeros, where it is gone."""
    kilobytes: dict[str, int] = defaultdict(int)
    with contextlib.suppress(OSError):
        for line in (processes.PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]:
            name, value, *_ = line.split()
            kilobytes[name.rstrip(":")] = int(value)
    private = sum(value for name, value in kilobytes.items() if name.startswith("Private_"))
    own = kilobytes["Pss_Anon"] + kilobytes["Pss_Shmem"]
    return Weight(kilobytes["Pss"] / 1024, private / 1024, own / 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Varied(ChromeSettings):
    """Chrome's settings with other switches."""

    more: Sequence[str] = ()
    less: Sequence[str] = ()
    off: Sequence[str] = ()
    """Features beside those that are off anyway."""

    def command(self, profile: Path, proxy: str = "") -> Sequence[str]:
        *usual, page = ChromeSettings.command(self, profile, proxy)
        kept = [one for one in usual if one.partition("=")[0] not in self.less and one not in self.less]
        named = [
            f"{one},{','.join(self.off)}" if one.startswith("--disable-features=") and self.off else one
            for one in kept
        ]
        return [*named, *self.more, page]


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one session, on average: by kind of process; processor time so far; median time until connected and saved."""

    kinds: Mapping[str, Weight]
    cpu_seconds: float
    start_seconds: float

    @property
    def whole(self) -> Weight:
        return sum(self.kinds.values(), Weight())


def measure(ground: ChromeGround, browsers: ChromeBrowsers, count: int, rest: float) -> Measured:
    """Ends all that it opened."""
    with ExitStack() as down:
        lives, starts = [], []
        for number in range(count):
            life = Life(browsers.open(f"s{number}"), f"s{number}")
            down.callback(life.browser.stop)
            began = time.monotonic()
            pair(ground, life, new_phone(), browsers)
            starts.append(time.monotonic() - began)
            lives.append(life)
        time.sleep(rest)
        found: dict[str, list[Weight]] = defaultdict(list)
        for life in lives:
            for pid in processes.members(process(life).group):
                found[_kind(pid)].append(weigh(pid))
        cpu = sum(life.browser.load().cpu_seconds for life in lives) / count
    kinds = {kind: sum(weights, Weight()) / count for kind, weights in found.items()}
    return Measured(kinds, cpu, statistics.median(starts))


def _kind(pid: int) -> str:
    """As its command line tells."""
    arguments = " ".join(processes.arguments_of(pid))
    kind = re.search(r"--type=(\S+)", arguments)
    if not kind:
        return "browser"
    if part := re.search(r"--utility-sub-type=(?:\w+\.mojom\.)?(\S+)", arguments):
        return part[1]
    return kind[1]


@contextmanager
def grounds(folder: Path) -> Iterator[ChromeGround]:
    """A simulator, and Chrome's settings on it."""
    command = [sys.executable, "-m", "wppmt.simulator", "--control-port", "0", "--page-port", "0"]
    with subprocess.Popen(
        [*command, "--state-dir", str(folder / "simulator")], stdout=subprocess.PIPE, text=True
    ) as simulator:
        assert simulator.stdout
        told = json.loads(simulator.stdout.readline())
        yield ChromeGround(folder / "tokens", Simulator(told["control"]), int(told["pagePort"]))
        simulator.terminate()


def varied(settings: ChromeSettings, engine: str, asked: argparse.Namespace) -> Varied:
    usual = {field.name: getattr(settings, field.name) for field in dataclasses.fields(ChromeSettings)}
    environment = dict(one.split("=", 1) for one in asked.env)
    return Varied(
        **{**usual, "engine": engine, "environment": environment},
        more=asked.more,
        less=asked.less,
        off=asked.off,
    )


def table(found: Mapping[str, Measured]) -> str:
    """One line for each kind of process; megabytes a session."""
    kinds = sorted({kind for one in found.values() for kind in one.kinds}, key=_by_weight(found))
    lines = ["| processo | " + " | ".join(f"{name}: PSS / USS / own" for name in found) + " |"]
    lines.append("|---|" + "---|" * len(found))
    for kind in kinds:
        cells = (one.kinds.get(kind) for one in found.values())
        lines.append(f"| {kind} | " + " | ".join(_cell(cell) for cell in cells) + " |")
    lines.append("| **sessão** | " + " | ".join(_cell(one.whole) for one in found.values()) + " |")
    for name, seconds in (("processador", "cpu_seconds"), ("início → login gravado", "start_seconds")):
        times = (f"{getattr(one, seconds):.2f} s" for one in found.values())
        lines.append(f"| {name} | " + " | ".join(times) + " |")
    return "\n".join(lines)


def _cell(weight: Weight | None) -> str:
    return f"{weight.pss:.1f} / {weight.uss:.1f} / {weight.own:.1f}" if weight else "–"


def _by_weight(found: Mapping[str, Measured]) -> Callable[[str], float]:
    return lambda kind: -max(one.kinds.get(kind, Weight()).pss for one in found.values())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.engines", description=__doc__)
    parser.add_argument(
        "--engine", action="append", choices=[*Engine], help="each in turn; chrome if none is named"
    )
    parser.add_argument("--sessions", type=int, default=3, choices=range(1, MOST + 1))
    parser.add_argument(
        "--rest", type=float, default=8.0, help="seconds between the last start and the scales"
    )
    parser.add_argument("--with", dest="more", action="append", default=[], metavar="SWITCH")
    parser.add_argument("--without", dest="less", action="append", default=[], metavar="SWITCH")
    parser.add_argument("--off", action="append", default=[], metavar="FEATURE", help="beside those that are")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    asked = parser.parse_args()
    found = {}
    for engine in asked.engine or [Engine.CHROME]:
        with (
            tempfile.TemporaryDirectory(prefix="wppmt-bench-", ignore_cleanup_errors=True) as folder,
            grounds(Path(folder)) as ground,
        ):
            browsers = ChromeBrowsers(varied(ground.settings, engine, asked))
            found[engine] = measure(ground, browsers, asked.sessions, asked.rest)
    print(table(found))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
