"""Files that go out: fetched within limits, known by their first bytes, named harmlessly (rows A38 to A42)."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import unicodedata
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from wppmt.egress import Egress, policy
from wppmt.errors import Code, Refusal
from wppmt.media import MAX_NAME, MediaFiles, clean_name, kind_of

LIMIT = 100_000
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """A web server whose one file is whatever a test makes it, and the MediaFiles that may fetch from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer: Handler
        self.taken = 0
        app = web.Application()
        app.router.add_get("/{name:.*}", self._serve)
        self.http = TestServer(app, host="127.0.0.1")

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.taken += 1
        return await self.answer(request)

    @property
    def files(self) -> MediaFiles:
        egress = Egress(policy([f"127.0.0.1:{self.http.port}"]))
        return MediaFiles(self.folder, LIMIT, egress, fetch_seconds=2)

    def url(self, path: str = "/imagem.jpg") -> str:
        return str(self.http.make_url(path))

    async def refuses(self, path: str = "/imagem.jpg") -> Code:
        with pytest.raises(Refusal) as refused:
            await self.files.from_url(self.url(path))
        assert list(self.folder.glob("*")) == []
        return refused.value.code


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    running = Server(tmp_path / "media")
    await running.http.start_server()
    yield running
    await running.http.close()


def answers(body: bytes, **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(
            body=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    return answer


def picture(width: int = 2, height: int = 2, kind: str = "png") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, kind)
    return buffer.getvalue()


def huge_png(side: int) -> bytes:
    """A PNG that says it is `side` pixels wide and high."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + chunk + struct.pack(">I", zlib.crc32(chunk))


async def test_a_picture(server: Server):
    server.answer = answers(picture())
    file = await server.files.from_url(server.url("/pasta/f%C3%A9rias.png?x=1"))
    assert file.path.read_bytes() == picture()
    assert (file.kind, file.mimetype, file.file_name, file.size) == (
        "image", "image/png", "férias.png", len(picture()),
    )  # fmt: skip
    assert file.path.stat().st_mode & 0o077 == 0 or file.path.parent.stat().st_mode & 0o077 == 0


class TestA38:
    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:1/x",
            "http://localhost/x",
            "http://[::1]/x",
            "http://169.254.169.254/",
            "file:///x",
        ],
    )
    async def test_forbidden_addresses(self, server: Server, url: str):
        with pytest.raises(Refusal) as refused:
            await server.files.from_url(url)
        assert refused.value.code is Code.TARGET_REFUSED

    @pytest.mark.parametrize(
        "place", ["http://127.0.0.1:1/", "http://10.0.0.1/", "//169.254.169.254/x", "file:///x"]
    )
    async def test_redirects_are_judged_hop_by_hop(self, server: Server, place: str):
        server.answer = answers(b"", Location=place)

        async def redirect(_: web.Request) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": place})

        server.answer = redirect
        assert await server.refuses() is Code.TARGET_REFUSED
        assert server.taken == 1

    async def test_a_circle_of_redirects_ends(self, server: Server):
        async def redirect(_: web.Request) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": "/imagem.jpg"})

        server.answer = redirect
        assert await server.refuses() is Code.MEDIA_FETCH_FAILED
        assert server.taken <= 5


class TestA39:
    async def test_the_limit_to_the_byte(self, server: Server):
        server.answer = answers(b"x" * LIMIT)
        assert (await server.files.from_url(server.url("/x.bin"))).size == LIMIT
        for file in server.folder.glob("*"):
            file.unlink()
        server.answer = answers(b"x" * (LIMIT + 1))
        assert await server.refuses() is Code.PAYLOAD_TOO_LARGE

    async def test_an_endless_answer_without_a_length_is_cut(self, server: Server):
        written = 0

        async def endless(request: web.Request) -> web.StreamResponse:
            nonlocal written
            response = web.StreamResponse()
            await response.prepare(request)
            while written < 100 * LIMIT:
                await response.write(b"x" * 10_000)
                written += 10_000
            return response

        server.answer = endless
        assert await server.refuses() is Code.PAYLOAD_TOO_LARGE
        assert written < 100 * LIMIT

    async def test_a_length_that_lies(self, server: Server):
        async def short(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b"x" * 10)
            assert request.transport
            request.transport.close()
            return response

        server.answer = short
        assert await server.refuses() is Code.MEDIA_FETCH_FAILED

    @pytest.mark.parametrize("status", [204, 206, 400, 404, 500])
    async def test_other_answers(self, server: Server, status: int):
        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(status=status)

        server.answer = answer
        assert await server.refuses() is Code.MEDIA_FETCH_FAILED

    async def test_an_empty_file(self, server: Server):
        server.answer = answers(b"")
        assert await server.refuses() is Code.MEDIA_FETCH_FAILED


async def test_a40_a_compressed_bomb_is_refused_unopened(server: Server):
    bomb = gzip.compress(b"0" * 200_000_000, compresslevel=1)
    before = psutil.Process().memory_info().rss
    server.answer = answers(bomb, Content_Encoding="gzip")
    assert await server.refuses() is Code.MEDIA_FETCH_FAILED
    assert psutil.Process().memory_info().rss - before < 30_000_000


class TestA41:
    async def test_a_picture_of_900_million_pixels(self, server: Server):
        server.answer = answers(huge_png(30_000))
        assert await server.refuses() is Code.MEDIA_FETCH_FAILED

    async def test_a_picture_just_too_large_and_a_broken_one(self, server: Server):
        for body in (huge_png(5_001), b"\x89PNG\r\n\x1a\n" + b"x" * 50, picture(kind="jpeg")[:30]):
            server.answer = answers(body)
            assert await server.refuses() is Code.MEDIA_FETCH_FAILED

    @pytest.mark.parametrize(
        ("body", "name", "kind"),
        [
            (b"<!DOCTYPE x [<!ENTITY a 'b'>]><svg onload='alert(1)'/>", "/figura.svg", "document"),
            (b"<html><script>alert(1)</script>", "/figura.jpg", "document"),
            (b"MZ\x90\x00" + b"\x00" * 100, "/figura.png", "document"),
            (b"%PDF-1.7\n<script>", "/figura.gif", "document"),
        ],
    )
    async def test_what_only_calls_itself_a_picture_goes_as_a_document(
        self, server: Server, body: bytes, name: str, kind: str
    ):
        server.answer = answers(body, Content_Type="image/jpeg")
        file = await server.files.from_url(server.url(name))
        assert file.kind == kind
        assert not file.mimetype.startswith("image/") or name.endswith(".svg")


class TestBase64:
    async def test_data_urls_and_plain(self, server: Server):
        text = base64.b64encode(b"ola").decode()
        for written in (text, f"data:text/plain;base64,{text}"):
            assert (await server.files.from_base64(written, "a.txt")).path.read_bytes() == b"ola"

    @pytest.mark.parametrize("text", ["%%%", "YQ=", "é", "data:x", "YQ==\n\x00", "\ud800"])
    async def test_what_is_none(self, server: Server, text: str):
        with pytest.raises(Refusal) as refused:
            await server.files.from_base64(text)
        assert refused.value.code in {Code.INVALID_REQUEST, Code.MEDIA_FETCH_FAILED}

    async def test_more_than_the_limit(self, server: Server):
        with pytest.raises(Refusal) as refused:
            await server.files.from_base64(base64.b64encode(b"x" * (LIMIT + 1)).decode())
        assert refused.value.code is Code.PAYLOAD_TOO_LARGE


class TestA42:
    @pytest.mark.parametrize(
        ("name", "cleaned"),
        [
            ("relatorio.pdf", "relatorio.pdf"),
            ("../../etc/passwd", "passwd"),
            ("a/b", "b"),
            ("C:\\temp\\x.doc", "x.doc"),
            ("x\r\nSet-Cookie: a.pdf", "xSet-Cookie_ a.pdf"),
            ("foto\u202egpj.exe", "fotogpj.exe"),
            ("a\x00b.txt", "ab.txt"),
            ("..", "arquivo"),
            ("", "arquivo"),
            (".pdf", "pdf"),
            ("n" * 5000 + ".pdf", "n" * (MAX_NAME - 4) + ".pdf"),
        ],
    )
    def test_names(self, name: str, cleaned: str):
        assert clean_name(name) == cleaned

    @given(st.text())
    def test_whatever_it_is_called_the_name_is_harmless(self, name: str):
        cleaned = clean_name(name)
        assert 0 < len(cleaned) <= MAX_NAME
        assert not set(cleaned) & set('/\\:*?"<>|')
        assert cleaned not in {".", ".."}
        assert not [char for char in cleaned if unicodedata.category(char) in {"Cc", "Cf", "Cs"}]


@pytest.mark.parametrize(
    ("mimetype", "kind"),
    [("audio/ogg", "voice"), ("audio/mpeg", "audio"), ("video/mp4", "video"), ("image/webp", "image"),
     ("image/svg+xml", "document"), ("image/tiff", "document"), ("application/pdf", "document")],
)  # fmt: skip
def test_kinds(mimetype: str, kind: str):
    assert kind_of(mimetype) == kind
