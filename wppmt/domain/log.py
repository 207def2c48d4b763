"""The log's interface: the levels, and the call that writes a line."""

from __future__ import annotations

from typing import Literal, Protocol

LogLevel = Literal["debug", "info", "warning", "error"]
LOG_LEVELS: tuple[LogLevel, ...] = ("debug", "info", "warning", "error")


class WriteLog(Protocol):
    """One structured line (docs/contract.md 9); `details` never hold a secret, a phone number or a text."""

    def __call__(
        self, event: str, session_id: str | None = None, /, *, level: LogLevel = "info", **details: object
    ) -> None: ...
