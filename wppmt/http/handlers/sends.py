"""Handlers that send: a message goes to the session's mailbox, and its acknowledgement decides 200 or 202."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from aiohttp import web

from wppmt.domain import messages, sends
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.sends import extra_seconds
from wppmt.domain.times import iso
from wppmt.http import measuring
from wppmt.http.api import send_responses
from wppmt.http.api.body_reader import invalid, read_body
from wppmt.http.api.json_responses import answer
from wppmt.http.api.phones import parse_mention, parse_recipient
from wppmt.http.api.send_schemas import SendBody, SendTextBody, TracedBody
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import SESSION_ID
from wppmt.store.records import ACK_STATUS

MAX_KEY_CHARS = 255
MAX_MESSAGE_ID_CHARS = 256
GRACE_SECONDS = 5.0
"""Beyond the send's own deadline, after which the actor itself answers `pending`."""


async def send_message(request: web.Request) -> web.Response:
    body = await read_body(request, SendTextBody)
    common = await common_of(request, body)
    message = sends.SendText(text=body.message, link_preview=body.link_preview, **common)
    return sent_answer(await send(request, message))


def message_id_of(request: web.Request) -> str:
    """The path's, short or whole. Raises Refusal(MESSAGE_NOT_FOUND) for what is longer than any."""
    message_id = request.match_info["messageId"]
    if len(message_id) > MAX_MESSAGE_ID_CHARS:
        raise Refusal(Code.MESSAGE_NOT_FOUND)
    return message_id


async def common_of(request: web.Request, body: SendBody) -> dict[str, Any]:
    """The fields that every send to somebody has. Raises Refusal."""
    return {
        "to": parse_recipient(body.phone, is_group=body.is_group),
        "typing_ms": body.typing_duration if body.typing else 0,
        "quoted_id": body.quoted_message_id,
        "mentions": tuple(
            parse_mention(who, f"mentions[{index}]") for index, who in enumerate(body.mentions or ())
        ),
        **await traced(request, body),
    }


async def traced(request: web.Request, body: TracedBody) -> dict[str, Any]:
    """How it is told apart, and whether its caller waits."""
    return {
        "reference": body.reference or "",
        "respond_async": _responds_async(request),
        "idempotency": await _idempotency(request, body),
    }


async def _idempotency(request: web.Request, body: TracedBody) -> sends.Idempotency | None:
    """The header, or the body's field; the same key must always come with the same content on the same route."""
    header = request.headers.get("Idempotency-Key")
    key = header if header is not None else body.idempotency_key
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_CHARS:
        raise invalid("Idempotency-Key", f"deve ter de 1 a {MAX_KEY_CHARS} caracteres")
    if header is not None and not (header.isascii() and header.isprintable()):
        raise invalid("Idempotency-Key", "no cabeçalho, use só caracteres ASCII visíveis")
    # In a thread: a file in base64 takes a while to hash, and the loop has other tenants to serve.
    return sends.Idempotency(key, await asyncio.to_thread(_fingerprint, request.path_qs, body))


def _fingerprint(path: str, body: TracedBody) -> str:
    content = f"{path}\n{body.model_dump_json(exclude={'idempotency_key'})}"
    return hashlib.sha256(content.encode()).hexdigest()


def _size(message: sends.Send) -> int:
    return message.size if isinstance(message, sends.SendMedia) else 0


async def send(request: web.Request, message: sends.Send) -> sends.Sent:
    """To the session's mailbox. Raises its Refusal."""
    ports = request.app[PORTS]
    deadline = ports.settings.send_deadline + extra_seconds(message.typing_ms, _size(message)) + GRACE_SECONDS
    measuring.note_asked(request, typing=message.typing_ms / 1000)
    sent: sends.Sent = await ports.front.ask(messages.session_address(request[SESSION_ID]), message, deadline)
    measuring.note_sent(request, sent)
    return sent


def _responds_async(request: web.Request) -> bool:
    """RFC 7240: `Prefer: respond-async`, possibly among others and with parameters."""
    wishes = ",".join(request.headers.getall("Prefer", [])).split(",")
    return any(wish.partition(";")[0].strip().lower() == "respond-async" for wish in wishes)


def sent_answer(sent: sends.Sent) -> web.Response:
    return answer(
        send_responses.SentBody(
            id=sent.id,
            to=sent.to.replace("@s.whatsapp.net", "@c.us"),
            status=ACK_STATUS[max(sent.ack, 0)],
            timestamp=iso(sent.timestamp),
            ack=sent.ack,
            reference=sent.reference or None,
        ),
        200 if sent.ack >= 1 else 202,
    )
