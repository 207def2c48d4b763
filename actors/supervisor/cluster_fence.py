"""When browsers must not run because this machine can't prove that its sessions are its own: another may have taken them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from actors.runtime.effects import Effect, Tell
from actors.session.messages import Withhold
from wppmt.domain.messages import session_address


class ClusterFence:
    """Whether browsers may run, as Root was told last. Without a cluster: always."""

    def __init__(self) -> None:
        self.is_closed = False

    def told(self, sessions: Collection[str], *, is_closed: bool) -> Iterator[Effect]:
        """What to do when this changes to closed; who waits for a slot goes on by itself when it opens."""
        was_closed, self.is_closed = self.is_closed, is_closed
        if is_closed and not was_closed:
            for session_id in sessions:
                yield from self.announce(session_id)

    def announce(self, session_id: str) -> Iterator[Effect]:
        if self.is_closed:
            yield Tell(session_address(session_id), Withhold())
