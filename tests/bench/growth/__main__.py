"""`python -m tests.bench.growth`: what the daemon costs with 100, 300 and 1,000 sessions; a table, JSON, and a drawing."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tests.bench.growth.report import drawing, report
from tests.bench.growth.stage import Effort, measure

BASE = 1
"""What the daemon costs without sessions is taken from the one with this many."""
SIZES = (100, 300, 1000)
QUICK_SIZES = (20, 60)
QUICK = Effort(read_seconds=1.0, events=300, idle_seconds=2.0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.growth", description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("var/growth.json"), help="where the figures go")
    parser.add_argument(
        "--svg", type=Path, default=Path("docs/imagens/crescimento.svg"), help="where the drawing goes"
    )
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of sessions, the smallest first")
    parser.add_argument(
        "--quick", action="store_true", help="few sessions, short: a look, no result, no drawing"
    )
    arguments = parser.parse_args()
    sizes = arguments.sizes or (QUICK_SIZES if arguments.quick else SIZES)
    effort = QUICK if arguments.quick else Effort()
    stages = []
    for size in (BASE, *sizes):
        stages.append(measure(size, effort, progress))
        told = report(stages).as_json() if len(stages) > 1 else {}
        write(
            arguments.json,
            json.dumps({**told, "stages": [asdict(one) for one in stages]}, ensure_ascii=False, indent=1),
        )
    if not arguments.quick:
        write(arguments.svg, drawing(stages))
    print(report(stages).table())  # noqa: T201 - what it is for


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


_began = time.monotonic()


def progress(step: str) -> None:
    print(f"{time.monotonic() - _began:6.1f} s  {step}", file=sys.stderr, flush=True)  # noqa: T201 - for who waits


if __name__ == "__main__":
    main()
