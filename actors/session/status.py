"""A session's status, as it is published and answered."""

from __future__ import annotations

from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.page_calls import Page
from actors.session.pairing import Pairing
from actors.session.sending.queue import SendQueue
from actors.session.unit_of_work import UnitOfWork
from wppmt.store.records import SessionStatus


class Status:
    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        browser: BrowserLifecycle,
        pairing: Pairing,
        sending: SendQueue,
    ) -> None:
        self._work = work
        self._page = page
        self._browser = browser
        self._pairing = pairing
        self._sending = sending
        self._memory_mb: int | None = None

    def measured(self, memory_mb: int | None) -> None:
        """None: a new browser, which was not measured yet."""
        self._memory_mb = memory_mb

    def now(self) -> SessionStatus:
        return SessionStatus(
            record=self._work.record,
            qr=self._pairing.qr,
            pairing_code=self._pairing.code,
            memory_mb=self._memory_mb if self._browser.is_live else None,
            queue=len(self._sending),
            last_error=self._work.last_error,
            inventory=self._page.inventory,
            is_linking=self._pairing.is_linking,
            outdated=self._browser.outdated,
        )
