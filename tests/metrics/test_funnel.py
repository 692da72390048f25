"""Funnels on areas whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from strategic_prosecution.metrics.funnel import funnel, winsorised_dispersion


def areas(counts: list[int] | np.ndarray, exposure: list[int] | np.ndarray) -> pd.DataFrame:
    names = [f"A{number:02d}" for number in range(len(counts))]
    return pd.DataFrame({"segment": names, "numerator": counts, "exposure": exposure})


def test_areas_that_differ_by_less_than_chance_have_poisson_limits() -> None:
    told = funnel(areas([10] * 12, [1000] * 12), is_share=False, per=1000)
    assert told["expected"].eq(10).all() and told["observed"].eq(10).all()
    assert told[["lower", "upper", "lower_wide", "upper_wide"]].iloc[0].tolist() == pytest.approx([4, 17, 2, 21])
    assert told["p_value"].eq(1).all() and told["note"].eq("").all()


def test_shares_have_binomial_limits_around_the_share_of_all() -> None:
    told = funnel(areas([30] * 10 + [60], [100] * 10 + [200]), is_share=True)
    assert told["expected"].to_numpy() == pytest.approx(0.3)
    assert told["upper"].iloc[0] == pytest.approx(stats.binom.ppf(0.975, 100, 0.3) / 100)
    assert told["lower_wide"].iloc[10] == pytest.approx(stats.binom.ppf(0.001, 200, 0.3) / 200)


def test_limits_narrow_with_size_and_one_outlier_is_found() -> None:
    random = np.random.default_rng(1)
    residents = np.r_[np.geomspace(1_000, 50_000, 24).round(), 20_000]
    counts = random.poisson(0.01 * residents)
    counts[-1] = 320
    told = funnel(areas(counts, residents), is_share=False, per=1000)
    widths = (told["upper_wide"] - told["lower_wide"])[:24]
    assert widths.is_monotonic_decreasing
    assert told["p_value"].idxmin() == 24 and told["p_value"].iloc[24] < 0.002
    assert (told["p_value"][:24] > 0.002).all()


def test_areas_that_differ_widely_widen_the_limits() -> None:
    counts = np.resize([60, 140], 20)
    told = funnel(areas(counts, np.full(20, 10_000)), is_share=False, per=1000)
    assert told["p_value"].gt(0.05).all(), "4 standard errors of Poisson, but all areas are like that"


def test_order_of_rows_does_not_matter() -> None:
    frame = areas([5, 9, 30, 11, 8, 14], [900, 1000, 1500, 1200, 1100, 1300])
    mixed = frame.iloc[[3, 0, 5, 1, 4, 2]]
    pd.testing.assert_frame_equal(funnel(mixed, is_share=False), funnel(frame, is_share=False))


def test_undefined_is_null() -> None:
    told = funnel(areas([0, 5, 6, 7, 6, 5], [0, 500, 600, 700, 600, 500]), is_share=True)
    assert np.isnan(told["observed"][0]) and told["note"][0] == "nothing to divide by"
    assert told["p_value"][1:].notna().all() and np.isnan(told["p_value"][0])
    few = funnel(areas([5, 6, 7, 6], [500, 600, 700, 600]), is_share=True)
    assert few["note"].eq("needs 5 areas").all() and few["p_value"].isna().all() and few["observed"].notna().all()
    none = funnel(areas([0] * 6, [500] * 6), is_share=True)
    assert none["note"].eq("all areas are alike").all()
    assert funnel(areas([0] * 6, [0] * 6), is_share=True)["p_value"].isna().all()


def test_winsorised_dispersion_of_normal_residuals_is_their_variance() -> None:
    """Planted truth: normal residuals of variance 9, some of them made enormous."""
    residuals = np.random.default_rng(2).normal(0, 3, 100_000)
    residuals[:500] = 1e6
    assert winsorised_dispersion(residuals) == pytest.approx(9, rel=0.03)
    assert winsorised_dispersion(np.full(10, 0.01)) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize(("number", "dispersion"), [(6, 1), (10, 10), (25, 3)])
def test_chance_alone_alarms_as_seldom_as_the_limits_say(number: int, dispersion: int) -> None:
    random = np.random.default_rng(3)
    p_values = []
    for _ in range(300):
        residents = np.rint(20_000 * random.lognormal(0, 0.5, number))
        mean = 0.01 * residents
        drawn = (
            random.poisson(mean)
            if dispersion == 1
            else random.negative_binomial(mean / (dispersion - 1), 1 / dispersion)
        )
        p_values.append(funnel(areas(drawn, residents), is_share=False)["p_value"].to_numpy())
    every = np.concatenate(p_values)
    spread = 3 * np.sqrt(0.002 / len(every))
    assert (every <= 0.05).mean() < 0.055 and (every <= 0.002).mean() < 0.002 + spread
