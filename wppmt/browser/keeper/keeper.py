"""A process that does nothing but keep descriptors, for whoever has them from it: `keeper.py <its socket's path>`.

It is started with its listening socket as standard input, answers processes of its own user alone, and ends by itself
when it keeps nothing and nobody is connected. Nothing of the product is imported: it stays small, and any version of
the daemon can talk to it. One message is one request, with at most one descriptor:

    keep NAME (and a descriptor)    forget NAME    all: each as NAME and its descriptor, then "."
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct

MESSAGE_BYTES = 4096
FIRST_CLIENT_SECONDS = 30
ANSWER_SECONDS = 5.0
CREDENTIALS = "3i"


class Keeper:
    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._clients: dict[int, socket.socket] = {}
        self._kept: dict[int, tuple[str, socket.socket]] = {}
        self._poll = select.poll()
        self._poll.register(listening, select.POLLIN)

    def run(self) -> None:
        """Until there is nothing to do any more."""
        patience: int | None = FIRST_CLIENT_SECONDS * 1000
        while ready := {descriptor for descriptor, _ in self._poll.poll(patience)}:
            for descriptor in ready & self._kept.keys():
                # Whoever is at the other end has ended.
                self._drop(descriptor)
            # Whoever came first is heard to the end: what a dead daemon has said is done before the next one asks.
            for client in list(self._clients.values()):
                self._hear(client)
            if self._listening.fileno() in ready:
                self._admit()
            if not self._clients and not self._kept:
                return
            patience = None

    def _admit(self) -> None:
        client, _ = self._listening.accept()
        told = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(CREDENTIALS))
        if struct.unpack(CREDENTIALS, told)[1] != os.getuid():
            client.close()
            return
        client.setblocking(False)
        self._clients[client.fileno()] = client
        self._poll.register(client, select.POLLIN)

    def _hear(self, client: socket.socket) -> None:
        try:
            while True:
                text, descriptors, _, _ = socket.recv_fds(client, MESSAGE_BYTES, 1)
                if not text:
                    break
                self._obey(client, text.decode(), [socket.socket(fileno=one) for one in descriptors])
        except BlockingIOError:
            return
        except (OSError, ValueError):
            pass
        self._poll.unregister(client)
        del self._clients[client.fileno()]
        client.close()

    def _obey(self, client: socket.socket, text: str, ends: list[socket.socket]) -> None:
        wish, _, name = text.partition(" ")
        if wish == "keep" and ends:
            self._forget(name)
            self._kept[ends[0].fileno()] = name, ends[0]
            self._poll.register(ends[0], 0)
        elif wish == "forget":
            self._forget(name)
        elif wish == "all":
            client.settimeout(ANSWER_SECONDS)
            for known, end in list(self._kept.values()):
                socket.send_fds(client, [known.encode()], [end.fileno()])
            client.send(b".")
            client.setblocking(False)

    def _forget(self, name: str) -> None:
        for descriptor in [one for one, (known, _) in self._kept.items() if known == name]:
            self._drop(descriptor)

    def _drop(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        self._kept.pop(descriptor)[1].close()


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Keeper(socket.socket(fileno=0)).run()
