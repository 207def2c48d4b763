"""Proves that a browser which an earlier daemon left is this session's own, and may go on."""

from __future__ import annotations

from collections.abc import Sequence

from wppmt.browser.chrome import processes
from wppmt.browser.port import StartFailed
from wppmt.browser.profile.folder import LOCK, ProfileFolder, ProfileLocked
from wppmt.domain.process import Process

BINDING = (
    "--user-data-dir=",
    "--remote-debugging-",
    "--proxy-server=",
    "--no-proxy-server",
    "--host-resolver-rules=",
    "--ignore-certificate-errors",
    "--no-sandbox",
)
"""What a browser goes on with or not at all: whoever changed its proxy or its sandbox wants it started anew at once."""


def prove(left: Process, profile: ProfileFolder, command: Sequence[str]) -> bool:
    """Whether it was started just as it would be now. Raises StartFailed, which says what did not fit; nothing was touched.

    `command` holds the profile's folder, so a number that the kernel has given to another process proves nothing.
    """
    try:
        if not processes.is_own(left.pid):
            raise StartFailed("BROWSER_CRASHED", "o navegador não vive mais")
        if processes.group_of(left.pid) != left.group:
            raise StartFailed("BROWSER_CRASHED", "o navegador está em outro grupo de processos")
        arguments = processes.arguments_of(left.pid)
        if _bound(arguments) != _bound(command):
            raise StartFailed("BROWSER_CRASHED", "o navegador foi aberto com outra linha de comando")
        if not _holds_lock(left, profile):
            raise StartFailed("PROFILE_LOCKED", "o navegador não detém a trava do perfil")
        return list(arguments) == list(command)
    except OSError as trouble:
        raise StartFailed("BROWSER_CRASHED", f"o navegador não pôde ser examinado: {trouble}") from trouble


def _bound(command: Sequence[str]) -> Sequence[str]:
    """Of a command line what must be the same: the program, and what its switches bind it to."""
    return [*command[:1], *sorted(one for one in command[1:] if one.startswith(BINDING))]


def _holds_lock(left: Process, profile: ProfileFolder) -> bool:
    try:
        with profile.writer():
            return False
    except ProfileLocked:
        return processes.has_open(left.pid, profile.path / LOCK)
