"""Who may pass, before any body is read: daemon up, token, size, session id, session, rate (docs/contract.md 2)."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from ipaddress import ip_address

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from wppmt.domain.errors import Code, Refusal
from wppmt.domain.scopes import ADMIN_CLAIM, Scope
from wppmt.domain.session_ids import is_session_id
from wppmt.http.api.route import Access, Route, largest_body_of, route_of
from wppmt.http.connections import whose
from wppmt.http.ports import PORTS, DaemonPhase
from wppmt.http.security.api_keys import HEADER as API_KEY_HEADER
from wppmt.http.security.api_keys import key_in
from wppmt.http.security.grant import Grant
from wppmt.http.security.limits import Window
from wppmt.http.security.token_faults import TokenRefused

GRANT = web.RequestKey("grant", Grant)
SESSION_ID = web.RequestKey("session_id", str)
"""Set only for a session that the token may act for."""
RATE_WINDOW = web.RequestKey("rate_window", Window)
HANGS_UP = web.RequestKey("hangs_up", bool)
"""The body that comes with this request is not even thrown away: its sender has been told often enough."""
SESSION_ID_HEADER = "X-Session-ID"
DASHBOARD_HEADER = "X-Wppmt-Dashboard"
"""On what the dashboard asks."""


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Everything needs a token but what its route calls public; unknown addresses too."""
    route = route_of(request)
    access = route.access if route else Access.TOKEN
    try:
        await _let_pass(request, route, access)
        return await handler(request)
    except Refusal as refusal:
        if refusal.code is Code.RATE_LIMITED:
            ports = request.app[PORTS]
            asker = request.get(SESSION_ID) or _asker(request)
            request[HANGS_UP] = await ports.brake.hold(asker, ports.now())
        raise


async def _let_pass(request: web.Request, route: Route | None, access: Access) -> None:
    try:
        if access.needs_token:
            _check_phase(request)
            await _authenticate(request, route)
        _check_head(request, route)
        if access.names_session:
            await admit(request, request.match_info["sessionId"], access)
    except Refusal:
        # A refusal costs as much as an answer.
        _count_apart(request, access)
        raise
    _count_apart(request, access)


def _count_apart(request: web.Request, access: Access) -> None:
    """What no session counts is counted for its token; without one, for its address.

    A pairing page asks every two seconds, and many customers may come by one proxy: its handler counts.
    """
    if access is Access.LINK or (SESSION_ID in request and not _is_apart(request, access)):
        return
    ports = request.app[PORTS]
    if wait := ports.buckets.wait(_asker(request), ports.now()):
        raise Refusal(Code.RATE_LIMITED, retry_after=max(1.0, wait)) from None


def _is_apart(request: web.Request, access: Access) -> bool:
    """What an operator asks about a session leaves its tenant's hundred a minute alone, and so does a stream."""
    route = route_of(request)
    if access is Access.ADMIN_SESSION or route is None:
        return access is Access.ADMIN_SESSION
    return route.is_stream or (route.on_dashboard and DASHBOARD_HEADER in request.headers)


def _asker(request: web.Request) -> str:
    """Whom a request is counted for: a token or key by its digest, however the header was written around it."""
    shown = request.headers.get(API_KEY_HEADER) or request.headers.get(hdrs.AUTHORIZATION)
    if GRANT in request and shown:
        return hashlib.sha256(shown.split()[-1].encode()).hexdigest()
    return whose(request.remote or "")


def _check_phase(request: web.Request) -> None:
    if request.app[PORTS].phase() is DaemonPhase.DRAINING:
        raise Refusal(Code.DRAINING, retry_after=5)


async def _authenticate(request: web.Request, route: Route | None) -> None:
    try:
        request[GRANT] = await _grant(request)
    except TokenRefused as refusal:
        _tell_of(refusal, request)
        raise
    if route and route.scope and route.scope not in request[GRANT].scopes:
        raise Refusal(Code.FORBIDDEN, details=[lacking(route.scope)])


async def _grant(request: web.Request) -> Grant:
    ports = request.app[PORTS]
    authorization = request.headers.getall(hdrs.AUTHORIZATION, [])
    if key := key_in(request.headers.getall(API_KEY_HEADER, []), authorization):
        return ports.keyring.grant(key, client_of(request), ports.now())
    return await ports.authenticator.grant(authorization, ports.now())


def lacking(scope: Scope) -> dict[str, str]:
    """Of a refusal: what the caller's token or key would need."""
    of_token = f" (no token, {ADMIN_CLAIM})" if scope is Scope.ADMIN else ""
    return {"field": "scope", "problem": f"falta a permissão {scope}{of_token}"}


def _tell_of(refusal: TokenRefused, request: web.Request) -> None:
    request.app[PORTS].log(
        "token_refused",
        _session_of_path(request),
        level="warning",
        reason=refusal.fault.value,
        client=client_of(request),
    )


def client_of(request: web.Request) -> str:
    """The address of who called; behind a proxy on this machine, as that proxy tells it."""
    remote = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    with suppress(ValueError):
        if ip_address(remote).is_loopback:
            return str(ip_address(forwarded))
    return remote


def _session_of_path(request: web.Request) -> str | None:
    """If there is such a session: what a stranger makes up stays out of the log."""
    session_id = request.match_info.get("sessionId", "")
    return session_id if request.app[PORTS].front.status(session_id) else None


def _check_head(request: web.Request, route: Route | None) -> None:
    encodings = request.headers.getall(hdrs.CONTENT_ENCODING, [])
    if any(encoding.strip().lower() != "identity" for encoding in encodings):
        raise Refusal(Code.UNSUPPORTED_ENCODING)
    if request.headers.get(hdrs.EXPECT, "100-continue").lower() != "100-continue":
        problem = {"field": "Expect", "problem": "só 100-continue é aceito"}
        raise Refusal(Code.INVALID_REQUEST, details=[problem])
    if (request.content_length or 0) > largest_body_of(route):
        raise Refusal(Code.PAYLOAD_TOO_LARGE)


async def admit(request: web.Request, session_id: str, access: Access) -> None:
    """The session may be acted for in this request. Also for handlers that find its id in the body.

    A session of another tenant and one that does not exist are refused alike, before anything is counted.
    """
    if not is_session_id(session_id):
        raise Refusal(Code.INVALID_SESSION_ID)
    if any(said != session_id for said in request.headers.getall(SESSION_ID_HEADER, [])):
        raise Refusal(Code.SESSION_ID_MISMATCH)
    ports = request.app[PORTS]
    if request[GRANT].may(session_id):
        ports.require_here(session_id)
    exists = access is Access.NEW_SESSION or ports.front.status(session_id) is not None
    if not request[GRANT].may(session_id) or not exists:
        raise Refusal(Code.SESSION_NOT_FOUND)
    request[SESSION_ID] = session_id
    if not _is_apart(request, access):
        await _count(request, session_id)


async def _count(request: web.Request, session_id: str) -> None:
    ports = request.app[PORTS]
    window = await ports.rate_limiter.admit(session_id)
    if window is None:
        return
    request[RATE_WINDOW] = window
    if not window.admitted:
        raise Refusal(Code.RATE_LIMITED, retry_after=max(1.0, window.reset - ports.now()))
