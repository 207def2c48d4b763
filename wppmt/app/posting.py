"""One webhook attempt on the daemon's event loop: by the tenants' way out, or by the operator's own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from actors.runtime.effects import Post
from actors.webhooks.messages import Attempted
from wppmt.store.outbox_records import Delivery
from wppmt.store.records import ALERTS
from wppmt.webhook.answers import kept_answer
from wppmt.webhook.transport import WebhookTransport

Report = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Transports:
    """Each with an egress guard of its own."""

    tenants: WebhookTransport
    operator: WebhookTransport
    """To the alerts' webhook, which may be where no tenant may go."""

    def of(self, delivery: Delivery) -> WebhookTransport:
        return self.operator if delivery.event.session_id == ALERTS else self.tenants


def poster(
    loop: asyncio.AbstractEventLoop, transports: Transports, default_url: str
) -> Callable[[Post, Report], None]:
    """What performs a Post from any thread; `default_url`: WEBHOOK_URL."""

    async def attempt(effect: Post, report: Report) -> None:
        began, delivery = time.monotonic(), effect.delivery
        outcome = await transports.of(delivery).post(delivery, effect.attempt, effect.secrets)
        duration_ms = round((time.monotonic() - began) * 1000)
        answer = kept_answer(outcome, delivery.endpoint, default_url)
        report(Attempted(delivery.number, outcome, duration_ms, answer))

    def post(effect: Post, report: Report) -> None:
        # A closed loop: the daemon has stopped, and the store still has the delivery.
        with contextlib.suppress(RuntimeError):
            asyncio.run_coroutine_threadsafe(attempt(effect, report), loop)

    return post
