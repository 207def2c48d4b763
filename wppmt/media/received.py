"""Media that came with received messages, kept in the state folder: found again, within a quota, not for ever.

A file is found by any of its message's ids: WhatsApp may name a person's chat by the phone or by a hidden id, and may
have changed from one to the other since.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wppmt.domain.message_ids import MessageId, parse_message_id
from wppmt.media.disk import on_a_disk_with_room
from wppmt.media.file_names import clean_name


@dataclass(frozen=True, slots=True)
class KeptMedia:
    path: Path
    mimetype: str
    file_name: str


class ReceivedMediaFiles:
    """One folder per session; a file and its description under a name made from the message's id."""

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
        """What was kept and is not too old; None too for a short id that several chats have."""
        said = parse_message_id(message_id)
        if said.is_own:
            return None
        found = [kept for kept in self._kept(session_id, said.id) if _is_meant(said, kept[1])]
        if len(found) != 1:
            return None
        [(path, description)] = found
        return KeptMedia(path, description["mimetype"], description["fileName"])

    def draft(self, session_id: str) -> Path:
        """Where to write it; nothing is found there before `keep`. Raises Refusal(STORE_UNAVAILABLE)."""
        folder = self._folder / session_id
        with on_a_disk_with_room():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / f"{secrets.token_hex(16)}.draft"

    def keep(
        self, draft: Path, message_id: str, chats: Sequence[str], mimetype: str, file_name: str | None
    ) -> None:
        """The draft is complete; `message_id` is the short one, `chats` all that its chat is called.

        The session's oldest files make room for it. Raises Refusal(STORE_UNAVAILABLE).
        """
        path = draft.with_name(f"{_digest(message_id)}-{_digest(min(chats))}")
        name = clean_name(file_name or f"arquivo.{mimetype.partition('/')[2].partition(';')[0]}")
        description = {"mimetype": mimetype, "fileName": name, "chats": list(chats)}
        with on_a_disk_with_room():
            draft.replace(path)
            _description(path).write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
        self._make_room(path.parent, spare=path)

    def of_person(
        self, session_id: str, message_ids: Collection[str], is_about: Callable[[str], bool]
    ) -> list[KeptMedia]:
        """What came with these messages (by their short ids), and all of a chat whose name `is_about` knows."""
        theirs = {_digest(message_id) for message_id in message_ids}
        found = []
        for written in sorted(self._folder.joinpath(session_id).glob("*.json")):
            path = written.with_suffix("")
            with suppress(FileNotFoundError, ValueError, KeyError):
                description = json.loads(written.read_text(encoding="utf-8"))
                if path.name.partition("-")[0] in theirs or any(map(is_about, description["chats"])):
                    found.append(KeptMedia(path, description["mimetype"], description["fileName"]))
        return found

    def erase(self, kept: KeptMedia) -> None:
        _remove(kept.path)

    def forget(self, session_id: str) -> None:
        shutil.rmtree(self._folder / session_id, ignore_errors=True)

    def sweep(self) -> None:
        """What is too old, and drafts that a crash left; before any request."""
        for path in self._folder.glob("*/*"):
            if path.suffix == ".draft" or (path.suffix != ".json" and self._is_old(path)):
                _remove(path)

    def _kept(self, session_id: str, message_id: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        """A crash may leave a file without its description, or half of one."""
        for written in self._folder.joinpath(session_id).glob(f"{_digest(message_id)}-*.json"):
            path = written.with_suffix("")
            with suppress(FileNotFoundError, ValueError):
                if self._is_old(path):
                    _remove(path)
                else:
                    yield path, json.loads(written.read_text(encoding="utf-8"))

    def _make_room(self, folder: Path, spare: Path) -> None:
        """Too old, drafts that nobody finished, and the oldest beyond the quota."""
        total = 0
        files = [file for file in folder.iterdir() if file.suffix not in {".json", ".draft"}]
        for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
            total += file.stat().st_size
            if file != spare and (total > self._quota or self._is_old(file)):
                _remove(file)
        for draft in folder.glob("*.draft"):
            if self._is_old(draft):
                _remove(draft)

    def _is_old(self, path: Path) -> bool:
        return path.stat().st_mtime < self._now() - self._keep_seconds


def _is_meant(said: MessageId, description: dict[str, Any]) -> bool:
    return not said.chat or said.chat in description["chats"]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _description(path: Path) -> Path:
    return path.with_suffix(".json")


def _remove(path: Path) -> None:
    _description(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
