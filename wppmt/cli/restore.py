"""`wppmt restore`: a session out of a file; by the daemon where one runs."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from wppmt.app import archives, host
from wppmt.app.settings import Settings
from wppmt.archive.arrival import check_archive, look_into
from wppmt.archive.manifest import Manifest
from wppmt.archive.refusal import ArchiveRefused, reason_of
from wppmt.cli import archive_folders, archive_jobs, trial
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, GatewayError
from wppmt.cli.live.connection import ending
from wppmt.store.port import StoreUnavailable

TWICE = (
    "O login deste arquivo é um aparelho vinculado: aberto em dois lugares, o WhatsApp derruba um deles. Se a sessão"
    " ainda roda em outro lugar, encerre-a lá antes. O que aconteceu depois do backup não está nele."
)
ONLY_SIMULATED = (
    "--verify abre a sessão no simulador: rode com WPP_SIMULATOR=1 (e o serviço também). Para só conferir um arquivo:"
    " wppmt restore --check"
)


@click.command(short_help="Restaura uma sessão de um arquivo de backup.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="ARQUIVO")
@click.option("--yes", is_flag=True, help="Confirma sem perguntar.")
@click.option("--verify", is_flag=True, help="Inicia a sessão no simulador e diz se conectou sem QR Code.")
@click.option(
    "--check", is_flag=True, help="Só confere o arquivo, inteiro, e diz o que é; nada é restaurado."
)
@pass_source
def restore(source: SettingsSource, file: Path, *, yes: bool, verify: bool, check: bool) -> None:
    """Restaura a sessão do ARQUIVO, que não pode existir aqui: sem QR Code, com a sequência dos eventos, as chaves de
    idempotência e os webhooks que faltavam. Tudo é conferido antes; o que é recusado não muda nada.
    """
    settings = source.simulated().load()
    if verify and not (source.is_simulated or host.runs_simulated(settings.store.state_dir)):
        raise CommandFailed(ONLY_SIMULATED)
    with _explained(), file.open("rb") as archive:
        if check:
            click.echo(_described(check_archive(archive, archives.surroundings(settings).key())))
            return
        gateway = archive_jobs.daemon_of(source, settings.store.state_dir)
        if gateway is None:
            click.echo(_described(_looked_into(settings, archive)), err=True)
        if not yes:
            _confirm()
        session_id = _take_in(settings, archive, gateway)
        click.echo(f"{session_id}: restaurada")
        if verify:
            trial.run(source, gateway, session_id)
        elif gateway is None:
            click.echo("Volta com o próximo início do serviço", err=True)


def _looked_into(settings: Settings, archive: BinaryIO) -> Manifest:
    where = archives.surroundings(settings)
    return look_into(archive, where.key(), where.place, where.chrome())


def _take_in(settings: Settings, archive: BinaryIO, gateway: Gateway | None) -> str:
    """The session's id."""
    archive.seek(0)
    if gateway is not None:
        return archive_jobs.restore(gateway, archive, os.fstat(archive.fileno()).st_size)
    with archive_folders.locked(settings) as folders:
        return folders.restore(archive)


def _described(manifest: Manifest) -> str:
    login = "com o login" if manifest.has_login else "sem login"
    return (
        f"Sessão {manifest.session_id}, {login}, de {datetime.fromtimestamp(manifest.made_at, UTC):%Y-%m-%d %H:%M:%S} UTC;"
        f" evento {manifest.sequence}; wppmt {manifest.wppmt}, esquema {manifest.schema_version}"
        f"{f', Chrome {manifest.chrome}' if manifest.chrome else ''}; {manifest.size / 1_000_000:.1f} MB"
    )


def _confirm() -> None:
    """Click's own question takes only English letters. Raises CommandFailed."""
    click.echo(TWICE, err=True)
    said = click.prompt("Continuar? [s/N]", default="n", show_default=False, err=True)
    if said.strip().lower() not in {"s", "sim"}:
        raise CommandFailed("Nada foi feito (--yes confirma sem perguntar)")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except GatewayError as refusal:
        raise ending(refusal) from None
    except (ArchiveRefused, OSError, sqlite3.Error, StoreUnavailable) as failure:
        raise CommandFailed(reason_of(failure)) from None
