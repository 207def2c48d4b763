"""What is the matter with a proxy, asked of the proxy itself: Chrome says only that no tunnel came about."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import ssl

from wppmt.domain.system_errors import explain
from wppmt.net.proxies import Proxy

SECONDS = 5.0
HEAD_BYTES = 16 * 1024
PROXY_ERRORS = (
    "ERR_PROXY_",
    "ERR_TUNNEL_",
    "ERR_SOCKS_",
    "ERR_MANDATORY_PROXY_",
    "ERR_UNEXPECTED_PROXY_AUTH",
)
ANSWERS = {
    407: "recusou o usuário e a senha",
    403: "não permite o WhatsApp Web",
    502: "não alcança o WhatsApp Web",
    503: "não alcança o WhatsApp Web",
    504: "não alcança o WhatsApp Web",
}

SOCKS_REPLIES = {
    0: "abre o caminho agora",
    2: "não permite o WhatsApp Web",
    3: "não alcança o WhatsApp Web",
    4: "não alcança o WhatsApp Web",
    5: "não alcança o WhatsApp Web",
}


def is_of_proxy(error: str) -> bool:
    """Whether it is the proxy that Chrome's network error is about."""
    return any(mark in error for mark in PROXY_ERRORS)


def why(proxy: Proxy, target: str, error: str) -> str:
    """One sentence that names the proxy; `error`, where it answers as it should. Takes some seconds."""
    try:
        if proxy.scheme.startswith("socks"):
            return f"o proxy {proxy} {_ask_socks(proxy, target)} ({error})"
        status = _ask(proxy, target)
    except (OSError, UnicodeError) as failure:
        reason = explain(failure) if isinstance(failure, OSError) else "nome de host inválido"
        return f"o proxy {proxy} não responde: {reason}"
    if status is None:
        return f"{proxy} não responde como um proxy HTTP"
    said = ANSWERS.get(status, "abre o caminho agora" if status == 200 else "recusou a conexão")
    return f"o proxy {proxy} {said} (HTTP {status}; {error})"


def _ask_socks(proxy: Proxy, target: str) -> str:
    """What version 5 says to a CONNECT, in words; of version 4 only that it is there. Raises OSError."""
    with socket.create_connection((proxy.host, proxy.port), SECONDS) as line:
        if proxy.scheme != "socks5":
            return "recusou a conexão"
        line.sendall(b"\x05\x01\x00")
        greeting = line.recv(2)
        if greeting[:1] != b"\x05":
            return "não responde como um proxy SOCKS5"
        if greeting != b"\x05\x00":
            return "pede usuário e senha, que com SOCKS não podem ser dados: libere este servidor pelo IP"
        host, _, port = target.partition(":")
        name = host.encode()
        line.sendall(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + int(port or 443).to_bytes(2))
        reply = line.recv(2)
    return SOCKS_REPLIES.get(reply[1] if len(reply) == 2 else -1, "recusou a conexão")


def _ask(proxy: Proxy, target: str) -> int | None:
    """The status of a CONNECT. Raises OSError."""
    with contextlib.ExitStack() as stack:
        line = stack.enter_context(socket.create_connection((proxy.host, proxy.port), SECONDS))
        if proxy.scheme == "https":
            context = ssl.create_default_context()
            line = stack.enter_context(context.wrap_socket(line, server_hostname=proxy.host))
        word = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
        own = f"Proxy-Authorization: Basic {word}\r\n" if proxy.has_password else ""
        line.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{own}\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head and len(head) < HEAD_BYTES and (more := line.recv(4096)):
            head += more
    found = re.match(rb"HTTP/1\.\d (\d{3})", head)
    return int(found[1]) if found else None
