"""The minds of the cluster, against whatever a seed draws; and bugs that such seeds must find, or they prove nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.simulation.daemon import Minds
from tests.cluster.simulation.seed import Seed
from wppmt.cluster.right import Denied, Right, right_to_open


def without_the_epoch(terms: Any, membership: Any, held: Any, stamp: Any, now: float) -> Right | Denied:
    return right_to_open(terms, membership, held, None, now)


PLANTED = {
    "the epoch is not checked": Minds(right=without_the_epoch),
    "a renewal counts from its answer": Minds(sent_at=lambda _sent, answered: answered),
    "the guard does not ask for the lease": Minds(guard_ignores_leases=True),
    "sessions are taken from machines that do not fence": Minds(may_fail_over=lambda _home: True),
}


def judge(seeds: range) -> None:
    for seed in seeds:
        verdict = Seed(seed).run()
        assert not verdict.doubles, (seed, verdict.doubles)
        assert not verdict.lost, (seed, verdict.lost)


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("start", range(0, 80, 20))
def test_no_session_has_two_owners(start: int) -> None:
    judge(range(start, start + 20))


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("start", range(0, 5_000, 1_000))
def test_no_session_has_two_owners_in_thousands_of_seeds(start: int) -> None:
    judge(range(start, start + 1_000))


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str) -> None:
    assert any(Seed(seed, PLANTED[bug]).run().doubles for seed in range(2_000))
