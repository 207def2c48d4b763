"""The command line's root: `wppmt …` and `python -m wppmt …`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from wppmt import __version__
from wppmt.cli.commands import Commands
from wppmt.cli.context import SettingsSource
from wppmt.cli.portuguese import speak_portuguese


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="ARQUIVO",
    help="Arquivo de configuração desta instalação (também WPP_CONFIG).",
)
@click.version_option(__version__, message="%(prog)s %(version)s", help="Mostra a versão e sai.")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Gateway WhatsApp Web multi-tenant: um Chrome por cliente, uma API HTTP para todos."""
    context.color = False if os.environ.get("NO_COLOR") else None
    context.obj = SettingsSource(dict(os.environ), config)


speak_portuguese(main)
main.commands = Commands()

if __name__ == "__main__":
    main(prog_name="wppmt")
