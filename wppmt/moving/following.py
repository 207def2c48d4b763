"""What a source still owes when a move is over, until it is done: the word to the other instance, and the old profile's end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from wppmt.browser.profile.snapshots import remove
from wppmt.moving.departing import Departing
from wppmt.moving.receiving import MOVED
from wppmt.moving.remote import Declined, Unreachable
from wppmt.store.move_records import Departure, DepartureState
from wppmt.store.port import StoreUnavailable

LOOK_SECONDS = 5.0
KEEP_SECONDS = 24 * 3600
"""The profile of a session that has left, on its own disk."""


@dataclass(frozen=True, slots=True)
class Following:
    departing: Departing
    forget_login: Callable[[str], None]
    """Delete the session's login copies, quarantine and received media."""
    look_seconds: float = LOOK_SECONDS

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        looking = asyncio.create_task(self._look_again())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def look(self) -> None:
        """Once. What a move under way does at the same time may be done twice."""
        for departure in await asyncio.to_thread(self.departing.store.departures):
            with contextlib.suppress(Unreachable):
                await self._follow(departure)

    async def _look_again(self) -> None:
        while True:
            try:
                await self.look()
            except (StoreUnavailable, OSError) as failure:
                self.departing.log("moves_not_followed", level="warning", note=str(failure))
            await asyncio.sleep(self.look_seconds)

    async def _follow(self, departure: Departure) -> None:
        departing = self.departing
        match departure.state:
            case DepartureState.GONE:
                async with departing.connect(departure.owner, "") as remote:
                    await departing.settle(remote, departure)
            case DepartureState.STAYED:
                async with departing.connect(departure.owner, "") as remote:
                    with contextlib.suppress(Declined):
                        await departing.withdraw(remote, departure)
            case DepartureState.SETTLED if departing.now() - departure.at > KEEP_SECONDS:
                await asyncio.to_thread(self._clear, departure.session_id)
            case _:
                return

    def _clear(self, session_id: str) -> None:
        aside = self.departing.place.tokens / MOVED / session_id
        if aside.exists():
            remove(aside)
            self.forget_login(session_id)
            self.departing.log("moved_profile_removed", session_id)
