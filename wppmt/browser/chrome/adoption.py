"""Proves that a browser which an earlier daemon left is this session's own, started as it would be started now."""

from __future__ import annotations

from collections.abc import Sequence

from wppmt.browser.chrome import processes
from wppmt.browser.port import StartFailed
from wppmt.browser.profile.folder import LOCK, ProfileFolder, ProfileLocked
from wppmt.domain.process import Process


def prove(left: Process, profile: ProfileFolder, command: Sequence[str]) -> None:
    """Raises StartFailed, which says what did not fit; nothing was touched.

    `command` holds the profile's folder, so a number that the kernel has given to another process proves nothing. It
    also holds proxy, sandbox and Chrome's version: whoever changed them wants browsers started anew.
    """
    try:
        if not processes.is_own(left.pid):
            raise StartFailed("BROWSER_CRASHED", "o navegador não vive mais")
        if processes.group_of(left.pid) != left.group:
            raise StartFailed("BROWSER_CRASHED", "o navegador está em outro grupo de processos")
        if processes.arguments_of(left.pid) != list(command):
            raise StartFailed("BROWSER_CRASHED", "o navegador foi aberto com outra linha de comando")
        if not _holds_lock(left, profile):
            raise StartFailed("PROFILE_LOCKED", "o navegador não detém a trava do perfil")
    except OSError as trouble:
        raise StartFailed("BROWSER_CRASHED", f"o navegador não pôde ser examinado: {trouble}") from trouble


def _holds_lock(left: Process, profile: ProfileFolder) -> bool:
    try:
        with profile.writer():
            return False
    except ProfileLocked:
        return processes.has_open(left.pid, profile.path / LOCK)
