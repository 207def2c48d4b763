"""A proxy's address: what Chrome can be told of it, and what needs the forwarder (wppmt/browser/proxy). Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks4": 1080}


class BadProxy(ValueError):
    """Why an address is none, in Portuguese and without the password."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """`user` and `password` are empty where it takes anyone."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""

    def __str__(self) -> str:
        """For a log, for the tenant and for Chrome's command line: without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def __repr__(self) -> str:
        return f"Proxy({self})"

    @property
    def has_password(self) -> bool:
        return bool(self.user or self.password)

    @property
    def is_loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse(url: str) -> Proxy:
    """Such as "http://user:password@proxy.example:3128". Raises BadProxy."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        raise BadProxy("não é um endereço de proxy") from None
    if parts.scheme not in PORTS:
        raise BadProxy(f"deve começar com {', '.join(f'{scheme}://' for scheme in PORTS)}")
    if not parts.hostname or port is None or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BadProxy("deve ter só host e porta, por exemplo http://proxy.exemplo:3128")
    if not parts.hostname.isascii() or any(mark in parts.hostname for mark in " ,;*\"'"):
        raise BadProxy("não tem um nome de host válido")
    found = Proxy(
        parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or "")
    )
    if found.has_password and not found.scheme.startswith("http"):
        raise BadProxy(
            "não pode levar usuário e senha: com SOCKS, só um proxy que libere este servidor pelo IP"
        )
    if any(ord(letter) < 32 for letter in found.user + found.password) or ":" in found.user:
        raise BadProxy("tem usuário ou senha com caracteres que um proxy não aceita")
    return found


def shown(url: str) -> str:
    """As anyone may see it. What is none, or cannot be read, is not shown at all."""
    try:
        return str(parse(url)) if url else ""
    except BadProxy:
        return ""
