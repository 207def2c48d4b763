"""Debian packages to install: the product's own, and later versions made from it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.deploy.source import copied
from wppmt import __version__

SITE = "usr/lib/wppmt/tree/lib/python3.11/site-packages"
Edit = Callable[[str], str]
INIT = f"{SITE}/wppmt/__init__.py"


def built(folder: Path) -> Path:
    """As `make deb` builds it; `WPPMT_TEST_DEB` names one that was built before."""
    if given := os.environ.get("WPPMT_TEST_DEB"):
        return Path(shutil.copy(given, folder))
    source = copied(folder / "source")
    wheel = ["pip", "-q", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "dist", "."]
    for command in ([sys.executable, "-m", *wheel], ["debian/rules", "clean", "binary"]):
        (source / "build").mkdir(exist_ok=True)
        done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    [package] = (source / "dist").glob("wppmt_*.deb")
    kept = Path(shutil.copy(package, folder))
    shutil.rmtree(source)
    return kept


def replacing(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return edit


def later(package: Path, version: str, edits: Mapping[str, Edit] | None = None) -> Path:
    """The same as another version, with `edits`: what becomes of the text of a file."""
    folder = package.parent / version
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True)
    changes = {INIT: replacing(__version__, version)}
    changes |= {f"{SITE}/{name}": edit for name, edit in (edits or {}).items()}
    for name, edit in changes.items():
        file = folder / name
        file.write_text(edit(file.read_text()))
        for compiled in file.parent.glob(f"__pycache__/{file.stem}.*.pyc"):
            compiled.unlink()
    tree = folder / "usr/lib/wppmt/tree"
    build = tree / ".build"
    build.write_text(f"{version} {build.read_text().split()[1][::-1]}\n")
    program = tree / "bin/wppmt"
    program.write_text(program.read_text().replace(f"/opt/wppmt/{__version__}/", f"/opt/wppmt/{version}/"))
    control = folder / "DEBIAN/control"
    control.write_text(
        re.sub(r"^Version: .*$", f"Version: {version}", control.read_text(), flags=re.MULTILINE)
    )
    (folder / "DEBIAN/md5sums").unlink()
    made = package.parent / f"wppmt_{version}_all.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", folder, made],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.rmtree(folder)
    return made


def needed(package: Path) -> list[str]:
    """The names in its Depends."""
    said = subprocess.run(
        ["dpkg-deb", "--field", package, "Depends"], capture_output=True, text=True, check=True
    ).stdout
    return sorted({re.split(r"[ (|]", part.strip())[0] for part in said.split(",")})


def schema_version(package: Path) -> int:
    """How many steps its database takes."""
    name = f"./{SITE}/wppmt/store/sqlite/schema.py"
    content = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], capture_output=True, check=True).stdout
    text = subprocess.run(
        ["tar", "--extract", "--to-stdout", name], input=content, capture_output=True, check=True
    ).stdout.decode()
    [steps] = re.findall(r"^STEPS: tuple\[str, \.\.\.\] = \(([^)]*)\)", text, re.MULTILINE)
    return len(re.findall(r"\w+", steps))
