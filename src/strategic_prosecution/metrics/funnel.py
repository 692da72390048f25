"""Funnel plots: is an area's rate outside what its size allows around the rate of all areas together?"""

import numpy as np
import pandas as pd
from scipy.stats import norm

from strategic_prosecution.metrics.limits import Floats, Judged, counts_around, shares_around

# With fewer, one unusual area hides itself; with ten it must still be far out to be seen.
FEWEST_AREAS = 5
WINSORISED = 0.1
TOO_FEW = f"needs {FEWEST_AREAS} areas"
NOTHING = "nothing to divide by"
_LIMITS = ["lower", "upper", "lower_wide", "upper_wide"]


def funnel(areas: pd.DataFrame, *, is_share: bool, per: float = 1.0) -> pd.DataFrame:
    """One row per area beside the prediction limits around the rate of all areas together (Spiegelhalter 2005).

    areas
        segment, numerator and exposure: the units that a share is of, or residents
    per
        rates are per so many (1000 residents)

    Columns segment, observed, expected (the rate of all areas together), lower, upper (95 %), lower_wide, upper_wide
    (99.8 %), p_value (two-sided), note (why not tested; '' where tested); sorted by segment. Shares are binomial,
    counts per resident Poisson. Areas differ more than by chance alone: the dispersion is multiplicative, estimated
    from residuals winsorised at 10 % on either side, so that the unusual do not hide themselves, and set right for what
    winsorising takes from normal ones; never below 1. An area beyond the limits is unusual beside the others, which is
    no cause. Null where nothing can be divided.
    """
    rows = areas.sort_values("segment", ignore_index=True)
    counts = rows["numerator"].to_numpy(dtype=np.float64)
    exposure = rows["exposure"].to_numpy(dtype=np.float64)
    usable = exposure > 0
    observed = per * counts / np.where(usable, exposure, np.nan)
    p_value, expected = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    limits = {name: np.full(len(rows), np.nan) for name in _LIMITS}
    counts, exposure = counts[usable], exposure[usable]
    rate = float(counts.sum() / exposure.sum()) if len(counts) else np.nan
    expected[usable] = per * rate
    if not (why_not := _why_not(len(counts), rate, is_share=is_share)):
        judged = _judged(counts, exposure, rate, is_share=is_share)
        p_value[usable] = judged.p_value
        for name in _LIMITS:
            limits[name][usable] = per * getattr(judged, name) / exposure
    notes = np.where(usable, why_not, NOTHING)
    told = {"segment": rows["segment"], "observed": observed, "p_value": p_value, "note": notes, "expected": expected}
    return pd.DataFrame(told | limits)


def winsorised_dispersion(residuals: Floats) -> float:
    """Mean square of standardised residuals drawn in to their 10th and 90th percentile, 1 at least.

    Over len - 1 degrees of freedom (the rate is theirs) and the mean square that a normal variable keeps when drawn in
    so: Spiegelhalter (2005) leaves that out, and his limits are a fifth too narrow where areas differ most.
    """
    drawn_in = np.clip(residuals, *np.quantile(residuals, [WINSORISED, 1 - WINSORISED]))
    cut = float(norm.isf(WINSORISED))
    kept = 1 - 2 * WINSORISED - 2 * cut * float(norm.pdf(cut)) + 2 * WINSORISED * cut**2
    return max(1.0, float((drawn_in**2).sum()) / (len(residuals) - 1) / kept)


def _why_not(areas: int, rate: float, *, is_share: bool) -> str:
    if areas < FEWEST_AREAS:
        return TOO_FEW
    return "all areas are alike" if rate == 0 or (is_share and rate == 1) else ""


def _judged(counts: Floats, exposure: Floats, rate: float, *, is_share: bool) -> Judged:
    mean = rate * exposure
    residuals = (counts - mean) / np.sqrt(mean * (1 - rate) if is_share else mean)
    dispersion = winsorised_dispersion(residuals)
    degrees = len(counts) - 1 if dispersion > 1 else None
    if is_share:
        return shares_around(counts, trials=exposure, share=rate, dispersion=dispersion, degrees=degrees)
    return counts_around(counts, mean=mean, dispersion=dispersion, degrees=degrees)
