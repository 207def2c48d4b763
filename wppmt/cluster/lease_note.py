"""The lease that a state folder uses, so that the next daemon goes on with it, and nobody is without an owner meanwhile."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

FILE = "cluster.json"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class LeaseNote:
    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE

    def read(self) -> int:
        """0: none."""
        try:
            return int(json.loads(self._path.read_text())["lease"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def write(self, lease: int) -> None:
        """A disk that is full costs the next daemon some seconds."""
        with suppress(OSError):
            self._path.write_text(json.dumps({"lease": lease}))


def boot_id() -> str:
    """The kernel's: another one after each boot of the machine, and on each machine."""
    return BOOT_ID.read_text().strip()
