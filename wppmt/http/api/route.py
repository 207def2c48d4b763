"""What a route is: address, handler, who may call it, and what it takes and answers (for the OpenAPI document)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import UnionType

from aiohttp import web

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code
from wppmt.domain.scopes import Scope
from wppmt.http.api.responses import AnswerBody
from wppmt.http.api.schemas import Body

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Shape = type[AnswerBody] | UnionType
"""A model, or a union of models."""


SESSION = "/api/sessions/{sessionId}"
ASKED = (Code.SESSION_BUSY, Code.OUTCOME_UNKNOWN)
"""What any question to an actor may come to."""


class Access(Enum):
    """Who may call; what the guard checks before the handler runs."""

    PUBLIC = auto()
    TOKEN = auto()
    """Any valid token; the handler shows it what it may see."""
    SESSION = auto()
    """The path's session: the token may act for it, it exists, its rate allows it."""
    NEW_SESSION = auto()
    """The same, but it need not exist yet."""
    LINK = auto()
    """Who has the link's address; the handler looks it up, and counts who guesses."""
    MOVE = auto()
    """Who has the key of a move; the handler compares it."""
    ADMIN = auto()
    ADMIN_SESSION = auto()
    """The path's session, by an administrator: it exists; no rate is counted."""

    @property
    def needs_token(self) -> bool:
        return self not in {Access.PUBLIC, Access.LINK, Access.MOVE}

    @property
    def names_session(self) -> bool:
        return self in {Access.SESSION, Access.NEW_SESSION, Access.ADMIN_SESSION}

    @property
    def is_for_admins(self) -> bool:
        return self in {Access.ADMIN, Access.ADMIN_SESSION}


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    """As aiohttp writes it; the session is always `{sessionId}`."""
    handler: Handler
    access: Access
    summary: str
    answers: Mapping[int, Shape]
    body: type[Body] | None = None
    body_required: bool = True
    refusals: tuple[Code, ...] = ()
    """Codes beyond those that its access and its body imply."""
    query: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Query parameters: name → JSON Schema with description."""
    headers: tuple[str, ...] = ()
    """Request headers beyond Authorization and X-Session-ID."""
    on_dashboard: bool = False
    """The dashboard asks it; its own requests are counted for its token, not for the session."""
    is_stream: bool = False
    """It is answered without an end; no session's rate counts it."""
    upload: str = ""
    """Its body is a file of this media type, not JSON: the handler reads it, however long."""
    media: tuple[str, ...] = ()
    """Media types that 200 may have beside JSON."""
    bare: Mapping[int, str] = field(default_factory=dict)
    """Answers without JSON: status → what it means."""
    action: Action | None = None
    """What the audit trail calls it; None: it is not told there."""

    @property
    def scope(self) -> Scope | None:
        """What a caller needs; None where nobody shows a token."""
        if not self.access.needs_token:
            return None
        if self.access.is_for_admins:
            return Scope.ADMIN
        if self.method == "GET":
            return Scope.READ
        return Scope.SEND if self._is_send else Scope.CONTROL

    @property
    def _is_send(self) -> bool:
        """A message, or something done to one: reaction, edit, deletion, forward."""
        return "/send-" in self.path or "/messages/{messageId}" in self.path


MAX_BODY_BYTES = 10 * 1024 * 1024
"""With a file in it."""
MAX_UPLOAD_BYTES = 8 * 1024**3
MAX_PLAIN_BYTES = 1024 * 1024
"""Without: a longest text, every letter of it escaped, fits in."""


def largest_body_of(route: Route | None) -> int:
    """Bytes that a request may bring; without a route as well."""
    if route and route.upload:
        return MAX_UPLOAD_BYTES
    return largest_body(route.body if route else None)


def largest_body(model: type[Body] | None) -> int:
    """Bytes that a request with such a body may have."""
    return MAX_BODY_BYTES if model and "base64" in model.model_fields else MAX_PLAIN_BYTES


ROUTE_OF: web.AppKey[Mapping[web.AbstractRoute, Route]] = web.AppKey("route_of", Mapping)


def route_of(request: web.Request) -> Route | None:
    """The route that the request matched; None for 404 and 405."""
    return request.app[ROUTE_OF].get(request.match_info.route)
