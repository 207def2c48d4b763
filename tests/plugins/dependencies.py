"""Tells testmon what a test depends on beside the Python lines that it runs, so that a change there selects it, too.

Files that are not Python: those that the test opens. One that is read once for many tests, at an import or behind a
cache, counts for every test that runs any line of the module that read it.

What modules define when they are imported (constants, enumerations, fields and their defaults): that of all modules
that are imported by a module of which the test runs any line.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

PACKAGES = ("wppmt", "actors", "tests")
TEXTS = frozenset(
    {
        ".cfg",
        ".css",
        ".html",
        ".js",
        ".json",
        ".md",
        ".mjs",
        ".php",
        ".service",
        ".socket",
        ".svg",
        ".toml",
        ".txt",
    }
)
"""Testmon keeps a checksum of the text of such a file."""


class MoreDependencies:
    """A pytest plugin; active from its creation to the end of the process."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        self._known = frozenset(_tracked(root))
        self._test = ""
        self._read_by_test: defaultdict[str, set[str]] = defaultdict(set)
        self._read_by_module: defaultdict[str, set[str]] = defaultdict(set)
        sys.addaudithook(self._audit)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._test = item.nodeid
        try:
            return (yield)
        finally:
            self._test = ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        """Testmon hands its findings over with some reports, each for many tests: files, and the lines that ran."""
        report = yield
        for test, lines in getattr(report, "nodes_files_lines", {}).items():
            for path in self._others(test, set(lines)):
                lines.setdefault(path, set()).add(1)
        return report

    def _others(self, test: str, modules: set[str]) -> set[str]:
        """The first line stands for a whole file, or for what a module defines; not for what its functions do."""
        read = (self._read_by_module[module] for module in modules)
        imported = (_imported_by(self._root, module) for module in modules)
        return self._read_by_test[test].union(*read, *imported)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str):
            path = arguments[0].removeprefix(self._root)
            if path in self._known:
                self._read_by_test[self._test].add(path)
                reader = self._module_of(sys._getframe(1))
                if not (self._test and reader == self._test.partition("::")[0]):
                    self._read_by_module[reader].add(path)

    def _module_of(self, frame: FrameType | None) -> str:
        """The nearest caller of our own."""
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(self._root) and "/site-packages/" not in file and file != __file__:
                return file.removeprefix(self._root)
            frame = frame.f_back
        return ""


@cache
def _imported_by(root: str, module: str) -> frozenset[str]:
    """Files of our own packages that this file imports by name."""
    if not Path(root, module).exists():
        return frozenset()
    names = set()
    for node in _imports(Path(root, module)):
        if isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        else:
            names |= {alias.name for alias in node.names}
    files = (f"{name.replace('.', '/')}.py" for name in names if name.partition(".")[0] in PACKAGES)
    return frozenset(file for file in files if Path(root, file).exists())


def _imports(file: Path) -> list[ast.Import | ast.ImportFrom]:
    """Those of the module and, for imports that wait until they are needed, of its functions."""
    return [
        node
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def _tracked(root: Path) -> Iterator[str]:
    """Texts that git knows, or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return (path for path in listed.stdout.splitlines() if Path(path).suffix in TEXTS)
