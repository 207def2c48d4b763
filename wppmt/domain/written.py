"""A message as the page tells of it, made into the contract's `message` (docs/contract.md 7 and 11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wppmt.domain.content import body_of, fields_of

Json = Mapping[str, Any]

VIEW_ONCE_GONE = "ciphertext"
"""The type of a message that may be seen once, on the phone: a linked device never gets more of it."""
_OF_THE_PAGE = {"content", "chatNames", "authorNames"}
"""Not for callers."""


def message_of(written: Json) -> dict[str, Any]:
    """With `body` and the structure of its kind instead of the page's `content`."""
    message = {name: value for name, value in written.items() if name not in _OF_THE_PAGE}
    kind, content = str(written["type"]), written["content"]
    if kind == VIEW_ONCE_GONE:
        message |= {"type": "unknown", "rawType": "view_once", "body": "Mensagem de visualização única"}
    else:
        message |= fields_of(kind, content)
    if quoted := written.get("quoted"):
        message["quoted"] = _quoted(quoted)
    if ad := written.get("ad"):
        message["ad"] = {name: ad.get(name) for name in ("title", "body", "sourceUrl", "sourceId", "clickId")}
    return message


def _quoted(quoted: Json) -> dict[str, Any]:
    kept = {name: value for name, value in quoted.items() if name not in _OF_THE_PAGE}
    return {**kept, "body": body_of(str(quoted["type"]), quoted["content"])}
