"""Where a run takes place: a simulator that outlives the daemon, the daemon, its tenants, and all who watch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.history import Recorder
from tests.chaos.observe import POLL_SECONDS, WORLD_SECONDS, Loop, States, World, note_webhook
from tests.chaos.traffic import Customer, Traffic
from tests.chaos.watch import Watch, read_command
from tests.support import free_port, wait_until
from tests.system.api import Api
from tests.system.daemon import GONE_SECONDS, ROOT, STOP_SECONDS, Daemon
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant, new_phone
from wppmt.simulator.client import Simulator, SimulatorError

ACK_MS = 20


@dataclass(slots=True)
class Ground:
    """Everything that a preset needs; see `ground`."""

    folder: Path
    recorder: Recorder
    daemon: Daemon
    phones: Simulator
    receiver: Receiver
    watch: Watch
    states: States
    tenants: Sequence[Tenant]
    traffic: Traffic

    def start_daemon(self) -> None:
        """Until it takes requests."""
        self.watch.follow(self.daemon.launch().pid)
        self.daemon.await_ready()

    @property
    def api(self) -> Api:
        return self.daemon.api

    def pending(self) -> int:
        """Webhooks that wait for their delivery."""
        return int(self.api.get("/api/health")["webhooks"]["pending"])

    def are_connected(self) -> bool:
        return all(self.states.now.get(one.name) == "connected" for one in self.tenants)

    def stop_daemon(self) -> None:
        """In order. Its browsers go with it."""
        process = self.daemon.process
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)

    def connect(self) -> None:
        """Every tenant from nothing to connected; its webhook gets every kind of event."""
        for tenant in self.tenants:
            tenant.start()
            tenant.want_all()
            tenant.connect()

    def hibernate(self, plan: Mapping[str, Any] | None) -> None:
        """Every tenant by this plan from now on; None: none of them."""
        for tenant in self.tenants:
            answer = self.daemon.api.call("PATCH", tenant.path, {"hibernate": plan})
            assert answer.status == 200, answer.json

    def note_leftovers(self) -> None:
        """Whoever still runs some seconds after the daemon's end."""
        end = time.monotonic() + GONE_SECONDS
        while (left := self.watch.alive()) and time.monotonic() < end:
            time.sleep(0.05)
        for pid in left:
            self.recorder.add("left", pid=pid, command=" ".join(read_command(pid)))


@contextmanager
def ground(
    folder: Path, recorder: Recorder, tenants: int, product: Path = ROOT, *, activated: bool, **environ: str
) -> Iterator[Ground]:
    """All up but the tenants; whatever happens, nothing of it runs on when the block ends."""
    with ExitStack() as down:
        phones, page_port = down.enter_context(simulator(folder / "world"))
        receiver = down.enter_context(Receiver(lambda arrival: note_webhook(recorder, arrival)))
        daemon = Daemon(
            folder / "gateway",
            product=product,
            activated=activated,
            **{
                "WPP_SIMULATOR": "external",
                "WPP_SIMULATOR_PORT": phones.url.rpartition(":")[2],
                "WPP_SIMULATOR_PAGE_PORT": str(page_port),
                "WPP_EGRESS_ALLOW": receiver.sink.target,
                "WPP_MAX_SESSIONS": str(max(10, tenants)),
                **environ,
            },
        )
        down.callback(daemon.end)
        made_tenants = [Tenant(daemon, receiver, f"cliente-{number:03d}") for number in range(1, tenants + 1)]
        watch = down.enter_context(Watch(daemon.folder, Path(daemon.environ["WPP_TOKENS_DIR"]), recorder))
        down.callback(end_all, watch)
        states, world = States(daemon.api, recorder), World(phones, recorder)
        traffic = Traffic(daemon.api, phones, recorder, [customer(tenant) for tenant in made_tenants])
        down.callback(traffic.abandon)
        made = Ground(folder, recorder, daemon, phones, receiver, watch, states, made_tenants, traffic)
        made.start_daemon()
        down.enter_context(Loop("states", states.look, POLL_SECONDS))
        down.enter_context(Loop("world", world.look, WORLD_SECONDS))
        yield made


def end_all(watch: Watch) -> None:
    """Nothing of what it watched runs on."""
    for pid in watch.alive():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def customer(tenant: Tenant) -> Customer:
    person = new_phone()
    tenant.daemon.phones.register(person, f"Pessoa de {tenant.name}")
    return Customer(tenant.name, tenant.phone, person)


@contextmanager
def simulator(folder: Path) -> Iterator[tuple[Simulator, int]]:
    """A process of its own, so that the phones' world lives on when the daemon dies."""
    folder.mkdir(parents=True)
    control, page = free_port(), free_port()
    command = [
        sys.executable, "-m", "wppmt.simulator", "--state-dir", str(folder),
        "--control-port", str(control), "--page-port", str(page), "--ack-ms", str(ACK_MS),
    ]  # fmt: skip
    with (folder / "stderr").open("wb") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=errors, stderr=errors, process_group=0)
    phones = Simulator(f"http://127.0.0.1:{control}")

    def is_up() -> bool:
        try:
            return phones.health() == {"status": "ok"}
        except SimulatorError:
            return False

    try:
        wait_until(is_up, 20)
        yield phones, page
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
