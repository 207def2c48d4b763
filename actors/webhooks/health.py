"""Which lanes fail and which have recovered, so that each is logged and replayed at most once a minute."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.store.outbox_records import Lane

QUIET_SECONDS = 60.0
"""The least time between two recoveries of a lane that are logged, and between two replays."""
MOST_LANES = 10_000
"""Beyond this the lane that was used longest ago is forgotten, and counts as unknown again."""
LONG_AGO = float("-inf")


@dataclass(slots=True)
class _Course:
    is_reported: bool
    """Whether a failure was logged; also True while nothing is known of the lane."""
    recovered_at: float = LONG_AGO
    """When a recovery was last logged."""
    last_look_at: float = LONG_AGO
    has_failed: bool = False
    """Since the last replay: there may be dead letters that were not replayed."""
    works: bool = False


class DeliveryHealth:
    def __init__(self) -> None:
        self._courses: dict[Lane, _Course] = {}

    def fail(self, lane: Lane, now: float) -> bool:
        """An attempt has failed. True when this is to be logged, which is not so for a lane that flaps."""
        course = self._course(lane, is_reported=False)
        is_new = not course.is_reported and not _is_recent(course.recovered_at, now)
        course.is_reported = course.is_reported or is_new
        course.has_failed, course.works = True, False
        return is_new

    def work(self, lane: Lane, now: float) -> bool:
        """An attempt was delivered. True when the lane has recovered or is new: its dead letters can be replayed."""
        course = self._course(lane, is_reported=True)
        course.works = True
        return course.is_reported or _is_due(course, now)

    def due(self, now: float) -> Lane | None:
        """A lane that works, and whose dead letters since the last replay are due for one now."""
        return next((lane for lane, course in self._courses.items() if _is_due(course, now)), None)

    def has_failed(self, lane: Lane) -> bool:
        return self._courses[lane].has_failed

    def is_reported(self, lane: Lane) -> bool:
        """Whether a recovery is to be logged: a failure was, or nothing is known of the lane."""
        return self._courses[lane].is_reported

    def dead_letters_looked_at(self, lane: Lane, now: float, *, is_over: bool) -> None:
        """Its dead letters were looked at; not `is_over` when there may be more to replay."""
        course = self._courses[lane]
        if course.is_reported:
            course.recovered_at = now
        course.is_reported, course.last_look_at, course.has_failed = not is_over, now, False

    def _course(self, lane: Lane, *, is_reported: bool) -> _Course:
        course = self._courses[lane] = self._courses.pop(lane, _Course(is_reported))
        if len(self._courses) > MOST_LANES:
            del self._courses[next(iter(self._courses))]
        return course


def _is_due(course: _Course, now: float) -> bool:
    return course.works and course.has_failed and not _is_recent(course.last_look_at, now)


def _is_recent(moment: float, now: float) -> bool:
    return abs(now - moment) < QUIET_SECONDS
