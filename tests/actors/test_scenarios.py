"""Runs by chance keep every promise; and the judge of them notices each bug that is planted."""

from __future__ import annotations

import pytest

from tests.actors.planted import PLANTED, Bug
from tests.actors.seeds import play

SEEDS = 40
CHUNKS = 4
FIND_WITHIN = 1000
"""The rarest shows once in some hundred runs."""


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_promise_is_kept_whatever_happens(chunk: int):
    size = SEEDS // CHUNKS
    for seed in range(chunk * size, (chunk + 1) * size):
        assert play(seed).violations() == [], f"python -m tests.actors.seeds --show {seed}"


def test_one_seed_is_one_run():
    first, second = play(7), play(7)
    assert [line.event for line in first.logs] == [line.event for line in second.logs]
    assert first.events == second.events
    assert first.openings == second.openings


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.__name__)
def test_every_planted_bug_is_found(bug: Bug, monkeypatch: pytest.MonkeyPatch):
    bug(monkeypatch)
    assert any(play(seed).violations() for seed in range(FIND_WITHIN))
