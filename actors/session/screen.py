"""What the current browser's page shows, as far as a session remembers it; whatever ends the browser forgets it."""

from __future__ import annotations

from actors.session.messages import Timer
from actors.session.page_calls import Page
from actors.session.pairing import Pairing, ShownCode
from actors.session.timers import Timers
from wppmt.domain.inventory import WHOLE
from wppmt.domain.page_condition import PageCondition


class Screen:
    """Values only; page_conditions.py decides what follows from them."""

    def __init__(self, pairing: Pairing, page: Page, timers: Timers) -> None:
        self.condition = PageCondition.UNDECIDED
        self.is_doubted = False
        """The main screen does not count as connected, until `trust` or the next page."""
        self.is_deaf = False
        """Messages lie in the page, and it told of none."""
        self.dialog_since = 0.0
        self.is_dialog_reported = False
        self.code_in_question: ShownCode | None = None
        """A QR code in place of a login, while the disk is looked at."""
        self._pairing = pairing
        self._page = page
        self._timers = timers

    def forget(self) -> None:
        """A new browser begins, or the last one ended."""
        self.turn()
        self._pairing.reset()
        self.forget_dialog()
        self._timers.disarm(Timer.SCREEN, Timer.OFFLINE, Timer.HEALTH, Timer.CHANGED)

    def turn(self) -> None:
        """The same browser shows another page."""
        self.condition = PageCondition.UNDECIDED
        self.is_doubted = self.is_deaf = False
        self.code_in_question = None
        self._page.inventory = WHOLE

    def forget_dialog(self) -> None:
        self.dialog_since, self.is_dialog_reported = 0.0, False

    def distrust(self) -> None:
        self.is_doubted = True

    def trust(self) -> None:
        self.is_doubted = False
