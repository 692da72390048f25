"""The local Gi and Gi* statistics in closed form, their chance by permutation, and what to call of them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage, sparse, special, stats

Weights = sparse.csr_array[Any] | sparse.csr_matrix[Any]

# Numbers held at once while permutations are drawn.
_DRAWN_AT_ONCE = 4_000_000
# Sums that differ by less than this share of the largest value are one sum, added up in another order.
_ROUNDING = 1e-10


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
    x, w = binary_weights(values, weights)
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
    x, inside = _grid_counts(counts, mask)
    cells = x[inside]
    n = cells.size
    if n < 2:
        return np.full(x.shape, np.nan)
    # Sums of whole counts are exact in doubles, so cells with equal surroundings get equal z, to the bit.
    total = _sum_of_nine(x)
    neighbours = _sum_of_nine(inside.astype(np.float64))
    mean = float(cells.mean())
    z = _standardise(total, neighbours, mean=mean, variance=cells.var(), n=n, constant=np.ptp(cells) == 0)
    return np.where(inside, z, np.nan)


def gi_star_permutation(
    values: ArrayLike, weights: Weights, *, permutations: int = 999, seed: int
) -> NDArray[np.float64]:
    """Two-sided p of the local Gi* (and Gi) of each place by conditional permutation.

    values, weights: as gi_star. permutations: how many times the neighbours of a place are drawn, at least 1.
    Null hypothesis: the place keeps its own value, its k neighbours are any k of the other places, drawn without
    replacement. The own value is on both sides of the comparison, so Gi and Gi* have one p, and it is about the
    surroundings alone: a busy place among quiet ones has no small p here, whatever its z.
    p is twice the smaller of (r + 1) / (permutations + 1), r the draws with a sum at least, or at most, the observed
    one; never above 1. esda's p_sim (up to 2.9) is the smaller tail alone and leaves equal sums out of the lower one.
    Returns n doubles, NaN where undefined: no neighbours, all others neighbours, or all others equal. All places share
    the draws, as in esda: p values of places are not independent. Memory is bounded; the same seed gives the same p.
    Method: conditional randomisation after Anselin (1995), LISA.
    Raises ValueError as gi_star, and for permutations below 1.
    """
    if permutations < 1:
        raise ValueError(f"permutations is [{permutations}]; give at least 1")
    x, w = binary_weights(values, weights)
    n = x.size
    if n < 3:
        return np.full(n, np.nan)
    own = w.diagonal()
    neighbours = (w @ np.ones(n) - own).astype(np.int64)
    around = w @ x - own * x
    defined = (neighbours > 0) & (neighbours < n - 1) & ~_others_equal(x)
    most = int(neighbours[defined].max(initial=0))
    # A place is never its own neighbour; one draw more than it needs stands in where it drew itself.
    block = max(_DRAWN_AT_ONCE // (most + 1), 1)
    random = np.random.default_rng(seed)
    at_least, at_most = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    rounding = _ROUNDING * float(np.abs(x).max())
    for start in range(0, permutations, block):
        turns = range(start, min(start + block, permutations))
        drawn = np.stack([random.choice(n, size=most + 1, replace=False) for _ in turns])
        at_least += _draws_at_least(x, around - rounding, neighbours, drawn)
        at_most += _draws_at_least(-x, -around - rounding, neighbours, drawn)
    p = np.minimum(2 * (np.minimum(at_least, at_most) + 1) / (permutations + 1), 1.0)
    return np.where(defined, p, np.nan)


def gi_star_exact(
    counts: ArrayLike, mask: NDArray[np.bool_] | None = None, *, where: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Two-sided p of Gi* of every cell by all conditional permutations at once: nothing is simulated.

    counts: two-dimensional, whole numbers, 0 or more. mask: as gi_star_grid. where: same shape, the cells whose p is
    wanted (all of the mask by default); all cells of the mask are drawn from either way.
    Null hypothesis and sidedness: as gi_star_permutation, of which this is the limit: the cell keeps its own count, its
    queen neighbours are drawn from the other cells without replacement. With whole counts their sum takes few values,
    and the ways to reach each follow from how many cells hold how much.
    Returns p in the shape of counts, accurate to about 1e-15, NaN outside the mask and `where` and where undefined (no
    neighbours, all other cells neighbours, or all others equal). Time and memory grow with the number of different
    counts and with the largest sum of neighbours asked for, not with the number of cells.
    Raises ValueError as gi_star_grid, and for counts that are not whole or below 0.
    """
    x, inside = _grid_counts(counts, mask)
    if ((x < 0) | (x != np.floor(x))).any():
        raise ValueError("counts are not all whole numbers of 0 or more; use gi_star_permutation for other values")
    wanted = inside if where is None else np.asarray(where, dtype=np.bool_)
    if wanted.shape != x.shape:
        raise ValueError(f"where has shape [{wanted.shape}], counts [{x.shape}]; give both on one grid")
    asked = inside & wanted
    p = np.full(x.shape, np.nan)
    if not asked.any():
        return p
    own = x[asked].astype(np.int64)
    around = (_sum_of_nine(x) - x)[asked].astype(np.int64)
    neighbours = (_sum_of_nine(inside.astype(np.float64)) - 1)[asked].astype(np.int64)
    count, cells = np.unique(x[inside].astype(np.int64), return_counts=True)
    ways = _ways_to_draw(count, cells, most=int(neighbours.max()), top=int(around.max()))
    chance = np.empty(own.size)
    for value in np.unique(own):
        at = np.flatnonzero(own == value)
        others = _ways_without(ways, int(value))
        lower, upper = np.cumsum(others, axis=1), np.cumsum(others[:, ::-1], axis=1)[:, ::-1]
        draw, total = neighbours[at], lower[neighbours[at], -1]
        below, above = lower[draw, around[at]] / total, upper[draw, around[at]] / total
        certain = np.minimum(below, above) > 1 - _ROUNDING
        chance[at] = np.where(certain, np.nan, np.minimum(2 * np.minimum(below, above), 1.0))
    p[asked] = chance
    return p


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


def binary_weights(values: ArrayLike, weights: Weights) -> tuple[NDArray[np.float64], sparse.csr_array[Any]]:
    """Values as doubles and weights as one double per pair; ValueError unless they fit and the weights are 0 or 1."""
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or not np.isfinite(x).all():
        raise ValueError(f"values of shape [{x.shape}] must be one-dimensional and finite; fill or leave out the nulls")
    w = sparse.csr_array(weights, copy=True).astype(np.float64)
    w.sum_duplicates()
    if w.shape != (x.size, x.size):
        raise ValueError(f"weights have shape [{w.shape}]; [{x.size}] values need [{x.size} x {x.size}]")
    if not np.isin(w.data, (0.0, 1.0)).all():
        raise ValueError("weights are not all 0 or 1; give binary weights, not row-standardised ones")
    return x, w


def _grid_counts(counts: ArrayLike, mask: NDArray[np.bool_] | None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Counts as doubles, 0 outside the mask, and the mask."""
    x = np.asarray(counts, dtype=np.float64)
    if x.ndim != 2:
        raise ValueError(f"counts have shape [{x.shape}]; give a two-dimensional array")
    inside = np.ones(x.shape, dtype=np.bool_) if mask is None else np.asarray(mask, dtype=np.bool_)
    if inside.shape != x.shape:
        raise ValueError(f"mask has shape [{inside.shape}], counts [{x.shape}]; give both on one grid")
    if not np.isfinite(x[inside]).all():
        raise ValueError("counts hold nulls or infinities inside the mask; a cell without incidents is 0")
    return np.where(inside, x, 0.0), inside


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


def _draws_at_least(
    x: NDArray[np.float64],
    threshold: NDArray[np.float64],
    neighbours: NDArray[np.int64],
    drawn: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Of how many rows of `drawn` the sum of a place's draws reaches its threshold.

    A row is one draw of different places in random order; a place with k neighbours takes the first k. Where it is
    among these itself, the next one stands in: any k of the others are as likely then.
    """
    value = x[drawn]
    sums = np.concatenate([np.zeros((len(drawn), 1)), np.cumsum(value[:, :-1], axis=1)], axis=1)
    reached = np.zeros(x.size, dtype=np.int64)
    for k in np.unique(neighbours[neighbours < drawn.shape[1]]):
        at = np.flatnonzero(neighbours == k)
        reached[at] = len(drawn) - np.searchsorted(np.sort(sums[:, k]), threshold[at], side="left")
    row, position = np.nonzero(np.arange(drawn.shape[1]) < neighbours[drawn])
    place = drawn[row, position]
    k = neighbours[place]
    inside = k < drawn.shape[1]
    row, place, k = row[inside], place[inside], k[inside]
    with_itself = sums[row, k]
    instead = with_itself - x[place] + value[row, k]
    change = (instead >= threshold[place]).astype(np.int64) - (with_itself >= threshold[place])
    np.add.at(reached, place, change)
    return reached


def _ways_to_draw(count: NDArray[np.int64], cells: NDArray[np.int64], *, most: int, top: int) -> NDArray[np.float64]:
    """In how many ways so many cells (row, up to most) hold so much together (column); the last one: more than top.

    The coefficients of the generating function, the product of (1 + t * z^count) over all cells.
    """
    ways = np.zeros((most + 1, top + 2))
    ways[0, 0] = 1.0
    for value, alike in zip(count.tolist(), cells.tolist(), strict=True):
        before = ways
        ways = before.copy()
        for chosen in range(1, min(most, alike) + 1):
            ways[chosen:] += special.comb(alike, chosen) * _moved(before[: most + 1 - chosen], chosen * value)
    return ways


def _ways_without(ways: NDArray[np.float64], value: int) -> NDArray[np.float64]:
    """The ways of `_ways_to_draw` that leave out one cell of this count: its factor divided out again."""
    others = ways.copy()
    for row in range(1, len(ways)):
        others[row] -= _moved(others[row - 1 : row], value)[0]
    # Differences of nearly equal numbers may fall below 0 by rounding.
    return np.maximum(others, 0.0)


def _moved(ways: NDArray[np.float64], by: int) -> NDArray[np.float64]:
    """Every sum higher by so much; what exceeds the last column is gathered there."""
    moved = np.zeros_like(ways)
    last = ways.shape[1] - 1
    stay = max(last - by, 0)
    moved[:, last - stay : last] = ways[:, :stay]
    moved[:, last] = ways[:, stay:].sum(axis=1)
    return moved
