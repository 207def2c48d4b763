"""A delivery before and after an attempt, as values."""

from __future__ import annotations

from dataclasses import replace

from actors.runtime.effects import Count
from wppmt.domain.occurrences import WebhookAttempted, WebhookOutcome
from wppmt.store.outbox_records import Delivery, Lane
from wppmt.webhook.classify import Answered, AttemptResult


def lane_of(delivery: Delivery) -> Lane:
    return Lane(delivery.endpoint, delivery.event.session_id)


def counted(lane: Lane, outcome: WebhookOutcome) -> Count:
    return Count(WebhookAttempted(lane.session_id, outcome))


def tried_once_more(delivery: Delivery, outcome: AttemptResult, now: float) -> Delivery:
    """The delivery after one more attempt; `next_at` is now."""
    if isinstance(outcome, Answered):
        status, error = outcome.status, f"HTTP {outcome.status}"
    else:
        status, error = None, outcome.detail
    return replace(
        delivery, attempts=delivery.attempts + 1, next_at=now, last_status=status, last_error=error
    )
