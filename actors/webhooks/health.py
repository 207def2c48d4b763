"""How deliveries go: which lanes fail, and what is to be told and done about it, once a minute at most."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.store.records import Lane

QUIET_SECONDS = 60.0
"""After a lane was seen to, or it was told that it works again."""
MOST_LANES = 10_000
"""Beyond it the one heard of longest ago is forgotten: like one never heard of, it is seen to when it works."""
LONG_AGO = float("-inf")


@dataclass(slots=True)
class _Course:
    is_told: bool
    """That it fails, or nothing yet."""
    recovered_at: float = LONG_AGO
    """When it was told last that it works."""
    seen_to_at: float = LONG_AGO
    has_failed: bool = False
    """Since it was seen to: there may be dead letters that nobody has replayed."""
    works: bool = False


class DeliveryHealth:
    def __init__(self) -> None:
        self._courses: dict[Lane, _Course] = {}

    def fail(self, lane: Lane, now: float) -> bool:
        """True when it is to be told: not again and again of one that flaps."""
        course = self._course(lane, is_told=False)
        is_news = not course.is_told and not _is_recent(course.recovered_at, now)
        course.is_told = course.is_told or is_news
        course.has_failed, course.works = True, False
        return is_news

    def work(self, lane: Lane, now: float) -> bool:
        """True when the lane is to be seen to: what died meanwhile can be replayed. Also at the first sign of any."""
        course = self._course(lane, is_told=True)
        course.works = True
        return course.is_told or _is_due(course, now)

    def due(self, now: float) -> Lane | None:
        """A lane that works but failed when it had just been seen to, and is to be seen to now."""
        return next((lane for lane, course in self._courses.items() if _is_due(course, now)), None)

    def has_failed(self, lane: Lane) -> bool:
        return self._courses[lane].has_failed

    def is_told(self, lane: Lane) -> bool:
        """That it fails, or nothing yet: that it works again is news."""
        return self._courses[lane].is_told

    def see_to(self, lane: Lane, now: float, *, is_over: bool) -> None:
        """The lane works again; not yet `over` when there is still something to be done about it."""
        course = self._courses[lane]
        if course.is_told:
            course.recovered_at = now
        course.is_told, course.seen_to_at, course.has_failed = not is_over, now, False

    def _course(self, lane: Lane, *, is_told: bool) -> _Course:
        course = self._courses[lane] = self._courses.pop(lane, _Course(is_told))
        if len(self._courses) > MOST_LANES:
            del self._courses[next(iter(self._courses))]
        return course


def _is_due(course: _Course, now: float) -> bool:
    return course.works and course.has_failed and not _is_recent(course.seen_to_at, now)


def _is_recent(moment: float, now: float) -> bool:
    return abs(now - moment) < QUIET_SECONDS
