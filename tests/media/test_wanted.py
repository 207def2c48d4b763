"""What is made of a file: a voice note of any sound, a sticker of any picture, a film of a GIF; and what is refused."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from tests.media.made import OPUS, SOUND, _ffmpeg, made
from tests.media.test_examine import names
from wppmt.domain.errors import Code, Refusal
from wppmt.media.examine import Examiner, MediaFile
from wppmt.media.sandbox import Sandbox
from wppmt.media.sticker_inside import MOVING_BYTES, SIDE, STILL_BYTES
from wppmt.media.wanted import Makers, Wanted

LIMIT = 10_000_000


async def made_of(
    folder: Path, content: bytes, wanted: Wanted, name: str = "arquivo", minutes: int = 60
) -> MediaFile:
    path = folder / "file"
    path.write_bytes(content)
    try:
        return await Makers(Examiner(Sandbox(), LIMIT), LIMIT, minutes).make(path, name, "", wanted)
    finally:
        assert names(folder) == ["file"]


async def refused(folder: Path, content: bytes, wanted: Wanted, **more: object) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        await made_of(folder, content, wanted, **more)  # type: ignore[arg-type]
    return refusal.value


def codecs_in(path: Path) -> str:
    command = ["ffprobe", "-v", "error", "-of", "csv=p=0", "-show_entries", "stream=codec_name", str(path)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


def picture(kind: str, size: tuple[int, int] = (300, 100), frames: int = 1) -> bytes:
    """Each frame of another colour."""
    output = io.BytesIO()
    colours = [Image.new("RGB", size, (250 - 2 * n % 250, 10 * n % 250, 40)) for n in range(frames)]
    more = {"save_all": True, "append_images": colours[1:], "duration": 40} if frames > 1 else {}
    colours[0].save(output, kind, **more)
    return output.getvalue()


# ---- voice

SOUNDS = [
    "mp3.mp3", "cover.mp3", "aac.m4a", "aac.aac", "vorbis.ogg", "opus.webm", "pcm.wav", "flac.flac", "wma.wma", "amr.amr",
    "two.mka", "alac.m4a", "pcm.aiff", "mp2.mp2",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUNDS)
async def test_any_sound_becomes_a_voice_note_with_its_waveform(tmp_path: Path, name: str):
    file = await made_of(tmp_path, made(name), Wanted.VOICE, name)
    assert (file.kind, file.mimetype) == ("voice", "audio/ogg; codecs=opus")
    assert file.file_name == f"{Path(name).stem}.ogg"
    assert codecs_in(file.path) == "opus"
    assert file.path.read_bytes().startswith(b"OggS")
    assert (len(file.waveform), file.seconds) == (64, 1)
    assert max(file.waveform) == 100
    assert file.size == file.path.stat().st_size


async def test_a_voice_note_stays_as_it_is(tmp_path: Path):
    content = made("opus.ogg")
    file = await made_of(tmp_path, content, Wanted.VOICE)
    assert file.path.read_bytes() == content
    assert max(file.waveform) == 100


async def test_the_waveform_shows_where_it_is_loud(tmp_path: Path):
    loud_then_silent = ("-filter_complex", "[0]apad=pad_dur=3")
    file = await made_of(tmp_path, _ffmpeg((*SOUND, *loud_then_silent, *OPUS, "-f", "ogg")), Wanted.VOICE)
    assert file.seconds == 4
    assert min(file.waveform[:15]) > 80
    assert max(file.waveform[18:]) < 5


@pytest.mark.parametrize("name", ["h264-aac.mp4", "vp8-opus.webm", "theora-opus.ogg"])
async def test_a_film_is_no_sound(tmp_path: Path, name: str):
    refusal = await refused(tmp_path, made(name), Wanted.VOICE, name=name)
    assert refusal.code is Code.UNSUPPORTED_MEDIA
    assert "MP3" in refusal.details[0]["problem"]


@pytest.mark.parametrize(
    "content", [picture("png"), b"%PDF-1.7 x", b"a;b\n1;2\n" * 40, bytes(range(256)) * 64]
)
async def test_what_is_no_sound_is_refused(tmp_path: Path, content: bytes):
    assert (await refused(tmp_path, content, Wanted.VOICE)).code is Code.UNSUPPORTED_MEDIA


LONG = ("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "61")


@pytest.mark.parametrize(
    "how",
    [
        (*LONG, "-c:a", "pcm_u8", "-f", "wav"),
        (*LONG, *OPUS, "-f", "ogg"),
        # Says nothing, or something else, about its length.
        (*LONG, "-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"),
        (*LONG, "-c:a", "aac", "-f", "adts"),
    ],
)
async def test_a_sound_that_lasts_too_long_is_refused(tmp_path: Path, how: tuple[str, ...]):
    refusal = await refused(tmp_path, _ffmpeg(how), Wanted.VOICE, minutes=1)
    assert refusal.code is Code.MEDIA_TOO_LONG
    assert "1 minuto" in refusal.details[0]["problem"]


async def test_a_broken_sound_is_refused(tmp_path: Path):
    content = made("pcm.wav")[:44] + b""
    assert (await refused(tmp_path, content, Wanted.VOICE)).code in {
        Code.UNSUPPORTED_MEDIA,
        Code.MEDIA_FETCH_FAILED,
    }


# ---- stickers


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif"])
@pytest.mark.parametrize("size", [(300, 100), (10, 2000), (512, 512)])
async def test_any_picture_becomes_a_sticker(tmp_path: Path, kind: str, size: tuple[int, int]):
    file = await made_of(tmp_path, picture(kind, size), Wanted.STICKER)
    assert (file.kind, file.mimetype) == ("sticker", "image/webp")
    assert file.size <= STILL_BYTES
    with Image.open(file.path) as sticker:
        assert (sticker.format, sticker.size) == ("WEBP", (SIDE, SIDE))
        corner = sticker.convert("RGBA").getpixel((0, 0))
        assert isinstance(corner, tuple)
        assert (corner[3] == 0) is (size[0] != size[1])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
async def test_an_animation_goes_on_moving(tmp_path: Path, kind: str):
    file = await made_of(tmp_path, picture(kind, frames=12), Wanted.STICKER)
    assert file.size <= MOVING_BYTES
    with Image.open(file.path) as sticker:
        durations = [frame.copy().info["duration"] for frame in ImageSequence.Iterator(sticker)]
        assert sticker.size == (SIDE, SIDE)
        assert (len(durations), sum(durations)) == (12, 480)


async def test_noise_is_made_small_enough(tmp_path: Path):
    noise = Image.effect_noise((512, 512), 200).convert("RGB")
    output = io.BytesIO()
    noise.save(output, "png")
    assert (await made_of(tmp_path, output.getvalue(), Wanted.STICKER)).size <= STILL_BYTES


@pytest.mark.parametrize("content", [made("h264.mp4"), b"%PDF-1.7 x", b"texto"])
async def test_what_is_no_picture_is_no_sticker(tmp_path: Path, content: bytes):
    refusal = await refused(tmp_path, content, Wanted.STICKER)
    assert refusal.code is Code.UNSUPPORTED_MEDIA
    assert "PNG" in refusal.details[0]["problem"]


async def test_a_broken_picture_is_refused(tmp_path: Path):
    assert (await refused(tmp_path, picture("png")[:60], Wanted.STICKER)).code is Code.MEDIA_FETCH_FAILED


def test_the_script_finds_its_library_where_we_run_it():
    """The sandbox gives it an interpreter without environment, and no folder of ours."""
    command = [sys.executable, "-I", "-c", "import PIL"]
    assert subprocess.run(command, env={}, cwd="/", check=False).returncode == 0


# ---- videos


@pytest.mark.parametrize("name", ["h264.mp4", "h264.mov", "h264.3gp", "vp8.webm"])
async def test_a_video_is_one(tmp_path: Path, name: str):
    content = made(name)
    file = await made_of(tmp_path, content, Wanted.VIDEO, name)
    assert (file.kind, file.path.read_bytes()) == ("video", content)


@pytest.mark.parametrize("name", ["mp3.mp3", "mpeg4.avi", "h264.mkv"])
@pytest.mark.parametrize("wanted", [Wanted.VIDEO, Wanted.GIF])
async def test_what_whatsapp_does_not_play_is_no_video(tmp_path: Path, name: str, wanted: Wanted):
    refusal = await refused(tmp_path, made(name), wanted, name=name)
    assert refusal.code is Code.UNSUPPORTED_MEDIA
    assert "MP4" in refusal.details[0]["problem"]


async def test_a_gif_becomes_a_film(tmp_path: Path):
    file = await made_of(tmp_path, picture("gif", (101, 51), frames=5), Wanted.GIF, "festa.gif")
    assert (file.kind, file.mimetype, file.file_name) == ("video", "video/mp4", "festa.mp4")
    assert codecs_in(file.path) == "h264"


async def test_a_picture_is_no_gif(tmp_path: Path):
    assert (await refused(tmp_path, picture("png"), Wanted.GIF)).code is Code.UNSUPPORTED_MEDIA
