"""TurboZap's end of the webhooks: takes everything, keeps when it came, and says whose signature it has."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from wppmt.cli.sink import ReceivedWebhook, Sink

Json = Mapping[str, Any]
WAIT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """`at` on the machine's monotonic clock."""

    at: float
    delivery: ReceivedWebhook

    @property
    def event(self) -> Json:
        return self.delivery.event


class Receiver:
    """Listens while used with `with`. `on_arrival` hears of each at once, on threads of the receiver."""

    def __init__(self, on_arrival: Callable[[Arrival], object] = lambda _: None) -> None:
        self._on_arrival = on_arrival
        self._arrivals: list[Arrival] = []
        self._news = threading.Condition()
        self.sink = Sink(0, self._take)

    def __enter__(self) -> Self:
        self.sink.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.sink.__exit__(None, None, None)

    @property
    def count(self) -> int:
        """Of all arrivals; asking holds up none."""
        return len(self._arrivals)

    def of(self, session: str) -> list[Arrival]:
        """All arrivals of one session, in order."""
        with self._news:
            return [one for one in self._arrivals if one.event["sessionId"] == session]

    def wait_for(self, wanted: Callable[[Json], bool], what: str, limit: float = WAIT_SECONDS) -> Arrival:
        """The first that is wanted, come or yet to come."""
        with self._news:
            self._news.wait_for(lambda: any(wanted(one.event) for one in self._arrivals), limit)
            for arrival in self._arrivals:
                if wanted(arrival.event):
                    return arrival
            heard = [_brief(one.event) for one in self._arrivals[-12:]]
        raise AssertionError(f"no webhook within {limit} s: {what}. Last heard: {heard}")

    def _take(self, delivery: ReceivedWebhook) -> bool:
        arrival = Arrival(time.monotonic(), delivery)
        self._on_arrival(arrival)
        with self._news:
            self._arrivals.append(arrival)
            self._news.notify_all()
        return True


def _brief(event: Json) -> str:
    keys = ("sessionId", "sequence", "event", "status", "previousStatus", "reason", "code")
    return " ".join(str(event[key]) for key in keys if key in event)
