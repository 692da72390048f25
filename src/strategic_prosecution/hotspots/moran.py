"""Local Moran's I: places like their surroundings, and places unlike them."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from strategic_prosecution.hotspots.gi_star import Weights, binary_weights, gi_star_permutation


def local_moran(values: ArrayLike, weights: Weights, *, permutations: int = 999, seed: int) -> pd.DataFrame:
    """Local Moran's I of each place, with its kind and its chance by conditional permutation.

    values: one number per place, no nulls. weights: scipy CSR, n x n, binary; the diagonal makes no difference.
    Each place's surroundings are the mean of its neighbours (row-standardised).
    Returns one row per place: i (its deviation from the mean times that of its surroundings, in variances), z (i under
    the null hypothesis, in standard deviations), p_value (two-sided, by permutation) and kind, by the signs of the two
    deviations whatever p is: 'high_high' and 'low_low' (like its surroundings), 'high_low' and 'low_high' (unlike
    them), null where either is 0. i is NaN without neighbours or where all values are equal; z and p_value also where
    all others are neighbours or equal; z where the place itself is at the mean.

    Null hypothesis: the place keeps its value, its neighbours are any of the others, drawn without replacement. z has
    the mean and variance of that in closed form; p is that of gi_star_permutation (same seed, same p), as the sum of
    the neighbours is all that a draw changes. Not corrected for the number of places; use false_discovery_rate.
    Method: Anselin (1995), Local Indicators of Spatial Association; moments under this null after Sokal et al. (1998).
    Raises ValueError for nulls, weights of another shape or not 0 or 1, and permutations below 1.
    """
    p_value = gi_star_permutation(values, weights, permutations=permutations, seed=seed)
    x, w = binary_weights(values, weights)
    n = x.size
    deviation = x - x.mean() if n else x
    if n and np.ptp(x) == 0:
        deviation = np.zeros(n)
    variance = float((deviation**2).mean()) if n else 0.0
    own = w.diagonal()
    neighbours = w @ np.ones(n) - own
    with np.errstate(divide="ignore", invalid="ignore"):
        surroundings = (w @ deviation - own * deviation) / neighbours
        i = deviation * surroundings / variance
        others_mean = -deviation / (n - 1)
        others_variance = ((deviation**2).sum() - deviation**2) / (n - 1) - others_mean**2
        spread = np.sqrt(others_variance / neighbours * (n - 1 - neighbours) / (n - 2))
        z = np.sign(deviation) * (surroundings - others_mean) / spread
    z = np.where(np.isnan(p_value) | (deviation == 0), np.nan, z)
    side = np.select([deviation > 0, deviation < 0], ["high", "low"], default="")
    around = np.select([surroundings > 0, surroundings < 0], ["high", "low"], default="")
    kind = pd.Series(side, dtype="str") + "_" + pd.Series(around, dtype="str")
    return pd.DataFrame({"i": i, "z": z, "p_value": p_value, "kind": kind.where((side != "") & (around != ""))})
