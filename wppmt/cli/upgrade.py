"""`wppmt upgrade`: what putting this version, or a package's, into use would do, said beforehand; and the way back."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from wppmt import __version__
from wppmt.app import browsers, running
from wppmt.app.disk import free_mb
from wppmt.app.settings import Settings
from wppmt.browser.chrome import engines, injection, launch, processes
from wppmt.browser.chrome.settings import ChromeSettings
from wppmt.browser.port import StartFailed
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.cli.findings import Finding
from wppmt.deploy.machine import USER
from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import explain
from wppmt.domain.units import MEGABYTE
from wppmt.store.sqlite import peek
from wppmt.store.sqlite.peek import THIS, Form

TREE = "usr/lib/wppmt/tree"
"""In a package."""
SWITCH = Path("/usr/lib/wppmt/switch")
ROOM_MB = 50
"""Beside a second copy of the database, which a conversion may write."""


@dataclass(frozen=True, slots=True)
class Found:
    """What this version would meet."""

    version: str
    """Of the daemon that started last; empty where none has said."""
    page: str
    form: Form | None
    """The database's."""
    browsers: Sequence[str]
    """Sessions that have one."""
    of_other_command: Sequence[str]
    """Those of them whose Chrome was started otherwise than this version would now."""
    free_mb: int
    database_mb: int


def look(settings: Settings) -> Found:
    store = settings.store
    database = store.state_dir / running.DATABASE
    version, page = running.noted(store.state_dir)
    chromes = browsers.chrome_settings(settings)
    sessions = sorted(launch.occupied(store.tokens_dir.absolute()))
    return Found(
        version=version,
        page=page,
        form=peek.form(database),
        browsers=sessions,
        of_other_command=[session for session in sessions if not _starts_alike(session, chromes)],
        free_mb=free_mb(_existing(store.state_dir)),
        database_mb=database.stat().st_size // MEGABYTE if database.exists() else 0,
    )


def _existing(folder: Path) -> Path:
    """It, or the nearest above it."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _starts_alike(session: str, chromes: ChromeSettings) -> bool:
    profile = chromes.tokens_dir.absolute() / session
    try:
        wanted = _without_proxy(chromes.on(engines.opened_by(profile)[0]).command(profile))
    except StartFailed:
        return False
    return any(_without_proxy(arguments) == wanted for _, arguments in processes.own_commands())


def _without_proxy(command: Sequence[str]) -> list[str]:
    """That is each session's own, and no version's."""
    return [
        one
        for one in command
        if not one.startswith(("--proxy-server=", "--no-proxy-server", "--host-resolver-rules="))
    ]


def judge(found: Found, page: str, form: Form = THIS) -> Iterator[Finding]:
    """In the order in which it matters; what is not fine must not be put into use."""
    yield _versions(found)
    yield _database(found, form)
    yield _room(found)
    yield _sessions(found, page)


def _versions(found: Found) -> Finding:
    last = f"a última iniciada foi a {found.version}" if found.version else "nenhuma foi iniciada ainda"
    return Finding(True, f"Versão {__version__}; {last}", check="version")


def _database(found: Found, form: Form) -> Finding:
    there = found.form
    if there is None or there.version == form.version:
        return Finding(True, "Banco de dados: nada a converter", check="database")
    if there.oldest_reader > form.version:
        text = f"o banco é de uma versão mais nova do wppmt (esquema {there.version}, esta conhece {form.version})"
        return Finding(False, text, "Use uma versão mais nova", check="database")
    if there.version > form.version:
        text = f"Banco de dados: esquema {there.version}, mais novo, que esta versão ainda lê; nada se perde"
        return Finding(True, text, check="database")
    back = (
        f"a versão {found.version or 'anterior'} ainda o lê, voltar não perde nada"
        if form.oldest_reader <= there.version
        else "a versão anterior não o lê mais: faça antes o backup de docs/operacao.md"
    )
    text = f"Banco de dados: convertido do esquema {there.version} para o {form.version}; {back}"
    return Finding(True, text, check="database", is_notice=form.oldest_reader > there.version)


def _room(found: Found) -> Finding:
    needed = found.database_mb + ROOM_MB
    text = f"{found.free_mb} MB livres no disco do estado; a troca pede {needed} MB"
    return Finding(found.free_mb >= needed, text, "Libere espaço em disco", check="disk")


def _sessions(found: Found, page: str) -> Finding:
    count = len(found.browsers)
    if not count:
        return Finding(True, "Sessões: nenhum navegador aberto", check="sessions")
    pace = "uma depois da outra"
    if not injection.understands(found.page):
        why, reopened, pace = "a ponte mudou de forma", count, "logo, WPP_STARTS_AT_ONCE por vez"
    elif found.page != page:
        why, reopened = "a ponte ou o wa-js mudou", count
    else:
        why, reopened = "a linha de comando do Chromium mudou", len(found.of_other_command)
    if not reopened:
        return Finding(True, f"Sessões: {count} seguem conectadas, nenhuma é reaberta", check="sessions")
    text = f"Sessões: {reopened} de {count} são reabertas, {pace}, sem QR Code, porque {why}"
    return Finding(True, text, check="sessions", is_notice=True)


@click.command(short_help="Diz o que uma troca de versão faria; volta à anterior.")
@click.argument("package", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--check", "checks", is_flag=True, help="Só diz: nada muda.")
@click.option("--back", "goes_back", is_flag=True, help="Volta à versão anterior, que ficou em /opt/wppmt.")
@click.option("--brief", is_flag=True, help="Só o que impede a troca.")
@pass_source
def upgrade(
    source: SettingsSource, package: Path | None, *, checks: bool, goes_back: bool, brief: bool
) -> None:
    """Diz o que pôr esta versão em uso (ou a do PACOTE .deb) faria com sessões e banco; sai com 1 se ela não serve.

    A troca em si é do apt: apt install ./wppmt_VERSÃO.deb
    """
    if checks == goes_back:
        raise CommandFailed(
            "Use --check, para saber o que a troca faria, ou --back, para voltar à versão anterior"
        )
    if goes_back:
        _go_back()
    if package:
        sys.exit(_ask_package(package, brief=brief))
    _become_owner(source)
    settings = source.load()
    try:
        findings = list(judge(look(settings), running.page_version(settings)))
    except SetupError as refusal:
        raise CommandFailed(str(refusal)) from None
    except (OSError, sqlite3.Error) as failure:
        why = explain(failure) if isinstance(failure, OSError) else str(failure)
        raise CommandFailed(
            f"O estado em {settings.store.state_dir} não pode ser lido por quem roda o serviço: {why} (WPP_STATE_DIR)"
        ) from None
    fine = True
    for finding in findings:
        fine &= finding.fine
        if not (brief and finding.fine):
            click.echo(str(finding))
    sys.exit(0 if fine else 1)


def _go_back() -> None:
    if not SWITCH.exists():
        raise CommandFailed(
            "Só o pacote Debian guarda a versão anterior; aqui, volte com git (docs/operacao.md)"
        )
    if os.geteuid() != 0:
        raise CommandFailed("Trocar de versão é de root: sudo wppmt upgrade --back")
    sys.exit(subprocess.run(["/usr/bin/python3", "-I", "-B", SWITCH, "back"], check=False).returncode)


def _become_owner(source: SettingsSource) -> None:
    """What root opens of a database leaves files beside it that the service could not use."""
    if os.geteuid():
        return
    user, group = _owner(source.load().store.state_dir)
    if user:
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)


def _owner(state_dir: Path) -> tuple[int, int]:
    """Of a package's service the account is known, also where somebody has made root the owner of its state."""
    if SWITCH.exists():
        account = pwd.getpwnam(USER)
        return account.pw_uid, account.pw_gid
    found = _existing(state_dir).stat()
    return found.st_uid, found.st_gid


def _ask_package(package: Path, *, brief: bool) -> int:
    """What the version inside says of itself, on the state that is here."""
    with _unpacked(package) as tree:
        asked = ["upgrade", "--check", *(["--brief"] if brief else [])]
        return subprocess.run([tree / "bin/python3", "-B", "-m", "wppmt", *asked], check=False).returncode


@contextmanager
def _unpacked(package: Path) -> Iterator[Path]:
    if not shutil.which("dpkg-deb"):
        raise CommandFailed("dpkg-deb não foi encontrado: só o Debian abre um pacote .deb")
    with tempfile.TemporaryDirectory(prefix="wppmt-upgrade-") as folder:
        # The service's user, which this becomes, reads it too.
        Path(folder).chmod(0o755)
        done = subprocess.run(
            ["dpkg-deb", "--extract", package, folder], capture_output=True, text=True, check=False
        )
        tree = Path(folder, TREE)
        if done.returncode or not tree.is_dir():
            raise CommandFailed(f"{package} não é um pacote do wppmt")
        # The tree's way to Debian's Python is relative to where the package would lie.
        Path(folder, "usr/bin/python3").symlink_to("/usr/bin/python3")
        yield tree
