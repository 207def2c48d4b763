"""Plays systemd's part for a daemon: keeps its listening socket and the descriptors that it stores, and starts it with them."""

from __future__ import annotations

import itertools
import os
import select
import socket
import sys
import threading
from collections.abc import Mapping, Sequence

_numbers = itertools.count()
LINE_BYTES = 4096
AS_SYSTEMD = """
import fcntl, os, sys
given = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 500) for number in sys.argv[1].split(",") if number]
for place, descriptor in enumerate(given, 3):
    os.dup2(descriptor, place)
    os.close(descriptor)
names = {"LISTEN_FDS": str(len(given)), "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": sys.argv[2]}
os.execve(sys.argv[3], sys.argv[3:], {**os.environ, **(names if given else {})})
"""


class Systemd:
    """What a `.socket` unit and FileDescriptorStoreMax= do. `listening` outlives the daemon."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.stored: dict[str, socket.socket] = {}
        self._address = f"@wppmt-test-{os.getpid()}-{next(_numbers)}"
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.bind(self._address.replace("@", "\0", 1))
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    @property
    def environ(self) -> Mapping[str, str]:
        port = self.listening.getsockname()[1]
        return {"NOTIFY_SOCKET": self._address, "FDSTORE": "64", "WPP_PORT": str(port)}

    def command(self, command: Sequence[str]) -> tuple[Sequence[str], tuple[int, ...]]:
        """The same with all that it is to inherit, and the descriptors to pass."""
        with self._guard:
            self._drop_dead()
            named = [("wppmt.socket", self.listening), *self.stored.items()]
        given = tuple(end.fileno() for _, end in named)
        first = [sys.executable, "-I", "-c", AS_SYSTEMD]
        words = [",".join(map(str, given)), ":".join(name for name, _ in named)]
        return [*first, *words, *command], given

    def close(self) -> None:
        """Nothing is kept any more."""
        self.listening.close()
        with self._guard:
            for end in self.stored.values():
                end.close()
            self.stored.clear()
        self._notified.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._notified.close()

    def _hear(self) -> None:
        while True:
            text, descriptors, _, _ = socket.recv_fds(self._notified, LINE_BYTES, 1)
            if not text:
                return
            told = dict(line.partition("=")[::2] for line in text.decode().splitlines())
            ends = [socket.socket(fileno=one) for one in descriptors]
            with self._guard:
                if "FDSTOREREMOVE" in told and (gone := self.stored.pop(told["FDNAME"], None)):
                    gone.close()
                if "FDSTORE" in told:
                    assert told["FDNAME"] not in self.stored, "a name of its own each"
                    self.stored[told["FDNAME"]] = ends[0]

    def _drop_dead(self) -> None:
        """Whose other end is closed, as FDPOLL=1 has it."""
        for name, end in list(self.stored.items()):
            poll = select.poll()
            poll.register(end, 0)
            if poll.poll(0):
                self.stored.pop(name).close()
