"""Spans by OpenTelemetry, made from what is counted: a send's request, its wait, the page's call, WhatsApp's acknowledgement.

Every span is made when its end is known, with the moments that were seen; nothing is carried through the actors for it.
No span holds a phone number or a text.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TypeVar

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from wppmt.domain.occurrences import Acknowledged, Occurrence, PageCalled, SendAnswered, SendOutcome

SENDS = 2000
"""Of which the requests, or the page's calls, are remembered until the other half comes."""
BAD = {SendOutcome.FAILED, SendOutcome.UNKNOWN}
Part = Acknowledged | PageCalled
T = TypeVar("T")


def to_collector(endpoint: str) -> SpanProcessor:
    """Some seconds after they ended, by a thread of its own. `endpoint` is an URL of OTLP over HTTP."""
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint))


class Spans:
    """Thread-safe; listens to what is counted."""

    def __init__(self, processor: SpanProcessor, share: float, version: str) -> None:
        """`share` of the sends are told, from 0 to 1; one whose caller has decided follows its caller."""
        about = Resource.create({"service.name": "wppmt", "service.version": version})
        self._provider = TracerProvider(
            resource=about, sampler=ParentBased(TraceIdRatioBased(share)), shutdown_on_exit=False
        )
        self._provider.add_span_processor(processor)
        self._tracer: Tracer = self._provider.get_tracer("wppmt")
        self._lock = threading.Lock()
        self._roots: OrderedDict[str, Span] = OrderedDict()
        """By the message's id: parts that come after the answer belong to it."""
        self._early: OrderedDict[str, list[Part]] = OrderedDict()
        """What came before the answer."""

    def observe(self, occurrence: Occurrence) -> None:
        match occurrence:
            case SendAnswered():
                self._answered(occurrence)
            case PageCalled() | Acknowledged():
                self._seen(occurrence)
            case _:
                """No part of a send."""

    def close(self) -> None:
        """What has not left yet is sent; blocks for some seconds at most."""
        self._provider.shutdown()

    def _answered(self, send: SendAnswered) -> None:
        root = self._root(send)
        if sent := send.sent:
            accepted_at = sent.accepted_at or send.asked_at
            self._child(root, "mailbox", send.asked_at, accepted_at)
            if sent.handed_at is not None:
                self._child(root, "queue", accepted_at, sent.handed_at)
            with self._lock:
                _keep(self._roots, sent.id, root)
                early = self._early.pop(sent.id, [])
            for part in early:
                self._part(root, part)
        root.end(_nanoseconds(send.at))

    def _root(self, send: SendAnswered) -> Span:
        attributes: dict[str, str] = {
            "http.route": send.route,
            "wppmt.session": send.session_id,
            "wppmt.outcome": send.outcome.value,
        }
        if send.sent:
            attributes["wppmt.message_id"] = send.sent.id
        caller = TraceContextTextMapPropagator().extract({"traceparent": send.traceparent})
        began = _nanoseconds(send.at - send.seconds)
        name = f"POST {send.route}"
        root = self._tracer.start_span(name, caller, SpanKind.SERVER, attributes, start_time=began)
        if send.outcome in BAD:
            root.set_status(Status(StatusCode.ERROR))
        return root

    def _seen(self, part: Part) -> None:
        with self._lock:
            root = self._roots.get(part.message_id)
            if root is None:
                _keep(self._early, part.message_id, [*self._early.get(part.message_id, ()), part])
        if root is not None:
            self._part(root, part)

    def _part(self, root: Span, part: Part) -> None:
        match part:
            case PageCalled():
                self._child(root, f"page {part.function}", part.began, part.ended, is_bad=not part.is_done)
            case Acknowledged():
                self._child(root, "ack", part.at - part.seconds, part.at)

    def _child(
        self,
        root: Span,
        name: str,
        began: float,
        ended: float,
        *,
        is_bad: bool = False,
    ) -> None:
        span = self._tracer.start_span(name, set_span_in_context(root), start_time=_nanoseconds(began))
        if is_bad:
            span.set_status(Status(StatusCode.ERROR))
        span.end(_nanoseconds(max(began, ended)))


def _keep(kept: OrderedDict[str, T], key: str, value: T) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > SENDS:
        kept.popitem(last=False)


def _nanoseconds(moment: float) -> int:
    return int(moment * 1e9)
