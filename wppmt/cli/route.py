"""`wppmt route`: beside a HAProxy, keeps the tables by which it finds each session's machine (docs/escala.md)."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import click
import sdnotify

from wppmt.app.etcd import etcd_client
from wppmt.app.settings import Settings
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.cluster.haproxy import HAProxy
from wppmt.cluster.map_files import MapFiles
from wppmt.cluster.router import Router
from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import explain

FOLDER, SOCKET = Path("/var/lib/wppmt-route"), Path("/run/haproxy/admin.sock")


@click.command(short_help="Mantém as tabelas de um HAProxy ao lado.")
@click.option(
    "--maps",
    type=click.Path(path_type=Path, file_okay=False),
    default=FOLDER,
    show_default=True,
    help="Pasta das tabelas que o HAProxy lê ao iniciar.",
)
@click.option(
    "--socket",
    type=click.Path(path_type=Path, dir_okay=False),
    default=SOCKET,
    show_default=True,
    help="O `stats socket` dele, com level admin.",
)
@pass_source
def route(source: SettingsSource, maps: Path, socket: Path) -> None:
    """Mantém, até SIGTERM ou Ctrl+C, as tabelas pelas quais um HAProxy desta máquina acha a máquina de cada sessão: acompanha o
    etcd de WPP_CLUSTER_ETCD. Sem etcd, as tabelas ficam como estão; um HAProxy que reinicia as encontra nos arquivos.
    """
    settings = source.simulated().load()
    if not settings.cluster.etcd:
        raise CommandFailed("WPP_CLUSTER_ETCD está vazio: não há cluster (docs/escala.md)")
    try:
        asyncio.run(_route(settings, MapFiles(maps), HAProxy(socket)))
    except SetupError as refusal:
        raise CommandFailed(str(refusal)) from None
    except OSError as failure:
        raise CommandFailed(f"{maps} não pode ser usada: {explain(failure)}") from None


async def _route(settings: Settings, files: MapFiles, haproxy: HAProxy) -> None:
    etcd = etcd_client(settings.cluster)
    router = Router(etcd, files, haproxy, click.echo)
    router.begin()
    # A HAProxy that starts after this finds its files.
    sdnotify.SystemdNotifier().notify("READY=1")
    running = asyncio.ensure_future(router.run())
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, running.cancel)
    try:
        with suppress(asyncio.CancelledError):
            await running
    finally:
        await etcd.close()
