"""Many runs by chance: `python -m tests.actors.seeds --seeds 20000 [--from N] [--patient]`; `--show SEED` tells one."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tests.actors.history import History
from tests.actors.scenario import Scenario


@contextmanager
def folder() -> Iterator[Path]:
    """In memory where that can be had: many small commits."""
    made = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def play(seed: int, *, is_hasty: bool = True) -> History:
    """One run; its history can be asked for its violations."""
    with folder() as place:
        scenario = Scenario(place, seed, is_hasty=is_hasty)
        try:
            return scenario.run()
        finally:
            scenario.gateway.store.close()


@click.command()
@click.option("--seeds", default=1000)
@click.option("--from", "first", default=0)
@click.option("--patient", is_flag=True, help="With production's own deadlines.")
@click.option("--show", type=int, help="Tell the story of this seed.")
def main(seeds: int, first: int, patient: bool, show: int | None) -> None:
    if show is not None:
        tell(play(show, is_hasty=not patient))
        return
    begin, failing, kinds = time.monotonic(), [], Counter[str]()
    for seed in range(first, first + seeds):
        violations = play(seed, is_hasty=not patient).violations()
        if violations:
            failing.append(seed)
            kinds[violations[0].split(":")[0]] += 1
            if len(failing) <= 20:
                click.echo(f"{seed}: {violations[0]}")
    minutes = (time.monotonic() - begin) / 60
    click.echo(f"{seeds} seeds, {seeds / minutes:.0f} a minute, {len(failing)} failing {dict(kinds)}")
    sys.exit(bool(failing))


def tell(history: History) -> None:
    """Everything that was seen, in the order of time."""
    lines = [
        (
            asked.at,
            f"ask {asked.verb} {asked.session_id} {asked.subject} -> {asked.outcome!r} at {asked.reply.answered_at:.3f}",
        )
        for asked in history.asked
    ]
    lines += [(at, f"FAULT {fault} {whom}") for at, fault, whom in history.faults]
    lines += [(at, f"browser of {name} opened") for at, name in history.openings]
    lines += [(line.at, f"log {line.event} {line.session_id} {line.details}") for line in history.logs]
    for at, line in sorted(lines, key=lambda entry: entry[0]):
        click.echo(f"{at - 1_770_733_800:9.3f} {line}")
    for number, inbox in history.inboxes.items():
        click.echo(f"{number} {[message['body'] for message in inbox]}")
    click.echo("\n".join(history.violations()) or "no violations")


if __name__ == "__main__":
    main()
