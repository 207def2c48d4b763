"""Sizes of profiles, for who lists hundreds of sessions again and again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from wppmt.app.profile_sizes import FRESH_SECONDS, WINDOW_SECONDS, ProfileSizes

MB = 1024 * 1024


def clock(now: list[float], look: float) -> Iterator[float]:
    """Every second asking is the end of a look, which has taken so long."""
    for number in count():
        yield now[0] + (look if number % 2 else 0.0)


def profile(folder: Path, name: str, size: int) -> None:
    (folder / name / "Default").mkdir(parents=True, exist_ok=True)
    (folder / name / "Default" / "data").write_bytes(b"x" * size)


def test_a_profile_is_measured_anew_when_its_size_is_old(tmp_path: Path):
    now = [100.0]
    sizes = ProfileSizes(tmp_path, lambda: now[0])
    assert sizes.of("a") is None
    profile(tmp_path, "a", 3 * MB)
    assert sizes.of("a") == 3
    profile(tmp_path, "a", 5 * MB)
    assert sizes.of("a") == 3
    now[0] += FRESH_SECONDS
    assert sizes.of("a") == 5


def test_what_does_not_fit_into_a_moment_comes_with_the_next(tmp_path: Path):
    now = [100.0]
    times = clock(now, look=0.06)
    sizes = ProfileSizes(tmp_path, lambda: next(times))
    for name in "abc":
        profile(tmp_path, name, MB)
    assert [sizes.of(name) for name in "ab"] == [1, 1]
    assert sizes.of("c") is None
    next(times)  # the look that was not taken
    now[0] += WINDOW_SECONDS
    assert sizes.of("c") == 1
