"""Nobody fills the disk, or buries what matters, with log lines."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wppmt.app import logs
from wppmt.app.settings import LogSettings

MEGABYTE = 1_000_000


@pytest.fixture
def settings(tmp_path: Path) -> LogSettings:
    return LogSettings(
        level="info",
        stderr_level="error",
        stderr_format="json",
        dir=tmp_path / "logs",
        rotate_mb=1,
        keep_days=1,
        total_mb=3,
    )


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    hook = threading.excepthook
    yield
    logs.close()
    threading.excepthook = hook
    logging.captureWarnings(capture=False)
    logging.basicConfig(handlers=[], force=True)


def written(settings: LogSettings) -> list[dict[str, Any]]:
    logs.close()
    return [json.loads(line) for line in (settings.dir / logs.FILE).read_text().splitlines()]


def test_a_library_that_complains_without_end_is_a_line_and_a_count(settings: LogSettings):
    logs.configure(settings)
    for number in range(4200):
        logging.getLogger("asyncio").error("socket.accept() out of system resource\nsocket: <fd=%d>", number)
    logs.log("what_matters", level="warning")
    first, matters, count = written(settings)
    assert (first["event"], first["details"]["logger"]) == ("library_log", "asyncio")
    assert matters["event"] == "what_matters"
    assert (count["event"], count["level"]) == ("library_log_repeated", "error")
    assert count["details"] == {
        "logger": "asyncio", "note": "socket.accept() out of system resource", "count": 4199,
    }  # fmt: skip


def test_refusals_without_end_are_ten_lines_and_a_count(settings: LogSettings):
    logs.configure(settings)
    for number in range(1000):
        logs.log("http_request", method="GET", route="?", status=401, ms=0.1, request_id=str(number))
        if number % 100 == 0:
            logs.log("http_request", "a", method="POST", route="/x", status=200, ms=1.0, request_id="x")
    lines = written(settings)
    assert len(lines) == 10 + 10 + 1
    assert lines[-1]["event"] == "http_request_repeated"
    assert lines[-1]["details"] == {"method": "GET", "route": "?", "status": 401, "count": 990}


@pytest.mark.slow
def test_all_files_together_stay_within_their_total(settings: LogSettings):
    settings.dir.mkdir()
    for day in range(1, 6):
        (settings.dir / f"wppmt.2026-02-0{day}_12-00-00_000000.log").write_bytes(bytes(MEGABYTE))
    (settings.dir / logs.FILE).write_bytes(bytes(MEGABYTE - 100_000))
    logs.configure(settings)
    for _ in range(120):
        logs.log("filler", numbers=list(range(3000)))
    logs.close()
    files = list(settings.dir.iterdir())
    assert len(files) > 1
    assert sum(file.stat().st_size for file in files) <= settings.total_mb * MEGABYTE
    assert logs.FILE in {file.name for file in files}
