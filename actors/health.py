"""How deliveries go: the totals, which lanes fail, and what of it is told: one warning until well for a minute."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.store import Lane

WELL_SECONDS = 60.0
LONG_AGO = float("-inf")


@dataclass(slots=True)
class _Course:
    works: bool
    is_told: bool
    """That it fails."""
    failed_at: float = LONG_AGO


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
        """True when it is to be told."""
        course = self._courses.setdefault(lane, _Course(works=False, is_told=False))
        is_news = not course.is_told
        course.works, course.is_told, course.failed_at = False, True, now
        return is_news

    def work(self, lane: Lane, now: float) -> bool:
        """True when it is to be told that the lane works again; also at the first sign of any lane."""
        course = self._courses.setdefault(lane, _Course(works=True, is_told=True))
        course.works = True
        return course.is_told and self._is_well(course, now)

    def is_failing(self, lane: Lane) -> bool:
        """As far as was told."""
        course = self._courses[lane]
        return course.is_told and course.failed_at != LONG_AGO

    def tell(self, lane: Lane, *, is_over: bool) -> None:
        """That the lane works again; not yet `over` when there is still something to be done about it."""
        self._courses[lane].is_told = not is_over

    def untold(self, now: float) -> list[Lane]:
        """The lanes that have been well for long enough since they were last heard of."""
        return [
            lane
            for lane, course in self._courses.items()
            if course.works and course.is_told and self._is_well(course, now)
        ]

    def _is_well(self, course: _Course, now: float) -> bool:
        return abs(now - course.failed_at) >= WELL_SECONDS
