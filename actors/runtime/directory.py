"""The Directory: address → mailbox, session → last published status, and the asynchronous `ask` of the HTTP front."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from actors.runtime.cell import Mailbox
from actors.runtime.effects import Ask
from wppmt.domain import request_id
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.overview import Overview
from wppmt.store.records import SessionStatus


class PendingReply:
    """The one answer of an Ask. Until an actor takes it up, the asker may still withdraw it: *surely not done*."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self.request_id = request_id.CURRENT.get()
        self._taken = False
        self._withdrawn = False
        self.future: asyncio.Future[Any] = loop.create_future()

    def take(self) -> bool:
        """Called by the actor before it acts; False when the asker is gone and nothing may be done."""
        with self._lock:
            self._taken = not self._withdrawn
            return self._taken

    def withdraw(self) -> bool:
        """Called by the asker at its deadline; True when no actor will ever act on it."""
        with self._lock:
            self._withdrawn = not self._taken
            return self._withdrawn

    def answer(self, value: Any) -> None:
        """Wake the asker's loop; from any thread. An answer after the deadline is dropped."""
        try:
            self._loop.call_soon_threadsafe(self._resolve, value)
        except RuntimeError:
            # The loop is closed: the daemon is stopping and nobody waits any more.
            return

    def expire(self) -> None:
        """End the wait as the deadline would; on the asker's loop."""
        if not self.future.done():
            self.future.set_exception(TimeoutError())

    def _resolve(self, value: Any) -> None:
        if not self.future.done():
            self.future.set_result(value)


class Directory:
    """Thread-safe. Reading a status never waits for an actor."""

    def __init__(self) -> None:
        self._mailboxes: dict[str, Mailbox] = {}
        self._statuses: dict[str, SessionStatus] = {}
        self._overview = Overview()
        self._awaited: set[PendingReply] = set()

    def register(self, address: str, mailbox: Mailbox) -> None:
        self._mailboxes[address] = mailbox

    def forget(self, address: str) -> None:
        self._mailboxes.pop(address, None)

    def holds(self, address: str, mailbox: Mailbox) -> bool:
        """Whether `mailbox` is still the one behind `address`: an abandoned actor's effects are dropped."""
        return self._mailboxes.get(address) is mailbox

    def tell(self, address: str, message: object) -> bool:
        """Enqueue; False when there is no such actor, or it is dead."""
        mailbox = self._mailboxes.get(address)
        return mailbox is not None and mailbox.put(message)

    def is_alive(self, address: str) -> bool:
        mailbox = self._mailboxes.get(address)
        return mailbox is not None and mailbox.is_alive

    def mailboxes(self) -> dict[str, int]:
        """How many messages wait, by address."""
        return {address: mailbox.length for address, mailbox in self._mailboxes.copy().items()}

    def publish(self, status: SessionStatus) -> None:
        self._statuses[status.record.id] = status

    def publish_overview(self, overview: Overview) -> None:
        self._overview = overview

    def withdraw(self, session_id: str) -> None:
        self._statuses.pop(session_id, None)

    def status(self, session_id: str) -> SessionStatus | None:
        return self._statuses.get(session_id)

    def statuses(self) -> tuple[SessionStatus, ...]:
        return tuple(sorted(self._statuses.copy().values(), key=lambda status: status.record.id))

    @property
    def sessions(self) -> int:
        """How many statuses there are. Every log line asks."""
        return len(self._statuses)

    def overview(self) -> Overview:
        """The last one that was published."""
        return self._overview

    async def ask(self, address: str, message: object, deadline: float) -> Any:
        """See wppmt.domain.messages.Front.ask."""
        if address not in self._mailboxes:
            raise Refusal(Code.SESSION_NOT_FOUND)
        reply = PendingReply(asyncio.get_running_loop())
        if not self.tell(address, Ask(message, reply)):
            raise Refusal(Code.SESSION_BUSY, retry_after=5)
        self._awaited.add(reply)
        try:
            async with asyncio.timeout(deadline):
                value = await reply.future
        except TimeoutError:
            not_done = reply.withdraw()
            raise Refusal(Code.SESSION_BUSY if not_done else Code.OUTCOME_UNKNOWN, retry_after=5) from None
        except asyncio.CancelledError:
            reply.withdraw()
            raise
        finally:
            self._awaited.discard(reply)
        if isinstance(value, Refusal):
            raise value
        return value

    def expire_all(self) -> None:
        """No actor is left to answer: every waiting `ask` ends now instead of at its deadline."""
        for reply in tuple(self._awaited):
            reply.expire()
