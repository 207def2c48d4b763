"""The wheel holds all that runs, wa-js and its licence too, and is not built without them."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.deploy.source import copied

WA_JS = "wppmt/browser/page/node_modules/@wppconnect/wa-js"
LIT_HTML = "wppmt/http/dashboard/node_modules/lit-html"
VIEWER = "wppmt/http/viewer/node_modules/swagger-ui-dist"
BUILD = [
    sys.executable,
    "-m",
    "pip",
    "-q",
    "wheel",
    "--no-deps",
    "--no-build-isolation",
    "--wheel-dir",
    "dist",
    ".",
]


def run(command: list[str | Path], folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WPP_", "PYTHON"))}
    return subprocess.run(
        command, cwd=folder, env=clean | environ, capture_output=True, text=True, check=False, timeout=300
    )


def wheel(folder: Path) -> Path:
    [found] = (folder / "dist").glob("wppmt-*.whl")
    return found


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_wheel_has_the_page_s_scripts_and_their_licences(tmp_path: Path):
    source = copied(tmp_path / "source")
    built = run([*BUILD], source)
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(wheel(source)) as content:
        names = set(content.namelist())
        library = content.read(f"{WA_JS}/dist/wppconnect-wa.js")
    assert library == (source / WA_JS / "dist" / "wppconnect-wa.js").read_bytes()
    assert {
        f"{WA_JS}/LICENSE",
        f"{WA_JS}/package.json",
        f"{WA_JS}/dist/wppconnect-wa.js.LICENSE.txt",
    } <= names
    assert {f"{VIEWER}/LICENSE", f"{VIEWER}/swagger-ui-bundle.js", f"{VIEWER}/swagger-ui.css"} <= names
    assert {f"{LIT_HTML}/LICENSE", f"{LIT_HTML}/lit-html.js"} <= names
    ours = {
        str(file.relative_to(source))
        for package in ("wppmt", "actors")
        for file in (source / package).rglob("*")
        if file.is_file() and "node_modules" not in file.parts and not file.name.startswith(".")
    }
    assert ours <= names
    assert not [name for name in names if name.startswith("tests/")]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_without_wa_js_none_is_built(tmp_path: Path):
    source = copied(tmp_path / "source", with_npm=False)
    built = run([*BUILD], source)
    assert built.returncode != 0
    assert "wppconnect-wa.js" in built.stderr
    assert "make setup" in built.stderr
    assert not list(source.glob("dist/*"))


@pytest.mark.long
@pytest.mark.chrome
@pytest.mark.timeout(600)
def test_installed_alone_it_plays_the_demo(tmp_path: Path):
    """As anyone would: the standard front end builds it, pip brings the rest, npm is not there."""
    source, empty, elsewhere = copied(tmp_path / "source"), tmp_path / "empty", tmp_path / "elsewhere"
    elsewhere.mkdir()
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", empty],
        [empty / "bin/python", "-m", "pip", "-q", "install", "build"],
        [empty / "bin/python", "-m", "build", source],
    ]
    for command in commands:
        done = run(command, tmp_path)
        assert done.returncode == 0, done.stderr
    installed = run([empty / "bin/python", "-m", "pip", "-q", "install", f"{wheel(source)}[demo]"], tmp_path)
    assert installed.returncode == 0, installed.stderr
    played = run([empty / "bin/wppmt", "demo"], elsewhere, PATH="/usr/bin:/bin")
    assert played.returncode == 0, played.stdout + played.stderr
    assert "Tudo certo" in played.stdout
