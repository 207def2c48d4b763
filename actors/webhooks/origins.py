"""Whether an origin (scheme, host and port) can be connected to: when its events are held, and when it is probed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

HOLD_AFTER = 3
"""Connects that fail one after another, with no answer between, until nobody but a probe tries any more."""
PROBE_SECONDS = (1.0, 5.0, 30.0)
"""From when the hold begins, or the probe before has failed; further ones come at the last distance."""


def origin_of(endpoint: str) -> str:
    """The scheme, host and port of an endpoint, which may be logged."""
    parts = urlsplit(endpoint)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"


def is_ahead(moment: float, now: float, at_most: float) -> bool:
    """Whether `moment` is still to come. One that is further away than it ever can be is not: the clock was set back."""
    return now < moment <= now + at_most


@dataclass(slots=True)
class Origin:
    """As long as any lane there has something to do."""

    name: str
    lanes: int = 0
    retries: int = 0
    """Of these lanes, in flight."""
    refused: int = 0
    """Connects that failed in a row."""
    since: float = 0.0
    """Of the first of these."""
    reached: int = 0
    """A failed connect of an attempt that began up to this one is ignored: an answer came after it began."""
    probes: int = 0
    probe_at: float = 0.0
    is_probed: bool = False
    """A probe is in flight."""

    @property
    def is_held(self) -> bool:
        return self.refused >= HOLD_AFTER

    @property
    def next_probe(self) -> float | None:
        return self.probe_at if self.is_held and not self.is_probed else None

    def may_be_tried(self, now: float) -> bool:
        return not self.is_held or not (self.is_probed or is_ahead(self.probe_at, now, PROBE_SECONDS[-1]))

    def refuse(self, begun: int, *, is_probe: bool, now: float) -> bool:
        """The `begun`-th attempt of all could not connect. True when this begins a hold."""
        self.since = min(self.since, now) if self.refused else now
        if begun <= self.reached or (self.is_held and not is_probe):
            return False
        if not self.is_held:
            self.refused += 1
            self.probes = 0
        self._set_probe(now)
        return self.is_held and self.probes == 1

    def reach(self, begun: int) -> bool:
        """An answer came, when `begun` attempts of all had begun. True when this ends a hold."""
        was_held = self.is_held
        self.refused, self.is_probed, self.reached = 0, False, begun
        return was_held

    def _set_probe(self, now: float) -> None:
        if self.is_held:
            self.is_probed = False
            self.probe_at = now + PROBE_SECONDS[min(self.probes, len(PROBE_SECONDS) - 1)]
            self.probes += 1
