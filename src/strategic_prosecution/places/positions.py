"""From a number on a street to a point: interpolation along a side, and the middle of a hundred-block."""

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from strategic_prosecution.places.reference import Reference

FloatArray = NDArray[np.float64]


def interpolate(
    lines: NDArray[np.object_],
    fraction: FloatArray,
    side: NDArray[np.int64],
    *,
    offset_m: float,
    inset_m: float,
) -> FloatArray:
    """Points (n, 2) at `fraction` (0 = the line's start, 1 = its end) along each line, moved to its side.

    The inset squeezes the range away from both ends (never more than a quarter of the line each), because the first
    and last house do not stand in the crossing; the offset is square to the line's bearing at the point: side 1 is
    left of the digitised direction, -1 right, 0 stays on the line. Units: metres of the lines' CRS. Source: Ratcliffe
    (2001), On the accuracy of TIGER-type geocoded address data, which finds both matter.
    """
    length = shapely.length(lines)
    inset = np.minimum(inset_m, length / 4)
    along = inset + fraction * (length - 2 * inset)
    points = shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
    step = np.minimum(1.0, length / 2)
    behind = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(along - step, 0)))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.minimum(along + step, length)))
    bearing = ahead - behind
    norm = np.hypot(bearing[:, 0], bearing[:, 1])
    # A line that turns back on itself within two metres has no bearing; its point stays on the line.
    scale = np.divide(offset_m * side, norm, out=np.zeros_like(norm), where=norm > 0)
    moved: FloatArray = points + np.column_stack([-bearing[:, 1] * scale, bearing[:, 0] * scale])
    return moved


def number_positions(
    reference: Reference,
    *,
    side: NDArray[np.int64],
    number: NDArray[np.int64],
    own_side: NDArray[np.bool_],
    offset_m: float,
    inset_m: float,
) -> tuple[FloatArray, FloatArray]:
    """Points (n, 2) and uncertainty (n) of house numbers on sides (rows of `reference.sides`).

    A number of the other parity (`own_side` false) stays on the centre line. Uncertainty is half the segment's
    length, at least the offset: houses are not evenly spread along a segment.
    """
    rows = reference.sides.iloc[side]
    start, end = rows["start"].to_numpy(), rows["end"].to_numpy()
    span = (end - start).astype(float)
    fraction = np.divide(number - start, span, out=np.full(len(rows), 0.5), where=span != 0)
    segment = rows["segment"].to_numpy()
    facing = np.where(own_side, rows["side"].to_numpy(), 0)
    points = interpolate(reference.lines[segment], fraction, facing, offset_m=offset_m, inset_m=inset_m)
    length = reference.segments["length"].to_numpy()[segment]
    return points, np.maximum(length / 2, offset_m)


def block_runs(reference: Reference, blocks: pd.DataFrame, *, gap_m: float) -> pd.DataFrame:
    """The middle of each hundred-block: `blocks` has street_id, hundred (distinct rows).

    All segments of the street with a number in the hundred, on either side, are cut to that hundred, laid end to end
    in the order of their numbers, and halved by length: 1200 BLOCK is the run of its segments, not one of them.
    Pieces whose ends are all more than `gap_m` apart are several runs, one row each.

    Columns: street_id, hundred, x, y, length, reference_id (segment that holds the middle), ordered by street and
    hundred.
    """
    found = blocks.merge(reference.buckets, on=["street_id", "hundred"])
    sides = reference.sides.iloc[found["side"].to_numpy()].reset_index(drop=True)
    pieces = found[["street_id", "hundred"]].reset_index(drop=True)
    pieces["segment"] = sides["segment"]
    pieces["low"] = np.maximum(sides["low"], pieces["hundred"])
    top = np.minimum(sides["high"], pieces["hundred"] + 99)
    span = (sides["high"] - sides["low"]).to_numpy(dtype=float)
    first = np.divide(pieces["low"] - sides["low"], span, out=np.zeros(len(pieces)), where=span > 0)
    last = np.divide(top - sides["low"], span, out=np.ones(len(pieces)), where=span > 0)
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
    whole = reference.segments["length"].to_numpy()[segment]
    pieces["begin"], pieces["finish"] = pieces["from_start"] * whole, pieces["to_end"] * whole
    pieces["run"] = _runs(pieces, reference.lines[segment], gap_m)
    # In the order of the numbers in the middle of each piece: the two carriageways of a divided street interleave.
    pieces["middle"] = pieces["low"] + pieces["top"]
    return _halved(reference, pieces.sort_values(["run", "middle", "segment"], ignore_index=True))


def _runs(pieces: pd.DataFrame, lines: NDArray[np.object_], gap_m: float) -> NDArray[np.int64]:
    """Run of each piece: pieces of one block whose ends come within `gap_m` of each other, numbered in block order."""
    begin = shapely.line_interpolate_point(lines, pieces["begin"].to_numpy())
    finish = shapely.line_interpolate_point(lines, pieces["finish"].to_numpy())
    block = pieces.groupby(["street_id", "hundred"]).ngroup()
    pairs = pd.DataFrame({"block": block, "row": np.arange(len(pieces))})
    pairs = pairs.merge(pairs, on="block")
    one, other = pairs["row_x"].to_numpy(), pairs["row_y"].to_numpy()
    ends = ((begin, begin), (begin, finish), (finish, begin), (finish, finish))
    near = np.min([shapely.distance(a[one], b[other]) for a, b in ends], axis=0) <= gap_m
    graph = coo_array((np.ones(near.sum()), (one[near], other[near])), shape=(len(pieces), len(pieces)))
    component = connected_components(graph, directed=False)[1]
    return pd.factorize(component)[0].astype(np.int64)


def _halved(reference: Reference, pieces: pd.DataFrame) -> pd.DataFrame:
    """The point at half the length of each run."""
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
    middle = shapely.get_coordinates(shapely.line_interpolate_point(reference.lines[segment], along))
    return pd.DataFrame(
        {
            "street_id": chosen["street_id"].to_numpy(),
            "hundred": chosen["hundred"].to_numpy(),
            "x": middle[:, 0],
            "y": middle[:, 1],
            "length": total,
            "reference_id": reference.segments["segment_id"].to_numpy()[segment],
        }
    )
