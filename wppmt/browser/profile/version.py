"""Which Chromium wrote a profile last, and whether another one can read it."""

from __future__ import annotations

from pathlib import Path

FILE = "Last Version"
"""Chrome's own name, in the profile folder."""


def of(profile: Path) -> str:
    """Such as "156.0.8078.79"; empty where the profile does not say. Raises OSError."""
    try:
        return (profile / FILE).read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def is_newer(theirs: str, ours: str) -> bool:
    """Chrome takes its older profiles over, and none of a later milestone; within one, their form does not change."""
    return _milestone(theirs) > _milestone(ours)


def _milestone(version: str) -> int:
    first = version.partition(".")[0]
    return int(first) if first.isdecimal() else 0
