"""A webhook's body, its headers and its signature."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from wppmt import __version__
from wppmt.domain.times import iso

SCHEMA_VERSION = 1
SECRET_PREFIX = "whsec_"  # noqa: S105 - a prefix, not a secret


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
    # A message may hold half a surrogate pair, which no UTF-8 can carry: "?" there rather than no event at all.
    return text.encode("utf-8", "replace")


def new_secret(random_bytes: bytes) -> str:
    """A signing secret in Standard Webhooks' form, of 32 bytes from the system's source."""
    return SECRET_PREFIX + base64.b64encode(random_bytes).decode("ascii")


def headers(event_id: str, body: bytes, attempt: int, now: float, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of one attempt, signed with every live secret, newest first; unsigned when there is none."""
    found = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"wppmt/{__version__}",
        "X-Webhook-Attempt": str(attempt),
        "webhook-id": event_id,
        "webhook-timestamp": str(math.floor(now)),
    }
    if secrets:
        moment = datetime.fromtimestamp(math.floor(now), UTC)
        text = body.decode("utf-8")
        signatures = (Webhook(secret).sign(event_id, moment, text) for secret in secrets)
        found["webhook-signature"] = " ".join(signatures)
    return found
