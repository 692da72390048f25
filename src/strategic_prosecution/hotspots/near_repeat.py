"""Near repeats: whether one incident makes another nearby, soon after, more likely; and which follow each other."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from strategic_prosecution.hotspots.dates import timestamps
from strategic_prosecution.hotspots.grid import finite_points

# Pairs looked at together: bounds the memory, whatever the number of incidents.
PAIRS_AT_ONCE = 2_000_000
# Rounding in the last digits of a coordinate must not decide whether two points are 100 m apart.
DECIMALS = 6
_MINKOWSKI = {"euclidean": 2.0, "manhattan": 1.0}


def near_repeat(
    x: ArrayLike,
    y: ArrayLike,
    day: ArrayLike,
    *,
    distance_bands: Sequence[float],
    time_bands: Sequence[int],
    permutations: int = 999,
    seed: int,
    metric: Literal["euclidean", "manhattan"] = "euclidean",
) -> pd.DataFrame:
    """Count the pairs of incidents by distance and days apart, and compare with the same days dealt out at random.

    x, y: metres, one point per incident. day: local calendar days (datetime64 or dates) or whole numbers. No nulls. One
    row per incident: an incident that is there twice is a near repeat of itself. distance_bands (metres) and time_bands
    (whole days) are the upper ends, ascending. A band is closed above: (previous, this]; the first starts at 0 and
    holds it. Tables whose bands are open above ([previous, this)) hold other counts. Distances are rounded to a
    micrometre first.

    Returns one row per distance band and time band: distance_from, distance_to, time_from, time_to, observed (pairs),
    expected (mean over the permutations), knox_ratio (observed / expected), p_value (one-sided: as many pairs or more
    by chance, (r + 1) / (permutations + 1)). knox_ratio is NaN where nothing is expected; p_value where no pair of
    incidents is in the distance band, however far apart in time.

    Null hypothesis: places and days are unrelated. Days are permuted over places, so that busy places and busy days
    stay what they are (Knox 1964; permutation as in Ratcliffe's Near Repeat Calculator). A p value is for one band: of
    twelve bands one in two tables shows p <= 0.05 somewhere by chance. Addresses geocoded to one point per block put
    neighbours at distance 0: the first band then means the same block, not the same door. One shooting recorded under
    a number for each victim fills the first band of both as well: join such rows first.
    The order of the rows makes no difference. Memory grows with the incidents, not with the pairs.
    Raises ValueError for nulls, bands that do not ascend, or permutations below 1.
    """
    distances = _ascending(distance_bands, what="distance_bands")
    times = _ascending(time_bands, what="time_bands")
    if (times != np.floor(times)).any():
        raise ValueError(f"time_bands {list(time_bands)} must be whole days")
    if permutations < 1:
        raise ValueError(f"permutations is [{permutations}]; give at least 1")
    xs, ys, days = _sorted_events(x, y, day)
    days = (days - days.min(initial=0)).astype(np.int32)
    # The band of every number of days there is; one past the last where it is in none.
    band_of_days = np.searchsorted(times, np.arange(np.ptp(days) + 1 if days.size else 1)).astype(np.int64)
    longest = np.int32(times[-1])

    # The first row is as observed, the others permuted.
    counts = np.zeros((permutations + 1, distances.size, times.size), dtype=np.int64)
    ever = np.zeros(distances.size, dtype=np.int64)
    for first, second, distance in _close_pairs(xs, ys, distances[-1], metric=metric):
        offset = np.searchsorted(distances, distance) * (times.size + 1)
        ever += np.bincount(offset // (times.size + 1), minlength=distances.size)
        for number in range(permutations + 1):
            dealt = days if number == 0 else np.random.default_rng([seed, number]).permutation(days)
            apart = np.abs(dealt[first] - dealt[second])
            soon = np.flatnonzero(apart <= longest)
            found = np.bincount(
                offset[soon] + band_of_days[apart[soon]], minlength=distances.size * (times.size + 1)
            ).reshape(distances.size, times.size + 1)
            counts[number] += found[:, : times.size]

    observed, permuted = counts[0], counts[1:]
    expected = permuted.mean(axis=0)
    ratio = np.full(expected.shape, np.nan)
    np.divide(observed, expected, out=ratio, where=expected > 0)
    p_value = ((permuted >= observed).sum(axis=0) + 1) / (permutations + 1)
    p_value[ever == 0] = np.nan
    whole = times.astype(np.int64)
    return pd.DataFrame(
        {
            "distance_from": np.repeat(np.append(0.0, distances[:-1]), times.size),
            "distance_to": np.repeat(distances, times.size),
            "time_from": np.tile(np.append(0, whole[:-1]), distances.size),
            "time_to": np.tile(whole, distances.size),
            "observed": observed.ravel(),
            "expected": expected.ravel(),
            "knox_ratio": ratio.ravel(),
            "p_value": p_value.ravel(),
        }
    )


def near_repeat_chains(
    x: ArrayLike, y: ArrayLike, day: ArrayLike, *, distance_m: float, days: int, closed: bool = True
) -> NDArray[np.int64]:
    """Label the incidents that hang together: each within distance_m and days of another one of its chain.

    x, y: metres, one point per incident. day: local calendar days or whole numbers. No nulls. closed: at most
    distance_m and days apart; False: less than both (the rule of near_strings in ptools).
    Returns one label per incident in the order given; chains are numbered from 0 in the order of their first days. An
    incident without near repeat is a chain of one. A chain may be longer than days and wider than distance_m; there is
    no limit to the number of neighbours.

    Descriptive: nothing is random, nothing is tested. Memory grows with the incidents, not with the pairs.
    Raises ValueError for nulls, distance_m not above 0, days below 0 (below 1 unless closed).
    """
    if not (np.isfinite(distance_m) and distance_m > 0 and days >= (0 if closed else 1)):
        raise ValueError(
            f"distance_m is [{distance_m}], days is [{days}]; give metres above 0 and days of at least "
            f"{0 if closed else 1}"
        )
    xs, ys = finite_points(x, y)
    numbers = day_numbers(day, size=xs.size)
    # Incidents of one day at one point are one node: ten thousand at one address are no hundred million pairs.
    nodes, node_of = np.unique(np.column_stack([numbers, xs, ys]), axis=0, return_inverse=True)
    node_of = node_of.ravel()
    when = nodes[:, 0]
    # Time as a third dimension, on a scale on which `days` lie inside the distance and a day more lies outside.
    scaled = np.column_stack([nodes[:, 1], nodes[:, 2], (when - when.min(initial=0)) * (distance_m / (days + 0.5))])
    label: NDArray[Any] = np.arange(len(nodes))
    for first, second in _pairs(scaled, distance_m, p=np.inf):
        distance = _distance(nodes[:, 1], nodes[:, 2], first, second, metric="euclidean")
        apart = np.abs(when[first] - when[second])
        linked = (distance <= distance_m) & (apart <= days) if closed else (distance < distance_m) & (apart < days)
        edges = np.ones(np.count_nonzero(linked), dtype=np.bool_)
        graph = sparse.coo_array((edges, (label[first[linked]], label[second[linked]])), shape=(len(nodes), len(nodes)))
        label = csgraph.connected_components(graph, directed=False)[1][label]
    # The nodes are in order of their days, so the first of each label is its earliest.
    _, earliest, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(earliest.size, dtype=np.int64)
    rank[np.argsort(earliest)] = np.arange(earliest.size)
    return rank[inverse.ravel()][node_of]


def day_numbers(day: ArrayLike, *, size: int) -> NDArray[np.int64]:
    """Days as whole numbers: calendar days since 1970, whole numbers as they are. ValueError for nulls or fractions."""
    values = pd.Series(day)
    if pd.api.types.is_numeric_dtype(values.dtype):
        whole = values.to_numpy(dtype=np.float64)
        if not (np.isfinite(whole) & (whole == np.floor(whole))).all():
            raise ValueError("days hold nulls or fractions; give whole days and leave out incidents without one")
        numbers = whole.astype(np.int64)
    else:
        dates = timestamps(values)
        if dates.isna().any():
            raise ValueError(
                f"[{int(dates.isna().sum())}] of [{dates.size}] incidents have no day; leave them out first"
            )
        numbers = dates.to_numpy().astype("datetime64[D]").astype(np.int64)
    if numbers.size != size:
        raise ValueError(f"[{size}] places but [{numbers.size}] days; give one day per incident")
    return numbers


def _ascending(bands: Sequence[float], *, what: str) -> NDArray[np.float64]:
    upper = np.asarray(bands, dtype=np.float64)
    if upper.ndim != 1 or not upper.size or not np.isfinite(upper).all() or upper[0] < 0 or (np.diff(upper) <= 0).any():
        raise ValueError(f"{what} {list(bands)} must be upper ends that ascend, from 0 or more")
    return upper


def _sorted_events(
    x: ArrayLike, y: ArrayLike, day: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    xs, ys = finite_points(x, y)
    days = day_numbers(day, size=xs.size)
    order = np.lexsort((days, ys, xs))
    return xs[order], ys[order], days[order]


def _close_pairs(
    x: NDArray[np.float64], y: NDArray[np.float64], farthest: float, *, metric: Literal["euclidean", "manhattan"]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    for first, second in _pairs(np.column_stack([x, y]), farthest, p=_MINKOWSKI[metric]):
        distance = _distance(x, y, first, second, metric=metric)
        close = distance <= farthest
        yield first[close], second[close], distance[close]


def _pairs(
    points: NDArray[np.float64], farthest: float, *, p: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """All pairs (first < second) at most farthest apart, and some a hair farther, in blocks of bounded size."""
    if not len(points):
        return
    # The tree rounds as well: what lies on the bound is decided on the distances.
    reach = farthest + 2 * 10.0**-DECIMALS
    tree = cKDTree(points)
    neighbours = np.cumsum(tree.query_ball_point(points, reach, p=p, return_length=True))
    if neighbours[-1] <= 2 * PAIRS_AT_ONCE:
        pairs = np.sort(tree.query_pairs(reach, p=p, output_type="ndarray"), axis=1)
        # In order of the first, its day is fetched from next door.
        pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
        yield np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
        return
    start = 0
    while start < len(points):
        before = neighbours[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(neighbours, before + PAIRS_AT_ONCE, side="right")))
        found = cKDTree(points[start:stop]).sparse_distance_matrix(tree, reach, p=p, output_type="ndarray")
        first, second = found["i"] + start, found["j"]
        ahead = first < second
        yield first[ahead], second[ahead]
        start = stop


def _distance(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    *,
    metric: Literal["euclidean", "manhattan"],
) -> NDArray[np.float64]:
    across, along = x[first] - x[second], y[first] - y[second]
    apart = np.hypot(across, along) if metric == "euclidean" else np.abs(across) + np.abs(along)
    return np.asarray(np.round(apart, DECIMALS))
