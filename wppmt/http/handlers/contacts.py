"""Handlers about other people: contacts, numbers, and the media that they sent."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from aiohttp import web

from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.page_queries import Question
from wppmt.http.api import responses
from wppmt.http.api.body_reader import invalid
from wppmt.http.api.chat_responses import ContactPage, ListedContact
from wppmt.http.api.json_responses import answer
from wppmt.http.api.phones import parse_phone
from wppmt.http.handlers.asking import PAGE_SECONDS, ask_page
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import SESSION_ID
from wppmt.media.content_disposition import attachment

FETCH_SECONDS = 120.0
ALL_CONTACTS = 10_000
"""Who asks without a limit, as in docs/MULTI_TENANT_ARCHITECTURE.md 4.2.3, gets them all."""
SCOPES = ("all", "saved")
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+(; ?codecs=[a-z0-9.]+)?", re.ASCII | re.IGNORECASE)


async def list_contacts(request: web.Request) -> web.Response:
    scope = request.query.get("scope", "all")
    if scope not in SCOPES:
        raise invalid("scope", "use all (todos) ou saved (só a agenda)")
    told = await ask_page(request, Question.CONTACTS, default=ALL_CONTACTS, most=ALL_CONTACTS, scope=scope)
    # Thousands of them: the loop has other tenants to serve.
    return await asyncio.to_thread(_contact_page, told)


def _contact_page(told: dict[str, Any]) -> web.Response:
    contacts = [ListedContact.model_validate(row) for row in told["rows"]]
    following = told["nextCursor"]
    page = ContactPage(
        count=len(contacts), contacts=contacts, total=told["total"], next_cursor=following, next=following
    )
    return answer(page)


async def check_number(request: web.Request) -> web.Response:
    phone = parse_phone(request.match_info["phone"])
    check: messages.NumberCheck = await _ask(request, messages.CheckNumber(phone), PAGE_SECONDS)
    body = responses.NumberCheckBody(
        phone=phone,
        valid=check.valid,
        can_receive_message=check.valid,
        is_business=check.is_business,
        resolved_phone=check.resolved,
    )
    return answer(body)


async def show_media(request: web.Request) -> web.StreamResponse:
    """A received message's media: from the state folder, to which it was brought when it arrived, or is brought now."""
    ports = request.app[PORTS]
    session_id, message_id = request[SESSION_ID], request.match_info["messageId"]
    kept = await asyncio.to_thread(ports.received.find, session_id, message_id)
    if kept is None:
        await _ask(request, messages.FetchMedia(message_id), FETCH_SECONDS)
        kept = await asyncio.to_thread(ports.received.find, session_id, message_id)
    if kept is None:  # the quota took it at once
        raise Refusal(Code.NOT_FOUND)
    headers = {
        # The sender chose the type: nothing but a type may stand there.
        "Content-Type": kept.mimetype if _TYPE.fullmatch(kept.mimetype) else "application/octet-stream",
        # What strangers sent is shown by nobody's browser as if it were ours.
        "Content-Disposition": attachment(kept.file_name),
        "Content-Security-Policy": "sandbox",
    }
    return web.FileResponse(kept.path, headers=headers)


async def _ask(request: web.Request, query: object, deadline: float) -> Any:
    address = messages.session_address(request[SESSION_ID])
    return await request.app[PORTS].front.ask(address, query, deadline)
