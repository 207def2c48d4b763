"""What happens in a session's chats: each received message once in the log, also those that are found later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from actors.runtime.effects import Effect
from actors.session.arrivals import Arrivals
from actors.session.backfill import Backfill
from actors.session.policy import SessionPolicy
from actors.session.self_check import SelfCheck
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallResult, Json
from wppmt.media.file_names import clean_name


class Reception:
    def __init__(
        self,
        work: UnitOfWork,
        arrivals: Arrivals,
        backfill: Backfill,
        self_check: SelfCheck,
        policy: SessionPolicy,
        media_url: Callable[[str, str], str],
    ) -> None:
        self._work = work
        self._arrivals = arrivals
        self._backfill = backfill
        self._self_check = self_check
        self._policy = policy
        self._media_url = media_url

    def message(self, message: Json, now: float, **marks: Any) -> Iterator[Effect]:
        """Record a received message as an event; media is given by URL, not by content."""
        if message.get("mimetype"):
            message = {**message, **self._media_of(message)}
        if not self._work.is_new(now, str(message["id"])):
            yield from self._work.write(now)
            return
        yield from self._work.receive(now, {"message": message, **marks})
        if "mediaUrl" in message:
            yield from self._arrivals.came(str(message["messageId"]), now)

    def backfilled(self, outcome: CallResult, now: float) -> Iterator[Effect]:
        """What came while no page was connected."""
        for message in self._backfill.found(outcome):
            yield from self.message(message, now, backfilled=True)
        yield from self._backfill.go_on(outcome)

    def compared(self, outcome: CallResult, now: float) -> Iterator[Effect]:
        """What the page holds and nobody was told of is told now."""
        received = self._work.record.messages_received
        for message in self._self_check.found(outcome):
            yield from self.message(message, now, backfilled=True)
        missed = self._work.record.messages_received - received
        yield from self._self_check.answered(missed, now)

    def _media_of(self, message: Json) -> Json:
        """No URL for a file that is too large to be fetched; no file name that leads out of a folder."""
        described: dict[str, Any] = {}
        if name := message.get("fileName"):
            described["fileName"] = clean_name(str(name))
        size = message.get("size")
        if not isinstance(size, int) or size <= self._policy.media_bytes:
            described["mediaUrl"] = self._media_url(self._work.record.id, message["messageId"])
        return described
