"""``python -m wppmt.simulator``: runs the simulator and prints its addresses as one line of JSON."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import click

from wppmt.simulator import SimulatorServer, SimulatorSettings


@click.command()
@click.option("--state-dir", type=click.Path(path_type=Path), default=Path("var/simulator"))
@click.option("--host", default="127.0.0.1")
@click.option("--control-port", type=int, default=8006, help="0 takes a free one")
@click.option("--page-port", type=int, default=8443, help="0 takes a free one")
@click.option("--ack-ms", type=float, default=20)
@click.option("--qr-ttl", type=float, default=20, help="seconds; the first code lives three times as long")
@click.option("--sync-ms", type=float, default=500, help="how long a restored page syncs")
def main(qr_ttl: float, **given: Any) -> None:
    asyncio.run(_run(SimulatorSettings(qr_ttl_seconds=qr_ttl, **given)))


async def _run(settings: SimulatorSettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with SimulatorServer(settings) as server:
        page = f"https://{settings.host}:{server.page_port}/"
        addresses = {"control": server.control_url, "page": page}
        ports = {"controlPort": server.control_port, "pagePort": server.page_port}
        click.echo(json.dumps({**addresses, **ports}))
        await stop.wait()


if __name__ == "__main__":
    main()
