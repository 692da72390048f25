"""The local Gi and Gi* statistics in closed form, and what to call of them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage, sparse, special, stats

Weights = sparse.csr_array[Any] | sparse.csr_matrix[Any]


def gi_star(values: ArrayLike, weights: Weights, *, star: bool = True) -> NDArray[np.float64]:
    """Local Gi* (or Gi) of each place as a z value.

    values: one number per place, no nulls. weights: scipy CSR, n x n, binary: 1 where two places are neighbours. It
    makes no difference whether the diagonal is filled: with star a place is its own neighbour (Gi*), without it is not
    (Gi).
    Returns n doubles, NaN where the statistic is undefined: all values equal (for Gi: all the others), every place a
    neighbour, or for Gi none.

    Null hypothesis: the values are placed at random over the places. z is the analytic standardisation under it, as in
    Ord and Getis (1995); see two_sided_p for its sidedness and its limits on sparse counts.
    Raises ValueError for nulls, weights of another shape, or weights that are not 0 or 1.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or not np.isfinite(x).all():
        raise ValueError(f"values of shape [{x.shape}] must be one-dimensional and finite; fill or leave out the nulls")
    w = sparse.csr_array(weights, copy=True).astype(np.float64)
    w.sum_duplicates()
    if w.shape != (x.size, x.size):
        raise ValueError(f"weights have shape [{w.shape}]; [{x.size}] values need [{x.size} x {x.size}]")
    if not np.isin(w.data, (0.0, 1.0)).all():
        raise ValueError("weights are not all 0 or 1; give binary weights, not row-standardised ones")

    n = x.size
    if n < 3:
        return np.full(n, np.nan)
    centred = x - x.mean()
    own = w.diagonal()
    # The statistic without the place itself; the star puts it back.
    around = w @ centred - own * centred
    neighbours = w @ np.ones(n) - own
    if star:
        return _standardise(
            around + centred, neighbours + 1, mean=0.0, variance=(centred**2).mean(), n=n, constant=np.ptp(x) == 0
        )
    mean = -centred / (n - 1)
    variance = ((centred**2).sum() - centred**2) / (n - 1) - mean**2
    return _standardise(around, neighbours, mean=mean, variance=variance, n=n - 1, constant=_others_equal(x))


def gi_star_grid(counts: ArrayLike, mask: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Gi* of every cell of a grid, with the cell itself and its (up to) eight queen neighbours.

    counts: two-dimensional, no nulls. mask: same shape; cells with False are neither counted nor anybody's neighbour.
    Returns z in the shape of counts, NaN outside the mask and where undefined (all counts equal, or every cell a
    neighbour of every other). The same values as gi_star on the cells of the mask, many times faster.

    Null hypothesis and source: as gi_star.
    Raises ValueError for nulls or a mask of another shape.
    """
    x = np.asarray(counts, dtype=np.float64)
    if x.ndim != 2:
        raise ValueError(f"counts have shape [{x.shape}]; give a two-dimensional array")
    inside = np.ones(x.shape, dtype=np.bool_) if mask is None else np.asarray(mask, dtype=np.bool_)
    if inside.shape != x.shape:
        raise ValueError(f"mask has shape [{inside.shape}], counts [{x.shape}]; give both on one grid")
    cells = x[inside]
    if not np.isfinite(cells).all():
        raise ValueError("counts hold nulls or infinities inside the mask; a cell without incidents is 0")
    n = cells.size
    if n < 2:
        return np.full(x.shape, np.nan)
    # Sums of whole counts are exact in doubles, so cells with equal surroundings get equal z, to the bit.
    total = _sum_of_nine(np.where(inside, x, 0.0))
    neighbours = _sum_of_nine(inside.astype(np.float64))
    mean = float(cells.mean())
    z = _standardise(total, neighbours, mean=mean, variance=cells.var(), n=n, constant=np.ptp(cells) == 0)
    return np.where(inside, z, np.nan)


def two_sided_p(z: ArrayLike) -> NDArray[np.float64]:
    """Two-sided p value of z under the normal distribution; NaN stays NaN. Not corrected for the number of places.

    Descriptive on sparse counts. Where the expected count of a neighbourhood is small (under about 5), the distribution
    of Gi* is skewed, and one incident alone in an empty district gets a z above 3. Report such values as a way to draw
    the map, not as a test, and rank hot spots by count and stability.
    """
    return np.asarray(special.erfc(np.abs(np.asarray(z, dtype=np.float64)) / np.sqrt(2.0)))


def false_discovery_rate(p: ArrayLike) -> NDArray[np.float64]:
    """Q values by Benjamini and Hochberg (1995), in the shape of p.

    q is the smallest false discovery rate at which the place would still be called. NaN in p is no test: it is not
    counted and stays NaN. The p values of neighbouring cells share incidents, so q inherits the limits of two_sided_p.
    Raises ValueError for p outside 0 to 1.
    """
    p_values = np.asarray(p, dtype=np.float64)
    tested = ~np.isnan(p_values)
    q = np.full(p_values.shape, np.nan)
    if tested.any():
        q[tested] = stats.false_discovery_control(p_values[tested])
    return q


def _standardise(
    total: NDArray[np.float64],
    neighbours: NDArray[np.float64],
    *,
    mean: NDArray[np.float64] | float,
    variance: NDArray[np.float64] | np.floating[Any],
    n: int,
    constant: NDArray[np.bool_] | np.bool_,
) -> NDArray[np.float64]:
    """(total - its expectation) / its standard deviation, NaN where there is nothing to compare with."""
    spread = variance * (n * neighbours - neighbours**2) / (n - 1)
    defined = (spread > 0) & ~constant
    z = np.full(total.shape, np.nan)
    np.divide(total - neighbours * mean, np.sqrt(spread, where=defined, out=np.ones_like(spread)), out=z, where=defined)
    return z


def _sum_of_nine(values: NDArray[np.float64]) -> NDArray[np.float64]:
    across = ndimage.correlate1d(values, [1.0, 1.0, 1.0], axis=0, mode="constant")
    return np.asarray(ndimage.correlate1d(across, [1.0, 1.0, 1.0], axis=1, mode="constant"))


def _others_equal(x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where all values but this one are the same: compared as values, as a variance near 0 may be rounding."""
    ordered = np.sort(x)
    least = np.where(x == ordered[0], ordered[1], ordered[0])
    most = np.where(x == ordered[-1], ordered[-2], ordered[-1])
    return np.asarray(least == most)
