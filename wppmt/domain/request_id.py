"""The id of the HTTP request that is being answered here: whoever asks an actor, asks on its behalf."""

from __future__ import annotations

from contextvars import ContextVar

CURRENT: ContextVar[str] = ContextVar("request_id", default="")
"""Empty where no request is the cause."""
