"""The API's own address as others reach it."""

from __future__ import annotations

import ipaddress
import socket

import psutil

from wppmt.domain.errors import SetupError

LOOPBACK = "127.0.0.1"
LAST_PORT = 65_535


def is_wildcard(host: str) -> bool:
    """Whether a socket bound to it listens on all addresses; it can't be called under it."""
    return host in {"", "0", "*"} or _is_unspecified(host)


def base_url(host: str, port: int) -> str:
    """Where a client may reach what listens on `host`; for one that listens everywhere, this machine's first address."""
    if is_wildcard(host):
        host = _own_address()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def loopback(where: str, setting: str) -> tuple[str, int]:
    """Host and port of `host:port`. Raises SetupError for one that other machines can reach."""
    host, _, port = where.rpartition(":")
    host = host.strip("[]")
    if not is_loopback(host):
        raise SetupError(
            f"{setting} deve ser um endereço desta máquina, como {LOOPBACK}:9464: ali não se pede token."
            " Para ler de outra máquina, use /metrics da API, com token"
        )
    if not 1 <= int(port) <= LAST_PORT:
        raise SetupError(f"{setting} deve terminar com uma porta de 1 a {LAST_PORT}")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False


def _own_address() -> str:
    """From the network cards, without any request."""
    states = psutil.net_if_stats()
    addresses = (
        address.address
        for card, of_card in psutil.net_if_addrs().items()
        if card in states and states[card].isup
        for address in of_card
        if address.family is socket.AF_INET
    )
    return next((one for one in addresses if not ipaddress.ip_address(one).is_loopback), LOOPBACK)
