"""Sessions whose webhooks rest, because their outbox is being taken to another instance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actors.runtime.effects import Answer, Ask, Effect, Reply
from actors.webhooks.lanes import Lanes
from actors.webhooks.settling import Settling
from wppmt.domain.move_messages import ArePaused, PauseWebhooks, ResumeWebhooks


class Pauses:
    """They are in this actor's memory alone: of a later actor, nobody is paused, and who asks learns it."""

    def __init__(self, lanes: Lanes, settling: Settling) -> None:
        self._lanes = lanes
        self._settling = settling
        self._waiting: list[tuple[str, Reply]] = []
        """For the last attempts to end, and to be written down."""

    def asked(self, ask: Ask) -> Sequence[Effect]:
        match ask.message:
            case PauseWebhooks(session_id=session_id):
                self._lanes.paused.add(session_id)
                self._waiting.append((session_id, ask.reply))
                return []
            case ArePaused(session_id=session_id):
                return [Answer(ask.reply, session_id in self._lanes.paused)]
            case ResumeWebhooks(session_id=session_id):
                self._lanes.paused.discard(session_id)
                # What rested is started at the end of this turn, as of any.
                return [Answer(ask.reply, None)]
            case _:
                raise TypeError(f"not for me: {type(ask.message).__name__}")

    def look(self) -> Iterator[Effect]:
        """At the end of every turn."""
        ended = [one for one in self._waiting if not self._lanes.is_in_flight(one[0])]
        if not ended:
            return
        yield from self._settling.settle()
        if self._settling.is_empty:
            yield from (Answer(reply, None) for _, reply in ended)
            self._waiting = [one for one in self._waiting if one not in ended]
