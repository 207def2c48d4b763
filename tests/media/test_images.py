"""Pictures: whole ones pass, cut and broken ones do not, and none fills the memory (row A41)."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from wppmt.media.images import PICTURES, BrokenPicture, check


def noise(mode: str = "RGB", size: tuple[int, int] = (37, 29)) -> Image.Image:
    channels = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, size, os.urandom(size[0] * size[1] * channels))


def saved(picture: Image.Image, kind: str, **how: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **how)
    return buffer.getvalue()


def with_a_thumbnail() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "x" * 20
    return saved(noise(), "JPEG", exif=exif.tobytes() + saved(noise(size=(20, 20)), "JPEG"))


def frames(kind: str) -> bytes:
    first, *others = (noise("P" if kind == "GIF" else "RGB") for _ in range(3))
    return saved(first, kind, save_all=True, append_images=others, duration=100)


WHOLE: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: saved(noise(), "JPEG"),
    "progressive JPEG": lambda: saved(noise(), "JPEG", progressive=True),
    "grey JPEG": lambda: saved(noise("L"), "JPEG"),
    "CMYK JPEG": lambda: saved(noise("CMYK"), "JPEG"),
    "JPEG with a thumbnail": with_a_thumbnail,
    "PNG": lambda: saved(noise(), "PNG"),
    "PNG with alpha": lambda: saved(noise("RGBA"), "PNG"),
    "PNG of a palette": lambda: saved(noise("P"), "PNG"),
    "PNG in black and white": lambda: saved(Image.new("1", (40, 40)), "PNG"),
    "GIF": lambda: saved(noise("P"), "GIF"),
    "moving GIF": lambda: frames("GIF"),
    "WebP": lambda: saved(noise(), "WEBP"),
    "lossless WebP": lambda: saved(noise("RGBA"), "WEBP", lossless=True),
    "moving WebP": lambda: frames("WEBP"),
}
FILES = {name: make() for name, make in WHOLE.items()}


def mimetype_of(name: str) -> str:
    return next(mimetype for mimetype, kind in PICTURES.items() if kind.lower() in name.lower())


def checked(folder: Path, content: bytes, mimetype: str) -> None:
    path = folder / "picture"
    path.write_bytes(content)
    check(path, mimetype)


@pytest.mark.parametrize("name", FILES)
def test_a_whole_picture_passes(tmp_path: Path, name: str):
    checked(tmp_path, FILES[name], mimetype_of(name))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_so_does_one_with_something_behind_it(tmp_path: Path, kind: str):
    """Phones put films and maps behind their photographs."""
    checked(tmp_path, FILES[kind] + b"\x00MotionPhoto_Data" + bytes(5000), mimetype_of(kind))


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.9999))
@example(share=0.5)
@example(share=0.99999)
def test_a_cut_picture_does_not_pass(tmp_path: Path, name: str, share: float):
    content = FILES[name]
    with pytest.raises(BrokenPicture):
        checked(tmp_path, content[: int(share * len(content))], mimetype_of(name))


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_broken_in_it_the_outcome_is_one_of_two(tmp_path: Path, name: str, data: st.DataObject):
    content = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        checked(tmp_path, bytes(content), mimetype_of(name))
    except BrokenPicture as broken:
        assert str(broken).startswith("a imagem")  # noqa: PT017  both outcomes are right


@pytest.mark.parametrize("mimetype", PICTURES)
@given(content=st.binary(max_size=300))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nonsense_is_reported_as_such(tmp_path: Path, mimetype: str, content: bytes):
    with pytest.raises(BrokenPicture):
        checked(tmp_path, content, mimetype)


def test_a_picture_is_read_as_what_it_was_taken_for_and_nothing_else(tmp_path: Path):
    with pytest.raises(BrokenPicture):
        checked(tmp_path, FILES["GIF"], "image/png")


@pytest.mark.parametrize(("side", "passes"), [(5000, True), (5001, False)])
def test_25_million_pixels_are_the_most(tmp_path: Path, side: int, passes: bool):
    content = saved(Image.new("1", (side, side)), "PNG")
    if passes:
        checked(tmp_path, content, "image/png")
    else:
        with pytest.raises(BrokenPicture, match="25 milhões"):
            checked(tmp_path, content, "image/png")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_no_small_file_fills_the_memory(tmp_path: Path, kind: str):
    """The largest picture that passes, in little more than its own pixels."""
    path = tmp_path / "picture"
    size = (5000, 5000) if kind != "WEBP" else (4000, 4000)
    first = Image.new("P" if kind == "GIF" else "RGB", size)
    path.write_bytes(saved(first, kind))
    code = (
        "import re; from pathlib import Path; from wppmt.media.images import check\n"
        f"check(Path({str(path)!r}), 'image/{kind.lower()}')\n"
        "print(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    used = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert int(used) < 300_000
