"""PURE: what WhatsApp can play, and as what a file with these tracks goes out. Anything else is a document.

The lists are those of WhatsApp Web's own page; WebM is one that it has long been given.
"""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.media.content import UNKNOWN
from wppmt.media.probe import Tracks

VOICE = "audio/ogg; codecs=opus"
"""What WhatsApp's own voice notes are."""


@dataclass(frozen=True, slots=True)
class Playing:
    """`kind` as WhatsApp tells them apart; `muxer`, in ffmpeg's word, where the container has to be another one."""

    kind: str
    mimetype: str
    ending: str
    muxer: str = ""


@dataclass(frozen=True, slots=True)
class _Sound:
    """A codec that WhatsApp plays, and the containers in which it does."""

    kind: str
    mimetype: str
    ending: str
    muxer: str
    home: frozenset[str]


_SOUNDS = {
    "opus": _Sound("voice", VOICE, ".ogg", "ogg", frozenset({"ogg"})),
    "aac": _Sound("audio", "audio/mp4", ".m4a", "ipod", frozenset({"mov"})),
    "mp3": _Sound("audio", "audio/mpeg", ".mp3", "mp3", frozenset({"mp3"})),
    "amr_nb": _Sound("audio", "audio/amr", ".amr", "amr", frozenset({"amr"})),
}
_MOVING = {
    "mov": frozenset({"h264", "hevc", "mpeg4", "h263", "av1", "vp9"}),
    "webm": frozenset({"vp8", "vp9", "av1"}),
}
_AS_DOCUMENTS = {
    # Container: with pictures, with sound alone, and the ending.
    "aac": (UNKNOWN, "audio/aac", ".aac"),
    "ac3": (UNKNOWN, "audio/ac3", ".ac3"),
    "aiff": (UNKNOWN, "audio/x-aiff", ".aiff"),
    "amr": (UNKNOWN, "audio/amr", ".amr"),
    "asf": ("video/x-ms-wmv", "audio/x-ms-wma", ".wma"),
    "avi": ("video/x-msvideo", "audio/x-msvideo", ".avi"),
    "caf": (UNKNOWN, "audio/x-caf", ".caf"),
    "flac": (UNKNOWN, "audio/flac", ".flac"),
    "flv": ("video/x-flv", "audio/x-flv", ".flv"),
    "matroska": ("video/x-matroska", "audio/x-matroska", ".mka"),
    "mov": ("video/mp4", "audio/mp4", ".m4a"),
    "mp3": (UNKNOWN, "audio/mpeg", ".mp3"),
    "mpeg": ("video/mpeg", "audio/mpeg", ".mpg"),
    "mpegts": ("video/mp2t", "audio/mp2t", ".ts"),
    "ogg": ("video/ogg", "audio/ogg", ".ogg"),
    "wav": (UNKNOWN, "audio/wav", ".wav"),
    "webm": ("video/webm", "audio/webm", ".webm"),
}
_VIDEO_ENDINGS = {"matroska": ".mkv", "asf": ".wmv", "mov": ".mp4", "ogg": ".ogv"}


def playing(tracks: Tracks) -> Playing:
    """Never video without a picture track, never audio with one."""
    if tracks.pictures:
        return _moving(tracks) or _document(tracks)
    return _sounding(tracks) or _document(tracks)


def _moving(tracks: Tracks) -> Playing | None:
    if not set(tracks.pictures) <= _MOVING.get(tracks.container, frozenset()):
        return None
    if tracks.container == "webm":
        return Playing("video", "video/webm", ".webm")
    if tracks.brand == "qt":
        return Playing("video", "video/quicktime", ".mov")
    is_3gp = tracks.brand.startswith("3g")
    return Playing("video", "video/3gpp", ".3gp") if is_3gp else Playing("video", "video/mp4", ".mp4")


def _sounding(tracks: Tracks) -> Playing | None:
    codec = tracks.sounds[0]
    if tracks.container == "wav" and codec.startswith("pcm_"):
        return Playing("audio", "audio/wav", ".wav")
    if (tracks.container, codec) == ("aac", "aac"):
        return Playing("audio", "audio/aac", ".aac")
    sound = _SOUNDS.get(codec)
    if sound is None:
        return None
    if tracks.container in sound.home and tracks.brand != "qt":
        return Playing(sound.kind, sound.mimetype, sound.ending)
    # Into another container goes one track: of several, none may be lost.
    is_one = len(tracks.sounds) == 1
    return Playing(sound.kind, sound.mimetype, sound.ending, sound.muxer) if is_one else None


def _document(tracks: Tracks) -> Playing:
    moving, sounding, ending = _AS_DOCUMENTS.get(tracks.container, (UNKNOWN, UNKNOWN, ""))
    if tracks.brand == "qt" and tracks.pictures:
        return Playing("document", "video/quicktime", ".mov")
    if tracks.pictures:
        return Playing("document", moving, _VIDEO_ENDINGS.get(tracks.container, ending))
    return Playing("document", sounding, ending)
