"""Streets and areas as units to count on, beside the squares of a grid."""

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from strategic_prosecution.hotspots.gi_star import Weights, false_discovery_rate, gi_star, two_sided_p
from strategic_prosecution.hotspots.grid import finite_points

# Units closer than this touch: layers are drawn to the decimetre at best.
_TOUCH_M = 0.5
# Distances that differ by less are one distance: a crossing and the streets that end there.
_TIE_M = 0.1

Shapes = NDArray[np.object_]


def assign_segments(x: ArrayLike, y: ArrayLike, segments: Shapes, *, max_distance_m: float) -> NDArray[np.int64]:
    """The nearest segment of each point as its position in `segments`, -1 for none within max_distance_m.

    x, y: metres in the CRS of the segments, no nulls. segments: shapely lines; crossings may stand among them as
    points. Of segments within 0.1 m of the nearest distance the first is taken. An incident placed *on* a crossing lies
    on every street that ends there, and giving it to any one of them makes a hot segment of whichever comes first: put
    crossings as points in front of the lines, and they keep what happened on them.
    Raises ValueError when a coordinate is missing or infinite.
    """
    points, point_of = _distinct(x, y)
    found = np.full(len(points), -1, dtype=np.int64)
    if len(points) and len(segments):
        tree = shapely.STRtree(segments)
        (near, _), distance = tree.query_nearest(
            points, max_distance=max_distance_m, return_distance=True, all_matches=False
        )
        point, segment = tree.query(points[near], predicate="dwithin", distance=distance + _TIE_M)
        found[near] = _first_of_each(point, segment, len(near))
    return found[point_of]


def assign_polygons(x: ArrayLike, y: ArrayLike, polygons: Shapes) -> NDArray[np.int64]:
    """The polygon each point lies in as its position in `polygons`, -1 for none; on a border the first.

    x, y: metres in the CRS of the polygons, no nulls. Raises ValueError when a coordinate is missing or infinite.
    """
    points, point_of = _distinct(x, y)
    point, polygon = shapely.STRtree(polygons).query(points, predicate="intersects")
    return _first_of_each(point, polygon, len(points))[point_of]


def touching_segments(segments: Shapes) -> sparse.csr_array[Any]:
    """Weights between segments that have an end within 0.5 m of each other: CSR, binary, nothing on the diagonal.

    segments: shapely lines (of several parts: the ends of each), and crossings as points, which are their own ends.
    Streets that cross on a bridge share no end and are no neighbours.
    """
    parts, owner = shapely.get_parts(segments, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    begins = np.diff(part, prepend=-1) > 0
    ends = np.flatnonzero(begins | np.diff(part, append=len(parts)) > 0)
    if not len(ends):
        return _weights(np.empty((0, 2), dtype=np.int64), len(segments))
    pairs = cKDTree(xy[ends]).query_pairs(_TOUCH_M, output_type="ndarray")
    return _weights(owner[part[ends]][pairs], len(segments))


def touching_areas(polygons: Shapes) -> sparse.csr_array[Any]:
    """Weights between polygons that share a border or a corner, within 0.5 m: CSR, binary, empty diagonal."""
    pairs = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=_TOUCH_M)
    return _weights(pairs.T, len(polygons))


def find_hot_units(
    unit: ArrayLike,
    age: ArrayLike,
    weights: Weights,
    *,
    window_days: int,
    min_incidents: int = 5,
    q_value: float = 0.05,
) -> pd.DataFrame:
    """Count incidents by unit in a window and the one before, and say where they concentrate.

    unit: position of the unit of each incident, -1 for none (not counted). age: whole days before the last day of the
    window, 0 for that day itself; incidents after it (below 0) are never read. weights: between all units, as of
    touching_segments: units without an incident count as 0.
    Returns one row per unit with an incident in the window in order of rank: unit, rank (from 1; by incidents, then
    incidents_previous, then position), incidents, incidents_previous (the window of equal length just before), z (Gi*
    among the units that touch), p_value (two-sided), q_value (Benjamini-Hochberg over all units; all three NaN where
    Gi* is undefined) and is_hot (min_incidents at least, z above 0 and
    q_value at most the one given).

    Counts, not rates: a long segment or a large area holds more. p and q are descriptive, as in find_hot_spots.
    Raises ValueError for window_days below 1 or arrays of different length.
    """
    if window_days < 1:
        raise ValueError(f"window_days is [{window_days}]; give a whole number of at least 1")
    place, days = np.asarray(unit, dtype=np.int64), np.asarray(age, dtype=np.int64)
    if place.shape != days.shape:
        raise ValueError(f"[{place.size}] units but [{days.size}] ages; give one of each per incident")
    units = weights.shape[0]
    recent = (place >= 0) & (days >= 0) & (days < window_days)
    earlier = (place >= 0) & (days >= window_days) & (days < 2 * window_days)
    count = np.bincount(place[recent], minlength=units)
    before = np.bincount(place[earlier], minlength=units)
    z = gi_star(count, weights)
    p = two_sided_p(z)
    q = false_discovery_rate(p)
    order = np.lexsort((np.arange(units), -before, -count))
    order = order[count[order] > 0]
    return pd.DataFrame(
        {
            "unit": order,
            "rank": np.arange(1, order.size + 1),
            "incidents": count[order],
            "incidents_previous": before[order],
            "z": z[order],
            "p_value": p[order],
            "q_value": q[order],
            "is_hot": (count[order] >= min_incidents) & (z[order] > 0) & (q[order] <= q_value),
        }
    )


def _distinct(x: ArrayLike, y: ArrayLike) -> tuple[Shapes, NDArray[np.int64]]:
    """The different points, and which of them each point is: a million incidents lie in some ten thousand places."""
    xs, ys = finite_points(x, y)
    places, place_of = np.unique(xs + 1j * ys, return_inverse=True)
    return np.atleast_1d(shapely.points(places.real, places.imag)), place_of


def _first_of_each(point: NDArray[np.int64], shape: NDArray[np.int64], points: int) -> NDArray[np.int64]:
    first = np.full(points, np.iinfo(np.int64).max)
    np.minimum.at(first, point, shape)
    return np.where(first == np.iinfo(np.int64).max, -1, first)


def _weights(pairs: NDArray[np.int64], units: int) -> sparse.csr_array[Any]:
    one, other = pairs[pairs[:, 0] != pairs[:, 1]].T
    rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
    weights = sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=(units, units))
    weights.sum_duplicates()
    weights.data[:] = 1.0
    return weights
