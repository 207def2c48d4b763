"""Where other machines of the cluster bring sessions: nothing else is served there, and only to who shows a certificate."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import web

from wppmt.app import logs
from wppmt.app.cluster_moves import certificates
from wppmt.app.peers import PEER, Certificates
from wppmt.app.settings.model import ClusterSettings
from wppmt.domain.errors import SetupError
from wppmt.domain.scopes import Scope
from wppmt.domain.system_errors import explain
from wppmt.http.api.archive_routes import ARRIVALS
from wppmt.http.app import make_app
from wppmt.http.ports import Ports
from wppmt.http.security.buckets import Buckets
from wppmt.http.security.grant import Grant


class _Trusted:
    """Whoever comes here has shown a certificate."""

    async def grant(self, _authorization: Sequence[str], _now: float, /) -> Grant:
        return Grant(None, frozenset(Scope), PEER)


@asynccontextmanager
async def listening(
    places: Sequence[socket.socket], certificates: Certificates, ports: Ports
) -> AsyncIterator[tuple[str, int]]:
    """Only what one machine asks of another is served there. Where it listens. Raises SetupError."""
    app = make_app(replace(ports, authenticator=_Trusted(), buckets=Buckets(0)), ARRIVALS)
    runner = web.AppRunner(app, access_log=None, auto_decompress=False)
    await runner.setup()
    try:
        tls = certificates.for_server()
        for place in places:
            await _listen(web.SockSite(runner, place, ssl_context=tls))
        host, port = runner.addresses[0][:2]
        yield host, port
    finally:
        await runner.cleanup()


async def _listen(site: web.SockSite) -> None:
    try:
        await site.start()
    except OSError as failure:
        raise SetupError(f"WPP_CLUSTER_LISTEN: {explain(failure)}") from None


@asynccontextmanager
async def peer_listener(
    cluster: ClusterSettings, places: Sequence[socket.socket], ports: Ports
) -> AsyncIterator[None]:
    """At none, where there are none. Raises SetupError."""
    if not places:
        yield
        return
    async with listening(places, certificates(cluster), ports) as (host, port):
        logs.log("cluster_listens", host=host, port=port)
        yield
