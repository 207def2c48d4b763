"""What Prometheus reads: every promised name, true values, and of each session only what the reader may see."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence

import pytest
from prometheus_client.parser import text_string_to_metric_families

from wppmt.domain.alerts import Alert, AlertCode, Cause
from wppmt.domain.cluster import ALONE, ClusterShown, MachineShown
from wppmt.domain.figures import Sample
from wppmt.domain.occurrences import (
    Acknowledged,
    BackupEnded,
    BackupOutcome,
    BrowserRestarted,
    Committed,
    InboundMissed,
    Occurrence,
    RequestAnswered,
    SendAnswered,
    SendFailedLater,
    SendOutcome,
    WebhookAttempted,
    WebhookOutcome,
)
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.domain.units import MEGABYTE
from wppmt.metrics.exposition import MaySee, Sources, exposition
from wppmt.metrics.meter import Meter
from wppmt.store.outbox_records import Backlog
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import SessionRecord, SessionStatus

PROMISED = {
    "wppmt_sessions", "wppmt_session_memory_bytes", "wppmt_session_cpu_seconds_total", "wppmt_session_restarts_total",
    "wppmt_sends_total", "wppmt_send_seconds_bucket", "wppmt_ack_seconds_bucket", "wppmt_http_request_seconds_bucket",
    "wppmt_webhook_attempts_total", "wppmt_webhook_lag_seconds", "wppmt_webhook_pending", "wppmt_webhook_dead",
    "wppmt_store_commit_seconds_bucket", "wppmt_mailbox_length", "wppmt_loop_lag_seconds", "wppmt_memory_bytes",
    "wppmt_memory_limit_bytes", "wppmt_disk_free_bytes", "wppmt_inbound_missed_total",
}  # fmt: skip
"""docs/contract.md 15."""
HAPPENED: Sequence[Occurrence] = (
    RequestAnswered("/api/sessions/{sessionId}/send-message", "POST", 200, 0.3, waited=0.2),
    RequestAnswered("/api/sessions", "GET", 503, 7.0, failed=True),
    RequestAnswered("/api/health", "GET", 503, 0.1, failed=True, by_watcher=True),
    SendAnswered("a", SendOutcome.SENT, 0.3),
    SendAnswered("a", SendOutcome.SENT, 0.4),
    SendAnswered("b", SendOutcome.REFUSED, 0.01),
    SendFailedLater("b"),
    Acknowledged(0.2),
    BrowserRestarted("a", Reason.BROWSER_CRASHED),
    WebhookAttempted("a", WebhookOutcome.DELIVERED),
    WebhookAttempted("a", WebhookOutcome.DEAD),
    InboundMissed("b", 3),
    BackupEnded("b", BackupOutcome.FAILED),
    Committed(0.004),
)
NOW = 1_770_733_800.0
FIRING = (
    Alert(Cause(AlertCode.DISK_LOW), "Pouco espaço", "Libere espaço", NOW),
    Alert(Cause(AlertCode.SESSION_IN_ERROR, "a"), "Em erro", "Reinicie", NOW, "a"),
    Alert(Cause(AlertCode.SESSION_IN_ERROR, "b"), "Em erro", "Reinicie", NOW, "b"),
)
BACKLOGS = (Backlog("a", 5, 1, NOW - 30), Backlog("b", 0, 0, None), Backlog("purged", 1, 1, NOW))


class Told(dict[tuple[str, ...], float]):
    """Samples by their name and the values of their labels (see `_values`)."""

    @property
    def names(self) -> set[str]:
        return {name for name, *_ in self}


def text(
    backlogs: Callable[[], Sequence[Backlog]] = lambda: BACKLOGS,
    may_see: MaySee = lambda _: True,
    cluster: ClusterShown = ALONE,
) -> bytes:
    """Two sessions, of which one is connected; everything has happened once."""
    a = SessionRecord("a", 0.0, state=State.CONNECTED, reason=Reason.READY, has_login=True, messages_sent=12)
    b = SessionRecord("b", 0.0, state=State.ERROR, reason=Reason.RECONNECT_FAILED, has_login=True)
    meter = Meter(
        lambda: (SessionStatus(a, queue=4), SessionStatus(b)),
        lambda: 700,
        4096,
        max_sessions=10,
        pressure_percent=lambda: 12.5,
    )
    for occurrence in HAPPENED:
        meter.count(occurrence)
    meter.record(Sample(NOW - 5, {"a": 300}, {"a": 12.5, "b": 40.0}, 420, 120, 9.5, 0.25))
    sources = Sources(
        meter=meter,
        backlogs=backlogs,
        firing=lambda: FIRING,
        mailboxes=lambda: {"root": 1, "session:a": 2, "browser:a:7": 3, "browser:a:8": 1, "session:b": 0},
        loop_lag=lambda: 0.015,
        now=lambda: NOW,
        max_sessions=10,
        disk_min_free_mb=500,
        version="1.2.3",
        cluster=lambda: cluster,
    )
    return exposition(sources, may_see)


def read(may_see: MaySee = lambda _: True) -> Told:
    return parsed(text(may_see=may_see))


def parsed(said: bytes) -> Told:
    families = text_string_to_metric_families(said.decode())
    samples = (sample for family in families for sample in family.samples)
    return Told({(sample.name, *_values(sample.labels)): sample.value for sample in samples})


def _values(labels: dict[str, str]) -> list[str]:
    """The session first, then by the names of the labels."""
    return [labels[name] for name in sorted(labels, key=lambda name: (name != "session", name))]


def test_a_cluster_tells_its_places_and_who_is_alone_does_not():
    assert not [name for name in read().names if "cluster" in name]
    machines = [
        MachineShown(name, "https://x", "ok", 10, used, name == "a", name == "c", "1", "156", 25)
        for name, used in (("a", 4), ("b", 9), ("c", 0))
    ]
    told = parsed(text(cluster=ClusterShown(machine="a", leader="b", machines=machines)))
    names = (
        "wppmt_cluster_slots",
        "wppmt_cluster_free_slots",
        "wppmt_cluster_machines",
        "wppmt_cluster_leader",
    )
    assert [told[name,] for name in names] == [20, 7, 3, 0]


def test_every_promised_name_is_there():
    assert read().names >= PROMISED


def test_all_begin_alike_and_say_what_they_are():
    lines = text().decode().splitlines()
    assert all(line.startswith(("wppmt_", "# HELP wppmt_", "# TYPE wppmt_")) for line in lines)
    helped = {line.split()[2] for line in lines if line.startswith("# HELP") and line.split()[3:]}
    assert helped == {line.split()[2] for line in lines if line.startswith("# TYPE")}


def test_values_are_those_that_status_and_health_show():
    told = read()
    assert told["wppmt_memory_bytes",] == 420 * MEGABYTE
    assert told["wppmt_session_memory_bytes", "a"] == 300 * MEGABYTE
    assert ("wppmt_session_memory_bytes", "b") not in told, "it has no browser"
    assert (told["wppmt_session_cpu_seconds_total", "a"], told["wppmt_session_cpu_seconds_total", "b"]) == (
        12.5,
        40,
    )
    assert told["wppmt_memory_limit_bytes",] == 4096 * MEGABYTE
    assert told["wppmt_disk_free_bytes",] == 700 * MEGABYTE
    assert told["wppmt_cpu_ratio",] == 0.25
    assert told["wppmt_session_messages_sent_total", "a"] == 12
    assert told["wppmt_session_queue_length", "a"] == 4


def test_every_state_has_a_number_and_each_session_its_state():
    told = read()
    states = {state: told["wppmt_sessions", state] for state in State}
    assert (states.pop(State.CONNECTED), states.pop(State.ERROR), set(states.values())) == (1, 1, {0})
    assert told["wppmt_session_state", "b", "RECONNECT_FAILED", "error"] == 1
    assert (told["wppmt_sessions_wanted",], told["wppmt_sessions_wanted_connected",]) == (2, 1)


def test_what_happened_is_counted_by_outcome_and_reason():
    told = read()
    assert told["wppmt_sends_total", "a", "sent"] == 2
    assert told["wppmt_sends_total", "b", "refused"] == 1
    assert told["wppmt_sends_failed_later_total", "b"] == 1
    assert told["wppmt_session_restarts_total", "a", "BROWSER_CRASHED"] == 1
    assert told["wppmt_webhook_attempts_total", "a", "delivered"] == 1
    assert told["wppmt_webhook_attempts_total", "a", "dead"] == 1
    assert told["wppmt_inbound_missed_total", "b"] == 3
    assert told["wppmt_backups_total", "b", "failed"] == 1
    assert (told["wppmt_send_seconds_count",], told["wppmt_ack_seconds_count",]) == (3, 1)
    assert told["wppmt_store_commit_seconds_count",] == 1


def test_what_has_not_happened_yet_stands_at_nought():
    told = read()
    assert (told["wppmt_sends_total", "b", "sent"], told["wppmt_webhook_attempts_total", "b", "dead"]) == (
        0,
        0,
    )
    assert (told["wppmt_inbound_missed_total", "a"], told["wppmt_webhook_attempts_failed_total",]) == (0, 1)


def test_requests_of_watchers_are_timed_and_are_no_traffic():
    told = read()
    assert told["wppmt_http_request_seconds_count", "GET", "/api/health", "5xx"] == 1
    assert (told["wppmt_requests_total",], told["wppmt_requests_failed_total",]) == (2, 2)
    assert told["wppmt_response_seconds_sum",] == pytest.approx(7.1)


def test_webhooks_lag_by_their_oldest_event():
    told = read()
    assert (told["wppmt_webhook_pending", "a"], told["wppmt_webhook_dead", "a"]) == (5, 1)
    assert (told["wppmt_webhook_lag_seconds", "a"], told["wppmt_webhook_lag_seconds", "b"]) == (30, 0)


def test_alerts_that_fire_are_counted_and_those_that_could_stand_at_nought():
    told = read()
    assert (told["wppmt_alerts", "DISK_LOW"], told["wppmt_alerts", "SESSION_IN_ERROR"]) == (1, 2)
    assert told["wppmt_alerts", "COMMON_CAUSE"] == 0
    assert read(lambda session_id: session_id == "b")["wppmt_alerts", "SESSION_IN_ERROR"] == 1


def test_a_browser_s_actors_are_one_row():
    told = read()
    lengths = {key[1]: value for key, value in told.items() if key[0] == "wppmt_mailbox_length"}
    assert lengths == {"root": 1, "session:a": 2, "browser:a": 4, "session:b": 0}


def test_who_may_see_one_session_sees_nothing_of_another():
    told = read(lambda session_id: session_id == "b")
    seen = {key for key in told if "a" in key[1:] or any(value.endswith(":a") for value in key[1:])}
    assert seen == set()
    assert told["wppmt_sends_total", "b", "refused"] == 1
    assert told["wppmt_sessions", "connected"] == 0


def test_a_store_that_cannot_be_read_hides_nothing_else():
    def unreadable() -> Sequence[Backlog]:
        raise StoreUnavailable("I/O error")

    told = parsed(text(unreadable))
    assert told["wppmt_store_readable",] == 0
    assert told["wppmt_memory_bytes",] == 420 * MEGABYTE
    assert "wppmt_webhook_pending" not in told.names


def test_a_purged_session_is_not_shown():
    assert not [key for key in read() if "purged" in key]


def test_no_histogram_has_a_row_for_each_session():
    for key in read():
        if key[0].endswith("_bucket"):
            assert not {"a", "b"} & set(key[1:])


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)")
def test_promtool_finds_nothing_to_complain_of():
    said = subprocess.run(["promtool", "check", "metrics"], input=text(), capture_output=True, check=False)
    assert (said.returncode, said.stdout + said.stderr) == (0, b"")
