"""Whether a picture is whole: decoded to its last pixel, within a limit that keeps a small file from filling a memory."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import IO

from PIL import Image

PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
"""What phones show, and Pillow's word for it: no other reader of its many is tried on what strangers made."""
MAX_PIXELS = 25_000_000
_SMALL = (256, 256)
# Pillow's own limit is a warning on stderr; ours is asked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
# Broken metadata beside whole pixels is no news for the log.
warnings.filterwarnings("ignore", category=UserWarning, module="PIL")


class BrokenPicture(Exception):
    """Not whole, or too large; the message is for people."""


def check(path: Path, mimetype: str) -> None:
    """Blocks for as long as decoding takes. Raises BrokenPicture."""
    try:
        with Image.open(path, formats=(PICTURES[mimetype],)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise BrokenPicture(f"a imagem tem mais de {MAX_PIXELS // 1_000_000} milhões de pixels")
            # A JPEG is read to its end, but drawn small: that takes little memory.
            picture.draft("L", _SMALL)
            picture.load()
        with path.open("rb") as file:
            if not _ENDS[mimetype](file):
                raise BrokenPicture("a imagem está incompleta")
    except (OSError, ValueError, SyntaxError, struct.error, EOFError, IndexError, MemoryError):
        # What Pillow raises for what it cannot read (UnidentifiedImageError is an OSError).
        raise BrokenPicture("a imagem está corrompida ou incompleta") from None


def _jpeg_ends(file: IO[bytes]) -> bool:
    """Its end mark comes after the beginning of its pixels; a thumbnail inside has marks of its own."""
    file.seek(2)
    while (mark := file.read(2)) != b"\xff\xda":
        if mark[:1] != b"\xff":
            return False
        while mark[1:] == b"\xff":
            mark = mark[1:] + file.read(1)
        [size] = struct.unpack(">H", file.read(2))
        file.seek(size - 2, 1)
    return b"\xff\xd9" in file.read()


def _png_ends(file: IO[bytes]) -> bool:
    file.seek(8)
    while len(head := file.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        if name == b"IEND":
            return len(file.read(4)) == 4
        file.seek(size + 4, 1)
    return False


def _gif_ends(file: IO[bytes]) -> bool:
    """From block to block: only the first of its pictures was decoded."""
    head = file.read(13)
    file.seek(_palette_size(head[10]), 1)
    while block := file.read(1):
        match block:
            case b"\x3b":
                return True
            case b"\x2c":
                file.seek(_palette_size(file.read(9)[8]) + 1, 1)
            case b"\x21":
                file.seek(1, 1)
            case _:
                return False
        while size := file.read(1)[0]:
            if len(file.read(size)) < size:
                return False
    return False


def _palette_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp_ends(file: IO[bytes]) -> bool:
    _, size = struct.unpack("<4sI", file.read(8))
    return bool(file.seek(0, 2) >= size + 8)


_ENDS = {"image/jpeg": _jpeg_ends, "image/png": _png_ends, "image/gif": _gif_ends, "image/webp": _webp_ends}
