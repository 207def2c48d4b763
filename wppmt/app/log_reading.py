"""Reading the log files: the last lines of a session, those that follow, and what they tell since a moment."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from wppmt.domain.log import LOG_LEVELS, LogLevel
from wppmt.domain.units import MEGABYTE
from wppmt.explain.material import Logged

READ_BYTES = 32 * MEGABYTE
"""Of the newest lines, at most: whoever asks waits for them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of one session or of all, from this level on."""

    session_id: str | None = None
    least: LogLevel = "debug"

    def takes(self, line: str) -> bool:
        """What is no whole log line is not taken."""
        if self.session_id is not None and self.session_id not in line:
            return False
        try:
            fields = json.loads(line)
            of_session = self.session_id in {None, fields["sessionId"]}
            return of_session and fields["level"] in LOG_LEVELS[LOG_LEVELS.index(self.least) :]
        except (ValueError, KeyError, TypeError):
            return False


def last_lines(file: Path, wanted: Wanted, count: int) -> list[str]:
    """The newest `count`, oldest first; also out of the files that were rotated away. Raises OSError."""
    found: list[str] = []
    for each in _newest_first(file):
        with each.open(encoding="utf-8", errors="replace") as lines:
            found = [*deque(filter(wanted.takes, map(_bare, lines)), count - len(found)), *found]
        if len(found) >= count:
            break
    return found


def told(file: Path, session_id: str, since: float, room: int = READ_BYTES) -> list[Logged]:
    """What was written of a session since then, oldest first: of the newest `room` bytes, and never at level `debug`.

    Nothing where no log can be read.
    """
    found: list[Logged] = []
    wanted = Wanted(session_id, "info")
    try:
        for each in _newest_first(file):
            if room <= 0 or each.stat().st_mtime < since:
                break
            lines = _end_of(each, room)
            room -= each.stat().st_size
            found = [*_since(map(_logged, filter(wanted.takes, lines)), since), *found]
    except OSError:
        return found
    return found


def _end_of(file: Path, room: int) -> Iterator[str]:
    """Its last `room` bytes, without the line that is cut in two."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        if (size := file.stat().st_size) > room:
            lines.seek(size - room)
            lines.readline()
        yield from map(_bare, lines)


def _since(lines: Iterable[Logged | None], since: float) -> Iterator[Logged]:
    return (line for line in lines if line is not None and line.at >= since)


def _logged(line: str) -> Logged | None:
    """None for a line that only another program can have written."""
    fields = json.loads(line)
    try:
        at = datetime.fromisoformat(fields["timestamp"]).timestamp()
        return Logged(at, fields["level"], str(fields["event"]), dict(fields["details"]))
    except (ValueError, KeyError, TypeError):
        return None


def _bare(line: str) -> str:
    return line.rstrip("\n")


def _newest_first(file: Path) -> list[Path]:
    rotated = [other for other in file.parent.glob(f"{file.stem}.*{file.suffix}") if other != file]
    return [file, *sorted(rotated, key=lambda other: other.stat().st_mtime, reverse=True)]


def following(file: Path, wanted: Wanted, pause: Callable[[], None]) -> Iterator[str]:
    """Lines as they are written, from now on and without end; goes on when the file is rotated. Raises OSError."""
    lines = file.open(encoding="utf-8", errors="replace")
    try:
        lines.seek(0, 2)
        while True:
            yield from filter(wanted.takes, _whole_lines(lines))
            pause()
            if _is_rotated(lines, file):
                yield from filter(wanted.takes, _whole_lines(lines))
                lines.close()
                lines = file.open(encoding="utf-8", errors="replace")
    finally:
        lines.close()


def _whole_lines(lines: TextIO) -> Iterator[str]:
    """Up to where the last line break is: what is being written just now comes next time."""
    while True:
        at = lines.tell()
        line = lines.readline()
        if not line.endswith("\n"):
            lines.seek(at)
            return
        yield line[:-1]


def _is_rotated(lines: TextIO, file: Path) -> bool:
    try:
        return file.stat().st_ino != os.fstat(lines.fileno()).st_ino
    except FileNotFoundError:
        return False
