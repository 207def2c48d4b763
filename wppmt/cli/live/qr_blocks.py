"""The API's QR picture as lines of block characters, two rows of modules to a line."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

FINDER = 7
"""Modules across each of the three square marks in the corners of every QR code."""
BLOCKS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
"""By whether the upper and the lower module are light."""


def blocks(png: bytes) -> list[str]:
    """Light modules are drawn: on a dark ground it looks as the picture does."""
    rows = modules(png)
    if len(rows) % 2:
        rows.append([True] * len(rows[0]))
    return [
        "".join(map(BLOCKS.__getitem__, zip(*pair, strict=True)))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]


def modules(png: bytes) -> list[list[bool]]:
    """Whether each module is light, with the quiet zone around. Raises ValueError where this is no QR picture."""
    picture = Image.open(BytesIO(png)).convert("L")
    size = _module_size(picture)
    across = range(size // 2, picture.width, size)
    return [[_is_light(picture, x, y) for x in across] for y in range(size // 2, picture.height, size)]


def _module_size(picture: Image.Image) -> int:
    """Pixels: the first dark row begins with the upper edge of a mark."""
    for y in range(picture.height):
        dark = [x for x in range(picture.width) if not _is_light(picture, x, y)]
        if dark:
            run = next((at for at, x in enumerate(dark) if x != dark[0] + at), len(dark))
            return max(run // FINDER, 1)
    raise ValueError("no dark pixel")


def _is_light(picture: Image.Image, x: int, y: int) -> bool:
    value = picture.getpixel((x, y))
    return isinstance(value, int | float) and value >= 128
