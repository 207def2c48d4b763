"""Starts the actors: Root, the shared ones that it keeps alive, and what performs their effects."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from functools import partial

from actors.runtime.dependencies import RuntimeDependencies
from actors.runtime.effects import Mind, Worker
from actors.runtime.interpreter import Interpreter
from actors.runtime.pykka_threads import PykkaThreads
from actors.supervisor.disk_policy import DiskPolicy
from actors.supervisor.memory_pressure import MemoryPressure
from actors.supervisor.messages import Boot, DiskMeasured
from actors.supervisor.root import Root
from actors.webhooks.messages import OutboxGrew
from actors.workers.disk import DISK_ACTOR, DiskWorker, LookAtDisk
from actors.workers.load import MONITOR_ACTOR, Measure
from actors.workers.pressure import LookAtPressure, PressureWorker
from actors.workers.wa_js import WA_JS_ACTOR, LookAtWaJs, WaJsWorker
from wppmt.app import (
    browsers,
    disk,
    logs,
    memory,
    pressure,
    watching,
    wiring,
)
from wppmt.app.posting import Transports, poster
from wppmt.app.process_wide import ProcessWide
from wppmt.app.settings import Settings
from wppmt.browser.wa_js.shelf import Shelf
from wppmt.domain.messages import PRESSURE_ACTOR, ROOT_ACTOR, WEBHOOK_ACTOR, MayRunBrowsers
from wppmt.media.received import ReceivedMediaFiles
from wppmt.store.sqlite.store import SqliteStore


def start_actors(  # noqa: PLR0913 - given once, by the composition root
    process_wide: ProcessWide,
    threads: PykkaThreads,
    store: SqliteStore,
    transports: Transports,
    received: ReceivedMediaFiles,
    chromes: browsers.TenantBrowsers,
    *,
    may_run_browsers: bool = True,
) -> None:
    """Root, and with it all others; returns at once."""
    settings, meter = process_wide.settings, process_wide.meter
    wiring.end_strays(store, chromes)
    world = RuntimeDependencies(
        now=time.time,
        browsers=chromes,
        new_session=partial(wiring.new_session, store, wiring.tools(settings, store)),
        new_shared_actor=lambda address: shared[address](),
        post=poster(asyncio.get_running_loop(), transports, settings.webhooks.url),
        log=logs.log,
        received=received,
        count=meter.count,
        is_disk_short=partial(wiring.is_disk_short, settings),
    )
    runtime = Interpreter(process_wide.directory, threads, world)
    shelf, began = Shelf(settings.store.wa_js_dir), time.time()
    free_mb = partial(disk.free_mb, settings.store.tokens_dir)
    shared: dict[str, Callable[[], tuple[Mind | Worker, object]]] = {
        WEBHOOK_ACTOR: lambda: (wiring.webhooks(settings, store), OutboxGrew()),
        MONITOR_ACTOR: lambda: (wiring.monitor(settings, runtime.browsers.loads, meter), Measure()),
        DISK_ACTOR: lambda: (DiskWorker(free_mb), LookAtDisk()),
        PRESSURE_ACTOR: lambda: (_pressure_worker(settings), LookAtPressure()),
        WA_JS_ACTOR: lambda: (WaJsWorker(shelf, process_wide.directory.statuses, began), LookAtWaJs()),
        **watching.shared_actors(settings, store, process_wide.directory, meter.figures),
    }
    root = Root(
        store,
        shared_actors=tuple(shared),
        max_sessions=settings.sessions.max,
        starts_at_once=settings.sessions.starts_at_once or os.cpu_count() or 1,
        memory_limit_mb=settings.sessions.memory_limit_mb,
        is_alive=process_wide.directory.is_alive,
        status=process_wide.directory.status,
        disk=DiskPolicy(str(settings.store.tokens_dir), settings.store.disk_min_free_mb),
        pressure=MemoryPressure(settings.sessions.pressure_percent),
    )
    supervisor = runtime.spawn(ROOT_ACTOR, root)
    # Before Boot: no browser must start on a disk that is short, nor where another machine may run it.
    for news in (DiskMeasured(free_mb()), MayRunBrowsers(may_run_browsers), Boot()):
        supervisor.put(news)


def _pressure_worker(settings: Settings) -> PressureWorker:
    return PressureWorker(partial(pressure.measured, settings.sessions.pressure_file), memory.give_back)
