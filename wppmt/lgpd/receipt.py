"""The proof of an erasure, which does not tell whose data it was."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

FOLDER = "lgpd"
"""In the state folder."""
# Phone numbers are few: a quick hash of one is undone by trying them all.
N, R, P = 2**15, 8, 1


def contact_hash(digits: str, salt: bytes) -> str:
    """Slow on purpose: about a tenth of a second, and a salt of its own for every receipt."""
    derived = hashlib.scrypt(digits.encode(), salt=salt, n=N, r=R, p=P, maxmem=2**26, dklen=32)
    return f"scrypt${N}${R}${P}${salt.hex()}${derived.hex()}"


def write(
    state_dir: Path, digits: str, sessions: Sequence[str], erased: Mapping[str, int], version: str, now: float
) -> Path:
    """A new file, mode 0600; where it is. Raises OSError."""
    at = datetime.fromtimestamp(now, UTC)
    receipt = {
        "receipt": "lgpd-erase",
        "at": at.isoformat(timespec="seconds"),
        "wppmt": version,
        "contactHash": contact_hash(digits, secrets.token_bytes(16)),
        "sessions": list(sessions),
        "erased": dict(erased),
    }
    folder = state_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"erase-{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(receipt, file, ensure_ascii=False, indent=2)
        file.write("\n")
    return path
