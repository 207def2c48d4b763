"""`wppmt handover`: end the daemon alone; its browsers stay connected for the one that follows."""

from __future__ import annotations

import os
import signal

import click

from wppmt.app import host
from wppmt.browser.chrome import processes
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.domain.system_errors import explain

SECONDS = 60.0
"""For requests, webhooks and turns under way to finish."""


@click.command(short_help="Encerra só o serviço, para atualizá-lo.")
@pass_source
def handover(source: SettingsSource) -> None:
    """Encerra só o serviço, para atualizá-lo: os navegadores continuam conectados, e o próximo início os adota."""
    state_dir = source.simulated().load().store.state_dir
    try:
        pid = host.running(state_dir)
        if pid is None:
            raise CommandFailed(f"Nenhum serviço usa a pasta {state_dir} (WPP_STATE_DIR)")
        os.kill(pid, signal.SIGUSR2)
    except OSError as failure:
        raise CommandFailed(
            f"O serviço da pasta {state_dir} é de outro usuário ({explain(failure)}): rode como ele"
        ) from None
    if not processes.wait_until_gone(pid, SECONDS):
        raise CommandFailed(f"O serviço (pid {pid}) não encerrou em {SECONDS:.0f} s. Veja o log")
    click.echo(
        "Serviço encerrado. Os navegadores continuam conectados: inicie o serviço de novo para adotá-los"
    )
