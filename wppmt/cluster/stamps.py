"""`<profile>/.epoch`: by what right a profile was opened last. It stays with the folder, and goes into no archive."""

from __future__ import annotations

import json
import os
from pathlib import Path
from secrets import token_hex

from wppmt.archive.durable import flush
from wppmt.cluster.right import Stamp

FILE = ".epoch"
UNREADABLE = Stamp(epoch=2**63, machine="", fences=True)
"""Nothing opens what bears this: whoever made it was interrupted, or is no wppmt."""


def read(profile: Path) -> Stamp | None:
    """None in a profile that was never opened in a cluster. Raises OSError."""
    try:
        found = json.loads((profile / FILE).read_text())
        return Stamp(int(found["epoch"]), str(found["machine"]), bool(found["fences"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return UNREADABLE


def write(profile: Path, stamp: Stamp) -> None:
    """On the disk when this returns. Raises OSError."""
    text = json.dumps({"epoch": stamp.epoch, "machine": stamp.machine, "fences": stamp.fences})
    part = profile / f"{FILE}.{token_hex(4)}.part"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - of a descriptor
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.rename(profile / FILE)
    flush(profile)
