"""Breaks the code in small ways and looks which of them no test notices: `python -m tests.mutation`.

mutmut makes the mutants, [mutmut] in setup.cfg says of what. There are thousands; a seeded sample of them is run.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import click

from tests.mutation.explained import explained
from tests.mutation.tool import Tool, ToolFailed, Verdict, Verdicts

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "build" / "mutation"
CONTROL = "tests.mutation.control.functions.x_"
EXPECTED = {
    "noticed": Verdict.KILLED,
    "ends": Verdict.KILLED,
    "unnoticed": Verdict.SURVIVED,
    "untested": Verdict.NO_TEST,
}
"""What must become of every mutant of these."""
UNNOTICED = {Verdict.SURVIVED, Verdict.NO_TEST, Verdict.DOUBTFUL}


def known_as(name: str, diff: str) -> str:
    """A mutant's number changes with the code around it; its function and the line that it puts there do not."""
    added = [line[1:].strip() for line in diff.splitlines() if line.startswith("+") and line[:3] != "+++"]
    return f"{name.rsplit('__mutmut_', 1)[0]}: {' '.join(added)}"


class Report:
    """Tells of each mutant that nobody noticed, as soon as that is known, and at the end why."""

    def __init__(self, tool: Tool, names: Sequence[str]) -> None:
        self._tool = tool
        self._names = names
        self._began = time.monotonic()
        self._told: set[str] = set()
        self._said_at = 0

    def look(self, verdicts: Verdicts) -> None:
        for name, verdict in verdicts.items():
            if verdict in UNNOTICED and name not in self._told:
                self._told.add(name)
                self.say(f"{verdict.value}: {known_as(name, self._tool.change(name))}")
        if len(verdicts) >= self._said_at + 20:
            self._said_at = len(verdicts)
            self.say(f"{len(verdicts)} of {len(self._names)}: {tallied(verdicts)}")

    def say(self, text: str) -> None:
        click.echo(f"[{(time.monotonic() - self._began) / 60:.1f} min] {text}")

    def end(self, verdicts: Verdicts) -> bool:
        """Whether nothing is left to be explained."""
        left = 0
        for name, verdict in sorted(verdicts.items()):
            if verdict in UNNOTICED:
                change = self._tool.change(name)
                why = explained(known_as(name, change))
                left += why is None
                click.echo(f"\n{verdict.value}: {name}\n{why or 'not explained'}\n{change}")
        self.say(f"{tallied(verdicts)}; not explained: {left}")
        return left == 0


def tallied(verdicts: Verdicts) -> str:
    counts = Counter(verdicts.values())
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])


def require_control(verdicts: Verdicts) -> None:
    """Raises ToolFailed where a verdict is wrong of which it is known what it must be."""
    found = {(_function(name), verdict) for name, verdict in verdicts.items()}
    if found != set(EXPECTED.items()):
        raise ToolFailed(f"No verdict can be believed: {sorted(found)}")


def sampled(names: Sequence[str], count: int, seed: int) -> Sequence[str]:
    """By a hash of each name: whoever changes one function draws anew for that function alone."""
    return sorted(names, key=lambda name: sha256(f"{seed} {name}".encode()).digest())[:count]


def _function(name: str) -> str:
    return name.removeprefix(CONTROL).partition("__mutmut_")[0]


@click.command()
@click.option("--mutants", "count", default=400, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--children", default=2, show_default=True, help="How many are run at once.")
@click.option("--only", default="", help="Of these mutants alone, by a part of their names.")
def main(count: int, seed: int, children: int, only: str) -> None:
    try:
        sys.exit(not run(count, seed, children, only))
    except ToolFailed as failure:
        click.echo(failure.args[0], err=True)
        sys.exit(2)


def run(count: int, seed: int, children: int, only: str) -> bool:
    """Whether it is known of every mutant why nobody notices it, where that is so. Raises ToolFailed."""
    click.echo("Making the mutants, and noting which test runs what (some minutes)")
    began = time.monotonic()
    tool = Tool(ROOT, PLACE)
    tool.make()
    control = [name for name in tool.names() if name.startswith(CONTROL)]
    everyone = [name for name in tool.names() if only in name and name not in control]
    names = sorted(sampled(everyone, count, seed))
    report = Report(tool, names)
    report.say(
        f"{len(names)} of {len(everyone)} mutants (seed {seed}); made in {(time.monotonic() - began) / 60:.1f} min"
    )
    require_control(tool.run(control, children))
    verdicts = dict(tool.run(names, children, report.look))
    if doubtful := [name for name in names if verdicts[name] is Verdict.DOUBTFUL]:
        report.say(f"once more, alone: {', '.join(doubtful)}")
        verdicts |= tool.run(doubtful, 1, report.look)
    report.say("which of them the type checker refuses")
    unnoticed = [name for name in names if verdicts[name] in UNNOTICED]
    verdicts |= dict.fromkeys(tool.refused(unnoticed), Verdict.REFUSED)
    return report.end(verdicts)


if __name__ == "__main__":
    main()
