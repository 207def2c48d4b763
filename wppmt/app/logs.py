"""Logs: one JSON object a line (docs/MULTI_TENANT_ARCHITECTURE.md 10.2).

A thread of its own writes them, so that a slow disk blocks nobody.
"""

from __future__ import annotations

import atexit
import faulthandler
import json
import logging
import os
import queue
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TextIO, cast

from loguru import logger

from wppmt.app import log_files
from wppmt.app.pretty import pretty
from wppmt.app.repeats import Repeats, kind_of
from wppmt.app.scrub import scrub
from wppmt.app.settings import LogSettings
from wppmt.domain.errors import SetupError
from wppmt.domain.log import LOG_LEVELS, LogLevel
from wppmt.domain.system_errors import explain

FILE = "wppmt.log"
LOOK_SECONDS = 1.0
"""Between two looks for repeats whose minute is over."""
GATHER_SECONDS = 0.02
AT_ONCE = 500
WAITING_LINES = 10_000
"""Lines kept while the disk does not take them; further ones are counted and dropped."""

_BREAKS_A_LINE = re.compile(
    "[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Characters that JSON leaves as they are, but a terminal or a log reader acts on."""


def render(
    at: datetime,
    level: LogLevel,
    session_id: str | None,
    event: str,
    details: Mapping[str, object],
    metadata: Mapping[str, object],
) -> str:
    """One event as one line."""
    fields = {
        "timestamp": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
        "level": level,
        "sessionId": session_id,
        "event": event,
        "details": scrub(details, mask_phones=level != "debug"),
        "metadata": metadata,
    }
    line = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return _BREAKS_A_LINE.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


class Journal:
    """Takes events from any thread without waiting; its own thread hands the lines of one level to `write`, with breaks."""

    def __init__(
        self,
        write: Callable[[LogLevel, str], None],
        metadata: Callable[[], Mapping[str, object]] = dict,
        *,
        least: LogLevel = "debug",
        waiting_lines: int = WAITING_LINES,
    ) -> None:
        self._write = write
        self._metadata = metadata
        self._wanted = LOG_LEVELS[LOG_LEVELS.index(least) :]
        self._repeats = Repeats()
        self._looks_at = 0.0
        self._lines: queue.Queue[tuple[LogLevel, str] | None] = queue.Queue(waiting_lines)
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)
        self._thread.start()

    def log(self, event: str, session_id: str | None, level: LogLevel, details: Mapping[str, object]) -> None:
        if level not in self._wanted:
            return
        kind = kind_of(event, session_id, level, details)
        if kind is None or self._repeats.is_written(kind, time.monotonic()):
            self._put(event, session_id, level, details)

    def _put(
        self, event: str, session_id: str | None, level: LogLevel, details: Mapping[str, object]
    ) -> None:
        line = render(datetime.now(UTC), level, session_id, event, details, self._metadata())
        try:
            self._lines.put_nowait((level, line))
        except queue.Full:
            self._dropped += 1

    def close(self, limit: float = 5.0) -> None:
        """Write what waits, for at most `limit` seconds."""
        self._tell_repeats(all_of_them=True)
        try:
            self._lines.put(None, timeout=limit)
        except queue.Full:
            return
        self._thread.join(limit)

    def _run(self) -> None:
        is_over = False
        while not is_over:
            if entries := self._next_entries():
                is_over = None in entries
                lines = [entry for entry in entries if entry]
                for level, some in groupby(lines, itemgetter(0)):
                    self._write(level, "\n".join(line for _, line in some))
                if self._dropped and self._lines.empty():
                    dropped, self._dropped = self._dropped, 0
                    self._put("log_lines_dropped", None, "warning", {"count": dropped})
            self._tell_repeats()

    def _next_entries(self) -> Sequence[tuple[LogLevel, str] | None]:
        """Those of one moment together: where each line wakes this thread, a busy service does little but change threads."""
        try:
            entries = [self._lines.get(timeout=LOOK_SECONDS)]
        except queue.Empty:
            return []
        time.sleep(GATHER_SECONDS)
        with suppress(queue.Empty):
            while len(entries) < AT_ONCE:
                entries.append(self._lines.get_nowait())
        return entries

    def _tell_repeats(self, *, all_of_them: bool = False) -> None:
        if not all_of_them and time.monotonic() < self._looks_at:
            return
        self._looks_at = time.monotonic() + LOOK_SECONDS
        for kind, count in self._repeats.over(time.monotonic(), all_of_them=all_of_them):
            details = dict(kind.details) | {"count": count}
            self._put(f"{kind.event}_repeated", kind.session_id, cast("LogLevel", kind.level), details)


def _to_loguru(level: LogLevel, line: str) -> None:
    logger.log(level.upper(), line)


_journal: Journal | None = None


def log(event: str, session_id: str | None = None, /, *, level: LogLevel = "info", **details: object) -> None:
    """Log `event` (a stable snake_case word); never waits, never fails.

    Every detail is named by its keyword and becomes camelCase. An exception may be given as it is
    (`error=failure`): its type and place are kept. Never pass texts, QR codes, tokens or secrets; those that are
    recognised are removed. Before `configure` lines go to loguru's own stderr.
    """
    if _journal:
        _journal.log(event, session_id, level, details)
    else:
        _to_loguru(level, render(datetime.now(UTC), level, session_id, event, details, {}))


def configure(settings: LogSettings, metadata: Callable[[], Mapping[str, object]] = dict) -> None:
    """Send everything, also what libraries log, to stderr and to the log folder.

    `metadata` is asked for each line (`memoryUsage`, `sessionCount`), so it must only look things up.
    Raises SetupError when the folder cannot be written to. SIGUSR1 prints every thread's stack to stderr.
    """
    global _journal  # noqa: PLW0603 - a process has one log
    close()
    _open_sinks(settings)
    _journal = Journal(_to_loguru, metadata, least=settings.level)
    logging.captureWarnings(capture=True)
    # Below WARNING libraries log scripts and requests, which contain what must not be logged.
    logging.basicConfig(handlers=[_FromLibraries()], level=logging.WARNING, force=True)
    threading.excepthook = _on_thread_death
    if sys.__stderr__:
        faulthandler.register(signal.SIGUSR1, file=sys.__stderr__, all_threads=True)


def close() -> None:
    """Write what still waits. Called as the daemon's last step, and again at exit, where it does nothing."""
    global _journal  # noqa: PLW0603 - a process has one log
    if _journal:
        _journal.close()
    _journal = None


atexit.register(close)


def _open_sinks(settings: LogSettings) -> None:
    def as_it_is(_: object) -> str:
        return "{message}\n"

    def opener(path: str, flags: int) -> int:
        return os.open(path, flags, 0o600)

    logger.remove()
    level = (settings.stderr_level or settings.level).upper()
    to_people = partial(_to_people, sys.stderr) if settings.stderr_format == "pretty" else None
    logger.add(
        to_people or sys.stderr, level=level, format=as_it_is, colorize=False, backtrace=False, diagnose=False
    )
    rotate_at = log_files.rotate_at(settings.rotate_mb, settings.total_mb)
    retention = log_files.retention(settings.keep_days, settings.total_mb, rotate_at)
    try:
        Path(settings.dir).mkdir(mode=0o700, parents=True, exist_ok=True)
        retention(settings.dir.glob(f"{Path(FILE).stem}*.log"))
        logger.add(
            settings.dir / FILE,
            level=settings.level.upper(),
            format=as_it_is,
            rotation=rotate_at,
            retention=retention,
            opener=opener,
            encoding="utf-8",
            backtrace=False,
            diagnose=False,
        )
    except OSError as failure:
        raise SetupError(
            f"A pasta de logs {settings.dir} não pode ser usada: {explain(failure)} (WPP_LOG_DIR)"
        ) from None


def _to_people(stream: TextIO, lines: str) -> None:
    stream.writelines(f"{pretty(line, colour=stream.isatty())}\n" for line in lines.rstrip().splitlines())
    stream.flush()


class _FromLibraries(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        level: LogLevel = "error" if record.levelno >= logging.ERROR else "warning"
        error = record.exc_info[1] if record.exc_info else None
        log("library_log", level=level, logger=record.name, note=record.getMessage(), error=error)


def _on_thread_death(death: threading.ExceptHookArgs) -> None:
    log(
        "thread_died",
        level="error",
        thread=death.thread.name if death.thread else None,
        error=death.exc_value,
    )
