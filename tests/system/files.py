"""Files as customers send them, and the web server they lie on."""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
import struct
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from PIL import Image

from tests.media.made import _ffmpeg, made


def picture(kind: str = "png") -> bytes:
    """Another one each time."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (32, 32), secrets.token_bytes(3 * 32 * 32)).save(buffer, kind)
    return buffer.getvalue()


def document(size: int = 1000) -> bytes:
    return b"%PDF-1.7\n" + secrets.token_bytes(size - 9)


def video(size: int = 5000) -> bytes:
    """Of about this size: what players pass over makes up for the rest."""
    film = made("h264.mp4")
    filler = max(8, size - len(film))
    return film + struct.pack(">I4s", filler, b"free") + secrets.token_bytes(filler - 8)


def spoken(seconds: int) -> bytes:
    """As an MP3: noise takes an encoder about as long as speech does."""
    noise = f"anoisesrc=d={seconds}:c=pink:r=44100:a=0.3"
    return _ffmpeg(("-f", "lavfi", "-i", noise, "-c:a", "libmp3lame", "-f", "mp3"))


def voice_note() -> bytes:
    return made("opus.ogg")


def browser_recording() -> bytes:
    """What Chrome's MediaRecorder gives for a voice."""
    return made("opus.webm")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


class FileServer:
    """Gives out what was put in; on loopback, while used with `with`."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._files))
        self.target = f"127.0.0.1:{self._server.server_port}"

    def put(self, name: str, content: bytes) -> str:
        """The address under which it lies from now on."""
        self._files[f"/{name}"] = content
        return f"http://{self.target}/{name}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(files: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            # Whoever takes no more than the limit hangs up in the middle.
            with suppress(ConnectionError):
                self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    return Handler
