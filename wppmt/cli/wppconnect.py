"""`wppmt import`: the sessions of a wppconnect-server, with their login, without a QR code (docs/migracao.md)."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import click

from wppmt.app import browsers, host, running
from wppmt.app.settings import Settings
from wppmt.browser.chrome.launch import chrome_version
from wppmt.browser.port import StartFailed
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, GatewayError
from wppmt.cli.live import shown
from wppmt.cli.live.connection import as_json, connect, ending
from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, SetupError
from wppmt.domain.system_errors import explain
from wppmt.store.operator_records import AuditEntry
from wppmt.store.records import imported
from wppmt.store.sqlite.store import SqliteStore
from wppmt.wppconnect.checks import NotTaken, Why
from wppmt.wppconnect.folders import Found, sessions_in
from wppmt.wppconnect.taking import Shelf

NEXT = "Inicie cada uma com o wppconnect parado: wppmt sessions start ID"


class Registry(Protocol):
    """Where sessions are known. Raises NotTaken, and what its way to them does."""

    def require_new(self, session_id: str) -> None: ...

    def add(self, session_id: str) -> None:
        """Its profile is in its place."""


@click.command("import", short_help="Traz as sessões de um wppconnect-server, com o login.")
@click.option(
    "--wppconnect",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    metavar="PASTA",
    help="A pasta do wppconnect-server, ou a sua userDataDir ou tokens.",
)
@as_json
@pass_source
def take_over(source: SettingsSource, folder: Path, *, as_json: bool) -> None:
    """Copia os perfis do wppconnect e faz de cada um uma sessão encerrada, com o login. Nada é mudado na pasta de origem."""
    settings = source.simulated().load()
    with _explained(), _registry(source, settings) as registry:
        shelf = _shelf(settings)
        outcomes = [_take(one, shelf, registry) for one in sessions_in(folder)]
    _tell(outcomes, folder, as_json=as_json)


@dataclass(frozen=True, slots=True)
class Outcome:
    found: Found
    refusal: NotTaken | None


def _take(found: Found, shelf: Shelf, registry: Registry) -> Outcome:
    """What goes wrong with one session is no reason to leave the others."""
    try:
        if found.session_id:
            registry.require_new(found.session_id)
        shelf.take(found)
        registry.add(found.session_id)
    except NotTaken as refusal:
        return Outcome(found, refusal)
    except OSError as failure:
        text = f"{failure.filename or 'o disco'} não pode ser usado: {explain(failure)}"
        return Outcome(found, NotTaken(Why.UNREADABLE, text))
    return Outcome(found, None)


def _tell(outcomes: Sequence[Outcome], folder: Path, *, as_json: bool) -> None:
    """Raises CommandFailed where a session was not taken, or there is none."""
    if as_json:
        shown.echo_json({"sessions": [_row(one) for one in outcomes]})
    else:
        shown.echo_lines(_line(one) for one in outcomes)
        if any(one.refusal is None for one in outcomes):
            click.echo(NEXT)
    if not outcomes:
        raise CommandFailed(f"{folder} não tem sessões do wppconnect (userDataDir/NOME ou tokens/NOME)")
    if left := sum(one.refusal is not None for one in outcomes):
        raise CommandFailed(
            f"{left} de {shown.counted(len(outcomes), 'sessão não veio', 'sessões não vieram')}"
        )


def _row(one: Outcome) -> dict[str, Any]:
    row = {"name": one.found.name, "sessionId": one.found.session_id or None, "imported": one.refusal is None}
    return row | ({"code": one.refusal.why, "error": str(one.refusal)} if one.refusal else {})


def _line(one: Outcome) -> str:
    name = shown.plain(one.found.name)
    return f"{name}: NÃO veio: {one.refusal}" if one.refusal else f"{name}: sessão {one.found.session_id}"


def _shelf(settings: Settings) -> Shelf:
    """Raises SetupError, StartFailed."""
    tokens = settings.store.tokens_dir
    host.require_folder(tokens, "WPP_TOKENS_DIR")
    ours = chrome_version(browsers.chrome_settings(settings).chrome_path)
    return Shelf(tokens, ours, settings.store.disk_min_free_mb)


@contextmanager
def _registry(source: SettingsSource, settings: Settings) -> Iterator[Registry]:
    """The daemon, where one works on these folders; else their database, and no daemon starts meanwhile."""
    store = settings.store
    if host.running(store.state_dir) is not None:
        yield DaemonRegistry(connect(source))
        return
    with host.only_one(store.state_dir, store.tokens_dir, simulated=settings.simulator.used):
        opened = SqliteStore(store.state_dir / running.DATABASE)
        try:
            yield StoreRegistry(opened)
        finally:
            opened.close()


@dataclass(frozen=True, slots=True)
class DaemonRegistry:
    gateway: Gateway

    def require_new(self, session_id: str) -> None:
        try:
            self.gateway.status(session_id)
        except GatewayError as refusal:
            if refusal.code == Code.SESSION_NOT_FOUND:
                return
            raise
        raise _exists(session_id)

    def add(self, session_id: str) -> None:
        try:
            self.gateway.ask("POST", "/api/admin/imports", {"sessionId": session_id})
        except GatewayError as refusal:
            if refusal.code == Code.SESSION_EXISTS:
                raise _exists(session_id) from None
            raise


@dataclass(frozen=True, slots=True)
class StoreRegistry:
    store: SqliteStore

    def require_new(self, session_id: str) -> None:
        if self.store.session(session_id):
            raise _exists(session_id)

    def add(self, session_id: str) -> None:
        now = time.time()
        with self.store.transaction() as transaction:
            transaction.save(imported(session_id, now))
            transaction.audit(
                AuditEntry(now, Action.IMPORT_SESSION, getpass.getuser(), session_id=session_id)
            )


def _exists(session_id: str) -> NotTaken:
    return NotTaken(Why.SESSION_EXISTS, f"já existe aqui uma sessão {session_id}")


@contextmanager
def _explained() -> Iterator[None]:
    """What concerns all sessions ends the command; what was taken before stays, and a second run goes on from there."""
    try:
        yield
    except GatewayError as refusal:
        raise ending(refusal) from None
    except SetupError as refusal:
        raise CommandFailed(str(refusal)) from None
    except StartFailed as failure:
        raise CommandFailed(f"O Chromium daqui não pôde ser consultado: {failure}") from None
    except OSError as failure:
        raise CommandFailed(
            f"{failure.filename or 'A pasta'} não pode ser lida: {explain(failure)}"
        ) from None
