"""From a number on a street to a point: along a side of a segment, or between two address points."""

import numpy as np
import shapely
from numpy.typing import NDArray

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

    A number of the other parity (`own_side` false) stays on the centre line, and so does one on a line that lies off
    the centre already (`is_offset`). Uncertainty is half the segment's length, at least the offset: houses are not
    evenly spread along a segment.
    """
    rows = reference.sides.iloc[side]
    start, end = rows["start"].to_numpy(), rows["end"].to_numpy()
    span = (end - start).astype(float)
    fraction = np.divide(number - start, span, out=np.full(len(rows), 0.5), where=span != 0)
    segment = rows["segment"].to_numpy()
    facing = np.where(own_side & ~rows["is_offset"].to_numpy(dtype=bool), rows["side"].to_numpy(), 0)
    points = interpolate(reference.lines[segment], fraction, facing, offset_m=offset_m, inset_m=inset_m)
    length = reference.segments["length"].to_numpy()[segment]
    return points, np.maximum(length / 2, offset_m)


def between_points(below: FloatArray, above: FloatArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Points (n, 2) at `share` of the way from one point to the other, and half that way as uncertainty (n)."""
    way = above - below
    return below + way * share[:, None], np.hypot(way[:, 0], way[:, 1]) / 2
