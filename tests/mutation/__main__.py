"""Breaks the code in small ways and looks which of them no test notices: `python -m tests.mutation`.

mutmut makes the mutants, [mutmut] in setup.cfg says of what. There are thousands; a seeded sample of them is run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import click

from tests.mutation.explained import EXPLAINED

MUTANTS = Path("mutants")
MUTMUT = str(Path(sys.executable).with_name("mutmut"))
FIRST = "wppmt.domain.inventory.xǁInventoryǁdeaf__mutmut_1"
"""Any one that few tests reach: all mutants are made, and which test runs what is noted, before the first is run."""
KILLED, SURVIVED, NO_TEST, TIMEOUT = 1, 0, 33, 36
"""mutmut's exit codes; what else there is (a signal) counts as killed."""
NOTICED = "killed"


def outcomes() -> dict[str, int | None]:
    """Each mutant's exit code; None: not run."""
    found: dict[str, int | None] = {}
    for meta in sorted(MUTANTS.rglob("*.meta")):
        found |= json.loads(meta.read_text())["exit_code_by_key"]
    return found


def sampled(count: int, seed: int) -> list[str]:
    names = sorted(outcomes())
    return sorted(Random(seed).sample(names, min(count, len(names))))


def verdict(code: int | None) -> str:
    return {None: "not run", SURVIVED: "survived", NO_TEST: "no test"}.get(code, NOTICED)


def change(name: str) -> str:
    """What the mutant changes, as a diff."""
    return subprocess.run([MUTMUT, "show", name], check=True, capture_output=True, text=True).stdout


def known_as(name: str, diff: str) -> str:
    """A mutant's number changes with the code around it; its function and the line that it puts there do not."""
    added = [line[1:].strip() for line in diff.splitlines() if line.startswith("+") and line[:3] != "+++"]
    return f"{name.rsplit('__mutmut_', 1)[0]}: {' '.join(added)}"


def run(*names: str) -> None:
    """Raises CalledProcessError when the tests fail without a mutant."""
    subprocess.run([MUTMUT, "run", "--max-children", "2", *names], check=True, stdout=subprocess.DEVNULL)


@click.command()
@click.option("--mutants", "count", default=400, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(count: int, seed: int) -> None:
    click.echo("Making the mutants, and noting which test runs what")
    run(FIRST)
    names = sampled(count, seed)
    click.echo(f"Running {len(names)} of {len(outcomes())} mutants (seed {seed})")
    run(*names)
    codes = outcomes()
    verdicts = {name: verdict(codes[name]) for name in names}
    unexplained = 0
    for name in names:
        if verdicts[name] != NOTICED:
            shown = change(name)
            why = EXPLAINED.get(known_as(name, shown))
            unexplained += why is None
            click.echo(f"\n{verdicts[name]}: {name}\n{why or 'not explained'}\n{shown}")
    click.echo(f"{dict(Counter(verdicts.values()))}, {unexplained} not explained")
    sys.exit(bool(unexplained))


if __name__ == "__main__":
    main()
