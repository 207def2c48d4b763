"""The HTTP front as the daemon has it: on its sockets, refusing while it drains, the last to go.

The daemon imports it once the browsers are opening: it is most of what the service loads, and no browser needs it.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from wppmt.app import front_parts, front_ports, host, logs, sockets
from wppmt.app.foundation import Foundation
from wppmt.app.process_wide import ProcessWide
from wppmt.domain.errors import SetupError
from wppmt.http import server
from wppmt.http.app import make_app
from wppmt.http.handlers import metrics
from wppmt.http.ports import DaemonPhase

SETTLE_SECONDS = 10.0
"""Of the time that the browsers have to go down, at most so long for the requests under way."""


class Front:
    """Refuses everything until `start`. Raises SetupError for settings that it cannot serve with."""

    def __init__(self, process_wide: ProcessWide, base: Foundation) -> None:
        self._process_wide = process_wide
        self._settings = process_wide.settings
        self._store = base.store
        self._phase = DaemonPhase.STARTING
        self._runner: server.Runner | None = None
        media = front_parts.media(self._settings)
        front_parts.sweep(base.store, media)
        self._ports = front_ports.ports(process_wide, base, media, lambda: self._phase)

    def mirrored(self) -> AbstractAsyncContextManager[None]:
        """Status and QR copied to Redis, where there is one, while the block runs."""
        whole = self._process_wide
        return front_parts.mirrored(self._settings, self._store, whole.directory, whole.redis_watch)

    def measured(self, places: Sequence[socket.socket]) -> AbstractAsyncContextManager[None]:
        """`/metrics` alone, at these addresses of this machine, while the block runs."""
        return metrics.listening(places, lambda: self._ports.metrics(_all))

    @asynccontextmanager
    async def receiving(self, places: Sequence[socket.socket]) -> AsyncIterator[None]:
        """Sessions of other machines of the cluster, at these addresses, while the block runs. Raises SetupError."""
        # Here: who is alone has no etcd.
        from wppmt.app.peer_listener import peer_listener  # noqa: PLC0415

        async with peer_listener(self._settings.cluster, places, self._ports):
            yield

    async def start(self, listening: Sequence[socket.socket], *, is_inherited: bool) -> None:
        """Raises SetupError where nobody can listen."""
        http = self._settings.http
        limits = front_parts.connection_limits(self._settings, host.descriptors())
        wanted, runner = (http.host, http.port), server.Runner(make_app(self._ports), limits)
        self._phase = DaemonPhase.READY
        try:
            await runner.start(*listening)
        except OSError as failure:
            raise SetupError(sockets.cannot_listen(http.host, http.port, failure)) from None
        self._runner = runner
        address = runner.addresses[0][:2] if is_inherited else wanted
        if address != wanted:
            note = f"A API escuta no endereço de wppmt.socket, não no de WPP_HOST e WPP_PORT ({http.host}:{http.port})"
            logs.log("socket_differs", level="warning", note=note)
        logs.log("ready", host=address[0], port=address[1], inherited=is_inherited)

    async def drain(self) -> None:
        """Refuse new requests from here on; those under way may finish."""
        self._phase = DaemonPhase.DRAINING
        logs.log("draining")
        if self._runner:
            self._runner.drain()
            await self._runner.settle(SETTLE_SECONDS)

    async def stop(self) -> None:
        """Until now it has answered 503."""
        if self._runner:
            await self._runner.cleanup()


def _all(_: str) -> bool:
    """On this machine's own address every session is shown."""
    return True
