"""What a daemon's cluster does with its sessions: two machines with real stores, on one etcd in memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from actors.runtime.directory import Directory
from tests.defaults import SETTINGS
from tests.moving.instances import FakeActors, Instance
from wppmt.app.cluster import Cluster
from wppmt.app.cluster_work import ClusterWork, errands, leading
from wppmt.app.left_behind import LeftBehind
from wppmt.app.moves import Moves
from wppmt.app.upkeep import Upkeep
from wppmt.browser.keeper.guard import Guard
from wppmt.browser.port import StartFailed
from wppmt.cluster import keys, stamps
from wppmt.cluster.etcd import Put, Snapshot, Unavailable
from wppmt.cluster.lease_note import LeaseNote
from wppmt.cluster.member import Member
from wppmt.cluster.memory import MemoryEtcd
from wppmt.cluster.ownership import fail_over, release
from wppmt.cluster.right import Stamp, Terms
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Goal, Home, Machine, Why
from wppmt.domain.errors import Code, Refusal, SetupError
from wppmt.domain.messages import CloseSession, session_address
from wppmt.domain.move_messages import GiveAway, PrepareToLeave
from wppmt.domain.troubles import CLUSTER_DISPUTED, CLUSTER_FENCED, CLUSTER_FROZEN, CLUSTER_MISSING, Trouble
from wppmt.moving.giving_up import GivingUp
from wppmt.store.move_records import Departure, DepartureState
from wppmt.store.sqlite.store import SqliteStore


@dataclass
class Ground:
    """One etcd and one clock for all."""

    folder: Path
    now: float = 1000.0
    tree: Tree = field(default_factory=Tree)
    made: list[Instance] = field(default_factory=list)

    def machine(self, name: str, *, fences: bool = True) -> tuple[Cluster, Instance]:
        return self._installed(name, name, fences=fences)

    def machine_again(self, name: str) -> tuple[Cluster, Instance]:
        """Its disk was lost."""
        return self._installed(name, f"{name}-again", fences=True)

    def _installed(self, name: str, folder: str, *, fences: bool) -> tuple[Cluster, Instance]:
        instance = Instance(self.folder / folder, lambda *_: None)
        self.made.append(instance)
        return self.daemon(name, instance, fences=fences), instance

    def daemon(self, name: str, instance: Instance, *, fences: bool = True) -> Cluster:
        member = Member(
            etcd=MemoryEtcd(lambda: self.now, self.tree),
            terms=Terms(name, fences),
            boot="boot",
            note=LeaseNote(instance.place.database.parent),
            now=lambda: self.now,
            describe=lambda: Machine(url=f"https://{name}.test", boot="boot"),
            log=lambda *_, **__: None,
        )

        def home_of(_: str) -> Home:
            return Home(machine=name, url=f"https://{name}.test", fences=fences)

        upkeep = Upkeep(
            member=member, store=instance.store, giving_up=GivingUp(instance.departing), home_of=home_of
        )
        moves = Moves(instance.departing, instance.receiving, instance.following)
        work = ClusterWork(
            leading(SETTINGS, member), errands(SETTINGS, member, moves, instance.store, home_of)
        )
        return Cluster(
            settings=SETTINGS,
            member=member,
            upkeep=upkeep,
            store=instance.store,
            directory=Directory(),
            work=work,
        )

    def kept(self) -> Snapshot:
        return self.tree.read(keys.SESSIONS, self.now)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    made = Ground(tmp_path)
    yield made
    for instance in made.made:
        instance.store.close()


async def begun(cluster: Cluster) -> Cluster:
    await cluster.member.join()
    await cluster.member.read()
    await cluster.upkeep.before_actors()
    return cluster


async def tick(cluster: Cluster) -> None:
    await cluster.member.read()
    await cluster.upkeep.before_actors()


async def refused_claim(cluster: Cluster, session_id: str) -> Refusal:
    with pytest.raises(Refusal) as refused:
        async with cluster.claimed(session_id):
            pass
    return refused.value


async def test_of_two_that_start_one_session_one_may(ground: Ground):
    first, second = [await begun(ground.machine(name)[0]) for name in "ab"]
    async with first.claimed("loja"):
        refusal = await refused_claim(second, "loja")
    assert (refusal.code, refusal.extra) == (Code.NOT_OWNER, {"owner": "https://a.test"})
    with pytest.raises(Refusal) as elsewhere:
        second.require_here("loja")
    assert elsewhere.value.code is Code.NOT_OWNER
    first.require_here("loja")


async def test_a_claim_that_came_to_nothing_is_released(ground: Ground):
    cluster = await begun(ground.machine("a")[0])
    async with cluster.claimed("loja"):
        await tick(cluster)
        assert ground.kept().entries
    await tick(cluster)
    assert not ground.kept().entries


async def test_what_was_ended_is_released_and_what_has_left_is_not(ground: Ground):
    cluster, instance = ground.machine("a")
    for name in ("ended", "left", "stays"):
        instance.has(name)
    await begun(cluster)
    with instance.store.transaction() as transaction:
        for name in ("ended", "left"):
            transaction.forget(name)
        transaction.save_departure(Departure("left", DepartureState.GONE, "https://b.test#b", "00", 1.0))
    await tick(cluster)
    names = {entry.key.split("/")[3] for entry in ground.kept().entries}
    assert names == {"left", "stays"}


async def test_what_waits_to_be_brought_here_is_left_alone(ground: Ground):
    cluster, instance = ground.machine("a")
    instance.has("loja")
    await begun(cluster)
    with instance.store.transaction() as transaction:
        transaction.forget("loja")
    goal = Goal(machine="a", why=Why.LOST)
    ground.tree.commit([], [Put(keys.goal("loja"), goal.dump())], ground.now)
    await tick(cluster)
    assert ground.kept().entries


async def test_a_machine_that_was_lost_gives_up_what_another_has_brought_up(ground: Ground):
    lost, instance = ground.machine("a")
    instance.has("loja")
    instance.has("padaria")
    await begun(lost)
    await tick(lost)
    profile = instance.place.profile("loja")
    helper, _ = ground.machine("b")
    ground.now += 20
    await begun(helper)
    home = helper.member.holdings.of("loja").home
    assert home
    me = Home(machine="b", url="https://b.test", fences=True)
    assert await helper.member.commit(fail_over("loja", home, "a", me, helper.lease))
    again = await begun(ground.daemon("a", instance))
    assert [record.id for record in instance.store.sessions()] == ["padaria"]
    assert not profile.exists()
    assert (instance.place.tokens / ".moved" / "loja").is_dir()
    assert again.upkeep.disputed == set()
    with pytest.raises(Refusal) as away:
        instance.departing.registry.require_here("loja")
    assert away.value.extra == {"owner": "https://b.test"}
    assert again.epoch_of("padaria")
    assert again.epoch_of("loja") is None
    assert helper.epoch_of("loja")


async def test_what_only_an_old_etcd_says_is_another_s_stays_here_closed(ground: Ground):
    first, _ = ground.machine("a")
    await begun(first)
    async with first.claimed("loja"):
        pass
    second, instance = ground.machine("b")
    instance.has("loja")
    profile = instance.place.profile("loja")
    stamps.write(profile, Stamp(10**6, "b", fences=True))
    await begun(second)
    second.member.is_current = True
    assert instance.store.session("loja")
    assert profile.is_dir()
    assert second.upkeep.disputed == {"loja"}
    assert second.troubles == [CLUSTER_DISPUTED]
    with pytest.raises(StartFailed):
        second.right("loja", profile)
    held = first.member.holdings.of("loja")
    assert await first.member.commit(release("loja", held))
    await tick(second)
    await tick(second)
    assert second.epoch_of("loja")
    assert second.troubles == []


class Closing(FakeActors):
    def __init__(self, store: SqliteStore) -> None:
        super().__init__(store)
        self.closed: list[str] = []
        self.has_closed = asyncio.Event()

    async def ask(self, address: str, message: object, deadline: float) -> Any:
        if isinstance(message, CloseSession):
            self.closed.append(address)
            self.has_closed.set()
        return await super().ask(address, message, deadline)


async def test_what_comes_to_be_disputed_while_it_runs_is_closed_once(ground: Ground):
    first, _ = ground.machine("a")
    await begun(first)
    async with first.claimed("loja"):
        pass
    second, instance = ground.machine("b")
    await begun(second)
    instance.has("loja")
    front = Closing(instance.store)
    second.upkeep.giving_up = GivingUp(replace(instance.departing, front=front))
    keeping = asyncio.create_task(second.upkeep.keep())
    await front.has_closed.wait()
    second.member.changed.set()
    await asyncio.sleep(0.5)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert front.closed == [session_address("loja")]
    assert second.upkeep.disputed == {"loja"}
    assert instance.store.session("loja")


async def test_an_operator_can_say_that_the_other_one_is_right(ground: Ground):
    first, _ = ground.machine("a")
    await begun(first)
    async with first.claimed("loja"):
        pass
    second, instance = ground.machine("b")
    instance.has("loja")
    profile = instance.place.profile("loja")
    await begun(second)
    assert second.upkeep.disputed
    (profile / stamps.FILE).write_text('{"epoch": 0, "machine": "b", "fences": true}')
    await tick(second)
    assert instance.store.session("loja") is None
    assert (instance.place.tokens / ".moved" / "loja").is_dir()
    assert not second.upkeep.disputed


async def test_a_machine_that_has_sessions_keeps_its_name(ground: Ground):
    cluster, instance = ground.machine("a")
    await begun(cluster)
    browsers = FakeBrowsers(set())
    with_another_name = ground.daemon("b", instance)
    instance.has("loja")
    with pytest.raises(SetupError, match="WPP_CLUSTER_MACHINE=a"):
        async with with_another_name.living(browsers):
            pass
    with instance.store.transaction() as transaction:
        transaction.forget("loja")
    async with with_another_name.living(browsers):
        assert with_another_name.lease


async def test_what_etcd_says_is_here_and_is_not_is_told_and_not_begun_anew(ground: Ground):
    former, _ = ground.machine("a")
    await begun(former)
    async with former.claimed("loja"):
        pass
    ground.now += 20
    reinstalled = await begun(ground.machine_again("a")[0])
    reinstalled.member.is_current = True
    assert reinstalled.troubles == [CLUSTER_MISSING]
    assert (await refused_claim(reinstalled, "loja")).code is Code.SESSION_EXISTS
    async with reinstalled.claimed("loja", restores=True):
        assert reinstalled.epoch_of("loja")
    await tick(reinstalled)
    assert reinstalled.upkeep.missing == {"loja"}
    assert ground.kept().entries


async def test_what_was_ended_before_a_crash_is_released_after_it(ground: Ground):
    cluster, instance = ground.machine("a")
    instance.has("loja")
    await begun(cluster)
    with instance.store.transaction() as transaction:
        transaction.forget("loja")
    await begun(ground.daemon("a", instance))
    assert not ground.kept().entries


async def test_a_name_that_once_went_away_may_begin_here_again(ground: Ground):
    cluster, instance = ground.machine("a")
    await begun(cluster)
    with instance.store.transaction() as transaction:
        transaction.save_departure(Departure("loja", DepartureState.SETTLED, "https://b.test#b", "00", 1.0))
    registry = instance.departing.registry
    registry.reload()
    with pytest.raises(Refusal):
        registry.require_here("loja")
    registry.require_here("loja", is_told=cluster.is_known)
    async with cluster.claimed("loja"):
        assert registry.departure("loja") is None
    assert not instance.store.departures()


@pytest.mark.parametrize(
    ("state", "owner"),
    [(DepartureState.GONE, "https://b.test#b"), (DepartureState.SETTLED, "https://outside.test")],
)
async def test_what_etcd_cannot_know_is_this_machines_word(ground: Ground, state: DepartureState, owner: str):
    _, instance = ground.machine("a")
    with instance.store.transaction() as transaction:
        transaction.save_departure(Departure("loja", state, owner, "00", 1.0))
    instance.departing.registry.reload()
    with pytest.raises(Refusal):
        instance.departing.registry.require_here("loja", is_told=True)


async def test_a_guard_that_was_left_goes_on_until_nobody_counts_on_it(ground: Ground):
    fencing, instance = ground.machine("a")
    instance.has("loja")
    await begun(fencing)
    plain = ground.daemon("a", instance, fences=False)
    told: list[tuple[int, float, float]] = []
    plain.member.vouch = lambda *said: told.append(said)
    etcd = cast("MemoryEtcd", plain.etcd)
    etcd.is_reachable = False
    with pytest.raises(Unavailable):
        await begun(plain)
    assert not told
    etcd.is_reachable = True
    await begun(plain)
    assert not promised(plain, "loja")
    assert told == [(0, 0.0, 0.0)]


async def failed_over(ground: Ground) -> tuple[Cluster, Instance]:
    """Machine a was lost for a while, and b has brought its session up."""
    cluster, instance = ground.machine("a")
    instance.has("loja")
    await begun(cluster)
    await tick(cluster)
    helper, _ = ground.machine("b")
    ground.now += 20
    await begun(helper)
    home = helper.member.holdings.of("loja").home
    assert home
    assert await helper.member.commit(
        fail_over("loja", home, "a", Home(machine="b", url="https://b.test"), helper.lease)
    )
    return cluster, instance


async def test_what_is_given_up_before_the_actors_is_given_up_whole(ground: Ground):
    _, instance = await failed_over(ground)
    again = ground.daemon("a", instance)
    began, may_end = threading.Event(), threading.Event()

    def log(*_: object, **__: object) -> None:
        began.set()
        may_end.wait(10)

    again.upkeep.giving_up = GivingUp(replace(instance.departing, log=log))
    work = asyncio.create_task(begun(again))
    await asyncio.to_thread(began.wait, 10)
    work.cancel()
    assert not (await asyncio.wait({work}, timeout=0.05))[0]
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not instance.place.profile("loja").exists()


class Hanging(FakeActors):
    def __init__(self, store: SqliteStore) -> None:
        super().__init__(store)
        self.hangs = asyncio.Event()

    async def ask(self, address: str, message: object, deadline: float) -> Any:
        if isinstance(message, PrepareToLeave):
            self.hangs.set()
            await asyncio.Event().wait()
        return await super().ask(address, message, deadline)


async def test_what_it_was_giving_up_is_undone_before_it_ends(ground: Ground):
    cluster, instance = await failed_over(ground)
    front = Hanging(instance.store)
    cluster.upkeep.giving_up = GivingUp(replace(instance.departing, front=front))
    await cluster.member.read()
    keeping = asyncio.create_task(cluster.upkeep.keep())
    await front.hangs.wait()
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert not instance.store.departures()
    assert instance.store.session("loja")


async def test_given_up_while_it_runs_its_actor_is_closed_first(ground: Ground):
    cluster, instance = ground.machine("a")
    instance.has("loja")
    await begun(cluster)
    await GivingUp(instance.departing).give_up("loja", "https://b.test#b")
    assert "loja" not in instance.actors.running
    assert instance.store.session("loja") is None
    [departure] = instance.store.departures()
    assert departure.state is DepartureState.SETTLED


async def test_one_that_cannot_be_closed_now_is_given_up_later(ground: Ground):
    cluster, instance = ground.machine("a")
    instance.has("loja")
    await begun(cluster)
    instance.actors.refused[GiveAway] = Refusal(Code.SESSION_BUSY)
    with pytest.raises(Refusal):
        await GivingUp(instance.departing).give_up("loja", "https://b.test#b")
    assert not instance.store.departures()
    assert "loja" in instance.actors.running
    instance.actors.refused.clear()
    await GivingUp(instance.departing).give_up("loja", "https://b.test#b")
    assert instance.store.session("loja") is None


@dataclass
class FakeBrowsers:
    """Those that a former daemon left."""

    running: set[str]
    watched: set[str] = field(default_factory=set)

    @property
    def guard(self) -> Guard:
        return cast("Guard", self)

    def watches(self, session_id: str) -> bool:
        return session_id in self.watched

    def until(self, term: int, close_at: float, kill_at: float) -> None: ...

    def left(self) -> set[str]:
        return self.running


def promised(cluster: Cluster, session_id: str) -> bool:
    entry = cluster.member.holdings.of(session_id).home
    home = Home.parse(entry.value) if entry else None
    assert home
    return home.fences


async def test_that_it_fences_is_not_promised_before_left_browsers_are_guarded_or_gone(ground: Ground):
    cluster, instance = ground.machine("a")
    for name in ("adopted", "ended", "opened-under-a-guard", "without"):
        instance.has(name)
    tokens = instance.place.tokens
    stamps.write(tokens / "opened-under-a-guard", Stamp(1, "a", fences=True))
    stamps.write(tokens / "ended", Stamp(1, "a", fences=False))
    browsers = FakeBrowsers({"adopted", "ended", "opened-under-a-guard"})
    cluster.upkeep.left_behind = LeftBehind(tokens, browsers)
    await begun(cluster)
    await tick(cluster)
    assert [promised(cluster, name) for name in ("adopted", "ended")] == [False, False]
    assert stamps.read(tokens / "adopted") is None
    assert [promised(cluster, name) for name in ("opened-under-a-guard", "without")] == [True, True]
    browsers.watched.add("adopted")
    await tick(cluster)
    assert [promised(cluster, name) for name in ("adopted", "ended")] == [True, False]
    browsers.running.discard("ended")
    await tick(cluster)
    assert promised(cluster, "ended")


@pytest.mark.parametrize(("fences", "trouble"), [(True, CLUSTER_FENCED), (False, CLUSTER_FROZEN)])
async def test_without_etcd_no_session_begins_and_health_says_so(
    ground: Ground, fences: bool, trouble: Trouble
):
    cluster = await begun(ground.machine("a", fences=fences)[0])
    cluster.member.is_current = True
    assert (cluster.troubles, cluster.may_run_browsers) == ([], True)
    cast("MemoryEtcd", cluster.etcd).is_reachable = False
    ground.now += 11
    assert (await refused_claim(cluster, "nova")).code is Code.CLUSTER_UNAVAILABLE
    assert cluster.troubles == [trouble]
    assert cluster.may_run_browsers is not fences
