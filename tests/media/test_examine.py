"""What a file is taken for: by its tracks, by all of its bytes, by its name only where nothing else tells."""

from __future__ import annotations

import codecs
import os
import socket
import string
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.media.made import RECIPES, made
from wppmt.domain.errors import Code, Refusal
from wppmt.media.content import UNKNOWN, is_text, recognise
from wppmt.media.examine import Examiner, MediaFile
from wppmt.media.playable import VOICE, playing
from wppmt.media.probe import _CONTAINERS, Tracks, probe
from wppmt.media.sandbox import Sandbox

PLAYED = {
    "opus.webm": ("voice", VOICE), "opus.mkv": ("voice", VOICE), "opus.mp4": ("voice", VOICE), "opus.ogg": ("voice", VOICE),
    "aac.mp4": ("audio", "audio/mp4"), "aac.m4a": ("audio", "audio/mp4"), "aac.mov": ("audio", "audio/mp4"),
    "aac.3gp": ("audio", "audio/mp4"), "aac.mkv": ("audio", "audio/mp4"), "aac.ts": ("audio", "audio/mp4"), "aac.aac": ("audio", "audio/aac"),
    "cover.m4a": ("audio", "audio/mp4"), "cover.mp3": ("audio", "audio/mpeg"), "mp3.mp3": ("audio", "audio/mpeg"),
    "mp3.mkv": ("audio", "audio/mpeg"), "bare.mp3": ("audio", "audio/mpeg"), "slow.mp3": ("audio", "audio/mpeg"),
    "pcm.wav": ("audio", "audio/wav"), "amr.amr": ("audio", "audio/amr"), "amr.3gp": ("audio", "audio/amr"),
    "vorbis.webm": ("document", "audio/webm"), "vorbis.ogg": ("document", "audio/ogg"), "flac.ogg": ("document", "audio/ogg"),
    "alac.m4a": ("document", "audio/mp4"), "ac3.mp4": ("document", "audio/mp4"), "mp2.mp2": ("document", "audio/mpeg"),
    "adpcm.wav": ("document", "audio/wav"), "wma.wma": ("document", "audio/x-ms-wma"), "flac.flac": ("document", "audio/flac"),
    "pcm.aiff": ("document", "audio/x-aiff"), "two.mka": ("document", "audio/x-matroska"),
    "vp8.webm": ("video", "video/webm"), "vp8-opus.webm": ("video", "video/webm"), "vp9.webm": ("video", "video/webm"),
    "h264.mp4": ("video", "video/mp4"), "h264-aac.mp4": ("video", "video/mp4"), "fragmented.mp4": ("video", "video/mp4"),
    "h264.mov": ("video", "video/quicktime"), "h264.3gp": ("video", "video/3gpp"), "h263.3gp": ("video", "video/3gpp"),
    "h264.mkv": ("document", "video/x-matroska"), "h264-opus.mkv": ("document", "video/x-matroska"),
    "mjpeg.mov": ("document", "video/quicktime"), "theora.ogv": ("document", "video/ogg"), "theora-opus.ogg": ("document", "video/ogg"),
    "mpeg4.avi": ("document", "video/x-msvideo"), "wmv2.wmv": ("document", "video/x-ms-wmv"), "flv.flv": ("document", "video/x-flv"),
    "mpeg2.mpg": ("document", "video/mpeg"), "mpeg2.ts": ("document", "video/mp2t"),
}  # fmt: skip
REWRAPPED = {"opus.webm", "opus.mkv", "opus.mp4", "aac.mov", "aac.mkv", "aac.ts", "mp3.mkv", "amr.3gp"}


async def examined(folder: Path, content: bytes, name: str = "arquivo", stated: str = "") -> MediaFile:
    path = folder / "file"
    path.write_bytes(content)
    return await Examiner(Sandbox(), 10_000_000).examine(path, name, stated)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def tracks_of(path: Path) -> list[str]:
    """ffprobe's own word, outside the sandbox."""
    command = ["ffprobe", "-v", "error", "-of", "csv=p=0", "-show_entries", "stream=codec_name", str(path)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()


@pytest.mark.slow
class TestTracks:
    def test_every_recipe_is_tried(self):
        assert set(RECIPES) <= set(PLAYED)

    @pytest.mark.parametrize("name", PLAYED)
    async def test_the_tracks_decide_and_nobody_s_word(self, tmp_path: Path, name: str):
        content = made(name)
        for called, stated in [
            (name, ""),
            ("arquivo", "text/csv"),
            ("x.mp4", "application/json"),
            ("x.ogg", ""),
        ]:
            file = await examined(tmp_path, content, called, stated)
            assert (file.kind, file.mimetype) == PLAYED[name]
            assert (file.path.read_bytes() != content) is (name in REWRAPPED)
            assert file.size == file.path.stat().st_size
            assert names(tmp_path) == ["file"]

    @pytest.mark.parametrize(
        ("name", "called", "goes_as", "codec"),
        [
            ("opus.webm", "audio.webm", "audio.ogg", "opus"),
            ("opus.webm", "arquivo", "arquivo.ogg", "opus"),
            ("aac.mov", "v1.2.mov", "v1.2.m4a", "aac"),
            ("amr.3gp", "rec.3gp", "rec.amr", "amr_nb"),
            ("aac.mp4", "gravacao.m4a", "gravacao.m4a", "aac"),
            ("theora.ogv", "arquivo", "arquivo.ogv", "theora"),
            ("wma.wma", "arquivo", "arquivo.wma", "wmav2"),
            ("h264.mkv", "arquivo", "arquivo.mkv", "h264"),
        ],
    )
    async def test_what_is_put_into_another_container_keeps_its_sound(
        self, tmp_path: Path, name: str, called: str, goes_as: str, codec: str
    ):
        file = await examined(tmp_path, made(name), called)
        assert (file.file_name, tracks_of(file.path)) == (goes_as, [codec])

    async def test_a_new_container_over_the_limit_leaves_the_file_a_document(self, tmp_path: Path):
        path = tmp_path / "file"
        path.write_bytes(made("opus.webm"))
        file = await Examiner(Sandbox(), 500).examine(path, "a.webm", "")
        assert (file.kind, path.read_bytes()) == ("document", made("opus.webm"))
        assert names(tmp_path) == ["file"]

    @pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
    @pytest.mark.parametrize("name", ["h264.mp4", "aac.m4a", "wma.wma", "pcm.wav"])
    async def test_a_cut_one_is_no_video_without_pictures(self, tmp_path: Path, name: str, share: float):
        file = await examined(tmp_path, made(name)[: int(len(made(name)) * share)], name)
        assert file.kind in {"document", PLAYED[name][0]}
        assert file.kind != "video"

    @pytest.mark.parametrize("brand", [b"mp42", b"isom", b"qt  ", b"3gp4", b"M4V "])
    async def test_nothing_but_a_head_is_no_video(self, tmp_path: Path, brand: bytes):
        head = b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x00\x00mp42isom"
        for content in (head, head + os.urandom(5000)):
            assert (await examined(tmp_path, content, "v.mp4")).kind == "document"

    async def test_a_voice_note_too_short_to_play_is_still_one(self, tmp_path: Path):
        voice = b"OggS\x00\x02" + bytes(22) + b"OpusHead" + os.urandom(200)
        assert (await examined(tmp_path, voice, "voz.ogg")).kind == "voice"
        assert (await examined(tmp_path, voice + b"\x80theora", "voz.ogg")).kind == "document"

    @pytest.mark.parametrize(("name", "kind"), [("h264.mp4", "document"), ("opus.ogg", "voice")])
    async def test_without_ffprobe_nothing_is_guessed(self, tmp_path: Path, name: str, kind: str):
        path = tmp_path / "file"
        path.write_bytes(made(name))
        examiner = Examiner(Sandbox(path="/nonexistent"), 10_000_000)
        assert (await examiner.examine(path, name, "")).kind == kind


CODECS = st.sampled_from(["opus", "aac", "mp3", "vorbis", "h264", "vp8", "theora", "amr_nb", "pcm_s16le", "wmav2", ""])  # fmt: skip


@given(
    st.sampled_from(_CONTAINERS.split(",")),
    st.lists(CODECS, max_size=3),
    st.lists(CODECS, max_size=3),
    st.sampled_from(["", "qt", "mp42", "3gp4"]),
)
def test_never_video_without_pictures_never_audio_with(
    container: str, pictures: list[str], sounds: list[str], brand: str
):
    if pictures or sounds:
        plays = playing(Tracks(container, tuple(pictures), tuple(sounds), brand))
        assert plays.kind in ({"video", "document"} if pictures else {"audio", "voice", "document"})
        assert plays.mimetype.partition("/")[0] != ("audio" if pictures else "video")


class TestPlaylists:
    """Files that only lead to others: nothing is opened but the file itself."""

    def lists(self, port: int, secret: Path) -> dict[str, bytes]:
        address = f"http://127.0.0.1:{port}/a.ts"
        return {
            "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXTINF:1,\nfile://{secret}\n".encode(),
            "hls behind zeros": b"\x00#EXTM3U\n" + address.encode(),
            "concat": f"ffconcat version 1.0\nfile '{secret}'\nfile {address}\n".encode(),
            "dash": f"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><Period><BaseURL>{address}</BaseURL>"
            "</Period></MPD>".encode(),
            "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
            "xspf": f"<playlist><trackList><track><location>{address}</location></track></trackList></playlist>".encode(),
            "asx": f'<asx version="3.0"><entry><ref href="{address}"/></entry></asx>'.encode(),
            "pls": f"[playlist]\nFile1={address}\n".encode(),
            "rtsp": b"RTSPtextrtsp://127.0.0.1:%d/a\r\n" % port,
        }  # fmt: skip

    @pytest.mark.parametrize("kind", ["hls", "hls behind zeros", "concat", "dash", "sdp", "xspf", "asx", "pls", "rtsp"])  # fmt: skip
    async def test_nothing_is_fetched_and_nothing_played(self, tmp_path: Path, kind: str):
        secret = tmp_path / "secret.wav"
        secret.write_bytes(made("pcm.wav"))
        with socket.create_server(("127.0.0.1", 0)) as server:
            content = self.lists(server.getsockname()[1], secret)[kind]
            path = tmp_path / "file"
            path.write_bytes(content)
            assert await probe(Sandbox(), path) is None
            file = await examined(tmp_path, content, "lista.m3u8", "application/vnd.apple.mpegurl")
            assert (file.kind, file.path.read_bytes()) == ("document", content)
            server.setblocking(False)
            with pytest.raises(BlockingIOError):
                server.accept()


BEGINNINGS = [
    "ID3;", "BM;", "MZ;", "PK;", "GIF89a;", "RIFF;", "FLV\x09", "OggS;", "%!PS", "#!AMR", "II*", "fLaC", "8BPS", "FWS", "wOFF",
    "MThd", "Rar!", "SQLi", "Cr24", "LZIP", "ftypmp42", "<?xml", "{\\rtf", "BZh", "7z", "DICM", "!<arch>", "NES", "RIFFxxxxWAVE", "xxxxftypmp42",
]  # fmt: skip


class TestText:
    @pytest.mark.parametrize("begins", BEGINNINGS)
    async def test_text_that_begins_like_something_else(self, tmp_path: Path, begins: str):
        content = f"{begins}nome;telefone\r\nAna;5511999999999\r\nJoão;5511999999998\r\n".encode()
        for name, stated, mimetype in [
            ("contatos.csv", "text/csv", "text/csv"),
            ("contatos.csv", "", "text/csv"),
            ("arquivo", "text/csv", "text/csv"),
            ("notas.txt", "application/octet-stream", "text/plain"),
            ("dados.json", "", "application/json"),
            ("tabela.tsv", "", "text/tab-separated-values"),
        ]:
            file = await examined(tmp_path, content, name, stated)
            assert (file.kind, file.mimetype) == ("document", mimetype)

    @pytest.mark.parametrize("begins", ["ID3;", "BM;", "MZ;", "RIFFxxxxWAVE"])
    async def test_it_is_nothing_else_under_no_name_either(self, tmp_path: Path, begins: str):
        file = await examined(tmp_path, f"{begins}a;b\n".encode(), "exportado")
        assert (file.kind, file.mimetype) == ("document", UNKNOWN)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
    async def test_text_of_old_programs_too(self, tmp_path: Path, encoding: str):
        content = "ID3;descrição\r\n1;ação não é só €\r\n".replace(
            "€" if encoding == "latin-1" else "\0", "x"
        )
        file = await examined(tmp_path, content.encode(encoding), "x.csv", "text/csv")
        assert file.mimetype == "text/csv"

    @pytest.mark.parametrize("name", ["mp3.mp3", "bare.mp3", "pcm.wav", "opus.ogg", "h264.mp4", "flac.flac"])
    async def test_binary_stays_what_it_is(self, tmp_path: Path, name: str):
        file = await examined(tmp_path, made(name), "contatos.csv", "text/csv")
        assert (file.kind, file.mimetype) == PLAYED[name]

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.sampled_from([b"ID3", b"BM", b"", b"MZ", b"\xff\xfb"]), st.binary(min_size=20), st.integers(0, 8)
    )
    def test_what_is_no_text_is_never_called_text(self, tmp_path: Path, begins: bytes, rest: bytes, low: int):
        path = tmp_path / "file"
        path.write_bytes(begins + rest + bytes([low]))
        content = recognise(path, ".csv", "text/csv")
        if not (begins + rest).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            assert not content.mimetype.startswith("text/")

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.sampled_from(BEGINNINGS),
        st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"])),
        st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
    )
    @example("BM", "ação" * 500_000, "utf-8")
    def test_any_text_with_a_text_s_name_is_text(self, tmp_path: Path, begins: str, text: str, encoding: str):
        path = tmp_path / "file"
        path.write_bytes(f"{begins}\r\n{text}\t;".encode(encoding))
        assert is_text(path)
        assert recognise(path, ".csv", "").mimetype == "text/csv"

    def test_a_letter_cut_by_the_end_of_a_piece_is_whole(self, tmp_path: Path):
        path = tmp_path / "file"
        path.write_bytes(b"x" + "é".encode() * 1_200_000 + "日本".encode())
        assert is_text(path)
        path.write_bytes(b"x" * 2_000_000 + b"\x81\xfe")
        assert not is_text(path)


PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n" + bytes(40)
ASCII_PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n"


class TestPdf:
    @pytest.mark.parametrize("pdf", [PDF, ASCII_PDF])
    @pytest.mark.parametrize("before", [b"", b"\r\n", b"\n\n\n", b" \t\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"\x00" * 10])  # fmt: skip
    async def test_blank_lines_before_it_make_it_nothing_else(
        self, tmp_path: Path, before: bytes, pdf: bytes
    ):
        for name, stated in [("boleto.pdf", ""), ("arquivo", ""), ("boleto.pdf", "text/plain")]:
            file = await examined(tmp_path, before + pdf, name, stated)
            assert (file.kind, file.mimetype) == ("document", "application/pdf")
            assert file.file_name.endswith(".pdf")

    async def test_other_bytes_before_it_need_its_name(self, tmp_path: Path):
        content = b"HTTP/1.1 200 OK\r\nX: \xff\x00\r\n\r\n" + PDF
        assert (await examined(tmp_path, content, "boleto.pdf")).mimetype == "application/pdf"
        assert (await examined(tmp_path, content, "arquivo", "application/pdf")).mimetype == "application/pdf"
        assert (await examined(tmp_path, content, "arquivo")).mimetype == UNKNOWN

    @pytest.mark.parametrize("content", [b"<html>%PDF</html>", b"\r\n<html>", b"x" * 1100 + PDF, b""])
    async def test_a_page_in_its_place_is_refused(self, tmp_path: Path, content: bytes):
        with pytest.raises(Refusal) as refused:
            await examined(tmp_path, content, "boleto.pdf", "application/pdf")
        assert refused.value.code is Code.MEDIA_FETCH_FAILED

    async def test_a_text_about_it_is_a_text(self, tmp_path: Path):
        assert (await examined(tmp_path, b"%PDF-1.4 comeca assim", "notas.txt")).mimetype == "text/plain"


@given(st.text(string.ascii_lowercase, max_size=4), st.binary(max_size=64))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_content_has_a_type(tmp_path: Path, ending: str, content: bytes):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert "/" in recognise(path, f".{ending}", "").mimetype
