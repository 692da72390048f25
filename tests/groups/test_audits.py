"""A draw is simple, random and can be repeated; an error rate has the limits that enumeration gives."""

from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import comb

import pytest
from scipy import stats

from strategic_prosecution.groups import error_rate, sample

IDS = [f"m{number}" for number in range(40)]


def chance(found: int, *, bad: int, drawn: int, population: int) -> Fraction:
    """The chance of finding so many, counted over all samples there are."""
    return Fraction(comb(bad, found) * comb(population - bad, drawn - found), comb(population, drawn))


def limits(found: int, drawn: int, population: int) -> tuple[int, int]:
    """The fewest and the most that a population can have, by exact fractions."""
    possible = [
        bad
        for bad in range(population + 1)
        if sum(chance(n, bad=bad, drawn=drawn, population=population) for n in range(found, drawn + 1))
        > Fraction(1, 40)
        and sum(chance(n, bad=bad, drawn=drawn, population=population) for n in range(found + 1)) > Fraction(1, 40)
    ]
    return min(possible), max(possible)


def test_the_fractions_are_those_of_all_samples_written_out() -> None:
    found = Counter(sum(item < 3 for item in drawn) for drawn in combinations(range(8), 4))
    assert {n: Fraction(times, comb(8, 4)) for n, times in found.items()} == {
        n: chance(n, bad=3, drawn=4, population=8) for n in range(4)
    }


@pytest.mark.parametrize("population", [1, 2, 7, 12, 23])
def test_the_limits_are_those_of_enumeration(population: int) -> None:
    for drawn in range(1, population + 1):
        for found in range(drawn + 1):
            rate = error_rate(not_supported=found, decided=drawn, population=population)
            low, high = limits(found, drawn, population)
            assert rate.value == found / drawn
            assert (rate.lower, rate.upper) == (low / population, high / population)


@pytest.mark.parametrize(("population", "drawn"), [(20, 6), (60, 25), (400, 50)])
def test_the_limits_cover_the_truth_at_least_95_times_in_a_hundred(population: int, drawn: int) -> None:
    rates = [error_rate(not_supported=found, decided=drawn, population=population) for found in range(drawn + 1)]
    least = 1.0
    for bad in range(population + 1):
        covered = sum(
            float(chance(found, bad=bad, drawn=drawn, population=population))
            for found, rate in enumerate(rates)
            if rate.lower is not None and rate.upper is not None and rate.lower <= bad / population <= rate.upper
        )
        least = min(least, covered)
    assert 0.95 <= least < 0.9999, "and they are not so wide that they say nothing"


def test_of_a_large_population_the_limits_are_clopper_and_pearsons() -> None:
    rate = error_rate(not_supported=3, decided=50, population=200_000)
    known = stats.binomtest(3, 50).proportion_ci(0.95, method="exact")
    assert (rate.lower, rate.upper) == pytest.approx((known.low, known.high), abs=1e-4)


def test_a_whole_roster_checked_leaves_no_doubt_and_nothing_checked_says_nothing() -> None:
    assert error_rate(not_supported=2, decided=8, population=8).lower == 0.25
    assert error_rate(not_supported=2, decided=8, population=8).upper == 0.25
    nothing = error_rate(not_supported=0, decided=0, population=8)
    assert (nothing.value, nothing.lower, nothing.upper) == (None, None, None)


@pytest.mark.parametrize("counts", [(3, 2, 8), (0, 9, 8), (-1, 2, 8)])
def test_counts_that_do_not_fit_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="must not fall"):
        error_rate(not_supported=counts[0], decided=counts[1], population=counts[2])


def test_a_draw_is_repeated_by_its_seed_whatever_the_order_of_the_ids() -> None:
    drawn = sample(IDS, size=7, seed=5)
    assert drawn == sample(IDS[::-1], size=7, seed=5)
    assert len(set(drawn)) == 7 and set(drawn) <= set(IDS) and list(drawn) == sorted(drawn)
    assert len({sample(IDS, size=7, seed=seed) for seed in range(50)}) == 50


def test_every_subset_is_drawn_equally_often() -> None:
    drawn = Counter(sample("abcdef", size=3, seed=seed) for seed in range(4000))
    assert len(drawn) == comb(6, 3)
    assert stats.chisquare(list(drawn.values())).pvalue > 0.001


def test_a_small_roster_is_drawn_whole_and_a_wrong_draw_is_refused() -> None:
    assert sample(["b", "a"], size=50, seed=1) == ("a", "b")
    with pytest.raises(ValueError, match="size"):
        sample(IDS, size=0, seed=1)
    with pytest.raises(ValueError, match="twice"):
        sample(["a", "a"], size=1, seed=1)
