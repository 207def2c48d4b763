"""`python -m tests.bench.room`: so many sessions within so much memory, all at work. Root, and cgroups of version 1.

Daemon, keeper and browsers run in a memory cgroup with a limit, beyond which the kernel would end some of them; the
simulator is outside. At the end each session that is awake sends a message, and a few that hibernate wake for one.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from tests.bench.weights import weigh
from tests.chaos.ground import simulator
from tests.support import wait_until
from tests.system.daemon import Daemon
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant, new_phone, new_text
from wppmt.domain.engines import Engine

CGROUPS = Path("/sys/fs/cgroup/memory")
MEGABYTE = 1024 * 1024
AT_ONCE = 2
CALM_SECONDS = 300.0
SLEEP_SECONDS = 120.0
WOKEN = 3
IDLE_MINUTES = 0.1


class Limit:
    """A memory cgroup of its own."""

    def __init__(self, megabytes: int) -> None:
        self._folder = CGROUPS / f"wppmt-room-{os.getpid()}"
        self._folder.mkdir()
        (self._folder / "memory.limit_in_bytes").write_text(str(megabytes * MEGABYTE))

    def put(self, pid: int) -> None:
        """It, and whatever it starts from now on."""
        (self._folder / "cgroup.procs").write_text(str(pid))

    @property
    def killed(self) -> int:
        lines = (self._folder / "memory.oom_control").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    @property
    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(int(pid)) for pid in (self._folder / "cgroup.procs").read_text().split()]

    @property
    def anonymous_mb(self) -> float:
        """What cannot be dropped."""
        values = dict(line.split() for line in (self._folder / "memory.stat").read_text().splitlines())
        return (int(values["total_rss"]) + int(values["total_shmem"])) / MEGABYTE

    def remove(self) -> None:
        wait_until(lambda: not self.processes, SLEEP_SECONDS)
        self._folder.rmdir()


@contextmanager
def service(limit: Limit, options: argparse.Namespace) -> Iterator[tuple[Daemon, Receiver]]:
    """Up, under the limit."""
    with ExitStack() as down:
        folder = Path(down.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        receiver = down.enter_context(Receiver())
        phones, page_port = down.enter_context(simulator(folder / "world"))
        daemon = Daemon(
            folder / "gateway",
            WPP_SIMULATOR="external",
            WPP_SIMULATOR_PORT=phones.url.rpartition(":")[2],
            WPP_SIMULATOR_PAGE_PORT=str(page_port),
            WPP_EGRESS_ALLOW=receiver.sink.target,
            WPP_MAX_SESSIONS=str(options.sessions),
            WPP_BROWSER_ENGINE=options.engine,
        )
        down.callback(daemon.end)
        limit.put(daemon.launch().pid)
        daemon.await_ready()
        yield daemon, receiver
        daemon.stop()


def fill(daemon: Daemon, receiver: Receiver, options: argparse.Namespace) -> list[Tenant]:
    """All connected; those beyond the ones that stay awake hibernate as soon as they may."""

    def connect(number: int) -> Tenant:
        tenant = Tenant(daemon, receiver, f"cliente-{number:03d}").connect()
        if number >= awake_of(options):
            plan = {"hibernate": {"idleMinutes": IDLE_MINUTES}}
            assert daemon.api.call("PATCH", tenant.path, plan).status == 200
        progress(f"{tenant.name} conectada")
        return tenant

    with ThreadPoolExecutor(AT_ONCE) as callers:
        return list(callers.map(connect, range(options.sessions)))


def awake_of(options: argparse.Namespace) -> int:
    awake: int = round(options.sessions * options.awake)
    return awake


def report(limit: Limit, tenants: Sequence[Tenant], awake: int) -> str:
    """Weighed when all is calm; then each must work."""
    asleep = tenants[awake:]
    wait_until(lambda: all(one.status()["hibernation"] for one in asleep), CALM_SECONDS)
    states = [one.status()["status"] for one in tenants]
    pss, kept, chromes = weigh(limit.processes).pss, limit.anonymous_mb, len(limit.processes)
    person = new_phone()
    tenants[0].daemon.phones.register(person, "Pessoa")
    sent = [one.send(person, new_text()).status for one in (*tenants[:awake], *asleep[:WOKEN])]
    return (
        f"{states.count('connected')} de {len(tenants)} sessões conectadas, {len(asleep)} hibernando; PSS de tudo"
        f" {pss:.0f} MB, memória que não se descarta {kept:.0f} MB, {chromes} processos; encerrados pelo núcleo:"
        f" {limit.killed}; envios com 200: {sent.count(200)} de {len(sent)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.room", description=__doc__)
    parser.add_argument("--sessions", type=int, default=40)
    parser.add_argument("--awake", type=float, default=1.0, help="the share that never hibernates")
    parser.add_argument("--engine", choices=[*Engine], default=Engine.HEADLESS_SHELL)
    parser.add_argument("--megabytes", type=int, default=4096)
    options = parser.parse_args()
    limit = Limit(options.megabytes)
    try:
        with service(limit, options) as (daemon, receiver):
            tenants = fill(daemon, receiver, options)
            print(report(limit, tenants, awake_of(options)))  # noqa: T201 - what it is for
    finally:
        limit.remove()


_began = time.monotonic()


def progress(step: str) -> None:
    print(f"{time.monotonic() - _began:6.1f} s  {step}", file=sys.stderr, flush=True)  # noqa: T201 - for who waits


if __name__ == "__main__":
    main()
