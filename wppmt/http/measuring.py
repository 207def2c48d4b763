"""What is counted of every request: its route, its status, its time; and of a send, once, what it came to."""

from __future__ import annotations

from aiohttp import web

from wppmt.domain.errors import Code, Refusal
from wppmt.domain.occurrences import RequestAnswered, SendAnswered, SendOutcome
from wppmt.domain.sends import Sent
from wppmt.http.api.route import Access, Route, route_of
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import SESSION_ID

METRICS = "/metrics"
STREAM = "text/event-stream"
MESSAGE_ID = web.RequestKey("message_id", str)
"""Of the message that this request sent."""
_REFUSED = web.RequestKey("refused", Code)
_REPEATED = web.RequestKey("repeated", bool)
_SENT = web.RequestKey("sent", Sent)
_ASKED_AT = web.RequestKey("asked_at", float)
_TYPED = web.RequestKey("typed", float)


def note_asked(request: web.Request, *, typing: float) -> None:
    """The session is asked to send from now on; `typing` are the seconds of typing that the caller wants."""
    request[_ASKED_AT], request[_TYPED] = request.app[PORTS].now(), typing


def note_sent(request: web.Request, sent: Sent) -> None:
    """The session has answered."""
    request[_SENT], request[_REPEATED], request[MESSAGE_ID] = sent, sent.is_repeat, sent.id


def note_refused(request: web.Request, refusal: Refusal) -> None:
    request[_REFUSED] = refusal.code
    request[_REPEATED] = refusal.is_repeat


def count(request: web.Request, status: int, response: web.StreamResponse | None, seconds: float) -> None:
    """Once it is answered; `response` is None where the unexpected happened. A stream ends when its reader wants to."""
    if response is not None and response.content_type == STREAM:
        return
    route, tell = route_of(request), request.app[PORTS].count
    outcome = _outcome(request, status) if route and _is_send(route) else None
    if route and outcome and SESSION_ID in request:
        tell(_send(request, route, outcome, seconds))
    tell(
        RequestAnswered(
            route=route.path if route else "?",
            method=route.method if route else "?",
            status=status,
            seconds=seconds,
            waited=min(_waited(request), seconds),
            failed=status >= 500 or outcome is SendOutcome.FAILED,
            by_watcher=route is not None and (route.access is Access.PUBLIC or route.path == METRICS),
        )
    )


def _send(request: web.Request, route: Route, outcome: SendOutcome, seconds: float) -> SendAnswered:
    return SendAnswered(
        request[SESSION_ID],
        outcome,
        seconds,
        route=route.path,
        at=request.app[PORTS].now(),
        asked_at=request.get(_ASKED_AT) or 0.0,
        sent=request.get(_SENT),
        traceparent=request.headers.get("traceparent", ""),
    )


def _waited(request: web.Request) -> float:
    """For WhatsApp's acknowledgement, and for the typing that the caller wanted."""
    sent = request.get(_SENT)
    if sent is None or sent.handed_at is None or sent.is_repeat:
        return 0.0
    since: float = max(request.get(_ASKED_AT) or 0.0, sent.handed_at)
    return max(0.0, float(request.get(_TYPED) or 0.0) + request.app[PORTS].now() - since)


def _is_send(route: Route) -> bool:
    return route.method == "POST" and ("/send-" in route.path or route.path.endswith("/forward"))


def _outcome(request: web.Request, status: int) -> SendOutcome | None:
    """None for what was counted before, or is under way in another request."""
    code = request.get(_REFUSED)
    if request.get(_REPEATED) or code is Code.IDEMPOTENCY_IN_FLIGHT:
        return None
    if code is None:
        return _OF_STATUS.get(status)
    return _OF_CODE.get(code, SendOutcome.REFUSED)


_OF_STATUS = {200: SendOutcome.SENT, 202: SendOutcome.PENDING, 500: SendOutcome.FAILED}
_OF_CODE = {Code.SEND_FAILED: SendOutcome.FAILED, Code.OUTCOME_UNKNOWN: SendOutcome.UNKNOWN}
