"""imageUrl, fileUrl or base64 → a file of known type within the limits; nothing of it is trusted but its content."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import BinaryIO

import aiohttp
from aiohttp import hdrs
from yarl import URL

from wppmt.domain.errors import Code, Refusal
from wppmt.media import base64_text
from wppmt.media.content_disposition import file_name_in, name_in_address
from wppmt.media.disk import on_a_disk_with_room
from wppmt.media.examine import Examiner, MediaFile, unusable
from wppmt.media.file_names import NAMELESS, clean_name
from wppmt.media.sandbox import Sandbox
from wppmt.media.wanted import Makers, Wanted
from wppmt.net.egress import Egress, TargetRefused

MAX_REDIRECTS = 3
CHUNK_BYTES = 64 * 1024
_DOCUMENT_TYPE = re.compile(
    r"(text|application|message)/[a-z0-9][a-z0-9.+_-]{0,100}|image/svg\+xml", re.ASCII
)


class MediaFiles:
    """Makes files in `folder`; who gets one owns it and deletes it."""

    def __init__(
        self,
        folder: Path,
        limit_bytes: int,
        egress: Egress,
        *,
        fetch_seconds: float = 60.0,
        max_audio_minutes: int = 60,
    ) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._egress = egress
        self._fetch_seconds = fetch_seconds
        self._makers = Makers(Examiner(Sandbox(), limit_bytes), limit_bytes, max_audio_minutes)

    async def from_url(
        self,
        url: str,
        file_name: str | None = None,
        mimetype: str | None = None,
        wanted: Wanted = Wanted.ANY,
    ) -> MediaFile:
        """Fetch through the egress guard; `mimetype` is what the caller says of a file that says nothing of itself.

        Raises Refusal(TARGET_REFUSED, MEDIA_FETCH_FAILED, PAYLOAD_TOO_LARGE), and what `wanted` refuses.
        """
        address = self._egress.check_url(url)
        try:
            async with asyncio.timeout(self._fetch_seconds), self._response(address) as response:
                name = file_name or _name_of(response, address)
                path = await self._keep(response.content.iter_chunked(CHUNK_BYTES))
        except TargetRefused:
            raise Refusal(Code.TARGET_REFUSED) from None
        except aiohttp.ClientConnectorError as failure:
            refused = isinstance(failure.os_error, TargetRefused)
            raise (
                Refusal(Code.TARGET_REFUSED) if refused else unusable("sem conexão com o servidor da URL")
            ) from None
        except TimeoutError:
            raise unusable("o servidor da URL não entregou o arquivo a tempo") from None
        except (aiohttp.ClientError, ValueError):
            raise unusable("a resposta do servidor da URL não é HTTP válido") from None
        return await self._examine(path, name, mimetype, wanted)

    async def from_base64(
        self,
        text: str,
        file_name: str | None = None,
        mimetype: str | None = None,
        wanted: Wanted = Wanted.ANY,
    ) -> MediaFile:
        """Plain base64 in any lossless spelling, or a data URL. Raises Refusal(INVALID_REQUEST, PAYLOAD_TOO_LARGE)."""
        try:
            # In a thread: ten megabytes would hold up the loop, and with it every tenant.
            content, of_url = await asyncio.to_thread(base64_text.decode, text)
        except ValueError:
            problem = {"field": "base64", "problem": "não é base64 válido"}
            raise Refusal(Code.INVALID_REQUEST, details=[problem]) from None

        async def once() -> AsyncIterator[bytes]:
            yield content

        return await self._examine(
            await self._keep(once()), file_name or NAMELESS, mimetype or of_url, wanted
        )

    @asynccontextmanager
    async def _response(self, url: URL) -> AsyncIterator[aiohttp.ClientResponse]:
        """The first answer that is no redirect; each hop is judged like the first address."""
        timeout = aiohttp.ClientTimeout(total=None, connect=10)
        async with self._egress.session(timeout, _on_the_wire(self._limit)) as session:
            for _ in range(MAX_REDIRECTS + 1):
                headers = {"Accept-Encoding": "identity"}
                async with session.get(url, headers=headers, allow_redirects=False) as response:
                    if response.status in {301, 302, 303, 307, 308}:
                        target = URL(response.headers.get("Location", ""), encoded=True)
                        url = self._egress.check_url(str(response.url.join(target)))
                        continue
                    _check_answer(response)
                    if (response.content_length or 0) > self._limit:
                        raise _too_large(self._limit)
                    yield response
                    return
        raise unusable("a URL redireciona demais")

    def sweep(self, wanted: Collection[str]) -> int:
        """Delete files that no unfinished send wants, by path: left by a crash. How many; before any request."""
        orphans = [path for path in self._folder.glob("*") if str(path) not in wanted]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(orphans)

    async def _keep(self, chunks: AsyncIterator[bytes]) -> Path:
        path = self._folder / secrets.token_hex(16)
        with on_a_disk_with_room():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = path.open("xb")
        with _removed_on_failure(path), file:
            await self._write(file, chunks)
        return path

    async def _examine(self, path: Path, name: str, stated: str | None, wanted: Wanted) -> MediaFile:
        with _removed_on_failure(path):
            return await self._makers.make(path, clean_name(name), _type_in(stated), wanted)

    async def _write(self, file: BinaryIO, chunks: AsyncIterator[bytes]) -> None:
        size = 0
        async for chunk in chunks:
            size += len(chunk)
            if size > self._limit:
                raise _too_large(self._limit)
            with on_a_disk_with_room():
                file.write(chunk)
        with on_a_disk_with_room():
            file.flush()
        if not size:
            raise unusable("o arquivo está vazio")


def _on_the_wire(limit: int) -> int:
    """Room for a file of `limit` bytes in honest chunks."""
    return limit + limit // 8 + CHUNK_BYTES


def _type_in(stated: str | None) -> str:
    """The type in what a caller said, without parameters; empty when it is none that a document may have."""
    mimetype = (stated or "").partition(";")[0].strip().lower()
    return mimetype if _DOCUMENT_TYPE.fullmatch(mimetype) else ""


@contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _check_answer(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        raise unusable(f"o servidor da URL respondeu {response.status}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise unusable("o servidor da URL respondeu com compressão, que não é aceita")


def _name_of(response: aiohttp.ClientResponse, address: URL) -> str:
    """What the server calls it, or else the address that was asked for: a redirect leads to what only machines read."""
    said = file_name_in(response.headers.get(hdrs.CONTENT_DISPOSITION, ""))
    return said or name_in_address(address.raw_name) or NAMELESS


def _too_large(limit: int) -> Refusal:
    problem = f"a mídia passa do limite de {limit // 1_000_000} MB (WPP_MAX_MEDIA_MB)"
    return Refusal(Code.PAYLOAD_TOO_LARGE, details=[{"field": "media", "problem": problem}])
