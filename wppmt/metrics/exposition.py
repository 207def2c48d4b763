"""The text that Prometheus reads: what was counted, and how everything stands at this moment."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from wppmt.domain.alerts import Alert, AlertCode
from wppmt.domain.cluster import ALONE, ClusterShown
from wppmt.domain.states import State
from wppmt.domain.units import MEGABYTE
from wppmt.metrics.meter import Meter
from wppmt.metrics.tallies import SESSION
from wppmt.metrics.text import Family, written
from wppmt.store.outbox_records import Backlog
from wppmt.store.port import StoreUnavailable

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
ACTOR = "actor"
PAUSE_SECONDS = 0.0001
"""Long enough for whoever waits for the interpreter to take it; else it would be ours for 5 ms at a time."""
MaySee = Callable[[str], bool]
"""Whether who asks may see this session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where each scrape reads; none of them waits for an actor."""

    meter: Meter
    backlogs: Callable[[], Sequence[Backlog]]
    """Of the webhooks; reads the store."""
    firing: Callable[[], Sequence[Alert]]
    """The service's own alerts; reads the store."""
    mailboxes: Callable[[], Mapping[str, int]]
    """How many messages wait, by the actor's address."""
    loop_lag: Callable[[], float]
    now: Callable[[], float]
    max_sessions: int
    disk_min_free_mb: int
    version: str
    cluster: Callable[[], ClusterShown] = lambda: ALONE


def exposition(sources: Sources, may_see: MaySee = lambda _: True) -> bytes:
    """In Prometheus' text format 0.0.4, of all sessions that `may_see`. Some milliseconds, for any thread but the loop's."""
    families = _Scrape(sources, may_see).families()
    return (written(families, partial(time.sleep, PAUSE_SECONDS)) + sources.meter.histograms()).encode()


class _Scrape:
    """One reading."""

    def __init__(self, sources: Sources, may_see: MaySee) -> None:
        self._sources = sources
        self._figures = sources.meter.figures()
        self._statuses = [one for one in sources.meter.statuses() if may_see(one.record.id)]
        self._shown = {one.record.id for one in self._statuses}

    def families(self) -> Iterator[Family]:
        yield _gauge("build_info", "The version that runs", {(self._sources.version,): 1}, "version")
        yield from self._service()
        yield from self._sessions()
        yield from self._stored()
        yield from self._cluster()
        yield self._mailboxes()
        yield from self._sources.meter.counted(self._shown)

    def _service(self) -> Iterator[Family]:
        sample, figures, sources = self._figures.sample, self._figures, self._sources
        states = Counter(status.record.state for status in self._statuses)
        yield _gauge("sessions", "Sessions by state", {(one,): states[one] for one in State}, "state")
        for name, text, value in (
            ("sessions_wanted", "Sessions that should be connected: not stopped, and paired once", figures.wanted),
            ("sessions_wanted_connected", "Of wppmt_sessions_wanted, those that are connected", figures.connected),
            ("sessions_hibernating", "Of wppmt_sessions_wanted_connected, those that hibernate", figures.hibernating),
            ("sessions_max", "Sessions that may run at once", sources.max_sessions),
            ("sessions_free", "Sessions that may still be started", figures.free_slots),
            ("memory_bytes", "Memory of the daemon and all browsers (PSS)", sample.total_memory_mb * MEGABYTE),
            ("daemon_memory_bytes", "Of wppmt_memory_bytes, the daemon's own", sample.daemon_memory_mb * MEGABYTE),
            ("memory_limit_bytes", "Above it no further session starts", figures.memory_limit_mb * MEGABYTE),
            ("cpu_ratio", "Processor time of daemon and browsers, of all there is; 1 is all", sample.cpu_share),
            ("disk_free_bytes", "Room that is left where the logins are", figures.disk_free_mb * MEGABYTE),
            ("disk_min_free_bytes", "With less of it no browser starts", sources.disk_min_free_mb * MEGABYTE),
            ("loop_lag_seconds", "By how much the event loop was late, at most in the last minute", sources.loop_lag()),
            ("measured_timestamp_seconds", "When memory and processor time were last measured", sample.at),
        ):  # fmt: skip
            yield _gauge(name, text, {(): value})
        pressure = {} if figures.pressure_percent is None else {(): figures.pressure_percent / 100}
        text = "Of the last ten seconds, those in which programs waited for memory; 1 is all"
        yield _gauge("memory_pressure_ratio", text, pressure)
        cpu = {(): sample.daemon_cpu_seconds}
        yield _counter("daemon_cpu_seconds_total", "Processor time of the daemon", cpu)

    def _cluster(self) -> Iterator[Family]:
        """Every machine tells the same, as far as it knows; one that is alone tells nothing."""
        shown = self._sources.cluster()
        if not shown.machine:
            return
        yield _gauge("cluster_slots", "Sessions that the cluster's machines may run", {(): shown.places})
        yield _gauge(
            "cluster_free_slots", "Of wppmt_cluster_slots, those that are free", {(): shown.free_places}
        )
        yield _gauge("cluster_machines", "Machines of the cluster that live", {(): len(shown.machines)})
        leads = shown.leader == shown.machine
        yield _gauge("cluster_leader", "1 for the machine that leads the cluster", {(): int(leads)})

    def _sessions(self) -> Iterator[Family]:
        sample, records = self._figures.sample, [status.record for status in self._statuses]
        states = {(one.id, one.state, one.reason): 1 for one in records}
        text = "1 for the state each session is in"
        yield _gauge("session_state", text, states, SESSION, "state", "reason")
        memory = {(one,): sample.memory_mb[one] * MEGABYTE for one in self._shown & sample.memory_mb.keys()}
        yield _gauge("session_memory_bytes", "Memory of a session's browser (PSS)", memory, SESSION)
        cpu = {(one,): sample.cpu_seconds[one] for one in self._shown & sample.cpu_seconds.keys()}
        yield _counter("session_cpu_seconds_total", "Processor time of a session's browsers", cpu, SESSION)
        queues = {(status.record.id,): status.queue for status in self._statuses}
        yield _gauge("session_queue_length", "Messages that wait to be handed to WhatsApp", queues, SESSION)
        sent = {(one.id,): one.messages_sent for one in records}
        yield _counter("session_messages_sent_total", "Messages that WhatsApp acknowledged", sent, SESSION)
        received = {(one.id,): one.messages_received for one in records}
        yield _counter("session_messages_received_total", "Messages that were received", received, SESSION)

    def _stored(self) -> Iterator[Family]:
        text = "1 while the store can be read; 0: nothing is known of webhooks and alerts"
        try:
            backlogs, firing = self._sources.backlogs(), self._sources.firing()
        except StoreUnavailable:
            # All the rest is worth reading just then.
            yield _gauge("store_readable", text, {(): 0})
            return
        yield _gauge("store_readable", text, {(): 1})
        yield from self._webhooks([one for one in backlogs if one.session_id in self._shown])
        codes = Counter(one.code for one in firing if one.session_id in {None, *self._shown})
        alerts = {(code,): codes[code] for code in AlertCode}
        yield _gauge("alerts", "The service's own alerts that fire now", alerts, "code")

    def _webhooks(self, backlogs: Sequence[Backlog]) -> Iterator[Family]:
        pending = {(one.session_id,): one.pending for one in backlogs}
        yield _gauge("webhook_pending", "Events that wait to be delivered", pending, SESSION)
        dead = {(one.session_id,): one.dead for one in backlogs}
        yield _gauge("webhook_dead", "Events whose delivery was given up", dead, SESSION)
        now = self._sources.now()
        lags = {(one.session_id,): max(0.0, now - (one.oldest_at or now)) for one in backlogs}
        yield _gauge("webhook_lag_seconds", "Age of the oldest event that waits", lags, SESSION)

    def _mailboxes(self) -> Family:
        lengths: dict[tuple[str], int] = Counter()
        for address, length in self._sources.mailboxes().items():
            # A browser's actor has a number for each of its lives.
            kind, _, session_id = ":".join(address.split(":")[:2]).partition(":")
            if not session_id or session_id in self._shown:
                lengths[f"{kind}:{session_id}" if session_id else kind,] += length
        return _gauge("mailbox_length", "Messages that wait for an actor", lengths, ACTOR)


def _gauge(name: str, text: str, values: Mapping[Any, float], *labels: str) -> Family:
    return Family("gauge", name, text, labels, values)


def _counter(name: str, text: str, values: Mapping[Any, float], *labels: str) -> Family:
    return Family("counter", name, text, labels, values)
