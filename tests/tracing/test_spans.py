"""One tree of spans for each send, whatever comes first; and nothing at all where no collector is named."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from wppmt.domain.errors import SetupError
from wppmt.domain.occurrences import Acknowledged, Committed, PageCalled, SendAnswered, SendOutcome
from wppmt.domain.sends import Sent

export = pytest.importorskip("opentelemetry.sdk.trace.export", reason="the extra otel is not installed")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

ROUTE = "/api/sessions/{sessionId}/send-message"
T = 1_770_733_800.0
ID = "3EB0AA"
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SENT = Sent(ID, "5511999999999@c.us", 1, T + 0.9, accepted_at=T + 0.1, handed_at=T + 0.2)
ANSWERED = SendAnswered("a", SendOutcome.SENT, 1.0, ROUTE, T + 1, asked_at=T + 0.05, sent=SENT)
CALLED = PageCalled(ID, "send_text", T + 0.2, T + 0.4, is_done=True)
ACKNOWLEDGED = Acknowledged(0.7, ID, T + 0.9)


class Told:
    """What left for the collector."""

    def __init__(self, share: float = 1.0) -> None:
        from wppmt.tracing.spans import Spans  # noqa: PLC0415 - only where it is installed

        self.exporter = memory.InMemorySpanExporter()
        self.spans = Spans(export.SimpleSpanProcessor(self.exporter), share, "1.2.3")

    @property
    def all(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())

    def tree(self) -> dict[str, list[str]]:
        """The names of each one's children, in the order of their beginnings."""
        by_id = {span.context.span_id: span.name for span in self.all}
        told: dict[str, list[str]] = {}
        for span in sorted(self.all, key=lambda one: one.start_time):
            parent = by_id.get(span.parent.span_id, "caller") if span.parent else ""
            told.setdefault(parent, []).append(span.name)
        return told


TREE = {"": [f"POST {ROUTE}"], f"POST {ROUTE}": ["mailbox", "queue", "page send_text", "ack"]}


@pytest.mark.parametrize(
    "order",
    [
        (CALLED, ACKNOWLEDGED, ANSWERED),
        (CALLED, ANSWERED, ACKNOWLEDGED),
        (ANSWERED, CALLED, ACKNOWLEDGED),
    ],
)
def test_a_send_is_one_tree_in_whatever_order_its_parts_come(order: tuple[Any, ...]):
    told = Told()
    for occurrence in order:
        told.spans.observe(occurrence)
    assert told.tree() == TREE
    assert len({span.context.trace_id for span in told.all}) == 1


def test_moments_are_those_that_were_seen():
    told = Told()
    for occurrence in (CALLED, ACKNOWLEDGED, ANSWERED):
        told.spans.observe(occurrence)
    moments = {
        span.name.split("/")[0]: (span.start_time / 1e9 - T, span.end_time / 1e9 - T) for span in told.all
    }
    assert moments == {
        "POST ": pytest.approx((0.0, 1.0), abs=1e-5),
        "mailbox": pytest.approx((0.05, 0.1), abs=1e-5),
        "queue": pytest.approx((0.1, 0.2), abs=1e-5),
        "page send_text": pytest.approx((0.2, 0.4), abs=1e-5),
        "ack": pytest.approx((0.2, 0.9), abs=1e-5),
    }


def test_a_caller_s_own_trace_goes_on():
    told = Told()
    told.spans.observe(SendAnswered("a", SendOutcome.SENT, 1.0, ROUTE, T, sent=SENT, traceparent=CALLER))
    assert f"{told.all[-1].context.trace_id:032x}" == CALLER.split("-")[1]


def test_a_refused_send_is_a_tree_of_one_and_a_failed_one_is_marked():
    told = Told()
    told.spans.observe(SendAnswered("a", SendOutcome.REFUSED, 0.1, ROUTE, T))
    told.spans.observe(SendAnswered("a", SendOutcome.FAILED, 0.1, ROUTE, T))
    assert [(span.name, span.status.is_ok) for span in told.all] == [
        (f"POST {ROUTE}", True), (f"POST {ROUTE}", False),
    ]  # fmt: skip


def test_no_span_holds_a_number():
    told = Told()
    for occurrence in (CALLED, ACKNOWLEDGED, ANSWERED):
        told.spans.observe(occurrence)
    assert all("5511999999999" not in span.to_json() for span in told.all)
    [root] = [span for span in told.all if span.parent is None]
    assert dict(root.attributes) == {
        "http.route": ROUTE, "wppmt.session": "a", "wppmt.outcome": "sent", "wppmt.message_id": ID,
    }  # fmt: skip


def test_of_a_share_of_nothing_nothing_is_told():
    told = Told(share=0.0)
    for occurrence in (CALLED, ACKNOWLEDGED, ANSWERED, Committed(0.1)):
        told.spans.observe(occurrence)
    assert told.all == []


def test_parts_that_nobody_asks_for_any_more_are_forgotten():
    from wppmt.tracing import spans  # noqa: PLC0415 - only where it is installed

    told = Told()
    for number in range(spans.SENDS + 10):
        told.spans.observe(Acknowledged(0.1, f"id-{number}", T))
    told.spans.observe(SendAnswered("a", SendOutcome.SENT, 1.0, ROUTE, T, sent=Sent("id-0", "x", 1, T)))
    assert "ack" not in [span.name for span in told.all]


class Collector(BaseHTTPRequestHandler):
    bodies: list[bytes] = []  # noqa: RUF012 - one for all requests

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing on the console."""


@pytest.fixture
def collector() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/traces"
        server.shutdown()


def test_a_collector_gets_them_by_otlp(collector: str):
    from wppmt.tracing.spans import Spans, to_collector  # noqa: PLC0415 - only where it is installed

    spans = Spans(to_collector(collector), 1.0, "1.2.3")
    for occurrence in (CALLED, ACKNOWLEDGED, ANSWERED):
        spans.observe(occurrence)
    spans.close()
    assert b"page send_text" in b"".join(Collector.bodies)
    assert b"wppmt" in b"".join(Collector.bodies)


def test_without_a_collector_nothing_of_it_is_imported():
    """By us: redis looks for the SDK itself, where that is installed."""
    code = (
        "import sys, wppmt.app.daemon\n"
        "from wppmt.app import metering; from tests.defaults import SETTINGS\n"
        "assert metering.spans(SETTINGS) is None\n"
        "ours = ('wppmt.tracing', 'opentelemetry.exporter', 'google.protobuf')\n"
        "assert not [name for name in sys.modules if name.startswith(ours)]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_package_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch):
    from tests.defaults import SETTINGS  # noqa: PLC0415
    from wppmt.app import metering  # noqa: PLC0415

    traces = SETTINGS.traces.model_copy(update={"endpoint": "http://127.0.0.1:4318/v1/traces"})
    monkeypatch.delitem(sys.modules, "wppmt.tracing.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SetupError, match="wppmt\\[otel\\]"):
        metering.spans(SETTINGS.model_copy(update={"traces": traces}))
