"""Websockets to Chrome and chromedriver on loopback."""

from __future__ import annotations

import contextlib
import socket

import websocket


def connect(url: str, seconds: float) -> websocket.WebSocket:
    """No proxy, no Origin (Chrome would refuse it), no second look at UTF-8 that Chrome itself wrote."""
    return websocket.create_connection(
        url,
        timeout=seconds,
        suppress_origin=True,
        skip_utf8_validation=True,
        http_no_proxy=["*"],
        sockopt=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )


def hang_up(connection: websocket.WebSocket) -> None:
    """From any thread: whoever reads wakes up, which a mere close of the descriptor would not do."""
    if (end := connection.sock) is not None:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def release(connection: websocket.WebSocket) -> None:
    """By the reader, at its end."""
    connection.shutdown()  # type: ignore[no-untyped-call]
