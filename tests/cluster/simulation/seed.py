"""One cluster, one seed: what fails in it is drawn, and what must never be is looked for at every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.cluster.simulation.daemon import Daemon, Minds
from tests.cluster.simulation.faults import TROUBLE_SECONDS, Faults
from tests.cluster.simulation.host import Guard, Host
from tests.cluster.simulation.world import World
from wppmt.cluster.right import Stamp

FAULTS_SECONDS, CALM_SECONDS = 120.0, 120.0


@dataclass
class Verdict:
    doubles: list[str] = field(default_factory=list)
    """Two machines that ran a browser of one session at the same time."""
    lost: list[str] = field(default_factory=list)
    """Sessions that were not open on exactly one machine in the end; of those that were ended, somebody has begun a new one."""
    openings: int = 0
    epochs: int = 0
    """How often a session got an owner."""


class Seed:
    def __init__(self, seed: int, minds: Minds | None = None) -> None:
        random = Random(seed)
        self._minds = minds or Minds()
        self._world, self.verdict = World(random), Verdict()
        shared: dict[str, Stamp] | None = {} if random.random() < 0.3 else None
        self._hosts = {
            name: Host(
                self._world, name, random.random() < 0.7, self._spawned,
                random.uniform(0, 1e6), random.uniform(0.99, 1.01), shared,
            )
            for name in ("m1", "m2", "m3", "m4")[: random.randint(2, 4)]
        }  # fmt: skip
        self._sessions = [f"s{n}" for n in range(random.randint(1, 4))]

    def run(self) -> Verdict:
        world, hosts = self._world, list(self._hosts.values())
        for session in self._sessions:
            world.random.choice(hosts).disk.profiles.add(session)
        for host in hosts:
            host.guard = Guard(host, self._minds.guard_ignores_leases)
            self._start(host)
        Faults(world, hosts, self._start, self._minds.guard_ignores_leases, FAULTS_SECONDS).begin()
        world.run(FAULTS_SECONDS + TROUBLE_SECONDS[1])
        world.is_calm = True
        world.run(world.now + CALM_SECONDS)
        self._judge_the_end()
        return self.verdict

    def _start(self, host: Host) -> None:
        daemon = Daemon(host, self._sessions, self._minds, self._hosts)
        host.new_process().run(daemon.live())

    def _spawned(self, host: Host, session: str) -> None:
        self.verdict.openings += 1
        for other in self._hosts.values():
            if other is not host and session in other.browsers and not other.is_frozen:
                self.verdict.doubles.append(
                    f"{session} on {other.name} and {host.name} at {self._world.now:.2f}"
                )

    def _judge_the_end(self) -> None:
        for session in self._sessions:
            where = [host.name for host in self._hosts.values() if session in host.browsers]
            if len(where) != 1:
                self.verdict.lost.append(f"{session} is open on {where}")
        self.verdict.epochs = self._world.tree.revision
