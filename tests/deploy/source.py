"""A clone of what is in the worktree, to build packages from without leaving anything in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
FROM_NPM = (
    "wppmt/browser/page/node_modules/@wppconnect/wa-js",
    "wppmt/http/viewer/node_modules/swagger-ui-dist",
    "wppmt/http/dashboard/node_modules/lit-html",
)


def copied(into: Path, *, with_npm: bool = True) -> Path:
    """Tracked files, also those not committed yet, and what `make setup` brings from npm. Returns `into`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        file = ROOT / name
        if file.is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, into / name)
    for folder in FROM_NPM if with_npm else ():
        shutil.copytree(ROOT / folder, into / folder)
    return into
