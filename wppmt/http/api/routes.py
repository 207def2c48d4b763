"""Every route of docs/contract.md 3 in one table; the router and the OpenAPI document are made from it."""

from __future__ import annotations

from wppmt.http.api.archive_routes import ARCHIVE_ROUTES
from wppmt.http.api.chat_routes import CHAT_ROUTES
from wppmt.http.api.cluster_routes import CLUSTER_ROUTES
from wppmt.http.api.drain_routes import DRAIN_ROUTES
from wppmt.http.api.event_routes import EVENT_ROUTES
from wppmt.http.api.operator_routes import OPERATOR_ROUTES
from wppmt.http.api.record_routes import RECORD_ROUTES
from wppmt.http.api.send_routes import SEND_ROUTES
from wppmt.http.api.session_routes import SESSION_ROUTES

ROUTES = (
    *SESSION_ROUTES, *SEND_ROUTES, *CHAT_ROUTES, *EVENT_ROUTES, *OPERATOR_ROUTES, *RECORD_ROUTES, *ARCHIVE_ROUTES,
    *CLUSTER_ROUTES, *DRAIN_ROUTES,
)  # fmt: skip
