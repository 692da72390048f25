"""Clusters of points by density (DBSCAN), and their shapes: hot spots without a grid."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from strategic_prosecution.hotspots.grid import finite_points

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

# Pairs of points looked at in one go: some 100 MB.
PAIRS = 2_000_000
# Height of a strip and side of a square in radii. Under the root of a half, so that any two points of a square are
# within the radius of each other; then nothing further than two strips away is within it.
STRIP = 0.7
SLACK = 1e-6
# Of a drawn circle, whose area is then 0.2 % short.
CORNERS = 64


@dataclass(frozen=True, eq=False)
class _Places:
    """Distinct points, strip by strip from the south and from west to east in each.

    weight: how much each counts for. strip, square: which strip, and which square of it. key: how far along the strips,
    laid end to end; room: from one strip to the same place in the next. south: of the first strip. slack: bounds are
    drawn wider or narrower by this, so that rounding never decides; distances do.
    """

    x: Doubles
    y: Doubles
    weight: Doubles
    strip: Integers
    square: Integers
    key: Doubles
    room: float
    south: float
    radius: float
    slack: float

    def only(self, which: Booleans | Integers) -> "_Places":
        """Some of the places, in the same order."""
        names = ("x", "y", "weight", "strip", "square", "key")
        return replace(self, **{name: getattr(self, name)[which] for name in names})


def cluster_points(
    x: ArrayLike, y: ArrayLike, *, radius_m: float, min_incidents: float, weights: ArrayLike | None = None
) -> Integers:
    """The cluster of each point, by DBSCAN (Ester, Kriegel, Sander and Xu 1996).

    x, y: one point per incident, metres in a projected CRS, no nulls. weights: how many incidents each point stands
    for, 0 or more; without them 1.
    A point is a core point when at least min_incidents lie within radius_m of it, itself and the limit included. Core
    points within radius_m of each other are in one cluster. Another point within radius_m of a core point is a border
    point and goes to the cluster of the nearest one (of equally near ones the southernmost, then westernmost), whereas
    scikit-learn gives it to the cluster it found first: everything else is as there. Clusters are numbered from 0 by
    incidents, descending, then by their southernmost and westernmost core point.
    Returns one number per point, -1 for a point in no cluster. The order of the rows makes no difference.

    Points of identical coordinates are one place that counts for all of them. Pairs of points are looked at a few
    million at a time, and only where counting by strips leaves a doubt, so memory grows with the points, not with how
    close they lie.
    Descriptive: no test, nothing random.
    Raises ValueError for nulls, negative weights, or a radius or min_incidents not above 0.
    """
    _, label, _, place_of_row = _clustered(x, y, radius_m=radius_m, min_incidents=min_incidents, weights=weights)
    return label[place_of_row]


def cluster_polygons(
    x: ArrayLike, y: ArrayLike, *, radius_m: float, min_incidents: float, weights: ArrayLike | None = None
) -> pd.DataFrame:
    """The clusters of cluster_points with their shapes.

    Arguments, method and errors: as cluster_points.
    Returns one row per cluster in ascending order of cluster: cluster (its number, 0 for the most incidents),
    incidents (all of its points; with weights their sum), core_incidents (those of its core points), area_m2, overlaps
    (number of other clusters whose shape overlaps this one) and geometry: all that lies within radius_m of a core point
    (shapely, CRS of the points; circles are drawn with 64 corners, so their areas are 0.2 % short). No nulls.
    Border points lie within the shape, but do not make it: where they are many, incidents over area_m2 is more than
    the core holds. Clusters are not merged where their shapes overlap: their core points are over radius_m apart, but
    may be less than twice that; then the areas do not add up.
    """
    places, label, core, _ = _clustered(x, y, radius_m=radius_m, min_incidents=min_incidents, weights=weights)
    members, cores = label[label >= 0], label[core]
    clusters = int(label.max(initial=-1)) + 1
    order = np.argsort(cores, kind="stable")
    points = shapely.points(places.x[core][order], places.y[core][order])
    starts = np.flatnonzero(np.diff(cores[order])) + 1
    parts = np.split(points, starts) if clusters else []
    shapes = [
        shapely.normalize(shapely.union_all(shapely.buffer(part, radius_m, quad_segs=CORNERS // 4))) for part in parts
    ]
    geometry = np.array(shapes, dtype=object)
    one, other = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    overlapping = (one != other) & ~shapely.touches(geometry[one], geometry[other])
    kind = np.int64 if weights is None else np.float64
    return pd.DataFrame(
        {
            "cluster": np.arange(clusters),
            "incidents": np.bincount(members, places.weight[label >= 0], clusters).astype(kind),
            "core_incidents": np.bincount(cores, places.weight[core], clusters).astype(kind),
            "area_m2": shapely.area(geometry),
            "overlaps": np.bincount(one[overlapping], minlength=clusters),
            "geometry": pd.Series(geometry, dtype=object),
        }
    )


def _clustered(
    x: ArrayLike, y: ArrayLike, *, radius_m: float, min_incidents: float, weights: ArrayLike | None
) -> tuple[_Places, Integers, Booleans, Integers]:
    """The distinct points, the cluster of each (-1 none), which are core, and the place of each row."""
    for name, value in (("radius_m", radius_m), ("min_incidents", min_incidents)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} is [{value}]; give a number above 0")
    places, place_of_row = _places(x, y, weights, radius=radius_m)
    core = _is_core(places, min_incidents)
    label = np.full(core.size, -1, dtype=np.int64)
    label[core] = _linked(places.only(core))
    label[~core] = _of_nearest(places.only(~core), places.only(core), label[core])
    return places, _numbered(places, label, core), core, place_of_row


def _places(x: ArrayLike, y: ArrayLike, weights: ArrayLike | None, *, radius: float) -> tuple[_Places, Integers]:
    """The distinct points, and which of them each row is."""
    xs, ys = finite_points(x, y)
    amount = np.ones(xs.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if amount.shape != xs.shape or not (np.isfinite(amount) & (amount >= 0)).all():
        raise ValueError("weights must be 0 or more, finite, and one for each point")
    west, south = (float(values.min(initial=np.inf)) for values in (xs, ys))
    side = STRIP * radius
    strip = np.floor((ys - south) / side).astype(np.int64)
    order = np.lexsort((amount, ys, xs, strip))
    xs, ys, strip = xs[order], ys[order], strip[order]
    new = np.ones(xs.size, dtype=np.bool_)
    new[1:] = (np.diff(xs) != 0) | (np.diff(ys) != 0)
    first = np.flatnonzero(new)
    place_of_row = np.empty(xs.size, dtype=np.int64)
    place_of_row[order] = np.cumsum(new) - 1
    x_first, strip_first = xs[first], strip[first]
    room = float(x_first.max(initial=west) - west) + 4 * radius if first.size else radius
    key = strip_first * room + (x_first - west)
    places = _Places(
        x=x_first,
        y=ys[first],
        weight=np.add.reduceat(amount[order], first) if first.size else amount,
        strip=strip_first,
        square=np.floor((x_first - west) / side).astype(np.int64),
        key=key,
        room=room,
        south=south,
        radius=radius,
        slack=SLACK * radius + 4 * float(np.spacing(key.max(initial=1.0))),
    )
    return places, place_of_row


def _is_core(places: _Places, least: float) -> Booleans:
    """Whether at least so much weight lies within the radius of each place.

    What certainly lies within it and what possibly does are sums over runs of places; only where the first is too
    little and the second enough are the pairs looked at.
    """
    before = np.append(0.0, np.cumsum(places.weight))
    certain, possible = np.zeros(places.x.size), np.zeros(places.x.size)
    for total, inner in ((certain, True), (possible, False)):
        for start, stop in _runs(places, places, inner=inner):
            total += before[stop] - before[start]
    # Sums of fractions differ in the last digits with the order of adding.
    rounding = before[-1] * 1e-9
    core: Booleans = certain >= least + rounding
    doubtful = np.flatnonzero(~core & (possible >= least - rounding))
    weight = np.zeros(doubtful.size)
    for one, other, _ in _pairs(places.only(doubtful), places):
        weight += np.bincount(one, places.weight[other], doubtful.size)
    core[doubtful] = weight >= least
    return core


def _runs(of: _Places, among: _Places, *, inner: bool) -> Iterator[tuple[Integers, Integers]]:
    """For each of five strips: the run of places (from, to) that may lie within the radius of each place.

    inner: the run of those that certainly do.
    """
    height = STRIP * of.radius
    for step in range(-2, 3):
        above = of.south + (of.strip + step) * height - of.y
        if inner:
            dy = np.maximum(np.abs(above), np.abs(above + height)) + of.slack
            reach = np.sqrt(np.maximum(of.radius**2 - dy**2, 0.0)) - of.slack
        else:
            dy = np.maximum(np.maximum(above, -(above + height)) - of.slack, 0.0)
            reach = np.where(dy <= of.radius, np.sqrt(np.maximum(of.radius**2 - dy**2, 0.0)) + of.slack, -1.0)
        middle = of.key + step * of.room
        start = np.searchsorted(among.key, middle - reach, side="left")
        stop = np.searchsorted(among.key, middle + reach, side="right")
        yield start, np.where(reach > 0, stop, start)


def _pairs(of: _Places, among: _Places) -> Iterator[tuple[Integers, Integers, Doubles]]:
    """Pairs of places within the radius, with their squared distance; all pairs of a place come together."""
    runs = list(_runs(of, among, inner=False))
    start, stop = (np.stack(ends, axis=1) for ends in zip(*runs, strict=True))
    for one, other in _listed(start, stop):
        squared = np.square(of.x[one] - among.x[other]) + np.square(of.y[one] - among.y[other])
        near = squared <= of.radius**2
        yield one[near], other[near], squared[near]


def _listed(start: Integers, stop: Integers) -> Iterator[tuple[Integers, Integers]]:
    """The members of runs (each row of start and stop has one or more), a few million at a time: row, member."""
    length = stop - start
    total = np.cumsum(length.sum(axis=1))
    cuts = np.searchsorted(total, np.arange(PAIRS, total[-1] if total.size else 0, PAIRS), side="right")
    edges = np.unique(np.concatenate([[0], cuts, [total.size]])).tolist()
    for begin, end in itertools.pairwise(edges):
        of_run = length[begin:end].ravel()
        row = np.repeat(np.arange(begin, end), length[begin:end].sum(axis=1))
        offset = start[begin:end].ravel() - (np.cumsum(of_run) - of_run)
        yield row, np.arange(row.size) + np.repeat(offset, of_run)


def _linked(core: _Places) -> Integers:
    """Which core points hang together: a number for each, the same within a cluster.

    Those of one square do, by its size. Most squares of a cluster are joined by looking, from each point, at the next
    one west and east in each strip. Of neighbouring squares still apart then, all pairs are looked at.
    """
    n = core.x.size
    if not n:
        return np.empty(0, dtype=np.int64)
    new = np.append(True, (np.diff(core.strip) != 0) | (np.diff(core.square) != 0))
    first = np.flatnonzero(new)
    square = np.cumsum(new) - 1
    links = [np.empty((2, 0), dtype=np.int64)]
    for step in range(-2, 3):
        at = np.searchsorted(core.key, core.key + step * core.room, side="right")
        for other in (np.maximum(at - 1, 0), np.minimum(at, n - 1)):
            near = np.square(core.x - core.x[other]) + np.square(core.y - core.y[other]) <= core.radius**2
            links.append(np.unique(np.stack([square[near], square[other[near]]]), axis=1))
    cluster = _components(links, first.size)
    links.append(_links_between_squares(core, first, cluster))
    return np.asarray(_components(links, first.size)[square])


def _links_between_squares(core: _Places, first: Integers, cluster: Integers) -> Integers:
    """Pairs of neighbouring squares, so far in two clusters, that have core points within the radius of each other."""
    last = np.append(first[1:], core.x.size)
    strip, square = core.strip[first], core.square[first]
    west, east = core.x[first], core.x[last - 1]
    south, north = np.minimum.reduceat(core.y, first), np.maximum.reduceat(core.y, first)
    width = int(square.max()) + 5
    key = strip * width + square
    found = []
    for up, right in [(0, 1), (0, 2), *itertools.product((1, 2), range(-2, 3))]:
        wanted = key + up * width + right
        at = np.minimum(np.searchsorted(key, wanted), key.size - 1)
        one = np.flatnonzero((key[at] == wanted) & (cluster[at] != cluster))
        found.append(np.stack([one, at[one]]))
    one, other = np.concatenate(found, axis=1)
    limit = core.radius**2
    linked = np.zeros(one.size, dtype=np.bool_)
    for pair, point in _listed(first[one][:, None], last[one][:, None]):
        to = other[pair]
        dx = np.maximum(np.maximum(west[to] - core.x[point], core.x[point] - east[to]), 0.0)
        dy = np.maximum(np.maximum(south[to] - core.y[point], core.y[point] - north[to]), 0.0)
        near = np.square(dx) + np.square(dy) <= limit
        pair, point = pair[near], point[near]
        for which, across in _listed(first[other[pair]][:, None], last[other[pair]][:, None]):
            squared = np.square(core.x[point[which]] - core.x[across]) + np.square(
                core.y[point[which]] - core.y[across]
            )
            linked[pair[which[squared <= limit]]] = True
    return np.stack([one[linked], other[linked]])


def _components(links: list[Integers], n: int) -> Integers:
    one, other = np.concatenate(links, axis=1)
    graph = sparse.coo_array((np.ones(one.size, dtype=np.int8), (one, other)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _of_nearest(of: _Places, core: _Places, label: Integers) -> Integers:
    """The label of the nearest core point within the radius of each place, -1 without one."""
    nearest = np.full(of.x.size, -1, dtype=np.int64)
    for one, other, squared in _pairs(of, core):
        order = np.lexsort((core.x[other], core.y[other], squared, one))
        place, at = np.unique(one[order], return_index=True)
        nearest[place] = label[other[order[at]]]
    return nearest


def _numbered(places: _Places, label: Integers, core: Booleans) -> Integers:
    """The labels renamed to 0, 1, 2, ... by incidents, descending, then southernmost and westernmost core point."""
    if not core.any():
        return label
    member = label >= 0
    incidents = np.bincount(label[member], places.weight[member])
    corner = np.flatnonzero(core)[np.lexsort((places.x[core], places.y[core]))]
    _, at = np.unique(label[corner], return_index=True)
    number = np.empty(incidents.size, dtype=np.int64)
    number[np.lexsort((places.x[corner[at]], places.y[corner[at]], -incidents))] = np.arange(incidents.size)
    return np.where(member, number[label], -1)
