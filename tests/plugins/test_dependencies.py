"""What `make check` runs again after a change, in a small project of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = {
    "setup.cfg": "[tool:pytest]\npythonpath = .\naddopts = --import-mode=importlib -p no:cacheprovider -p no:schemathesis\n",
    "conftest.py": """
from tests.plugins.dependencies import MoreDependencies
def pytest_configure(config):
    config.pluginmanager.register(MoreDependencies(config.rootpath))
""",
    "actors/__init__.py": "",
    "actors/limits.py": "LIMIT = 2\n",
    "actors/use.py": "from actors.limits import LIMIT\ndef most():\n    return LIMIT\n",
    "actors/kept.py": "from pathlib import Path\nTEXT = Path('kept.json').read_text()\ndef kept():\n    return TEXT\n",
    "data.toml": "x = 0",
    "kept.json": "{}",
    "test_it.py": """
from pathlib import Path
from actors.kept import kept
from actors.use import most
def test_data(): Path('data.toml').read_text()
def test_kept(): kept()
def test_limit(): most()
def test_nothing(): pass
""",
}


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in FILES.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)

    def run(self) -> set[str]:
        """The tests that a run selects."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-v", "--testmon"],
            cwd=self.folder, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return set(re.findall(r"::test_(\w+) PASSED", done.stdout))


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_change_selects_the_tests_that_depend_on_it(tmp_path: Path):
    project = Project(tmp_path)
    assert project.run() == {"data", "kept", "limit", "nothing"}
    assert project.run() == set()
    for name, text, affected in (
        ("data.toml", "x = 1", {"data"}),
        ("kept.json", "[]", {"kept"}),
        ("actors/limits.py", "LIMIT = 3\n", {"limit"}),
    ):
        (tmp_path / name).write_text(text)
        assert project.run() == affected
