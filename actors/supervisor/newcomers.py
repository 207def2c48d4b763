"""Sessions that came from elsewhere: an import, an archive."""

from __future__ import annotations

from collections.abc import Container

from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import TakeIn
from wppmt.store.port import Store
from wppmt.store.records import SessionRecord


def taken_in(request: TakeIn, store: Store, known: Container[str]) -> SessionRecord:
    """Its row, which is in the registry now. Raises Refusal: SESSION_EXISTS, SESSION_NOT_FOUND."""
    session_id, found = request.session_id, store.session(request.session_id)
    if session_id in known or (found and request.record):
        raise Refusal(Code.SESSION_EXISTS)
    if request.record:
        with store.transaction() as transaction:
            transaction.save(request.record)
    if not (record := request.record or found):
        raise Refusal(Code.SESSION_NOT_FOUND)
    return record
