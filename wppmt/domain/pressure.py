"""How much of their time programs wait for memory, as the kernel tells it (PSI). Pure."""

from __future__ import annotations

import re

_SOME = re.compile(r"^some avg10=(\d+\.\d+) ", re.MULTILINE)


def parse_pressure(text: str) -> float | None:
    """Per cent of the last ten seconds in which at least one program waited, of a file like /proc/pressure/memory.

    None where it does not say so.
    """
    found = _SOME.search(text)
    return float(found[1]) if found else None
