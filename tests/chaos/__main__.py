"""`make chaos`: drives tenants in real Chrome on the simulator, injects faults, judges what was recorded."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random, SystemRandom

from tests.chaos.closing import gather, settle
from tests.chaos.faults import Faults
from tests.chaos.figures import Verdict, verdict
from tests.chaos.ground import ground
from tests.chaos.history import History, Recorder
from tests.chaos.presets import PRESETS, Preset, Run, small_disk
from tests.system.daemon import ROOT
from wppmt.domain.engines import Engine

SHOWN = 12
"""Violations that are told one by one."""
MARGIN_SECONDS = 660.0
"""Beside its load: starting the tenants, coming to rest, stopping. Then the run is cut off."""
DISK_MIN_FREE_MB = 40
"""Where the profiles lie on a disk that is small itself."""
WITH_HIBERNATION = 0.25
"""Of the preset's load: who always has something to do never hibernates."""


def main() -> int:
    options = _options()
    if options.judge:
        return _tell(verdict(History.read(options.judge)), options)
    preset = PRESETS[options.preset]
    options.history.parent.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(options.history)
    with time_limit((options.seconds or preset.seconds) + MARGIN_SECONDS):
        try:
            play(preset, options, recorder)
        finally:
            recorder.close()
    return _tell(verdict(History.read(options.history)), options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="mix")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    parser.add_argument("--seconds", type=float, help="of load and faults; default: the preset's")
    parser.add_argument("--tenants", type=int, help="default: the preset's")
    parser.add_argument(
        "--hibernate",
        type=float,
        help="seconds without use after which sessions hibernate; a quarter of the load",
    )
    parser.add_argument("--engine", choices=[*Engine], default=Engine.CHROME, help="that the browsers are of")
    parser.add_argument("--history", type=Path, default=Path("var/chaos.jsonl"), help="where it is recorded")
    parser.add_argument("--json", type=Path, help="where the figures go as JSON")
    parser.add_argument("--judge", type=Path, help="run nothing: judge this history")
    parser.add_argument("--product", type=Path, default=ROOT, help="folder of the packages that are tried")
    return parser.parse_args()


def play(preset: Preset, options: argparse.Namespace, recorder: Recorder) -> None:
    """Everything up, the preset's faults under its load, everything at rest, gathered, down."""
    tenants = options.tenants or preset.tenants
    with ExitStack() as down:
        folder = Path(
            down.enter_context(tempfile.TemporaryDirectory(prefix="wppmt-chaos-", ignore_cleanup_errors=True))
        )
        environ = down.enter_context(small_disk(folder, preset.disk(tenants))) if preset.disk else {}
        environ["WPP_BROWSER_ENGINE"] = options.engine
        if preset.disk_holds_profiles:
            environ["WPP_TOKENS_DIR"] = str(folder / "disk" / "tokens")
            environ["WPP_DISK_MIN_FREE_MB"] = str(DISK_MIN_FREE_MB)
        made = down.enter_context(
            ground(folder, recorder, tenants, options.product, activated=preset.activated, **environ)
        )
        names = {one.name: {"phone": one.phone, "person": one.person} for one in made.traffic.customers}
        recorder.add("run", preset=options.preset, seed=options.seed, tenants=names)
        progress(f"{options.preset}: {preset.text}; {tenants} sessões, semente {options.seed}")
        made.connect()
        recorder.add("phase", name="loaded")
        progress("todas conectadas; começa a carga")
        end = time.monotonic() + (options.seconds or preset.seconds)
        part = 1.0
        if options.hibernate:
            part = WITH_HIBERNATION
            made.hibernate({"idleMinutes": options.hibernate / 60, "wakeHours": 0.1})
        made.traffic.start(part * preset.sends, part * preset.inbound)
        preset.play(Run(made, Faults(made), Random(options.seed), end, progress, options.hibernate or 0.0))
        made.traffic.stop()
        if options.hibernate:
            # Whoever still sleeps wakes, and hears what was written to it.
            made.hibernate(None)
        settle(made, progress)
        gather(made)
        recorder.add("phase", name="stopping")
        progress("encerrando")
        made.stop_daemon()
        made.daemon.stop_listening()
        made.note_leftovers()
        recorder.add("phase", name="stopped")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Nothing that hangs keeps browsers on the machine."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"não terminou em {seconds:.0f} s")

    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.alarm(int(seconds))
    try:
        yield
    finally:
        signal.alarm(0)


def _tell(made: Verdict, options: argparse.Namespace) -> int:
    lines = [f"✗ {one.t:.3f} {one.kind}: {one.text}" for one in made.violations[:SHOWN]]
    if len(made.violations) > SHOWN:
        lines.append(f"… e mais {len(made.violations) - SHOWN}")
    print("\n".join([made.report.table(), *lines]))  # noqa: T201 - what it is for
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        report = made.report.as_json() | {
            "violations": [f"{one.kind}: {one.text}" for one in made.violations]
        }
        options.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0 if made.is_met else 1


_began = time.monotonic()


def progress(step: str) -> None:
    print(f"{time.monotonic() - _began:6.1f} s  {step}", file=sys.stderr, flush=True)  # noqa: T201 - for who waits


if __name__ == "__main__":
    sys.exit(main())
