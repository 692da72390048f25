"""A short window beside the same days of earlier years, the year to date, and moving averages: by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from strategic_prosecution.metrics.control_charts import Baseline
from strategic_prosecution.metrics.same_days import (
    compare_same_days,
    compare_windows,
    first_day_compared,
    poisson_z,
    same_days,
    year_to_date_change,
)
from strategic_prosecution.metrics.smoothing import moving_average, small_periods

BASE = Baseline(first=pd.Timestamp("2023-01-01"), events=500, exposure=731, dispersion=1.0, degrees=None)
LAST = date(2025, 12, 10)
BEGINS = pd.Timestamp("2020-02-01")


def daily(**events: int) -> pd.Series:
    """Events by day, the days written like d2025_11_13."""
    days = [pd.Timestamp(name[1:].replace("_", "-")) for name in events]
    return pd.Series(list(events.values()), index=pd.DatetimeIndex(days), dtype="int64").sort_index()


# First and last day of each window, and days just outside.
EVENTS = daily(
    d2025_11_13=9, d2025_12_10=1, d2025_11_12=100, d2025_12_11=100, d2025_01_01=20,
    d2024_11_13=2, d2024_12_10=1, d2024_11_12=40, d2024_12_11=40, d2024_01_01=7, d2023_12_31=40,
    d2023_11_13=5, d2022_12_10=4, d2022_11_12=40,
)  # fmt: skip


def test_windows_hold_the_same_28_days() -> None:
    window, year = compare_windows(EVENTS, last=LAST, begins=BEGINS, spread_of=BASE).to_dict("records")
    assert (window["period_start"], window["period_end"]) == (pd.Timestamp("2025-11-13"), pd.Timestamp("2025-12-10"))
    assert (window["observed"], window["expected"]) == (10, pytest.approx(4))
    tails = [stats.binomtest(10, 22, 0.25, alternative=side).pvalue for side in ("less", "greater")]
    assert window["p_value"] == pytest.approx(2 * min(tails))
    assert window["note"] == "Poisson z 2.3"
    assert (year["observed"], year["expected"]) == (130, 50)
    assert year["note"] == "+160.0 % to date; not tested" and np.isnan(year["p_value"])


def test_29_february_ends_on_the_28th_of_other_years() -> None:
    assert same_days(pd.Timestamp("2024-02-29"), years_before=1) == (
        pd.Timestamp("2023-02-01"),
        pd.Timestamp("2023-02-28"),
    )
    assert first_day_compared(date(2025, 12, 10)) == date(2022, 11, 13)


@pytest.mark.parametrize(
    ("options", "window_note", "year_note"),
    [
        ({"begins": pd.Timestamp("2022-11-14")}, "the same days of the 3 years before are not all held", "+160.0 %"),
        ({"begins": pd.Timestamp("2024-01-02")}, "the same days of the 3 years", "the year before is not held"),
        ({"breaks": (date(2023, 5, 1),)}, "counting changed on 2023-05-01", "+160.0 %"),
        ({"breaks": (date(2024, 1, 2),)}, "counting changed on 2024-01-02", "counting changed on 2024-01-02"),
        ({"breaks": (date(2022, 11, 13), date(2025, 12, 11))}, "Poisson z 2.3", "+160.0 %"),
        ({"spread_of": Baseline(None, 0, 0, 1.0, None, why_not="months are missing")}, "months are missing", "+160.0"),
    ],
)
def test_what_is_not_compared_says_why(options: dict, window_note: str, year_note: str) -> None:
    rows = compare_windows(EVENTS, **{"last": LAST, "begins": BEGINS, "spread_of": BASE} | options)
    assert rows["note"][0].startswith(window_note) and rows["note"][1].startswith(year_note)
    assert rows["observed"].tolist() == [10, 130]
    for row in rows.to_dict("records"):
        assert ("z" in row["note"] or "to date" in row["note"]) == (not np.isnan(row["expected"]))


def test_the_break_reaches_back_to_the_months_that_tell_the_spread() -> None:
    early = Baseline(first=pd.Timestamp("2021-05-01"), events=500, exposure=731, dispersion=1.0, degrees=None)
    rows = compare_windows(EVENTS, last=LAST, begins=BEGINS, spread_of=early, breaks=(date(2021, 6, 1),))
    assert rows["note"][0].startswith("counting changed")


def test_more_spread_means_less_certainty() -> None:
    expected, plain = compare_same_days(40, [20, 22, 24])
    _, spread = compare_same_days(40, [20, 22, 24], dispersion=3.0, degrees=23)
    assert expected == pytest.approx(22)
    assert plain.p_value[0] < 0.02 < 0.1 < spread.p_value[0]


def test_small_formulas() -> None:
    assert poisson_z(9, 4) == 2.0
    assert year_to_date_change(90, 120) == -25.0
    assert year_to_date_change(5, 0) is None


def periods(counts: list[int], units: list[float] | None = None) -> pd.DataFrame:
    """Months of 2024 and what they make in quarters and the year."""
    starts = pd.date_range("2024-01-01", periods=len(counts), freq="MS")
    month = pd.DataFrame({"start": starts, "numerator": counts, "denominator": np.nan if units is None else units})
    rows = []
    for period, code, ends in (("month", "M", 1), ("quarter", "Q", 3), ("year", "Y", 12)):
        sums = month.groupby(month["start"].dt.to_period(code).dt.start_time)[["numerator", "denominator"]].sum()
        rows.append(
            sums.rename_axis("period_start")
            .reset_index()
            .assign(period=period, period_end=lambda f, n=ends: f["period_start"] + pd.DateOffset(months=n, days=-1))
        )
    return pd.concat(rows, ignore_index=True).assign(complete=True)


def test_a_moving_average_holds_three_months() -> None:
    months = periods([3, 6, 0, 9], [10, 10, 0, 20]).query("period == 'month'")
    counts = moving_average(months, is_share=False)
    assert counts.to_numpy() == pytest.approx([np.nan, np.nan, 3, 5], nan_ok=True)
    shares = moving_average(months, is_share=True)
    assert shares.to_numpy() == pytest.approx([np.nan, np.nan, 9 / 20, 15 / 30], nan_ok=True)
    nothing = months.assign(denominator=0)
    assert moving_average(nothing, is_share=True).isna().all()
    holed = moving_average(months.drop(index=months.index[1]), is_share=False)
    assert holed.isna().all()


def test_only_quarters_under_20_are_averaged_and_years_under_20_not_published() -> None:
    # Quarters of 20, 19, 30 and 10.
    rows = periods([10, 5, 5, 9, 5, 5, 10, 10, 10, 1, 2, 7])
    told = small_periods(rows.sample(frac=1, random_state=1), is_share=False)
    assert told["period_start"].dt.month.tolist() == [4, 5, 6, 10, 11, 12]
    assert told["observed"].to_numpy() == pytest.approx(np.array([19, 19, 19, 21, 13, 10]) / 3)
    assert told["note"].str.startswith("fewer than 20 in the quarter").all()
    year = small_periods(periods([1] * 12), is_share=False).query("period == 'year'")
    assert year["observed"].isna().all() and year["note"].str.startswith("fewer than 20 in the year").all()


def test_of_a_share_the_denominator_counts() -> None:
    rows = periods([1] * 12, [5, 5, 9, 7, 7, 7, 10, 10, 10, 10, 10, 10])
    told = small_periods(rows, is_share=True)
    assert told["period_start"].dt.month.tolist() == [1, 2, 3]
    assert told["observed"].iloc[2] == pytest.approx(3 / 19)
