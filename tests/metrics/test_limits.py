"""Limits of counts and shares against published quantiles, exact tests and brute force."""

import numpy as np
import pytest
from scipy import stats

from strategic_prosecution.metrics.limits import counts_around, excess_variance, predicted_counts, shares_around


def test_poisson_limits_at_mean_10() -> None:
    judged = counts_around([3, 4, 17, 18], mean=10)
    assert (judged.lower, judged.upper) == (pytest.approx(4), pytest.approx(17))
    assert (judged.lower_wide, judged.upper_wide) == (pytest.approx(2), pytest.approx(21))
    assert (judged.p_value < 0.05).tolist() == [True, False, False, True]


@pytest.mark.parametrize(("now", "before", "p_value"), [(6, 2, 0.2890625), (0, 3, 0.25), (3, 0, 0.25), (5, 5, 1.0)])
def test_equal_exposures_are_the_conditional_binomial_test(now: int, before: int, p_value: float) -> None:
    judged = predicted_counts([now], before=before, exposure_ratio=1)
    assert judged.p_value[0] == pytest.approx(p_value)


@pytest.mark.parametrize(("now", "before"), [(2, 90), (12, 90), (40, 90), (7, 0), (0, 4)])
def test_unequal_exposures_are_the_conditional_binomial_test(now: int, before: int) -> None:
    """A 28-day window beside three: a quarter of all events is expected in it."""
    tails = [stats.binomtest(now, now + before, 0.25, alternative=side).pvalue for side in ("less", "greater")]
    judged = predicted_counts([now], before=before, exposure_ratio=1 / 3)
    assert judged.p_value[0] == pytest.approx(min(1, 2 * min(tails)))


def test_two_counts_of_nothing_say_nothing() -> None:
    assert np.isnan(predicted_counts([0], before=0, exposure_ratio=1).p_value).all()
    assert np.isnan(counts_around([0], mean=[0.0]).lower).all()
    assert np.isnan(shares_around([0], trials=[0], share=0.5).p_value).all()


@pytest.mark.parametrize("dispersion", [1.0, 2.5])
@pytest.mark.parametrize("degrees", [None, 23])
def test_a_count_is_outside_the_limits_just_when_its_p_value_says_so(dispersion: float, degrees: int | None) -> None:
    counts = np.arange(0, 80)
    for judged in (
        predicted_counts(counts, before=480, exposure_ratio=1 / 24, dispersion=dispersion, degrees=degrees),
        counts_around(counts, mean=np.full(80, 20.0), dispersion=dispersion, degrees=degrees),
        shares_around(counts, trials=np.full(80, 80), share=0.3, dispersion=dispersion, degrees=degrees),
    ):
        for level, lower, upper in (
            (0.05, judged.lower, judged.upper),
            (0.002, judged.lower_wide, judged.upper_wide),
        ):
            outside = (counts < lower) | (counts > upper)
            assert outside.any() and not outside.all()
            np.testing.assert_array_equal(outside, judged.p_value <= level)


def test_overdispersed_counts_have_the_mean_and_variance_asked_for() -> None:
    """Brute force over the distribution that two tails of a p-value give back."""
    counts = np.arange(0, 400)
    judged = counts_around(counts, mean=np.full(400, 20.0), dispersion=3.0)
    upper = np.where(counts > 20, judged.p_value / 2, np.nan)
    expected = stats.nbinom.sf(counts - 1, 10, 1 / 3)
    np.testing.assert_allclose(upper[25:], expected[25:])
    assert stats.nbinom.stats(10, 1 / 3) == (pytest.approx(20), pytest.approx(60))


def test_estimated_dispersion_widens_as_student_does() -> None:
    """At a mean of a million the negative binomial is a normal: its limits are the quantiles of t."""
    judged = counts_around([1e6], mean=[1e6], dispersion=4.0, degrees=23)
    assert (judged.upper - 1e6) / 2000 == pytest.approx(stats.t.ppf(0.975, 23), rel=0.005)
    assert (1e6 - judged.lower_wide) / 2000 == pytest.approx(stats.t.ppf(0.999, 23), rel=0.005)


def test_shares_move_away_by_the_root_of_the_dispersion() -> None:
    plain = shares_around([30], trials=[100], share=0.3)
    assert (plain.lower[0], plain.upper[0]) == (stats.binom.ppf(0.025, 100, 0.3), stats.binom.ppf(0.975, 100, 0.3))
    wide = shares_around([30], trials=[100], share=0.3, dispersion=4.0)
    assert wide.upper[0] == pytest.approx(30 + 2 * (plain.upper[0] - 30))
    assert shares_around([5], trials=[10], share=0.5, dispersion=9.0).lower_wide[0] == 0


def test_dispersion_by_hand() -> None:
    # Residuals -1, 1, 2, -2 standard errors: 10 over 3 degrees of freedom.
    assert excess_variance([5, 15, 20, 0], mean=10, variance=25) == pytest.approx(10 / 3)
    assert excess_variance([10, 10, 10], mean=10, variance=10) == 1.0
