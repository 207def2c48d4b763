"""systemd keeps the lines: its descriptor store outlives the daemon, and hands everything to the next one."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping

from wppmt.browser.keeper.lines import Copies


class SystemdStore:
    """Asks for FileDescriptorStoreMax= in the unit. A line whose Chrome ends is dropped by systemd itself."""

    def __init__(self, notify_socket: str, left: Mapping[str, socket.socket]) -> None:
        """`left` is what this daemon was started with (LISTEN_FDS)."""
        self._address = notify_socket.replace("@", "\0", 1)
        self._left = Copies(left)

    def keep(self, name: str, end: socket.socket) -> None:
        self._tell(f"FDSTORE=1\nFDNAME={name}", end)

    def take(self, name: str) -> socket.socket | None:
        return self._left.take(name)

    def forget(self, name: str) -> None:
        self._left.drop(name)
        with contextlib.suppress(OSError):
            self._tell(f"FDSTOREREMOVE=1\nFDNAME={name}")

    def close(self) -> None:
        self._left.close()

    def _tell(self, text: str, *ends: socket.socket) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.connect(self._address)
            socket.send_fds(systemd, [text.encode()], [end.fileno() for end in ends])
