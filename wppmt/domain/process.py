"""A browser as the registry remembers it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """What a later daemon needs to find, prove and adopt this browser. Plain data; kept in the registry."""

    pid: int
    """Chrome's main process."""
    group: int
    """Process group shared by Chrome and its helpers; Chrome leads it."""
    page: str
    """The id of WhatsApp's page in DevTools."""
    devtools_session: str
    """What puts our script into that page and hears it; it lives in Chrome and outlives the daemon."""
