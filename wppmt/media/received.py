"""Media that came with received messages, kept in the state folder: found again, within a quota, not for ever."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wppmt.media.fetch import on_a_disk_with_room
from wppmt.media.file_names import clean_name


@dataclass(frozen=True, slots=True)
class KeptMedia:
    path: Path
    mimetype: str
    file_name: str


class ReceivedMedia:
    """One folder per session; a file and its description under a name made from the message id."""

    def __init__(
        self, folder: Path, *, limit: int, quota: int, keep_seconds: float, now: Callable[[], float]
    ) -> None:
        self.limit = limit
        """Bytes of one file."""
        self._folder = folder
        self._quota = quota
        self._keep_seconds = keep_seconds
        self._now = now

    def find(self, session_id: str, message_id: str) -> KeptMedia | None:
        """What was kept and is not too old. A crash may leave a file without its description, or half of one."""
        path = self._path(session_id, message_id)
        try:
            if self._is_old(path):
                _remove(path)
                return None
            description = json.loads(_description(path).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return KeptMedia(path, description["mimetype"], description["fileName"])

    def draft(self, session_id: str, message_id: str) -> Path:
        """Where to write it; nothing is found there before `keep`. Raises Refusal(STORE_UNAVAILABLE)."""
        path = self._path(session_id, message_id)
        with on_a_disk_with_room():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path.with_name(f"{path.name}.{secrets.token_hex(4)}.draft")

    def keep(self, draft: Path, mimetype: str, file_name: str | None) -> KeptMedia:
        """The draft is complete; the session's oldest files make room for it. Raises Refusal(STORE_UNAVAILABLE)."""
        path = draft.with_name(draft.name.partition(".")[0])
        name = clean_name(file_name or f"arquivo.{mimetype.partition('/')[2].partition(';')[0]}")
        description = {"mimetype": mimetype, "fileName": name}
        with on_a_disk_with_room():
            draft.replace(path)
            _description(path).write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
        self._make_room(path.parent, spare=path)
        return KeptMedia(path, mimetype, name)

    def forget(self, session_id: str) -> None:
        shutil.rmtree(self._folder / session_id, ignore_errors=True)

    def _path(self, session_id: str, message_id: str) -> Path:
        return self._folder / session_id / hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()

    def sweep(self) -> None:
        """What is too old, and drafts that a crash left; before any request."""
        for path in self._folder.glob("*/*"):
            if path.suffix == ".draft" or (path.suffix != ".json" and self._is_old(path)):
                _remove(path)

    def _make_room(self, folder: Path, spare: Path) -> None:
        """Too old, drafts that nobody finished, and the oldest beyond the quota."""
        total = 0
        files = [file for file in folder.iterdir() if file.suffix != ".json"]
        for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
            total += file.stat().st_size
            if file != spare and (total > self._quota or self._is_old(file)):
                _remove(file)

    def _is_old(self, path: Path) -> bool:
        return path.stat().st_mtime < self._now() - self._keep_seconds


def _description(path: Path) -> Path:
    return path.with_suffix(".json")


def _remove(path: Path) -> None:
    _description(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
