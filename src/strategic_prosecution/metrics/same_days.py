"""A short window beside the same days of earlier years, and the year to date beside the one before."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from strategic_prosecution.metrics.control_charts import Baseline, crosses
from strategic_prosecution.metrics.limits import Judged, predicted_counts

WINDOW_DAYS, YEARS_BEFORE = 28, 3
NOT_HELD = f"the same days of the {YEARS_BEFORE} years before are not all held"
YEAR_NOT_HELD = "the year before is not held"
_TOLD = ["observed", "expected", "lower", "upper", "lower_wide", "upper_wide", "p_value", "note"]


def compare_windows(
    daily: pd.Series, *, last: date, begins: pd.Timestamp, spread_of: Baseline, breaks: Sequence[date] = ()
) -> pd.DataFrame:
    """The last 28 days beside the same days of three years (tested), and the year to date beside the year before.

    daily
        events by day (timestamps), days without any left out; from ``first_day_compared`` or earlier
    last
        the last day that is known whole
    begins
        the first day that records are sure to hold
    spread_of
        baseline of the months, whose dispersion three windows are too few to tell; where it is of no use there is no
        test either
    breaks
        days on which counting changed: nothing is compared across one

    Two rows, period month for the window and year for the year to date, with period_start, period_end, observed,
    expected (mean of the three, or the year before), the limits and p_value of the window, and note: Wheeler's z, the
    change in percent, or why there is none.
    """
    end = pd.Timestamp(last)
    january = pd.Timestamp(end.year, 1, 1)
    window = {"period": "month", "period_start": same_days(end, years_before=0)[0], "period_end": end}
    year = {"period": "year", "period_start": january, "period_end": end}
    rows = [
        window | _window(daily, end, begins, spread_of, breaks),
        year | _year_to_date(daily, january, end, begins, breaks),
    ]
    return pd.DataFrame(rows, columns=[*window, *_TOLD])


def first_day_compared(last: date) -> date:
    """The first day of the earliest window that ends so many years before ``last``."""
    return same_days(pd.Timestamp(last), years_before=YEARS_BEFORE)[0].date()


def same_days(end: pd.Timestamp, *, years_before: int) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last of the 28 days that end on that day of the year, so many years before.

    29 February is 28 February in a year without one.
    """
    then = end - pd.DateOffset(years=years_before)
    return then - pd.Timedelta(days=WINDOW_DAYS - 1), then


def compare_same_days(
    now: int, before: Sequence[int], *, dispersion: float = 1.0, degrees: int | None = None
) -> tuple[float, Judged]:
    """The mean of the same days of earlier years, and how far out this year's count lies, two-sided.

    With dispersion 1 it is the conditional binomial test of two counts (Przyborowski & Wilenski 1940), tail doubled.
    """
    ratio = 1 / len(before)
    return sum(before) * ratio, predicted_counts(
        [now], before=sum(before), exposure_ratio=ratio, dispersion=dispersion, degrees=degrees
    )


def poisson_z(now: float, before: float) -> float:
    """2 (sqrt(now) - sqrt(before)): a change of a count in standard errors, ``before`` taken as certain (A. Wheeler).

    He takes note beyond 3. It is shown for small counts instead of a percent change; nothing is called by it.
    """
    return float(2 * (np.sqrt(now) - np.sqrt(before)))


def year_to_date_change(now: int, before: int) -> float | None:
    """Change in percent at the same day of the year before; None where that was 0."""
    return None if before == 0 else 100 * (now - before) / before


def _window(
    daily: pd.Series, end: pd.Timestamp, begins: pd.Timestamp, spread_of: Baseline, breaks: Sequence[date]
) -> dict[str, object]:
    windows = [same_days(end, years_before=years) for years in range(YEARS_BEFORE + 1)]
    earliest = windows[-1][0]
    now, *before = [_events(daily, *window) for window in windows]
    across = crosses(breaks, min(earliest, spread_of.first or earliest), end)
    if why_not := (NOT_HELD if not begins <= earliest else "") or spread_of.why_not or across:
        return {"observed": now, "note": why_not}
    expected, judged = compare_same_days(now, before, dispersion=spread_of.dispersion, degrees=spread_of.degrees)
    limits = {name: float(values[0]) for name, values in vars(judged).items()}
    return {"observed": now, "expected": expected, "note": f"Poisson z {poisson_z(now, expected):.1f}", **limits}


def _year_to_date(
    daily: pd.Series, january: pd.Timestamp, end: pd.Timestamp, begins: pd.Timestamp, breaks: Sequence[date]
) -> dict[str, object]:
    january_before = january - pd.DateOffset(years=1)
    now = _events(daily, january, end)
    across = crosses(breaks, january_before, end)
    if why_not := (YEAR_NOT_HELD if not begins <= january_before else "") or across:
        return {"observed": now, "note": why_not}
    before = _events(daily, january_before, end - pd.DateOffset(years=1))
    change = year_to_date_change(now, before)
    note = "none by that day of the year before" if change is None else f"{change:+.1f} % to date; not tested"
    return {"observed": now, "expected": before, "note": note}


def _events(daily: pd.Series, first: pd.Timestamp, last: pd.Timestamp) -> int:
    days = daily.index.to_numpy()
    return int(daily.to_numpy()[(days >= first.to_datetime64()) & (days <= last.to_datetime64())].sum())
