"""What is counted for as long as the daemon runs, in the form of Prometheus: https://prometheus.io/docs/practices/naming/."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Counter, Histogram, disable_created_metrics
from prometheus_client.metrics_core import Metric

from wppmt.domain.occurrences import (
    Acknowledged,
    BrowserRestarted,
    Committed,
    InboundMissed,
    Occurrence,
    RequestAnswered,
    SendAnswered,
    SendFailedLater,
    WebhookAttempted,
)

SESSION = "session"
_SEND_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60)
_ACK_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_HTTP_BOUNDS = (0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30)
_COMMIT_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class Instruments:
    """Thread-safe. Histograms carry no session: five hundred times their lines would be read at every scrape."""

    def __init__(self) -> None:
        # A second number for each line, which nobody reads.
        disable_created_metrics()  # type: ignore[no-untyped-call] # it has no annotations
        self._restarts = _counter(
            "session_restarts", "Browsers opened anew, after a failure or by plan", SESSION, "reason"
        )
        self._sends = _counter("sends", "Sends by what their first answer said", SESSION, "outcome")
        self._failed_later = _counter(
            "sends_failed_later", "Sends that failed after an answer had said pending", SESSION
        )
        self._attempts = _counter(
            "webhook_attempts", "Attempts to deliver an event, by what came of each", SESSION, "outcome"
        )
        self._missed = _counter(
            "inbound_missed", "Messages that the page held and no event had told of; told late", SESSION
        )
        self._requests = _counter("requests", "Answered, but for those of health and metrics")
        self._failures = _counter(
            "requests_failed",
            "Of wppmt_requests_total, with 5xx or a failed send; and sends that failed later",
        )
        self._send = _histogram("send_seconds", "From a send's request to its first answer", _SEND_BOUNDS)
        self._ack = _histogram(
            "ack_seconds",
            "From a message's hand-over to the page to its acknowledgement by WhatsApp",
            _ACK_BOUNDS,
        )
        self._http = _histogram(
            "http_request_seconds", "Requests of the API, by route and class of status", _HTTP_BOUNDS,
            "method", "route", "status",
        )  # fmt: skip
        self._response = _histogram(
            "response_seconds", "Answers of wppmt_requests_total, without the wait for WhatsApp", _HTTP_BOUNDS
        )
        self._commit = _histogram("store_commit_seconds", "Commits of the store to the disk", _COMMIT_BOUNDS)

    def count(self, occurrence: Occurrence) -> None:  # noqa: C901 - one case an occurrence
        match occurrence:
            case RequestAnswered():
                self._answered(occurrence)
            case SendAnswered(session_id=session_id, outcome=outcome, seconds=seconds):
                self._sends.labels(session_id, outcome).inc()
                self._send.observe(seconds)
            case SendFailedLater(session_id=session_id):
                self._failed_later.labels(session_id).inc()
                self._failures.inc()
            case Acknowledged(seconds=seconds):
                self._ack.observe(seconds)
            case BrowserRestarted(session_id=session_id, reason=reason):
                self._restarts.labels(session_id, reason).inc()
            case WebhookAttempted(session_id=session_id, outcome=outcome):
                self._attempts.labels(session_id, outcome).inc()
            case InboundMissed(session_id=session_id, messages=messages):
                self._missed.labels(session_id).inc(messages)
            case Committed(seconds=seconds):
                self._commit.observe(seconds)

    def collect(self) -> Iterable[Metric]:
        for one in (
            self._restarts, self._sends, self._failed_later, self._attempts, self._missed, self._requests,
            self._failures, self._send, self._ack, self._http, self._response, self._commit,
        ):  # fmt: skip
            yield from one.collect()

    def _answered(self, request: RequestAnswered) -> None:
        status = f"{request.status // 100}xx"
        self._http.labels(request.method, request.route, status).observe(request.seconds)
        if not request.by_watcher:
            self._requests.inc()
            self._failures.inc(request.failed)
            self._response.observe(request.seconds - request.waited)


def _counter(name: str, help_text: str, *labels: str) -> Counter:
    return Counter(f"wppmt_{name}", help_text, labels, registry=None)


def _histogram(name: str, help_text: str, bounds: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(f"wppmt_{name}", help_text, labels, registry=None, buckets=bounds)
