"""Which tracks are in a file (ffprobe), and the same sound in another container (ffmpeg), both in the sandbox."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wppmt.media.sandbox import Limits, Sandbox, SandboxFailed

FFPROBE, FFMPEG = "ffprobe", "ffmpeg"
_CONTAINERS = "aac,ac3,aiff,amr,asf,avi,caf,flac,flv,matroska,mov,mp3,mp4,mpeg,mpegts,ogg,wav,webm"
"""No playlists (hls, dash, concat, …) and nothing else that leads to other files or addresses."""
LOCKED = ("-protocol_whitelist", "file,pipe", "-format_whitelist", _CONTAINERS)
QUIET = ("-v", "error", "-hide_banner")
_PROBED = "format=format_name,probe_score,duration:format_tags=major_brand:stream=codec_type,codec_name:stream_disposition=attached_pic"
_FAR = ("-probesize", "10M", "-analyzeduration", "10M")
SURE = 50
"""From this score on ffprobe has seen more than a chance likeness."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """What a container holds: `pictures` and `sounds` are codecs, in ffmpeg's words. A cover is no picture track."""

    container: str
    """In ffmpeg's word; `webm` is its own, which ffprobe does not tell from `matroska`."""
    pictures: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()
    brand: str = ""
    """Of an MP4 and its relatives."""
    is_sure: bool = True
    seconds: float = 0.0
    """As the file says; 0: it does not."""


async def probe(sandbox: Sandbox, path: Path) -> Tracks | None:
    """None where nothing can be played, or nobody can look (ffprobe is not installed)."""
    try:
        output = await sandbox.run(
            FFPROBE, *QUIET, *LOCKED, *_FAR, "-of", "json", "-show_entries", _PROBED, f"file:{path}"
        )
        return _tracks(json.loads(output))
    except (SandboxFailed, ValueError):
        return None


async def rewrap(sandbox: Sandbox, path: Path, muxer: str, limit: int) -> bool:
    """Put the file's first sound track, as it is, into another container. False: the file is as it was."""
    draft = path.with_suffix(".rewrapped")
    try:
        await sandbox.run(
            FFMPEG, *QUIET, *LOCKED, "-i", f"file:{path}", "-map", "0:a:0", "-map_metadata", "-1",
            "-c", "copy", "-f", muxer, "-y", f"file:{draft}", limits=Limits(file_bytes=limit),
        )  # fmt: skip
        draft.replace(path)
    except (SandboxFailed, OSError):
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


async def gif_to_video(sandbox: Sandbox, path: Path, limit: int) -> bool:
    """An animated picture as the silent MP4 that phones play for one. False: the file is as it was."""
    draft = path.with_suffix(".film")
    try:
        await sandbox.run(
            FFMPEG, *QUIET, "-protocol_whitelist", "file,pipe", "-format_whitelist", "gif", "-i", f"file:{path}",
            "-map_metadata", "-1", "-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", "yuv420p", "-c:v", "libx264",
            "-preset", "veryfast", "-threads", "1", "-movflags", "+faststart", "-f", "mp4", "-y", f"file:{draft}",
            limits=Limits(seconds=60, cpu_seconds=60, file_bytes=limit),
        )  # fmt: skip
        draft.replace(path)
    except (SandboxFailed, OSError):
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _tracks(found: dict[str, Any]) -> Tracks | None:
    streams = found.get("streams", [])
    pictures = tuple(
        str(stream.get("codec_name", ""))
        for stream in streams
        if stream.get("codec_type") == "video" and not stream.get("disposition", {}).get("attached_pic")
    )
    sounds = tuple(
        str(stream.get("codec_name", "")) for stream in streams if stream.get("codec_type") == "audio"
    )
    about = found.get("format", {})
    if not pictures and not sounds:
        return None
    return Tracks(
        container=str(about.get("format_name", "")).partition(",")[0],
        pictures=pictures,
        sounds=sounds,
        brand=str(about.get("tags", {}).get("major_brand", "")).strip(),
        is_sure=int(about.get("probe_score", 0)) >= SURE,
        seconds=_number(about.get("duration")),
    )


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return 0.0
