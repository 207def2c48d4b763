"""`wppmt logs`: the service's log on this machine, for people: the newest lines, of one session or of all."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import cast

import click

from wppmt.app.log_reading import Wanted, following, last_lines
from wppmt.app.logs import FILE
from wppmt.app.pretty import pretty
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed, NoDaemon
from wppmt.cli.gateway import Gateway, url_of
from wppmt.cli.live.completion import complete_sessions
from wppmt.domain.log import LOG_LEVELS, LogLevel
from wppmt.domain.system_errors import explain

PAUSE_SECONDS = 0.2


@click.command("logs", short_help="O log do serviço, para pessoas.")
@click.argument("session", metavar="[ID]", required=False, shell_complete=complete_sessions)
@click.option("-f", "--follow", is_flag=True, help="Continua mostrando o que vem, até Ctrl+C.")
@click.option(
    "-n", "--lines", "count", type=click.IntRange(0), default=50, show_default=True, help="Linhas a mostrar."
)
@click.option("--level", type=click.Choice(LOG_LEVELS), default="debug", help="Só a partir deste nível.")
@click.option("--json", "as_json", is_flag=True, help="As linhas como estão no arquivo, em JSON.")
@pass_source
def logs(
    source: SettingsSource, session: str | None, *, follow: bool, count: int, level: str, as_json: bool
) -> None:
    """Mostra as últimas linhas do log (WPP_LOG_DIR), só da sessão ID ou de todas. Funciona também com o serviço parado."""
    settings = source.simulated().load()
    file, wanted = settings.logs.dir / FILE, Wanted(session, cast("LogLevel", level))
    try:
        _show(last_lines(file, wanted, count) if count else [], as_json=as_json)
        if follow:
            _show(following(file, wanted, lambda: time.sleep(PAUSE_SECONDS)), as_json=as_json)
    except KeyboardInterrupt:
        return
    except OSError as failure:
        if not Gateway(url_of(settings.http), lambda: "").is_there():
            raise NoDaemon(f"O serviço não está no ar, e não há log em {file} (WPP_LOG_DIR)") from None
        raise CommandFailed(
            f"{file} não pode ser lido: {explain(failure)}. Rode como o usuário do serviço, com as variáveis dele"
            " (WPP_LOG_DIR)"
        ) from None


def _show(lines: Iterable[str], *, as_json: bool) -> None:
    is_terminal = sys.stdout.isatty()
    for line in lines:
        click.echo(line if as_json else pretty(line, colour=is_terminal))
