"""Interval estimates, 95 %, two-sided: proportions, counts, means and medians, of a sample or with some still open."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, chi2, norm, t

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_Z = float(norm.ppf(0.975))
# A survival curve is a product of ratios: 0.5 may come out a rounding error beside 0.5.
_HALF = 0.5 + 1e-12
RESAMPLES = 1000
# Below, the percentile limits of a bootstrap hold the truth less than nine times in ten.
FEWEST_ANSWERS = 10


class Median(NamedTuple):
    """Medians and their limits, in the unit of the times; nan where not reached."""

    value: Floats
    lower: Floats
    upper: Floats


def wilson(successes: Integers, trials: Integers) -> tuple[Floats, Floats]:
    """Limits of a proportion, without continuity correction (Wilson 1927); nan where trials is 0."""
    n: Floats = np.where(trials > 0, trials, np.nan)
    share = successes / n
    centre = share + _Z**2 / (2 * n)
    spread = _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    shrink = 1 + _Z**2 / n
    # At 0 and at n the limit is 0 or 1 exactly; the formula leaves a rounding error.
    lower: Floats = np.where(successes == 0, n * 0, (centre - spread) / shrink)
    upper: Floats = np.where(successes == trials, n / n, (centre + spread) / shrink)
    return lower, upper


def poisson_exact(counts: Integers) -> tuple[Floats, Floats]:
    """Exact limits of a Poisson mean from one count each (Garwood 1936): chi-squared quantiles, equal tails."""
    # Thousands of cells hold the same few counts, and the quantiles are what takes time.
    found, place = np.unique(counts, return_inverse=True)
    lower: Floats = np.where(found > 0, chi2.ppf(0.025, np.maximum(2 * found, 1)) / 2, 0.0)
    upper: Floats = np.asarray(chi2.ppf(0.975, 2 * found + 2) / 2)
    return lower[place], upper[place]


def mean_t(sums: Integers, squares: Floats, units: Integers) -> tuple[Floats, Floats]:
    """Limits of a mean by Student's t from the sum of the amounts and of their squares; nan under two units."""
    n: Floats = np.where(units > 1, units, np.nan)
    mean = sums / n
    # A difference of two large numbers: units that are all alike leave a rounding error below 0.
    variance = np.maximum(squares - sums * mean, 0) / (n - 1)
    found, place = np.unique(np.maximum(units, 2), return_inverse=True)
    spread = np.asarray(t.ppf(0.975, found - 1))[place] * np.sqrt(variance / n)
    return mean - spread, mean + spread


def median_ranks(units: Integers) -> tuple[Integers, Integers]:
    """Ranks (from 1) of the order statistics that hold the median (Hahn & Meeker 1991, section 5.2); 0 under 6 units.

    The widest tail of the binomial with one half that is at most 2.5 %, so that coverage is 95 % or more.
    """
    found, place = np.unique(units, return_inverse=True)
    lower = np.where(found > 0, binom.ppf(0.025, np.maximum(found, 1), 0.5), 0).astype("int64")
    upper = np.where(lower > 0, found - lower + 1, 0)
    return lower[place], upper[place]


def bootstrap_mean(values: Floats, weights: Floats, *, seed: int) -> tuple[float, float]:
    """Percentile limits of a weighted mean over 1,000 resamples of the answers (Efron 1979); nan under 10 answers.

    The weights are taken as given: what it cost to make them (raking, calibration) is not in the limits.
    """
    answers = len(values)
    if answers < FEWEST_ANSWERS:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(answers, size=(RESAMPLES, answers), dtype=np.int32)
    weighted = values * weights
    means = weighted[drawn].sum(axis=1) / weights[drawn].sum(axis=1)
    lower, upper = np.quantile(means, [0.025, 0.975])
    return float(lower), float(upper)


def median_with_open_cases(durations: Integers, ended: Integers, units: Integers) -> Median:
    """Kaplan-Meier median (Kaplan & Meier 1958): the first time by which the curve is at or below one half.

    durations
        distinct times, ascending; of many samples at once along the last axis, filled up with times without units
    ended, units
        how many of the units leaving the risk set at each time were seen to end; the rest were still open then

    Limits by Brookmeyer & Crowley 1982 with Greenwood variance on log(-log S): the times at which the lower and the
    upper band of the curve first are at or below one half. nan where that never happens. A unit still open at a time
    counts as at risk at that time.
    """
    at_risk = units[..., ::-1].cumsum(axis=-1)[..., ::-1]
    survival = np.cumprod((at_risk - ended) / np.maximum(at_risk, 1) + (at_risk == 0), axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where the curve is 1 it has no band; where it is 0 no variance: nan, which is never at or below one half.
        terms = np.where(at_risk > 0, ended / (at_risk * (at_risk - ended).astype(np.float64)), 0)
        greenwood = np.cumsum(terms, axis=-1)
        log_survival = np.log(survival)
        spread = _Z * np.sqrt(greenwood) / np.abs(log_survival)
        lower_band = np.where(survival == 1, 1.0, np.exp(log_survival * np.exp(spread)))
        upper_band = np.where(survival == 1, 1.0, np.exp(log_survival * np.exp(-spread)))
    return Median(
        value=_first_time(durations, survival <= _HALF),
        lower=_first_time(durations, lower_band <= _HALF),
        upper=_first_time(durations, upper_band <= _HALF),
    )


def _first_time(times: Integers, reached: npt.NDArray[np.bool_]) -> Floats:
    first = np.take_along_axis(times, reached.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    return np.where(reached.any(axis=-1), first, np.nan)
