"""A small process keeps the lines, where systemd does not or nobody but it may guard them. Its death alone costs nothing: the
daemon fills a new one.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wppmt.app import logs
from wppmt.browser.chrome import processes
from wppmt.browser.keeper import keeper
from wppmt.browser.keeper.lines import Copies, line_name, session_of

SOCKET = ".keeper"
"""In the tokens folder; no session id begins with a dot."""
PAUSE_SECONDS = 0.2
"""Between two starts of a keeper that dies at once."""
PATIENCE_SECONDS = 2.0
"""With a keeper that does not answer, or does not read."""
BACKLOG = 4
NANOSECONDS = 1_000_000_000
STARTING = 0
"""Instead of a process's number, while there is none."""


class KeeperProcess:
    """Finds the keeper that an earlier daemon has left; starts one with the first line that there is to keep.

    It also is the wppmt.browser.keeper.guard.Guard; where it `guards`, none is accepted that cannot.
    """

    def __init__(self, folder: Path, *, guards: bool = False) -> None:
        self._folder = folder
        self._guards = guards
        self._groups: dict[str, str] = {}
        """What the keeper knows of each line's process, as it is told."""
        self._until = "until 0 0 0"
        self._guard = threading.RLock()
        self._is_closed = False
        self._watcher: threading.Thread | None = None
        self._pid = 0
        """Of the keeper, where it is our child."""
        self._connection = self._find()
        self._copies = Copies(self._found())
        if self._connection and guards and not _can_guard(self._connection):
            self._dismiss(self._connection)
        if self._connection:
            self._watch(self._connection)

    def keep(self, name: str, end: socket.socket) -> None:
        with self._guard:
            copy = self._copies.add(name, end)
            if self._connection is None:
                # Not its copies once more: this one is among them.
                self._start()
            else:
                _send(self._connection, f"keep {name}", copy)

    def take(self, name: str) -> socket.socket | None:
        return self._copies.take(name)

    def forget(self, name: str) -> None:
        with self._guard:
            self._copies.drop(name)
            self._groups.pop(name, None)
            if self._connection:
                _send(self._connection, f"forget {name}")

    def expect(self, session_id: str, end: socket.socket, term: int) -> None:
        self._guarded(line_name(session_id, STARTING), f"{STARTING} 0 {term}", end)

    def watch(self, session_id: str, pid: int, end: socket.socket, term: int) -> None:
        with self._guard:
            self._guarded(line_name(session_id, pid), f"{pid} {processes.began(pid)} {term}", end)
            self.expect_no_more(session_id)

    def expect_no_more(self, session_id: str) -> None:
        self.forget(line_name(session_id, STARTING))

    def watches(self, session_id: str) -> bool:
        with self._guard:
            return any(session_of(name) == session_id for name in self._groups)

    def _guarded(self, name: str, group: str, end: socket.socket) -> None:
        with self._guard:
            self._groups[name] = f"group {name} {group}"
            if self._connection:
                _send(self._connection, self._groups[name])
            self.keep(name, end)

    def until(self, term: int, close_at: float, kill_at: float) -> None:
        with self._guard:
            self._until = f"until {term} {int(close_at * NANOSECONDS)} {int(kill_at * NANOSECONDS)}"
            if self._connection:
                _send(self._connection, self._until)

    def close(self) -> None:
        with self._guard:
            self._is_closed = True
            if self._connection:
                if not len(self._copies):
                    # It ends by itself.
                    with _reachable(self._folder) as path:
                        path.unlink(missing_ok=True)
                self._connection.shutdown(socket.SHUT_RDWR)
            self._copies.close()
        if self._watcher:
            self._watcher.join()

    def _find(self) -> socket.socket | None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with _reachable(self._folder) as path:
                connection.connect(str(path))
        except OSError:
            connection.close()
            return None
        connection.settimeout(PATIENCE_SECONDS)
        return connection

    def _found(self) -> dict[str, socket.socket]:
        """What the keeper has from an earlier daemon. One that does not answer is not one."""
        try:
            return _all(self._connection) if self._connection else {}
        except OSError as trouble:
            logs.log("keeper_silent", level="warning", error=trouble)
            if self._connection:
                self._connection.close()
            self._connection = None
            return {}

    def _dismiss(self, connection: socket.socket) -> None:
        """One of an older version, which only keeps: it ends when it has nothing, and a new one gets the copies."""
        for name, _ in self._copies:
            _send(connection, f"forget {name}")
        connection.close()
        self._connection = None
        if len(self._copies):
            self._start()

    def _start(self) -> None:
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening,
            _reachable(self._folder) as path,
        ):
            path.unlink(missing_ok=True)
            listening.bind(str(path))
            path.chmod(0o600)
            listening.listen(BACKLOG)
            self._pid = _spawn(listening, self._folder / SOCKET)
        self._connection = self._find()
        if self._connection is None:
            raise OSError("o guardião dos canais não abriu")
        for told in (self._until, *self._groups.values()):
            _send(self._connection, told)
        for name, end in self._copies:
            _send(self._connection, f"keep {name}", end)
        self._watch(self._connection)

    def _watch(self, connection: socket.socket) -> None:
        self._watcher = threading.Thread(
            target=self._wait_for_death, args=(connection,), name="keeper", daemon=True
        )
        self._watcher.start()

    def _wait_for_death(self, connection: socket.socket) -> None:
        # It never speaks unasked: whatever comes is its end.
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        poll.poll()
        with self._guard:
            connection.close()
            self._connection = None
            if self._pid and not self._is_closed:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(self._pid, 0)
        self._replace()

    def _replace(self) -> None:
        while True:
            with self._guard:
                if self._is_closed or self._connection or not len(self._copies):
                    return
                logs.log("keeper_replaced", level="warning", lines=len(self._copies))
                with contextlib.suppress(OSError):
                    self._start()
                    return
            time.sleep(PAUSE_SECONDS)


@contextmanager
def _reachable(folder: Path) -> Iterator[Path]:
    """The socket's path by way of the folder's descriptor: a socket's name may be 107 bytes long at most."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Path(f"/proc/self/fd/{descriptor}") / SOCKET
    finally:
        os.close(descriptor)


def _spawn(listening: socket.socket, path: Path) -> int:
    """In a session of its own: a terminal's signals to the daemon are not for it."""
    command = [sys.executable, "-I", "-S", keeper.__file__, str(path)]
    null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (1, 2)]
    files = [(os.POSIX_SPAWN_DUP2, listening.fileno(), 0), *null]
    return os.posix_spawn(command[0], command, {}, file_actions=files, setsid=True)


def _can_guard(connection: socket.socket) -> bool:
    try:
        connection.send(b"guards?")
        return connection.recv(keeper.MESSAGE_BYTES) == keeper.GUARDS
    except OSError:
        return False


def _send(connection: socket.socket, text: str, *ends: socket.socket) -> None:
    # Where it has just died, its watcher fills the next one.
    with contextlib.suppress(OSError):
        socket.send_fds(connection, [text.encode()], [end.fileno() for end in ends])


def _all(connection: socket.socket) -> dict[str, socket.socket]:
    """Raises OSError."""
    kept: dict[str, socket.socket] = {}
    connection.send(b"all")
    while True:
        text, descriptors, _, _ = socket.recv_fds(connection, keeper.MESSAGE_BYTES, 1)
        if not descriptors:
            return kept
        kept[text.decode()] = socket.socket(fileno=descriptors[0])
