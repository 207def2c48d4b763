"""What the handlers about chats, people, groups and labels have in common: they ask the session's page."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.page_queries import PageQuery, Question
from wppmt.http.api.body_reader import invalid
from wppmt.http.api.chat_schemas import PictureBody
from wppmt.http.api.phones import parse_recipient
from wppmt.http.api.query_parameters import whole_number
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import SESSION_ID
from wppmt.media.wanted import Wanted

PAGE_SECONDS = 20.0
DEFAULT_PAGE, LARGEST_PAGE = 50, 100
CURSOR = r"^([0-9a-z]{1,24}\.[0-9]{1,9})?$"
PICTURE_BYTES = 2_000_000
"""It crosses as text; WhatsApp makes 640 × 640 pixels of it."""


async def ask(request: web.Request, question: Question, **arguments: Any) -> dict[str, Any]:
    """The page's answer. Raises the session's Refusal."""
    address = messages.session_address(request[SESSION_ID])
    query = PageQuery(question, arguments)
    told: dict[str, Any] = await request.app[PORTS].front.ask(address, query, PAGE_SECONDS)
    return told


async def ask_page(
    request: web.Request,
    question: Question,
    *,
    default: int = DEFAULT_PAGE,
    most: int = LARGEST_PAGE,
    **more: Any,
) -> dict[str, Any]:
    """`?limit=&cursor=` of a list. Raises Refusal(INVALID_REQUEST)."""
    limit = whole_number(request, "limit", default=default, between=(1, most))
    return await ask(request, question, cursor=_cursor(request), limit=limit, **more)


def _cursor(request: web.Request) -> str:
    said = request.query.getall("cursor", [""])
    if len(said) > 1 or not re.fullmatch(CURSOR, said[0]):
        raise invalid("cursor", "use o nextCursor da página anterior, uma só vez")
    return said[0]


def chat_of(request: web.Request) -> str:
    """The path's chat. Raises Refusal(INVALID_PHONE)."""
    return parse_recipient(request.match_info["chatId"], field="chatId")


def group_of(request: web.Request) -> str:
    return parse_recipient(request.match_info["groupId"], is_group=True, field="groupId")


def person_of(request: web.Request) -> str:
    """The path's person, by number or hidden id. Raises Refusal(INVALID_PHONE)."""
    return parse_recipient(request.match_info["phone"], is_group=False)


async def picture_url_of(request: web.Request, picture: PictureBody | None) -> str | None:
    """The picture as a data URL; None stays None. Raises Refusal as a send of an image does."""
    if picture is None:
        return None
    media = request.app[PORTS].media
    if picture.url is not None:
        file = await media.from_url(picture.url, None, picture.mimetype, Wanted.IMAGE)
    else:
        file = await media.from_base64(picture.base64 or "", None, picture.mimetype, Wanted.IMAGE)
    try:
        if file.size > PICTURE_BYTES:
            raise Refusal(
                Code.MEDIA_TOO_LARGE, details=[{"field": "picture", "problem": "aceita imagens de até 2 MB"}]
            )
        return await asyncio.to_thread(_data_url, Path(file.path), file.mimetype)
    finally:
        await asyncio.to_thread(Path(file.path).unlink, missing_ok=True)


def _data_url(path: Path, mimetype: str) -> str:
    return f"data:{mimetype};base64,{base64.b64encode(path.read_bytes()).decode()}"


def link(request: web.Request, *steps: str) -> str:
    """Where the API gives something of this session."""
    base = request.app[PORTS].settings.base_url.rstrip("/")
    return "/".join((base, "api", "sessions", request[SESSION_ID], *steps))


def without(told: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in names}
