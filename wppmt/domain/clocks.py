"""Hours of the day as people write them, in a time zone: `HH:MM`, from and to, also across midnight. Pure.

Moments are epoch seconds.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, reset_tzpath

# The zones of the package tzdata, whatever the machine has: a day begins at the same moment on each.
reset_tzpath(())
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def is_clock(text: str) -> bool:
    """`HH:MM`."""
    return bool(_CLOCK.fullmatch(text))


def is_time_zone(name: str) -> bool:
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def day_of(now: float, zone: str) -> tuple[float, float]:
    """When the day began, and when the next one begins."""
    today = _local(now, zone).date()
    return moment(today, "00:00", zone), moment(today + timedelta(days=1), "00:00", zone)


def is_within(now: float, start: str, end: str, zone: str) -> bool:
    """Whether the clock shows something from `start` on and before `end`."""
    clock = f"{_local(now, zone):%H:%M}"
    return start <= clock < end if start < end else clock >= start or clock < end


def next_time(clock: str, now: float, zone: str) -> float:
    """The first moment after `now` at which the clock shows this."""
    today = _local(now, zone).date()
    days = (today, today + timedelta(days=1))
    # Where clocks are set back, it may come twice that day: the first one may be over.
    found = (moment(day, clock, zone, fold) for day in days for fold in (0, 1))
    return min(one for one in found if one > now)


@lru_cache(maxsize=256)
def moment(day: date, clock: str, zone: str, fold: int = 0) -> float:
    hour, minute = (int(part) for part in clock.split(":"))
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=_zone(zone), fold=fold)
    return local.astimezone(UTC).timestamp()


def _local(now: float, zone: str) -> datetime:
    return datetime.fromtimestamp(now, _zone(zone))


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
