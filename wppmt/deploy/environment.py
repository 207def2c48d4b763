"""Files of variables, as systemd's EnvironmentFile= reads them."""

from __future__ import annotations

from pathlib import Path


def variables(text: str) -> dict[str, str]:
    """A line each, quotes taken off; the last of two with one name."""
    pairs = (
        line.partition("=")
        for line in text.splitlines()
        if "=" in line and not line.lstrip().startswith(("#", ";"))
    )
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def read(file: Path) -> dict[str, str]:
    """Empty where there is none, or it may not be read."""
    try:
        return variables(file.read_text())
    except OSError:
        return {}
