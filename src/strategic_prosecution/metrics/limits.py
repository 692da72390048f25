"""What a count or a share may be by chance: limits at 95 and 99.8 %, and how far out an observed one lies.

Real counts vary more than a Poisson or a binomial variable: ``dispersion`` is how many times larger their variance is,
1 at least. Where it was estimated, ``degrees`` (of freedom) widens the limits as Student's t does the normal's.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, nbinom, norm, poisson, t

Floats = npt.NDArray[np.float64]
Numbers = npt.ArrayLike

# Two-sided: 95 %, drawn for the eye, and 99.8 %, beyond which a headline metric is called up or down.
INNER, OUTER = 0.05, 0.002
# A mean of 0 has no negative binomial distribution.
_NEXT_TO_NOTHING = 1e-9
# A shrunken whole number may come out a rounding error beside itself.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Judged:
    """One entry per observed number: two-sided p-value (twice the smaller tail), and the limits in its unit."""

    p_value: Floats
    lower: Floats
    upper: Floats
    lower_wide: Floats
    upper_wide: Floats


def predicted_counts(
    observed: Numbers,
    *,
    before: Numbers,
    exposure_ratio: Numbers,
    dispersion: float = 1.0,
    degrees: int | None = None,
) -> Judged:
    """Counts beside what a baseline predicts: negative binomial, its variance dispersion x (1 + ratio) times its mean.

    before
        events of the baseline; the mean is before x exposure_ratio
    exposure_ratio
        exposure of each observed count over that of the baseline
    degrees
        of freedom of the dispersion; None where it is known, or held at 1

    The upper tail is that of a baseline with one event more. So with dispersion 1 it is the exact conditional binomial
    test of two counts (Przyborowski & Wilenski 1940) with its tail doubled, and the limits are the exact prediction
    limits of a Poisson count (Nelson 1970). Above 1 it is the gamma-Poisson with that mean and variance. nan where both
    counts are 0.
    """
    ratio = np.asarray(exposure_ratio, dtype=np.float64)
    counts, events = np.asarray(observed, dtype=np.float64), np.asarray(before, dtype=np.float64)
    spread = dispersion * (1 + ratio)
    return _judge(
        counts, _counts(events * ratio, spread), _counts((events + 1) * ratio, spread), degrees, (events + counts) > 0
    )


def counts_around(observed: Numbers, *, mean: Numbers, dispersion: float = 1.0, degrees: int | None = None) -> Judged:
    """Counts around known means: Poisson, or above dispersion 1 negative binomial with dispersion x that variance.

    nan where the mean is 0 or not known.
    """
    means = np.asarray(mean, dtype=np.float64)
    expected = poisson(means) if dispersion == 1 else _counts(means, np.full_like(means, dispersion))
    return _judge(np.asarray(observed, dtype=np.float64), expected, expected, degrees, means > 0)


def shares_around(
    observed: Numbers,
    *,
    trials: Numbers,
    share: float,
    dispersion: Numbers = 1.0,
    degrees: int | None = None,
) -> Judged:
    """Counts out of ``trials`` around a share: binomial, its limits moved away from the mean by sqrt(dispersion).

    That is Spiegelhalter's multiplicative model (2005): an observed count is moved as much towards the mean and then
    judged as a binomial one. nan where there are no trials. Limits are counts, between 0 and trials.
    """
    counts, among = np.asarray(observed, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    stretch = np.sqrt(np.asarray(dispersion, dtype=np.float64))
    mean = share * among
    expected = binom(among, share)
    judged = _judge(mean + (counts - mean) / stretch, expected, expected, degrees, among > 0)
    limits = (
        np.clip(mean + stretch * (limit - mean), 0, among)
        for limit in (judged.lower, judged.upper, judged.lower_wide, judged.upper_wide)
    )
    return Judged(judged.p_value, *limits)


def excess_variance(observed: Numbers, *, mean: Numbers, variance: Numbers, estimated: int = 1) -> float:
    """Pearson's dispersion: mean square of standardised residuals, ``estimated`` degrees of freedom off; 1 at least."""
    expected, spread = np.asarray(mean, dtype=np.float64), np.sqrt(np.asarray(variance, dtype=np.float64))
    residual = (np.asarray(observed, dtype=np.float64) - expected) / spread
    return max(1.0, float((residual**2).sum() / (len(residual) - estimated)))


def _counts(mean: Floats, spread: Floats) -> Any:
    """Negative binomial with that mean and spread x mean for variance."""
    return nbinom(np.maximum(mean, _NEXT_TO_NOTHING) / (spread - 1), 1 / spread)


def _judge(observed: Floats, below: Any, above: Any, degrees: int | None, is_defined: npt.NDArray[np.bool_]) -> Judged:
    tails = np.minimum(below.cdf(np.floor(observed + _ROUNDING)), above.sf(np.ceil(observed - _ROUNDING) - 1))
    p_value = tails if degrees is None else t.sf(norm.isf(tails), degrees)
    inner, outer = (
        level / 2 if degrees is None else float(norm.sf(t.isf(level / 2, degrees))) for level in (INNER, OUTER)
    )
    limits = (below.ppf(inner), above.isf(inner), below.ppf(outer), above.isf(outer))
    return Judged(*(np.where(is_defined, array, np.nan) for array in (np.minimum(1.0, 2 * p_value), *limits)))
