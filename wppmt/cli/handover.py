"""`wppmt handover`: end the daemon alone; its browsers stay connected for the one that follows."""

from __future__ import annotations

import os
import signal

import click

from wppmt.app import host
from wppmt.browser.chrome import processes
from wppmt.cli.context import SettingsSource, pass_origin
from wppmt.cli.errors import Trouble
from wppmt.domain.system_errors import told

SECONDS = 60.0
"""Requests, webhooks and turns under way get their time."""


@click.command(short_help="Encerra só o serviço, para atualizá-lo.")
@pass_origin
def handover(origin: SettingsSource) -> None:
    """Encerra só o serviço, para atualizá-lo: os navegadores continuam conectados, e o próximo início os adota."""
    state_dir = origin.simulated().load().store.state_dir
    try:
        pid = host.running(state_dir)
        if pid is None:
            raise Trouble(f"Nenhum serviço usa a pasta {state_dir} (WPP_STATE_DIR)")
        os.kill(pid, signal.SIGUSR2)
    except OSError as trouble:
        raise Trouble(
            f"O serviço da pasta {state_dir} é de outro usuário ({told(trouble)}): rode como ele"
        ) from None
    if not processes.wait_until_gone(pid, SECONDS):
        raise Trouble(f"O serviço (pid {pid}) não encerrou em {SECONDS:.0f} s. Veja o log")
    click.echo(
        "Serviço encerrado. Os navegadores continuam conectados: inicie o serviço de novo para adotá-los"
    )
