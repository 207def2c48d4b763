"""An archive becomes a session of this installation, or nothing happens.

The commit of its rows is the moment. Before it, all has been read and checked, and the login lies ready beside the
profiles under a name that nobody takes for one; after it, that folder is given the session's name. Whatever
is killed in between is finished, or cleared away, by `sweep`: at the next start, and before the next archive.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from wppmt.archive import session_rows
from wppmt.archive.chrome import profile_version, require_not_newer
from wppmt.archive.durable import flush, flush_tree
from wppmt.archive.manifest import OUTGOING, PROFILE, ROWS, Manifest
from wppmt.archive.place import ARRIVED, ARRIVING, PART, Place
from wppmt.archive.reading import Contents
from wppmt.archive.refusal import ArchiveRefused, Why
from wppmt.browser.profile.snapshots import remove

SPARE_BYTES = 64 * 1024**2
"""Left free on the disk by whatever is unpacked."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An archive, read and checked to its end; its files lie in `folder`."""

    manifest: Manifest
    folder: Path
    place: Place

    def install(self) -> None:
        """All of it, or nothing. Raises ArchiveRefused (EXISTS, FORGED), OSError, sqlite3.Error."""
        session_id, place = self.manifest.session_id, self.place
        _require_absent(place, session_id)
        waiting, brought = place.arrived(session_id), self._places()
        try:
            self._bring(brought)
            if self.manifest.has_login:
                (self.folder / PROFILE).rename(waiting)
                flush(place.tokens)
            session_rows.admit(self.folder / ROWS, place.database, session_id)
        except Exception:
            # Not what ends the process: whether the commit was before that is for `sweep` to see.
            remove(waiting)
            for path in brought.values():
                path.unlink(missing_ok=True)
            raise
        take_place(place, session_id)

    def _places(self) -> dict[int, Path]:
        """Of each message that waits with a file, where that file will be: no message ever names another one of this machine."""
        return {
            number: self.place.outgoing / token_hex(16)
            for number in session_rows.outgoing(self.folder / ROWS)
        }

    def _bring(self, places: Mapping[int, Path]) -> None:
        for number, name in session_rows.outgoing(self.folder / ROWS).items():
            carried = self.folder / OUTGOING / Path(name).name
            if carried.is_file():
                self.place.outgoing.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copyfile(carried, places[number])
                flush(places[number])
        session_rows.move_outgoing(self.folder / ROWS, places)


@contextmanager
def read_archive(file: BinaryIO, key: bytes, place: Place, chrome: str) -> Iterator[Arrival]:
    """Read all of an archive, check it, and unpack it beside the profiles; afterwards nothing of that is left there.

    `chrome` is the version that this installation has; empty: not known, and a profile's is not compared. One archive
    of a session at a time. Raises ArchiveRefused before anything of the installation was touched; OSError, sqlite3.Error.
    """
    contents = Contents(file, key)
    manifest = contents.manifest
    _require_acceptable(manifest, place, chrome)
    folder = place.arriving(manifest.session_id)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        text = f"Outro arquivo da sessão {manifest.session_id} está sendo restaurado agora"
        raise ArchiveRefused(Why.EXISTS, text) from None
    try:
        contents.read(folder)
        require_not_newer(profile_version(folder / PROFILE), chrome)
        session_rows.bring_up(folder / ROWS, manifest.session_id, manifest.schema_version)
        flush_tree(folder)
        yield Arrival(manifest, folder, place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def look_into(file: BinaryIO, key: bytes, place: Place, chrome: str) -> Manifest:
    """What an archive says of itself, and whether `read_archive` would begin with it. Raises as that does."""
    manifest = Contents(file, key).manifest
    _require_acceptable(manifest, place, chrome)
    return manifest


def check_archive(file: BinaryIO, key: bytes) -> Manifest:
    """Read all of it, to see that it is whole. Raises ArchiveRefused, OSError."""
    contents = Contents(file, key)
    contents.read(None)
    return contents.manifest


def sweep(place: Place, backups: Path | None = None) -> None:
    """Finish or clear away what was killed; while nobody else works on these folders. Raises OSError, sqlite3.Error."""
    for folder in place.tokens.glob(f"{ARRIVING}*"):
        remove(folder)
    for folder in place.tokens.glob(f"{ARRIVED}*"):
        session_id = folder.name.removeprefix(ARRIVED)
        if session_rows.exists(place.database, session_id):
            take_place(place, session_id)
        remove(folder)
    remove(place.staging)
    for part in backups.glob(f".*{PART}") if backups else ():
        part.unlink(missing_ok=True)


def take_place(place: Place, session_id: str) -> None:
    """Its rows are there: the login is the session's from now on. Nothing where that is so already. Raises OSError."""
    waiting, profile = place.arrived(session_id), place.profile(session_id)
    if waiting.exists() and not os.path.lexists(profile):
        waiting.rename(profile)
        flush(place.tokens)


def _require_acceptable(manifest: Manifest, place: Place, chrome: str) -> None:
    require_not_newer(manifest.chrome, chrome)
    _require_absent(place, manifest.session_id)
    place.tokens.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_room(place, manifest)


def _require_absent(place: Place, session_id: str) -> None:
    if session_rows.exists(place.database, session_id):
        raise ArchiveRefused(
            Why.EXISTS, f"A sessão {session_id} já existe aqui: remova-a antes, ou restaure em outro lugar"
        )
    if os.path.lexists(place.profile(session_id)):
        raise ArchiveRefused(Why.EXISTS, f"A pasta {place.profile(session_id)} já existe: pode ter um login")


def _require_room(place: Place, manifest: Manifest) -> None:
    """For the files, and for the rows a second time."""
    needed = manifest.size + next(member.size for member in manifest.files if member.name == ROWS)
    if needed + SPARE_BYTES > shutil.disk_usage(place.tokens).free:
        raise ArchiveRefused(
            Why.TOO_LARGE, f"Não há espaço em {place.tokens}: o conteúdo precisa de {needed // 1_000_000} MB"
        )
