"""Where wppconnect keeps its sessions: `userDataDir/NAME`, or `tokens/NAME` without wppconnect-server, is a Chrome profile.

`tokens/NAME.data.json` is what wppconnect-server was told when the session began; a login is only in a profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PROFILES, TOKENS = "userDataDir", "tokens"
TOKEN_FILE = ".data.json"  # noqa: S105 - how a name ends
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Found:
    """A session of wppconnect."""

    name: str
    """As wppconnect calls it."""
    session_id: str
    """As it is called here; empty where nothing of the name can be."""
    profile: Path | None
    """None: there is only a token."""


def sessions_in(folder: Path) -> Sequence[Found]:
    """In order of their names. `folder`: wppconnect-server's, one of the two inside it, or one profile. Raises OSError."""
    if is_profile(folder):
        return [_found(folder.name, folder)]
    profiles: dict[str, Path] = {}
    tokens: set[str] = set()
    for place in _places(folder):
        for entry in sorted(place.iterdir()):
            if is_profile(entry):
                # wppconnect-server opens the one in `userDataDir`, which comes first.
                profiles.setdefault(entry.name, entry)
            elif entry.name.endswith(TOKEN_FILE):
                tokens.add(entry.name.removesuffix(TOKEN_FILE))
    return [_found(name, profiles.get(name)) for name in sorted({*profiles, *tokens})]


def is_profile(folder: Path) -> bool:
    return (folder / "Default").is_dir()


def session_id_of(name: str) -> str:
    """Lower case, and a hyphen for what an id may not have."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_ID].rstrip("-")


def _found(name: str, profile: Path | None) -> Found:
    return Found(name, session_id_of(name), profile)


def _places(folder: Path) -> Iterator[Path]:
    inner = [place for place in (folder / PROFILES, folder / TOKENS) if place.is_dir()]
    yield from inner or [folder]
