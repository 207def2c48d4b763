"""Handlers that send: a message goes to the session's mailbox, and its acknowledgement decides 200 or 202."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from aiohttp import web

from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import extra_seconds
from wppmt.domain.times import iso
from wppmt.http.api import responses
from wppmt.http.api.body_reader import body_of, invalid, read_body
from wppmt.http.api.json_responses import answer
from wppmt.http.api.phones import parse_mention, parse_recipient
from wppmt.http.api.schemas import (
    SendBody,
    SendFileBody,
    SendImageBody,
    SendMediaBody,
    SendTextBody,
    TracedBody,
)
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import SESSION_ID
from wppmt.media.examine import MediaFile
from wppmt.media.fetch import MediaFiles
from wppmt.store.records import ACK_STATUS

MAX_KEY_CHARS = 255
_GRACE_SECONDS = 5.0
"""Beyond the send's own deadline, after which the actor itself answers `pending`."""


async def send_message(request: web.Request) -> web.Response:
    body = await read_body(request, SendTextBody)
    common = await common_of(request, body)
    message = messages.SendText(text=body.message, link_preview=body.link_preview, **common)
    return sent_answer(await send(request, message))


async def send_image(request: web.Request) -> web.Response:
    return await _send_media(request, SendImageBody, only_images=True)


async def send_file(request: web.Request) -> web.Response:
    return await _send_media(request, SendFileBody, only_images=False)


async def _send_media(
    request: web.Request, model: type[SendImageBody | SendFileBody], *, only_images: bool
) -> web.Response:
    """The file is fetched before it enters the mailbox: a slow address delays nobody but its caller."""
    message = await _media_message(request, model, only_images=only_images)
    if isinstance(message, messages.Sent):
        return sent_answer(message)
    try:
        return sent_answer(await send(request, message))
    except Refusal as refusal:
        # What surely was not done left the file to us; otherwise it is the session's.
        if refusal.code is not Code.OUTCOME_UNKNOWN:
            _discard(message.path)
        raise


async def _media_message(
    request: web.Request, model: type[SendImageBody | SendFileBody], *, only_images: bool
) -> messages.SendMedia | messages.Sent:
    """What was answered before under the same key, or the message; the body is out of memory when this returns."""
    async with body_of(request, model) as body:
        if body.address is None:
            return await _message_of(request, body, only_images=only_images)
    # Whatever else a body with an address held, it is gone by now: the fetch may take a minute.
    return await _message_of(request, body, only_images=only_images)


async def _message_of(
    request: web.Request, body: SendMediaBody, *, only_images: bool
) -> messages.SendMedia | messages.Sent:
    common = await common_of(request, body)
    known = await _announce(request, common["idempotency"])
    if known is not None:
        return known
    file = await _file_of(request.app[PORTS].media, body)
    if only_images and file.kind != "image":
        _discard(file.path)
        raise Refusal(
            Code.MEDIA_FETCH_FAILED,
            details=[{"field": body.source, "problem": "não é uma imagem JPEG, PNG, WebP ou GIF"}],
        )
    return messages.SendMedia(
        kind=file.kind,
        path=str(file.path),
        size=file.size,
        mimetype=file.mimetype,
        file_name=file.file_name,
        caption=body.caption or "",
        **common,
    )


def _discard(path: str | Path) -> None:
    Path(path).unlink(missing_ok=True)


async def _announce(request: web.Request, idempotency: messages.Idempotency | None) -> messages.Sent | None:
    """What was answered before needs no file, and what would be refused is not fetched: it may be gone by now."""
    address = messages.session_address(request[SESSION_ID])
    try:
        known: messages.Sent | None = await request.app[PORTS].front.ask(
            address, messages.AnnounceMedia(idempotency), _GRACE_SECONDS
        )
    except Refusal as refusal:
        if refusal.code is Code.OUTCOME_UNKNOWN:
            raise Refusal(Code.SESSION_BUSY, retry_after=5) from None
        raise
    return known


async def _file_of(media: MediaFiles, body: SendMediaBody) -> MediaFile:
    try:
        if body.address is not None:
            return await media.from_url(body.address, body.file_name, body.mimetype)
        return await media.from_base64(body.base64 or "", body.file_name, body.mimetype)
    except Refusal as refusal:
        # What a file is called in the request is known only here.
        refusal.details = [detail | {"field": body.source} for detail in refusal.details]
        raise


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


async def _idempotency(request: web.Request, body: TracedBody) -> messages.Idempotency | None:
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
    return messages.Idempotency(key, await asyncio.to_thread(_fingerprint, request.path_qs, body))


def _fingerprint(path: str, body: TracedBody) -> str:
    content = f"{path}\n{body.model_dump_json(exclude={'idempotency_key'})}"
    return hashlib.sha256(content.encode()).hexdigest()


def _size(message: messages.Send) -> int:
    return message.size if isinstance(message, messages.SendMedia) else 0


async def send(request: web.Request, message: messages.Send) -> messages.Sent:
    """To the session's mailbox. Raises its Refusal."""
    ports = request.app[PORTS]
    deadline = (
        ports.settings.send_deadline + extra_seconds(message.typing_ms, _size(message)) + _GRACE_SECONDS
    )
    sent: messages.Sent = await ports.front.ask(
        messages.session_address(request[SESSION_ID]), message, deadline
    )
    return sent


def _responds_async(request: web.Request) -> bool:
    """RFC 7240: `Prefer: respond-async`, possibly among others and with parameters."""
    wishes = ",".join(request.headers.getall("Prefer", [])).split(",")
    return any(wish.partition(";")[0].strip().lower() == "respond-async" for wish in wishes)


def sent_answer(sent: messages.Sent) -> web.Response:
    return answer(
        responses.SentBody(
            id=sent.id,
            to=sent.to.replace("@s.whatsapp.net", "@c.us"),
            status=ACK_STATUS[max(sent.ack, 0)],
            timestamp=iso(sent.timestamp),
            ack=sent.ack,
            reference=sent.reference or None,
        ),
        200 if sent.ack >= 1 else 202,
    )
