"""What `wppmt doctor` says of the servers around it. Everything here listens on loopback."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from tests.support import free_port
from wppmt.app.settings import Settings, load
from wppmt.cli import reachability
from wppmt.cli.findings import Finding, run
from wppmt.cli.reachability import Target
from wppmt.simulator.tls import server_context

SECRET = "s" * 32


@contextmanager
def listening(talk: Callable[[socket.socket], None] = lambda _: None) -> Iterator[int]:
    """A server that says to everybody what `talk` says."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    with server.accept()[0] as client:
                        talk(client)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def proxy(answer: bytes) -> Callable[[socket.socket], None]:
    def talk(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(answer)

    return talk


def look(settings: Settings, target: Target, *, simulator_runs: bool = False) -> dict[str, Finding]:
    checks = reachability.checks(settings, whatsapp=target, simulator_runs=simulator_runs)
    return {finding.check: finding for finding in run(checks)}


def real(**more: str) -> Settings:
    return load({"WPP_SECRET": SECRET} | more)


class TestWhatsApp:
    def test_that_answers(self):
        with listening() as port:
            found = look(real(), Target("127.0.0.1", port))["whatsapp"]
        assert (found.fine, found.text) == (True, f"WhatsApp: 127.0.0.1:{port} pode ser alcançado")

    def test_that_nobody_is_there_for(self):
        target = Target("127.0.0.1", free_port())
        found = look(real(), target)["whatsapp"]
        assert not found.fine
        assert found.text == f"WhatsApp: {target} não pode ser alcançado (conexão recusada)"
        assert "WPP_PROXY_URL" in found.advice

    def test_that_has_no_name(self):
        found = look(real(), Target("nome..invalido", 443))["whatsapp"]
        assert not found.fine
        assert "não é um nome de host" in found.text

    def test_that_shows_a_strangers_certificate(self, tmp_path: Path):
        context = server_context(tmp_path)

        def talk(client: socket.socket) -> None:
            with suppress(ssl.SSLError), context.wrap_socket(client, server_side=True):
                pass

        with listening(talk) as port:
            refused = look(real(), Target("localhost", port, tls=True))["whatsapp"]
            own = look(real(), Target("localhost", port, tls=True, is_own=True))["whatsapp"]
        assert "o certificado não foi aceito" in refused.text
        assert own.fine

    @pytest.mark.parametrize(
        ("answer", "fine", "said"),
        [
            (b"HTTP/1.1 200 OK\r\n\r\n", True, "pode ser alcançado"),
            (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", True, "pode ser alcançado"),
            (b"HTTP/1.1 403 Forbidden\r\n\r\n", False, "o proxy não abriu o caminho: 403"),
            (b"SSH-2.0-x\r\n", False, "o proxy não abriu o caminho: sem resposta"),
            (b"", False, "o proxy não abriu o caminho: sem resposta"),
        ],
    )
    def test_through_a_proxy(self, answer: bytes, fine: bool, said: str):
        target = Target("web.example", 443)
        with listening(proxy(answer)) as port:
            found = look(real(WPP_PROXY_URL=f"http://127.0.0.1:{port}"), target)["whatsapp"]
        assert found.fine is fine
        assert said in found.text

    def test_through_a_proxy_that_is_down(self):
        settings = real(WPP_PROXY_URL=f"http://127.0.0.1:{free_port()}")
        found = look(settings, Target("web.example", 443))["whatsapp"]
        assert "conexão recusada" in found.text

    def test_through_a_socks_proxy_of_which_only_the_port_is_looked_at(self):
        with listening() as port:
            found = look(real(WPP_PROXY_URL=f"socks5://127.0.0.1:{port}"), Target("web.example", 443))
        assert found["whatsapp"].fine


class TestSimulator:
    def test_that_starts_with_the_service_need_not_be_there(self, environ: dict[str, str]):
        settings = load(environ | {"WPP_SIMULATOR": "1"})
        assert look(settings, Target("127.0.0.1", 1))["whatsapp"].fine

    def test_that_should_be_there(self, environ: dict[str, str]):
        settings = load(environ | {"WPP_SIMULATOR": "external"})
        found = look(settings, Target("127.0.0.1", 1))["whatsapp"]
        assert not found.fine
        assert "wppmt simulator" in found.advice


class TestWebhook:
    def test_that_answers(self):
        with listening() as port:
            found = look(real(WEBHOOK_URL=f"http://127.0.0.1:{port}/hook"), Target("127.0.0.1", port))
        assert found["webhook"].fine

    def test_that_nobody_is_there_for(self):
        port = free_port()
        found = look(real(WEBHOOK_URL=f"http://127.0.0.1:{port}/hook?chave=1"), Target("127.0.0.1", port))
        assert "conexão recusada" in found["webhook"].text
        assert "chave" not in found["webhook"].text

    def test_that_would_never_be_called(self):
        found = look(real(WEBHOOK_URL="http://169.254.169.254/"), Target("127.0.0.1", free_port()))
        assert not found["webhook"].fine
        assert found["webhook"].text.startswith("WEBHOOK_URL")

    def test_that_is_not_set_is_not_looked_for(self):
        assert set(look(real(), Target("127.0.0.1", free_port()))) == {"whatsapp"}


class TestRedis:
    def test_that_is_down(self):
        url = f"redis://ana:s3nha@127.0.0.1:{free_port()}"
        found = reachability.redis_server(url)
        assert not found.fine
        assert "conexão recusada" in found.text
        assert "s3nha" not in str(found)

    def test_that_speaks_another_language(self):
        with listening(proxy(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
            assert not reachability.redis_server(f"redis://127.0.0.1:{port}").fine

    @pytest.mark.slow
    def test_that_answers_or_wants_another_password(self, tmp_path: Path):
        server = RedisServer(free_port(), tmp_path)
        try:
            assert reachability.redis_server(server.url).fine
            server.client.config_set("requirepass", "certa")
            found = reachability.redis_server(server.url.replace("//", "//:errada@"))
            assert not found.fine
            assert "senha" in found.text
        finally:
            server.client.close()
            server.stop()


def test_the_issuer_of_keys_is_looked_for():
    with listening() as port:
        settings = load({"WPP_JWKS_URL": f"http://127.0.0.1:{port}/jwks"})
        assert look(settings, Target("127.0.0.1", port))["jwks"].fine
    settings = load({"WPP_JWKS_URL": f"http://127.0.0.1:{free_port()}/jwks"})
    assert not look(settings, Target("127.0.0.1", port))["jwks"].fine
