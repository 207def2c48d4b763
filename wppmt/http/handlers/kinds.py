"""Handlers of sends that need no file: each body says the content of one kind of message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from wppmt.domain import outgoing
from wppmt.domain.sends import SendContent
from wppmt.http.api.body_reader import read_body
from wppmt.http.api.phones import parse_phone
from wppmt.http.api.route import Handler
from wppmt.http.api.send_schemas import (
    ForwardBody,
    SendBody,
    SendContactBody,
    SendLocationBody,
    SendPixBody,
    SendPollBody,
)
from wppmt.http.handlers.sends import common_of, message_id_of, send, sent_answer

SomeBody = TypeVar("SomeBody", bound=SendBody)


def _sender(model: type[SomeBody], content_of: Callable[[SomeBody], outgoing.Content]) -> Handler:
    async def send_kind(request: web.Request) -> web.Response:
        body = await read_body(request, model)
        return await _send(request, body, content_of(body))

    return send_kind


async def _send(request: web.Request, body: SendBody, content: outgoing.Content) -> web.Response:
    return sent_answer(await send(request, SendContent(content=content, **await common_of(request, body))))


def _location(body: SendLocationBody) -> outgoing.Location:
    return outgoing.Location(body.latitude, body.longitude, body.name or "", body.address or "")


def _contacts(body: SendContactBody) -> outgoing.ContactCards:
    cards = (
        outgoing.ContactCard(
            card.name, parse_phone(card.phone, f"contacts[{index}].phone"), card.organization or ""
        )
        for index, card in enumerate(body.contacts)
    )
    return outgoing.ContactCards(tuple(cards))


def _poll(body: SendPollBody) -> outgoing.Poll:
    return outgoing.Poll(body.question, tuple(body.options), body.multiple)


def _pix(body: SendPixBody) -> outgoing.PixKey:
    return outgoing.PixKey(body.key_type, body.key, body.name, body.instructions or "")


send_location = _sender(SendLocationBody, _location)
send_contact = _sender(SendContactBody, _contacts)
send_poll = _sender(SendPollBody, _poll)
send_pix = _sender(SendPixBody, _pix)


async def forward(request: web.Request) -> web.Response:
    body = await read_body(request, ForwardBody)
    return await _send(request, body, outgoing.Forward(message_id_of(request)))
