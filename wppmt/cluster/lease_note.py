"""The lease and the name that a state folder uses: the next daemon goes on with the lease, so that nobody is without an owner
meanwhile, and with the name, by which etcd knows its sessions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

FILE = "cluster.json"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class LeaseNote:
    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE

    def read(self) -> int:
        """0: none."""
        lease = self._noted().get("lease")
        return lease if isinstance(lease, int) else 0

    def machine(self) -> str:
        """Empty: not known."""
        machine = self._noted().get("machine")
        return machine if isinstance(machine, str) else ""

    def write(self, lease: int, machine: str) -> None:
        """A disk that is full costs the next daemon some seconds."""
        with suppress(OSError):
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps({"lease": lease, "machine": machine}))
            part.rename(self._path)

    def _noted(self) -> Mapping[str, object]:
        try:
            noted = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return noted if isinstance(noted, dict) else {}


def boot_id(state_dir: Path) -> str:
    """Another one after each boot of the machine, on each machine, and for each folder: what was copied, with all that it notes, is
    another machine's. Raises OSError.
    """
    found = state_dir.stat()
    return f"{BOOT_ID.read_text().strip()}:{found.st_dev}:{found.st_ino}"
