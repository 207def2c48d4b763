"""A webhook's signature, in the form of Standard Webhooks: what it covers, its secret, the headers that carry it."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from wppmt import __version__

SECRET_PREFIX = "whsec_"  # noqa: S105 - a prefix, not a secret


def new_secret(random_bytes: bytes) -> str:
    """A signing secret; the bytes are 32 from the system's source."""
    return SECRET_PREFIX + base64.b64encode(random_bytes).decode("ascii")


def signature(event_id: str, timestamp: int, body: bytes, secret: str) -> str:
    """`v1,` and the HMAC-SHA256 of `<event id>.<timestamp>.<body>`, in base64."""
    return Webhook(secret).sign(event_id, datetime.fromtimestamp(timestamp, UTC), body.decode("utf-8"))


def headers(event_id: str, body: bytes, attempt: int, now: float, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of one attempt, signed with every live secret, newest first; unsigned when there is none."""
    timestamp = math.floor(now)
    found = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"wppmt/{__version__}",
        "X-Webhook-Attempt": str(attempt),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
    }
    if secrets:
        found["webhook-signature"] = " ".join(
            signature(event_id, timestamp, body, secret) for secret in secrets
        )
    return found
