"""Handlers of sends with a file: it is fetched, looked at and made what is wanted before it enters the mailbox.

A slow address, and a long conversion, delay nobody but their caller.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from wppmt.domain import messages, sends
from wppmt.domain.errors import Code, Refusal
from wppmt.http import measuring
from wppmt.http.api.body_reader import body_of
from wppmt.http.api.route import Handler
from wppmt.http.api.send_schemas import (
    SendFileBody,
    SendImageBody,
    SendMediaBody,
    SendStickerBody,
    SendVideoBody,
    SendVoiceBody,
    SourceBody,
)
from wppmt.http.handlers.sends import GRACE_SECONDS, common_of, send, sent_answer
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import SESSION_ID
from wppmt.media.examine import MediaFile
from wppmt.media.fetch import MediaFiles
from wppmt.media.wanted import Wanted

SomeBody = TypeVar("SomeBody", bound=SourceBody)
Fields = dict[str, Any]
"""Of the SendMedia, beyond its file and what every send has."""


def _sender(
    model: type[SomeBody], wanted: Callable[[SomeBody], Wanted], fields: Callable[[SomeBody], Fields]
) -> Handler:
    async def send_file(request: web.Request) -> web.Response:
        message = await _read(request, model, wanted, fields)
        if isinstance(message, sends.Sent):
            measuring.note_sent(request, message)
            return sent_answer(message)
        try:
            return sent_answer(await send(request, message))
        except Refusal as refusal:
            # What surely was not done left the file to us; otherwise it is the session's.
            if refusal.code is not Code.OUTCOME_UNKNOWN:
                _discard(message.path)
            raise

    return send_file


def _discard(path: str) -> None:
    Path(path).unlink(missing_ok=True)


async def _read(
    request: web.Request,
    model: type[SomeBody],
    wanted: Callable[[SomeBody], Wanted],
    fields: Callable[[SomeBody], Fields],
) -> sends.SendMedia | sends.Sent:
    """What was answered before under the same key, or the message; the body is out of memory when this returns."""
    async with body_of(request, model) as body:
        if body.address is None:
            return await _message_of(request, body, wanted(body), fields(body))
    # Whatever else a body with an address held, it is gone by now: the fetch may take a minute.
    return await _message_of(request, body, wanted(body), fields(body))


async def _message_of(
    request: web.Request, body: SourceBody, wanted: Wanted, fields: Fields
) -> sends.SendMedia | sends.Sent:
    common = await common_of(request, body)
    known = await _announce(request, common["idempotency"])
    if known is not None:
        return known
    file = await _file_of(request.app[PORTS].media, body, wanted)
    return sends.SendMedia(
        kind=file.kind,
        path=str(file.path),
        size=file.size,
        mimetype=file.mimetype,
        file_name=file.file_name,
        waveform=file.waveform,
        seconds=file.seconds,
        **fields,
        **common,
    )


async def _announce(request: web.Request, idempotency: sends.Idempotency | None) -> sends.Sent | None:
    """What was answered before needs no file, and what would be refused is not fetched: it may be gone by now."""
    address = messages.session_address(request[SESSION_ID])
    try:
        known: sends.Sent | None = await request.app[PORTS].front.ask(
            address, sends.AnnounceMedia(idempotency), GRACE_SECONDS
        )
    except Refusal as refusal:
        if refusal.code is Code.OUTCOME_UNKNOWN:
            raise Refusal(Code.SESSION_BUSY, retry_after=5) from None
        raise
    return known


async def _file_of(media: MediaFiles, body: SourceBody, wanted: Wanted) -> MediaFile:
    name = body.file_name if isinstance(body, SendMediaBody) else None
    try:
        if body.address is not None:
            return await media.from_url(body.address, name, body.mimetype, wanted)
        return await media.from_base64(body.base64 or "", name, body.mimetype, wanted)
    except Refusal as refusal:
        # What a file is called in the request is known only here.
        details = [detail | {"field": body.source} for detail in refusal.details]
        raise Refusal(_code_of(refusal.code, wanted), details=details) from None


def _code_of(code: Code, wanted: Wanted) -> Code:
    """The first two routes had one word for a body and a file that is too large, and keep it."""
    is_new = wanted not in {Wanted.ANY, Wanted.IMAGE}
    return Code.MEDIA_TOO_LARGE if is_new and code is Code.PAYLOAD_TOO_LARGE else code


def _captioned(body: SendMediaBody) -> Fields:
    return {"caption": body.caption or ""}


send_image = _sender(
    SendImageBody, lambda _: Wanted.IMAGE, lambda body: _captioned(body) | {"view_once": body.view_once}
)
send_file = _sender(SendFileBody, lambda _: Wanted.ANY, _captioned)
send_video = _sender(
    SendVideoBody,
    lambda body: Wanted.GIF if body.gif else Wanted.VIDEO,
    lambda body: _captioned(body) | {"gif": body.gif, "note": body.note, "view_once": body.view_once},
)
send_voice = _sender(SendVoiceBody, lambda _: Wanted.VOICE, lambda body: {"view_once": body.view_once})
send_sticker = _sender(SendStickerBody, lambda _: Wanted.STICKER, lambda _: {})
