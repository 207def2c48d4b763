"""Handlers about the account's chats: listed, read back, marked, and who is seen typing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from wppmt.domain.page_queries import Question
from wppmt.domain.times import iso
from wppmt.http.api import chat_responses as responses
from wppmt.http.api.body_reader import invalid, read_body
from wppmt.http.api.chat_schemas import PatchChatBody, PresenceBody
from wppmt.http.api.json_responses import answer
from wppmt.http.api.query_parameters import whole_number
from wppmt.http.handlers.asking import DEFAULT_PAGE, LARGEST_PAGE, ask, ask_page, chat_of

FOR_EVER = "9999-12-31T23:59:59Z"
_SWITCH = {"": False, "0": False, "false": False, "1": True, "true": True}


async def list_chats(request: web.Request) -> web.Response:
    unread = request.query.get("unread", "")
    if unread not in _SWITCH:
        raise invalid("unread", "use true ou false")
    told = await ask_page(request, Question.CHATS, unread=_SWITCH[unread])
    chats = [chat_from(row) for row in told["rows"]]
    return answer(responses.ChatPage(count=len(chats), chats=chats, next_cursor=told["nextCursor"]))


async def list_messages(request: web.Request) -> web.Response:
    limit = whole_number(request, "limit", default=DEFAULT_PAGE, between=(1, LARGEST_PAGE))
    before = request.query.get("before", "")
    if len(before) > 256:
        raise invalid("before", "use o id da mensagem mais antiga que você tem")
    told = await ask(request, Question.CHAT_MESSAGES, chatId=chat_of(request), before=before, limit=limit)
    rows = [responses.ChatMessage.model_validate(row) for row in told["rows"]]
    return answer(responses.MessagePage(count=len(rows), messages=rows, next_cursor=told["nextCursor"]))


async def change_chat(request: web.Request) -> web.Response:
    body = await read_body(request, PatchChatBody)
    changes = body.given
    if "mutedUntil" in changes:
        changes["mutedUntil"] = body.muted_until_epoch
    told = await ask(request, Question.CHANGE_CHAT, chatId=chat_of(request), changes=changes)
    return answer(chat_from(told))


async def show_presence(request: web.Request) -> web.Response:
    body = await read_body(request, PresenceBody)
    arguments = {"chatId": chat_of(request), "state": body.state, "durationMs": body.duration_ms}
    told = await ask(request, Question.CHAT_PRESENCE, **arguments)
    return answer(responses.PresenceShown(chat_id=told["chatId"]))


def chat_from(row: Mapping[str, Any]) -> responses.Chat:
    return responses.Chat.model_validate({**row, "mutedUntil": _moment(row["mutedUntil"])})


def _moment(epoch: float) -> str | None:
    if epoch < 0:
        return FOR_EVER
    return iso(epoch) if epoch else None
