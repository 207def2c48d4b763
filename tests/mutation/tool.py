"""mutmut makes the mutants; forks.py notes which test runs what, and runs them.

All on a copy of the project's files: work can go on in the project, and nothing of an earlier run is taken for new.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from configparser import ConfigParser
from enum import StrEnum
from pathlib import Path

from tests.mutation import types
from tests.mutation.forks import BROKEN, FAILED, HANGS, NO_MUTANT, PASSED
from tests.mutation.processor_time import TOO_LONG

MUTMUT = str(Path(sys.executable).with_name("mutmut"))
LOOK_SECONDS = 5.0


class Verdict(StrEnum):
    KILLED = "killed"
    SURVIVED = "survived"
    REFUSED = "refused by the type checker"
    NO_TEST = "no test"
    DOUBTFUL = "doubtful"
    """Ended by a signal: nothing is said of it, neither that a test noticed it, nor that none did."""


CODES = {
    PASSED: Verdict.SURVIVED,
    FAILED: Verdict.KILLED,
    BROKEN: Verdict.KILLED,
    TOO_LONG: Verdict.KILLED,
    HANGS: Verdict.KILLED,
}
Verdicts = Mapping[str, Verdict]


class ToolFailed(Exception):
    """No mutant could be made or run; what was said."""


class Tool:
    def __init__(self, root: Path, place: Path) -> None:
        """A fresh copy of `root`, as git knows it, in `place`, of which nothing is kept."""
        shutil.rmtree(place, ignore_errors=True)
        self._place, self._mutants = place, place / "mutants"
        for name in _known_to_git(root):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, place / name)
        settings = ConfigParser()
        settings.read(place / "setup.cfg")
        self._settings = settings["mutmut"]
        self._runs = place / "runs.jsonl"
        self._tests: defaultdict[str, list[str]] = defaultdict(list)
        self._seconds: dict[str, float] = {}

    def make(self) -> None:
        """Every mutant, and which tests run it. Raises ToolFailed, also where the tests fail without a mutant."""
        self._run("made.log", self._place, [sys.executable, "-m", "tests.mutation.making"])
        verdicts = self._fork((), 2)
        if verdicts != {NO_MUTANT: Verdict.SURVIVED}:
            raise ToolFailed("The tests fail without a mutant: see noted.log")
        for line in self._runs.read_text().splitlines():
            test, functions, seconds = json.loads(line)
            self._seconds[test] = seconds
            for function in functions:
                self._tests[function].append(test)

    def names(self) -> list[str]:
        metas = (json.loads(path.read_text()) for path in self._mutants.rglob("*.meta"))
        return sorted(name for meta in metas for name in meta["exit_code_by_key"])

    def run(
        self, names: Sequence[str], children: int, look: Callable[[Verdicts], None] = lambda _: None
    ) -> Verdicts:
        """`look` sees now and then how far it is. Raises ToolFailed."""
        plan = [(name, self._tests_of(name)) for name in sorted(names, key=self._cost)]
        untested = {name: Verdict.NO_TEST for name, tests in plan if not tests}
        with_tests = [(name, tests) for name, tests in plan if tests]
        found = (
            self._fork(with_tests, children, lambda verdicts: look({**untested, **verdicts}))
            if with_tests
            else {}
        )
        look(untested | found)
        return untested | found

    def _fork(
        self,
        plan: Sequence[tuple[str, Sequence[str]]],
        children: int,
        look: Callable[[Verdicts], None] = lambda _: None,
    ) -> dict[str, Verdict]:
        wanted, outcomes = self._place / "plan.json", self._place / "outcomes.jsonl"
        wanted.write_text(json.dumps(plan))
        outcomes.write_text("")
        command = [
            sys.executable, "-m", "pytest", "-q", "-p", "tests.mutation.forks", f"--mutants={wanted}",
            f"--outcomes={outcomes}", f"--runs={self._runs}", f"--children={children}",
            *self._setting("pytest_add_cli_args"), *self._setting("pytest_add_cli_args_test_selection"),
        ]  # fmt: skip
        self._run(
            "run.log" if plan else "noted.log", self._mutants, command, lambda: look(_verdicts(outcomes))
        )
        return _verdicts(outcomes)

    def change(self, name: str) -> str:
        """What the mutant changes, as a diff."""
        command = [MUTMUT, "show", name]
        return subprocess.run(command, cwd=self._place, check=True, capture_output=True, text=True).stdout

    def refused(self, names: Iterable[str]) -> set[str]:
        """Of these, by the type checker."""
        return types.refused(self._place, names, self._apply)

    def _apply(self, name: str) -> None:
        subprocess.run([MUTMUT, "apply", name], cwd=self._place, check=True, capture_output=True)

    def _tests_of(self, name: str) -> list[str]:
        """The quick ones first."""
        tests = self._tests.get(name.rpartition("__mutmut_")[0], [])
        return sorted(tests, key=lambda test: (self._seconds[test], test))

    def _cost(self, name: str) -> float:
        return sum(self._seconds[test] for test in self._tests_of(name))

    def _setting(self, name: str) -> list[str]:
        return self._settings[name].split("\n")[1:]

    def _run(
        self, log: str, folder: Path, command: Sequence[str], look: Callable[[], None] = lambda: None
    ) -> None:
        temporary = self._place / "temporary"
        temporary.mkdir(exist_ok=True)
        environment = os.environ | {"PYTEST_DEBUG_TEMPROOT": str(temporary)}
        with (self._place / log).open("w") as output:
            running = subprocess.Popen(
                command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env=environment
            )
            while (status := _status(running)) is None:
                look()
        if status:
            raise ToolFailed((self._place / log).read_text()[-10_000:])


def _verdicts(outcomes: Path) -> dict[str, Verdict]:
    whole = (line for line in outcomes.read_text().splitlines(keepends=True) if line.endswith("\n"))
    found: dict[str, Verdict] = {}
    for name, code, _ in map(json.loads, whole):
        # Without a mutant all tests are run in two parts.
        if found.get(name, Verdict.SURVIVED) is Verdict.SURVIVED:
            found[name] = CODES.get(code, Verdict.DOUBTFUL)
    return found


def _status(running: subprocess.Popen[bytes]) -> int | None:
    try:
        return running.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _known_to_git(root: Path) -> Iterable[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return (name for name in listed.stdout.split("\0") if name and (root / name).is_file())
