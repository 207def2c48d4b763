"""One end of the line to a Chrome that was started with --remote-debugging-pipe: whole messages, each ended by a NUL.

A pair of sockets instead of two pipes: there is one descriptor to hand on, and a hang-up reaches Chrome whoever else
keeps a copy of our end. Chrome closes by itself, with the login flushed, once nobody has a copy any more.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
from threading import Lock

END = b"\0"
PIECE_BYTES = 1 << 16
LET_GO = "canal entregue"


class LineClosed(Exception):
    """No more message will come or go."""


def pair() -> tuple[socket.socket, socket.socket]:
    """Our end and Chrome's."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)


class Line:
    """For one reader and one writer at a time, in any threads. Takes `end` over."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._guard = Lock()
        """Its number may be another file's as soon as it is closed."""
        self._arrived = bytearray()
        """Of the message that is not whole yet."""
        self._is_let_go = False

    def send(self, message: bytes) -> None:
        """Blocks while Chrome does not read. Raises LineClosed."""
        self.finish(self.offer(message))

    def offer(self, message: bytes) -> memoryview:
        """As much as Chrome takes at once; the answer is what is left, for `finish`. Raises LineClosed."""
        return self._pass(memoryview(message + END))

    def finish(self, left: memoryview) -> None:
        """Blocks while Chrome does not read. Raises LineClosed."""
        while left:
            self._wait_for(select.POLLOUT)
            left = self._pass(left)

    def _pass(self, left: memoryview) -> memoryview:
        if self._is_let_go:
            raise LineClosed(LET_GO)
        try:
            return left[self.end.send(left, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) :]
        except BlockingIOError:
            return left
        except OSError as trouble:
            raise LineClosed(str(trouble)) from trouble

    def receive(self) -> bytes:
        """Blocks until a whole message is here. Raises LineClosed."""
        seen = 0
        while (end := self._arrived.find(END, seen)) < 0:
            seen = len(self._arrived)
            self._arrived += self._receive_piece()
        message = bytes(self._arrived[:end])
        del self._arrived[: end + 1]
        return message

    def _receive_piece(self) -> bytes:
        self._wait_for(select.POLLIN)
        try:
            piece = self.end.recv(PIECE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""
        except OSError as trouble:
            raise LineClosed(str(trouble)) from trouble
        if not piece:
            raise LineClosed("o Chrome encerrou o canal")
        return piece

    def _wait_for(self, event: int) -> None:
        poll = select.poll()
        poll.register(self.end, event)
        poll.register(self._wake, select.POLLIN)
        poll.poll()
        if self._is_let_go:
            raise LineClosed(LET_GO)

    def hang_up(self) -> None:
        """From any thread, and for every copy of this end: whoever waits wakes up, and Chrome closes."""
        with contextlib.suppress(OSError):
            self.end.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        """From any thread: whoever waits wakes up. Chrome notices nothing while somebody has another copy of this end."""
        self._is_let_go = True
        with self._guard:
            if self._wake >= 0:
                os.eventfd_write(self._wake, 1)

    def release(self) -> None:
        """When reader and writer are done: closes our copy."""
        self.end.close()
        with self._guard:
            wake, self._wake = self._wake, -1
        if wake >= 0:
            os.close(wake)
