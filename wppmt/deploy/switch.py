"""Puts the installed version in the place of the one that runs, and that one back where the new one is not well.

Runs under Debian's own Python, from outside the trees of either: a broken one can be left all the same. What is under way
is written down first, so that whatever a power cut interrupts is ended at the next boot (`resume`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from wppmt.deploy.trees import CURRENT, FORMER, Trees, Trouble, why

HEALTHY_SECONDS = 60.0
SETTLED_SECONDS = 5.0
"""As long as a new service must have been up: one that dies at once is not well."""
LET_GO_SECONDS = 20.0
"""For a service to end by itself before it is killed; its browsers stay in either case."""
POLL_SECONDS = 0.5

Health = dict[str, Any]


class Machine(Protocol):
    """What is asked of the machine."""

    def runs(self) -> bool:
        """Whether any instance of the service is up, or systemd keeps starting it."""

    def reload_units(self) -> None: ...

    def let_go(self) -> None:
        """Every instance that runs ends, its browsers stay; systemd starts what is `current`."""

    def kill(self) -> None:
        """The same, for those that do not listen."""

    def start(self) -> None: ...

    def healths(self) -> Sequence[Health | None]:
        """What `/api/health` answers now, of each instance that runs; None for one that does not answer."""

    def refusal(self, tree: Path) -> str:
        """Why this tree must not run on the state of one of the instances; empty where it may."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


def install(trees: Trees, machine: Machine) -> str:
    """What the package brought becomes what runs. Returns a line for the operator. Raises Trouble."""
    version, changed = trees.version(), trees.place()
    current = trees.version_at(CURRENT)
    if not current:
        trees.point(CURRENT, version)
        return f"wppmt {version} instalado"
    if current == version and trees.noted() is None and not changed:
        return f"wppmt {version} já é a versão em uso"
    return switch(trees, machine, version)


def back(trees: Trees, machine: Machine) -> str:
    """To the former version, by the operator's wish. Raises Trouble."""
    former = trees.version_at(FORMER)
    if not former:
        raise Trouble("Não há versão anterior em /opt/wppmt: instale o pacote dela")
    return switch(trees, machine, former)


def switch(trees: Trees, machine: Machine, to: str) -> str:
    """The browsers stay; whoever is not well within a minute gives way to the version before. Raises Trouble."""
    # After a cut in the middle the version before is the one noted, not what `current` says by now.
    noted = trees.noted() or {}
    start = str(noted.get("from") or trees.version_at(CURRENT))
    if refusal := machine.refusal(trees.root / to):
        raise Trouble(f"A versão {to} não foi posta em uso: {refusal}. Segue a {trees.version_at(CURRENT)}")
    runs = machine.runs()
    connected = _connected(machine.healths()) if runs else 0
    trees.note(
        {
            "from": start,
            "to": to,
            "connected": noted.get("connected", connected),
            "former": noted.get("former", trees.version_at(FORMER)),
        }
    )
    if start != to:
        trees.point(FORMER, start)
    trees.point(CURRENT, to)
    if runs:
        machine.reload_units()
        machine.let_go()
    return _watch(trees, machine, runs=runs)


def resume(trees: Trees, machine: Machine) -> str:
    """After a boot: what a cut of the power interrupted. Raises Trouble."""
    noted = trees.noted()
    if noted is None:
        trees.settle()
        return "Nada a terminar"
    if trees.version_at(CURRENT) != noted["to"]:
        trees.restore_former(noted.get("former", ""))
        trees.settle()
        return f"A troca para a versão {noted['to']} não tinha começado: segue a {trees.version_at(CURRENT)}"
    return _watch(trees, machine, runs=machine.runs())


def _watch(trees: Trees, machine: Machine, *, runs: bool) -> str:
    noted = trees.noted() or {}
    start, to, connected = noted["from"], noted["to"], noted["connected"]
    if not runs or _is_well(machine, to, connected, HEALTHY_SECONDS):
        trees.settle()
        trees.prune()
        return f"wppmt {to} em uso" + ("" if runs else "; o serviço está parado")
    if start == to or trees.version_at(FORMER) != start:
        raise Trouble(f"wppmt {to} não ficou saudável em {HEALTHY_SECONDS:.0f} s: journalctl -u wppmt")
    trees.fall_back(noted.get("former", ""))
    machine.let_go()
    if not _answers(machine, start, LET_GO_SECONDS):
        machine.kill()
        machine.start()
    well = _is_well(machine, start, connected, HEALTHY_SECONDS)
    trees.settle()
    state = "está no ar de novo" if well else "foi posta de volta, mas ainda não responde"
    raise Trouble(
        f"wppmt {to} não ficou saudável em {HEALTHY_SECONDS:.0f} s; a {start} {state}."
        " Veja por quê: journalctl -u wppmt"
    )


def _answers(machine: Machine, version: str, seconds: float) -> bool:
    end = machine.now() + seconds
    while machine.now() < end:
        found = machine.healths()
        if found and all((health or {}).get("version") == version for health in found):
            return True
        machine.sleep(POLL_SECONDS)
    return False


def _is_well(machine: Machine, version: str, connected: int, seconds: float) -> bool:
    """Every instance answers as this very version, none has just died, and as many as before have sessions back."""
    end = machine.now() + seconds
    while machine.now() < end:
        found = machine.healths()
        is_settled = found and all(_has_settled(health, version) for health in found)
        if is_settled and _connected(found) >= min(connected, len(found)):
            return True
        machine.sleep(POLL_SECONDS)
    return False


def _has_settled(health: Health | None, version: str) -> bool:
    return (
        health is not None
        and health.get("version") == version
        and float(health.get("uptimeSeconds", 0)) >= SETTLED_SECONDS
    )


def _connected(healths: Sequence[Health | None]) -> int:
    """How many instances have a session that is connected."""
    counts = ((health or {}).get("sessions") for health in healths)
    return sum(1 for count in counts if isinstance(count, dict) and int(count.get("connected", 0)))


COMMANDS = {"install": install, "back": back, "resume": resume}


def main(arguments: list[str], trees: Trees, machine: Machine) -> int:
    """Returns the exit status: 1 where what was asked for did not come about."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"Uso: switch {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    # The service's account reads what is made here, whatever umask root works with.
    os.umask(0o022)
    try:
        with trees.locked():
            print(COMMANDS[arguments[0]](trees, machine))
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except OSError as failure:
        # What was begun is written down: it is ended at the next boot, or by the next try.
        print(
            f"A troca não terminou: {why(failure)}. Segue a versão {trees.version_at(CURRENT)}",
            file=sys.stderr,
        )
        return 1
    return 0
