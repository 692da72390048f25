"""At which hours of the week incidents happen, with those known only as an interval counted in parts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from strategic_prosecution.hotspots.dates import timestamps

HOUR = 3600
DAY = 24 * HOUR
HOURS_OF_WEEK = 168
# More of the incidents with a time at exactly 00:00 than this, and 00:00 stands for "no time".
MIDNIGHT_SHARE = 0.1


@dataclass(frozen=True)
class HotTimes:
    """Incidents by hour of the week, and what could not be counted to the hour.

    hours: one row per weekday and hour, always 168: weekday (1 = Monday ... 7 = Sunday), hour (0-23), incidents,
    from_intervals (of these from incidents known only as an interval or as a day).
    incidents: those counted, the sum of hours["incidents"] save for rounding. intervals: of these known as an interval.
    whole_days: of these without a time, spread over their day. at_midnight: those with a start at exactly 00:00 and no
    end. reversed, too_long: left out, because the end comes before the start or more than max_hours after it.
    """

    hours: pd.DataFrame
    incidents: int
    intervals: int
    whole_days: int
    at_midnight: int
    reversed: int
    too_long: int


def hot_times(
    start: ArrayLike,
    end: ArrayLike | None = None,
    *,
    count: ArrayLike | None = None,
    has_time: ArrayLike | None = None,
    max_hours: int = HOURS_OF_WEEK,
) -> HotTimes:
    """Count incidents by weekday and hour of the local clock.

    start, end: local times without a zone (datetime64), one per incident; start never null, end null or equal to start
    where the incident has no other time. count: incidents each entry stands for (default 1 each). has_time: False where
    only the day of start is known (default: all True).

    An incident that may have happened at any time from start to end counts in each hour in proportion to the overlap
    (aoristic weights, Ratcliffe 2000): the parts add up to 1. One that lasts longer than max_hours says nothing about
    hours and is left out, as is one that ends before it starts; both are counted apart. One without a time counts over
    the 24 hours of its day.
    Police write 00:00, 00:01 or 12:00 for "unknown". Without an end, 00:01 is taken for a day without a time (nobody
    remembers 00:01), and so is 00:00 where more than a tenth of the incidents with a time have it; otherwise 00:00 and
    always 12:00 count in their hours as written: look twice at a peak there.
    Hours are those on the clock: on the two nights of a year when clocks change, an interval is up to an hour off.

    Descriptive: nothing is random, nothing is tested. The order of the entries makes no difference.
    Raises ValueError for null starts, times with a zone, or inputs of different length.
    """
    begins = _seconds(start, what="start")
    size = begins.size
    ends = np.full(size, np.iinfo(np.int64).min) if end is None else _seconds(end, what="end")
    times = np.ones(size, dtype=np.int64) if count is None else np.asarray(count, dtype=np.int64)
    timed = np.ones(size, dtype=np.bool_) if has_time is None else np.asarray(has_time, dtype=np.bool_)
    if not size == ends.size == times.size == timed.size:
        raise ValueError(f"start has [{size}] entries; give as many of end, count and has_time")
    missing = np.iinfo(np.int64).min
    if (begins == missing).any():
        raise ValueError(f"[{np.count_nonzero(begins == missing)}] of [{size}] starts are null; leave them out first")

    alone = timed & ((ends == missing) | (ends == begins))
    second = begins % DAY
    midnight = alone & (second == 0)
    at_midnight = int(times[midnight].sum())
    timeless = ~timed | (alone & (second == 60))
    if at_midnight > MIDNIGHT_SHARE * times[timed].sum():
        timeless |= midnight
    interval = timed & ~alone
    length = np.where(interval, ends - begins, 0)
    is_reversed, too_long = interval & (length < 0), interval & (length > max_hours * HOUR)
    begins = np.where(timeless, begins - second, begins)
    length = np.where(timeless, DAY, length)
    left = ~(is_reversed | too_long)

    spread = left & (interval | timeless)
    known = left & ~(interval | timeless)
    parts = _spread(begins[spread], length[spread], times[spread])
    whole = np.bincount(_hour_of_week(begins[known]), weights=times[known], minlength=HOURS_OF_WEEK)
    return HotTimes(
        hours=pd.DataFrame(
            {
                "weekday": np.repeat(np.arange(1, 8), 24),
                "hour": np.tile(np.arange(24), 7),
                "incidents": whole + parts,
                "from_intervals": parts,
            }
        ),
        incidents=int(times[left].sum()),
        intervals=int(times[left & interval].sum()),
        whole_days=int(times[timeless].sum()),
        at_midnight=at_midnight,
        reversed=int(times[is_reversed].sum()),
        too_long=int(times[too_long].sum()),
    )


def _spread(begins: NDArray[np.int64], length: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.float64]:
    """The weight of each hour of the week: per hour of the intervals, so memory does not grow with their length."""
    # One order, whatever the order of the rows: sums of doubles depend on it.
    order = np.lexsort((times, length, begins % (7 * DAY)))
    begins, length, times = begins[order], length[order], times[order]
    weights = np.zeros(HOURS_OF_WEEK)
    hour, ends = begins // HOUR, begins + length
    while begins.size:
        overlap = np.minimum(ends, (hour + 1) * HOUR) - np.maximum(begins, hour * HOUR)
        weights += np.bincount(_hour_of_week(hour * HOUR), weights=times * (overlap / length), minlength=HOURS_OF_WEEK)
        goes_on = ends > (hour + 1) * HOUR
        begins, length, times, ends = begins[goes_on], length[goes_on], times[goes_on], ends[goes_on]
        hour = hour[goes_on] + 1
    return weights


def _hour_of_week(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    # 1 January 1970 was a Thursday.
    return (seconds // HOUR + 3 * 24) % HOURS_OF_WEEK


def _seconds(times: ArrayLike, *, what: str) -> NDArray[np.int64]:
    """Seconds since 1970 on the local clock; the smallest integer for null."""
    values = timestamps(times)
    if values.dt.tz is not None:
        raise ValueError(f"{what} is in time zone [{values.dt.tz}]; give local times without a zone")
    return values.to_numpy().astype("datetime64[s]").astype(np.int64)
