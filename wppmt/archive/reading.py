"""An archive's bytes → its files, in a folder of their own; nothing of it is trusted before it has been seen to be whole."""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path
from typing import BinaryIO

from wppmt.archive import manifest
from wppmt.archive.manifest import Manifest, Member
from wppmt.archive.refusal import ArchiveRefused, Why, forged
from wppmt.archive.seal import Unsealing

STEP_BYTES = 256 * 1024


class Contents:
    """The manifest, which is read at once, and the files. Raises ArchiveRefused wherever something is not right."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._sealed = Unsealing(file, key)
        self._unpacker = zlib.decompressobj()
        self._compressed = b""
        length = int.from_bytes(self._exactly(4), "big")
        if length > manifest.MOST_MANIFEST_BYTES:
            raise forged("manifesto grande demais")
        self.manifest: Manifest = manifest.parse(self._exactly(length))

    def read(self, into: Path | None) -> None:
        """All files, each of the size and with the hash that the manifest says. `into` is empty; None: nothing is kept.

        Raises OSError, too.
        """
        for member in self.manifest.files:
            if into is None:
                self._copy(member, None)
            else:
                self._unpack(member, into)
        if self._some(1) or self._unpacker.unused_data:
            raise forged("mais do que diz o manifesto")

    def _unpack(self, member: Member, into: Path) -> None:
        path = into / member.name
        for folder in reversed(path.relative_to(into).parents[:-1]):
            (into / folder).mkdir(mode=0o700, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            self._copy(member, file)
            file.flush()
            os.fsync(file.fileno())

    def _copy(self, member: Member, file: BinaryIO | None) -> None:
        digest, left = hashlib.sha256(), member.size
        while left:
            data = self._exactly(min(left, STEP_BYTES))
            left -= len(data)
            digest.update(data)
            if file:
                file.write(data)
        if digest.hexdigest() != member.sha256:
            raise ArchiveRefused(Why.DAMAGED, f"{member.name} não é o que diz o manifesto")

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            more = self._some(size - len(data))
            if not more:
                raise forged("menos do que diz o manifesto")
            data += more
        return bytes(data)

    def _some(self, most: int) -> bytes:
        """At most so many bytes, however small what they are unpacked from; empty at the end."""
        try:
            while not self._unpacker.eof:
                if data := self._unpacker.decompress(self._compressed, most):
                    self._compressed = self._unpacker.unconsumed_tail
                    return data
                self._compressed = self._sealed.chunk()
                if not self._compressed:
                    raise forged("menos do que diz o manifesto")
        except zlib.error:
            raise forged("compressão inválida") from None
        if self._sealed.chunk():
            raise forged("mais do que diz o manifesto")
        return b""
