"""What the daemon's other parts stand on: made before the first actor, closed after the last."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ulid import ULID

from wppmt.app import archives, logs, running, watching, wiring
from wppmt.app.jobs import Jobs
from wppmt.app.moves import Moves, make_moves
from wppmt.app.posting import Transports
from wppmt.app.process_wide import ProcessWide
from wppmt.media.received import ReceivedMediaFiles
from wppmt.moving.ownership import Alone, Ownership
from wppmt.moving.remote import Remote
from wppmt.net.egress import Egress
from wppmt.store.sqlite.store import SqliteStore
from wppmt.webhook.transport import WebhookTransport

if TYPE_CHECKING:
    from wppmt.app.cluster import Cluster
    from wppmt.cluster.member import Member


@dataclass(frozen=True, slots=True)
class Foundation:
    store: SqliteStore
    former: str
    """The version that ran here before; empty where none has."""
    egress: Egress
    received: ReceivedMediaFiles
    jobs: Jobs
    moves: Moves
    transports: Transports
    cluster: Cluster | None
    """None: this machine is alone."""


def lay(process_wide: ProcessWide, down: AsyncExitStack) -> Foundation:
    """Also clears away what a killed daemon left half done. `down` closes it. Raises SetupError, StoreUnavailable, OSError."""
    settings = process_wide.settings
    store = SqliteStore(settings.store.state_dir / running.DATABASE, count=process_wide.meter.count)
    down.callback(store.close)
    former, _ = running.noted(settings.store.state_dir)
    running.note(settings)
    egress = wiring.webhook_egress(settings)
    received = wiring.received(settings)
    archives.sweep_up(archives.surroundings(settings), logs.log)
    jobs = Jobs(lambda: f"job_{ULID()}", logs.log)
    member = _member(process_wide)
    moves = _moves(process_wide, store, jobs, received, member)
    moves.recover()
    received.sweep()
    transports = _transports(process_wide, egress)
    down.push_async_callback(transports.tenants.close)
    down.push_async_callback(transports.operator.close)
    cluster = _cluster(process_wide, member, moves, store)
    return Foundation(store, former, egress, received, jobs, moves, transports, cluster)


def _member(process_wide: ProcessWide) -> Member | None:
    if not process_wide.settings.cluster.etcd:
        return None
    # Here, as below, so that who is alone pays nothing for it.
    from wppmt.app.cluster import make_member  # noqa: PLC0415

    return make_member(process_wide.settings, process_wide.directory)


def _moves(
    process_wide: ProcessWide,
    store: SqliteStore,
    jobs: Jobs,
    received: ReceivedMediaFiles,
    member: Member | None,
) -> Moves:
    settings = process_wide.settings
    ownership: Ownership = Alone()
    connect: Callable[[str, str], Remote] = Remote
    if member is not None:
        from wppmt.app.cluster_moves import custody, peers  # noqa: PLC0415

        ownership, connect = custody(settings, store, member), peers(settings, member).connect
    return make_moves(
        settings, store, process_wide.directory, jobs, received, ownership=ownership, connect=connect
    )


def _cluster(
    process_wide: ProcessWide, member: Member | None, moves: Moves, store: SqliteStore
) -> Cluster | None:
    if member is None:
        return None
    from wppmt.app.cluster import make_cluster  # noqa: PLC0415

    return make_cluster(process_wide.settings, member, moves, store, process_wide.directory)


def _transports(process_wide: ProcessWide, egress: Egress) -> Transports:
    settings = process_wide.settings
    timeout_seconds = settings.webhooks.timeout_ms / 1000
    return Transports(
        tenants=WebhookTransport(egress, timeout_seconds, time.time),
        operator=WebhookTransport(watching.egress(settings), timeout_seconds, time.time),
        mail=watching.mailer(settings),
    )
