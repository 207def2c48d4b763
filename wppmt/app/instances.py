"""The instances of this machine: how each is, and a further one. Each is a service of its own, with folders and a port."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from wppmt.app import settings
from wppmt.app.settings import Settings
from wppmt.deploy.instances import NAME, RESERVED, Definitions, Instance, unit_of
from wppmt.domain.errors import SetupError

INVALID, STOPPED = "invalid", "stopped"
"""States beside those of `/api/health`: the settings are no good; nobody answers."""
OWN = """\
# A instância {name}: o que nela é diferente de /etc/wppmt/wppmt.env. Depois de mudar: systemctl restart {unit}
# A porta está também em {drop_in}: mude os dois juntos.
WPP_PORT={port}
WPP_STATE_DIR={home}/var
WPP_TOKENS_DIR={home}/tokens-3
WPP_LOG_DIR={home}/logs
"""
LISTENS = "[Socket]\nListenStream=127.0.0.1:{port}\n"

Ask = Callable[[Settings], Mapping[str, Any] | None]
"""What `/api/health` of this service answers; None where nobody does."""


@dataclass(frozen=True, slots=True)
class Row:
    """One instance as it is now."""

    name: str
    unit: str
    state: str
    """`ok`, `degraded`, `starting`, `draining`, `stopped` or `invalid`."""
    port: int | None = None
    version: str | None = None
    sessions: int | None = None
    connected: int | None = None
    max_sessions: int | None = None
    state_dir: str | None = None
    tokens_dir: str | None = None
    problem: str | None = None

    @property
    def for_programs(self) -> dict[str, Any]:
        names = {"max_sessions": "maxSessions", "state_dir": "stateDir", "tokens_dir": "tokensDir"}
        return {names.get(name, name): value for name, value in asdict(self).items()}


def rows(definitions: Definitions, ask: Ask) -> list[Row]:
    """The first one first. Raises OSError where the files may not be read."""
    found = [row(definitions.instance(name), ask) for name in definitions.names()]
    return with_clashes(found)


def row(instance: Instance, ask: Ask) -> Row:
    try:
        told = settings.load(instance.environ)
    except SetupError as refusal:
        return Row(instance.name, instance.unit, INVALID, problem=str(refusal).splitlines()[0])
    health = ask(told)
    counts = (health or {}).get("sessions") or {}
    return Row(
        instance.name,
        instance.unit,
        str((health or {}).get("status", STOPPED)),
        port=told.http.port,
        version=(health or {}).get("version"),
        sessions=counts.get("total"),
        connected=counts.get("connected"),
        max_sessions=told.sessions.max,
        state_dir=str(told.store.state_dir),
        tokens_dir=str(told.store.tokens_dir),
    )


def with_clashes(found: Sequence[Row]) -> list[Row]:
    """Those with a port or a folder of another's say so: the second one to start would refuse."""
    ports = Counter(one.port for one in found)
    folders = Counter(folder for one in found for folder in {one.state_dir, one.tokens_dir})
    marked = []
    for one in found:
        shared = [f"a porta {one.port}"] if one.port and ports[one.port] > 1 else []
        shared += [
            f"a pasta {name}" for name in (one.state_dir, one.tokens_dir) if name and folders[name] > 1
        ]
        problem = "; ".join(f"{what} também é de outra instância" for what in shared) or one.problem
        marked.append(replace(one, problem=problem))
    return marked


def add(definitions: Definitions, name: str, port: int) -> list[Path]:
    """Write down a further instance. Returns its files. Raises SetupError, and nothing is left of it then."""
    _require_free(definitions, name, port)
    instance = Instance(name, {})
    own, drop_in = definitions.own(name), definitions.drop_in(name)
    text = OWN.format(name=name, unit=instance.unit, drop_in=drop_in, port=port, home=instance.home)
    try:
        # Secrets may come to stand in it: who may read the first one's settings, reads these.
        group = definitions.settings.stat().st_gid
        own.parent.mkdir(mode=0o750, exist_ok=True)
        os.chown(own.parent, -1, group)
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        drop_in.write_text(LISTENS.format(port=port))
        _write(own, text, group)
    except OSError as failure:
        drop_in.unlink(missing_ok=True)
        raise SetupError(
            f"{failure.filename or own} não pôde ser escrito ({failure.strerror}): rode como root"
        ) from None
    return [own, drop_in]


def _write(file: Path, text: str, group: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        os.fchown(out.fileno(), -1, group)
        out.write(text)


def _require_free(definitions: Definitions, name: str, port: int) -> None:
    if not NAME.fullmatch(name) or name in RESERVED:
        raise SetupError(
            f"{name!r} não serve de nome: letras minúsculas, algarismos e hífens, no máximo 48, e não {' nem '.join(RESERVED)}"
        )
    if not definitions.settings.is_dir():
        raise SetupError(f"{definitions.settings} não existe: instale o wppmt antes (docs/operacao.md)")
    if definitions.own(name).exists():
        raise SetupError(f"A instância {name} já existe: {definitions.own(name)}")
    for one in rows(definitions, lambda _: None):
        if one.port == port:
            raise SetupError(f"A porta {port} já é da instância {one.name}")
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            raise SetupError(f"A porta {port} já é usada por outro programa desta máquina") from None


def how_to_start(name: str) -> str:
    return f"systemctl daemon-reload && systemctl enable --now {unit_of(name)}"
