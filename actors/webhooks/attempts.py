"""A delivery before and after an attempt, as values."""

from __future__ import annotations

from dataclasses import replace

from actors.runtime.effects import Count, Effect
from actors.webhooks.messages import Attempted
from wppmt.domain.occurrences import WebhookAttempted, WebhookOutcome
from wppmt.store.operator_records import Attempt
from wppmt.store.outbox_records import Delivery, Lane
from wppmt.store.records import ALERTS
from wppmt.webhook.classify import Answered, AttemptResult


def lane_of(delivery: Delivery) -> Lane:
    return Lane(delivery.endpoint, delivery.event.session_id)


def counted(lane: Lane, outcome: WebhookOutcome) -> list[Effect]:
    """What goes to the operator is no session's."""
    return [] if lane.session_id == ALERTS else [Count(WebhookAttempted(lane.session_id, outcome))]


def tried_once_more(delivery: Delivery, outcome: AttemptResult, now: float) -> Delivery:
    """The delivery after one more attempt; `next_at` is now."""
    status, error = _told(outcome)
    return replace(
        delivery, attempts=delivery.attempts + 1, next_at=now, last_status=status, last_error=error
    )


def attempt_of(delivery: Delivery, attempted: Attempted, now: float) -> Attempt:
    """What is kept of it, also of one that did not count because there was no connection."""
    status, error = _told(attempted.outcome)
    return Attempt(
        event_id=delivery.event.id,
        session_id=delivery.event.session_id,
        at=now - attempted.duration_ms / 1000,
        status=status,
        duration_ms=attempted.duration_ms,
        answer=attempted.answer,
        error="" if attempted.outcome.is_success else error,
    )


def _told(outcome: AttemptResult) -> tuple[int | None, str]:
    if isinstance(outcome, Answered):
        return outcome.status, f"HTTP {outcome.status}"
    return None, outcome.detail
