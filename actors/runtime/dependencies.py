"""What the runtime acts on; passed in by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from actors.runtime.effects import Mind, Post, Worker
from wppmt.browser.port import Browsers
from wppmt.domain.log import WriteLog
from wppmt.domain.occurrences import Count, uncounted


class ReceivedFiles(Protocol):
    """Where received media is kept; both block, and raise Refusal(STORE_UNAVAILABLE)."""

    limit: int
    """Bytes of one file."""

    def draft(self, session_id: str) -> Path: ...

    def keep(
        self, draft: Path, message_id: str, chats: Sequence[str], mimetype: str, file_name: str | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class RuntimeDependencies:
    now: Callable[[], float]
    """Epoch seconds."""
    browsers: Browsers
    new_session: Callable[[str], Mind]
    new_shared_actor: Callable[[str], tuple[Mind | Worker, object]]
    """An actor that every session shares, and its first message."""
    post: Callable[[Post, Callable[[object], object]], None]
    """One webhook attempt; never blocks. Its result, as an Attempted message, is passed to the callable."""
    log: WriteLog
    received: ReceivedFiles
    count: Count = uncounted
    is_disk_short: Callable[[], bool] = lambda: False
    """Whether the disk of the logins has too little room at this very moment."""
