"""Sound and pictures of all kinds, made by ffmpeg as phones, browsers and old cameras make them."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1")
FILM = ("-f", "lavfi", "-i", "testsrc=duration=1:size=128x96:rate=25")
H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")
AAC, OPUS, SILENT = ("-c:a", "aac"), ("-c:a", "libopus"), ("-an",)

RECIPES: dict[str, tuple[str, ...]] = {
    # With sound alone.
    "opus.webm": (*SOUND, *OPUS, "-f", "webm"),
    "opus.mkv": (*SOUND, *OPUS, "-f", "matroska"),
    "opus.mp4": (*SOUND, *OPUS, "-strict", "-2", "-f", "mp4"),
    "opus.ogg": (*SOUND, *OPUS, "-f", "ogg"),
    "vorbis.webm": (*SOUND, "-c:a", "libvorbis", "-f", "webm"),
    "vorbis.ogg": (*SOUND, "-c:a", "libvorbis", "-f", "ogg"),
    "flac.ogg": (*SOUND, "-c:a", "flac", "-f", "ogg"),
    "aac.mp4": (*SOUND, *AAC, "-brand", "mp42", "-f", "mp4"),
    "aac.m4a": (*SOUND, *AAC, "-f", "ipod"),
    "aac.mov": (*SOUND, *AAC, "-f", "mov"),
    "aac.3gp": (*SOUND, *AAC, "-f", "3gp"),
    "aac.mkv": (*SOUND, *AAC, "-f", "matroska"),
    "aac.aac": (*SOUND, *AAC, "-f", "adts"),
    "aac.ts": (*SOUND, *AAC, "-f", "mpegts"),
    "alac.m4a": (*SOUND, "-c:a", "alac", "-f", "ipod"),
    "ac3.mp4": (*SOUND, "-c:a", "ac3", "-f", "mp4"),
    "mp3.mp3": (*SOUND, "-c:a", "libmp3lame", "-f", "mp3"),
    "mp3.mkv": (*SOUND, "-c:a", "libmp3lame", "-f", "matroska"),
    "bare.mp3": (*SOUND, "-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"),
    "slow.mp3": (*SOUND, "-ar", "11025", "-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"),
    "mp2.mp2": (*SOUND, "-c:a", "mp2", "-f", "mp2"),
    "pcm.wav": (*SOUND, "-c:a", "pcm_s16le", "-f", "wav"),
    "adpcm.wav": (*SOUND, "-c:a", "adpcm_ms", "-f", "wav"),
    "wma.wma": (*SOUND, "-c:a", "wmav2", "-f", "asf"),
    "flac.flac": (*SOUND, "-f", "flac"),
    "pcm.aiff": (*SOUND, "-f", "aiff"),
    "two.mka": (*SOUND, *SOUND, "-map", "0", "-map", "1", *AAC, "-f", "matroska"),
    # With pictures.
    "vp8.webm": (*FILM, "-c:v", "libvpx", "-f", "webm"),
    "vp8-opus.webm": (*FILM, *SOUND, "-c:v", "libvpx", *OPUS, "-f", "webm"),
    "vp9.webm": (*FILM, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-f", "webm"),
    "h264.mp4": (*FILM, *H264, "-f", "mp4"),
    "h264-aac.mp4": (*FILM, *SOUND, *H264, *AAC, "-f", "mp4"),
    "fragmented.mp4": (*FILM, *H264, "-movflags", "frag_keyframe+empty_moov", "-f", "mp4"),
    "h264.mov": (*FILM, *H264, "-f", "mov"),
    "h264.3gp": (*FILM, *H264, "-f", "3gp"),
    "h263.3gp": (*FILM, "-c:v", "h263", "-f", "3gp"),
    "h264.mkv": (*FILM, *H264, "-f", "matroska"),
    "h264-opus.mkv": (*FILM, *SOUND, *H264, *OPUS, "-f", "matroska"),
    "mjpeg.mov": (*FILM, "-c:v", "mjpeg", "-f", "mov"),
    "theora.ogv": (*FILM, "-c:v", "libtheora", "-f", "ogg"),
    "theora-opus.ogg": (*FILM, *SOUND, "-c:v", "libtheora", *OPUS, "-f", "ogg"),
    "mpeg4.avi": (*FILM, "-c:v", "mpeg4", "-f", "avi"),
    "wmv2.wmv": (*FILM, "-c:v", "wmv2", "-f", "asf"),
    "flv.flv": (*FILM, "-f", "flv"),
    "mpeg2.mpg": (*FILM, "-c:v", "mpeg2video", "-f", "mpeg"),
    "mpeg2.ts": (*FILM, "-c:v", "mpeg2video", "-f", "mpegts"),
}  # fmt: skip
"""Name → how ffmpeg makes it."""


@cache
def made(name: str) -> bytes:
    """One of RECIPES, or of those that need more than one step."""
    if name in RECIPES:
        return _ffmpeg(RECIPES[name])
    if name == "amr.amr":
        # Debian's ffmpeg has no encoder for it: frames of 12.2 kbit/s that say nothing.
        return b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50
    if name == "amr.3gp":
        return _ffmpeg(("-i", "%IN%", "-c", "copy", "-f", "3gp"), made("amr.amr"))
    if name == "cover.mp3":
        cover = ("-f", "lavfi", "-i", "color=size=64x64:duration=1:rate=1")
        how = (
            "-map",
            "0:a",
            "-map",
            "1:v",
            "-c:a",
            "copy",
            "-c:v",
            "mjpeg",
            "-disposition:v",
            "attached_pic",
            "-f",
            "mp3",
        )
        return _ffmpeg(("-i", "%IN%", *cover, *how), made("mp3.mp3"))
    if name == "cover.m4a":
        cover = ("-f", "lavfi", "-i", "color=size=64x64:duration=1:rate=1")
        how = (
            "-map",
            "0:a",
            "-map",
            "1:v",
            "-c:a",
            "copy",
            "-c:v",
            "mjpeg",
            "-disposition:v",
            "attached_pic",
            "-f",
            "ipod",
        )
        return _ffmpeg(("-i", "%IN%", *cover, *how), made("aac.m4a"))
    raise KeyError(name)


def _ffmpeg(arguments: tuple[str, ...], content: bytes = b"") -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in"), Path(folder, "out")
        source.write_bytes(content)
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-nostdin",
            *(str(source) if a == "%IN%" else a for a in arguments),
            str(target),
        ]
        subprocess.run(command, check=True, timeout=60)
        return target.read_bytes()
