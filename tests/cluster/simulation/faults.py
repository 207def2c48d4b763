"""What goes wrong in a seed, and when: one thing after the other on each machine, many machines at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.cluster.simulation.host import Guard, Host
from tests.cluster.simulation.world import World

PAUSE_SECONDS, TROUBLE_SECONDS = (1.0, 25.0), (1.0, 40.0)


@dataclass
class Faults:
    world: World
    hosts: list[Host]
    start: Callable[[Host], None]
    """Its daemon."""
    guard_ignores_leases: bool
    until: float

    def begin(self) -> None:
        for host in self.hosts:
            self._later(lambda host=host: self._next(host))  # type: ignore[misc]
        self._later(self._etcd_goes)

    def _later(self, do: Callable[[], None]) -> None:
        self.world.after(self.world.random.uniform(*PAUSE_SECONDS), do)

    def _next(self, host: Host) -> None:
        if self.world.now > self.until:
            return
        faults = [self._cut, self._stop, self._kill, self._kill_both, self._freeze, self._power_off]
        begin, end = self.world.random.choice(faults), self.world.random.uniform(*TROUBLE_SECONDS)
        mend = begin(host)

        def mended() -> None:
            mend()
            self._later(lambda: self._next(host))

        self.world.after(end, mended)

    def _etcd_goes(self) -> None:
        if self.world.now > self.until:
            return
        self.world.etcd_is_up = False
        self.world.after(self.world.random.uniform(*TROUBLE_SECONDS), self._etcd_comes)

    def _etcd_comes(self) -> None:
        self.world.etcd_is_up = True
        self._later(self._etcd_goes)

    def _cut(self, host: Host) -> Callable[[], None]:
        host.link.is_cut = True

        def mend() -> None:
            host.link.is_cut = False

        return mend

    def _stop(self, host: Host) -> Callable[[], None]:
        host.process.stop()
        return host.process.go_on

    def _kill(self, host: Host) -> Callable[[], None]:
        """The browsers live on, and so does the guard. The next daemon may have other settings."""
        host.process.kill()
        host.locked &= host.browsers
        return lambda: self._start_again(host)

    def _kill_both(self, host: Host) -> Callable[[], None]:
        """Nobody holds the browsers' pipes any more."""
        mend = self._kill(host)
        host.guard.is_alive = False
        host.end_browsers()
        return mend

    def _freeze(self, host: Host) -> Callable[[], None]:
        host.freeze()
        return host.thaw

    def _power_off(self, host: Host) -> Callable[[], None]:
        mend = self._kill_both(host)
        host.is_on = False
        host.boot += 1
        return mend

    def _start_again(self, host: Host) -> None:
        host.is_on = True
        if not host.guard.is_alive:
            host.guard = Guard(host, self.guard_ignores_leases)
        if self.world.random.random() < 0.3:
            host.fences = not host.fences
        self.start(host)
