"""The square grid that incidents are counted on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

MAX_CELLS = 4_000_000
_STRAY_M, _STRAY_SPREADS = 50_000.0, 5.0


@dataclass(frozen=True, eq=False)
class Grid:
    """A grid of square cells over part of the plane.

    x0, y0: lower left corner, metres in the office's metric CRS. Row 0 is the southernmost, column 0 the westernmost.
    A cell holds the points with left <= x < right and bottom <= y < top, so no point is in two cells.
    mask: bool, rows x columns; a cell with False is no part of the study area: never counted, never a neighbour.
    """

    x0: float
    y0: float
    cell_m: float
    rows: int
    columns: int
    mask: NDArray[np.bool_]

    @property
    def cell_area_m2(self) -> float:
        """Area of one cell in square metres."""
        return self.cell_m * self.cell_m

    def locate(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.int64]:
        """The cell of each point as row * columns + column, -1 where the point is in no cell of the mask.

        Raises ValueError when a coordinate is missing or infinite, when x and y differ in length, and for longitudes
        and latitudes on a grid in metres.
        """
        xs, ys = finite_points(x, y)
        if abs(self.x0) > 180 or abs(self.y0) > 90:
            _refuse_degrees(xs, ys, what="points")
        # Clipping first keeps a stray point from overflowing the integer; both clip values are outside the grid.
        column = np.clip(np.floor((xs - self.x0) / self.cell_m), -1, self.columns).astype(np.int64)
        row = np.clip(np.floor((ys - self.y0) / self.cell_m), -1, self.rows).astype(np.int64)
        inside = (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)
        flat = np.where(inside, row * self.columns + column, 0)
        return np.where(inside & self.mask.ravel()[flat], flat, -1)

    def centres(
        self, row: NDArray[np.int64], column: NDArray[np.int64]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Centres (x, y) of the given cells, metres."""
        return self.x0 + (column + 0.5) * self.cell_m, self.y0 + (row + 0.5) * self.cell_m

    def cell_ids(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> list[str]:
        """A name for each given cell that is a function of its place and size, such as 'c150_3042_20981'.

        The name holds the cell size and how many cell sizes the cell lies east and north of the origin of the CRS:
        the same cell has the same name on a grid with another extent, and cells of two sizes never share one.
        """
        x, y = self.centres(row, column)
        east = np.floor(x / self.cell_m).astype(np.int64).tolist()
        north = np.floor(y / self.cell_m).astype(np.int64).tolist()
        return [f"c{self.cell_m:g}_{e}_{n}" for e, n in zip(east, north, strict=True)]

    def locate_cell_ids(self, cell_ids: Sequence[str]) -> NDArray[np.int64]:
        """The inverse of cell_ids: row * columns + column, -1 for a cell that is not in the mask.

        Raises ValueError for the name of a cell of another size, which lies on another grid.
        """
        prefix = f"c{self.cell_m:g}_"
        foreign = [name for name in cell_ids if not name.startswith(prefix)]
        if foreign:
            raise ValueError(
                f"[{len(foreign)}] cells such as [{foreign[0]}] are not of size [{self.cell_m:g}] m; "
                "compare hot spots found with the same cell_m"
            )
        index = np.array([name[len(prefix) :].split("_") for name in cell_ids], dtype=np.int64).reshape(-1, 2)
        return self.locate((index[:, 0] + 0.5) * self.cell_m, (index[:, 1] + 0.5) * self.cell_m)


def make_grid(
    x: ArrayLike,
    y: ArrayLike,
    *,
    cell_m: float,
    boundary: BaseGeometry | None = None,
    rule: Literal["snapped", "hull_buffer"] = "snapped",
) -> Grid:
    """Lay a grid over points, or over the boundary polygon when one is given.

    x, y: metres in the office's metric CRS; no nulls. cell_m: side of a cell in metres. boundary: shapely polygon in
    the same CRS; the mask is then every cell that overlaps it, and points may be empty.
    rule: "snapped" puts cell edges on multiples of cell_m, so the cells stay where they are when points are added;
    without a boundary the mask is every cell that overlaps the convex hull of the points widened by one cell.
    "hull_buffer" is the rule of sfhotspot's hotspot_grid (Ashby): cells that overlap the hull widened by half a cell,
    counted from the corner of its bounding box. Its cells move with the points; it is here to compare with sfhotspot.

    Raises ValueError for longitudes and latitudes (also of some points only), for missing or infinite coordinates, for
    no points and no boundary, for stray points without a boundary (see stray_points), and for more than 4 million
    cells.
    """
    if not (math.isfinite(cell_m) and cell_m > 0):
        raise ValueError(f"cell_m is [{cell_m}]; give the side of a cell in metres, above 0")
    if rule == "hull_buffer" and boundary is not None:
        raise ValueError(
            "rule [hull_buffer] takes its extent from the points; leave boundary out or use rule [snapped]"
        )
    xs, ys = finite_points(x, y)
    _refuse_degrees(xs, ys, what="points")
    _refuse_some_degrees(xs, ys)
    if boundary is not None:
        if boundary.is_empty or boundary.area == 0:
            raise ValueError(f"boundary is a [{boundary.geom_type}] without area; give a polygon")
        area = boundary
        _refuse_degrees(np.array(area.bounds[0::2]), np.array(area.bounds[1::2]), what="boundary")
    elif xs.size:
        _refuse_stray(xs, ys)
        widen = cell_m / 2 if rule == "hull_buffer" else cell_m
        area = shapely.MultiPoint(np.column_stack([xs, ys])).convex_hull.buffer(widen, quad_segs=30)
    else:
        raise ValueError("no points and no boundary: nothing to lay a grid over; give at least one of them")

    left, bottom, right, top = area.bounds
    if rule == "snapped":
        left, bottom = math.floor(left / cell_m) * cell_m, math.floor(bottom / cell_m) * cell_m
    columns = math.ceil((right - left) / cell_m)
    rows = math.ceil((top - bottom) / cell_m)
    if rows * columns > MAX_CELLS:
        raise ValueError(
            f"a grid of [{rows} x {columns}] cells of [{cell_m:g}] m over [{(right - left) / 1000:.0f} x "
            f"{(top - bottom) / 1000:.0f}] km is over the limit of [{MAX_CELLS}] cells; look for stray points far from "
            "the rest (a failed geocode at 0, 0), give a boundary, or use larger cells"
        )
    return Grid(
        x0=left,
        y0=bottom,
        cell_m=cell_m,
        rows=rows,
        columns=columns,
        mask=_overlaps(area, left, bottom, cell_m, rows, columns),
    )


def count_points(x: ArrayLike, y: ArrayLike, grid: Grid) -> tuple[NDArray[np.int64], int]:
    """Count points per cell.

    Returns the counts (rows x columns, 0 outside the mask) and the number of points that are in no cell of the mask.
    Raises ValueError when a coordinate is missing or infinite.
    """
    cell = grid.locate(x, y)
    inside = cell[cell >= 0]
    counts = np.bincount(inside, minlength=grid.rows * grid.columns).reshape(grid.rows, grid.columns)
    return counts, cell.size - inside.size


def stray_points(x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
    """Which points lie too far from the rest to be of the same county: null island, a lost sign, swapped axes.

    x, y: metres in the office's metric CRS, no nulls. A point is stray when it lies farther from the median point, east
    to west or south to north, than 50 km and five times the distance between the 10th and the 90th percentile of that
    axis. Percentiles are points of the data, so that a county whose incidents are nearly all downtown keeps its far
    corners by the 50 km, and up to a tenth of stray points moves neither percentile; of fewer than ten
    points none is stray.
    Returns one bool per point. Raises ValueError when a coordinate is missing or infinite.
    """
    points = np.column_stack(finite_points(x, y))
    if not len(points):
        return np.zeros(0, dtype=np.bool_)
    low, middle, high = np.quantile(points, [0.1, 0.5, 0.9], axis=0, method="inverted_cdf")
    reach = _STRAY_M + _STRAY_SPREADS * (high - low)
    return np.asarray((np.abs(points - middle) > reach).any(axis=1))


def finite_points(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y as equally long arrays of doubles; ValueError when they differ in length or hold a null or infinity."""
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if xs.ndim != 1 or xs.shape != ys.shape:
        raise ValueError(f"x has shape [{xs.shape}] and y [{ys.shape}]; give two one-dimensional arrays of one length")
    bad = int(np.count_nonzero(~(np.isfinite(xs) & np.isfinite(ys))))
    if bad:
        raise ValueError(
            f"[{bad}] of [{xs.size}] points have no finite x and y; leave out points without a place first"
        )
    return xs, ys


def _refuse_degrees(x: NDArray[np.float64], y: NDArray[np.float64], *, what: str) -> None:
    if x.size and bool((np.abs(x) <= 180).all() and (np.abs(y) <= 90).all()):
        raise ValueError(
            f"the {what} look like longitudes and latitudes (all |x| <= 180 and |y| <= 90); "
            "project them to the office's metric CRS first"
        )


def _refuse_some_degrees(x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Refuse degrees among metres: a few points around the origin of the CRS and nothing for 50 km around them.

    0, 0 itself is a failed geocode rather than a place in degrees: stray, but no reason to doubt the projection.
    """
    near = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    degrees = int(np.count_nonzero(near & ((x != 0) | (y != 0))))
    if degrees and not near.all() and bool((np.hypot(x[~near], y[~near]) > _STRAY_M).all()):
        raise ValueError(
            f"[{degrees}] of [{x.size}] points look like longitudes and latitudes (|x| <= 180 and |y| <= 90) and the "
            "others like metres; project all of them to the office's metric CRS first"
        )


def _refuse_stray(x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    stray = int(np.count_nonzero(stray_points(x, y)))
    if stray:
        raise ValueError(
            f"[{stray}] of [{x.size}] points are stray: too far from the rest to be of the same county (a failed "
            "geocode at 0, 0, a lost sign); leave them out (stray_points), or give a boundary"
        )


def _overlaps(
    area: BaseGeometry, left: float, bottom: float, cell_m: float, rows: int, columns: int
) -> NDArray[np.bool_]:
    # Cells that only touch the area with an edge share no ground with it: boxes a millionth smaller leave them out.
    margin = cell_m * 1e-6
    x = left + np.arange(columns) * cell_m
    y = bottom + np.arange(rows) * cell_m
    shapely.prepare(area)
    mask = np.zeros((rows, columns), dtype=np.bool_)
    # Row by row, so that the boxes of a large grid are never all in memory.
    for row in range(rows):
        boxes = shapely.box(x + margin, y[row] + margin, x + cell_m - margin, y[row] + cell_m - margin)
        mask[row] = shapely.intersects(area, boxes)
    return mask
