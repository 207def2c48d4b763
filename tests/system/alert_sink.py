"""Where an operator is told of alerts: a webhook at loopback."""

from __future__ import annotations

from wppmt.cli.sink import ReceivedWebhook

Told = tuple[str, str, str | None]
"""Code, status, session."""


class AlertSink:
    """Takes alerts, and keeps the signed requests."""

    def __init__(self) -> None:
        self.taken: list[ReceivedWebhook] = []

    def take(self, delivery: ReceivedWebhook) -> bool:
        self.taken.append(delivery)
        return True

    @property
    def told(self) -> list[Told]:
        """At least once is promised: an event that comes again is known by its id."""
        events = {one.event["id"]: one.event for one in self.taken}
        return [(one["code"], one["status"], one["sessionId"]) for one in events.values()]
