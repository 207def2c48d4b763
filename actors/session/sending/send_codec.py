"""A request to send as a journal entry, and a journal entry as a call into the page: pure."""

from __future__ import annotations

from typing import Any

from wppmt.domain import messages
from wppmt.domain.messages import Send, SendMedia, SendText
from wppmt.store.records import JournalEntry

MAY_HAVE_LEFT = "mayHaveLeft"
"""In the payload of a message that was handed to a page which is gone, and that no later page has."""
_NOT_FOR_THE_PAGE = frozenset({"typingMs", "path", "size", MAY_HAVE_LEFT})


def to_entry(request: Send, session_id: str, message_id: str, now: float) -> JournalEntry:
    """ACCEPTED, with everything that is needed to send it, also after a crash."""
    kind, payload = ("text", _text(request)) if isinstance(request, SendText) else ("media", _media(request))
    if request.quoted_id:
        payload["quotedId"] = request.quoted_id
    if request.mentions:
        payload["mentions"] = list(request.mentions)
    if request.typing_ms:
        payload["typingMs"] = request.typing_ms
    return JournalEntry(
        session_id,
        message_id,
        request.to,
        kind,
        payload,
        accepted_at=now,
        key=request.idempotency.key if request.idempotency else "",
        fingerprint=request.idempotency.fingerprint if request.idempotency else "",
        reference=request.reference,
    )


def _text(request: SendText) -> dict[str, Any]:
    return {"text": request.text, "linkPreview": request.link_preview}


def _media(request: SendMedia) -> dict[str, Any]:
    caption = {"caption": request.caption} if request.caption else {}
    return caption | {
        "path": request.path,
        "size": request.size,
        "kind": "audio" if request.kind == "voice" else request.kind,
        "ptt": request.kind == "voice",
        "mimetype": request.mimetype,
        "fileName": request.file_name,
    }


def page_call(entry: JournalEntry, source: int | None) -> tuple[str, dict[str, Any]]:
    """bridge.js's function and its arguments; `source` is what the upload of its file gave."""
    arguments: dict[str, Any] = {
        name: value for name, value in entry.payload.items() if name not in _NOT_FOR_THE_PAGE
    }
    arguments |= {"id": entry.id, "to": entry.to}
    if source is None:
        return "send_text", arguments
    return "send_media", arguments | {"source": source}


def extra_seconds(entry: JournalEntry) -> float:
    """How much longer than a text its sending may take."""
    return messages.extra_seconds(int(entry.payload.get("typingMs", 0)), int(entry.payload.get("size", 0)))
