"""`wppmt backup`: sessions as files, one each, encrypted; by the daemon where one runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from wppmt.app.settings import Settings
from wppmt.archive.key import archive_key
from wppmt.archive.refusal import ArchiveRefused, reason_of
from wppmt.archive.shelf import bring, rotate
from wppmt.cli import archive_folders, archive_jobs
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed, NoDaemon
from wppmt.cli.gateway import Gateway, GatewayError
from wppmt.cli.live.completion import complete_sessions
from wppmt.cli.live.connection import as_json, ending
from wppmt.cli.live.shown import echo_json
from wppmt.store.port import StoreUnavailable

BackUp = Callable[[str], Path]
"""One session's archive, where it was asked to be. Raises CommandFailed, GatewayError, and what reason_of explains."""
NO_SESSIONS = "Não há sessões."


@click.command(short_help="Backup de sessões: um arquivo cifrado cada.")
@click.argument("wanted", metavar="[ID]...", nargs=-1, shell_complete=complete_sessions)
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="PASTA",
    help="Onde ficam os arquivos (padrão: WPP_BACKUP_DIR).",
)
@click.option(
    "--rotate",
    "rotates",
    is_flag=True,
    help="Depois, apaga os mais velhos que os WPP_BACKUP_KEEP últimos de cada sessão.",
)
@as_json
@pass_source
def backup(
    source: SettingsSource, wanted: Sequence[str], to: Path | None, *, rotates: bool, as_json: bool
) -> None:
    """Faz o backup das sessões ID, ou de todas: um arquivo por sessão, com o login e as linhas dela, cifrado com
    WPP_ARCHIVE_KEY. A sessão continua como estava; uma conectada reinicia por alguns segundos, para que o login seja
    o de agora.
    """
    settings = source.simulated().load()
    with _where(source, settings, to) as (session_ids, back_up):
        rows = [_one(session_id, back_up, as_json=as_json) for session_id in wanted or session_ids()]
    if rotates:
        _rotate(rows, settings.archive.keep)
    if as_json:
        echo_json({"backups": rows})
    elif not rows:
        click.echo(NO_SESSIONS)
    if failed := [row["sessionId"] for row in rows if row["error"]]:
        raise CommandFailed(f"Sem backup: {', '.join(map(str, failed))}")


@contextmanager
def _where(
    source: SettingsSource, settings: Settings, to: Path | None
) -> Iterator[tuple[Callable[[], list[str]], BackUp]]:
    """Which sessions there are, and what backs one up."""
    gateway = archive_jobs.daemon_of(source, settings.store.state_dir)
    try:
        if gateway is not None:
            yield (
                lambda: _all(gateway),
                lambda session_id: _brought(archive_jobs.back_up(gateway, session_id), to),
            )
            return
        archive_key(settings.archive.key.get_secret_value(), settings.archive.key_file)
        with archive_folders.locked(settings) as folders:
            folder = to or Path(settings.archive.backup_dir)
            yield folders.session_ids, lambda session_id: folders.back_up(session_id, folder)
    except GatewayError as refusal:
        raise ending(refusal) from None
    except (ArchiveRefused, OSError, sqlite3.Error, StoreUnavailable) as failure:
        raise CommandFailed(reason_of(failure)) from None


def _all(gateway: Gateway) -> list[str]:
    return [str(row["sessionId"]) for row in gateway.ask("GET", "/api/admin/sessions")["sessions"]]


def _brought(made: Path, to: Path | None) -> Path:
    """From where the daemon puts archives, to where this one is wanted."""
    if to is None or to.absolute() == made.parent:
        return made
    try:
        return bring(made, to)
    except OSError as failure:
        raise CommandFailed(f"O backup está em {made}; levá-lo a {to} falhou: {reason_of(failure)}") from None


def _one(session_id: str, back_up: BackUp, *, as_json: bool) -> dict[str, str | None]:
    """What became of it, told at once; one that fails does not stop the others."""
    try:
        made, error = str(back_up(session_id)), None
        click.echo(f"{session_id}: {made}", err=as_json)
    except GatewayError as refusal:
        if isinstance(failed := ending(refusal), NoDaemon):
            raise
        made, error = None, failed.message
    except CommandFailed as failed:
        made, error = None, failed.message
    except (ArchiveRefused, OSError, sqlite3.Error, StoreUnavailable) as failure:
        made, error = None, reason_of(failure)
    if error:
        click.echo(f"Erro: {session_id}: {error}", err=True)
    return {"sessionId": session_id, "file": made, "error": error}


def _rotate(rows: Sequence[dict[str, str | None]], keep: int) -> None:
    """Only where a new one was made. What cannot be deleted is said, and is no failure of the backup."""
    for row in rows:
        if not row["file"]:
            continue
        try:
            rotate(Path(row["file"]).parent, str(row["sessionId"]), keep)
        except OSError as failure:
            click.echo(f"Aviso: {reason_of(failure)}", err=True)
