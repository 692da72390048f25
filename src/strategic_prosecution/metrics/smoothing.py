"""Small quarters and years: what is too small to print as it is, and the moving average that stands in for it."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from strategic_prosecution.metrics.limits import Floats

Days = npt.NDArray[np.datetime64]

# Denver's prosecutorial performance indicators: a quarter under 20 is shown as a moving average over three months, a
# year under 20 is not published.
FEWEST, AVERAGED_MONTHS = 20, 3
_RECENT = {"quarter": 4, "year": 1}
QUARTER_NOTE = f"fewer than {FEWEST} in the quarter: average of this month and the two before it"
YEAR_NOTE = f"fewer than {FEWEST} in the year: too few to publish"


def small_periods(rows: pd.DataFrame, *, is_share: bool) -> pd.DataFrame:
    """The months of those of the last four complete quarters that are small, and the last complete year if it is.

    ``rows``: one per period with period (month, quarter, year), period_start, period_end, numerator, denominator and
    complete. Columns period, period_start, period_end, observed (the moving average of a month; null for a year), note.
    """
    order = np.argsort(rows["period_start"].to_numpy())
    order = order[rows["complete"].to_numpy(dtype=bool)[order]]
    period, start, end = (rows[name].to_numpy()[order] for name in ("period", "period_start", "period_end"))
    counts, units = (rows[name].to_numpy(dtype=np.float64)[order] for name in ("numerator", "denominator"))
    # The units that stand behind a period: those of a share, those counted.
    is_small = (units if is_share else counts) < FEWEST
    months = np.flatnonzero(period == "month")
    quarters, years = (np.flatnonzero(period == name)[-last:] for name, last in _RECENT.items())
    quarters, years = quarters[is_small[quarters]], years[is_small[years]]
    averages = _averages(start[months], counts[months], units[months], is_share=is_share)
    in_quarter = np.isin(_month_numbers(start[months]) // 3, _month_numbers(start[quarters]) // 3)
    months, averages = months[in_quarter], averages[in_quarter]
    told, number = np.append(months, years), (len(months), len(years))
    return pd.DataFrame(
        {
            "period": np.repeat(["month", "year"], number),
            "period_start": start[told],
            "period_end": end[told],
            "observed": np.append(averages, np.full(len(years), np.nan)),
            "note": np.repeat([QUARTER_NOTE, YEAR_NOTE], number),
        }
    )


def moving_average(months: pd.DataFrame, *, is_share: bool) -> pd.Series:
    """The average of each month and the two before it, by month's start; null where one of the three is not held.

    ``months``: one row per month with period_start, numerator, denominator (of a share). A share is pooled: all of its
    numerators over all of its denominators, undefined over 0. A count is the mean of the three.
    """
    order = np.argsort(months["period_start"].to_numpy())
    start = months["period_start"].to_numpy()[order]
    counts, units = (months[name].to_numpy(dtype=np.float64)[order] for name in ("numerator", "denominator"))
    averages = _averages(start, counts, units, is_share=is_share)
    return pd.Series(averages, index=pd.DatetimeIndex(start, name="period_start")).asfreq("MS")


def _averages(start: Days, counts: Floats, units: Floats, *, is_share: bool) -> Floats:
    """As moving_average, of months in order."""
    sums = _sums(start, counts)
    if not is_share:
        return sums / AVERAGED_MONTHS
    among = _sums(start, units)
    return sums / np.where(among > 0, among, np.nan)


def _sums(start: Days, values: Floats) -> Floats:
    """Of each month and those before it that are averaged with it; nan where they are not all held."""
    before = AVERAGED_MONTHS - 1
    sums = np.full(len(start), np.nan)
    if len(start) > before:
        month = _month_numbers(start)
        is_held = month[before:] - month[:-before] == before
        sums[before:] = np.where(is_held, sliding_window_view(values, AVERAGED_MONTHS).sum(axis=1), np.nan)
    return sums


def _month_numbers(days: Days) -> npt.NDArray[np.int64]:
    return days.astype("datetime64[M]").astype(np.int64)
