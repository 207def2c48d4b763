"""A webhook's way out, without I/O: its body, its headers and signature, and what an answer means for it."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from standardwebhooks import Webhook

from wppmt import __version__

SCHEMA_VERSION = 1
SECRET_PREFIX = "whsec_"  # noqa: S105 - a prefix, not a secret
SECRET_BYTES = 32
_SUCCESS = range(200, 300)


def envelope(
    name: str, session_id: str, at: float, payload: Mapping[str, Any], *, event_id: str, sequence: int
) -> bytes:
    """The exact JSON that is logged, signed and delivered (architecture.pt.md 5.2, contract 7)."""
    timestamp = datetime.fromtimestamp(math.floor(at), UTC)
    fields = {
        "event": name,
        "sessionId": session_id,
        "timestamp": timestamp.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **payload,
        "id": event_id,
        "sequence": sequence,
        "schemaVersion": SCHEMA_VERSION,
    }
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A message may hold half a surrogate pair, which no UTF-8 can carry: "?" there rather than no event at all.
    return text.encode("utf-8", "replace")


def new_secret(random_bytes: bytes) -> str:
    """A signing secret in Standard Webhooks' form; give it SECRET_BYTES from the system's source."""
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


@dataclass(frozen=True, slots=True)
class Answered:
    """The endpoint answered; `body` are at most the first 64 kB, as they came."""

    status: int
    retry_after: str = ""
    """The header, as it came."""
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        return self.status in _SUCCESS


class Fault(StrEnum):
    """Why there was no answer."""

    FORBIDDEN = "forbidden"
    """The address itself is not allowed: nothing was sent, nor will be."""
    REFUSED_TARGET = "refused_target"
    """The name led to an address that is not allowed: nothing was sent. DNS may say otherwise later."""
    UNREACHABLE = "unreachable"
    """No connection: DNS, refused, connect timeout. Surely not received."""
    INSECURE = "insecure"
    """TLS could not be agreed on. Surely not received."""
    TIMEOUT = "timeout"
    BROKEN = "broken"
    """The connection was lost, or what came was no HTTP."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """`detail` is for people, in Portuguese, and free of secrets."""

    fault: Fault
    detail: str

    @property
    def is_success(self) -> bool:
        return False


Outcome = Answered | Unanswered


@dataclass(frozen=True, slots=True)
class Done:
    """Delivered."""


@dataclass(frozen=True, slots=True)
class Again:
    """To be tried again by the schedule, which `retry_after` (seconds) may lengthen."""

    retry_after: float | None = None
    unreachable: bool = False
    """Surely nobody heard it: may be held instead of spending an attempt."""


@dataclass(frozen=True, slots=True)
class Never:
    """No further attempt can help."""


@dataclass(frozen=True, slots=True)
class Gone:
    """410: the endpoint wants no more events."""


Verdict = Done | Again | Never | Gone


def verdict(outcome: Outcome, now: float) -> Verdict:
    """What an attempt's outcome means: any 2xx is success, a redirect is a failure (contract 7)."""
    match outcome:
        case Answered(is_success=True):
            return Done()
        case Answered(status=410):
            return Gone()
        case Answered(retry_after=retry_after):
            return Again(_seconds(retry_after, now))
        case Unanswered(fault=Fault.FORBIDDEN):
            return Never()
        case Unanswered(fault=fault):
            return Again(unreachable=fault is Fault.UNREACHABLE)


def _seconds(retry_after: str, now: float) -> float | None:
    """Retry-After in its two forms (RFC 9110, 10.2.3); None when absent, past or not understood."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now) or None
