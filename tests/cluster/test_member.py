"""A machine's life in the cluster: its lease, its name, and the right to open a browser, on an etcd in memory and a clock of the test's."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from wppmt.cluster import keys, stamps
from wppmt.cluster.etcd import Unavailable
from wppmt.cluster.lease_note import LeaseNote
from wppmt.cluster.member import Member, NameTaken
from wppmt.cluster.memory import MemoryEtcd
from wppmt.cluster.ownership import claim, take_back
from wppmt.cluster.right import Denied, Stamp, Terms
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Home, Machine
from wppmt.domain.cluster import MachineState
from wppmt.domain.log import LogLevel


@dataclass
class World:
    """One etcd, one clock, as many machines as the test makes."""

    folder: Path
    now: float = 1000.0
    tree: Tree = field(default_factory=Tree)
    told: list[tuple[int, float, float]] = field(default_factory=list)
    """What the guards were told."""
    logged: list[str] = field(default_factory=list)

    def machine(
        self, name: str = "a", *, fences: bool = True, boot: str = "boot-1", state: str = ""
    ) -> Member:
        state_dir = self.folder / (state or name)
        state_dir.mkdir(exist_ok=True)
        made = Member(
            etcd=MemoryEtcd(lambda: self.now, self.tree),
            terms=Terms(name, fences),
            boot=boot,
            note=LeaseNote(state_dir),
            now=lambda: self.now,
            describe=lambda: Machine(url=f"https://{name}.test", boot=boot),
            log=self.log,
        )
        made.vouch = lambda lease, close_at, kill_at: self.told.append((lease, close_at, kill_at))
        return made

    def log(
        self, event: str, session_id: str | None = None, /, *, level: LogLevel = "info", **details: object
    ) -> None:
        self.logged.append(event)

    @property
    def profile(self) -> Path:
        made = self.folder / "profile"
        made.mkdir(exist_ok=True)
        return made


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def reach(member: Member, *, is_reachable: bool) -> None:
    assert isinstance(member.etcd, MemoryEtcd)
    member.etcd.is_reachable = is_reachable


async def joined(member: Member) -> Member:
    await member.join()
    await member.read()
    return member


async def owning(member: Member) -> Member:
    home = Home(machine=member.terms.machine, fences=member.terms.fences)
    await joined(member)
    assert await member.commit(claim("loja", home, member.membership.lease))
    return member


def let_time_pass(world: World, seconds: float) -> Callable[[float], Awaitable[None]]:
    async def sleep(_: float) -> None:
        world.now += seconds

    return sleep


async def test_the_guard_hears_of_each_renewal_with_the_time_it_was_sent(world: World):
    member = await joined(world.machine())
    lease = member.membership.lease
    assert world.told == [(lease, 1006.0, 1007.0)]
    world.now = 1003
    await member.renew()
    assert world.told[-1] == (lease, 1009.0, 1010.0)


async def test_a_name_that_lives_is_refused_after_its_lease_would_have_run_out(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    first = await joined(world.machine(boot="boot-1"))
    second = world.machine(boot="boot-2", state="other")

    async def sleep(_: float) -> None:
        world.now += 1
        await first.renew()

    monkeypatch.setattr("asyncio.sleep", sleep)
    with pytest.raises(NameTaken):
        await second.join()


async def test_the_name_of_a_dead_daemon_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch):
    await joined(world.machine(boot="boot-1"))
    second = world.machine(boot="boot-2", state="other")
    monkeypatch.setattr("asyncio.sleep", let_time_pass(world, 1))
    await second.join()
    assert second.membership.holds(world.now)


async def test_the_next_daemon_goes_on_with_the_lease_and_owns_what_it_owned(world: World):
    first = await owning(world.machine())
    second = await joined(world.machine())
    assert second.membership.lease == first.membership.lease
    assert second.right("loja", world.profile) == first.membership.lease


async def test_a_copied_state_folder_does_not_bring_the_lease_along(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    first = await joined(world.machine(boot="boot-1"))
    copy = world.machine(boot="boot-2")
    monkeypatch.setattr("asyncio.sleep", let_time_pass(world, 1))
    await copy.join()
    assert copy.membership.lease != first.membership.lease


async def test_who_leaves_in_order_makes_nobody_wait(world: World):
    first = await owning(world.machine())
    await first.leave()
    assert not world.tree.read(keys.MACHINES, world.now).entries
    assert (await joined(world.machine(boot="boot-2"))).membership.lease


async def test_who_leaves_in_order_is_waited_for(world: World):
    """Its logins are newer than every archive: nobody brings its sessions up in its stead."""
    first = await owning(world.machine())
    await first.read()
    await first.leave()
    [entry] = world.tree.read(keys.SESSIONS, world.now).entries
    home = Home.parse(entry.value)
    assert home
    assert (entry.key, home.machine, home.fences) == (keys.home("loja"), "a", False)


async def test_each_renewal_is_sent_three_seconds_after_the_last_however_late_that_was_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    sent = []

    class Slow(MemoryEtcd):
        async def renew(self, lease: int) -> None:
            sent.append(world.now)
            world.now += 1.5
            await super().renew(lease)

    async def sleep(seconds: float) -> None:
        world.now += seconds
        if len(sent) == 3:
            raise CancelledError

    member = await joined(world.machine())
    member.etcd = Slow(lambda: world.now, world.tree)
    monkeypatch.setattr("asyncio.sleep", sleep)
    with pytest.raises(CancelledError):
        await member.keep_lease()
    assert sent == [1000, 1003, 1006]


async def test_cut_off_it_holds_no_right_from_the_moment_the_guard_would_close(world: World):
    member = await owning(world.machine())
    reach(member, is_reachable=False)
    world.now += 5.9
    assert not await member.renew()
    assert isinstance(member.right("loja", world.profile), int)
    assert not member.is_fenced
    world.now += 0.2
    assert member.is_fenced
    assert member.right("loja", world.profile) is Denied.NO_LEASE
    assert world.logged.count("etcd_unreachable") == 1


async def test_a_lost_lease_is_told_to_the_guard_at_once_and_replaced(world: World):
    member = await owning(world.machine())
    lost = member.membership.lease
    world.tree.revoke(lost, world.now)
    assert not await member.renew()
    assert world.told[-1] == (lost, world.now, world.now + 1)
    assert member.right("loja", world.profile) is Denied.NO_LEASE
    assert await member.renew()
    assert member.membership.lease not in {0, lost}
    await member.read()
    assert member.right("loja", world.profile) is Denied.NOT_OWNER


async def test_the_profile_is_stamped_and_an_older_epoch_is_refused(world: World):
    member = await owning(world.machine())
    member.right("loja", world.profile)
    stamped = stamps.read(world.profile)
    epoch = member.holdings.of("loja").owner
    assert epoch
    assert stamped == Stamp(epoch.create_revision, "a", fences=True)
    stamps.write(world.profile, Stamp(epoch.create_revision + 1, "b", fences=True))
    assert member.right("loja", world.profile) is Denied.NEWER_EPOCH


async def test_a_stamp_that_cannot_be_read_opens_nothing(world: World):
    member = await owning(world.machine())
    (world.profile / stamps.FILE).write_text("{")
    assert member.right("loja", world.profile) is Denied.NEWER_EPOCH


async def test_another_machines_session_is_refused(world: World):
    await owning(world.machine("a"))
    other = await joined(world.machine("b"))
    assert other.right("loja", world.profile) is Denied.NOT_OWNER


async def test_without_failover_it_goes_on_with_its_own_when_etcd_is_gone(world: World):
    member = await owning(world.machine(fences=False))
    member.right("loja", world.profile)
    reach(member, is_reachable=False)
    world.now += 60
    assert member.right("loja", world.profile) == 0
    assert not member.is_fenced
    assert world.told == []
    restarted = world.machine(fences=False)
    reach(restarted, is_reachable=False)
    with pytest.raises(Unavailable):
        await restarted.join()
    assert restarted.right("loja", world.profile) == 0


async def test_what_was_opened_under_failover_needs_etcd_also_when_that_is_off_now(world: World):
    member = await owning(world.machine(fences=True))
    member.right("loja", world.profile)
    unfenced = world.machine(fences=False)
    reach(unfenced, is_reachable=False)
    assert unfenced.right("loja", world.profile) is Denied.NO_LEASE
    reach(unfenced, is_reachable=True)
    await joined(unfenced)
    assert unfenced.right("loja", world.profile) is Denied.NO_LEASE


async def test_taken_back_it_may_open_under_the_later_epoch(world: World):
    member = await owning(world.machine())
    member.right("loja", world.profile)
    before = stamps.read(world.profile)
    world.now += 30
    assert not await member.renew()
    assert await member.renew()
    await member.read()
    home = member.holdings.of("loja").home
    assert home
    assert await member.commit(take_back("loja", home, "a", member.membership.lease))
    assert member.right("loja", world.profile) == member.membership.lease
    after = stamps.read(world.profile)
    assert before
    assert after
    assert after.epoch > before.epoch


async def test_what_it_says_of_itself_is_written_when_it_changes(world: World):
    member = await joined(world.machine())
    revision = world.tree.revision
    await member.tell()
    assert world.tree.revision == revision
    member.describe = lambda: Machine(url="https://a.test", boot="boot-1", used=3)
    await member.tell()
    [entry] = world.tree.read(keys.machine("a"), world.now).entries
    told = Machine.parse(entry.value)
    assert told
    assert told.used == 3


async def test_on_its_way_down_it_says_so(world: World):
    member = await joined(world.machine())
    member.is_stopping = True
    await member.tell()
    [entry] = world.tree.read(keys.machine("a"), world.now).entries
    told = Machine.parse(entry.value)
    assert told
    assert told.state == MachineState.STOPPING
