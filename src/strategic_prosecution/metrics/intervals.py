"""Interval estimates, 95 %, two-sided: proportions, counts, and medians of times some of which are still running."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, norm

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_Z = float(norm.ppf(0.975))
# A survival curve is a product of ratios: 0.5 may come out a rounding error beside 0.5.
_HALF = 0.5 + 1e-12


class Median(NamedTuple):
    """A median and its limits, in the unit of the times; nan where not reached."""

    value: float
    lower: float
    upper: float


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
    lower: Floats = np.where(counts > 0, chi2.ppf(0.025, np.maximum(2 * counts, 1)) / 2, 0.0)
    upper: Floats = np.asarray(chi2.ppf(0.975, 2 * counts + 2) / 2)
    return lower, upper


def median_with_open_cases(durations: Integers, ended: Integers, units: Integers) -> Median:
    """Kaplan-Meier median (Kaplan & Meier 1958): the first time by which the curve is at or below one half.

    durations
        distinct times, ascending
    ended, units
        how many of the units leaving the risk set at each time were seen to end; the rest were still open then

    Limits by Brookmeyer & Crowley 1982 with Greenwood variance on log(-log S): the times at which the lower and the
    upper band of the curve first are at or below one half. nan where that never happens. A unit still open at a time
    counts as at risk at that time.
    """
    at_risk = units[::-1].cumsum()[::-1]
    survival = np.cumprod((at_risk - ended) / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where the curve is 1 it has no band; where it is 0 no variance: nan, which is never at or below one half.
        greenwood = np.cumsum(ended / (at_risk * (at_risk - ended).astype(np.float64)))
        log_survival = np.log(survival)
        spread = _Z * np.sqrt(greenwood) / np.abs(log_survival)
        lower_band = np.where(survival == 1, 1.0, np.exp(log_survival * np.exp(spread)))
        upper_band = np.where(survival == 1, 1.0, np.exp(log_survival * np.exp(-spread)))
    return Median(
        value=_first_time(durations, survival <= _HALF),
        lower=_first_time(durations, lower_band <= _HALF),
        upper=_first_time(durations, upper_band <= _HALF),
    )


def _first_time(times: Integers, reached: npt.NDArray[np.bool_]) -> float:
    return float(times[reached.argmax()]) if reached.any() else float("nan")
