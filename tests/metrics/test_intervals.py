"""Limits against published numbers and an oracle library."""

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from strategic_prosecution.metrics.intervals import median_with_open_cases, poisson_exact, wilson

# Freireich et al. 1963, weeks in remission under 6-mercaptopurine; 1 = relapse seen.
SIX_MP = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
SIX_MP_SEEN = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def _table(times: list[int], seen: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    durations = np.unique(times)
    ended = np.array([sum(s for t, s in zip(times, seen, strict=True) if t == d) for d in durations])
    units = np.array([times.count(int(d)) for d in durations])
    return durations, ended, units


def test_wilson_is_newcombes_worked_example() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29
    lower, upper = wilson(np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29]))
    assert lower == pytest.approx([0.2553, 0.0624, 0.0, 0.0061], abs=5e-5)
    assert upper == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_wilson_equals_two_libraries() -> None:
    lower, upper = wilson(np.array([7, 30]), np.array([30, 30]))
    for place, (k, n) in enumerate([(7, 30), (30, 30)]):
        oracle = binomtest(k, n).proportion_ci(method="wilson")
        assert (lower[place], upper[place]) == pytest.approx((oracle.low, oracle.high), abs=1e-12)
        assert (lower[place], upper[place]) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)


def test_wilson_of_nothing_is_undefined() -> None:
    lower, upper = wilson(np.array([0]), np.array([0]))
    assert np.isnan(lower[0]) and np.isnan(upper[0])


def test_poisson_limits_are_the_published_table() -> None:
    # Garwood 1936; Ulm 1990, American Journal of Epidemiology 131, for 0, 1, 10 and 100 events
    lower, upper = poisson_exact(np.array([0, 1, 10, 100]))
    assert lower == pytest.approx([0, 0.0253, 4.795, 81.36], rel=1e-3)
    assert upper == pytest.approx([3.689, 5.572, 18.39, 121.63], rel=1e-3)


def test_median_of_the_remission_trial() -> None:
    # 23 and 8 weeks: Kalbfleisch & Prentice 2002, and every textbook since
    treated = median_with_open_cases(*_table(SIX_MP, SIX_MP_SEEN))
    placebo = median_with_open_cases(*_table(PLACEBO, [1] * 21))
    assert (treated.value, placebo.value) == (23, 8)
    # never below one half on its upper band: no upper limit
    assert np.isnan(treated.upper)
    assert treated.lower == SurvfuncRight(SIX_MP, SIX_MP_SEEN).quantile_ci(0.5, method="cloglog")[0]


@pytest.mark.parametrize("seed", range(8))
def test_median_and_limits_equal_statsmodels(seed: int) -> None:
    random = np.random.default_rng(seed)
    # The last one is still open: the oracle takes the logarithm of a curve that reaches 0.
    times = [*random.integers(1, 60, 90).tolist(), 60]
    seen = [*(random.random(90) < 0.7).astype(int).tolist(), 0]
    ours = median_with_open_cases(*_table(times, seen))
    oracle = SurvfuncRight(times, seen)
    assert ours.value == oracle.quantile(0.5)
    assert (ours.lower, ours.upper) == oracle.quantile_ci(0.5, method="cloglog")


@pytest.mark.parametrize(
    ("seen", "median"),
    [([1, 1, 1, 1], 2), ([1, 1, 0, 0], 2), ([1, 0, 0, 0], None), ([0, 0, 0, 0], None), ([0, 0, 1, 1], 3)],
)
def test_median_is_the_first_time_at_or_below_one_half(seen: list[int], median: int | None) -> None:
    value = median_with_open_cases(*_table([1, 2, 3, 4], seen)).value
    assert value == median if median is not None else np.isnan(value)


def test_one_case_has_a_median_and_no_limits() -> None:
    only = median_with_open_cases(np.array([7]), np.array([1]), np.array([1]))
    assert only.value == 7
    assert np.isnan(only.lower) and np.isnan(only.upper)
