"""The text that Prometheus reads: what was counted, and how everything stands at this moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from wppmt.domain.states import State
from wppmt.domain.units import MEGABYTE
from wppmt.metrics.instruments import SESSION
from wppmt.metrics.meter import Meter
from wppmt.store.outbox_records import Backlog
from wppmt.store.port import StoreUnavailable

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
ACTOR = "actor"
Values = Mapping[Any, float]
"""By the values of the labels, a tuple."""
_READABLE = "1 while the store can be read; 0: nothing is known of the webhooks"
MaySee = Callable[[str], bool]
"""Whether who asks may see this session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where each scrape reads; none of them waits for an actor."""

    meter: Meter
    backlogs: Callable[[], Sequence[Backlog]]
    """Of the webhooks; reads the store."""
    mailboxes: Callable[[], Mapping[str, int]]
    """How many messages wait, by the actor's address."""
    loop_lag: Callable[[], float]
    now: Callable[[], float]
    max_sessions: int
    version: str


class Exposition:
    """Takes some milliseconds, in any thread but the loop's."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def text(self, may_see: MaySee = lambda _: True) -> bytes:
        """In Prometheus' text format 0.0.4, of all sessions that `may_see`."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Scrape(self._sources, may_see))
        return generate_latest(registry)


class _Scrape:
    """One reading; the interface of a collector."""

    def __init__(self, sources: Sources, may_see: MaySee) -> None:
        self._sources = sources
        self._figures = sources.meter.figures()
        self._statuses = [one for one in sources.meter.statuses() if may_see(one.record.id)]
        self._shown = {one.record.id for one in self._statuses}
        self._rows = self._shown | {None}

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield _info("build_info", "The version that runs", {"version": self._sources.version})
        yield from self._service()
        yield from self._sessions()
        yield from self._webhooks()
        yield self._mailboxes()
        yield from map(self._seen, self._sources.meter.counted())

    def _service(self) -> Iterator[Metric]:
        sample, figures = self._figures.sample, self._figures
        states = Counter(status.record.state for status in self._statuses)
        counts = {(state.value,): float(states[state]) for state in State}
        yield _gauge("sessions", "Sessions by state", counts, "state")
        for name, text, value in (
            ("sessions_wanted", "Sessions that should be connected: not stopped, and paired once", figures.wanted),
            ("sessions_wanted_connected", "Of wppmt_sessions_wanted, those that are connected", figures.connected),
            ("sessions_max", "Sessions that may run at once", self._sources.max_sessions),
            ("memory_bytes", "Memory of the daemon and all browsers (PSS)", sample.total_memory_mb * MEGABYTE),
            ("daemon_memory_bytes", "Of wppmt_memory_bytes, the daemon's own", sample.daemon_memory_mb * MEGABYTE),
            ("memory_limit_bytes", "Above it no further session starts", figures.memory_limit_mb * MEGABYTE),
            ("cpu_ratio", "Processor time of daemon and browsers, of all there is; 1 is all", sample.cpu_share),
            ("disk_free_bytes", "Room that is left where the logins are", figures.disk_free_mb * MEGABYTE),
            ("loop_lag_seconds", "By how much the event loop was late, at most in the last minute",
             self._sources.loop_lag()),
            ("measured_timestamp_seconds", "When memory and processor time were last measured", sample.at),
        ):  # fmt: skip
            yield _gauge(name, text, {(): float(value)})
        yield _counter("daemon_cpu_seconds", "Processor time of the daemon", {(): sample.daemon_cpu_seconds})

    def _sessions(self) -> Iterator[Metric]:
        sample = self._figures.sample
        records = [status.record for status in self._statuses]
        states = {(one.id, one.state.value, one.reason.value): 1.0 for one in records}
        yield _gauge(
            "session_state", "1 for the state each session is in", states, SESSION, "state", "reason"
        )
        memory = {
            (one,): float(sample.memory_mb[one] * MEGABYTE) for one in self._shown & sample.memory_mb.keys()
        }
        yield _gauge("session_memory_bytes", "Memory of a session's browser (PSS)", memory, SESSION)
        cpu = {(one,): sample.cpu_seconds[one] for one in self._shown & sample.cpu_seconds.keys()}
        yield _counter("session_cpu_seconds", "Processor time of a session's browsers", cpu, SESSION)
        queues = {(status.record.id,): float(status.queue) for status in self._statuses}
        yield _gauge("session_queue_length", "Messages that wait to be handed to WhatsApp", queues, SESSION)
        sent = {(one.id,): float(one.messages_sent) for one in records}
        yield _counter("session_messages_sent", "Messages that WhatsApp has acknowledged", sent, SESSION)
        received = {(one.id,): float(one.messages_received) for one in records}
        yield _counter("session_messages_received", "Messages that were received", received, SESSION)

    def _webhooks(self) -> Iterator[Metric]:
        try:
            backlogs = [one for one in self._sources.backlogs() if one.session_id in self._shown]
        except StoreUnavailable:
            # All the rest is worth reading just then.
            yield _gauge("store_readable", _READABLE, {(): 0.0})
            return
        yield _gauge("store_readable", _READABLE, {(): 1.0})
        now = self._sources.now()
        pending = {(one.session_id,): float(one.pending) for one in backlogs}
        yield _gauge("webhook_pending", "Events that wait to be delivered", pending, SESSION)
        dead = {(one.session_id,): float(one.dead) for one in backlogs}
        yield _gauge("webhook_dead", "Events whose delivery was given up", dead, SESSION)
        lags = {(one.session_id,): max(0.0, now - (one.oldest_at or now)) for one in backlogs}
        yield _gauge(
            "webhook_lag_seconds", "Age of the oldest event that waits to be delivered", lags, SESSION
        )

    def _mailboxes(self) -> Metric:
        lengths: dict[tuple[str, ...], float] = {}
        for address, length in self._sources.mailboxes().items():
            # A browser's actor has a number for each of its lives.
            kind, _, session_id = ":".join(address.split(":")[:2]).partition(":")
            if not session_id or session_id in self._shown:
                actor = (f"{kind}:{session_id}" if session_id else kind,)
                lengths[actor] = lengths.get(actor, 0.0) + length
        return _gauge("mailbox_length", "Messages that wait for an actor", lengths, ACTOR)

    def _seen(self, metric: Metric) -> Metric:
        """Of the sessions that are shown; one that was purged is not."""
        metric.samples = [one for one in metric.samples if one.labels.get(SESSION) in self._rows]
        return metric


def _gauge(name: str, text: str, values: Values, *labels: str) -> Metric:
    metric = GaugeMetricFamily(f"wppmt_{name}", text, labels=labels)
    for label_values, value in values.items():
        metric.add_metric(label_values, value)
    return metric


def _counter(name: str, text: str, values: Values, *labels: str) -> Metric:
    metric = CounterMetricFamily(f"wppmt_{name}", text, labels=labels)
    for label_values, value in values.items():
        metric.add_metric(label_values, value)
    return metric


def _info(name: str, text: str, labels: Mapping[str, str]) -> Metric:
    return _gauge(name, text, {tuple(labels.values()): 1.0}, *labels)
