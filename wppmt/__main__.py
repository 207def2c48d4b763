"""The command line's root: `wppmt …` and `python -m wppmt …`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from wppmt import __version__
from wppmt.cli.context import SettingsSource
from wppmt.cli.demo import demo
from wppmt.cli.doctor import doctor
from wppmt.cli.handover import handover
from wppmt.cli.lgpd import lgpd
from wppmt.cli.live.alerts import alerts
from wppmt.cli.live.dead_letters import dead_letters
from wppmt.cli.live.explica import explica
from wppmt.cli.live.key import key
from wppmt.cli.live.log_lines import logs
from wppmt.cli.live.qr import qr
from wppmt.cli.live.sessions import sessions
from wppmt.cli.live.status import status
from wppmt.cli.portuguese import speak_portuguese
from wppmt.cli.serve import run, serve
from wppmt.cli.sim import sim
from wppmt.cli.simulator import simulator
from wppmt.cli.sink import sink
from wppmt.cli.token import token
from wppmt.cli.upgrade import upgrade
from wppmt.cli.wa_js import wa_js


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


OPERATING = (status, sessions, qr, logs, explica, alerts, dead_letters, key)
"""On the running daemon."""
for command in (
    *OPERATING,
    lgpd,
    serve,
    run,
    handover,
    upgrade,
    wa_js,
    simulator,
    sim,
    sink,
    token,
    doctor,
    demo,
):
    main.add_command(command)
speak_portuguese(main)

if __name__ == "__main__":
    main(prog_name="wppmt")
