from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from wppmt.app.log_reading import Wanted, following, last_lines, told
from wppmt.domain.log import LogLevel


def line(event: str, session: str | None = "loja", level: LogLevel = "info") -> str:
    return json.dumps({"sessionId": session, "level": level, "event": event})


def events(lines: list[str]) -> list[str]:
    return [json.loads(found)["event"] for found in lines]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "wppmt.log"


def write(file: Path, *lines: str, written_at: int | None = None) -> None:
    with file.open("a") as out:
        out.writelines(f"{each}\n" for each in lines)
    if written_at is not None:
        os.utime(file, (written_at, written_at))


def test_the_newest_lines_also_out_of_rotated_files(file: Path):
    write(file.with_name("wppmt.2026-01-01.log"), line("a"), line("b"), written_at=1)
    write(file.with_name("wppmt.2026-01-02.log"), line("c"), line("x", "outra"), written_at=2)
    write(file, line("d"))
    assert events(last_lines(file, Wanted("loja"), 3)) == ["b", "c", "d"]
    assert events(last_lines(file, Wanted("loja"), 10)) == ["a", "b", "c", "d"]
    assert events(last_lines(file, Wanted(), 2)) == ["x", "d"]


def test_from_a_level_on(file: Path):
    write(file, line("a"), line("b", level="warning"), line("c", level="debug"), line("d", level="error"))
    assert events(last_lines(file, Wanted(least="warning"), 10)) == ["b", "d"]


def test_half_a_line_is_not_shown(file: Path):
    write(file, line("a"), '{"sessionId": "loja", "le')
    assert events(last_lines(file, Wanted("loja"), 10)) == ["a"]


def test_there_is_no_log(file: Path):
    with pytest.raises(FileNotFoundError):
        last_lines(file, Wanted(), 1)


class TestFollowing:
    def followed(self, file: Path, *steps: object) -> Iterator[str]:
        """Each pause is one step: something that is called, while the follower waits."""
        waiting = iter(steps)

        def pause() -> None:
            step = next(waiting)
            assert callable(step)
            step()

        return (json.loads(found)["event"] for found in following(file, Wanted("loja"), pause))

    def test_what_comes_and_nothing_before(self, file: Path):
        write(file, line("old"))
        shown = self.followed(file, lambda: write(file, line("a"), line("x", "outra"), line("b")))
        assert [next(shown), next(shown)] == ["a", "b"]

    def test_a_line_that_is_being_written_is_waited_for(self, file: Path):
        file.touch()
        whole = line("a")

        def begin() -> None:
            file.write_text(whole[:10])

        def end() -> None:
            write(file, whole[10:])

        assert next(self.followed(file, begin, end)) == "a"

    def test_rotation_loses_nothing(self, file: Path):
        file.touch()

        def rotate() -> None:
            write(file, line("a"))
            file.rename(file.with_name("wppmt.1.log"))
            write(file, line("b"))

        shown = self.followed(file, rotate, lambda: None)
        assert [next(shown), next(shown)] == ["a", "b"]


class TestWhatIsTold:
    """To an explanation."""

    @staticmethod
    def line(event: str, minute: int, session: str | None = "loja", level: LogLevel = "info") -> str:
        at = f"2026-01-02T03:{minute:02d}:00.500Z"
        fields = {
            "timestamp": at,
            "sessionId": session,
            "level": level,
            "event": event,
            "details": {"n": minute},
        }
        return json.dumps(fields)

    SINCE = 1_767_323_100.0
    """2026-01-02T03:05:00Z."""

    def test_of_the_session_since_then_in_order_also_out_of_rotated_files(self, file: Path):
        write(file.with_name("wppmt.old.log"), self.line("older", 9), written_at=int(self.SINCE) - 1)
        write(
            file.with_name("wppmt.a.log"),
            self.line("early", 4),
            self.line("a", 5),
            written_at=int(self.SINCE) + 60,
        )
        write(file, self.line("x", 6, "outra"), self.line("d", 6, level="debug"), self.line("b", 7))
        found = told(file, "loja", self.SINCE)
        assert [(line.event, line.level, line.details) for line in found] == [
            ("a", "info", {"n": 5}), ("b", "info", {"n": 7}),
        ]  # fmt: skip
        assert found[0].at == self.SINCE + 0.5

    def test_of_a_large_log_the_newest(self, file: Path):
        lines = [self.line(f"e{minute}", minute) for minute in range(10, 60)]
        write(file, *lines)
        room = 3 * len(lines[0])
        assert [line.event for line in told(file, "loja", 0.0, room)] == ["e58", "e59"]

    def test_what_is_no_line_of_ours_is_passed_over(self, file: Path):
        bad = json.dumps({"sessionId": "loja", "level": "error", "event": "x"})
        write(file, bad, "loja", '{"sessionId": "loja", "le', self.line("a", 6))
        assert [line.event for line in told(file, "loja", 0.0)] == ["a"]

    def test_without_a_log_there_is_nothing(self, file: Path):
        assert told(file, "loja", 0.0) == []
