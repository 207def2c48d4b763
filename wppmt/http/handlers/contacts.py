"""Handlers about other people: contacts, numbers, and the media that they sent."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from aiohttp import web

from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.http.api import responses
from wppmt.http.api.body_reader import invalid
from wppmt.http.api.json_responses import answer
from wppmt.http.api.phones import parse_phone
from wppmt.http.api.query_parameters import whole_number
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import SESSION_ID
from wppmt.media.content_disposition import attachment

PAGE_SECONDS = 20.0
FETCH_SECONDS = 120.0
ALL_CONTACTS = 10_000
"""Who asks without a limit, as in docs/MULTI_TENANT_ARCHITECTURE.md 4.2.3, gets them all."""
CURSOR = r"^([0-9A-Za-z.:_-]{1,64}@(c\.us|lid))?$"
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+(; ?codecs=[a-z0-9.]+)?", re.ASCII | re.IGNORECASE)


async def list_contacts(request: web.Request) -> web.Response:
    limit = whole_number(request, "limit", default=ALL_CONTACTS, between=(1, ALL_CONTACTS))
    query = messages.ListContacts(_cursor(request), limit)
    page: messages.ContactPage = await _ask(request, query, PAGE_SECONDS)
    contacts = [responses.Contact.model_validate(contact) for contact in page.contacts]
    return answer(responses.ContactList(count=page.total, contacts=contacts, next=page.following))


def _cursor(request: web.Request) -> str:
    """A contact's id, or empty: from the beginning. Raises Refusal(INVALID_REQUEST)."""
    said = request.query.getall("cursor", [""])
    if len(said) > 1 or not re.fullmatch(CURSOR, said[0]):
        raise invalid("cursor", "use o next da página anterior, uma só vez")
    return said[0]


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
