"""Hundred-blocks: where 1200 BLOCK OF N BROAD ST is.

A block is no segment: nearly half of all hundred-blocks run over several, and some layers have none but points.
"""

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# A park, a railway or a house without an address may part a block; two blocks of one name are farther apart.
_APART_M = 200.0
# Points stand in yards and courts, farther from each other than segments that continue a street.
_POINTS_APART_M = 500.0
_HOUSE_M = 10.0
_HOUSE_APART_M = 300.0
# Pieces that together hold the block's numbers more often than this lie beside, not behind each other.
_COVERED_TWICE = 1.5


def hundred_blocks(
    *,
    sides: pd.DataFrame,
    buckets: pd.DataFrame,
    segment_ids: NDArray[np.object_],
    lines: NDArray[np.object_],
    points: pd.DataFrame,
) -> pd.DataFrame:
    """The middle of every hundred-block of a layer: street_id, hundred, x, y, uncertainty_m, reference_id.

    Where any segment of the street has a number in the hundred, on either side, the block is the run of those
    segments, cut to that hundred, laid end to end in the order of their numbers, and halved by length; elsewhere it is
    amid the street's address points of that hundred. Carriageways lie beside each other: there it is the middle of all
    pieces by their length. Pieces more than 200 m apart are several blocks of one name, one row each; so are points
    more than 500 m apart in the order of their numbers. Units: metres of the layer's CRS; uncertainty_m is half the
    run's length or the distance of its farthest end, or point, at least 10 m. reference_id: the segment that holds the
    middle, or the block's first point. Ordered by street, hundred, x, y.
    """
    on_segments = _on_segments(sides, buckets, segment_ids, lines)
    points = points.assign(hundred=points["number"] // 100 * 100)
    known = on_segments[["street_id", "hundred"]].drop_duplicates().assign(known=True)
    points = points.merge(known, on=["street_id", "hundred"], how="left")
    parts = [on_segments, _amid_points(points[points["known"].isna()].drop(columns="known"))]
    blocks = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return blocks.sort_values(["street_id", "hundred", "x", "y"], ignore_index=True)


def one_house(points: pd.DataFrame) -> pd.DataFrame:
    """One row per street and number: buildings of one number are one house, amid them, if 300 m hold them all.

    `points`: point_id, street_id, number, x, y. Adds uncertainty_m, the farthest building's distance from the middle,
    at least 10 m. Numbers whose points lie farther apart keep one row each: a mistake in the layer, or two places.
    """
    points = points.sort_values(["street_id", "number", "x", "y", "point_id"], ignore_index=True)
    new = (points[["street_id", "number"]].diff() != 0).any(axis=1).to_numpy()
    xy = points[["x", "y"]].to_numpy(dtype=float)
    if len(points):
        first = np.flatnonzero(new)
        low, high = np.minimum.reduceat(xy, first), np.maximum.reduceat(xy, first)
        size = np.diff(first, append=len(points))
        # Judged by the row, so that the points of a number that is in two places start a house each.
        new = new | np.repeat(np.hypot(*(high - low).T) > _HOUSE_APART_M, size)
        first = np.flatnonzero(new)
        size = np.diff(first, append=len(points))
        middle = np.add.reduceat(xy, first) / size[:, None]
        away = np.maximum.reduceat(np.hypot(*(xy - np.repeat(middle, size, axis=0)).T), first)
        points = points.iloc[first].assign(x=middle[:, 0], y=middle[:, 1], uncertainty_m=np.maximum(away, _HOUSE_M))
        return points.reset_index(drop=True)
    return points.assign(uncertainty_m=pd.Series(dtype=float))


def _on_segments(
    sides: pd.DataFrame, buckets: pd.DataFrame, segment_ids: NDArray[np.object_], lines: NDArray[np.object_]
) -> pd.DataFrame:
    """Blocks by their segments: cut to the hundred, laid end to end in the order of their numbers, halved by length."""
    sides = sides.iloc[buckets["side"].to_numpy()].reset_index(drop=True)
    pieces = buckets[["street_id", "hundred"]].reset_index(drop=True)
    pieces["segment"] = sides["segment"]
    pieces["low"] = np.maximum(sides["low"], pieces["hundred"])
    top = np.minimum(sides["high"], pieces["hundred"] + 99)
    # The numbers at the line's two ends, which one range of several does not reach.
    lowest = sides[["start", "end"]].min(axis=1)
    span = (sides["start"] - sides["end"]).abs().to_numpy(dtype=float)
    first = np.divide(pieces["low"] - lowest, span, out=np.zeros(len(pieces)), where=span > 0)
    last = np.divide(top - lowest, span, out=np.ones(len(pieces)), where=span > 0)
    rising = (sides["start"] <= sides["end"]).to_numpy()
    pieces["from_start"] = np.where(rising, first, 1 - last)
    pieces["to_end"] = np.where(rising, last, 1 - first)
    pieces["rising"] = np.where(rising, span, -span)
    by = ["street_id", "hundred", "segment"]
    pieces = (
        pieces.assign(top=top)
        .groupby(by, as_index=False)
        .agg(
            low=("low", "min"),
            top=("top", "max"),
            from_start=("from_start", "min"),
            to_end=("to_end", "max"),
            rising=("rising", "sum"),
        )
    )
    segment = pieces["segment"].to_numpy()
    whole = shapely.length(lines[segment])
    pieces["begin"], pieces["finish"] = pieces["from_start"] * whole, pieces["to_end"] * whole
    pieces["run"] = _runs(pieces, lines[segment])
    # In the order of the numbers in the middle of each piece: the two carriageways of a divided street interleave.
    pieces["middle"] = pieces["low"] + pieces["top"]
    return _halved(pieces.sort_values(["run", "middle", "segment"], ignore_index=True), segment_ids, lines)


def _runs(pieces: pd.DataFrame, lines: NDArray[np.object_]) -> NDArray[np.int64]:
    """Run of each piece: pieces of one block whose ends come close to each other, numbered in block order."""
    begin = shapely.line_interpolate_point(lines, pieces["begin"].to_numpy())
    finish = shapely.line_interpolate_point(lines, pieces["finish"].to_numpy())
    block = pieces.groupby(["street_id", "hundred"]).ngroup()
    pairs = pd.DataFrame({"block": block, "row": np.arange(len(pieces))})
    pairs = pairs.merge(pairs, on="block")
    one, other = pairs["row_x"].to_numpy(), pairs["row_y"].to_numpy()
    ends = ((begin, begin), (begin, finish), (finish, begin), (finish, finish))
    near = np.min([shapely.distance(a[one], b[other]) for a, b in ends], axis=0) <= _APART_M
    graph = coo_array((np.ones(near.sum()), (one[near], other[near])), shape=(len(pieces), len(pieces)))
    component = connected_components(graph, directed=False)[1]
    return pd.factorize(component)[0].astype(np.int64)


def _halved(pieces: pd.DataFrame, segment_ids: NDArray[np.object_], lines: NDArray[np.object_]) -> pd.DataFrame:
    """The point at half the length of each run; where its pieces lie beside each other, the middle of them all."""
    run = pieces["run"].to_numpy()
    length = (pieces["finish"] - pieces["begin"]).to_numpy()
    total = np.bincount(run, weights=length)
    first = np.concatenate([[True], run[1:] != run[:-1]]) if len(run) else np.zeros(0, dtype=bool)
    before = np.cumsum(length) - length
    before -= before[first][run]
    half = total[run] / 2
    # Half may fall on a joint of two segments; the earlier one is taken. A micrometre covers the rounding of the sums.
    holds = (before - 1e-6 <= half) & (half <= before + length + 1e-6)
    at = pd.Series(np.flatnonzero(holds)).groupby(run[holds]).min().to_numpy()
    ahead = np.clip(half[at] - before[at], 0, length[at])
    chosen = pieces.iloc[at]
    along = np.where(chosen["rising"] >= 0, chosen["begin"] + ahead, chosen["finish"] - ahead)
    segment = chosen["segment"].to_numpy()
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines[segment], along))
    numbers = pieces.groupby("run").agg(low=("low", "min"), top=("top", "max"))
    spans = np.bincount(run, weights=pieces["top"] - pieces["low"])
    reach = (numbers["top"] - numbers["low"]).to_numpy(dtype=float)
    covered = np.maximum(np.divide(spans, reach, out=np.ones(len(reach)), where=reach > 0), 1.0)
    beside = covered > _COVERED_TWICE
    own = lines[pieces["segment"].to_numpy()]
    amid = shapely.get_coordinates(
        shapely.line_interpolate_point(own, (pieces["begin"] + pieces["finish"]).to_numpy() / 2)
    )
    for axis in (0, 1):
        mean = np.bincount(run, weights=amid[:, axis] * length) / np.maximum(total, 1e-9)
        middle[beside, axis] = mean[beside]
    far = np.zeros(len(total))
    for end in ("begin", "finish"):
        at_end = shapely.get_coordinates(shapely.line_interpolate_point(own, pieces[end].to_numpy()))
        np.maximum.at(far, run, np.hypot(*(at_end - middle[run]).T))
    return pd.DataFrame(
        {
            "street_id": chosen["street_id"].to_numpy(),
            "hundred": chosen["hundred"].to_numpy(),
            "x": middle[:, 0],
            "y": middle[:, 1],
            "uncertainty_m": np.maximum(far, total / 2 / covered),
            "reference_id": segment_ids[segment],
        }
    )


def _amid_points(points: pd.DataFrame) -> pd.DataFrame:
    """Blocks by their address points: the mean of the points; far apart in the order of their numbers is two runs."""
    points = points.sort_values(["street_id", "hundred", "number", "x", "y", "point_id"], ignore_index=True)
    step = np.hypot(points["x"].diff(), points["y"].diff())
    new = (points[["street_id", "hundred"]].diff() != 0).any(axis=1) | (step > _POINTS_APART_M)
    first = np.flatnonzero(new)
    size = np.diff(first, append=len(points))
    xy = points[["x", "y"]].to_numpy(dtype=float)
    middle = np.add.reduceat(xy, first) / size[:, None]
    away = np.hypot(*(xy - np.repeat(middle, size, axis=0)).T)
    chosen = points.iloc[first]
    return pd.DataFrame(
        {
            "street_id": chosen["street_id"].to_numpy(),
            "hundred": chosen["hundred"].to_numpy(),
            "x": middle[:, 0],
            "y": middle[:, 1],
            "reference_id": chosen["point_id"].to_numpy(),
            "uncertainty_m": np.maximum(np.maximum.reduceat(away, first), _HOUSE_M),
        }
    )
