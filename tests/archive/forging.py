"""Archives that hold what an honest one never does, made by somebody who has the key."""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from tests.archive.installation import KEY
from wppmt.archive.seal import Sealing, Unsealing


def opened(archive: bytes, key: bytes = KEY) -> bytes:
    """What is in an archive: manifest and files."""
    sealed, content = Unsealing(io.BytesIO(archive), key), b""
    while chunk := sealed.chunk():
        content += chunk
    return zlib.decompress(content)


def taken_apart(archive: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    content = opened(archive)
    length = int.from_bytes(content[:4], "big")
    manifest, at, files = json.loads(content[4 : 4 + length]), 4 + length, {}
    for member in manifest["files"]:
        files[member["name"]] = content[at : at + member["size"]]
        at += member["size"]
    return manifest, files


def described(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    ]


def put_together(manifest: Mapping[str, Any] | bytes, contents: Sequence[bytes], more: bytes = b"") -> bytes:
    """`more` follows the compressed stream."""
    said = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    return sealed(zlib.compress(len(said).to_bytes(4, "big") + said + b"".join(contents)) + more)


def sealed(content: bytes, key: bytes = KEY) -> bytes:
    file = io.BytesIO()
    sealing = Sealing(file, key)
    sealing.write(content)
    sealing.finish()
    return file.getvalue()
