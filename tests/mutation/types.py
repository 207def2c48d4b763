"""Which mutants the type checker refuses: `make check` notices them, whatever the tests say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import zip_longest
from pathlib import Path


def refused(place: Path, mutants: Iterable[str], apply: Callable[[str], None]) -> set[str]:
    """`apply` writes a mutant into the sources in `place`, which are as they were afterwards. At most one for each file at once."""
    by_file: defaultdict[Path, list[str]] = defaultdict(list)
    for mutant in mutants:
        by_file[_file_of(place, mutant)].append(mutant)
    found: set[str] = set()
    for row in zip_longest(*by_file.values()):
        chosen = {file: mutant for file, mutant in zip(by_file, row, strict=True) if mutant}
        found |= {chosen[file] for file in _refused(place, chosen, apply)}
    return found


def _refused(place: Path, chosen: dict[Path, str], apply: Callable[[str], None]) -> set[Path]:
    before = {file: file.read_bytes() for file in chosen}
    try:
        for mutant in chosen.values():
            apply(mutant)
        command = [sys.executable, "-m", "mypy", "--no-error-summary", *(str(file) for file in chosen)]
        said = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False).stdout
    finally:
        for file, content in before.items():
            file.write_bytes(content)
    named = {place / path for path in re.findall(r"^([^:\n]+):\d+: error: ", said, re.MULTILINE)}
    return named & chosen.keys()


def _file_of(place: Path, mutant: str) -> Path:
    return place / f"{mutant.rpartition('.')[0].replace('.', '/')}.py"
