"""A session's webhook: where events go, which, how they are signed (docs/MULTI_TENANT_ARCHITECTURE.md 4.2.4)."""

from __future__ import annotations

from aiohttp import web
from yarl import URL

from wppmt.domain import messages
from wppmt.domain.actions import Action
from wppmt.domain.messages import session_address
from wppmt.http.api import event_responses, views
from wppmt.http.api.body_reader import read_body
from wppmt.http.api.json_responses import answer
from wppmt.http.api.schemas import WebhookBody
from wppmt.http.auditing import tell
from wppmt.http.ports import PORTS, Ports
from wppmt.http.security.guard import SESSION_ID
from wppmt.store.records import EVENT_NAMES

ASK_SECONDS = 10.0


async def set_webhook(request: web.Request) -> web.Response:
    body = await read_body(request, WebhookBody)
    await request.app[PORTS].check_target(body.url)
    tell(request, Action.SET_WEBHOOK, target=str(URL(body.url).origin()))
    events = tuple(dict.fromkeys(body.events)) if body.events else EVENT_NAMES
    return await _change(request, messages.SetWebhook(body.url, events))


async def remove_webhook(request: web.Request) -> web.Response:
    """Back to the daemon's default address, if it has one."""
    return await _change(request, messages.SetWebhook("", EVENT_NAMES))


async def rotate_secret(request: web.Request) -> web.Response:
    return await _change(request, messages.RotateWebhookSecret())


async def _change(
    request: web.Request, change: messages.SetWebhook | messages.RotateWebhookSecret
) -> web.Response:
    ports = request.app[PORTS]
    settings: messages.SessionWebhook = await ports.front.ask(
        session_address(request[SESSION_ID]), change, ASK_SECONDS
    )
    return answer(_webhook(ports, settings.url, settings.events, settings.secret))


async def show_webhook(request: web.Request) -> web.Response:
    ports = request.app[PORTS]
    status = ports.front.status(request[SESSION_ID])
    record = status.record if status else None
    return answer(
        _webhook(ports, record.webhook_url if record else "", record.webhook_events if record else ())
    )


def _webhook(
    ports: Ports, own_url: str, events: tuple[str, ...], secret: str | None = None
) -> event_responses.Webhook:
    return event_responses.Webhook(
        webhook_url=views.shown_webhook(own_url, ports.settings.default_webhook_url),
        events=list(events),
        secret=secret,
    )
