"""What happens around every handler: request id, errors in one form, the access log."""

from __future__ import annotations

import re
from time import perf_counter
from typing import Any

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from wppmt.domain.errors import Code, Refusal
from wppmt.domain.request_id import CURRENT
from wppmt.http import measuring
from wppmt.http.api.json_responses import refusal_response, status_refusal
from wppmt.http.api.route import route_of
from wppmt.http.auditing import audit
from wppmt.http.ports import PORTS, REQUEST_ID, DaemonPhase
from wppmt.http.security.guard import RATE_WINDOW, SESSION_ID, guard
from wppmt.store.port import StoreUnavailable

REQUEST_ID_HEADER = "X-Request-ID"
CLIENT_GONE = 499
"""Only in the log, as nginx writes it: the client hung up while it was sending, and nobody reads an answer."""
_FOREIGN_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def common_headers(request_id: str) -> dict[str, str]:
    """What stands on every answer, also on refusals of what was no request."""
    return {
        hdrs.SERVER: "wppmt",
        hdrs.CACHE_CONTROL: "no-store",
        "X-Content-Type-Options": "nosniff",
        REQUEST_ID_HEADER: request_id,
    }


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request its id, and tell the log one line about it, without query, body or token."""
    began = perf_counter()
    request[REQUEST_ID] = _request_id(request)
    CURRENT.set(request[REQUEST_ID])
    status, response = 500, None
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        seconds = perf_counter() - began
        measuring.count(request, status, response, seconds)
        route = route_of(request)
        request.app[PORTS].log(
            "http_request",
            request.get(SESSION_ID),
            method=request.method if route else "?",
            route=route.path if route else "?",
            status=status,
            ms=round(seconds * 1000, 1),
            **_sent(request),
            request_id=request[REQUEST_ID],
        )


def _sent(request: web.Request) -> dict[str, Any]:
    """By the message's id the log goes on from the request to what became of it."""
    message_id = request.get(measuring.MESSAGE_ID)
    return {"message_id": message_id} if message_id else {}


def _request_id(request: web.Request) -> str:
    wished = request.headers.get(REQUEST_ID_HEADER, "")
    return wished if _FOREIGN_REQUEST_ID.fullmatch(wished) else request.app[PORTS].new_id()


@web.middleware
async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every "no" in the form of docs/contract.md 6. The unexpected goes on, to the server's `handle_error`."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return _refusal(request, refusal)
    except StoreUnavailable:
        return _refusal(request, Refusal(Code.STORE_UNAVAILABLE))
    except web.RequestPayloadError:
        return _refusal(request, Refusal(Code.INVALID_REQUEST))
    except ConnectionResetError:
        if request.transport is not None and not request.transport.is_closing():
            raise
        return web.Response(status=CLIENT_GONE)
    except web.HTTPException as error:
        response = _refusal(request, status_refusal(error.status))
        if hdrs.ALLOW in error.headers:
            response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
        return response


def _refusal(request: web.Request, refusal: Refusal) -> web.Response:
    measuring.note_refused(request, refusal)
    session_id = request.get(SESSION_ID)
    if refusal.code is Code.RESOURCE_LIMIT:
        lacking = {detail["field"]: detail["problem"] for detail in refusal.details}
        request.app[PORTS].log("resource_limit", session_id, level="warning", **lacking)
    status = request.app[PORTS].front.status(session_id) if session_id else None
    return refusal_response(refusal, request[REQUEST_ID], status.record.state if status else None)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """An `on_response_prepare` signal."""
    # Without an id: aiohttp refused it before any middleware, as it does an odd Expect on an unknown address.
    response.headers.update(common_headers(request.get(REQUEST_ID) or request.app[PORTS].new_id()))
    if window := request.get(RATE_WINDOW):
        response.headers.update(window.headers())
    if hdrs.UPGRADE in request.headers or request.method == hdrs.METH_CONNECT:
        # What follows is no HTTP any more, as its sender hopes.
        response.force_close()
    if request.app[PORTS].phase() is DaemonPhase.DRAINING:
        # The next request belongs on a new connection, which is the next daemon's.
        response.force_close()
        response.headers[hdrs.CONNECTION] = "close"


MIDDLEWARES = (observe, refuse, guard, audit)
