"""`wppmt doctor --sandbox`: looks at living browsers and proves that each is shut in as it should be."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from wppmt.app.browsers import chrome_settings
from wppmt.app.settings import Settings
from wppmt.browser.cdp.connection import Connection
from wppmt.browser.cdp.deadlines import Deadlines
from wppmt.browser.cdp.line import Line
from wppmt.browser.chrome import ending, first_page, launch
from wppmt.browser.chrome.settings import ChromeSettings
from wppmt.browser.profile.folder import ProfileFolder
from wppmt.cli.findings import Finding

PROC = Path("/proc")
NAMESPACES = ("user", "pid", "net")
FILTERED = 2
"""Of `Seccomp:` in /proc/PID/status."""
LISTENING = "0A"
"""The state in /proc/net/tcp."""
NOWHERE = "MAP * ~NOTFOUND"
LEAST_SECRET = 6
"""Shorter ones would be found anywhere."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One process of a browser, as /proc tells."""

    pid: int
    command: str
    users: Collection[int] = (1000,)
    seccomp: int = 0
    namespaces: Mapping[str, str] | None = None
    """None where they may not be looked at."""

    @property
    def is_renderer(self) -> bool:
        return "--type=renderer" in self.command

    @property
    def is_main(self) -> bool:
        return "--user-data-dir=" in self.command and "--type=" not in self.command


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything that the verdict needs."""

    browsers: Sequence[Seen]
    commands: Sequence[str]
    """The browsers', and those of whatever else is ours."""
    listening: Collection[int]
    """Ports of theirs, and ports whose owner could not be found."""
    secrets: Collection[str] = ()


def probe(settings: Settings) -> Iterator[Finding]:
    """Of the browsers of this tokens folder; of one started for this alone, where none runs. Raises SetupError."""
    tokens = settings.store.tokens_dir.absolute()
    running = _groups(tokens)
    if running:
        yield from judge(_look(running, settings))
        return
    with (
        tempfile.TemporaryDirectory(prefix="wppmt-probe-") as folder,
        _started(chrome_settings(settings), Path(folder)) as group,
    ):
        yield from judge(_look({group}, settings))


def judge(machine: Machine) -> Iterator[Finding]:
    mains = [one for one in machine.browsers if one.is_main]
    renderers = [one for one in machine.browsers if one.is_renderer]
    yield Finding(
        bool(mains and renderers),
        f"{len(mains)} navegador(es) e {len(renderers)} página(s) examinados",
        "Nenhum navegador pôde ser examinado: rode como o usuário do serviço, ou como root",
    )
    yield _all(
        [one for one in machine.browsers if 0 in one.users],
        "Nenhum processo de navegador roda como root",
        "Rode o serviço com um usuário próprio (docs/operacao.md)",
    )
    yield _all(
        [one for one in renderers if one.seccomp != FILTERED],
        "Toda página tem as chamadas de sistema filtradas (seccomp 2)",
        "O sandbox está desligado: tire WPP_SANDBOX=off, e veja a unidade em deploy/wppmt.service",
    )
    for name in NAMESPACES:
        outside = {one.namespaces[name] for one in mains if one.namespaces}
        yield _all(
            [one for one in renderers if not one.namespaces or one.namespaces[name] in outside],
            f"Toda página tem o seu próprio namespace {name}",
            "Permita user namespaces; se não puderam ser lidos, rode como root",
        )
    yield Finding(
        not machine.listening,
        "Nenhum navegador escuta em uma porta",
        f"Portas: {', '.join(map(str, sorted(machine.listening)))}. Use WPP_BROWSER_ENGINE=chrome; se uma porta não"
        " é de um navegador, rode como root, que vê de quem é",
    )
    leaks = [secret for secret in machine.secrets if any(secret in command for command in machine.commands)]
    yield Finding(
        not leaks and not any(re.search(r"://[^/\s@]+:[^/\s@]+@", command) for command in machine.commands),
        "Nenhum segredo em uma linha de comando",
        "Uma chave ou senha está à vista de todos em /proc: mude-a, e passe-a só por /etc/wppmt/wppmt.env",
    )


def _all(exceptions: Sequence[Seen], text: str, advice: str) -> Finding:
    pids = ", ".join(str(one.pid) for one in exceptions)
    return Finding(not exceptions, text, f"{advice} (pid {pids})")


def _look(groups: Collection[int], settings: Settings) -> Machine:
    browsers = [seen for pid in _pids() if _group(pid) in groups and (seen := _seen(pid))]
    users = {user for one in browsers for user in one.users}
    ours = [command for pid in _pids() if "wppmt" in (command := _command(pid))]
    return Machine(
        browsers,
        [*(one.command for one in browsers), *ours],
        _listening(users, {one.pid for one in browsers}),
        [secret for secret in _secrets(settings) if len(secret) >= LEAST_SECRET],
    )


def _secrets(settings: Settings) -> Iterator[str]:
    yield settings.auth.secret.get_secret_value()
    for url in (settings.redis.url, settings.webhooks.url):
        yield url.partition("?")[2]
        yield url.partition("://")[2].rpartition("@")[0].partition(":")[2]


def _groups(tokens: Path) -> set[int]:
    """Of Chromes on profiles in this folder, whoever runs them."""
    start = f"--user-data-dir={tokens}/"
    return {_group(pid) for pid in _pids() if start in f" {_command(pid)}" and "--type=" not in _command(pid)}


def _seen(pid: int) -> Seen | None:
    """None where it is gone."""
    with suppress(OSError):
        status = dict(
            line.split(":", 1)
            for line in (PROC / str(pid) / "status").read_text().splitlines()
            if ":" in line
        )
        users = {int(user) for user in status["Uid"].split()}
        return Seen(pid, _command(pid), users, int(status["Seccomp"]), _namespaces(pid))
    return None


def _namespaces(pid: int) -> Mapping[str, str] | None:
    try:
        return {name: str((PROC / str(pid) / "ns" / name).readlink()) for name in NAMESPACES}
    except OSError:
        return None


def _listening(users: Collection[int], browsers: Collection[int]) -> set[int]:
    """Whoever may not look at all sockets tells what these users' browsers could hold: what nobody else is known to."""
    if os.geteuid() == 0:
        theirs = set[str]().union(*(_sockets(pid) for pid in browsers))
        return {port for port, _, inode in _listeners() if f"socket:[{inode}]" in theirs}
    held = set[str]().union(*(_sockets(pid) for pid in _pids() if pid not in browsers))
    return {port for port, user, inode in _listeners() if user in users and f"socket:[{inode}]" not in held}


def _listeners() -> Iterator[tuple[int, int, str]]:
    """Port, user and inode of whatever listens on TCP."""
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (PROC / "net" / name).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING:
                    yield int(fields[1].rpartition(":")[2], 16), int(fields[7]), fields[9]


def _sockets(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):
        for descriptor in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                found.add(str(descriptor.readlink()))
    return found


def _pids() -> Iterator[int]:
    yield from psutil.pids()


def _group(pid: int) -> int:
    with suppress(OSError):
        return os.getpgid(pid)
    return 0


def _command(pid: int) -> str:
    with suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    return ""


@contextmanager
def _started(settings: ChromeSettings, folder: Path) -> Iterator[int]:
    """The process group of a Chrome that is there to be looked at."""
    profile = ProfileFolder(folder, "probe")
    alone = replace(settings, headless=True, resolver_rules=NOWHERE)
    with profile.writer() as writer:
        pid, end = launch.start_chrome(settings.programs(), alone.command(profile.path), profile.path, writer)
    connection = Connection(Line(end), Deadlines())
    connection.start()
    try:
        first_page.find_page(connection, pid, profile.path, settings.start_seconds)
        yield pid
    finally:
        ending.close_in_order(pid, connection, settings.stop_seconds)
        ending.end(pid)
