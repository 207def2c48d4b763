"""A session → one file. Whatever ends it in between leaves no archive, and the session as it was."""

from __future__ import annotations

import hashlib
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from wppmt import __version__
from wppmt.archive import session_rows
from wppmt.archive.chrome import profile_version
from wppmt.archive.durable import publish
from wppmt.archive.manifest import FORMAT, OUTGOING, PROFILE, ROWS, Manifest, Member
from wppmt.archive.place import PART, SUFFIX, Place
from wppmt.archive.refusal import ArchiveRefused, Why
from wppmt.archive.seal import Sealing
from wppmt.browser.profile import mending
from wppmt.browser.profile.snapshots import copy_login
from wppmt.store.sqlite.schema import VERSION

READ_BYTES = 1024 * 1024


def write_archive(
    place: Place, session_id: str, login: Path | None, folder: Path, key: bytes, now: float
) -> tuple[Path, Manifest]:
    """The session, its rows as of this moment, as a new file `<id>-<UTC time>.wppmt` in `folder`, mode 0600.

    `login` is a profile that nobody writes to, or the files of a verified copy of one; None: the session has no login.
    It is copied first. Nothing of the installation is changed. Raises ArchiveRefused (NO_SESSION), OSError wherever a
    disk does, sqlite3.Error.
    """
    with _staged(place) as stage:
        if login is not None:
            _copy(login, stage / PROFILE)
        record, sequence = session_rows.extract(place.database, session_id, stage / ROWS)
        if record.has_login and login is None:
            raise ArchiveRefused(Why.NO_LOGIN, f"Falta o login de {session_id}")
        _copy_outgoing(place, stage)
        manifest = Manifest(
            format=FORMAT,
            session_id=session_id,
            made_at=now,
            wppmt=__version__,
            schema_version=VERSION,
            chrome=profile_version(place.profile(session_id), stage / PROFILE) if login else "",
            sequence=sequence,
            files=tuple(_described(stage)),
        )
        return _publish(stage, manifest, folder, key), manifest


@contextmanager
def _staged(place: Place) -> Iterator[Path]:
    stage = place.staging / token_hex(8)
    place.staging.mkdir(mode=0o700, exist_ok=True)
    stage.mkdir(mode=0o700)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _copy(login: Path, into: Path) -> None:
    """What a killed browser left in disorder is put in order in the copy alone."""
    copy_login(login, into)
    mending.mend(into)


def _copy_outgoing(place: Place, stage: Path) -> None:
    """Of the files that waiting messages name, those in our own folder."""
    named = {Path(path) for path in session_rows.outgoing(stage / ROWS).values()}
    for path in named:
        if path.parent == place.outgoing and path.is_file() and not path.is_symlink():
            (stage / OUTGOING).mkdir(mode=0o700, exist_ok=True)
            shutil.copyfile(path, stage / OUTGOING / path.name)


def _described(stage: Path) -> Iterator[Member]:
    for path in sorted(path for path in stage.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield Member(name=str(path.relative_to(stage)), size=path.stat().st_size, sha256=digest)


def _publish(stage: Path, manifest: Manifest, folder: Path, key: bytes) -> Path:
    """A name without a dot before it has only what is whole and on the disk."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = archive_name(manifest.session_id, manifest.made_at)
    part, whole = folder / f".{name}.{token_hex(4)}{PART}", folder / name
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            _seal(stage, manifest, file, key)
            file.flush()
            os.fsync(descriptor)
        publish(part, whole)
    finally:
        part.unlink(missing_ok=True)
    return whole


def archive_name(session_id: str, at: float) -> str:
    """Sorts by time among those of a session."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{session_id}-{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03}Z{SUFFIX}"


def _seal(stage: Path, manifest: Manifest, file: BinaryIO, key: bytes) -> None:
    """Length of the manifest, the manifest, the files one behind the other; compressed, then sealed."""
    sealing, packer = Sealing(file, key), zlib.compressobj()
    said = manifest.dump()
    sealing.write(packer.compress(len(said).to_bytes(4, "big") + said))
    for member in manifest.files:
        with (stage / member.name).open("rb") as content:
            while data := content.read(READ_BYTES):
                sealing.write(packer.compress(data))
    sealing.write(packer.flush())
    sealing.finish()
