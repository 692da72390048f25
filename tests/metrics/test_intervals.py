"""Limits against published numbers and an oracle library."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from strategic_prosecution.metrics.intervals import (
    bootstrap_mean,
    mean_t,
    median_ranks,
    median_with_open_cases,
    poisson_exact,
    wilson,
)
from strategic_prosecution.metrics.medians import medians_with_open_cases, plain_medians

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


def test_limits_of_a_mean_equal_statsmodels() -> None:
    samples = [[3, 9, 0, 0, 14, 2], [5, 5], [7, 7, 7], [1_000_000, 1_000_001]]
    lower, upper = mean_t(
        np.array([sum(amounts) for amounts in samples]),
        np.array([float(sum(amount**2 for amount in amounts)) for amounts in samples]),
        np.array([len(amounts) for amounts in samples]),
    )
    for place, amounts in enumerate(samples):
        assert (lower[place], upper[place]) == pytest.approx(DescrStatsW(amounts).tconfint_mean(), rel=1e-9)


def test_one_unit_or_none_has_a_mean_without_limits() -> None:
    lower, upper = mean_t(np.array([4, 0]), np.array([16.0, 0.0]), np.array([1, 0]))
    assert np.isnan(lower).all() and np.isnan(upper).all()


def test_ranks_of_the_median_are_the_published_table() -> None:
    # Conover 1999, Practical Nonparametric Statistics, and Hahn & Meeker 1991, distribution-free limits of a median
    lower, upper = median_ranks(np.array([5, 6, 10, 20, 50]))
    assert list(zip(lower, upper, strict=True)) == [(0, 0), (1, 6), (2, 9), (6, 15), (18, 33)]


def test_ranks_of_the_median_are_the_narrowest_that_hold_it() -> None:
    units = np.arange(6, 400)
    lower, upper = median_ranks(units)
    for n, low, high in zip(units, lower, upper, strict=True):
        # The median is between the two when at least `low` of the units and fewer than `high` are below it.
        assert binom.cdf(high - 1, n, 0.5) - binom.cdf(low - 1, n, 0.5) >= 0.95
        assert binom.cdf(high - 2, n, 0.5) - binom.cdf(low, n, 0.5) < 0.95


def test_medians_of_many_cells_equal_numpy() -> None:
    random = np.random.default_rng(4)
    samples = [random.integers(0, 40, size) for size in (1, 2, 3, 8, 25, 200, 7)]
    tables = [np.unique(sample, return_counts=True) for sample in samples]
    durations, units = (np.concatenate(parts) for parts in zip(*tables, strict=True))
    medians = plain_medians(durations, units, sizes=np.array([len(table[0]) for table in tables]))
    assert list(medians.value) == [np.median(sample) for sample in samples]
    for sample, low, high in zip(samples, medians.lower, medians.upper, strict=True):
        ranks = median_ranks(np.array([len(sample)]))
        expected = [np.sort(sample)[rank[0] - 1] if rank[0] else np.nan for rank in ranks]
        assert [low, high] == pytest.approx(expected, nan_ok=True)


def test_kaplan_meier_of_many_cells_equals_each_alone() -> None:
    random = np.random.default_rng(5)
    tables = [
        _table(random.integers(1, 90, size).tolist(), (random.random(size) < 0.6).astype(int).tolist())
        for size in (1, 2, 5, 5, 33, 150, 6, 64, 65)
    ]
    columns = (np.concatenate(parts) for parts in zip(*tables, strict=True))
    together = medians_with_open_cases(*columns, sizes=np.array([len(table[0]) for table in tables]))
    for place, table in enumerate(tables):
        alone = median_with_open_cases(*table)
        assert [part[place] for part in together] == pytest.approx(list(map(float, alone)), nan_ok=True, rel=0)


def test_bootstrap_is_near_theory_and_repeats_itself() -> None:
    random = np.random.default_rng(6)
    values, weights = random.normal(3, 1, 400), random.uniform(0.5, 2, 400)
    lower, upper = bootstrap_mean(values, weights, seed=1)
    mean = (values * weights).sum() / weights.sum()
    # Linearised variance of a ratio (Cochran 1977, 2.30)
    error = np.sqrt(((weights * (values - mean)) ** 2).sum()) / weights.sum()
    assert (lower, upper) == pytest.approx((mean - 1.96 * error, mean + 1.96 * error), abs=0.12 * error * 1.96)
    assert (lower, upper) == bootstrap_mean(values, weights, seed=1)
    assert (lower, upper) != bootstrap_mean(values, weights, seed=2)


def test_few_answers_have_no_limits() -> None:
    assert np.isnan(bootstrap_mean(np.arange(9.0), np.ones(9), seed=1)).all()
    assert not np.isnan(bootstrap_mean(np.arange(10.0), np.ones(10), seed=1)).any()


@pytest.mark.slow
@pytest.mark.parametrize(("answers", "least"), [(10, 0.88), (30, 0.92), (200, 0.935)])
def test_coverage_of_the_bootstrap(answers: int, least: float) -> None:
    random = np.random.default_rng(answers)
    shares = np.array([0.1, 0.2, 0.3, 0.25, 0.15])
    truth = (shares * np.arange(1, 6)).sum()
    held = 0
    for _ in range(1500):
        values, weights = random.choice(np.arange(1.0, 6), answers, p=shares), random.uniform(0.5, 1.5, answers)
        lower, upper = bootstrap_mean(values, weights, seed=1)
        held += lower <= truth <= upper
    assert least <= held / 1500 <= 0.97


@pytest.mark.slow
def test_coverage_of_the_ranks_of_a_median() -> None:
    random = np.random.default_rng(8)
    for size in (6, 15, 60):
        held = 0
        for _ in range(4000):
            sample = np.sort(random.exponential(100, size))
            (low,), (high,) = median_ranks(np.array([size]))
            held += sample[low - 1] <= 100 * np.log(2) <= sample[high - 1]
        assert 0.94 <= held / 4000 <= 0.985
