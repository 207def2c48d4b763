"""A file that came in, looked at: what it is, whether it is whole, and as what WhatsApp gets it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from wppmt.domain.errors import Code, Refusal
from wppmt.media import images, probe
from wppmt.media.content import UNKNOWN, Content, recognise
from wppmt.media.images import PICTURES, BrokenPicture
from wppmt.media.playable import VOICE, Playing, playing
from wppmt.media.probe import Tracks
from wppmt.media.sandbox import Sandbox

PICTURES_AT_ONCE = 2
"""Each may take a hundred megabytes while it is decoded."""
_PROMISED_BY = {
    ".gif": "image/", ".jpeg": "image/", ".jpg": "image/", ".png": "image/", ".webp": "image/", ".pdf": "application/pdf",
}  # fmt: skip
"""What is called so and is something else is often an error page, at times an attack; a PNG called .jpg is neither."""
_TRACKS_IN = {"audio", "video"}
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class MediaFile:
    """`kind` as WhatsApp tells them apart: image, video, audio, voice, sticker or document."""

    path: Path
    size: int
    mimetype: str
    file_name: str
    kind: str
    waveform: bytes = b""
    """Of a voice note whose sound was looked at, with its length."""
    seconds: int = 0


class Examiner:
    """Looks at files off the loop: other tenants wait for nobody's pictures."""

    def __init__(self, sandbox: Sandbox, limit_bytes: int) -> None:
        self._sandbox = sandbox
        self._limit = limit_bytes
        self._decoding = asyncio.Semaphore(PICTURES_AT_ONCE)

    async def examine(self, path: Path, name: str, stated: str) -> MediaFile:
        """`name` is fit to be shown; `stated` is the type that its sender says, or empty.

        Raises Refusal(MEDIA_FETCH_FAILED) for what is broken, or is not what its name promises.
        """
        ending = PurePosixPath(name).suffix.lower()
        content = await asyncio.to_thread(recognise, path, ending, stated)
        promised = _PROMISED_BY.get(ending)
        if promised and not content.mimetype.startswith(promised):
            raise unusable(f"o conteúdo não é o de um arquivo {ending}")
        goes_as = await self._goes_as(path, content)
        if goes_as.muxer:
            name = PurePosixPath(name).stem + goes_as.ending
        elif "." not in name:
            # Addresses such as /download?id=7: whoever gets a document opens it by its name.
            name += goes_as.ending
        return MediaFile(path, bytes_in(path), goes_as.mimetype, name, goes_as.kind)

    async def _goes_as(self, path: Path, content: Content) -> Playing:
        if content.mimetype in PICTURES:
            await self.check_picture(path, content.mimetype)
            return Playing("image", content.mimetype, content.ending)
        if not content.is_text and (content.family in _TRACKS_IN or content.mimetype == UNKNOWN):
            return await self._plays(path, content)
        return Playing("document", content.mimetype, content.ending)

    async def tracks(self, path: Path) -> Tracks | None:
        """As `probe` tells them."""
        return await probe.probe(self._sandbox, path)

    async def check_picture(self, path: Path, mimetype: str) -> None:
        """Whether it is whole, and no larger than it may be. Raises Refusal(MEDIA_FETCH_FAILED)."""
        try:
            async with self._decoding:
                await asyncio.to_thread(images.check, path, mimetype)
        except BrokenPicture as broken:
            raise unusable(str(broken)) from None

    async def _plays(self, path: Path, content: Content) -> Playing:
        """By its tracks, whatever its first bytes look like."""
        document = Playing("document", content.mimetype, content.ending)
        tracks = await self.tracks(path)
        if tracks is None:
            return Playing("voice", VOICE, ".ogg") if _begins_as_voice(path) else document
        if not tracks.is_sure and content.mimetype == UNKNOWN:
            return document
        plays = playing(_of_the_web(tracks, content))
        if plays.muxer and not await probe.rewrap(self._sandbox, path, plays.muxer, self._limit):
            return document
        return plays


def unusable(problem: str) -> Refusal:
    """`media`: what the field is called in a request is known only to who read it."""
    return Refusal(Code.MEDIA_FETCH_FAILED, details=[{"field": "media", "problem": problem}])


def bytes_in(path: Path) -> int:
    """In bytes."""
    return path.stat().st_size


def _of_the_web(tracks: Tracks, content: Content) -> Tracks:
    return replace(tracks, container="webm") if content.mimetype == "video/webm" else tracks


def _begins_as_voice(path: Path) -> bool:
    """An Ogg whose one track is Opus, and of which ffprobe can't make out more (or is not installed)."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return head.startswith(b"OggS") and b"OpusHead" in head[:64] and b"theora" not in head
