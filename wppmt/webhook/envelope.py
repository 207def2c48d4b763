"""A webhook's body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wppmt.domain.times import iso

SCHEMA_VERSION = 1


def envelope(
    name: str, session_id: str, at: float, payload: Mapping[str, Any], *, event_id: str, sequence: int
) -> bytes:
    """The exact JSON that is logged, signed and delivered (docs/MULTI_TENANT_ARCHITECTURE.md 5.2, docs/contract.md 7)."""
    fields = {
        "event": name,
        "sessionId": session_id,
        "timestamp": iso(at),
        **payload,
        "id": event_id,
        "sequence": sequence,
        "schemaVersion": SCHEMA_VERSION,
    }
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A message may contain half a surrogate pair, which UTF-8 can't encode: it becomes "?".
    return text.encode("utf-8", "replace")
