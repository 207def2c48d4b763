"""nginx and HAProxy as Debian has them, in front of a server on loopback: TLS, limits, events without delay."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support import free_port, wait_until

FRONT = Path(__file__).parents[2] / "deploy" / "front"
EVENTS = 3
NGINX, HAPROXY = "nginx", "haproxy"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


class Upstream(BaseHTTPRequestHandler):
    """Tells what reached it; `/events` says one thing after the other, and waits to be let on."""

    protocol_version = "HTTP/1.1"
    # Head and body in one piece: two would wait 40 ms for each other.
    wbufsize = -1
    go_on = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/events":
            self._tell_events()
        else:
            self._say(repr(dict(self.headers)).encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(b"posted")

    def _tell_events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for number in range(EVENTS):
            self.wfile.write(f"data: {number}\n\n".encode())
            self.wfile.flush()
            self.go_on.wait(10)
            self.go_on.clear()

    def _say(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=wpp.exemplo.com.br",
         "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "wppmt.pem").write_text(
        (folder / "fullchain.pem").read_text() + (folder / "privkey.pem").read_text()
    )
    return folder


def nginx(folder: Path, port: int, upstream: int, certificate: Path) -> list[str | Path]:
    """The file as it is shipped, within what surrounds it in Debian's nginx.conf, on ports of this test's own."""
    site = (FRONT / "nginx.conf").read_text()
    site = re.sub(r"listen 443 ssl http2;\n", f"listen 127.0.0.1:{port} ssl http2;\n", site)
    site = re.sub(r" *listen \[::\]:443 ssl http2;\n", "", site)
    site = site.replace("127.0.0.1:8005", f"127.0.0.1:{upstream}").replace("/etc/ssl/wppmt", str(certificate))
    own = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"user root; daemon off; pid {folder}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; {own} {site} }}\n"
    )
    return ["nginx", "-p", folder, "-c", folder / "nginx.conf"]


def haproxy(folder: Path, port: int, upstream: int, certificate: Path) -> list[str | Path]:
    text = (FRONT / "haproxy.cfg").read_text()
    text = text.replace("bind :443", f"bind 127.0.0.1:{port}").replace(
        "127.0.0.1:8005", f"127.0.0.1:{upstream}"
    )
    text = text.replace("/etc/ssl/wppmt", str(certificate))
    if os.geteuid():
        # Only root can become another.
        text = re.sub(r"^ +(chroot|user|group) .*\n", "", text, flags=re.MULTILINE)
    (folder / "haproxy.cfg").write_text(text)
    return ["haproxy", "-db", "-f", folder / "haproxy.cfg"]


@pytest.fixture(params=[nginx, haproxy], ids=[NGINX, HAPROXY])
def front(request: pytest.FixtureRequest, upstream: int, certificate: Path, tmp_path: Path) -> Iterator[int]:
    """Its port."""
    make: Callable[..., list[str | Path]] = request.param
    if not shutil.which(make.__name__):
        pytest.skip(f"{make.__name__} is not installed")
    port = free_port()
    command = make(tmp_path, port, upstream, certificate)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: process.poll() is not None or answers(port), 10)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        # HAProxy asks its server first.
        wait_until(lambda: get(port, "/").status == 200, 10)
        yield port
        process.terminate()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def connection(port: int) -> Iterator[http.client.HTTPSConnection]:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.closing(
        http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    ) as line:
        yield line


def get(port: int, path: str) -> http.client.HTTPResponse:
    with connection(port) as line:
        line.request("GET", path)
        answer = line.getresponse()
        answer.read()
        return answer


def test_it_speaks_tls_and_says_who_called(front: int):
    with connection(front) as line:
        line.request("GET", "/", headers={"X-Forwarded-For": "6.6.6.6"})
        answer = line.getresponse()
        told = answer.read().decode()
    assert answer.headers["Strict-Transport-Security"]
    assert "'x-forwarded-for': '127.0.0.1'" in told.lower()
    assert "'x-forwarded-proto': 'https'" in told.lower()


def test_events_come_as_they_happen(front: int):
    with connection(front) as line:
        line.request("GET", "/events")
        answer = line.getresponse()
        for number in range(EVENTS):
            # The server says no further word until this one was read.
            assert answer.readline() == f"data: {number}\n".encode()
            assert answer.readline() == b"\n"
            Upstream.go_on.set()


def test_too_large_a_body_does_not_reach_the_service(front: int):
    with connection(front) as line:
        line.putrequest("POST", "/")
        line.putheader("Content-Length", str(20 * 1024 * 1024))
        line.endheaders()
        assert line.getresponse().status == 413


def test_a_large_file_passes(front: int):
    with connection(front) as line:
        line.request("POST", "/", body=b"x" * (13 * 1024 * 1024))
        assert line.getresponse().read() == b"posted"


def test_a_flood_from_one_address_is_told_to_slow_down(front: int):
    """More at once than either lets pass in ten seconds."""
    with connection(front) as line:
        line.connect()
        line.sock.sendall(b"GET / HTTP/1.1\r\nHost: wpp\r\n\r\n" * 300)
        heard = b""
        while b"HTTP/1.1 429" not in heard and (more := line.sock.recv(65536)):
            heard += more
    assert heard.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 429" in heard


def test_the_operator_s_routes_are_for_this_machine(front: int):
    """From here they are reached; that others are refused stands in the files."""
    assert get(front, "/api/admin/sessions").status == 200
    for name in ("nginx.conf", "haproxy.cfg"):
        assert re.search(r"/api/admin/", (FRONT / name).read_text())
