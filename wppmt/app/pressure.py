"""Reads the kernel's pressure file (WPP_PRESSURE_FILE)."""

from __future__ import annotations

from pathlib import Path

from wppmt.domain.pressure import parse_pressure


def measured(file: Path) -> float | None:
    """Per cent, as wppmt.domain.pressure says; None where the kernel has no such file, or this user may not read it."""
    try:
        return parse_pressure(file.read_text(encoding="ascii", errors="replace"))
    except OSError:
        return None
