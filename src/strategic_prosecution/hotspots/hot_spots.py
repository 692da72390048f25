"""Find the hot spots of one window: few, small, and ranked by what happened there rather than by a p value."""

from dataclasses import dataclass
from datetime import date as Date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from strategic_prosecution.hotspots.dissolve import group_cells, outlines
from strategic_prosecution.hotspots.gi_star import false_discovery_rate, gi_star_grid, two_sided_p
from strategic_prosecution.hotspots.grid import Grid

SUB_PERIODS = 12

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class HotSpots:
    """The hot spots of one window.

    spots: one row per hot spot in order of rank: rank (from 1), incidents, incidents_previous (same cells, the window
    of equal length just before), stability (share of the window's 12 equal sub-periods with an incident), z (highest of
    its cells), p_value and q_value (lowest of its cells), area_m2, geometry (shapely, CRS of the grid), peak_cell (id
    of its busiest cell) and cells (list of cell ids in ascending row and column). No nulls.
    cells: one row per cell with an incident in the window, in ascending row and column: cell_id, row, column, x and y
    (centre, metres), count, z, p_value, q_value (all three NaN where Gi* is undefined), rank of its hot spot (null when
    it belongs to none).
    first_day, last_day: the window, both days in it. incidents: those in the window and on the grid; outside: those in
    the window but in no cell of the mask.
    """

    spots: pd.DataFrame
    cells: pd.DataFrame
    first_day: Date
    last_day: Date
    incidents: int
    outside: int


def find_hot_spots(
    x: ArrayLike,
    y: ArrayLike,
    date: ArrayLike,
    *,
    as_of: Date,
    window_days: int,
    grid: Grid,
    min_incidents: int = 5,
    q_value: float = 0.05,
    top: int | None = None,
    max_cells: int = 12,
) -> HotSpots:
    """Find the hot spots among the incidents of the window_days days that end with as_of (that day included).

    x, y: one point per incident, metres in the CRS of the grid, no nulls. date: local calendar date of each incident
    (datetime64 or dates; a time of day is ignored), no nulls. Rows of other windows may be present and are needed for
    incidents_previous; rows after as_of are never read.

    A cell is selected when it has an incident in the window, its Gi* z is above 0 and its q value (two-sided p,
    Benjamini-Hochberg over all cells of the mask) is at most q_value. Selected cells that touch are one hot spot; one
    with more than max_cells cells is split at its local maxima of z, because chains of cells along busy streets grow to
    the size of a district, which tells nobody where to go. Hot spots with fewer than min_incidents are left out.

    Rank: incidents, then stability, then z, each descending, then the southernmost and westernmost peak. Never the p
    value: on sparse counts p and q only draw the map (see two_sided_p). A hot spot was chosen for its high count, so it
    falls by itself afterwards (regression to the mean): incidents_previous is there for comparison, incidents is never
    a baseline for an evaluation. top keeps the first ranks only.

    Method: Gi* after Ord and Getis (1995); q after Benjamini and Hochberg (1995). Nothing is random.
    Empty input gives empty frames with the same columns.
    Raises ValueError for nulls, dates with a time zone, or window_days, min_incidents, max_cells or top below 1.
    """
    for name, value in [("window_days", window_days), ("min_incidents", min_incidents), ("max_cells", max_cells)]:
        if value < 1:
            raise ValueError(f"{name} is [{value}]; give a whole number of at least 1")
    if top is not None and top < 1:
        raise ValueError(f"top is [{top}]; give at least 1, or None for all hot spots")

    age = _days_before(as_of, date)
    cell = grid.locate(x, y)
    if cell.size != age.size:
        raise ValueError(f"[{cell.size}] points but [{age.size}] dates; give one date per point")
    recent = (age >= 0) & (age < window_days)
    earlier = (age >= window_days) & (age < 2 * window_days)
    on_grid = cell >= 0

    n_cells = grid.rows * grid.columns
    count = np.bincount(cell[recent & on_grid], minlength=n_cells)
    before = np.bincount(cell[earlier & on_grid], minlength=n_cells)
    z = gi_star_grid(count.reshape(grid.mask.shape), grid.mask).ravel()
    p = two_sided_p(z)
    q = false_discovery_rate(p)

    chosen = np.flatnonzero((count > 0) & (z > 0) & (q <= q_value))
    row, column = np.divmod(chosen, grid.columns)
    peak = group_cells(row, column, _precedence(z[chosen], count[chosen]), max_cells=max_cells)
    spot_of_cell = np.full(n_cells, -1, dtype=np.int64)
    spot_of_cell[chosen] = np.unique(peak, return_inverse=True)[1]

    inside = recent & on_grid & (spot_of_cell[cell] >= 0)
    stability = _stability(spot_of_cell[cell[inside]], age[inside], window_days)
    members = pd.DataFrame(
        {
            "spot": spot_of_cell[chosen],
            "row": row,
            "column": column,
            "count": count[chosen],
            "before": before[chosen],
            "z": z[chosen],
            "p_value": p[chosen],
            "q_value": q[chosen],
        }
    )
    members = members.assign(cell_id=pd.Series(grid.cell_ids(row, column), dtype="str"))
    members = _rank(members, stability, min_incidents=min_incidents, top=top)
    return HotSpots(
        spots=_spots(members, grid),
        cells=_cells(members, grid, count=count, z=z, p=p, q=q),
        first_day=(pd.Timestamp(as_of) - pd.Timedelta(days=window_days - 1)).date(),
        last_day=pd.Timestamp(as_of).date(),
        incidents=int(np.count_nonzero(recent & on_grid)),
        outside=int(np.count_nonzero(recent & ~on_grid)),
    )


def _days_before(as_of: Date, date: ArrayLike) -> Integers:
    dates = pd.Series(pd.to_datetime(pd.Series(date)))
    if dates.dt.tz is not None:
        raise ValueError(f"dates are in time zone [{dates.dt.tz}]; give local calendar dates without a zone")
    days = dates.to_numpy().astype("datetime64[D]")
    missing = int(np.count_nonzero(np.isnat(days)))
    if missing:
        raise ValueError(f"[{missing}] of [{days.size}] incidents have no date; leave them out first")
    return (np.datetime64(as_of, "D") - days).astype(np.int64)


def _precedence(z: NDArray[np.float64], count: Integers) -> Integers:
    """0 for the highest cell: by z, then its own count, then position, so that no two cells tie."""
    precedence = np.empty(z.size, dtype=np.int64)
    precedence[np.lexsort((np.arange(z.size), -count, -z))] = np.arange(z.size)
    return precedence


def _stability(spot: Integers, age: Integers, window_days: int) -> pd.Series:
    """Share of the equal sub-periods of the window in which each spot had an incident.

    Twelve, or one per day in a window of fewer than twelve days.
    """
    parts = min(SUB_PERIODS, window_days)
    seen = np.unique(spot * parts + age * parts // window_days)
    return pd.Series(np.bincount(seen // parts) / parts, name="stability")


def _rank(members: pd.DataFrame, stability: pd.Series, *, min_incidents: int, top: int | None) -> pd.DataFrame:
    """The cells of the hot spots that stay, with rank and stability of their hot spot."""
    # The peak first, so that it is the first cell of its hot spot; then place, which is the last tie-break.
    ordered = members.sort_values(["spot", "count", "z", "row", "column"], ascending=[True, False, False, True, True])
    spots = ordered.groupby("spot").agg(
        incidents=("count", "sum"), z=("z", "max"), row=("row", "first"), column=("column", "first")
    )
    spots = spots.join(stability)
    spots = spots[spots["incidents"] >= min_incidents].sort_values(
        ["incidents", "stability", "z", "row", "column"], ascending=[False, False, False, True, True]
    )
    spots = spots.head(top) if top is not None else spots
    spots = spots.assign(rank=np.arange(1, len(spots) + 1, dtype=np.int64))
    return ordered.merge(spots[["rank", "stability"]], left_on="spot", right_index=True)


def _spots(members: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    by_rank = members.groupby("rank", sort=True)
    spots = by_rank.agg(
        incidents=("count", "sum"),
        incidents_previous=("before", "sum"),
        stability=("stability", "first"),
        z=("z", "max"),
        p_value=("p_value", "min"),
        q_value=("q_value", "min"),
        area_m2=("row", "size"),
        peak_cell=("cell_id", "first"),
    ).reset_index()
    spots["area_m2"] = spots["area_m2"] * grid.cell_area_m2
    placed = members.sort_values(["rank", "row", "column"])
    shapes = outlines(grid, placed["row"].to_numpy(), placed["column"].to_numpy(), placed["rank"].to_numpy())
    names = placed.groupby("rank", sort=True)["cell_id"].agg(list)
    spots["geometry"] = pd.Series(shapes, index=spots.index, dtype=object)
    spots["cells"] = pd.Series(names.tolist(), index=spots.index, dtype=object)
    order = ["rank", "incidents", "incidents_previous", "stability", "z", "p_value", "q_value", "area_m2", "geometry"]
    return spots[[*order, "peak_cell", "cells"]]


def _cells(
    members: pd.DataFrame,
    grid: Grid,
    *,
    count: Integers,
    z: NDArray[np.float64],
    p: NDArray[np.float64],
    q: NDArray[np.float64],
) -> pd.DataFrame:
    occupied = np.flatnonzero(count)
    row, column = np.divmod(occupied, grid.columns)
    x, y = grid.centres(row, column)
    cells = pd.DataFrame(
        {
            "cell_id": pd.Series(grid.cell_ids(row, column), dtype="str"),
            "row": row,
            "column": column,
            "x": x,
            "y": y,
            "count": count[occupied],
            "z": z[occupied],
            "p_value": p[occupied],
            "q_value": q[occupied],
        }
    )
    cells = cells.merge(members[["row", "column", "rank"]], on=["row", "column"], how="left")
    return cells.astype({"rank": "Int64"})
