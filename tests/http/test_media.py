"""send-image and send-file over HTTP, with real fetching from a server of our own."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from PIL import Image

from tests.http.conftest import Api, serve
from tests.media.made import made
from wppmt.domain import sends
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.states import State

PHONE = {"phone": "5511999999999"}
IMAGE, FILE, TEXT = (f"/api/sessions/a/send-{what}" for what in ("image", "file", "message"))


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "png")
    return buffer.getvalue()


PNG = png()
PNG_TEXT = base64.b64encode(PNG).decode()


@pytest.fixture
async def files() -> AsyncIterator[BaseTestServer]:
    """A web server with one picture and one way to somewhere forbidden."""

    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=PNG, content_type="text/html")

    async def away(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:1/")

    async def report(_: web.Request) -> web.Response:
        return web.Response(body=b"%PDF-1.7 x")

    app = web.Application()
    app.router.add_get("/imagem.jpg", picture)
    app.router.add_get("/relatorio.pdf", report)
    app.router.add_get("/away", away)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


@pytest.fixture
async def api(files: BaseTestServer, tmp_path: Path) -> AsyncIterator[Api]:
    instance = Api()
    instance.folder = tmp_path
    instance.egress_allow = [f"127.0.0.1:{files.port}"]
    async for running in serve(instance):
        running.front.has("a")
        yield running


def asked(api: Api) -> sends.SendMedia:
    message = api.front.asked[-1][1]
    assert isinstance(message, sends.SendMedia)
    return message


def sent_bytes(api: Api) -> bytes:
    return Path(asked(api).path).read_bytes()


def left(api: Api) -> list[Path]:
    return list((api.folder / "out").glob("*"))


async def test_an_image_by_address_is_the_documents_example(api: Api, files: BaseTestServer):
    body = PHONE | {
        "imageUrl": str(files.make_url("/imagem.jpg")),
        "caption": "Legenda da imagem",
        "typing": True,
    }
    answer = await api.post(IMAGE, body)
    assert answer.status == 200
    assert list(answer.body)[:5] == ["success", "id", "to", "status", "timestamp"]
    message = asked(api)
    assert sent_bytes(api) == PNG
    assert (message.kind, message.mimetype, message.size) == ("image", "image/png", len(PNG))
    assert (message.caption, message.file_name, message.typing_ms) == (
        "Legenda da imagem",
        "imagem.jpg",
        1000,
    )


@pytest.mark.parametrize("text", [PNG_TEXT, f"data:image/png;base64,{PNG_TEXT}"])
async def test_base64(api: Api, text: str):
    answer = await api.post(
        FILE, PHONE | {"base64": text, "mimetype": "image/png", "fileName": "relatorio.png"}
    )
    assert answer.status == 200
    assert (asked(api).file_name, sent_bytes(api)) == ("relatorio.png", PNG)


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"%PDF-1.7 x", "relatorio.pdf", "document"),
        (made("opus.webm"), "voz.webm", "voice"),
        (made("h264.mp4"), "filme.mp4", "video"),
        (made("mp3.mp3"), "musica.mp3", "audio"),
        (b"<svg onload='x'>", "figura.svg", "document"),
        (b"<html><script>", "pagina.html", "document"),
    ],
)
async def test_the_kind_is_told_by_the_content(api: Api, content: bytes, name: str, kind: str):
    body = PHONE | {"base64": base64.b64encode(content).decode(), "fileName": name}
    assert (await api.post(FILE, body)).status == 200
    assert asked(api).kind == kind


async def test_only_pictures_are_images(api: Api, files: BaseTestServer):
    pdf = base64.b64encode(b"%PDF-1.7 x").decode()
    for source, content in {"base64": pdf, "imageUrl": str(files.make_url("/relatorio.pdf"))}.items():
        answer = await api.post(IMAGE, PHONE | {source: content})
        assert (answer.status, answer.body["code"]) == (422, "MEDIA_FETCH_FAILED")
        assert answer.body["details"] == [
            {"field": source, "problem": "não é uma imagem JPEG, PNG, WebP ou GIF"}
        ]
    assert api.front.asked == []
    assert left(api) == []


async def test_a_refused_file_is_called_what_its_caller_called_it(api: Api, files: BaseTestServer):
    broken = base64.b64encode(PNG[:20]).decode()
    for source, content in {"base64": broken, "fileUrl": str(files.make_url("/nada"))}.items():
        answer = await api.post(FILE, PHONE | {source: content})
        assert (answer.status, answer.body["details"][0]["field"]) == (422, source)


async def test_the_type_that_the_caller_states(api: Api):
    body = PHONE | {"base64": base64.b64encode(b"a;b").decode(), "mimetype": "text/csv"}
    assert (await api.post(FILE, body)).status == 200
    assert (asked(api).mimetype, asked(api).file_name) == ("text/csv", "arquivo.csv")


@pytest.mark.parametrize(
    "fields", [{}, {"imageUrl": "http://x/", "base64": "YQ=="}, {"fileUrl": "http://x/"}]
)
async def test_one_source_and_only_one(api: Api, fields: dict[str, str]):
    answer = await api.post(IMAGE, PHONE | fields)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert answer.body["details"][0]["problem"] == "informe a URL ou base64, um dos dois"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "http://169.254.169.254/", "file:///etc/passwd", "/away"]
)
async def test_forbidden_addresses_also_behind_a_redirect(api: Api, files: BaseTestServer, url: str):
    url = str(files.make_url(url)) if url.startswith("/") else url
    answer = await api.post(IMAGE, PHONE | {"imageUrl": url})
    assert (answer.status, answer.body["code"]) == (422, "TARGET_REFUSED")
    assert api.front.asked == []
    assert left(api) == []


async def test_base64_that_is_none_and_that_is_too_much(api: Api):
    bad = await api.post(FILE, PHONE | {"base64": "não"})
    assert (bad.status, bad.body["details"][0]["field"]) == (400, "base64")
    large = await api.post(FILE, PHONE | {"base64": base64.b64encode(b"x" * 1_000_001).decode()})
    assert (large.status, large.body["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert left(api) == []


@pytest.mark.parametrize(
    ("code", "kept"), [(Code.NOT_CONNECTED, 0), (Code.QUEUE_FULL, 0), (Code.OUTCOME_UNKNOWN, 1)]
)
async def test_a_file_stays_only_while_the_session_may_need_it(api: Api, code: Code, kept: int):
    api.front.refusal = Refusal(code)
    assert (await api.post(FILE, PHONE | {"base64": PNG_TEXT})).body["code"] == code
    assert len(left(api)) == kept


async def test_an_unconnected_session_answers_as_for_text(api: Api):
    api.front.has("a", State.DISCONNECTED)
    answer = await api.post(IMAGE, PHONE | {"base64": PNG_TEXT})
    assert (answer.status, answer.body["reconnectRequired"]) == (503, True)


async def test_nothing_is_fetched_for_an_unconnected_session(api: Api):
    api.front.has("a", State.RECONNECTING)
    answer = await api.post(IMAGE, PHONE | {"imageUrl": "http://127.0.0.1:1/"})
    assert answer.body["code"] == "NOT_CONNECTED"
    assert left(api) == []


class TestIdempotency:
    async def keyed(
        self, api: Api, path: str, body: dict[str, Any], key: str | None = "k1"
    ) -> sends.Idempotency:
        headers = {"Idempotency-Key": key} if key is not None else {}
        answer = await api.post(path, PHONE | body, headers=headers)
        assert answer.status == 200, answer.body
        message = api.front.asked[-1][1]
        assert isinstance(message, sends.SendText | sends.SendMedia)
        assert message.idempotency
        return message.idempotency

    async def test_the_same_request_has_the_same_fingerprint(self, api: Api):
        first = await self.keyed(api, TEXT, {"message": "oi"})
        assert await self.keyed(api, TEXT, {"message": "oi"}) == first
        assert await self.keyed(api, TEXT, {"typing": False, "message": "oi"}) == first
        assert await self.keyed(api, TEXT, {"message": "oi", "idempotencyKey": "k1"}, key=None) == first

    async def test_another_request_has_another(self, api: Api):
        first = await self.keyed(api, TEXT, {"message": "oi"})
        image = await self.keyed(api, IMAGE, {"base64": PNG_TEXT})
        others = [
            await self.keyed(api, TEXT, {"message": "tchau"}),
            await self.keyed(api, TEXT, {"message": "oi", "phone": "5511999999998"}),
            image,
            await self.keyed(api, FILE, {"base64": PNG_TEXT}),
        ]
        fingerprints = {other.fingerprint for other in others} | {first.fingerprint}
        assert len(fingerprints) == 5

    async def test_keys_of_256_characters_and_none(self, api: Api):
        assert (await self.keyed(api, TEXT, {"message": "oi"}, "k" * 255)).key == "k" * 255
        for key in ("k" * 256, "", "ção", "a\tb"):
            answer = await api.post(TEXT, PHONE | {"message": "oi"}, headers={"Idempotency-Key": key})
            assert (answer.status, answer.body["details"][0]["field"]) == (400, "Idempotency-Key")

    async def test_bytes_that_are_no_text_are_no_key(self, api: Api):
        head = (
            f"POST {TEXT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.token}\r\nConnection: close\r\n"
        )
        body = b'{"phone": "5511999999999", "message": "oi"}'
        reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
        writer.write(
            head.encode() + b"Idempotency-Key: \xff\xfe\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert api.front.asked == []

    async def test_a_known_key_is_answered_though_the_address_is_dead(self, api: Api, files: BaseTestServer):
        sent = sends.Sent("3EB0AA", "5511999999999@c.us", 2, api.time)
        api.front.known["k1"] = sent
        body = PHONE | {"fileUrl": str(files.make_url("/gone.pdf"))}
        answer = await api.post(FILE, body, headers={"Idempotency-Key": "k1"})
        assert (answer.status, answer.body["id"], answer.body["status"]) == (200, "3EB0AA", "delivered")
        assert (api.front.asked, left(api)) == ([], [])
        assert (await api.post(FILE, body, headers={"Idempotency-Key": "k2"})).body["code"] == (
            "MEDIA_FETCH_FAILED"
        )

    async def test_without_a_key_nothing_is_remembered(self, api: Api):
        await api.post(TEXT, PHONE | {"message": "oi"})
        message = api.front.asked[-1][1]
        assert isinstance(message, sends.SendText)
        assert message.idempotency is None
