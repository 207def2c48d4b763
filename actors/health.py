"""How deliveries go: the totals, which lanes fail, and what of it is told, once a minute at most for each."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.store import Lane

QUIET_SECONDS = 60.0
"""After it was told that a lane works again."""
LONG_AGO = float("-inf")


@dataclass(slots=True)
class _Course:
    is_told: bool
    """That it fails, or nothing yet."""
    recovered_at: float = LONG_AGO
    """When it was told last that it works."""
    has_failed: bool = False


@dataclass(slots=True)
class Totals:
    """Since the webhook actor began; read by other threads."""

    attempts: int = 0
    delivered: int = 0
    failed_attempts: int = 0
    abandoned: int = 0


class Health:
    def __init__(self) -> None:
        self._courses: dict[Lane, _Course] = {}

    def fail(self, lane: Lane, now: float) -> bool:
        """True when it is to be told: not again and again of one that flaps."""
        course = self._courses.setdefault(lane, _Course(is_told=False))
        is_news = not course.is_told and abs(now - course.recovered_at) >= QUIET_SECONDS
        course.is_told = course.is_told or is_news
        course.has_failed = True
        return is_news

    def work(self, lane: Lane) -> bool:
        """True when it is to be told that the lane works again; also at the first sign of any lane."""
        return self._courses.setdefault(lane, _Course(is_told=True)).is_told

    def has_failed(self, lane: Lane) -> bool:
        return self._courses[lane].has_failed

    def tell(self, lane: Lane, now: float, *, is_over: bool) -> None:
        """That the lane works again; not yet `over` when there is still something to be done about it."""
        course = self._courses[lane]
        course.is_told, course.recovered_at, course.has_failed = not is_over, now, False
