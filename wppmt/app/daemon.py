"""The composition root: settings → logs → store → actors → HTTP on the way up.

Nothing that only HTTP needs is imported before the actors have started: while browsers open there is time for it.
On the way down HTTP stays until the actors are gone, and answers that it is going.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from typing import TYPE_CHECKING

from actors.runtime.directory import Directory
from actors.runtime.pykka_threads import PykkaThreads
from wppmt.app import (
    browsers,
    capacity,
    foundation,
    host,
    loading,
    logs,
    memory,
    metering,
    policies,
    sockets,
    wiring,
)
from wppmt.app.actor_system import start_actors
from wppmt.app.foundation import Foundation
from wppmt.app.process_wide import ProcessWide
from wppmt.app.settings import Settings
from wppmt.app.shutdown import StopSignal, stop_actors
from wppmt.app.simulator_process import simulator
from wppmt.domain.actions import Action
from wppmt.domain.errors import SetupError
from wppmt.domain.messages import ROOT_ACTOR, Describe
from wppmt.metrics.loop_lag import LoopLag
from wppmt.store.redis_watch import RedisWatch
from wppmt.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from wppmt.app.cluster import Cluster
    from wppmt.app.front import Front
    from wppmt.tracing.spans import Spans

BOOT_SECONDS = 30.0
REST_SECONDS = 30.0
"""On top of what the browsers take, for all the rest of a stop, as reported to systemd."""


def serve(
    settings: Settings,
    on_ready: Callable[[], None] = lambda: None,
    make_browsers: browsers.MakeBrowsers = browsers.make_browsers,
) -> int:
    """Run until SIGTERM or SIGINT, which end every browser in order, or SIGUSR2, which leaves them to the next daemon.

    Returns the exit status. Raises SetupError where the start is refused.
    """
    os.umask(0o077)
    memory.tame_allocator()
    host.raise_descriptors()
    daemon = Daemon(settings, make_browsers)
    logs.configure(settings.logs, daemon.metadata)
    for notice in settings.notices:
        logs.log("setting_noticed", level="warning", note=notice)
    try:
        # Refused before anything is taken or ended.
        browsers.chrome_settings(settings)
        _require_usable_key(settings)
        capacity.tell(settings)
        daemon.trace(metering.spans(settings))
        # Before anything starts a child, which must not inherit it.
        inherited = sockets.inherited(os.environ, os.getpid())
        with (
            _alone(settings),
            _api_sockets(settings, inherited) as listening,
            metering.reserved_sockets(settings) as for_metrics,
            _peer_sockets(settings) as for_peers,
            simulator(settings),
        ):
            asyncio.run(daemon.run(on_ready, listening, for_metrics, for_peers, inherited))
    except SetupError as refusal:
        logs.log("start_refused", level="error", note=str(refusal), contact=settings.contacts.infra)
        raise
    logs.log("stopped")
    logs.close()
    return 0


def _require_usable_key(settings: Settings) -> None:
    """Raises SetupError."""
    if settings.auth.public_key:
        # Here, so that nobody else waits for what reads it.
        from wppmt.http.security.keys import PublicKey  # noqa: PLC0415

        PublicKey(settings.auth.public_key)


def _alone(settings: Settings) -> contextlib.AbstractContextManager[None]:
    """Before a port is taken, and long before a browser is touched."""
    store = settings.store
    return host.only_one(store.state_dir, store.tokens_dir, simulated=settings.simulator.used)


@contextlib.contextmanager
def _api_sockets(settings: Settings, inherited: sockets.Inherited) -> Iterator[Sequence[socket.socket]]:
    """Bound, and nobody is accepted yet: what cannot be served on is known before anything is ended."""
    http = settings.http
    found = [inherited.listening] if inherited.listening else sockets.reserve(http.host, http.port)
    try:
        yield found
    finally:
        for one in found:
            one.close()


def _peer_sockets(settings: Settings) -> contextlib.AbstractContextManager[Sequence[socket.socket]]:
    if not settings.cluster.etcd:
        return contextlib.nullcontext(())
    # Here: who is alone has no etcd.
    from wppmt.app.cluster_moves import peer_sockets  # noqa: PLC0415

    return peer_sockets(settings.cluster)


class Daemon:
    """What lives as long as the process."""

    def __init__(self, settings: Settings, make_browsers: browsers.MakeBrowsers) -> None:
        self._settings = settings
        self._make_browsers = make_browsers
        self._directory = Directory()
        self._redis_watch = RedisWatch(logs.log)
        self._front: Front | None = None
        self._meter = metering.new_meter(settings, self._directory.statuses, self._directory.overview)
        self._loop_lag = LoopLag()
        self._spans: Spans | None = None
        self._process_wide = ProcessWide(
            settings, self._directory, self._meter, self._loop_lag, self._redis_watch
        )
        self._stop_seconds = policies.all_browsers_stop_seconds(settings)

    def trace(self, spans: Spans | None) -> None:
        """Before `run`."""
        self._spans = spans
        self._meter.also = spans.observe if spans else None

    def metadata(self) -> dict[str, object]:
        """For every log line (docs/MULTI_TENANT_ARCHITECTURE.md 10.2)."""
        total = self._directory.overview().memory_mb
        return {"memoryUsage": f"{total / 1000:.1f}GB", "sessionCount": self._directory.sessions}

    async def run(
        self,
        on_ready: Callable[[], None],
        listening: Sequence[socket.socket],
        for_metrics: Sequence[socket.socket],
        for_peers: Sequence[socket.socket],
        inherited: sockets.Inherited,
    ) -> None:
        """Everything up, wait for the signal, everything down.

        On an inherited socket connections wait from the moment that it listens: nothing is accepted before READY.
        """
        signals = StopSignal()
        async with AsyncExitStack() as down:
            if self._spans:
                down.push_async_callback(asyncio.to_thread, self._spans.close)
            base = foundation.lay(self._process_wide, down)
            down.push_async_callback(self._stop_front)
            front = self._front = await self._boot(base, inherited, signals, down)
            await down.enter_async_context(self._loop_lag.watched())
            await down.enter_async_context(front.measured(for_metrics))
            await front.start(listening, is_inherited=inherited.listening is not None)
            if base.cluster:
                await down.enter_async_context(front.receiving(for_peers))
                await down.enter_async_context(base.cluster.work.running())
            down.push_async_callback(self._drain, front)
            if base.cluster:
                down.callback(base.cluster.stops)
            wiring.audit_start(base.store, base.former)
            down.callback(self._audit_end, base.store, signals)
            on_ready()
            with host.notified_systemd(
                lambda: self._directory.is_alive(ROOT_ACTOR), self._stop_seconds + REST_SECONDS
            ):
                await signals.wait()

    async def _boot(
        self, base: Foundation, inherited: sockets.Inherited, signals: StopSignal, down: AsyncExitStack
    ) -> Front:
        """The actors, and what needs them. Whoever asks for a session from here on finds it."""
        threads, cluster = PykkaThreads(asyncio.get_running_loop()), base.cluster
        right = cluster.right if cluster else browsers.always
        chromes = self._make_browsers(self._settings, os.environ, inherited.lines, base.store, right)
        if cluster:
            down.push_async_callback(self._leave, cluster, signals)
            await down.enter_async_context(cluster.living(chromes))
        start_actors(
            self._process_wide,
            threads,
            base.store,
            base.transports,
            base.received,
            chromes,
            may_run_browsers=cluster is None or cluster.may_run_browsers,
        )
        # A daemon that hands over leaves the next one as much time as the guard has.
        last = cluster.member.renew if cluster else _nothing
        down.push_async_callback(self._stop_actors, threads, chromes, signals, last)
        make_front = await _loaded_front()
        await self._directory.ask(ROOT_ACTOR, Describe(), BOOT_SECONDS)
        front = make_front(self._process_wide, base)
        await down.enter_async_context(front.mirrored())
        down.push_async_callback(base.jobs.close)
        await down.enter_async_context(base.moves.following.running())
        return front

    async def _leave(self, cluster: Cluster, signals: StopSignal) -> None:
        """A daemon that hands over leaves its lease to the next one, with its browsers."""
        await cluster.leave(hands_over=signals.hands_over)

    def _audit_end(self, store: SqliteStore, signals: StopSignal) -> None:
        wiring.audit(store, Action.STOP_SERVICE, "handover" if signals.hands_over else None)

    async def _drain(self, front: Front) -> None:
        began = time.monotonic()
        await front.drain()
        self._stop_seconds -= time.monotonic() - began

    async def _stop_front(self) -> None:
        """The last to stop."""
        self._directory.expire_all()
        if self._front:
            await self._front.stop()

    async def _stop_actors(
        self,
        threads: PykkaThreads,
        chromes: browsers.TenantBrowsers,
        signals: StopSignal,
        last: Callable[[], Awaitable[object]],
    ) -> None:
        seconds, hands_over = self._stop_seconds, signals.hands_over
        await stop_actors(self._directory, threads, chromes, seconds, hands_over=hands_over, last=last)


async def _nothing() -> None: ...


async def _loaded_front() -> type[Front]:
    """In a thread of its own: the loop wakes actors meanwhile."""
    with loading.at_once(), loading.giving_way():
        await asyncio.to_thread(import_module, "wppmt.app.front")
    from wppmt.app.front import Front  # noqa: PLC0415

    return Front
