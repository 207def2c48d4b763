"""The encryption of an archive: chunk by chunk, so that any size takes little memory, and as a whole.

This is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), as `age` has it: each chunk is sealed with its number and with
whether it is the last one, so that a chunk that is changed, moved, left out or cut off is noticed. Not `age` itself,
because the key is a random one that programs hold: its recipients and slow passwords would be of no use, and
AES-GCM is in a library that the service has anyway. The header is authenticated with every chunk; it holds a value
that only the right key gives, so that a wrong key is not taken for a damaged file.
"""

from __future__ import annotations

import hmac
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wppmt.archive.refusal import ArchiveRefused, Why

MAGIC = b"wppmt-archive\n"
FORMAT = 1
SALT_BYTES = CHECK_BYTES = TAG_BYTES = 16
KEY_BYTES = 32
CHUNK_BYTES = 64 * 1024
HEADER_BYTES = len(MAGIC) + 1 + SALT_BYTES + CHECK_BYTES
_INFO = b"wppmt archive 1"
_CUT = ArchiveRefused(Why.DAMAGED, "O arquivo está cortado ou foi alterado")


class Sealing:
    """What is written to it goes to `file`, sealed. Without `finish` it stays a cut file, which nobody reads."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file = file
        salt = os.urandom(SALT_BYTES)
        self._cipher, check = _derive(key, salt)
        self._header = MAGIC + bytes([FORMAT]) + salt + check
        self._number = 0
        self._waiting = bytearray()
        file.write(self._header)

    def write(self, data: bytes) -> None:
        self._waiting += data
        # One is kept back: the last one is sealed as such.
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]

    def finish(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), chunk, self._header))
        self._number += 1


class Unsealing:
    """What was sealed, from its begin on. Raises ArchiveRefused as soon as something is not as it was sealed."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file = file
        self._header = file.read(HEADER_BYTES)
        if not self._header.startswith(MAGIC):
            raise ArchiveRefused(Why.NOT_AN_ARCHIVE, "Não é um arquivo de sessão do wppmt")
        if len(self._header) < HEADER_BYTES:
            raise _CUT
        if self._header[len(MAGIC)] != FORMAT:
            raise ArchiveRefused(
                Why.NEWER, "O arquivo foi feito por uma versão mais nova do wppmt: atualize este"
            )
        self._cipher, check = _derive(key, self._header[-SALT_BYTES - CHECK_BYTES : -CHECK_BYTES])
        if not hmac.compare_digest(check, self._header[-CHECK_BYTES:]):
            raise ArchiveRefused(
                Why.WRONG_KEY, "O arquivo foi feito com outra chave (WPP_ARCHIVE_KEY ou WPP_ARCHIVE_KEY_FILE)"
            )
        self._number = 0
        self._ahead = file.read(CHUNK_BYTES + TAG_BYTES)
        self._is_over = False

    def chunk(self) -> bytes:
        """The next bytes; empty at the end, which was seen to be the end."""
        if self._is_over:
            return b""
        sealed, self._ahead = self._ahead, self._file.read(CHUNK_BYTES + TAG_BYTES)
        self._is_over = not self._ahead
        nonce = _nonce(self._number, is_last=self._is_over)
        self._number += 1
        try:
            return self._cipher.decrypt(nonce, sealed, self._header)
        except InvalidTag:
            raise _CUT from None


def _derive(key: bytes, salt: bytes) -> tuple[AESGCM, bytes]:
    """The cipher of this one file, and the value by which the right key is known."""
    made = HKDF(SHA256(), KEY_BYTES + CHECK_BYTES, salt, _INFO).derive(key)
    return AESGCM(made[:KEY_BYTES]), made[KEY_BYTES:]


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
