"""Control charts on series whose answer is known: what is compared with what, and how often chance alarms."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from strategic_prosecution.metrics.control_charts import baseline, control_chart


def months(counts: list[Any] | np.ndarray, *, units: Any = np.nan, unfinished: int = 0) -> pd.DataFrame:
    starts = pd.date_range("2020-01-01", periods=len(counts), freq="MS")
    return pd.DataFrame(
        {
            "period_start": starts,
            "period_end": starts + pd.offsets.MonthEnd(0),
            "numerator": counts,
            "denominator": units,
            "complete": np.arange(len(counts)) < len(counts) - unfinished,
        }
    )


def chart(frame: pd.DataFrame, *, is_share: bool = False, breaks: tuple[date, ...] = ()) -> pd.DataFrame:
    held = baseline(frame, is_share=is_share)
    return control_chart(frame, is_share=is_share, compared_with=held, breaks=breaks)


def wave(number: int) -> np.ndarray:
    """20, 16, 24 ... : mean 20, a little less varied than chance alone would have it."""
    return 20 + np.resize([0, -4, 4], number)


def test_the_baseline_holds_24_months_and_none_that_is_tested() -> None:
    counts = np.r_[900, wave(24), np.full(12, 60), 999]
    frame = months(counts, unfinished=1)
    held = baseline(frame, is_share=False)
    assert held.first == pd.Timestamp("2020-02-01")
    assert held.events == 480 and held.exposure == 731
    assert held.dispersion == 1.0 and held.degrees is None
    rows = chart(frame)
    assert rows["period_start"].tolist() == list(pd.date_range("2022-02-01", periods=13, freq="MS"))
    assert rows["p_value"][:12].lt(1e-6).all() and np.isnan(rows["p_value"][12])
    assert rows["note"].tolist() == [""] * 12 + ["not finished"]
    # 31 of 731 days that held 480 events.
    assert rows["expected"][1] == pytest.approx(480 * 31 / 731)


def test_rows_in_any_order_say_the_same() -> None:
    frame = months(np.r_[900, wave(24), np.arange(10, 22), 999], unfinished=1)
    mixed = frame.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(chart(mixed), chart(frame))


def test_a_month_is_tested_as_two_poisson_counts_of_unequal_days() -> None:
    rows = chart(months(np.r_[900, wave(24), 30, wave(11)]))
    tails = [stats.binomtest(30, 30 + 480, 28 / (28 + 731), alternative=side).pvalue for side in ("less", "greater")]
    assert rows["p_value"][0] == pytest.approx(2 * min(tails))
    assert rows["upper"][0] < 30 <= rows["upper_wide"][0]


def test_dispersion_is_that_of_a_quasi_poisson_model() -> None:
    counts = np.random.default_rng(4).negative_binomial(15, 0.3, 37)
    frame = months(counts)
    held = baseline(frame, is_share=False)
    days = (frame["period_end"] - frame["period_start"]).dt.days.to_numpy()[1:25] + 1
    model = sm.GLM(counts[1:25], np.ones(24), family=sm.families.Poisson(), exposure=days).fit(scale="X2")
    assert held.dispersion == pytest.approx(model.scale) and model.scale > 1.5
    assert held.degrees == 23


def test_dispersion_of_shares_is_the_chi_squared_of_their_table() -> None:
    random = np.random.default_rng(5)
    units = random.integers(40, 80, 37)
    counts = random.binomial(units, random.beta(6, 14, 37))
    held = baseline(months(counts, units=units), is_share=True)
    table = np.c_[counts, units - counts][1:25]
    assert held.dispersion == pytest.approx(stats.chi2_contingency(table, correction=False).statistic / 23)
    assert held.dispersion > 1.5
    rows = chart(months(counts, units=units), is_share=True)
    share = counts[1:25].sum() / units[1:25].sum()
    assert rows["expected"].to_numpy() == pytest.approx(share)
    assert rows["observed"].to_numpy() == pytest.approx(counts[25:] / units[25:])
    # Prediction: as much wider as the baseline is doubtful.
    widest = held.dispersion * (1 + units[25] / units[1:25].sum())
    spread = stats.t.ppf(0.975, 23) * np.sqrt(widest * share * (1 - share) / units[25])
    assert rows["upper"][0] - share == pytest.approx(spread, rel=0.1)


def test_limits_of_shares_hold_the_doubt_about_the_center_line() -> None:
    rows = chart(months(np.full(37, 300_000), units=1_000_000), is_share=True)
    spread = 1.96 * np.sqrt((1 + 1 / 24) * 0.3 * 0.7 / 1_000_000)
    assert rows["upper"][0] - 0.3 == pytest.approx(spread, rel=0.003)


@pytest.mark.parametrize(
    ("day", "tested"),
    [
        (date(2020, 2, 1), 12),
        (date(2020, 2, 2), 0),
        (date(2021, 6, 1), 0),
        (date(2022, 2, 1), 0),
        (date(2022, 6, 15), 4),
        (date(2023, 1, 31), 11),
        (date(2023, 2, 1), 12),
    ],
)
def test_nothing_is_tested_across_a_break(day: date, tested: int) -> None:
    rows = chart(months(np.r_[900, wave(36)]), breaks=(day,))
    assert rows["p_value"].notna().sum() == tested
    untested = rows[rows["p_value"].isna()]
    assert untested["note"].eq(f"counting changed on {day}: not compared across it").all()
    assert untested["expected"].isna().all() and untested["observed"].notna().all()


@pytest.mark.parametrize(
    ("frame", "is_share", "note"),
    [
        (months(wave(24)), False, "needs 24 finished months after the first, has 23"),
        (months(wave(37)).drop(index=20), False, "months are missing"),
        (months(np.r_[9, np.resize([1, 1, 0], 36)]), False, "too few events in the months it would be compared with"),
        (months(np.full(37, 19), units=20), True, "too few events in the months it would be compared with"),
    ],
)
def test_what_cannot_be_compared_says_why(frame: pd.DataFrame, is_share: bool, note: str) -> None:
    rows = chart(frame, is_share=is_share)
    assert len(rows) == 12
    assert rows["note"].eq(note).all() and rows["p_value"].isna().all() and rows["observed"].notna().all()


def test_fewer_months_than_two_years_do_from_one_year_on() -> None:
    frame = months(np.r_[900, wave(12), np.full(12, 60)])
    assert baseline(frame, is_share=False).events == 240
    assert chart(frame)["p_value"].lt(0.001).all()


def test_a_month_without_cases_has_no_share() -> None:
    rows = chart(months(np.r_[np.full(25, 6), np.full(11, 6), 0], units=np.r_[np.full(36, 20), 0]), is_share=True)
    assert np.isnan(rows["observed"].iloc[-1]) and rows["note"].iloc[-1] == "nothing to divide by"
    assert rows["p_value"][:11].notna().all()


@pytest.mark.slow
@pytest.mark.parametrize("dispersion", [1.0, 3.0])
def test_chance_alone_alarms_as_seldom_as_the_limits_say(dispersion: float) -> None:
    """6,000 months of an unchanging rate: 5 and 0.2 % at most, with room for three standard errors."""
    random = np.random.default_rng(6)
    mean = 12
    drawn = (
        random.poisson(mean, (500, 37))
        if dispersion == 1
        else random.negative_binomial(mean / (dispersion - 1), 1 / dispersion, (500, 37))
    )
    p_values = np.concatenate([chart(months(counts))["p_value"] for counts in drawn])
    assert len(p_values) == 6_000 and not np.isnan(p_values).any()
    assert 0.01 < (p_values <= 0.05).mean() < 0.058
    assert (p_values <= 0.002).mean() < 0.0038
