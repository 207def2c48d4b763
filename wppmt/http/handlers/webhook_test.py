"""The handler that tries a session's webhook out: one signed sample, now, and what came back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from aiohttp import web

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api import event_responses, views
from wppmt.http.api.body_reader import invalid, read_body
from wppmt.http.api.json_responses import answer
from wppmt.http.api.schemas import WebhookTestBody
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import SESSION_ID
from wppmt.store.outbox_records import Delivery
from wppmt.store.records import EventRecord
from wppmt.webhook.answers import is_at, text_of
from wppmt.webhook.classify import Answered, AttemptResult
from wppmt.webhook.envelope import envelope
from wppmt.webhook.samples import sample

UNDER_WAY = web.AppKey("webhooks_tried", set[str])
"""The sessions whose webhook is being tried out."""


async def try_webhook(request: web.Request) -> web.Response:
    """Neither the event log nor the outbox knows of the sample, and no attempt of a real event is spent."""
    body = await read_body(request, WebhookTestBody)
    ports, session_id = request.app[PORTS], request[SESSION_ID]
    status = ports.front.status(session_id)
    own_url, default_url = status.record.webhook_url if status else "", ports.settings.default_webhook_url
    url = own_url or default_url
    if not url:
        raise invalid("webhookUrl", "a sessão não tem webhook: configure um com PUT …/webhook")
    secrets = await asyncio.to_thread(ports.store.secrets, session_id)
    began = ports.now()
    event = _sample_event(session_id, body.event or "test", f"evt_test_{ports.new_id()}", began)
    with _alone(request.app[UNDER_WAY], session_id):
        outcome = await ports.post_webhook(Delivery(0, event, url), 1, secrets)
    elapsed_ms = max(0, round((ports.now() - began) * 1000))
    ports.log("webhook_tested", session_id, delivered=outcome.is_success, elapsedMs=elapsed_ms)
    return answer(
        event_responses.WebhookTest(
            delivered=outcome.is_success,
            webhook_url=own_url or views.without_query(url),
            event_id=event.id,
            status=outcome.status if isinstance(outcome, Answered) else None,
            elapsed_ms=elapsed_ms,
            body=text_of(outcome.body)
            if isinstance(outcome, Answered) and not is_at(url, default_url)
            else None,
            error=_complaint(outcome),
        )
    )


@contextmanager
def _alone(under_way: set[str], session_id: str) -> Iterator[None]:
    """One trial a session: each may hold a connection for as long as WEBHOOK_TIMEOUT. Raises Refusal."""
    if session_id in under_way:
        raise Refusal(Code.WEBHOOK_TEST_IN_FLIGHT)
    under_way.add(session_id)
    try:
        yield
    finally:
        under_way.discard(session_id)


def _sample_event(session_id: str, name: str, event_id: str, at: float) -> EventRecord:
    body = envelope(name, session_id, at, sample(name), event_id=event_id, sequence=0)
    return EventRecord(event_id, session_id, 0, name, at, body)


def _complaint(outcome: AttemptResult) -> str | None:
    match outcome:
        case Answered(is_success=True):
            return None
        case Answered(status=HTTPStatus.GONE):
            return "O destino respondeu 410: em um evento real, isso encerraria as entregas"
        case Answered(status=status) if status in range(300, 400):
            return f"O destino respondeu {status}: redirecionamentos não são seguidos"
        case Answered(status=status):
            return f"O destino respondeu {status}; só 2xx vale como recebido"
        case _:
            return outcome.detail
