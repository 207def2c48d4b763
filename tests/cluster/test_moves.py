"""A session changes machines through etcd: whoever is killed, and wherever, one machine has it, whole, and only that one may open it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.cluster.members import NEVER, Cluster, Member, MortalEtcd
from wppmt.cluster import keys
from wppmt.cluster.etcd import Committed, Compare, Delete, Operation, Put
from wppmt.cluster.leader import REFUSED_SECONDS
from wppmt.cluster.memory import MemoryEtcd
from wppmt.cluster.patience import MOST_SECONDS
from wppmt.cluster.values import Goal, Home, Why
from wppmt.domain import move_messages
from wppmt.domain.cluster import MachineState
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.jobs import JobStatus
from wppmt.moving.receiving import MOVED
from wppmt.store.move_records import DepartureState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

POINTS = 60
"""At most so many things does a daemon do during one move."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    made.joins("m1", "m2", "m3")
    made.members["m1"].has("loja")
    yield made
    made.close()


async def _asked(cluster: Cluster, target: str = "m2", session: str = "loja") -> None:
    source = cluster.members["m1"]
    source.refresh()
    await source.errands.ask(session, target)
    await source.rest()


async def test_it_goes_where_it_was_asked_to_go(cluster: Cluster):
    await _asked(cluster)
    assert cluster.owners("loja") == ["m2"]
    assert cluster.home("loja") == "m2"
    await cluster.settle()
    source = cluster.members["m1"].instance
    assert [one.state for one in source.store.departures()] == [DepartureState.SETTLED]
    assert source.has_nothing_of("loja")
    assert (source.place.tokens / MOVED / "loja").is_dir()
    assert not cluster.members["m1"].view.goals
    with pytest.raises(Refusal) as refusal:
        source.departing.registry.require_here("loja")
    assert refusal.value.extra == {"owner": "https://m2"}
    assert not list((cluster.members["m2"].instance.receiving.folder).iterdir())


async def test_and_back_again(cluster: Cluster):
    await _asked(cluster)
    await cluster.settle()
    there = cluster.members["m2"]
    await there.errands.ask("loja", "m1")
    await there.rest()
    await cluster.settle()
    assert cluster.owners("loja") == ["m1"]


@pytest.mark.parametrize("victim", ["m1", "m2"])
async def test_killed_at_each_step_and_started_again(cluster: Cluster, victim: str):
    """Every commit in a store or in etcd, every word between two machines or to an actor is a step."""
    for step in range(POINTS):
        session = f"loja-{step}"
        cluster.members["m1"].has(session)
        is_killed = await _killed_at(cluster, victim, step, session)
        if is_killed:
            cluster.members[victim].boot()
        await cluster.settle()
        [owner] = cluster.owners(session)
        assert cluster.home(session) == owner, step
        other = cluster.members["m2" if owner == "m1" else "m1"].instance
        assert other.has_nothing_of(session), step
        assert not other.departing.registry.waiting(), step
        if not is_killed:
            return
    pytest.fail("it never came to an end")


async def _killed_at(cluster: Cluster, victim: str, step: int, session: str = "loja") -> bool:
    """Whether that was before the move's end."""
    one = cluster.members[victim]
    one.life.ends_at = one.life.points + step
    try:
        await _asked(cluster, session=session)
    except BaseException:  # noqa: BLE001 - Killed, in the midst of being asked
        one.life.is_over = True
    if one.is_up:
        one.life.ends_at = NEVER
        return False
    one.kill()
    return True


async def test_the_target_takes_up_what_is_its_own_though_the_source_never_comes_back(cluster: Cluster):
    """From the moment that etcd says so; before it, the target has the archive and leaves it alone."""
    source, was_taken = cluster.members["m1"], set()
    for step in range(0, POINTS, 2):
        session = f"loja-{step}"
        source.has(session)
        if not await _killed_at(cluster, "m1", step, session):
            break
        source.is_lost()
        before = cluster.home(session)
        await cluster.settle()
        assert cluster.owners(session) == (["m2"] if before == "m2" else []), step
        was_taken.add(before)
        source.boot()
        await cluster.settle()
        assert len(cluster.owners(session)) == 1, step
    assert was_taken == {"m1", "m2"}


async def test_a_lost_machine_s_session_comes_up_from_what_it_had_sent(cluster: Cluster):
    """It died on its way: what waits at the target is newer than every backup."""
    source, target, session = cluster.members["m1"], cluster.members["m2"], ""
    for step in range(POINTS):
        session = f"loja-{step}"
        source.has(session)
        assert await _killed_at(cluster, "m1", step, session)
        if target.instance.receiving.registry.waiting():
            break
        source.boot()
        await cluster.settle()
    source.is_lost()
    await cluster.settle()
    cluster.now += 61
    await cluster.settle()
    assert cluster.owners(session) == ["m2"]
    assert "session_returned" not in target.instance.logged
    assert session not in target.view.goals


async def _lost(cluster: Cluster, member: Member) -> None:
    await cluster.settle()
    member.is_lost()
    await cluster.settle()
    cluster.now += 61
    await cluster.settle()


async def test_a_lost_machine_s_session_comes_up_from_its_newest_archive(cluster: Cluster):
    lost = cluster.members["m1"]
    lost.backs_up("loja")
    await _lost(cluster, lost)
    [owner] = cluster.owners("loja")
    assert owner in {"m2", "m3"}
    one = cluster.members[owner]
    assert "session_returned" in one.instance.logged
    assert not one.view.goals


async def test_it_comes_up_also_where_it_was_once_moved_to(cluster: Cluster):
    home, there, other = (cluster.members[name] for name in ("m1", "m2", "m3"))
    for one, to in ((home, "m2"), (there, "m1"), (home, "m3"), (other, "m1")):
        await one.errands.ask("loja", to)
        await one.rest()
        await cluster.settle()
    assert cluster.owners("loja") == ["m1"]
    # Whom a session was handed over to promises to fence it later than that.
    promised = Put(keys.home("loja"), home.home_of("loja").dump())
    assert cluster.tree.commit([], [promised], cluster.now).succeeded
    home.backs_up("loja")
    await _lost(cluster, home)
    [owner] = cluster.owners("loja")
    assert owner in {"m2", "m3"}
    assert "session_returned" in cluster.members[owner].instance.logged


async def test_whoever_brings_it_up_is_killed_at_each_step_and_started_again(tmp_path: Path):
    for step in range(POINTS):
        cluster = Cluster(tmp_path / str(step))
        cluster.joins("m1", "m2")
        lost, other = cluster.members["m1"], cluster.members["m2"]
        lost.has("loja")
        lost.backs_up("loja")
        await cluster.settle()
        lost.is_lost()
        await cluster.settle()
        cluster.now += 61
        other.life.ends_at = other.life.points + step
        await cluster.settle()
        was_killed = not other.is_up
        if was_killed:
            other.boot()
            await cluster.settle()
        assert cluster.owners("loja") == ["m2"], step
        assert not other.view.goals, step
        cluster.close()
        if not was_killed:
            return
    pytest.fail("it never came to an end")


async def test_without_an_archive_it_waits_and_says_so(cluster: Cluster):
    await _lost(cluster, cluster.members["m1"])
    assert cluster.owners("loja") == []
    assert cluster.home("loja") == "m1"
    [aim] = cluster.members["m2"].view.goals.values()
    assert "backup" in aim.value.refused


async def test_what_fails_when_it_is_decided_already_is_tried_again_and_not_refused(tmp_path: Path):
    """Refused, the goal would be deleted one day, and a `start` would then begin a session without a login."""
    cluster = Cluster(tmp_path)
    cluster.joins("m1", "m2")
    lost, other = cluster.members["m1"], cluster.members["m2"]
    lost.has("loja")
    lost.backs_up("loja")
    other.instance.actors.refused[move_messages.TakeUp] = Refusal(Code.SESSION_BUSY)
    await _lost(cluster, lost)
    assert cluster.home("loja") == "m2"
    [aim] = other.view.goals.values()
    assert not aim.value.refused
    with pytest.raises(Refusal, match="MOVING"):
        other.errands.require_all_here("loja")
    # Not even the login is in its place.
    place = other.instance.place
    place.profile("loja").rename(place.arrived("loja"))
    other.instance.actors.refused.clear()
    cluster.now += MOST_SECONDS
    await cluster.settle()
    assert cluster.owners("loja") == ["m2"]
    assert not other.view.goals
    cluster.close()


async def test_what_fails_is_left_alone_for_a_while(cluster: Cluster):
    one, goal = cluster.members["m1"], Goal(machine="m1", why=Why.LOST)
    cluster.tree.commit([], [Put(keys.goal("outra"), goal.dump())], cluster.now)
    cluster.tree.commit([], [Put(keys.home("outra"), Home(machine="m1").dump())], cluster.now)
    tried = []
    for seconds in (0.0, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4):
        cluster.now += seconds
        await one.look()
        tried.append(len(one.instance.jobs._jobs))
    assert tried == [1, 1, 1, 2, 2, 2, 2, 2]
    assert one.instance.logged.count("errand_failed") == 1


async def test_a_look_that_finds_the_goal_before_its_commit_is_answered_begins_one_move(cluster: Cluster):
    source = cluster.members["m1"]

    class QuickWatch(MortalEtcd):
        async def commit(self, compares: Sequence[Compare], operations: Sequence[Operation]) -> Committed:
            done = await super().commit(compares, operations)
            source.refresh()
            await source.errands.look()
            return done

    source.errands.etcd = QuickWatch(MemoryEtcd(lambda: cluster.now, cluster.tree), source.life)
    job = await source.errands.ask("loja", "m2")
    assert list(source.instance.jobs._jobs) == [job.id]
    await source.rest()
    assert cluster.owners("loja") == ["m2"]


async def _given_and_not_settled(cluster: Cluster) -> str:
    """Its source died when etcd, and nobody else, knew that it is the target's."""
    source = cluster.members["m1"]
    for step in range(POINTS):
        session = f"loja-{step}"
        source.has(session)
        assert await _killed_at(cluster, "m1", step, session)
        if cluster.home(session) == "m2":
            return session
        source.boot()
        await cluster.settle()
    pytest.fail("it was never given")


async def test_a_source_learns_that_its_target_has_passed_it_on(cluster: Cluster):
    session = await _given_and_not_settled(cluster)
    await cluster.settle()
    there = cluster.members["m2"]
    await there.errands.ask(session, "m3")
    await there.rest()
    assert cluster.owners(session) == ["m3"]
    source = cluster.members["m1"]
    source.boot()
    await cluster.settle()
    states = {one.session_id: one.state for one in source.instance.store.departures()}
    assert states[session] is DepartureState.SETTLED
    assert cluster.owners(session) == ["m3"]


async def test_an_archive_that_waits_is_kept_when_etcd_has_forgotten_whose_it_is(cluster: Cluster):
    session = await _given_and_not_settled(cluster)
    cluster.tree.commit([], [Delete(keys.home(session))], cluster.now)
    source, target = cluster.members["m1"], cluster.members["m2"]
    source.boot()
    await cluster.settle()
    assert [one.session_id for one in target.instance.departing.registry.waiting()] == [session]
    assert (target.instance.receiving.folder / session).is_file()
    states = {one.session_id: one.state for one in source.instance.store.departures()}
    assert states[session] is DepartureState.GONE


async def test_a_machine_that_does_not_fence_is_waited_for(tmp_path: Path):
    cluster = Cluster(tmp_path)
    cluster.joins("m1", "m2")
    one = cluster.members["m1"]
    one.fences = False
    one.has("loja")
    one.backs_up("loja")
    await _lost(cluster, one)
    assert cluster.home("loja") == "m1"
    one.boot()
    await cluster.settle()
    assert cluster.owners("loja") == ["m1"]
    cluster.close()


async def test_what_the_target_refuses_is_told_and_the_session_goes_on_here(cluster: Cluster):
    cluster.members["m2"].instance.actors.refused[move_messages.RequireRoom] = Refusal(Code.RESOURCE_LIMIT)
    await _asked(cluster)
    assert cluster.owners("loja") == ["m1"]
    await cluster.settle()
    [aim] = cluster.members["m1"].view.goals.values()
    assert aim.value.refused
    cluster.now += REFUSED_SECONDS + 1
    await cluster.settle()
    assert not cluster.members["m1"].view.goals


async def test_one_that_is_logging_out_is_not_moved(cluster: Cluster):
    cluster.members["m1"].instance.actors.refused[move_messages.PrepareToLeave] = Refusal(Code.SESSION_BUSY)
    source = cluster.members["m1"]
    job = await source.errands.ask("loja", "m2")
    await source.rest()
    ended = source.instance.jobs.get(job.id)
    assert ended
    assert (ended.status, ended.error) == (
        JobStatus.FAILED, "A sessão não respondeu a tempo. Nada foi feito; tente de novo",
    )  # fmt: skip
    assert cluster.owners("loja") == ["m1"]


async def test_where_no_session_goes(cluster: Cluster):
    source = cluster.members["m1"]
    cluster.tree.commit([], [Put(keys.drain("m3"), "{}")], cluster.now)
    there = source.view.machines["m2"]
    full = there.value.model_copy(update={"state": MachineState.SHORT})
    cluster.tree.commit([], [Put(keys.machine("m2"), full.dump(), there.lease)], cluster.now)
    source.refresh()
    for machine, problem in (
        ("m1", "já é"),
        ("m9", "não há"),
        ("m3", "esvaziada"),
        ("m2", "falta nela disco"),
    ):
        with pytest.raises(Refusal) as refusal:
            await source.errands.ask("loja", machine)
        assert problem in refusal.value.details[0]["problem"]
    assert not source.view.goals
    with pytest.raises(Refusal, match="INVALID_REQUEST"):
        await source.errands.drain("m9", wanted=True)


async def test_a_drained_machine_ends_empty_and_gets_nothing(cluster: Cluster):
    source = cluster.members["m1"]
    await source.errands.drain("m1", wanted=True)
    await cluster.settle()
    [owner] = cluster.owners("loja")
    assert owner in {"m2", "m3"}
    await cluster.members[owner].errands.drain("m1", wanted=False)
    cluster.members[owner].refresh()
    assert not cluster.members[owner].view.drains


async def test_while_it_is_still_being_brought_up_nobody_starts_another_one(cluster: Cluster):
    goal = Goal.parse('{"machine": "m1", "why": "lost"}')
    assert goal
    cluster.tree.commit([], [Put(keys.goal("outra"), goal.dump())], cluster.now)
    cluster.tree.commit([], [Put(keys.home("outra"), '{"machine": "m1"}')], cluster.now)
    one = cluster.members["m1"]
    one.refresh()
    with pytest.raises(Refusal, match="MOVING"):
        one.errands.require_all_here("outra")
    one.errands.require_all_here("loja")
