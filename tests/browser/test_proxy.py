"""A session's own proxy: its password stands in no command line, and reaches WebSockets also after a restart."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life
from tests.proxy_server import ProxyServer, SocksServer, behind_tls
from tests.support import free_port, wait_until
from wppmt.browser.chrome import processes
from wppmt.browser.chrome.browsers import ChromeBrowsers
from wppmt.browser.chrome.launch import ENVIRONMENT
from wppmt.browser.keeper.lines import InMemory
from wppmt.browser.port import StartFailed
from wppmt.browser.proxy import diagnosis, forwarder, forwarder_process
from wppmt.net.proxies import parse
from wppmt.simulator.tls import server_context

USER, PASSWORD = "cliente", "segredo-do-proxy"


@pytest.fixture
def proxy(simulator_addresses: dict[str, str]) -> Iterator[ProxyServer]:
    with ProxyServer(int(simulator_addresses["pagePort"]), USER, PASSWORD) as server:
        yield server


def url(proxy: ProxyServer, password: str = PASSWORD) -> str:
    return f"http://{USER}:{password}@127.0.0.1:{proxy.port}"


@pytest.mark.chrome
def test_a_password_reaches_the_websocket_after_a_restart_and_no_command_line(
    chrome_ground: ChromeGround, proxy: ProxyServer, new_phone: Callable[[], str], opened: list[Life]
) -> None:
    keeper = InMemory()
    browsers = ChromeBrowsers(chrome_ground.settings, keeper, proxy_of=lambda _: url(proxy))
    first = Life(browsers.open("proxied"), "proxied")
    opened.append(first)
    phone = new_phone()
    pair(chrome_ground, first, phone)
    assert proxy.tunnels == len(proxy.seen) > 0
    first.browser.stop()
    proxy.seen.clear()
    again = Life(browsers.open("proxied"), "proxied")
    opened.append(again)
    left = again.start()
    again.facts(authenticated=True, mode="MAIN", phone=phone)
    assert proxy.tunnels > 0
    for pid in processes.members(left.group):
        assert PASSWORD not in Path(f"/proc/{pid}/cmdline").read_bytes().decode()
        assert PASSWORD not in Path(f"/proc/{pid}/environ").read_bytes().decode()
    again.browser.let_go()
    adopted = Life(
        ChromeBrowsers(chrome_ground.settings, keeper, proxy_of=lambda _: url(proxy)).adopt("proxied", left)
    )
    opened.append(adopted)
    adopted.start()
    adopted.browser.stop()
    assert not processes.members(left.group), "the forwarder ends with its Chrome"


@pytest.fixture(params=["socks5", "https"])
def plain(
    request: pytest.FixtureRequest, simulator_addresses: dict[str, str], tmp_path: Path
) -> Iterator[tuple[str, ProxyServer]]:
    """A proxy that Chrome itself speaks to: its address and the server."""
    to = int(simulator_addresses["pagePort"])
    if request.param == "socks5":
        with SocksServer(to) as socks:
            yield f"socks5://127.0.0.1:{socks.port}", socks
    else:
        with ProxyServer(to) as server, behind_tls(server.port, server_context(tmp_path)) as port:
            yield f"https://127.0.0.1:{port}", server


@pytest.mark.chrome
def test_all_goes_through_a_proxy_of_another_kind(
    chrome_ground: ChromeGround,
    plain: tuple[str, ProxyServer],
    new_phone: Callable[[], str],
    opened: list[Life],
) -> None:
    address, server = plain
    name = address.partition(":")[0]
    life = Life(ChromeBrowsers(chrome_ground.settings, proxy_of=lambda _: address).open(name), name)
    opened.append(life)
    pair(chrome_ground, life, new_phone())
    assert server.tunnels == len(server.seen) > 0
    life.browser.stop()


@pytest.mark.chrome
def test_one_of_another_kind_that_refuses_is_told_by_name(
    chrome_ground: ChromeGround, plain: tuple[str, ProxyServer]
) -> None:
    address, server = plain
    server.refusal = "2" if address.startswith("socks5") else "403 No"
    failed = refused(chrome_ground, address)
    assert failed.code == "PROXY_FAILED"
    assert address in failed.detail


def refused(ground: ChromeGround, of: str) -> StartFailed:
    life = Life(ChromeBrowsers(ground.settings, proxy_of=lambda _: of).open("refused"), "refused")
    with pytest.raises(StartFailed) as failed:
        life.start()
    assert PASSWORD not in str(failed.value)
    return failed.value


@pytest.mark.chrome
def test_a_proxy_that_is_dead_or_refuses_is_told_by_name(
    chrome_ground: ChromeGround, proxy: ProxyServer
) -> None:
    nobody = free_port()
    dead = refused(chrome_ground, f"http://127.0.0.1:{nobody}")
    assert (dead.code, dead.detail) == (
        "PROXY_FAILED", f"o proxy http://127.0.0.1:{nobody} não responde: conexão recusada",
    )  # fmt: skip
    wrong = refused(chrome_ground, url(proxy, "outra"))
    assert wrong.code == "PROXY_FAILED"
    assert f"o proxy http://127.0.0.1:{proxy.port} recusou o usuário e a senha" in wrong.detail


def test_with_the_simulator_no_proxy_leads_to_the_real_whatsapp(chrome_ground: ChromeGround) -> None:
    failed = refused(chrome_ground, "http://10.0.0.1:3128")
    assert (failed.code, "127.0.0.1" in failed.detail) == ("PROXY_FAILED", True)


# ---- the forwarder alone


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that says back what it hears."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                while True:
                    line, _ = listener.accept()
                    with line:
                        while chunk := line.recv(65536):
                            line.sendall(chunk)
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def leader() -> Iterator[subprocess.Popen[bytes]]:
    """In Chrome's place."""
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, process_group=0
    ) as process:
        yield process
        processes.end_group(process.pid, 5)


def connect(
    port: int, head: bytes = b"CONNECT web.whatsapp.com:443 HTTP/1.1\r\nHost: web\r\n\r\n"
) -> tuple[bytes, socket.socket]:
    line = socket.create_connection(("127.0.0.1", port), 5)
    line.sendall(head)
    answer = b""
    while b"\r\n\r\n" not in answer and (more := line.recv(4096)):
        answer += more
    return answer.split(b"\r\n")[0], line


def run_beside(tmp_path: Path, of: str, leader: int, **environment: str) -> int:
    listener = forwarder_process.reserve()
    port = int(listener.getsockname()[1])
    forwarder_process.start(parse(of), listener, tmp_path, leader, {**ENVIRONMENT, **environment})
    listener.close()
    return port


def test_it_adds_the_password_and_ends_with_its_chrome(
    tmp_path: Path, echo: int, leader: subprocess.Popen[bytes]
) -> None:
    with ProxyServer(echo, USER, PASSWORD) as proxy:
        port = run_beside(tmp_path, url(proxy), leader.pid)
        said, line = connect(port)
        assert said == b"HTTP/1.1 200 Connection established"
        line.sendall(b"x" * 200_000)
        got = 0
        while got < 200_000:
            got += len(line.recv(65536))
        line.close()
        assert proxy.seen == [("web.whatsapp.com:443", True)]
        assert len(processes.members(leader.pid)) == 2
        leader.kill()
        leader.wait()
        wait_until(lambda: not processes.members(leader.pid))


@pytest.mark.parametrize("is_trusted", [True, False])
def test_an_https_proxy_gets_the_password_if_its_certificate_is_good(
    tmp_path: Path, echo: int, leader: subprocess.Popen[bytes], is_trusted: bool
) -> None:
    context = server_context(tmp_path)
    with ProxyServer(echo, USER, PASSWORD) as proxy, behind_tls(proxy.port, context) as port:
        of = f"https://{USER}:{PASSWORD}@127.0.0.1:{port}"
        trust = {"SSL_CERT_FILE": str(tmp_path / "page.pem")} if is_trusted else {}
        said, line = connect(run_beside(tmp_path, of, leader.pid, **trust))
        line.close()
        assert said == (b"HTTP/1.1 200 Connection established" if is_trusted else b"HTTP/1.1 502 Bad Gateway")
        assert proxy.seen == ([("web.whatsapp.com:443", True)] if is_trusted else [])
        if not is_trusted:
            why = diagnosis.why(parse(of), "web.whatsapp.com", "ERR_X")
            assert f"https://127.0.0.1:{port}" in why
            assert "certificado" in why
            assert PASSWORD not in why


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("403 Forbidden", b"HTTP/1.1 403 Refused"),
        ("407 Who", b"HTTP/1.1 502 Refused"),
        ("x", b"HTTP/1.1 502 Refused"),
    ],
)
def test_a_refusal_is_passed_on_but_no_question_for_a_password(
    tmp_path: Path, leader: subprocess.Popen[bytes], refusal: str, said: bytes
) -> None:
    with ProxyServer(1, USER, PASSWORD) as proxy:
        proxy.refusal = refusal
        answer, line = connect(run_beside(tmp_path, url(proxy), leader.pid))
        line.close()
        assert answer == said


def test_it_only_opens_tunnels(tmp_path: Path, leader: subprocess.Popen[bytes]) -> None:
    port = run_beside(tmp_path, "http://u:p@127.0.0.1:1", leader.pid)
    answer, line = connect(port, b"GET http://intranet.test/ HTTP/1.1\r\n\r\n")
    line.close()
    assert answer.startswith(b"HTTP/1.1 501")


def test_other_users_are_not_served(tmp_path: Path) -> None:
    """As the kernel lists them: who connected is another user, or is not listed at all."""
    listed = tmp_path / "tcp"
    line = "   0: 0100007F:{port:04X} 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 {user} 0 1 1 0"
    listed.write_text(
        "head\n" + line.format(port=4000, user=os.getuid()) + "\n" + line.format(port=4001, user=54321)
    )
    assert forwarder.is_ours(("127.0.0.1", 4000), (listed,))
    assert not forwarder.is_ours(("127.0.0.1", 4001), (listed,))
    assert not forwarder.is_ours(("127.0.0.1", 4002), (listed,))


def test_the_port_is_remembered_for_this_very_proxy(tmp_path: Path) -> None:
    proxy = parse("http://u:p@proxy.test:3128")
    forwarder_process.note(tmp_path, proxy, "http://127.0.0.1:4000")
    assert forwarder_process.noted(tmp_path, proxy) == "http://127.0.0.1:4000"
    assert forwarder_process.noted(tmp_path, replace(proxy, password="q")) == ""
    assert (tmp_path / forwarder_process.NOTE).stat().st_mode & 0o077 == 0
    assert forwarder_process.noted(tmp_path / "none", proxy) == ""


@pytest.mark.parametrize(
    ("error", "is_about_it"),
    [
        ("net::ERR_PROXY_CONNECTION_FAILED", True),
        ("net::ERR_TUNNEL_CONNECTION_FAILED", True),
        ("net::ERR_SOCKS_CONNECTION_FAILED", True),
        ("net::ERR_NAME_NOT_RESOLVED", False),
    ],
)
def test_which_of_chrome_s_errors_are_about_a_proxy(error: str, is_about_it: bool) -> None:
    assert diagnosis.is_of_proxy(error) is is_about_it


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("403 No", "não permite o WhatsApp Web (HTTP 403"),
        ("502 No", "não alcança o WhatsApp Web"),
        ("x", "como um proxy"),
    ],
)
def test_what_a_proxy_answers_is_said(refusal: str, said: str) -> None:
    with ProxyServer(1) as proxy:
        proxy.refusal = refusal
        assert said in diagnosis.why(parse(f"http://127.0.0.1:{proxy.port}"), "web.whatsapp.com", "ERR_X")


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("", "abre o caminho agora"),
        ("2", "não permite o WhatsApp Web"),
        ("4", "não alcança o WhatsApp Web"),
        ("1", "recusou a conexão"),
        ("255", "pede usuário e senha"),
    ],
)
def test_what_a_socks_proxy_answers_is_said(echo: int, refusal: str, said: str) -> None:
    with SocksServer(echo) as proxy:
        proxy.refusal = refusal
        address = f"socks5://127.0.0.1:{proxy.port}"
        assert diagnosis.why(parse(address), "web.whatsapp.com", "ERR_X") == f"o proxy {address} {said}" + (
            ", que com SOCKS não podem ser dados: libere este servidor pelo IP (ERR_X)"
            if refusal == "255"
            else " (ERR_X)"
        )


def test_a_dead_socks_proxy_and_one_that_is_none_are_told_apart(echo: int) -> None:
    nobody = free_port()
    dead = diagnosis.why(parse(f"socks5://127.0.0.1:{nobody}"), "web.whatsapp.com", "ERR_X")
    assert dead == f"o proxy socks5://127.0.0.1:{nobody} não responde: conexão recusada"
    with ProxyServer(1) as http:
        other = diagnosis.why(parse(f"socks4://127.0.0.1:{http.port}"), "web.whatsapp.com", "ERR_X")
    assert "recusou a conexão" in other
