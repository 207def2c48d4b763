"""One attempt of the outbox on the daemon's event loop: by the tenants' way out, by the operator's own, or as a letter."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from actors.runtime.effects import Post
from actors.webhooks.messages import Attempted
from wppmt.app.mail import SCHEME
from wppmt.store.outbox_records import Delivery
from wppmt.store.records import ALERTS
from wppmt.webhook.answers import kept_answer
from wppmt.webhook.classify import AttemptResult
from wppmt.webhook.transport import WebhookTransport

Report = Callable[[object], object]
SendMail = Callable[[Delivery], AttemptResult]


@dataclass(frozen=True, slots=True)
class Transports:
    """Each with an egress guard of its own."""

    tenants: WebhookTransport
    operator: WebhookTransport
    """To the alerts' webhook, which may be where no tenant may go."""

    mail: SendMail
    """Alerts to people; blocks."""

    async def attempt(self, effect: Post) -> AttemptResult:
        delivery = effect.delivery
        if delivery.event.session_id != ALERTS:
            return await self.tenants.post(delivery, effect.attempt, effect.secrets)
        if delivery.endpoint.startswith(SCHEME):
            return await asyncio.to_thread(self.mail, delivery)
        return await self.operator.post(delivery, effect.attempt, effect.secrets)


def poster(
    loop: asyncio.AbstractEventLoop, transports: Transports, default_url: str
) -> Callable[[Post, Report], None]:
    """What performs a Post from any thread; `default_url`: WEBHOOK_URL."""

    async def attempt(effect: Post, report: Report) -> None:
        began, delivery = time.monotonic(), effect.delivery
        outcome = await transports.attempt(effect)
        duration_ms = round((time.monotonic() - began) * 1000)
        answer = kept_answer(outcome, delivery.endpoint, default_url)
        report(Attempted(delivery.number, outcome, duration_ms, answer))

    def post(effect: Post, report: Report) -> None:
        # A closed loop: the daemon has stopped, and the store still has the delivery.
        with contextlib.suppress(RuntimeError):
            asyncio.run_coroutine_threadsafe(attempt(effect, report), loop)

    return post
