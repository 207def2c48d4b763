"""The handler that reads the audit trail; nothing over HTTP changes it (docs/contract.md 15)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from wppmt.domain.times import iso
from wppmt.http.api import record_responses as responses
from wppmt.http.api.json_responses import answer
from wppmt.http.api.query_parameters import LARGEST, LARGEST_PAGE, PAGE, page_of, whole_number
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import GRANT
from wppmt.store.operator_records import AuditEntry


async def list_entries(request: web.Request) -> web.Response:
    """Of a token that is bound to some sessions, what was done to those."""
    store, sessions = request.app[PORTS].store, request[GRANT].sessions
    if "last" in request.query:
        last = whole_number(request, "last", default=PAGE, between=(1, LARGEST_PAGE))
        newest = await asyncio.to_thread(store.last_audit_entries, last, sessions)
        return answer(responses.AuditPage(entries=[_shown(entry) for entry in newest], next_cursor=None))
    after = whole_number(request, "after", default=0, between=(0, LARGEST))
    limit = page_of(request)
    found = await asyncio.to_thread(store.audit_entries_after, after, limit + 1, sessions)
    entries = [_shown(entry) for entry in found[:limit]]
    return answer(
        responses.AuditPage(entries=entries, next_cursor=entries[-1].id if len(found) > limit else None)
    )


def _shown(entry: AuditEntry) -> responses.AuditEntry:
    return responses.AuditEntry(
        id=entry.id,
        at=iso(entry.at),
        who=entry.who,
        address=entry.address,
        action=entry.action,
        session_id=entry.session_id,
        target=entry.target,
        request_id=entry.request_id,
    )
