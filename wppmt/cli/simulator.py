"""`wppmt simulator`: the stand-in for WhatsApp Web, in this process, until it is stopped."""

from __future__ import annotations

import asyncio
import signal

import click

from wppmt.app.settings import Settings
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.domain.system_errors import explain
from wppmt.simulator import SimulatorServer, SimulatorSettings
from wppmt.simulator.facts import UnusableFacts


@click.command(short_help="Executa o simulador do WhatsApp Web.")
@pass_source
def simulator(source: SettingsSource) -> None:
    """Executa o simulador do WhatsApp Web em 127.0.0.1, até Ctrl+C."""
    settings = source.simulated().load()
    try:
        asyncio.run(_serve(settings))
    except OSError as failure:
        raise CommandFailed(
            f"Simulador: {explain(failure)} (WPP_SIMULATOR_PORT, WPP_SIMULATOR_PAGE_PORT ou WPP_STATE_DIR)"
        ) from None
    except UnusableFacts as why:
        raise CommandFailed(str(why)) from None


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with SimulatorServer(simulator_settings(settings)) as server:
        click.echo(
            f"Simulador no ar: controle {server.control_url}, página https://127.0.0.1:{server.page_port}/"
        )
        await stop.wait()


def simulator_settings(settings: Settings) -> SimulatorSettings:
    chosen = settings.simulator
    return SimulatorSettings(
        state_dir=settings.store.state_dir / "simulator",
        control_port=chosen.port,
        page_port=chosen.page_port,
        ack_ms=chosen.ack_ms,
        qr_ttl_seconds=chosen.qr_ttl_seconds,
    )
