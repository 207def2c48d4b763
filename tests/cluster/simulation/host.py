"""A machine without its daemon: what stands on its disk, which browsers run, and the guard that ends them in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.cluster.simulation.world import Link, Process, World
from wppmt.cluster.membership import KILL_SECONDS
from wppmt.cluster.right import Stamp

BOOT_SECONDS = 20.0


@dataclass
class Disk:
    """What is left when everything is killed."""

    noted_lease: int = 0
    profiles: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    """For good, by the customer; etcd may not know yet."""
    stamps: dict[str, Stamp] = field(default_factory=dict)
    departures: dict[str, str] = field(default_factory=dict)
    """Given away by the local commit; to whom."""
    incoming: set[str] = field(default_factory=set)
    """Archives that were sent here, and wait."""


@dataclass
class Guard:
    """It ends the browsers it was told of when their lease was not renewed in time, whatever the daemon does."""

    host: Host
    ignores_leases: bool = False
    """A planted bug: it lets in what was allowed under another lease."""
    is_alive: bool = True
    lease: int = 0
    renewed_at: float = float("-inf")
    watched: dict[str, int] = field(default_factory=dict)

    def renewed(self, lease: int, at: float) -> None:
        if not self.is_alive:
            return
        self.lease, self.renewed_at = lease, max(at, self.renewed_at)
        self.enforce()
        self.host.world.after(self.host.seconds_until(self.renewed_at + KILL_SECONDS), self.enforce)

    def watch(self, session: str, lease: int) -> bool:
        """Whether it took it: else the browser must not go on."""
        if not self.is_alive:
            return False
        self.watched[session] = lease
        self.enforce()
        return session in self.watched

    def enforce(self) -> None:
        if not self.is_alive or self.host.is_frozen:
            return
        is_over = self.host.clock() >= self.renewed_at + KILL_SECONDS
        for session, lease in list(self.watched.items()):
            if is_over or (lease != self.lease and not self.ignores_leases):
                self.host.end_browser(session)


@dataclass
class Host:
    world: World
    name: str
    fences: bool
    spawned: Callable[[Host, str], None]
    """Told of each browser that comes up, and of each that runs when the host is thawed."""
    offset: float = 0.0
    rate: float = 1.0
    shared_stamps: dict[str, Stamp] | None = None
    """Where all machines have the same profiles before them."""
    disk: Disk = field(default_factory=Disk)
    boot: int = 0
    is_frozen: bool = False
    is_on: bool = True
    browsers: set[str] = field(default_factory=set)
    locked: set[str] = field(default_factory=set)
    """The kernel's locks on profiles; a browser holds its own."""
    guard: Guard = field(init=False)
    link: Link = field(init=False)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        self.guard, self.link = Guard(self), Link(self.world)

    @property
    def boot_id(self) -> str:
        return f"{self.name}-{self.boot}"

    @property
    def stamps(self) -> dict[str, Stamp]:
        return self.disk.stamps if self.shared_stamps is None else self.shared_stamps

    def clock(self) -> float:
        """CLOCK_BOOTTIME: its own, and not quite as fast as the others'."""
        return self.offset + self.world.now * self.rate

    def seconds_until(self, clock: float) -> float:
        return max(0.0, (clock - self.clock()) / self.rate)

    def new_process(self) -> Process:
        self.process = Process(self.world, self.link)
        return self.process

    def would_take(self, session: str) -> bool:
        """An archive that is sent here."""
        return self.is_on and not self.is_frozen and session not in self.disk.profiles

    def has_profile(self, session: str) -> bool:
        return session in self.disk.profiles or self.shared_stamps is not None

    def give_away(self, session: str, target: str, epoch: int) -> None:
        """With the profile's lock in hand: no browser is started on it any more by a worker that does not know yet."""
        self.disk.profiles.discard(session)
        former = self.stamps.get(session)
        if self.shared_stamps is not None and (former is None or former.epoch <= epoch):
            self.shared_stamps[session] = Stamp(epoch, target, fences=False)

    def trip(self) -> None:
        """Now and then the daemon is stopped right here, where it hurts most."""
        random = self.world.random
        if not self.world.is_calm and not self.process.is_stopped and random.random() < 0.03:
            self.process.stop()
            self.world.after(random.uniform(5, 30), self.process.go_on)

    def start_browser(self, session: str) -> None:
        self.browsers.add(session)
        self.spawned(self, session)

    def end_browser(self, session: str) -> None:
        self.browsers.discard(session)
        self.locked.discard(session)
        self.guard.watched.pop(session, None)

    def end_browsers(self) -> None:
        for session in list(self.browsers | self.locked):
            self.end_browser(session)

    def freeze(self) -> None:
        """All of it: not even the guard runs."""
        self.is_frozen = True
        self.process.stop()

    def thaw(self) -> None:
        """The guard is the first to find out; until then the judge looks away (docs/escala.md says for how long that may be)."""
        self.is_frozen = False
        self.guard.enforce()
        for session in self.browsers:
            self.spawned(self, session)
        self.process.go_on()
