"""Any sound as a voice note, Ogg with Opus, and the waveform that phones draw of it (ffmpeg, in the sandbox)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from wppmt.media.probe import FFMPEG, LOCKED, QUIET, Tracks
from wppmt.media.sandbox import Limits, Sandbox, SandboxFailed

SAMPLES_A_SECOND = 4000
"""Of the sound that the waveform is drawn from: voices have little above 2 kHz."""
BARS, HIGHEST_BAR = 64, 100
_LOUDNESS = bytes(min(2 * abs(sample - 128), 255) for sample in range(256))
"""Of each value of an unsigned 8-bit sample."""
# The encoder's quickest way: twice the bits that WhatsApp's phones spend on a voice make up for it.
_VOICE = (
    "-ac", "1", "-ar", "48000", "-c:a", "libopus", "-b:a", "32k", "-application", "voip", "-compression_level", "0",
    "-f", "ogg", "-y",
)  # fmt: skip
_DRAWN = ("-ac", "1", "-ar", str(SAMPLES_A_SECOND), "-f", "u8", "pipe:1")
_PATIENCE = 180
"""Seconds for an hour of sound on a busy machine."""


@dataclass(frozen=True, slots=True)
class Sound:
    """`waveform`: 64 bars of 0 to 100; `seconds` as decoded, whatever the file says of itself."""

    waveform: bytes
    seconds: float


def is_voice_note(tracks: Tracks) -> bool:
    """It needs no converting."""
    return tracks.container == "ogg" and tracks.sounds == ("opus",)


async def to_voice_note(
    sandbox: Sandbox, path: Path, *, limit: int, max_seconds: float, convert: bool
) -> Sound | None:
    """The file's first sound track; `limit` in bytes. None: it can't be decoded, and the file is as it was.

    What is longer than `max_seconds` is cut there and tells so by its length.
    """
    draft = path.with_suffix(".voice")
    first_track = ("-map", "0:a:0", "-map_metadata", "-1", "-t", str(max_seconds + 1))
    voice = (*first_track, *_VOICE, f"file:{draft}") if convert else ()
    limits = Limits(
        seconds=_PATIENCE,
        cpu_seconds=_PATIENCE,
        file_bytes=limit,
        output_bytes=int((max_seconds + 2) * SAMPLES_A_SECOND),
    )
    try:
        samples = await sandbox.run(
            FFMPEG, *QUIET, *LOCKED, "-i", f"file:{path}", *voice, *first_track, *_DRAWN, limits=limits
        )
        if convert:
            draft.replace(path)
    except (SandboxFailed, OSError):
        return None
    finally:
        draft.unlink(missing_ok=True)
    return await asyncio.to_thread(_drawn, samples)


def _drawn(samples: bytes) -> Sound:
    """Each bar is the mean loudness of its part, the loudest one the highest."""
    seconds = len(samples) / SAMPLES_A_SECOND
    loudness = samples.translate(_LOUDNESS)
    edges = [len(loudness) * bar // BARS for bar in range(BARS + 1)]
    parts = [loudness[start:end] for start, end in pairwise(edges)]
    means = [sum(part) / len(part) if part else 0.0 for part in parts]
    loudest = max(means) or 1.0
    return Sound(bytes(int(HIGHEST_BAR * mean / loudest) for mean in means), seconds)
