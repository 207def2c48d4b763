"""`wppmt lgpd`: what is held about a person, given out in one archive, or erased with a receipt (docs/lgpd.md)."""

from __future__ import annotations

import getpass
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from wppmt import __version__
from wppmt.app import browsers, host, running, wiring
from wppmt.app.settings import Settings
from wppmt.browser.profile.snapshots import Snapshots
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.domain.errors import Refusal
from wppmt.domain.phone_numbers import is_same_number
from wppmt.domain.system_errors import explain
from wppmt.domain.units import MEGABYTE
from wppmt.http.api.phones import parse_phone
from wppmt.lgpd import archive, receipt
from wppmt.lgpd.holdings import Folders, Holdings
from wppmt.lgpd.person import Person
from wppmt.store.sqlite import peek
from wppmt.store.sqlite.people import own_numbers

REWRITTEN_BESIDE_MB = 100
"""The largest database that is written anew while a daemon waits to commit: about a second."""
REMAINS = (
    "Aviso: o arquivo do banco é grande ou está em uso, e não foi regravado: versões antigas das linhas podem ter deixado"
    " restos nele. Rode de novo com o serviço parado (wppmt handover mantém os navegadores conectados)"
)
NOTHING = "Nada está guardado sobre este contato."


class Number(click.ParamType[str]):
    """The digits of a phone number, however it is written."""

    name = "número"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return parse_phone(value)
        except Refusal as refusal:
            self.fail(f"Telefone inválido: {refusal.details[0]['problem']}", param, ctx)


_contact = click.option(
    "--contact", type=Number(), required=True, metavar="NÚMERO", help="O contato, com o código do país."
)
_session = click.option("--session", metavar="ID", help="Só nesta sessão (padrão: em todas).")


@click.group(short_help="Dados pessoais de um contato: exportar ou apagar.")
def lgpd() -> None:
    """Dados pessoais de um contato (LGPD): exportar tudo o que está guardado, ou apagar com recibo."""


@lgpd.command(short_help="Exporta em um arquivo ZIP.")
@_contact
@_session
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="ARQUIVO",
    help="Onde gravar (padrão: lgpd-DATA.zip, aqui).",
)
@pass_source
def export(source: SettingsSource, contact: str, session: str | None, to: Path | None) -> None:
    """Exporta em um só arquivo ZIP tudo o que está guardado sobre um contato. Funciona com o serviço no ar."""
    settings = source.simulated().load()
    with _explained():
        held = _holdings(settings, contact, session).find()
        if held.is_empty:
            click.echo(NOTHING)
            return
        now = time.time()
        to = to or Path(f"lgpd-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}.zip")
        archive.write(to, held, contact, __version__, now)
    click.echo(
        f"{to} gravado. Contém dados pessoais: entregue-o só a quem tem direito a eles, e apague-o depois"
    )


@lgpd.command(short_help="Apaga, e grava um recibo.")
@_contact
@_session
@pass_source
def erase(source: SettingsSource, contact: str, session: str | None) -> None:
    """Apaga tudo o que está guardado sobre um contato, e grava um recibo que só tem um hash. Não pode ser desfeito."""
    settings = source.simulated().load()
    with _explained():
        holdings = _holdings(settings, contact, session)
        _require_rest(settings, holdings)
        sessions = holdings.find().sessions
        erased = holdings.erase()
        is_rewritten = holdings.rewrite(_most_bytes(settings))
        now = time.time()
        path = receipt.write(settings.store.state_dir, contact, sessions, erased, __version__, now)
        holdings.note_erasure(sessions, now, getpass.getuser(), path)
        logs = holdings.logs_that_name()
    counted = ", ".join(f"{_KINDS[kind]}: {count}" for kind, count in erased.items())
    click.echo(f"Apagado ({counted}).\nRecibo: {path}")
    if not is_rewritten:
        click.echo(REMAINS, err=True)
    if logs:
        names = ", ".join(str(log) for log in logs)
        click.echo(f"Aviso: o número está em arquivos de log (LOG_LEVEL=debug): {names}. Apague-os", err=True)


_KINDS = {
    "events": "eventos",
    "journal": "mensagens enviadas",
    "wanted_media": "mídia por buscar",
    "chat_names": "nomes",
    "received": "ids",
    "deliveries": "entregas",
    "attempts": "tentativas",
    "files": "arquivos",
    "loginCopies": "cópias de login",
}


def _holdings(settings: Settings, contact: str, session: str | None) -> Holdings:
    """Raises CommandFailed, sqlite3.Error."""
    store = settings.store
    database = store.state_dir / running.DATABASE
    form = peek.form(database)
    if form is None:
        raise CommandFailed(f"Não há dados em {store.state_dir} (WPP_STATE_DIR)")
    if form.version != peek.THIS.version:
        raise CommandFailed(
            "Os dados são de outra versão do wppmt: use o comando dela, ou inicie antes o serviço com esta"
        )
    folders = Folders(
        database=database,
        received=wiring.received(settings),
        outgoing=store.state_dir / "media" / "out",
        copies=Snapshots(browsers.login_copies(settings), store.login_copies),
        logs=settings.logs.dir,
    )
    return Holdings(folders, _sessions(database, contact, session), Person.of(contact))


def _sessions(database: Path, contact: str, session: str | None) -> list[str]:
    known = own_numbers(database)
    if session is not None and session not in known:
        raise CommandFailed(f"A sessão {session} não existe")
    wanted = list(known) if session is None else [session]
    for session_id in wanted:
        if any(is_same_number(contact, own) for own in known[session_id]):
            raise CommandFailed(
                f"{contact} é o número da própria sessão {session_id}, não de um contato dela. Para apagar tudo dela:"
                f" DELETE /api/sessions/{session_id}?purge=true; para as demais sessões, use --session"
            )
    return wanted


def _require_rest(settings: Settings, holdings: Holdings) -> None:
    """What a daemon has in its hands would be written anew. Raises CommandFailed."""
    if host.running(settings.store.state_dir) is None:
        return
    if busy := holdings.under_way():
        raise CommandFailed(
            f"Há mensagem ou mídia deste contato a caminho ({', '.join(busy)}). Nada foi apagado: espere que termine, ou"
            " encerre o serviço, e rode de novo"
        )


def _most_bytes(settings: Settings) -> float:
    is_running = host.running(settings.store.state_dir) is not None
    return REWRITTEN_BESIDE_MB * MEGABYTE if is_running else float("inf")


@contextmanager
def _explained() -> Iterator[None]:
    """What goes wrong with the disk or the database, in a sentence."""
    try:
        yield
    except FileExistsError as failure:
        raise CommandFailed(f"{failure.filename} já existe: escolha outro nome com --to") from None
    except OSError as failure:
        raise CommandFailed(
            f"{failure.filename or 'O disco'} não pode ser usado: {explain(failure)}"
        ) from None
    except sqlite3.Error as failure:
        raise CommandFailed(
            f"O banco de dados não pode ser usado agora ({failure}). Rode como o usuário do serviço, e de novo"
        ) from None
