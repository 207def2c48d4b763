"""A real Chrome whose disk fills up under it, with nobody to end it in time: the login is there afterwards."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life
from tests.support import wait_until
from wppmt.browser.chrome.browsers import ChromeBrowsers

pytestmark = pytest.mark.chrome

DISK_MB = 160


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs takes root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", folder], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        block = bytes(2**20)
        while True:
            if filler.write(block) < len(block):
                block = bytes(max(1, len(block) // 16))


def heard(life: Life) -> str:
    life.hear()
    return str(life.events)


def test_a_login_survives_a_full_disk(
    disk: Path,
    chrome_ground: ChromeGround,
    opened: list[Life],
    new_phone: Callable[[], str],
) -> None:
    settings = replace(chrome_ground.settings, tokens_dir=disk / "tokens", snapshots_dir=disk / "copies")
    browsers, friend, owner = ChromeBrowsers(settings), new_phone(), new_phone()
    lives = [Life(browsers.open("full"), "full") for _ in range(3)]
    opened.extend(lives)
    chrome_ground.register(friend, "Maria")
    pair(chrome_ground, lives[0], owner, browsers)

    def write_some(life: Life) -> None:
        """Each is a transaction in the page, which may not get through."""
        last = [chrome_ground.write(friend, owner, f"{number} {'x' * 400}") for number in range(8)][-1]
        with suppress(AssertionError):
            wait_until(lambda: last in heard(life), 2)

    write_some(lives[0])
    fill(disk)
    write_some(lives[0])
    (disk / "filler").unlink()
    write_some(lives[0])
    lives[0].browser.stop()
    # Twice: the first browser after it might read the database, and leave one that the second deletes.
    for life in lives[1:]:
        life.start()
        life.facts(authenticated=True, mode="MAIN")
        write_some(life)
        assert life.browser.stop()
