"""Videos, voice notes and stickers over HTTP: what reaches the session, and what is refused with nothing left behind."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.http.conftest import Api, serve
from tests.http.test_media import PNG, sent_bytes
from tests.media.made import made
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.sends import SendMedia

PHONE = {"phone": "5511999999999"}


def path(what: str) -> str:
    return f"/api/sessions/a/send-{what}"


def of(content: bytes, **more: Any) -> dict[str, Any]:
    return PHONE | {"base64": base64.b64encode(content).decode()} | more


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async def large(_: web.Request) -> web.Response:
        return web.Response(body=bytes(1_000_001))

    app = web.Application()
    app.router.add_get("/grande.mp3", large)
    async with TestServer(app, host="127.0.0.1") as files:
        instance = Api()
        instance.folder = tmp_path
        instance.egress_allow = [f"127.0.0.1:{files.port}"]
        async for running in serve(instance):
            running.front.has("a")
            running.files = str(files.make_url("/"))  # type: ignore[attr-defined]
            yield running


def asked(api: Api) -> SendMedia:
    message = api.front.asked[-1][1]
    assert isinstance(message, SendMedia)
    return message


def left(api: Api) -> list[Path]:
    return list((api.folder / "out").glob("*"))


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({"caption": "oi"}, (False, False, False)),
        ({"gif": True}, (True, False, False)),
        ({"note": True}, (False, True, False)),
        ({"viewOnce": True}, (False, False, True)),
    ],
)
async def test_a_video_in_its_form(api: Api, fields: dict[str, Any], flags: tuple[bool, ...]):
    answer = await api.post(path("video"), of(made("h264.mp4"), **fields))
    assert answer.status == 200, answer.body
    video = asked(api)
    assert (video.kind, video.mimetype, video.caption) == ("video", "video/mp4", fields.get("caption", ""))
    assert (video.gif, video.note, video.view_once) == flags


async def test_any_sound_is_a_voice_note(api: Api):
    answer = await api.post(path("voice"), of(made("mp3.mp3"), viewOnce=True))
    assert answer.status == 200, answer.body
    voice = asked(api)
    assert (voice.kind, voice.mimetype, voice.seconds, voice.view_once) == (
        "voice",
        "audio/ogg; codecs=opus",
        1,
        True,
    )
    assert len(voice.waveform) == 64
    assert sent_bytes(api).startswith(b"OggS")


async def test_a_picture_is_a_sticker(api: Api):
    answer = await api.post(path("sticker"), of(PNG))
    assert answer.status == 200, answer.body
    assert (asked(api).kind, asked(api).mimetype) == ("sticker", "image/webp")


async def test_a_picture_may_be_seen_once(api: Api):
    await api.post(path("image"), of(PNG, viewOnce=True))
    assert (asked(api).kind, asked(api).view_once) == ("image", True)


BAD: list[tuple[str, bytes, Code]] = [
    ("video", made("mp3.mp3"), Code.UNSUPPORTED_MEDIA),
    ("video", PNG, Code.UNSUPPORTED_MEDIA),
    ("voice", PNG, Code.UNSUPPORTED_MEDIA),
    ("voice", made("h264-aac.mp4"), Code.UNSUPPORTED_MEDIA),
    ("sticker", made("mp3.mp3"), Code.UNSUPPORTED_MEDIA),
    ("sticker", PNG[:40], Code.MEDIA_FETCH_FAILED),
]


@pytest.mark.parametrize(("what", "content", "code"), BAD)
async def test_the_wrong_kind_of_file_is_refused_with_what_is_accepted(
    api: Api, what: str, content: bytes, code: Code
):
    answer = await api.post(path(what), of(content))
    assert (answer.status, answer.body["code"]) == (422, code)
    [detail] = answer.body["details"]
    assert detail["field"] == "base64"
    assert "aceita" in detail["problem"] or code is Code.MEDIA_FETCH_FAILED
    assert api.front.asked == []
    assert left(api) == []


@pytest.mark.parametrize(
    ("what", "field"), [("video", "videoUrl"), ("voice", "audioUrl"), ("sticker", "stickerUrl")]
)
async def test_what_is_too_large_is_refused_before_anything_is_converted(api: Api, what: str, field: str):
    answer = await api.post(path(what), PHONE | {field: f"{api.files}grande.mp3"})  # type: ignore[attr-defined]
    assert (answer.status, answer.body["code"]) == (422, Code.MEDIA_TOO_LARGE)
    assert answer.body["details"][0]["field"] == field
    assert left(api) == []


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("video", {"note": True, "gif": True}),
        ("video", {"note": True, "caption": "oi"}),
        ("video", {"videoUrl": "https://exemplo.com/a.mp4"}),
        ("voice", {"base64": ""}),
        ("sticker", {"viewOnce": "sim", "base64": "%"}),
    ],
)
async def test_a_bad_body_is_refused(api: Api, what: str, fields: dict[str, Any]):
    answer = await api.post(path(what), of(b"abc") | fields)
    assert (answer.status, answer.body["code"]) == (400, Code.INVALID_REQUEST)
    assert left(api) == []


async def test_what_the_session_refuses_leaves_no_file(api: Api):
    api.front.refusal = Refusal(Code.QUEUE_FULL)
    assert (await api.post(path("sticker"), of(PNG))).status == 429
    assert left(api) == []
