"""Requests that no session counts: a bucket for each token and address, and a brake for who asks on.

Not of the library that counts sessions: its memory is not bounded, and anybody on the network can make up addresses.
"""

from __future__ import annotations

import asyncio

KEYS = 10_000
MINUTE = 60.0
FREE_REFUSALS = 10
"""A minute, that are told at once: an honest client has a bad minute, too."""
BRAKED_AT_ONCE = 200
BRAKE_SECONDS = 1.0


class Buckets:
    """Each key may ask `per_minute` times a minute, in whatever rhythm; 0 switches it off (GCRA)."""

    def __init__(self, per_minute: int) -> None:
        self._interval = MINUTE / per_minute if per_minute else 0.0
        self._empty_until: dict[str, float] = {}
        """When a bucket's last drop will have leaked out; a key that is not here has an empty bucket."""

    def wait(self, key: str, now: float) -> float:
        """Count one request: 0 when there is room for it, otherwise the seconds until there is."""
        # A clock that was set back must not keep anybody out for long.
        level = min(max(self._empty_until.get(key, now), now), now + MINUTE)
        excess = level + self._interval - (now + MINUTE)
        is_full = excess > 1e-9
        self._empty_until[key] = level if is_full else level + self._interval
        if len(self._empty_until) > KEYS:
            self._forget(now)
        return excess if is_full else 0.0

    def _forget(self, now: float) -> None:
        kept = {key: until for key, until in self._empty_until.items() if until > now}
        # Of very many at once the earliest begin anew: room for the memory's sake.
        self._empty_until = dict(list(kept.items())[-KEYS // 2 :])


class Brake:
    """Who asks on after refusals waits for each further one: that takes a connection, and no time of ours."""

    def __init__(self, seconds: float = BRAKE_SECONDS) -> None:
        self._refusals = Buckets(FREE_REFUSALS)
        self._seconds = seconds
        self._braked = 0

    async def hold(self, key: str, now: float) -> bool:
        """Whether it asks on; then this has taken its time, unless too many wait already."""
        if self._refusals.wait(key, now) == 0:
            return False
        if self._braked >= BRAKED_AT_ONCE:
            return True
        self._braked += 1
        try:
            await asyncio.sleep(self._seconds)
        finally:
            self._braked -= 1
        return True
