from __future__ import annotations

import json
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import wait_until
from wppmt.app import logs
from wppmt.app.settings import LogSettings
from wppmt.domain.errors import SetupError
from wppmt.domain.log import LogLevel

NOON = datetime(2026, 2, 10, 12, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=-3)))


@pytest.fixture
def settings(tmp_path: Path) -> LogSettings:
    return LogSettings(
        level="info",
        stderr_level="error",
        stderr_format="json",
        dir=tmp_path / "logs",
        rotate_mb=1,
        keep_days=1,
        total_mb=10,
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
    return [json.loads(line) for line in (settings.dir / logs.FILE).read_text(encoding="utf-8").splitlines()]


def test_line_has_the_documents_form():
    details = {"message_id": "3EB0F6F2", "to": "5511999999999", "status": "sent"}
    metadata = {"memoryUsage": "2.1GB", "sessionCount": 10}
    assert json.loads(logs.render(NOON, "info", "cliente-001", "message_sent", details, metadata)) == {
        "timestamp": "2026-02-10T15:30:00.123Z",
        "level": "info",
        "sessionId": "cliente-001",
        "event": "message_sent",
        "details": {"messageId": "3EB0F6F2", "to": "***9999", "status": "sent"},
        "metadata": metadata,
    }


@given(st.text())
def test_one_event_is_one_line_without_control_characters(name: str):
    line = logs.render(NOON, "debug", None, "seen", {"pushname": name}, {})
    assert len(line.splitlines()) == 1
    assert line.encode("utf-8").isascii() or not any(0x7F <= ord(char) <= 0x9F for char in line)
    assert "\x1b" not in line
    assert json.loads(line)["event"] == "seen"


def test_file_gets_what_the_level_asks_for_and_is_private(settings: LogSettings):
    logs.configure(settings, lambda: {"sessionCount": 3})
    logs.log("first", "cliente-001", count=1)
    logs.log("not_wanted", level="debug")
    logs.log("braces", note="{message} {0}")
    lines = written(settings)
    assert [line["event"] for line in lines] == ["first", "braces"]
    assert lines[0]["metadata"] == {"sessionCount": 3}
    assert stat.S_IMODE((settings.dir / logs.FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.dir.stat().st_mode) == 0o700


def test_people_get_rows_and_the_file_stays_for_programs(
    settings: LogSettings, capsys: pytest.CaptureFixture[str]
):
    logs.configure(settings.model_copy(update={"stderr_format": "pretty", "stderr_level": "info"}))
    logs.log("first", "cliente-001", count=1, to="5511999999999")
    assert [line["event"] for line in written(settings)] == ["first"]
    assert capsys.readouterr().err.endswith("INFO   cliente-001  first  count=1 to=***9999\n")


def test_libraries_are_heard_from_warning_on(settings: LogSettings):
    logs.configure(settings)
    logging.getLogger("pykka").info("quiet")
    logging.getLogger("pykka").warning("token eyJabc.def.ghi")
    try:
        raise OSError(28, "No space left")
    except OSError:
        logging.getLogger("aiohttp").exception("failed")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old way", stacklevel=1)
    first, second, third = written(settings)
    assert first["details"] == {"logger": "pykka", "note": "token ***"}
    assert (second["level"], second["details"]["error"]["type"]) == ("error", "OSError")
    assert "old way" in third["details"]["note"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_death_of_a_thread_is_written_down(settings: LogSettings):
    logs.configure(settings)
    thread = threading.Thread(target=lambda: 1 / 0, name="doomed")
    thread.start()
    thread.join()
    (line,) = written(settings)
    assert (line["event"], line["details"]["thread"]) == ("thread_died", "doomed")


def test_folder_that_cannot_be_written(settings: LogSettings, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="WPP_LOG_DIR"):
        logs.configure(settings.model_copy(update={"dir": tmp_path / "file"}))


class TestSlowDisk:
    def test_nobody_waits_and_the_dropped_are_counted(self):
        gate = threading.Event()
        lines: list[dict[str, Any]] = []

        def write(_: LogLevel, some: str) -> None:
            gate.wait(5)
            lines.extend(json.loads(line) for line in some.splitlines())

        journal = logs.Journal(write, waiting_lines=10)
        began = time.monotonic()
        for _ in range(100):
            journal.log("tick", None, "info", {})
        assert time.monotonic() - began < 1
        gate.set()
        wait_until(lambda: lines and lines[-1]["event"] == "log_lines_dropped")
        journal.close()
        assert lines[-1]["details"]["count"] + len(lines) - 1 == 100

    def test_close_gives_up_on_a_disk_that_hangs(self):
        gate = threading.Event()

        def hang(_level: LogLevel, _line: str) -> None:
            gate.wait(5)

        journal = logs.Journal(hang, waiting_lines=1)
        for _ in range(3):
            journal.log("tick", None, "info", {})
        began = time.monotonic()
        journal.close(limit=0.1)
        assert time.monotonic() - began < 1
        gate.set()


@pytest.mark.slow
def test_sigusr1_prints_the_stack_of_every_thread(tmp_path: Path):
    program = f"""
import pathlib, threading
from wppmt.app import logs
from wppmt.app.settings import (LogSettings)

logs.configure(LogSettings(level="info", stderr_level="", stderr_format="json", dir=pathlib.Path({str(tmp_path)!r}), rotate_mb=1, keep_days=1, total_mb=10))
def waits_here(): threading.Event().wait()
threading.Thread(target=waits_here, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, signal.SIGUSR1)
        for line in process.stderr:
            if "waits_here" in line:
                break
        assert process.poll() is None
        process.kill()
        assert "waits_here" in line


@pytest.mark.slow
def test_rotation_keeps_writing(settings: LogSettings):
    logs.configure(settings)
    for number in range(800):
        logs.log("filler", note="x" * 1900, number=number)
    logs.close()
    files = sorted(settings.dir.iterdir())
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(files) == 2
    assert sorted(line["details"]["number"] for line in lines) == list(range(800))


def test_time_is_utc():
    assert logs.render(datetime(2026, 1, 1, tzinfo=UTC), "info", None, "x", {}, {}).startswith(
        '{"timestamp":"2026-01-01T00:00:00.000Z"'
    )
