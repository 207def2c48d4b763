"""Files that go out: fetched within limits, known by their first bytes, named harmlessly."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from tests.media.made import made
from wppmt.domain.errors import Code, Refusal
from wppmt.media.fetch import MediaFiles
from wppmt.media.playable import VOICE
from wppmt.net.egress import Egress, policy

LIMIT = 100_000
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RawServer:
    """Answers whatever bytes a test gives it, again and again, until the client has had enough; loopback only."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self.head, self.piece = head, piece
        self.sent = 0

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port: int = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.head)
            while True:
                writer.write(self.piece)
                self.sent += len(self.piece)
                await writer.drain()
        writer.close()


class Server:
    """A web server whose one file is whatever a test makes it, and the MediaFiles that may fetch from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer: Handler
        self.taken = 0
        self.patience = 2.0
        app = web.Application()
        app.router.add_get("/{name:.*}", self._serve)
        self.http = TestServer(app, host="127.0.0.1")

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.taken += 1
        return await self.answer(request)

    @property
    def files(self) -> MediaFiles:
        egress = Egress(policy([f"127.0.0.1:{self.http.port}"]))
        return MediaFiles(self.folder, LIMIT, egress, fetch_seconds=self.patience)

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
    """A PNG that says it is `side` pixels wide and high, and is well-formed as far as its head goes."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000)))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


async def test_a_picture(server: Server):
    server.answer = answers(picture())
    file = await server.files.from_url(server.url("/pasta/f%C3%A9rias.png?x=1"))
    assert file.path.read_bytes() == picture()
    assert (file.kind, file.mimetype, file.file_name, file.size) == (
        "image", "image/png", "férias.png", len(picture()),
    )  # fmt: skip
    assert file.path.stat().st_mode & 0o077 == 0 or file.path.parent.stat().st_mode & 0o077 == 0


class TestTargets:
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

    async def test_a_relative_redirect_leads_to_the_file(self, server: Server):
        async def once(request: web.Request) -> web.StreamResponse:
            if request.path == "/b.png":
                return web.Response(body=picture())
            return web.Response(status=307, headers={"Location": "../b.png"})

        server.answer = once
        assert (await server.files.from_url(server.url("/x/a"))).file_name == "a.png"

    async def test_a_circle_of_redirects_ends(self, server: Server):
        async def redirect(_: web.Request) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": "/imagem.jpg"})

        server.answer = redirect
        assert await server.refuses() is Code.MEDIA_FETCH_FAILED
        assert server.taken <= 5


class TestSizes:
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

    async def test_a_length_over_the_limit_is_not_even_read(self, server: Server):
        async def announced(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": str(LIMIT + 1)})
            await response.prepare(request)
            return response

        server.answer = announced
        assert await server.refuses() is Code.PAYLOAD_TOO_LARGE

    @pytest.mark.slow
    async def test_a_slow_drip_ends_at_the_deadline(self, server: Server):
        async def drip(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            with suppress(ConnectionError):
                while True:
                    await response.write(b"x")
                    await asyncio.sleep(0.01)
            return response

        server.answer, server.patience = drip, 0.2
        assert await server.refuses() is Code.MEDIA_FETCH_FAILED

    async def test_a_caller_who_leaves_leaves_nothing(self, server: Server):
        begun, over = asyncio.Event(), asyncio.Event()

        async def stuck(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"x")
            begun.set()
            await over.wait()
            return response

        server.answer = stuck
        fetching = asyncio.create_task(server.files.from_url(server.url()))
        await begun.wait()
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        assert list(server.folder.glob("*")) == []
        over.set()

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


@pytest.mark.slow
async def test_a_compressed_bomb_is_refused_unopened(server: Server):
    bomb = gzip.compress(b"0" * 200_000_000, compresslevel=1)
    before = psutil.Process().memory_info().rss
    server.answer = answers(bomb, Content_Encoding="gzip")
    assert await server.refuses() is Code.MEDIA_FETCH_FAILED
    assert psutil.Process().memory_info().rss - before < 30_000_000


class TestPictures:
    async def test_a_picture_of_900_million_pixels(self, server: Server):
        server.answer = answers(huge_png(30_000))
        assert await server.refuses() is Code.MEDIA_FETCH_FAILED

    async def test_a_broken_one(self, server: Server):
        for body in (
            b"\x89PNG\r\n\x1a\n" + b"x" * 50,
            picture(kind="jpeg")[:30],
            picture(50, 50, "jpeg")[:500],
        ):
            server.answer = answers(body)
            assert await server.refuses() is Code.MEDIA_FETCH_FAILED

    async def test_a_drawing_with_entities_and_a_script_goes_as_a_document(self, server: Server):
        server.answer = answers(
            b"<!DOCTYPE x [<!ENTITY a 'b'>]><svg onload='alert(1)'/>", Content_Type="image/jpeg"
        )
        assert (await server.files.from_url(server.url("/figura.svg"))).kind == "document"

    @pytest.mark.parametrize(
        ("body", "name"),
        [
            (b"MZ\x90\x00" + b"\x00" * 100, "/figura.png"),
            (b"MZ\x90\x00" + b"\x00" * 100, "/relatorio.pdf"),
            (b"%PDF-1.7\n<script>", "/figura.gif"),
            (b"%PDF-1.7 x", "/figura.jpg"),
            (picture(), "/relatorio.pdf"),
            (b"PK\x03\x04" + bytes(40), "/relatorio.PDF"),
        ],
    )
    async def test_a_name_that_the_content_belies_is_refused(self, server: Server, body: bytes, name: str):
        server.answer = answers(body, Content_Type="image/jpeg")
        assert await server.refuses(name) is Code.MEDIA_FETCH_FAILED

    async def test_a_picture_of_another_kind_is_still_the_picture(self, server: Server):
        server.answer = answers(picture())
        file = await server.files.from_url(server.url("/figura.jpg"))
        assert (file.kind, file.mimetype) == ("image", "image/png")

    @pytest.mark.parametrize("name", ["/figura.jpg", "/relatorio.pdf", "/figura.PNG"])
    async def test_a_page_in_place_of_the_file_is_refused(self, server: Server, name: str):
        """What a login page, or an attacker, answers with status 200."""
        server.answer = answers(b"<html><script>alert(1)</script>", Content_Type="image/jpeg")
        assert await server.refuses(name) is Code.MEDIA_FETCH_FAILED

    async def test_a_polyglot_is_only_what_its_first_bytes_say(self, server: Server):
        body = picture() + b"<script>alert(1)</script>" + b"PK\x03\x04"
        server.answer = answers(body, Content_Type="text/html")
        file = await server.files.from_url(server.url("/pagina.html"))
        assert (file.kind, file.mimetype) == ("image", "image/png")


class TestBase64:
    async def test_data_urls_and_plain(self, server: Server):
        text = base64.b64encode(b"ola").decode()
        for written in (
            text,
            f"data:text/plain;base64,{text}",
            "b2\r\nxh\n",
            f"data:text/plain;charset=utf-8;base64,{text}",
        ):
            assert (await server.files.from_base64(written, "a.txt")).path.read_bytes() == b"ola"

    @pytest.mark.parametrize(
        "text", ["%%%", "YQ=", "é", "data:x", "data:text/plain,YQ==", "YQ==\n\x00", "\ud800", "\n"]
    )
    async def test_what_is_none(self, server: Server, text: str):
        with pytest.raises(Refusal) as refused:
            await server.files.from_base64(text)
        assert refused.value.code in {Code.INVALID_REQUEST, Code.MEDIA_FETCH_FAILED}

    async def test_more_than_the_limit(self, server: Server):
        with pytest.raises(Refusal) as refused:
            await server.files.from_base64(base64.b64encode(b"x" * (LIMIT + 1)).decode())
        assert refused.value.code is Code.PAYLOAD_TOO_LARGE


class TestName:
    """Asked for by its caller, else told by its server, else the end of the address that was asked for."""

    async def name(self, server: Server, path: str, file_name: str | None = None, **headers: str) -> str:
        async def answer(request: web.Request) -> web.StreamResponse:
            if request.path == "/vai":
                return web.Response(status=302, headers={"Location": "/k3j2h1z9?sig=1"})
            return web.Response(
                body=b"%PDF-1.7 x", headers={k.replace("_", "-"): v for k, v in headers.items()}
            )

        server.answer = answer
        return (await server.files.from_url(server.url(path), file_name)).file_name

    @pytest.mark.parametrize(
        ("path", "header", "name"),
        [
            ("/vai", "attachment; filename=\"relat_rio.pdf\"; filename*=UTF-8''relat%C3%B3rio%20final.pdf", "relatório final.pdf"),
            ("/download?id=7", 'attachment; filename="boleto 11-2026.pdf"', "boleto 11-2026.pdf"),
            ("/download?id=7", 'attachment; filename="relatório.pdf"', "relatório.pdf"),
            ("/download?id=7", 'attachment; filename="../../etc/boleto.pdf"', "boleto.pdf"),
            ("/download?id=7", "attachment", "download.pdf"), ("/download?id=7", "inline; filename=boleto", "boleto.pdf"),
        ],
    )  # fmt: skip
    async def test_the_server_s_word(self, server: Server, path: str, header: str, name: str):
        assert await self.name(server, path, Content_Disposition=header) == name
        assert await self.name(server, path, "meu.pdf", Content_Disposition=header) == "meu.pdf"

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/blobs/relat%C3%B3rio%20final.pdf", "relatório final.pdf"), ("/blobs/relat%F3rio.pdf", "relatório.pdf"),
            ("/a%2520b.pdf", "a%20b.pdf"), ("/a%252Fb.pdf", "a%2Fb.pdf"), ("/a%2Fb.pdf", "b.pdf"), ("/a+b.pdf", "a+b.pdf"),
            ("/50%25.pdf?x=/y.doc#z", "50%.pdf"), ("/", "arquivo.pdf"), ("/pasta/", "arquivo.pdf"),
        ],
    )  # fmt: skip
    async def test_the_address_s_end_decoded_once(self, server: Server, path: str, name: str):
        assert await self.name(server, path) == name

    async def test_a_redirect_s_address_tells_no_name(self, server: Server):
        assert await self.name(server, "/vai") == "vai.pdf"

    async def test_raw_bytes_in_the_header(self, server: Server):
        """aiohttp's own server writes none: this one does."""

        async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            name = "relatório.pdf".encode("utf-8" if b"GET /utf-8 " in head else "latin-1")
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename="' + name + b'"\r\n')
            writer.write(b"Content-Length: 10\r\n\r\n%PDF-1.7 x")
            await writer.drain()
            writer.close()

        listening = await asyncio.start_server(raw, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        files = MediaFiles(server.folder, LIMIT, Egress(policy([f"127.0.0.1:{port}"])))
        for charset in ("utf-8", "latin-1"):
            assert (await files.from_url(f"http://127.0.0.1:{port}/{charset}")).file_name == "relatório.pdf"
        listening.close()


@pytest.mark.parametrize(
    ("content", "name", "kind", "mimetype", "file_name"),
    [
        (made("opus.ogg"), "voz.ogg", "voice", VOICE, "voz.ogg"),
        (made("opus.webm"), "voz", "voice", VOICE, "voz.ogg"),
        (made("aac.mp4"), "v", "audio", "audio/mp4", "v.m4a"),
        (made("h264.mp4"), "v", "video", "video/mp4", "v.mp4"),
        (b"%PDF-1.7 x", "download", "document", "application/pdf", "download.pdf"),
        (b"a;b\n1;2\n", "notas.csv", "document", "text/csv", "notas.csv"),
        (b"qualquer coisa", "LEIA-ME", "document", "application/octet-stream", "LEIA-ME"),
        (bytes(500), "despejo", "document", "application/octet-stream", "despejo"),
    ],
)
async def test_what_it_is_and_what_it_is_called(
    server: Server, content: bytes, name: str, kind: str, mimetype: str, file_name: str
):
    file = await server.files.from_base64(base64.b64encode(content).decode(), name)
    assert (file.kind, file.mimetype, file.file_name) == (kind, mimetype, file_name)


CSV, UNKNOWN = b"a;b\n1;2\n", "application/octet-stream"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("qualquer.xml", "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "stated", "mimetype", "file_name"),
    [
        (CSV, None, "text/csv", "text/csv", "arquivo.csv"),
        (CSV, None, "Text/CSV; charset=utf-8", "text/csv", "arquivo.csv"),
        (CSV, "tabela", "text/csv", "text/csv", "tabela.csv"),
        (CSV, "extrato.ofx", "application/x-ofx", "application/x-ofx", "extrato.ofx"),
        (CSV, "tabela.txt", "text/csv", "text/plain", "tabela.txt"),
        (CSV, None, "text/tab-separated-values", "text/tab-separated-values", "arquivo.tsv"),
        (archive(), None, DOCX, DOCX, "arquivo.docx"),
        (archive(), "fotos.zip", "application/zip", "application/zip", "fotos.zip"),
        (archive(), None, "text/csv", "application/zip", "arquivo.zip"),
        (picture(), None, "text/csv", "image/png", "arquivo.png"),
        (CSV, None, "image/png", UNKNOWN, "arquivo"),
        (CSV, None, "application/pdf", UNKNOWN, "arquivo"),
        (CSV, None, DOCX, UNKNOWN, "arquivo"),
        (CSV, None, "audio/mpeg", UNKNOWN, "arquivo"),
        (CSV, None, "text/x\r\ny: z", UNKNOWN, "arquivo"),
        (CSV, None, UNKNOWN, UNKNOWN, "arquivo"),
    ],
)
async def test_what_is_said_of_a_file_counts_where_it_does_not_speak_for_itself(
    server: Server, content: bytes, name: str | None, stated: str, mimetype: str, file_name: str
):
    text = base64.b64encode(content).decode()
    file = await server.files.from_base64(text, name, stated)
    assert (file.mimetype, file.file_name) == (mimetype, file_name)
    in_url = await server.files.from_base64(f"data:{stated};base64,{text}", name)
    assert (in_url.mimetype, in_url.file_name) == (mimetype, file_name)


async def test_what_is_said_counts_for_a_fetched_file_too(server: Server):
    server.answer = answers(CSV, Content_Type="text/html")
    file = await server.files.from_url(server.url("/baixar?id=7"), None, "text/csv")
    assert (file.mimetype, file.file_name) == ("text/csv", "baixar.csv")


@pytest.mark.parametrize(("ending", "word"), [("docx", "wordprocessingml"), ("xlsx", "spreadsheetml")])
async def test_office_documents_are_zips_of_another_name(server: Server, ending: str, word: str):
    text = base64.b64encode(archive()).decode()
    assert word in (await server.files.from_base64(text, f"planilha.{ending}")).mimetype
    assert (await server.files.from_base64(text, "fotos.zip")).mimetype == "application/zip"


async def test_a_disk_that_takes_nothing_is_reported_as_such(server: Server):
    server.folder.parent.joinpath("media").write_text("a file where the folder should be")
    with pytest.raises(Refusal) as refused:
        await server.files.from_base64("YQ==")
    assert refused.value.code is Code.STORE_UNAVAILABLE


async def test_only_what_no_one_wants_is_swept(server: Server):
    wanted, orphan = [await server.files.from_base64("YQ==") for _ in range(2)]
    assert server.files.sweep({str(wanted.path)}) == 1
    assert wanted.path.exists()
    assert not orphan.path.exists()
    assert server.files.sweep({str(wanted.path)}) == 0


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*")]


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "a chunk extension": (CHUNKED + b"1;", b"x" * 10_000),
    "trailers": (CHUNKED + b"1\r\nx\r\n0\r\n", b"X-A: " + b"x" * 5000 + b"\r\n"),
    "tiny chunks": (CHUNKED, b"1;" + b"x" * 1000 + b"\r\nx\r\n"),
    "a head": (b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"x" * 5000 + b"\r\n"),
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


@pytest.mark.parametrize(("head", "piece"), ENDLESS.values(), ids=ENDLESS.keys())
async def test_bytes_on_the_wire_count_whatever_they_are(tmp_path: Path, head: bytes, piece: bytes):
    async with RawServer(head, piece) as server:
        files = MediaFiles(tmp_path, LIMIT, Egress(policy([f"127.0.0.1:{server.port}"])), fetch_seconds=60)
        with pytest.raises(Refusal) as refused:
            await asyncio.wait_for(files.from_url(f"http://127.0.0.1:{server.port}/a.jpg"), 5)
    assert refused.value.code is Code.MEDIA_FETCH_FAILED
    assert names_in(tmp_path) == []
