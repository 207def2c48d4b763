"""Epoch seconds as the API writes moments: ISO 8601, UTC, whole seconds, `Z`."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def iso(at: float) -> str:
    """`2026-02-10T14:30:00Z`."""
    return datetime.fromtimestamp(math.floor(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
