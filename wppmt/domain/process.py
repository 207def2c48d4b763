"""A browser as the registry remembers it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """What a later daemon needs to find, prove and adopt this browser. Plain data; kept in the registry."""

    pid: int
    """Chrome's main process."""
    group: int
    """Process group shared by Chrome, its helpers and chromedriver; Chrome leads it."""
    driver_url: str
    driver_session: str
    websocket_url: str
    """The DevTools socket of WhatsApp's page."""
    context: str
    """That page's id in DevTools, and its window handle in WebDriver."""
