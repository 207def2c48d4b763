"""`make setup`: a virtual environment belongs to one interpreter, and other users can read it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
BASE = Path(os.path.realpath(sys._base_executable))  # type: ignore[attr-defined]  # what a venv is made with


def make(target: str, folder: Path, python: Path) -> str:
    done = subprocess.run(
        ["make", "-s", "-C", ROOT, target, f"PYTHON={python}", f"VENV={folder}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A virtual environment as `python -m venv` leaves it."""
    folder = tmp_path / "venv"
    venv.create(folder, symlinks=True)
    return folder


def another(tmp_path: Path, said: str) -> Path:
    """An interpreter that says something else of itself."""
    file = tmp_path / "python3"
    file.write_text(f"#!/bin/sh\necho {said}\n")
    file.chmod(0o755)
    return file


def test_debians_python_is_taken_unless_told():
    assert re.search(r"^PYTHON \?= /usr/bin/python3$", MAKEFILE, re.MULTILINE)


@pytest.mark.slow
def test_the_same_interpreter_keeps_it(made: Path):
    assert make("interpreter", made, BASE) == ""
    assert (made / "bin" / "python").exists()


@pytest.mark.slow
@pytest.mark.parametrize("said", ["/opt/other/python3 3 11", f"{BASE} 3 99"])
def test_another_interpreter_or_version_makes_it_anew(made: Path, tmp_path: Path, said: str):
    assert "Removing" in make("interpreter", made, another(tmp_path, said))
    assert not made.exists()


@pytest.mark.slow
def test_one_whose_interpreter_is_gone_is_made_anew(made: Path):
    for name in ("python", "python3", f"python3.{sys.version_info[1]}"):
        (made / "bin" / name).unlink(missing_ok=True)
        (made / "bin" / name).symlink_to("/nonexistent/python3")
    make("interpreter", made, BASE)
    assert not made.exists()


@pytest.mark.slow
def test_where_there_is_none_nothing_is_said(tmp_path: Path):
    assert make("interpreter", tmp_path / "none", BASE) == ""


def test_what_setup_installs_can_be_read_by_the_services_user():
    recipes = MAKEFILE.partition("$(VENV)/.installed:")[2]
    assert "chmod -R go+rX $(VENV)" in recipes
    assert "chmod -R go+rX $*/node_modules" in recipes
