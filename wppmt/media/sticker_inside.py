"""Run as a script in the sandbox: a picture, or an animation, becomes a sticker.

    sticker_inside.py SOURCE TARGET

WebP of 512 × 512 with the picture in the middle of nothing, small enough for phones to take it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageSequence

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SIDE = 512
STILL_BYTES, MOVING_BYTES = 100_000, 500_000
"""WhatsApp's own limits for stickers."""
MAX_PIXELS = 25_000_000
MAX_FRAMES, SHORTEST_MS, USUAL_MS = 100, 8, 100
QUALITIES = (85, 60, 35, 15, 1)

Frame = tuple[Image.Image, int]
"""And for how many milliseconds it is shown."""


def main(source: Path, target: Path) -> None:
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with Image.open(source, formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        frames = list(_thinned(_frames(picture)))
    target.write_bytes(_smallest(frames))


def _frames(picture: Image.Image) -> Iterator[Frame]:
    for frame in ImageSequence.Iterator(picture):
        square = _on_nothing(frame.convert("RGBA"))
        # Only what has been decoded tells how long it is shown.
        yield square, max(int(frame.info.get("duration") or USUAL_MS), SHORTEST_MS)


def _on_nothing(picture: Image.Image) -> Image.Image:
    scale = SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    square = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    square.paste(picture.resize(size), ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return square


def _thinned(frames: Iterator[Frame]) -> list[Frame]:
    """So many frames at most, which last as long together; what follows a thousand is cut off."""
    shown = [frame for frame, _ in zip(frames, range(1000), strict=False)]
    kept = min(len(shown), MAX_FRAMES)
    edges = [len(shown) * number // kept for number in range(kept + 1)]
    return [(shown[start][0], sum(ms for _, ms in shown[start:end])) for start, end in pairwise(edges)]


def _smallest(frames: list[Frame]) -> bytes:
    """The best that is small enough. Raises ValueError where none is."""
    limit = STILL_BYTES if len(frames) == 1 else MOVING_BYTES
    for quality in QUALITIES:
        encoded = _encoded(frames, quality)
        if len(encoded) <= limit:
            return encoded
    raise ValueError("too large")


def _encoded(frames: list[Frame], quality: int) -> bytes:
    (first, _), *others = frames
    animation = {
        "save_all": True,
        "append_images": [picture for picture, _ in others],
        "duration": [ms for _, ms in frames],
        "loop": 0,
    }
    output = BytesIO()
    first.save(output, "WEBP", quality=quality, method=4, **(animation if others else {}))
    return output.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
