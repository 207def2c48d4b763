"""What the HTTP front is handed: each port from the part that serves it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from wppmt import __version__
from wppmt.app import (
    archives,
    browsers,
    front_parts,
    front_policies,
    log_reading,
    logs,
    metering,
)
from wppmt.app.archives import Archives
from wppmt.app.foundation import Foundation
from wppmt.app.process_wide import ProcessWide
from wppmt.app.profile_sizes import ProfileSizes
from wppmt.domain.troubles import troubles_of
from wppmt.http.ports import Alone, DaemonPhase, Ports
from wppmt.http.security.api_keys import Keyring
from wppmt.media.fetch import MediaFiles
from wppmt.metrics.exposition import Sources, exposition
from wppmt.wppconnect import taking


def ports(
    process_wide: ProcessWide, base: Foundation, media: MediaFiles, phase: Callable[[], DaemonPhase]
) -> Ports:
    settings = process_wide.settings
    overview = process_wide.directory.overview
    return Ports(
        front=process_wide.directory,
        store=base.store,
        authenticator=front_parts.authenticator(settings),
        keyring=Keyring(base.store),
        rate_limiter=front_parts.rate_limiter(settings, process_wide.redis_watch),
        buckets=front_parts.buckets(settings),
        check_target=base.egress.check,
        post_webhook=base.transports.tenants.post,
        media=media,
        received=base.received,
        phase=phase,
        memory_mb=lambda: overview().memory_mb,
        daemon_memory_mb=lambda: overview().daemon_memory_mb,
        troubles=lambda: (
            *troubles_of(overview()),
            *process_wide.redis_watch.troubles,
            *(base.cluster.troubles if base.cluster else ()),
        ),
        now=time.time,
        log=logs.log,
        version=__version__,
        usage=browsers.usage,
        profile_mb=ProfileSizes(settings.store.tokens_dir).of,
        engine_flaw=partial(browsers.engine_flaw, settings),
        has_login_copy=partial(front_parts.has_login_copy, settings),
        waits_for_import=partial(taking.waits, settings.store.tokens_dir),
        limits=partial(front_parts.account_limits, settings, base.store),
        settings=front_policies.http_policy(settings),
        archives=_archives(process_wide, base),
        count=process_wide.meter.count,
        moves=base.moves,
        require_here=partial(_require_here, base),
        cluster=base.cluster or Alone(),
        figures=process_wide.meter.figures,
        logged=partial(log_reading.told, settings.logs.dir / logs.FILE),
        metrics=partial(exposition, _sources(process_wide, base)),
    )


def _archives(process_wide: ProcessWide, base: Foundation) -> Archives:
    return Archives(
        where=archives.surroundings(process_wide.settings),
        front=process_wide.directory,
        jobs=base.jobs,
        now=time.time,
        log=logs.log,
        count=process_wide.meter.count,
        claimed=partial((base.cluster or Alone()).claimed, restores=True),
    )


def _sources(process_wide: ProcessWide, base: Foundation) -> Sources:
    found = metering.sources(
        process_wide.settings,
        process_wide.meter,
        base.store,
        process_wide.directory.mailboxes,
        process_wide.loop_lag,
        time.time,
    )
    return replace(found, cluster=base.cluster.shown) if base.cluster else found


def _require_here(base: Foundation, session_id: str) -> None:
    """Raises Refusal: NOT_OWNER, MOVING. Of a session on its way, this machine knows more than the cluster."""
    is_told = base.cluster is not None and base.cluster.is_known
    base.moves.registry.require_here(session_id, is_told=is_told)
    if base.cluster:
        base.cluster.require_here(session_id)
