"""The sockets that the daemon starts with: those it was handed, or an address that it takes itself."""

from __future__ import annotations

import socket
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field

from wppmt.browser.keeper.lines import is_line_name
from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import explain

LISTEN_FD = 3
"""The first one that is handed over: sd_listen_fds(3)."""
API = "WPP_PORT ou WPP_HOST"
"""The settings of the API's address."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """What systemd, or whoever plays its part, started this process with."""

    listening: socket.socket | None = None
    lines: Mapping[str, socket.socket] = field(default_factory=dict)
    """To the browsers of an earlier daemon, by name."""


def inherited(environ: MutableMapping[str, str], pid: int, first: int = LISTEN_FD) -> Inherited:
    """What was handed to the process `pid`: a listening TCP socket, and the lines that it has stored for us.

    Its variables leave `environ`, and no child gets anything of it. Raises SetupError where there is nothing to serve
    HTTP on among sockets that are no lines.
    """
    named = {name: environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")}
    if named["LISTEN_PID"] != str(pid):
        return Inherited()
    if not named["LISTEN_FDS"].isdecimal():
        raise SetupError(
            f"wppmt.socket deve dizer quantos soquetes entrega (LISTEN_FDS={named['LISTEN_FDS']})"
        )
    names = named["LISTEN_FDNAMES"].split(":")
    given = [_socket(first + index) for index in range(int(named["LISTEN_FDS"]))]
    lines = {name: end for name, end in zip(names, given, strict=False) if is_line_name(name)}
    others = [end for end in given if end not in lines.values()]
    if len(others) > 1:
        raise SetupError(f"wppmt.socket deve entregar um só soquete, e não {len(others)}")
    if others:
        _require_listening(others[0])
    return Inherited(others[0] if others else None, lines)


def _socket(descriptor: int) -> socket.socket:
    try:
        found = socket.socket(fileno=descriptor)
    except OSError as failure:
        raise SetupError(f"O que wppmt.socket entregou não é um soquete: {explain(failure)}") from None
    found.set_inheritable(False)
    return found


def _require_listening(found: socket.socket) -> None:
    is_listening = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if not is_listening or found.family not in {socket.AF_INET, socket.AF_INET6}:
        found.close()
        raise SetupError("wppmt.socket deve entregar um soquete TCP que escuta: ListenStream=endereço:porta")


def reserve(host: str, port: int, setting: str = API) -> Sequence[socket.socket]:
    """An address, before anything is started or ended. Nobody is accepted yet. Raises SetupError: port taken."""
    reserved = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            one = socket.socket(family, kind, protocol)
            reserved.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
    except OSError as failure:
        for one in reserved:
            one.close()
        raise SetupError(cannot_listen(host, port, failure, setting)) from None
    return reserved


def cannot_listen(host: str, port: int, failure: OSError, setting: str = API) -> str:
    return (
        f"Não foi possível escutar em {host}:{port} ({explain(failure)})."
        f" Outro programa usa a porta? Mude {setting}"
    )
