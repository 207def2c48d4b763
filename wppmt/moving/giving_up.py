"""A session that another machine has brought up without this one, which was lost: here it ends, and nothing of it is started again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex

from wppmt.domain import move_messages
from wppmt.domain.errors import Refusal
from wppmt.domain.messages import WEBHOOK_ACTOR, session_address
from wppmt.moving.departing import ASK_SECONDS, HOLD_SECONDS, Departing
from wppmt.store.move_records import Departure, DepartureState


@dataclass(frozen=True, slots=True)
class GivingUp:
    """Its profile is kept aside for a day, as after a move."""

    departing: Departing

    def before_actors(self, session_id: str, owner: str) -> None:
        """`owner`: where it is now. Raises StoreUnavailable, OSError."""
        departing, store = self.departing, self.departing.store
        with store.transaction() as transaction:
            transaction.save_departure(self._departure(session_id, owner, DepartureState.SETTLED))
            transaction.forget(session_id)
        departing.registry.reload()
        departing.set_aside(session_id)
        departing.log("session_given_up", session_id, level="warning", owner=owner)

    async def give_up(self, session_id: str, owner: str) -> None:
        """While it runs. Raises Refusal, StoreUnavailable, OSError; then it is to be tried again."""
        departure = self._departure(session_id, owner, DepartureState.LEAVING)
        await asyncio.to_thread(self._save, departure)
        try:
            await self._end(departure)
        except BaseException:
            await self._undo(departure)
            raise
        finally:
            with suppress(Refusal):
                await self.departing.front.ask(
                    WEBHOOK_ACTOR, move_messages.ResumeWebhooks(session_id), ASK_SECONDS
                )
        await asyncio.to_thread(self.departing.set_aside, session_id)
        self.departing.log("session_given_up", session_id, level="warning", owner=owner)

    async def _end(self, departure: Departure) -> None:
        departing, session_id = self.departing, departure.session_id
        address = session_address(session_id)
        await departing.front.ask(address, move_messages.PrepareToLeave(departure), HOLD_SECONDS)
        await departing.front.ask(WEBHOOK_ACTOR, move_messages.PauseWebhooks(session_id), HOLD_SECONDS)
        sequence = await asyncio.to_thread(departing.store.last_sequence, session_id)
        await departing.front.ask(address, move_messages.GiveAway(departure, sequence), ASK_SECONDS)
        gone = await asyncio.to_thread(self._gone, session_id) or departure
        await asyncio.to_thread(departing.step, gone, DepartureState.SETTLED)

    def _departure(self, session_id: str, owner: str, state: DepartureState) -> Departure:
        return Departure(session_id, state, owner, token_hex(32), self.departing.now())

    def _save(self, departure: Departure) -> None:
        with self.departing.store.transaction() as transaction:
            transaction.save_departure(departure)
        self.departing.registry.reload()

    def _gone(self, session_id: str) -> Departure | None:
        self.departing.registry.reload()
        return self.departing.registry.departure(session_id)

    async def _undo(self, departure: Departure) -> None:
        """Unless it was given up, and only the word of it was lost."""
        if await asyncio.to_thread(self._drop, departure):
            address = session_address(departure.session_id)
            with suppress(Refusal):
                await self.departing.front.ask(address, move_messages.Stay(), ASK_SECONDS)

    def _drop(self, departure: Departure) -> bool:
        with self.departing.store.transaction() as transaction:
            stays = transaction.step_departure(departure, DepartureState.STAYED, self.departing.now())
            if stays:
                transaction.drop_departure(departure.session_id)
        self.departing.registry.reload()
        return stays
