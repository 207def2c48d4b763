"""A received message's media out of the page, in pieces small enough to leave room for everything else."""

from __future__ import annotations

import base64
from pathlib import Path

from wppmt.browser.port import Browser, CallFailure, CallRejected, CallResult, Json, OnResult

PIECE_BYTES = 256 * 1024


class Download:
    """Calls `done` once: with `{"mimetype", "fileName", "size"}` when the file is complete, or with a CallFailure.

    Runs on whatever thread the answers come; `deadline` is for each step, in seconds.
    """

    def __init__(self, browser: Browser, path: Path, limit: int, deadline: float, done: OnResult) -> None:
        self._browser = browser
        self._path = path
        self._limit = limit
        self._deadline = deadline
        self._done = done
        self._media: Json = {}

    def start(self, message_id: str) -> None:
        self._call("download_media", {"messageId": message_id, "limit": self._limit}, self._begin)

    def _begin(self, outcome: CallResult) -> None:
        if isinstance(outcome, CallFailure):
            self._done(outcome)
            return
        self._media = outcome
        if int(outcome["size"]) > self._limit:
            self._finish(CallRejected("too_large"))
        elif self._write(b"", "wb"):
            self._read(0)

    def _read(self, offset: int) -> None:
        if offset >= int(self._media["size"]):
            self._finish(self._media)
            return
        arguments = {"blob": self._media["blob"], "offset": offset, "length": PIECE_BYTES}
        self._call("blob_read", arguments, lambda outcome: self._append(offset, outcome))

    def _append(self, offset: int, outcome: CallResult) -> None:
        if isinstance(outcome, CallFailure):
            self._finish(outcome)
            return
        piece = base64.b64decode(outcome["data"])
        if not piece:
            # Shorter than it said it was: asking on would never end.
            self._finish(CallRejected("media_gone"))
        elif self._write(piece, "ab"):
            self._read(offset + len(piece))

    def _write(self, piece: bytes, mode: str) -> bool:
        try:
            with self._path.open(mode) as file:
                file.write(piece)
        except OSError as failure:
            self._finish(CallRejected("not_stored", type(failure).__name__))
            return False
        return True

    def _finish(self, outcome: CallResult) -> None:
        self._call("blob_end", {"blob": self._media["blob"]}, lambda _: None)
        self._done(outcome)

    def _call(self, function: str, arguments: Json, done: OnResult) -> None:
        self._browser.call(function, arguments, self._deadline, done)
