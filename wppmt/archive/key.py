"""The operator's key, without which no archive is made or read."""

from __future__ import annotations

from pathlib import Path

from wppmt.archive.refusal import ArchiveRefused, Why
from wppmt.domain.system_errors import explain

LEAST_BYTES = 32
_MAKE = "Gere uma com: openssl rand -hex 32"


def archive_key(given: str, file: str) -> bytes:
    """The key itself, or what is in the file that holds it. Raises ArchiveRefused."""
    if given:
        return _strong(given.encode(), "WPP_ARCHIVE_KEY")
    if file:
        return _strong(_content(Path(file)), f"A chave em {file} (WPP_ARCHIVE_KEY_FILE)")
    raise ArchiveRefused(
        Why.NO_KEY,
        f"Sem WPP_ARCHIVE_KEY ou WPP_ARCHIVE_KEY_FILE não há backup: o arquivo tem o login da sessão. {_MAKE}",
    )


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes().strip()
    except OSError as failure:
        raise ArchiveRefused(
            Why.NO_KEY, f"{file} (WPP_ARCHIVE_KEY_FILE) não pode ser lido: {explain(failure)}"
        ) from None


def _strong(key: bytes, name: str) -> bytes:
    if len(key) < LEAST_BYTES:
        raise ArchiveRefused(Why.NO_KEY, f"{name} tem menos de {LEAST_BYTES} bytes. {_MAKE}")
    return key
