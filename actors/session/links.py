"""The session's pairing link: what its customer may still do with it, and what ends it (docs/contract.md 14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from actors.runtime.effects import Effect, Log
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.phone_numbers import is_same_number
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import LinkEnd, PairingLink

LAST_CODE_SECONDS = 60.0
"""A code that was shown within the link's time may be scanned so long after it."""
CODE_REQUESTS = 5
"""So many codes may be asked for by one link: WhatsApp counts them, and does not like many."""


class Links:
    """At most one link is alive; each change of it is part of the turn's commit."""

    def __init__(self, work: UnitOfWork) -> None:
        self.living: PairingLink | None = None
        self._work = work
        self._codes_requested = 0

    def restore(self) -> None:
        """After a restart of the daemon or the actor."""
        self.living = self._work.store.living_link(self._work.record.id)

    def make(self, link: PairingLink, now: float) -> Iterator[Effect]:
        yield from self.end(LinkEnd.REPLACED, now)
        self._save(link)
        self._codes_requested = 0
        yield Log("info", "pairing_link_made", self._work.record.id)

    def open(self, digest: str, now: float) -> None:
        """Somebody looks at its page."""
        link = self._required(digest, now)
        if link.opened_at is None:
            self._save(replace(link, opened_at=now))

    def count_code(self, digest: str, now: float) -> None:
        """Its page asks for a code by number. Raises Refusal."""
        self._required(digest, now)
        if self._codes_requested >= CODE_REQUESTS:
            raise Refusal(Code.RATE_LIMITED)
        self._codes_requested += 1

    def end(self, why: LinkEnd, now: float) -> Iterator[Effect]:
        """It is dead, and so is the wish for a code by number that came through it."""
        if self.living is None:
            return
        self._work.write_link(replace(self.living, end=why, ended_at=now))
        self.living = None
        yield from self._work.write(now, pairing_phone="")
        yield Log("info", "pairing_link_ended", self._work.record.id, {"reason": why.value})

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn: whether what has happened ends it."""
        if why := self._what_ends_it(now):
            yield from self.end(why, now)

    @property
    def expects(self) -> str:
        """The only number that may be paired now; empty: any may, or somebody is paired already."""
        return self.living.expected_phone if self.living and not self._work.record.has_login else ""

    def is_wrong(self, phone: str) -> bool:
        return bool(self.expects and phone) and not is_same_number(self.expects, phone)

    def lacks(self, phone: str) -> bool:
        """Whether the page does not tell yet who was paired."""
        return bool(self.expects) and not phone

    def _what_ends_it(self, now: float) -> LinkEnd | None:
        record, link = self._work.record, self.living
        if link is None:
            return None
        if record.state is State.CONNECTED:
            return LinkEnd.USED
        if now >= link.expires_at + LAST_CODE_SECONDS:
            return LinkEnd.EXPIRED
        if record.state is not State.DISCONNECTED:
            return None
        if record.reason is not Reason.QR_EXPIRED:
            return LinkEnd.REVOKED
        return None if link.opened_at is None else LinkEnd.CODES_SPENT

    def _required(self, digest: str, now: float) -> PairingLink:
        link = self.living
        if link is None or link.digest != digest or link.end_at(now):
            raise Refusal(Code.LINK_ENDED)
        return link

    def _save(self, link: PairingLink) -> None:
        self.living = link
        self._work.write_link(link)
