"""Handlers that send: a message goes to the session's mailbox, and its acknowledgement decides 200 or 202."""

from __future__ import annotations

from aiohttp import web

from wppmt import messages
from wppmt.http import answers
from wppmt.http.bodies import read_body
from wppmt.http.guard import SESSION_ID
from wppmt.http.phones import parse_phone, parse_recipient
from wppmt.http.ports import PORTS
from wppmt.http.responses import answer
from wppmt.http.schemas import SendTextBody
from wppmt.store import ACK_STATUS
from wppmt.times import iso

_GRACE_SECONDS = 5.0
"""Beyond the send's own deadline, after which the actor itself answers `pending`."""


async def send_message(request: web.Request) -> web.Response:
    body = await read_body(request, SendTextBody)
    message = messages.SendText(
        to=parse_recipient(body.phone, is_group=body.is_group),
        text=body.message,
        typing_ms=body.typing_duration if body.typing else 0,
        quoted_id=body.quoted_message_id,
        mentions=tuple(f"{parse_phone(phone)}@c.us" for phone in body.mentions or ()),
        link_preview=body.link_preview,
        respond_async=_responds_async(request),
    )
    ports = request.app[PORTS]
    deadline = ports.settings.send_deadline + message.typing_ms / 1000 + _GRACE_SECONDS
    sent: messages.Sent = await ports.front.ask(
        messages.session_address(request[SESSION_ID]), message, deadline
    )
    return sent_answer(sent)


def _responds_async(request: web.Request) -> bool:
    """RFC 7240: `Prefer: respond-async`, possibly among others and with parameters."""
    wishes = ",".join(request.headers.getall("Prefer", [])).split(",")
    return any(wish.partition(";")[0].strip().lower() == "respond-async" for wish in wishes)


def sent_answer(sent: messages.Sent) -> web.Response:
    return answer(
        answers.Sent(
            id=sent.id,
            to=sent.to.replace("@s.whatsapp.net", "@c.us"),
            status=ACK_STATUS[max(sent.ack, 0)],
            timestamp=iso(sent.timestamp),
            ack=sent.ack,
        ),
        200 if sent.ack >= 1 else 202,
    )
