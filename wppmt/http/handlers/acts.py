"""Handlers of what is done to a message that is there: reaction, edit, deletion. Answered as sends are."""

from __future__ import annotations

from aiohttp import web

from wppmt.domain.message_ids import parse_message_id
from wppmt.domain.outgoing import Act, Deletion, Edit, Reaction
from wppmt.domain.sends import SendContent
from wppmt.domain.times import iso
from wppmt.http.api import send_responses
from wppmt.http.api.body_reader import invalid, read_body
from wppmt.http.api.json_responses import answer
from wppmt.http.api.send_schemas import EditBody, ReactionBody, TracedBody
from wppmt.http.handlers.sends import message_id_of, send, traced
from wppmt.store.records import ACK_STATUS

FOR = {"everyone": True, "me": False}
"""`?for=`, and whether it is for everyone."""
NO_BODY = TracedBody.model_validate({})


async def react(request: web.Request) -> web.Response:
    body = await read_body(request, ReactionBody)
    return await _act(request, body, Reaction(message_id_of(request), body.emoji))


async def take_back_reaction(request: web.Request) -> web.Response:
    return await _act(request, NO_BODY, Reaction(message_id_of(request), ""))


async def edit(request: web.Request) -> web.Response:
    body = await read_body(request, EditBody)
    return await _act(request, body, Edit(message_id_of(request), body.message))


async def delete(request: web.Request) -> web.Response:
    for_whom = request.query.get("for", "")
    if for_whom not in FOR:
        raise invalid("for", "diga para quem: everyone (todos) ou me (só nesta conta)")
    return await _act(request, NO_BODY, Deletion(message_id_of(request), FOR[for_whom]))


async def _act(request: web.Request, body: TracedBody, act: Act) -> web.Response:
    chat = parse_message_id(act.message_id).chat
    sent = await send(request, SendContent(chat, act, **await traced(request, body)))
    return answer(
        send_responses.ActedBody(
            id=sent.id,
            message_id=act.message_id,
            status=ACK_STATUS[max(sent.ack, 0)],
            timestamp=iso(sent.timestamp),
            reference=sent.reference or None,
        ),
        200 if sent.ack >= 1 else 202,
    )
