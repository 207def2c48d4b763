from __future__ import annotations

import io
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import free_port
from wppmt.cli.gateway import Gateway, GatewayError, read_qr, wait_for_qr


def picture(text: str) -> bytes:
    png = io.BytesIO()
    segno.make(text, error="m").save(png, kind="png", scale=4)
    return png.getvalue()


@pytest.mark.slow
@settings(max_examples=20)
@given(
    st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=,", min_size=30, max_size=240)
)
def test_reads_what_stands_in_the_picture(text: str):
    assert read_qr(picture(f"2@{text}")) == f"2@{text}"


def data_url(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"


ANSWERS: dict[str, tuple[int, dict[str, str | None]]] = {
    "/readyz": (503, {"status": "draining"}),
    "/api/sessions/loja/qrcode": (200, {"qrCode": data_url(picture("2@x"))}),
    "/api/sessions/encerrada/qrcode": (200, {"status": "disconnected", "qrCode": None, "reason": "a pedido"}),
    "/api/sessions/aberta/qrcode": (200, {"status": "connected", "message": "já está conectado"}),
    "/api/sessions/lenta/qrcode": (200, {"status": "initializing", "qrCode": None, "reason": "Abrindo"}),
}


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert self.headers["Authorization"] == "Bearer t"
        status, answer = ANSWERS.get(self.path, (404, {"error": "Não há", "code": "NOT_FOUND"}))
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    # A proxy that nobody runs: whoever obeyed it would not get through.
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield Gateway(f"http://127.0.0.1:{server.server_port}/", lambda: "t")
        server.shutdown()


def test_qr_comes_from_the_picture(gateway: Gateway):
    assert wait_for_qr(gateway, "loja") == "2@x"


@pytest.mark.parametrize(
    ("session", "told"), [("encerrada", "a pedido"), ("aberta", "já está"), ("lenta", "Abrindo")]
)
def test_no_picture_to_come_is_reported(gateway: Gateway, session: str, told: str):
    with pytest.raises(GatewayError, match=told):
        wait_for_qr(gateway, session, limit=0)


def test_refusal_keeps_code_and_text(gateway: Gateway):
    with pytest.raises(GatewayError, match="Não há") as refusal:
        gateway.status("nenhuma")
    assert (refusal.value.status, refusal.value.code) == (404, "NOT_FOUND")


def test_not_ready_and_not_there_are_both_not_ready(gateway: Gateway):
    assert not gateway.is_ready()
    assert not Gateway(f"http://127.0.0.1:{free_port()}", lambda: "").is_ready()


def test_nobody_there_is_reported():
    with pytest.raises(GatewayError, match="não responde"):
        Gateway(f"http://127.0.0.1:{free_port()}", lambda: "").status("loja")
