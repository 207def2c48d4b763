"""The result of one webhook attempt, and what it means for the delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum

_SUCCESS = range(200, 300)


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
    """The address itself is not allowed: nothing was or will be sent."""
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


AttemptResult = Answered | Unanswered


@dataclass(frozen=True, slots=True)
class Delivered:
    """Delivered."""


@dataclass(frozen=True, slots=True)
class RetryLater:
    """To be tried again by the schedule, which `retry_after` (seconds) may lengthen."""

    retry_after: float | None = None
    unreachable: bool = False
    """It surely did not reach the endpoint: it may be held instead of spending an attempt."""


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """No further attempt can help."""


@dataclass(frozen=True, slots=True)
class EndpointGone:
    """410: final; the endpoint gets no more events."""


AttemptClass = Delivered | RetryLater | Undeliverable | EndpointGone


def classify_attempt(result: AttemptResult, now: float) -> AttemptClass:
    """What an attempt's result means: any 2xx is success, a redirect is a failure (docs/contract.md 7)."""
    match result:
        case Answered(is_success=True):
            return Delivered()
        case Answered(status=410):
            return EndpointGone()
        case Answered(retry_after=retry_after):
            return RetryLater(_seconds(retry_after, now))
        case Unanswered(fault=Fault.FORBIDDEN):
            return Undeliverable()
        case Unanswered(fault=fault):
            return RetryLater(unreachable=fault is Fault.UNREACHABLE)


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
