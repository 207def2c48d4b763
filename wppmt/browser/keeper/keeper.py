"""A process that keeps descriptors for whoever has them from it, and guards them: `keeper.py <its socket's path>`.

It is started with its listening socket as standard input, answers processes of its own user alone, and ends by itself
when it keeps nothing and nobody is connected. Nothing of the product is imported: it stays small, and any version of
the daemon can talk to it. One message is one request, with at most one descriptor:

    keep NAME (and a descriptor)    forget NAME    all: each as NAME and its descriptor, then "."
    group NAME PID START TERM: the browser's process group, and when its first process began (/proc/PID/stat, field 22);
    0 0 before it is started. TERM is a number: by what right. Told before the line itself
    until TERM CLOSE KILL: this is the right by which browsers run now, and when every one has to be closed, and killed,
    unless something later is told before; in nanoseconds of CLOCK_BOOTTIME, which no clock that is set wrong can move;
    0 0 0: always. A browser by another right is ended at once
    guards?: "guards", which a keeper of an older version does not answer
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import time

MESSAGE_BYTES = 4096
FIRST_CLIENT_SECONDS = 30
ANSWER_SECONDS = 5.0
CREDENTIALS = "3i"
GUARDS = b"guards"
LOOK_NANOSECONDS = 200_000_000
"""poll(2) does not count the time that the machine slept; CLOCK_BOOTTIME does."""
CLOSE = b'\0{"id":2147483647,"method":"Browser.close"}\0'
"""The first NUL ends what a daemon that was stopped had begun to say."""


class Kept:
    """One line, and what it leads to."""

    def __init__(self, name: str, end: socket.socket) -> None:
        self.name = name
        self.end = end
        self.is_asked = False

    def ask_to_close(self) -> None:
        """The browser writes its login to the disk and ends."""
        self.is_asked = True
        with contextlib.suppress(OSError):
            self.end.send(CLOSE, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)

    def cut(self) -> None:
        """For everybody who has a copy, also one that is stopped: without its line no browser goes on, or begins."""
        with contextlib.suppress(OSError):
            self.end.shutdown(socket.SHUT_RDWR)


class Group:
    """A browser's processes, and by what right they run."""

    def __init__(self, pid: int, start: int, term: int) -> None:
        self.pid = pid
        self.start = start
        self.term = term

    def kill(self) -> None:
        """All of them, stopped or not, unless the number is another's by now."""
        if not self.pid:
            return
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123 - pathlib is large
                began = int(file.read().rpartition(")")[2].split()[19])
        except OSError:
            # The first one may have ended before the others.
            began = self.start
        if began == self.start:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)


class Keeper:
    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._clients: dict[int, socket.socket] = {}
        self._kept: dict[int, Kept] = {}
        self._groups: dict[str, Group] = {}
        self._term = self._close_at = self._kill_at = 0
        self._poll = select.poll()
        self._poll.register(listening, select.POLLIN)

    def run(self) -> None:
        """Until there is nothing to do any more."""
        has_served = False
        while ready := self._wait(has_served=has_served):
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
            has_served = True

    def _wait(self, *, has_served: bool) -> set[int]:
        """Who has something to say; meanwhile, what is due is done. Nobody: nobody has ever come."""
        while True:
            self._guard()
            ready = {descriptor for descriptor, _ in self._poll.poll(self._patience(has_served=has_served))}
            if ready or not has_served:
                return ready

    def _patience(self, *, has_served: bool) -> float | None:
        """Milliseconds."""
        if not has_served:
            return FIRST_CLIENT_SECONDS * 1000
        if not (self._kill_at and self._kept):
            return None
        now = _now()
        next_step = min((at for at in (self._close_at, self._kill_at) if at > now), default=now)
        return min(max(next_step - now, 0), LOOK_NANOSECONDS) / 1_000_000

    def _guard(self) -> None:
        """What nobody has said in time may go on is closed, and then ended, whatever the daemon does."""
        if not self._kill_at:
            return
        now = _now()
        for kept in self._kept.values():
            if self._is_over(kept.name, now):
                kept.cut()
                self._kill(kept.name)
            elif now >= self._close_at and not kept.is_asked:
                kept.ask_to_close()

    def _is_over(self, name: str, now: int) -> bool:
        group = self._groups.get(name)
        return now >= self._kill_at > 0 or (group is not None and self._term not in {0, group.term})

    def _kill(self, name: str) -> None:
        if name in self._groups:
            self._groups[name].kill()

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
        match text.split(" "):
            case ["keep", name] if ends:
                self._release(name)
                self._kept[ends[0].fileno()] = Kept(name, ends[0])
                self._poll.register(ends[0], 0)
            case ["forget", name]:
                self._release(name)
                self._groups.pop(name, None)
            case ["group", name, pid, start, term]:
                self._groups[name] = Group(int(pid), int(start), int(term))
                if self._is_over(name, _now()):
                    # Its daemon was stopped while it started it, and its line is cut already.
                    self._kill(name)
            case ["until", term, close_at, kill_at]:
                self._term, self._close_at, self._kill_at = int(term), int(close_at), int(kill_at)
            case ["guards?"]:
                client.send(GUARDS)
            case ["all"]:
                self._hand_out(client)
            case _:
                # Of a newer version.
                pass

    def _hand_out(self, client: socket.socket) -> None:
        client.settimeout(ANSWER_SECONDS)
        for kept in list(self._kept.values()):
            socket.send_fds(client, [kept.name.encode()], [kept.end.fileno()])
        client.send(b".")
        client.setblocking(False)

    def _release(self, name: str) -> None:
        for descriptor in [one for one, kept in self._kept.items() if kept.name == name]:
            self._drop(descriptor)

    def _drop(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        self._kept.pop(descriptor).end.close()


def _now() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Keeper(socket.socket(fileno=0)).run()
