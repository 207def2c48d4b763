"""What is counted for as long as the daemon runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest

from wppmt.domain.occurrences import (
    Acknowledged,
    BackupEnded,
    BrowserRestarted,
    Committed,
    InboundMissed,
    Occurrence,
    PageCalled,
    RequestAnswered,
    SendAnswered,
    SendFailedLater,
    WebhookAttempted,
    WebhookOutcome,
)
from wppmt.metrics.tallies import Tallies
from wppmt.metrics.text import Family

_SEND_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60)
_ACK_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_HTTP_BOUNDS = (0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30)
_COMMIT_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class Instruments:
    """Thread-safe. Histograms carry no session: five hundred times their lines would be read at every scrape."""

    def __init__(self) -> None:
        # A second number for each line, which nobody reads.
        disable_created_metrics()  # type: ignore[no-untyped-call] # it has no annotations
        self._tallies = Tallies()
        self._registry = CollectorRegistry()
        self._send = self._histogram(
            "send_seconds", "From a send's request to its first answer", _SEND_BOUNDS
        )
        self._ack = self._histogram(
            "ack_seconds", "From a message's hand-over to the page to WhatsApp's acknowledgement", _ACK_BOUNDS
        )
        self._page = self._histogram(
            "page_seconds", "From a message's hand-over to the answer of WhatsApp's page", _ACK_BOUNDS
        )
        self._http = self._histogram(
            "http_request_seconds", "Requests of the API, by route and class of status", _HTTP_BOUNDS,
            "method", "route", "status",
        )  # fmt: skip
        self._response = self._histogram(
            "response_seconds", "Answers of wppmt_requests_total, without the wait for WhatsApp", _HTTP_BOUNDS
        )
        self._commit = self._histogram(
            "store_commit_seconds", "Commits of the store to the disk", _COMMIT_BOUNDS
        )

    def count(self, occurrence: Occurrence) -> None:  # noqa: C901 - one case an occurrence
        match occurrence:
            case RequestAnswered():
                self._answered(occurrence)
            case SendAnswered(session_id=session_id, outcome=outcome, seconds=seconds):
                self._tallies.sends.add(session_id, outcome)
                self._send.observe(seconds)
            case SendFailedLater(session_id=session_id):
                self._tallies.failed_later.add(session_id)
                self._tallies.failures.add()
            case Acknowledged(seconds=seconds):
                self._ack.observe(seconds)
            case PageCalled(began=began, ended=ended):
                self._page.observe(max(0.0, ended - began))
            case BrowserRestarted(session_id=session_id, reason=reason):
                self._tallies.restarts.add(session_id, reason)
            case WebhookAttempted(session_id=session_id, outcome=outcome):
                self._tallies.attempts.add(session_id, outcome)
                self._tallies.attempts_failed.add(by=outcome is not WebhookOutcome.DELIVERED)
            case InboundMissed(session_id=session_id, messages=messages):
                self._tallies.missed.add(session_id, by=messages)
            case BackupEnded(session_id=session_id, outcome=outcome):
                self._tallies.backups.add(session_id, outcome)
            case Committed(seconds=seconds):
                self._commit.observe(seconds)

    def families(self, sessions: Collection[str]) -> Iterator[Family]:
        """The counters, of these sessions alone."""
        return self._tallies.families(sessions)

    def histograms(self) -> str:
        """In the text format."""
        return generate_latest(self._registry).decode()

    def _answered(self, request: RequestAnswered) -> None:
        status = f"{request.status // 100}xx"
        self._http.labels(request.method, request.route, status).observe(request.seconds)
        if not request.by_watcher:
            self._tallies.requests.add()
            self._tallies.failures.add(by=request.failed)
            self._response.observe(request.seconds - request.waited)

    def _histogram(self, name: str, text: str, bounds: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"wppmt_{name}", text, labels, registry=self._registry, buckets=bounds)
