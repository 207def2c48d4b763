"""A session's line into its page: which browser life is current, and whether the page may be used."""

from __future__ import annotations

from functools import partial
from typing import Any

from actors.runtime.effects import CallPage, DownloadMedia, UploadFile
from actors.session.messages import Called, PageAnswered
from wppmt.browser.port import CallResult
from wppmt.domain.inventory import WHOLE
from wppmt.domain.messages import FetchMedia


class Page:
    """Makes calls into the current browser life; late answers carry the generation that they belong to."""

    def __init__(self, session_id: str, generation: int) -> None:
        self._session_id = session_id
        self.generation = generation
        self.is_usable = False
        """WhatsApp's main screen is there: sends may be handed over."""
        self.inventory = WHOLE
        """What it has of what the gateway uses."""

    def call(
        self, call: Called, function: str, arguments: dict[str, Any], deadline: float, subject: str = ""
    ) -> CallPage:
        then = partial(_answered, self.generation, call, subject)
        return CallPage(self._session_id, self.generation, function, arguments, deadline, then)

    def upload(self, path: str, deadline: float, subject: str) -> UploadFile:
        then = partial(_answered, self.generation, Called.UPLOAD, subject)
        return UploadFile(self._session_id, self.generation, path, deadline, then)

    def download(self, query: FetchMedia, deadline: float, subject: str) -> DownloadMedia:
        then = partial(_answered, self.generation, Called.QUERY, subject)
        return DownloadMedia(
            self._session_id, self.generation, query.message_id, query.path, query.limit, deadline, then
        )


def _answered(generation: int, call: Called, subject: str, outcome: CallResult) -> PageAnswered:
    return PageAnswered(generation, call, outcome, subject)
