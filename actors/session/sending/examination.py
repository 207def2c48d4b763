"""Who a message would go to: asked of the page before it is accepted, where a limit or the policy may refuse strangers.

Requests to one recipient wait for one answer and keep their order; others are not held up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect, Reply
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.sending.new_contacts import NewContacts
from actors.session.sending.send_codec import goes_to_a_person
from actors.session.sending.strangers import Strangers
from wppmt.domain.sends import Send


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request whose recipient is being looked up. It is not journalled: nothing of it has been promised."""

    request: Send
    reply: Reply


class Examination:
    def __init__(
        self, page: Page, policy: SessionPolicy, new_contacts: NewContacts, strangers: Strangers
    ) -> None:
        self._page = page
        self._policy = policy
        self._new_contacts = new_contacts
        self._strangers = strangers
        self._waiting: dict[str, tuple[Waiting, ...]] = {}
        """By recipient, as the callers wrote it."""

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def is_needed(self, request: Send, now: float) -> bool:
        if not goes_to_a_person(request):
            return False
        is_guarded = not self._strangers.is_off or self._new_contacts.limit(now) is not None
        # Whoever comes later must not overtake one to the same recipient.
        return is_guarded or request.to in self._waiting

    def holds(self, key: str) -> bool:
        """Whether a request with this idempotency key waits."""
        waiting = (one.request.idempotency for some in self._waiting.values() for one in some)
        return any(idempotency is not None and idempotency.key == key for idempotency in waiting)

    def begin(self, request: Send, reply: Reply, now: float) -> Iterator[Effect]:
        to = request.to
        if to not in self._waiting:
            arguments = {"to": to, "limits": self._new_contacts.words(now)}
            yield self._page.call(Called.STANDS, "stands", arguments, self._policy.call_deadline, to)
        self._waiting[to] = (*self._waiting.get(to, ()), Waiting(request, reply))

    def end(self, to: str) -> tuple[Waiting, ...]:
        """Those who wait for this answer, in order."""
        return self._waiting.pop(to)
