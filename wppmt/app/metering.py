"""What the daemon counts and measures, and the address of its own at which it may be read."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from wppmt import __version__
from wppmt.app import sockets
from wppmt.app.addresses import loopback
from wppmt.app.disk import free_mb
from wppmt.app.settings import Settings
from wppmt.domain.errors import SetupError
from wppmt.domain.overview import Overview
from wppmt.metrics.exposition import Sources
from wppmt.metrics.loop_lag import LoopLag
from wppmt.metrics.meter import Meter
from wppmt.store.port import Store
from wppmt.store.records import SessionStatus

if TYPE_CHECKING:
    from wppmt.tracing.spans import Spans


def new_meter(
    settings: Settings,
    statuses: Callable[[], Sequence[SessionStatus]],
    overview: Callable[[], Overview] = Overview,
) -> Meter:
    return Meter(
        statuses,
        partial(free_mb, settings.store.tokens_dir),
        settings.sessions.memory_limit_mb,
        max_sessions=settings.sessions.max,
        pressure_percent=lambda: overview().pressure_percent,
    )


def spans(settings: Settings) -> Spans | None:
    """None where no collector is named; then OpenTelemetry is not even imported. Raises SetupError where it is missing."""
    traces = settings.traces
    if not traces.endpoint:
        return None
    try:
        # Here, so that nobody else pays for it.
        from wppmt.tracing.spans import Spans, to_collector  # noqa: PLC0415
    except ImportError as missing:
        raise SetupError(
            f"WPP_TRACES_ENDPOINT precisa do OpenTelemetry ({missing.name} falta): instale wppmt[otel] no ambiente do wppmt"
        ) from None
    return Spans(to_collector(traces.endpoint), traces.share, __version__)


def sources(
    settings: Settings,
    meter: Meter,
    store: Store,
    mailboxes: Callable[[], Mapping[str, int]],
    loop_lag: LoopLag,
    now: Callable[[], float],
) -> Sources:
    return Sources(
        meter=meter,
        backlogs=store.webhook_backlogs,
        firing=store.firing_alerts,
        mailboxes=mailboxes,
        loop_lag=loop_lag.worst,
        now=now,
        max_sessions=settings.sessions.max,
        disk_min_free_mb=settings.store.disk_min_free_mb,
        version=__version__,
    )


@contextlib.contextmanager
def reserved_sockets(settings: Settings) -> Iterator[Sequence[socket.socket]]:
    """Of WPP_METRICS_LISTEN; none where it is empty. Raises SetupError: not of this machine, or taken."""
    where = settings.http.metrics_listen
    found = sockets.reserve(*loopback(where, "WPP_METRICS_LISTEN"), "WPP_METRICS_LISTEN") if where else ()
    try:
        yield found
    finally:
        for one in found:
            one.close()
