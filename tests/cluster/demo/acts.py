"""What happens to the cluster, each act told in Portuguese with what it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.cluster.demo.ground import Cluster
from tests.cluster.demo.machine import Machine

LOOK_SECONDS = 0.1
MOVED_SECONDS = 60.0
BACK_SECONDS = 120.0
NOTICED_SECONDS = 30.0
DRAINED_SECONDS = 120.0
FAILOVER = {"WPP_CLUSTER_FAILOVER": "1", "WPP_CLUSTER_FAILOVER_SECONDS": "5"}
REST_SECONDS = 3.0
"""Of load between two acts, so that each is seen apart."""


@dataclass(slots=True)
class Play:
    """`tell` says a line with the time."""

    cluster: Cluster
    tell: Callable[[str], None]
    moves: list[float] = field(default_factory=list)
    """Seconds of each, from the request until it is connected at the target."""

    @property
    def entrance(self) -> Machine:
        """Customers come in by its HAProxy: it stays on."""
        return self.cluster.machines[0]

    def connect(self) -> None:
        for tenant in self.cluster.tenants:
            tenant.start()
            tenant.want_all()
            tenant.connect()
        where = self.cluster.where()
        for tenant in self.cluster.tenants:
            self.tell(f"  {tenant.name} conectada em {where[tenant.name]}")

    def move(self, session: str, to: str) -> None:
        """Under load."""
        source, began = self.cluster.where()[session], time.monotonic()
        self.cluster.recorder.add("fault", fault="move", tenant=session, to=to)
        _await(lambda: self._is_begun(session, source, to), MOVED_SECONDS)
        _await(lambda: self._is_up(session, to), MOVED_SECONDS)
        self.moves.append(time.monotonic() - began)

    def _is_begun(self, session: str, source: str, to: str) -> bool:
        """The move before may not be noted as over yet: that is no refusal."""
        path = f"/api/admin/sessions/{session}/move"
        answer = self.cluster.machine(source).daemon.api.call("POST", path, {"machine": to})
        is_busy = answer.status == 503 and answer.json["code"] in {"SESSION_BUSY", "MOVING"}
        assert is_busy or answer.status == 202, answer
        return not is_busy

    def _is_up(self, session: str, machine: str) -> bool:
        return self.cluster.machine(machine).shown().get(session) == "connected"

    def a_move(self) -> None:
        session = self.cluster.tenants[0].name
        source = self.cluster.where()[session]
        to = next(one.name for one in self.cluster.machines if one.name != source)
        self.move(session, to)
        self.tell(
            f"  {session} foi de {source} a {to} em {_seconds(self.moves[-1])}, com envios o tempo todo"
        )

    def many_moves(self, count: int) -> None:
        """One session round the machines."""
        session = self.cluster.tenants[0].name
        names = [one.name for one in self.cluster.machines]
        for number in range(count):
            at = names.index(self.cluster.where()[session])
            self.move(session, names[(at + 1) % len(names)])
            if (number + 1) % 10 == 0:
                self.tell(f"  {number + 1} mudanças; a última em {_seconds(self.moves[-1])}")

    def power_cut(self) -> None:
        """A machine dies with all that runs on it, and comes back: its sessions wait for it, and are its own again."""
        machine, sessions = self._populated(self.cluster.machines[1])
        self._note("power", sessions)
        machine.cut_power()
        began = time.monotonic()
        self.tell(f"  {machine.name} sem energia: {', '.join(sessions)} com ela")
        _await(lambda: self._is_told_gone(machine), NOTICED_SECONDS)
        self.tell(f"  o cluster deu por falta dela em {_seconds(time.monotonic() - began)}")
        answer = self.cluster.api.call("GET", f"/api/sessions/{sessions[0]}/status")
        self.tell(
            f"  pedido de {sessions[0]}: {answer.status} {answer.json.get('code', '')}; as outras seguem"
        )
        began = time.monotonic()
        self.cluster.start(machine)
        _await(self.cluster.are_connected, BACK_SECONDS)
        self.tell(
            f"  {machine.name} de volta: todas conectadas, sem QR Code, em {_seconds(time.monotonic() - began)}"
        )

    def drained(self) -> None:
        machine, sessions = self._populated(self.cluster.machines[-1])
        self._note("drain", sessions)
        began = time.monotonic()
        machine.command("drain", machine.name)
        _await(lambda: not machine.shown(), DRAINED_SECONDS)
        _await(self.cluster.are_connected, DRAINED_SECONDS)
        where = self.cluster.where()
        gone = ", ".join(f"{session} em {where[session]}" for session in sessions)
        self.tell(f"  wppmt drain {machine.name}: vazia em {_seconds(time.monotonic() - began)} ({gone})")
        machine.command("undrain", machine.name)
        self.tell(f"  wppmt undrain {machine.name}")

    def failover(self, archives: Path) -> None:
        """The operator has allowed it: a machine is lost for good, and others bring up its sessions from their backups."""
        for one in self.cluster.machines:
            one.stop()
            one.daemon.environ |= FAILOVER | {"WPP_CLUSTER_ARCHIVES": str(archives)}
            self.cluster.start(one)
        _await(self.cluster.are_connected, BACK_SECONDS)
        self.tell("  as três reiniciadas, uma por vez, com WPP_CLUSTER_FAILOVER=1")
        machine, sessions = self._populated(self.cluster.machines[1])
        machine.command("backup", "--to", str(archives))
        self.tell(f"  backup de {', '.join(sessions)}; {machine.name} sem energia, e fica assim")
        machine.cut_power()
        began = time.monotonic()
        _await(self.cluster.are_connected, BACK_SECONDS)
        where = self.cluster.where()
        back = ", ".join(f"{session} em {where[session]}" for session in sessions)
        self.tell(
            f"  de volta em outra máquina, sem QR Code, em {_seconds(time.monotonic() - began)}: {back}"
        )
        self.cluster.start(machine)
        answer = machine.daemon.api.call("GET", f"/api/sessions/{sessions[0]}/status")
        self.tell(f"  {machine.name} volta, e não abre nada: {answer.status} {answer.json.get('code', '')}")

    def _populated(self, machine: Machine) -> tuple[Machine, list[str]]:
        """With at least one session on it."""
        where = self.cluster.where()
        found = [session for session, name in where.items() if name == machine.name]
        if not found:
            session = self.cluster.tenants[-1].name
            self.move(session, machine.name)
            self.tell(f"  antes, {session} mudou para {machine.name}")
            found = [session]
        return machine, found

    def _is_told_gone(self, machine: Machine) -> bool:
        shown = self.entrance.daemon.api.get("/api/admin/cluster")["machines"]
        return machine.name not in {one["name"] for one in shown if one.get("state") != "gone"}

    def _note(self, fault: str, sessions: Sequence[str]) -> None:
        for session in sessions:
            self.cluster.recorder.add("fault", fault=fault, tenant=session)

    @contextmanager
    def act(self, title: str) -> Iterator[None]:
        self.tell(title)
        yield
        time.sleep(REST_SECONDS)


def _await(condition: Callable[[], bool], seconds: float) -> None:
    """Asked ten times a second: the machines have other things to do."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"não em {seconds} s"
        time.sleep(LOOK_SECONDS)


def of_moves(took: Sequence[float]) -> str:
    return f"mudanças de máquina: {len(took)}, mediana {_seconds(median(took))}, a mais longa {_seconds(max(took))}"


def _seconds(value: float) -> str:
    return f"{value:.1f} s".replace(".", ",")
