"""Brings WhatsApp's page into the tab that is already listened to."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from wppmt.browser.cdp.channel import Channel
from wppmt.browser.cdp.devtools import navigate, runtime
from wppmt.browser.port import BrowserGone, CallFailure, StartFailed

LOADED = """new Promise((done) => {
  const told = () => done(performance.getEntriesByType('navigation')[0]?.responseStatus || 0);
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', told);
  else told();
})"""
"""The HTTP status of what has loaded; 0 where Chrome does not tell."""
FIRST_BAD_STATUS = 400
Explain = Callable[[str, str], StartFailed | None]
"""Of Chrome's word for a failure and the host that was asked: what is known to be behind it."""


def load(channel: Channel, url: str, seconds: float, explain: Explain, navigated: Callable[[], None]) -> None:
    """Blocks until it is there; `navigated` is called as soon as there may be something to watch.

    Raises StartFailed, BrowserGone.
    """
    try:
        if error := channel.ask(navigate(url), seconds):
            raise explain(error, urlsplit(url).netloc) or StartFailed("PAGE_LOAD_FAILED", error)
        navigated()
        loaded, _ = channel.ask(runtime.evaluate(LOADED, await_promise=True), seconds)
        status = int(loaded.value or 0)
        if status >= FIRST_BAD_STATUS:
            raise StartFailed("PAGE_LOAD_FAILED", f"HTTP {status}")
    except BrowserGone:
        raise
    except CallFailure as failure:
        raise StartFailed("PAGE_LOAD_FAILED", str(failure)) from failure
