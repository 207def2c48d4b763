"""Calls into a session's page: which browser is current, and whether the page may be used."""

from __future__ import annotations

from functools import partial
from typing import Any

from actors.runtime.browser_effects import CallPage, KeepMedia, TakeScreenshot, UploadFile
from actors.session.messages import Called, PageAnswered
from wppmt.browser.port import CallResult
from wppmt.domain.inventory import WHOLE


class Page:
    """Makes calls into the current browser; each answer carries the generation that it belongs to."""

    def __init__(self, session_id: str, generation: int) -> None:
        self._session_id = session_id
        self._generation = generation
        self.is_usable: bool = False
        """WhatsApp's main screen is there: sends may be handed over."""
        self.is_caught_up: bool = True
        """WhatsApp has delivered what came while the page was away."""
        self.inventory = WHOLE
        """What it has of what the gateway uses."""

    @property
    def generation(self) -> int:
        """Of the current browser, or of the one to come."""
        return self._generation

    def next_browser(self, *, after: int | None = None) -> None:
        """What an earlier browser answers is stale from now on."""
        self._generation = 1 + (self._generation if after is None else after)

    def call(
        self, call: Called, function: str, arguments: dict[str, Any], deadline: float, subject: str = ""
    ) -> CallPage:
        then = partial(_answered, self.generation, call, subject)
        return CallPage(self._session_id, self.generation, function, arguments, deadline, then)

    def screenshot(self, deadline: float, subject: str) -> TakeScreenshot:
        then = partial(_answered, self.generation, Called.QUERY, subject)
        return TakeScreenshot(self._session_id, self.generation, deadline, then)

    def upload(self, path: str, deadline: float, subject: str) -> UploadFile:
        then = partial(_answered, self.generation, Called.UPLOAD, subject)
        return UploadFile(self._session_id, self.generation, path, deadline, then)

    def keep_media(self, message_id: str, deadline: float, call: Called, subject: str = "") -> KeepMedia:
        """`subject` is the message's id unless said."""
        then = partial(_answered, self.generation, call, subject or message_id)
        return KeepMedia(self._session_id, self.generation, message_id, deadline, then)


def _answered(generation: int, call: Called, subject: str, outcome: CallResult) -> PageAnswered:
    return PageAnswered(generation, call, outcome, subject)
