"""imageUrl, fileUrl or base64 → a file of known type within the limits; nothing of it is trusted but its first bytes."""

from __future__ import annotations

import asyncio
import base64
import binascii
import mimetypes
import re
import secrets
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote

import aiohttp
import filetype
from PIL import Image, UnidentifiedImageError
from yarl import URL

from wppmt.domain.errors import Code, Refusal
from wppmt.media.file_names import clean_name
from wppmt.net.egress import Egress, TargetRefused

MAX_REDIRECTS = 3
MAX_PIXELS = 25_000_000
"""A small file may hold a picture that no phone can show (and that would fill a memory)."""
CHUNK_BYTES = 64 * 1024
_FROM_TEXT = {
    ".csv": "text/csv", ".htm": "text/html", ".html": "text/html", ".json": "application/json",
    ".ics": "text/calendar", ".md": "text/markdown", ".svg": "image/svg+xml", ".txt": "text/plain",
    ".vcf": "text/vcard", ".xml": "application/xml",
}  # fmt: skip
"""What has no telling first bytes, by its name's ending; it goes out as a document and is never rendered."""
_FROM_ZIP = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_ENDING_OF = {mimetype: ending for ending, mimetype in (_FROM_TEXT | _FROM_ZIP).items()}
_STANDARD_ENDINGS = mimetypes.MimeTypes()
_TELLING = frozenset(kind.mime for kind in filetype.types)
"""What is not recognised is none of these, whatever is said about it."""
_UNKNOWN = "application/octet-stream"
_PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
"""What phones show, and Pillow's word for it: no other reader of its many is tried on what strangers made."""
# Pillow's own limit is a warning on stderr; ours is MAX_PIXELS, and no more than a picture's head is ever read.
Image.MAX_IMAGE_PIXELS = None
_PROMISED_BY = {
    ".gif": "image/", ".jpeg": "image/", ".jpg": "image/", ".png": "image/", ".webp": "image/", ".pdf": "application/pdf",
}  # fmt: skip
"""What is called so and is something else is often an error page, at times an attack; a PNG called .jpg is neither."""
VOICE = "audio/ogg; codecs=opus"
"""What WhatsApp's own voice notes are."""
_DOCUMENT_TYPE = re.compile(
    r"(text|application|message)/[a-z0-9][a-z0-9.+_-]{0,100}|image/svg\+xml", re.ASCII
)
_LINE_BREAKS = dict.fromkeys(map(ord, "\r\n"))


@dataclass(frozen=True, slots=True)
class MediaFile:
    """`kind` as WhatsApp tells them apart: image, video, audio, voice or document."""

    path: Path
    size: int
    mimetype: str
    file_name: str
    kind: str


class MediaFiles:
    """Makes files in `folder`; who gets one owns it and deletes it."""

    def __init__(
        self, folder: Path, limit_bytes: int, egress: Egress, *, fetch_seconds: float = 60.0
    ) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._egress = egress
        self._fetch_seconds = fetch_seconds

    async def from_url(
        self, url: str, file_name: str | None = None, mimetype: str | None = None
    ) -> MediaFile:
        """Fetch through the egress guard; `mimetype` is what the caller says of a file that says nothing of itself.

        Raises Refusal(TARGET_REFUSED, MEDIA_FETCH_FAILED, PAYLOAD_TOO_LARGE).
        """
        address = self._egress.check_url(url)
        try:
            async with asyncio.timeout(self._fetch_seconds), self._response(address) as response:
                name = file_name or _name_of(response.url)
                return await self._keep(response.content.iter_chunked(CHUNK_BYTES), name, mimetype)
        except TargetRefused:
            raise Refusal(Code.TARGET_REFUSED) from None
        except aiohttp.ClientConnectorError as failure:
            refused = isinstance(failure.os_error, TargetRefused)
            raise (
                Refusal(Code.TARGET_REFUSED) if refused else _unfetched("sem conexão com o endereço")
            ) from None
        except TimeoutError:
            raise _unfetched("o endereço não entregou o arquivo a tempo") from None
        except (aiohttp.ClientError, ValueError):
            raise _unfetched("a resposta do endereço não é HTTP válido") from None

    async def from_base64(
        self, text: str, file_name: str | None = None, mimetype: str | None = None
    ) -> MediaFile:
        """Plain base64, broken into lines or not, or a data URL. Raises Refusal(INVALID_REQUEST, PAYLOAD_TOO_LARGE)."""
        is_data_url = text.startswith("data:")
        head, _, text = text.partition(",") if is_data_url else ("", "", text)
        try:
            if is_data_url and not head.endswith(";base64"):
                raise ValueError(head)
            # In a thread: ten megabytes would hold up the loop, and with it every tenant.
            content = await asyncio.to_thread(_decode, text)
        except (binascii.Error, ValueError):
            problem = {"field": "base64", "problem": "não é base64 válido"}
            raise Refusal(Code.INVALID_REQUEST, details=[problem]) from None

        async def once() -> AsyncIterator[bytes]:
            yield content

        return await self._keep(once(), file_name or "arquivo", mimetype or head.removeprefix("data:"))

    @asynccontextmanager
    async def _response(self, url: URL) -> AsyncIterator[aiohttp.ClientResponse]:
        """The first answer that is no redirect; each hop is judged like the first address."""
        timeout = aiohttp.ClientTimeout(total=None, connect=10)
        async with self._egress.session(timeout) as session:
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
        raise _unfetched("o endereço redireciona demais")

    def sweep(self, wanted: Collection[str]) -> int:
        """Delete files that no unfinished send wants, by path: left by a crash. How many; before any request."""
        orphans = [path for path in self._folder.glob("*") if str(path) not in wanted]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(orphans)

    async def _keep(self, chunks: AsyncIterator[bytes], name: str, stated: str | None) -> MediaFile:
        path = self._folder / secrets.token_hex(16)
        with on_a_disk_with_room():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = path.open("xb")
        try:
            with file:
                size = await self._write(file, chunks)
            return await asyncio.to_thread(_examine, path, size, clean_name(name), _type_in(stated))
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    async def _write(self, file: BinaryIO, chunks: AsyncIterator[bytes]) -> int:
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
            raise _unfetched("o arquivo está vazio")
        return size


def kind_of(mimetype: str) -> str:
    """How WhatsApp sends it."""
    family = mimetype.partition("/")[0]
    if mimetype == VOICE:
        return "voice"
    if family == "image":
        return "image" if mimetype in _PICTURES else "document"
    return family if family in {"video", "audio"} else "document"


def _decode(text: str) -> bytes:
    return base64.b64decode(text.translate(_LINE_BREAKS), validate=True)


def _type_in(stated: str | None) -> str:
    """The type in what a caller said, without parameters; empty when it is none that a document may have."""
    mimetype = (stated or "").partition(";")[0].strip().lower()
    return mimetype if _DOCUMENT_TYPE.fullmatch(mimetype) else ""


def _examine(path: Path, size: int, name: str, stated: str) -> MediaFile:
    found = filetype.guess(str(path))
    ending = PurePosixPath(name).suffix.lower()
    if ending in _PROMISED_BY and not (found and found.mime.startswith(_PROMISED_BY[ending])):
        raise _unfetched(f"o conteúdo não é o de um arquivo {ending}")
    mimetype = _mimetype(path, found, ending, stated)
    if mimetype in _PICTURES:
        _check_pixels(path)
    if "." not in name:
        # Addresses such as /download?id=7: whoever gets a document opens it by its name.
        name += _ending_of(mimetype, found)
    return MediaFile(path, size, mimetype, name, kind_of(mimetype))


def _mimetype(path: Path, found: filetype.Type | None, ending: str, stated: str) -> str:
    """By content; name and caller decide only between types that content can't tell apart."""
    if found is None:
        return _FROM_TEXT.get(ending) or (stated if stated and stated not in _TELLING else _UNKNOWN)
    if found.mime == "application/zip":
        return _FROM_ZIP.get(ending) or (stated if stated in _FROM_ZIP.values() else "application/zip")
    if found.mime == "audio/ogg":
        return VOICE if _is_opus(path) else "audio/ogg"
    return str(found.mime)


def _ending_of(mimetype: str, found: filetype.Type | None) -> str:
    """With its dot; empty when nobody knows."""
    if mimetype in _ENDING_OF or mimetype == _UNKNOWN:
        return _ENDING_OF.get(mimetype, "")
    return f".{found.extension}" if found else _STANDARD_ENDINGS.guess_extension(mimetype) or ""


def _is_opus(path: Path) -> bool:
    with path.open("rb") as file:
        return b"OpusHead" in file.read(64)


def _check_pixels(path: Path) -> None:
    """Raises Refusal for a picture that is broken or far too large; reads its head only."""
    try:
        with Image.open(path, formats=tuple(_PICTURES.values())) as picture:
            pixels = picture.width * picture.height
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise _unfetched("a imagem está corrompida") from None
    if pixels > MAX_PIXELS:
        raise _unfetched(f"a imagem tem mais de {MAX_PIXELS // 1_000_000} milhões de pixels")


@contextmanager
def on_a_disk_with_room() -> Iterator[None]:
    """What the disk refuses is a Refusal(STORE_UNAVAILABLE)."""
    try:
        yield
    except OSError:
        raise Refusal(Code.STORE_UNAVAILABLE) from None


def _check_answer(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        raise _unfetched(f"o endereço respondeu {response.status}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise _unfetched("o endereço respondeu com compressão, que não é aceita")


def _name_of(url: URL) -> str:
    return unquote(url.name) or "arquivo"


def _unfetched(problem: str) -> Refusal:
    return Refusal(Code.MEDIA_FETCH_FAILED, details=[{"field": "media", "problem": problem}])


def _too_large(limit: int) -> Refusal:
    problem = f"a mídia passa do limite de {limit // 1_000_000} MB (WPP_MAX_MEDIA_MB)"
    return Refusal(Code.PAYLOAD_TOO_LARGE, details=[{"field": "media", "problem": problem}])
