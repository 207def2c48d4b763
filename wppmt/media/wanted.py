"""What a route wants of a file: only a video, a voice note of any sound, a sticker of any picture."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from pathlib import Path, PurePosixPath

from wppmt.domain.errors import Code, Refusal
from wppmt.media import probe, sound
from wppmt.media.content import UNKNOWN, recognise
from wppmt.media.examine import Examiner, MediaFile, bytes_in, unusable
from wppmt.media.images import PICTURES
from wppmt.media.playable import VOICE
from wppmt.media.sandbox import AT_ONCE, Limits, Sandbox, SandboxFailed

STICKER_SCRIPT = Path(__file__).with_name("sticker_inside.py")
STICKER_BYTES = 1_000_000
VIDEOS = "aceita MP4, MOV, 3GP ou WebM que o WhatsApp toque"
GIFS = f"{VIDEOS}, ou GIF"
SOUNDS = "aceita áudio MP3, M4A, AAC, Ogg, Opus, WAV, FLAC, AMR, WMA ou WebM, sem imagem"
STICKERS = "aceita JPEG, PNG, WebP ou GIF"


_STILL = {"image/apng": "image/png"}
"""A moving kind of picture that is read as another one."""


class Wanted(Enum):
    """The value says nothing."""

    ANY = auto()
    IMAGE = auto()
    VIDEO = auto()
    GIF = auto()
    """A video that plays like a GIF, or a GIF."""
    VOICE = auto()
    STICKER = auto()


class Makers:
    """Makes of a file what is wanted; who gave the file still owns it. Conversions never hold up the examining of files."""

    def __init__(self, examiner: Examiner, limit_bytes: int, max_audio_minutes: int) -> None:
        self._examiner = examiner
        self._limit = limit_bytes
        self._max_minutes = max_audio_minutes
        self._sandbox = Sandbox(at_once=max(1, AT_ONCE - 1))
        self._makers: Mapping[Wanted, Callable[[Path, str, str], Awaitable[MediaFile]]] = {
            Wanted.ANY: examiner.examine,
            Wanted.IMAGE: self._image,
            Wanted.VIDEO: self._video,
            Wanted.GIF: self._gif,
            Wanted.VOICE: self._voice,
            Wanted.STICKER: self._sticker,
        }

    async def make(self, path: Path, name: str, stated: str, wanted: Wanted) -> MediaFile:
        """`name` and `stated` as for Examiner. Raises Refusal(MEDIA_FETCH_FAILED, UNSUPPORTED_MEDIA, MEDIA_TOO_LONG)."""
        return await self._makers[wanted](path, name, stated)

    async def _image(self, path: Path, name: str, stated: str) -> MediaFile:
        file = await self._examiner.examine(path, name, stated)
        if file.kind != "image":
            raise unusable("não é uma imagem JPEG, PNG, WebP ou GIF")
        return file

    async def _video(self, path: Path, name: str, stated: str, accepted: str = VIDEOS) -> MediaFile:
        file = await self._examiner.examine(path, name, stated)
        if file.kind != "video":
            raise _unsupported(f"não é um vídeo: {accepted}")
        return file

    async def _gif(self, path: Path, name: str, stated: str) -> MediaFile:
        content = await asyncio.to_thread(recognise, path, _ending(name), stated)
        if content.mimetype == "image/gif":
            await self._examiner.check_picture(path, content.mimetype)
            if not await probe.gif_to_video(self._sandbox, path, self._limit):
                raise unusable("o GIF não pôde ser convertido em vídeo")
            name = PurePosixPath(name).stem + ".mp4"
        return await self._video(path, name, stated, GIFS)

    async def _voice(self, path: Path, name: str, stated: str) -> MediaFile:
        tracks = await self._sound_tracks(path, name, stated)
        if tracks.seconds > 60 * self._max_minutes:
            raise self._too_long()
        found = await sound.to_voice_note(
            self._sandbox,
            path,
            limit=self._limit,
            max_seconds=60 * self._max_minutes,
            convert=not sound.is_voice_note(tracks),
        )
        if found is None:
            raise unusable("o áudio está corrompido, ou não cabe no limite de tamanho")
        if found.seconds > 60 * self._max_minutes:
            raise self._too_long()
        return MediaFile(
            path,
            bytes_in(path),
            VOICE,
            PurePosixPath(name).stem + ".ogg",
            "voice",
            waveform=found.waveform,
            seconds=round(found.seconds),
        )

    async def _sound_tracks(self, path: Path, name: str, stated: str) -> probe.Tracks:
        """Raises Refusal(UNSUPPORTED_MEDIA) for what has no sound, or has pictures."""
        content = await asyncio.to_thread(recognise, path, _ending(name), stated)
        tracks = None if content.is_text else await self._examiner.tracks(path)
        is_sound = tracks and tracks.sounds and not tracks.pictures
        if not tracks or not is_sound or (content.mimetype == UNKNOWN and not tracks.is_sure):
            raise _unsupported(f"não é um áudio: {SOUNDS}")
        return tracks

    def _too_long(self) -> Refusal:
        problem = f"o áudio passa de {self._max_minutes} minutos (WPP_MAX_AUDIO_MINUTES)"
        return Refusal(Code.MEDIA_TOO_LONG, details=[{"field": "media", "problem": problem}])

    async def _sticker(self, path: Path, name: str, stated: str) -> MediaFile:
        content = await asyncio.to_thread(recognise, path, _ending(name), stated)
        mimetype = _STILL.get(content.mimetype, content.mimetype)
        if mimetype not in PICTURES:
            raise _unsupported(f"não é uma imagem: {STICKERS}")
        await self._examiner.check_picture(path, mimetype)
        if not await _to_sticker(self._sandbox, path):
            raise unusable("a imagem não pôde ser convertida em figurinha")
        return MediaFile(path, bytes_in(path), "image/webp", "figurinha.webp", "sticker")


async def _to_sticker(sandbox: Sandbox, path: Path) -> bool:
    """False: the file is as it was."""
    draft = path.with_suffix(".sticker")
    command = (sys.executable, "-I", str(STICKER_SCRIPT), str(path), str(draft))
    try:
        await sandbox.run(*command, limits=Limits(seconds=60, cpu_seconds=60, file_bytes=STICKER_BYTES))
        draft.replace(path)
    except (SandboxFailed, OSError):
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _unsupported(problem: str) -> Refusal:
    return Refusal(Code.UNSUPPORTED_MEDIA, details=[{"field": "media", "problem": problem}])
