"""A chromedriver patched by undetected-chromedriver, made once per installed version.

Of that package only the patcher is used: its browser class kills Chrome so that cookies are lost, leaves zombies and
pipes that nobody reads. The patcher works on a copy of our own, under a file lock, and never in its shared folder:
a program that runs cannot be written to ("Text file busy").
"""

from __future__ import annotations

import fcntl
import shutil
from hashlib import sha256
from pathlib import Path

from wppmt.browser.port import StartFailed
from wppmt.domain.system_errors import explain


def patched(driver: Path, folder: Path) -> Path:
    """The patched copy of `driver` in `folder`; made if it is not there. Raises StartFailed."""
    try:
        copy = folder / f"chromedriver-{_fingerprint(driver)}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not copy.exists():
                _make(driver, copy)
    except OSError as trouble:
        raise StartFailed("CHROME_MISSING", f"{driver}: {explain(trouble)}") from trouble
    return copy


def _make(driver: Path, copy: Path) -> None:
    from undetected_chromedriver.patcher import Patcher  # noqa: PLC0415 - needed by this engine alone

    unfinished = copy.with_suffix(".unfinished")
    shutil.copyfile(driver, unfinished)
    patcher = Patcher(executable_path=str(unfinished))
    patcher.patch_exe()
    if not patcher.is_binary_patched():
        raise StartFailed(
            "CHROME_MISSING", "o undetected-chromedriver não conhece esta versão do chromedriver"
        )
    unfinished.chmod(0o500)
    unfinished.rename(copy)
    for older in set(copy.parent.glob("chromedriver-*")) - {copy}:
        older.unlink()


def _fingerprint(driver: Path) -> str:
    found = driver.stat()
    return sha256(f"{driver} {found.st_size} {found.st_mtime_ns}".encode()).hexdigest()[:16]
