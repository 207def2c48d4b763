"""The runs: which load, which faults, when. Each ends by itself, at most ten minutes after its load began."""

from __future__ import annotations

import itertools
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.closing import Progress
from tests.chaos.faults import Faults
from tests.chaos.ground import Ground
from tests.system.tenant import Tenant

BACK_SECONDS = 60.0
REST_SECONDS = 3.0
"""Between one daemon's recovery and the next one's death."""
NOTICE_SECONDS = 40.0


@dataclass(slots=True)
class Run:
    """What a preset plays with; `end` on the monotonic clock."""

    ground: Ground
    faults: Faults
    random: Random
    end: float
    progress: Progress
    asleep_after: float = 0.0
    """Seconds without use after which sessions hibernate; 0: they never do."""

    @property
    def tenants(self) -> list[Tenant]:
        return list(self.ground.tenants)

    def rest(self, seconds: float) -> bool:
        """Let it run; False when the time is over."""
        time.sleep(max(0.0, min(seconds, self.end - time.monotonic())))
        return time.monotonic() < self.end

    def await_all(self, limit: float = BACK_SECONDS) -> bool:
        """Whether all tenants are connected, and stay so for a moment: the API answers before the states are true."""
        since = time.monotonic()
        deadline = since + limit
        while time.monotonic() - since < 1.0:
            if not self.ground.are_connected():
                since = time.monotonic()
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    @contextmanager
    def window(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.ground.recorder.add("window", began, name=name, end=time.monotonic())


@dataclass(frozen=True, slots=True)
class Preset:
    """`seconds` of load and faults; `sends` a second, in all, as is `inbound`. `disk` in MB: state on a small tmpfs.

    `activated`: the daemon's socket is the harness's and outlives it, as systemd's does.
    """

    play: Callable[[Run], None]
    text: str
    seconds: float
    tenants: int = 10
    sends: float = 1.0
    inbound: float = 1.0
    disk: Callable[[int], int] | None = None
    disk_holds_profiles: bool = False
    activated: bool = False


def kill_in_turn(run: Run) -> None:
    """A Chrome every 15 s, of another tenant each time; fewer tenants get more time, to earn their quick retry."""
    pause = max(15.0, 75.0 / len(run.tenants))
    for tenant in itertools.cycle(run.random.sample(run.tenants, len(run.tenants))):
        if not run.rest(pause / 2):
            return
        struck = run.faults.kill_chrome(tenant)
        run.progress(f"kill -9 no Chrome de {tenant.name}" if struck else f"{tenant.name} está sem Chrome")
        if not run.rest(pause / 2):
            return


def kill_again_and_again(run: Run) -> None:
    """Always the same two, whenever they are up again."""
    victims = run.random.sample(run.tenants, min(2, max(1, len(run.tenants) - 1)))
    while run.rest(run.random.uniform(3, 6)):
        for victim in victims:
            if run.ground.states.now.get(victim.name) == "connected" and run.faults.kill_chrome(victim):
                run.progress(f"kill -9 no Chrome de {victim.name}, outra vez")


def kill_daemon(run: Run) -> None:
    """Before every other time the keeper of the lines dies, too, and is replaced."""
    turns = itertools.cycle((lambda: False, run.faults.kill_keeper))

    def kill() -> bool:
        next(turns)()
        return run.faults.kill_daemon()

    _again(run, kill, "kill -9 no serviço", 20)


def kill_daemon_and_browsers(run: Run) -> None:
    _again(run, run.faults.kill_daemon_and_browsers, "kill -9 no serviço e nos navegadores", 20)


def _again(run: Run, fault: Callable[[], bool], text: str, times: int) -> None:
    for number in range(times):
        # Whoever hibernates needs the time for it: after each recovery idleness begins anew.
        if not run.rest(REST_SECONDS + 2 * run.asleep_after):
            return
        began = time.monotonic()
        fault()
        is_back = run.await_all()
        run.progress(
            f"{text}, {number + 1} de {times}: {time.monotonic() - began:.1f} s{'' if is_back else ', NÃO voltaram'}"
        )


def freeze(run: Run) -> None:
    """One hung browser after the other, and as much time without."""
    faults = (run.faults.freeze_chrome, run.faults.freeze_renderer, run.faults.page_hang)
    victims = itertools.cycle(run.tenants)
    for fault, victim in zip(itertools.cycle(faults), victims, strict=False):
        run.ground.traffic.spared = {victim.name}
        with run.window("baseline"):
            if not run.rest(20):
                return
        if run.end - time.monotonic() < NOTICE_SECONDS + 10:
            return
        run.progress(f"{fault.__name__} em {victim.name}")
        fault(victim)
        _await_not(run, victim)
        run.await_all()


def _await_not(run: Run, tenant: Tenant) -> None:
    end = time.monotonic() + NOTICE_SECONDS
    while run.ground.states.now.get(tenant.name) == "connected" and time.monotonic() < end:
        time.sleep(0.05)


def fill_disk(run: Run) -> None:
    """Twice: some load, no room, room again; in the end a restart, which shows whether all logins are intact."""
    disk, part = run.ground.folder / "disk", (run.end - time.monotonic()) / 6
    for _ in range(2):
        run.rest(part)
        run.progress("disco cheio")
        run.faults.fill_disk(disk)
        run.rest(part)
        run.progress("disco liberado")
        run.faults.free_disk(disk)
        run.rest(part)
    run.await_all()
    run.progress("reinício em ordem")
    run.faults.stop_daemon()
    run.await_all()


def roll(run: Run) -> None:
    """Every tenant in turn by the operator, then the daemon, once each way, and again while there is time."""
    for upgrade in itertools.cycle((run.faults.hand_over, run.faults.stop_daemon)):
        for tenant in run.tenants:
            if not run.rest(2):
                return
            run.progress(f"reinício de {tenant.name}")
            run.faults.restart(tenant)
            run.await_all()
        run.progress("troca do serviço" if upgrade == run.faults.hand_over else "reinício do serviço")
        upgrade()
        run.await_all()


def be_quiet(run: Run) -> None:
    while run.rest(60):
        run.progress("carga leve")


def mix(run: Run) -> None:
    """Anything at any time; the daemon at most every 40 s, a tenant at most every 20 s."""
    faults, struck = run.faults, {tenant.name: 0.0 for tenant in run.tenants}
    single = [
        *[faults.kill_chrome, faults.kill_renderer] * 2,
        faults.freeze_chrome, faults.freeze_renderer, faults.page_hang, faults.page_reload, faults.drop_socket,
        faults.slow_acks, faults.phone_offline, faults.restart,
    ]  # fmt: skip
    whole = [
        faults.kill_daemon, faults.kill_daemon_and_browsers, faults.freeze_daemon, faults.stop_daemon, faults.hand_over,
        faults.kill_keeper,
    ]  # fmt: skip
    daemon_at = time.monotonic()
    while run.rest(run.random.uniform(3, 9)):
        if time.monotonic() - daemon_at > 40 and run.random.random() < 0.4:
            fault = run.random.choice(whole)
            run.progress(fault.__name__)
            fault()
            daemon_at = time.monotonic()
            continue
        free = [one for one in run.tenants if time.monotonic() - struck[one.name] > 20]
        if free:
            tenant, strike = run.random.choice(free), run.random.choice(single)
            run.progress(f"{strike.__name__} em {tenant.name}{'' if strike(tenant) else ': sem navegador'}")
            struck[tenant.name] = time.monotonic()


def brief(run: Run) -> None:
    """One Chrome and one daemon: the short run of the tests."""
    run.rest(3)
    run.progress("kill -9 num Chrome")
    run.faults.kill_chrome(run.random.choice(run.tenants))
    run.rest(2)
    run.await_all()
    run.progress("kill -9 no serviço")
    run.faults.kill_daemon()
    run.await_all()
    run.rest(2)


PRESETS: Mapping[str, Preset] = {
    "mix": Preset(mix, "falhas ao acaso", 300),
    "R1": Preset(kill_in_turn, "kill -9 de um Chrome a cada 15 s, uma sessão por vez", 300),
    "R1b": Preset(kill_again_and_again, "kill -9 dos mesmos Chromes, sempre de novo", 300),
    "R2": Preset(
        kill_daemon, "kill -9 só do serviço, 20 vezes; antes de cada segunda, do guardião dos canais", 480
    ),
    "R2b": Preset(kill_daemon_and_browsers, "kill -9 do serviço e dos navegadores, 20 vezes", 480),
    "R4": Preset(freeze, "um Chrome ou uma página parada por vez; o que os vizinhos sentem", 480, sends=10),
    "R6": Preset(fill_disk, "disco do estado cheio e liberado", 120, sends=5, disk=lambda _: 48),
    "R6b": Preset(
        fill_disk,
        "disco do estado e dos perfis cheio e liberado",
        120,
        sends=5,
        disk=lambda tenants: 64 + 64 * tenants,
        disk_holds_profiles=True,
    ),
    "R18": Preset(roll, "reinício de cada sessão e do serviço, sob carga", 240, activated=True),
    "R19": Preset(be_quiet, "carga leve", 540),
    "brief": Preset(brief, "um Chrome e o serviço", 60, sends=2, inbound=2),
}


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[dict[str, str]]:
    """A tmpfs of its own, and the settings that put the daemon's state there. For root alone."""
    if os.geteuid() != 0:
        raise SystemExit("R6 monta um tmpfs e precisa de root")
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", disk], check=True)
    try:
        yield {"WPP_STATE_DIR": str(disk / "state")}
    finally:
        # Lazily: whoever was killed a moment ago may hold a file of it still.
        subprocess.run(["umount", "--lazy", disk], check=True)
