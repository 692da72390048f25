"""Find the hot spots of one window: few, small, and ranked by what happened there rather than by a p value."""

from dataclasses import dataclass
from datetime import date as Date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from strategic_prosecution.hotspots.dates import timestamps
from strategic_prosecution.hotspots.dissolve import group_cells, outlines
from strategic_prosecution.hotspots.gi_star import false_discovery_rate, gi_star_exact, gi_star_grid, two_sided_p
from strategic_prosecution.hotspots.grid import Grid

SUB_PERIODS = 12
# Below this expected count of a cell and its neighbours, p comes from permutation too (rules of practice, section 5).
FEW = 5

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LocatedIncidents:
    """Incidents on a grid in order of their day, so that every window is one slice of them.

    day: days since 1970-01-01, ascending. cell: row * columns + column, -1 for no cell of the mask. weight: what each
    incident counts, or None where each counts one. All in one order.
    """

    grid: Grid
    day: Integers
    cell: Integers
    weight: NDArray[np.float64] | None

    def window(self, last_day: Date, days: int) -> slice:
        """The incidents of the ``days`` days that end with ``last_day``, both in it."""
        last = _day_number(last_day)
        first, until = np.searchsorted(self.day, [last - days + 1, last + 1])
        return slice(int(first), int(until))

    def counts(self, last_day: Date, days: int) -> Integers:
        """Incidents per cell in such a window, flat."""
        cell = self.cell[self.window(last_day, days)]
        return np.bincount(cell[cell >= 0], minlength=self.grid.mask.size)


@dataclass(frozen=True, eq=False)
class HotSpots:
    """The hot spots of one window.

    spots: one row per hot spot in order of rank: rank (from 1), incidents, weight (sum of the weights; incidents where
    there are none), incidents_previous (same cells, the window of equal length just before), stability (share of the
    window's 12 equal sub-periods with an incident), z (highest of its cells), p_value, q_value and p_permuted (lowest
    of its cells), area_m2, geometry (shapely, CRS of the grid), peak_cell (id of its busiest cell) and cells (list of
    cell ids in ascending row and column). No nulls but in p_permuted.
    cells: one row per cell with an incident in the window, in ascending row and column: cell_id, row, column, x and y
    (centre, metres), count, z, p_value, q_value (all three NaN where Gi* is undefined), p_permuted (two-sided, by
    conditional permutation; only where nine average cells hold fewer than FEW incidents, and without weights), rank of
    its hot spot (null when it belongs to none).
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
    weights: ArrayLike | None = None,
) -> HotSpots:
    """Find the hot spots among the incidents of the window_days days that end with as_of (that day included).

    x, y: one point per incident, metres in the CRS of the grid, no nulls. date: local calendar date of each incident
    (datetime64 or dates; a time of day is ignored), no nulls. Rows of other windows may be present and are needed for
    incidents_previous; rows after as_of are never read. weights: what each incident counts in Gi* and in the rank (its
    crime harm, say), 0 or more; default 1 each.

    A cell is selected when it has an incident in the window, its Gi* z is above 0 and its q value (two-sided p,
    Benjamini-Hochberg over all cells of the mask) is at most q_value. Selected cells that touch are one hot spot; one
    with more than max_cells cells is split at its local maxima of z, because chains of cells along busy streets grow to
    the size of a district, which tells nobody where to go. Hot spots with fewer than min_incidents are left out.

    Rank: weight (incidents where there are no weights), then stability, then z, each descending, then the southernmost
    and westernmost peak. Never the p value: on sparse counts p and q only draw the map (see two_sided_p). A hot spot
    was chosen for its high count, so it falls by itself afterwards (regression to the mean): incidents_previous is
    there for comparison, incidents is never a baseline for an evaluation. top keeps the first ranks only.

    Method: Gi* after Ord and Getis (1995); q after Benjamini and Hochberg (1995). Nothing is random.
    Empty input gives empty frames with the same columns.
    Raises ValueError for nulls, dates with a time zone, negative weights, or window_days, min_incidents, max_cells or
    top below 1.
    """
    located = locate_incidents(x, y, date, grid=grid, weights=weights)
    return hot_spots_in(
        located,
        as_of=as_of,
        window_days=window_days,
        min_incidents=min_incidents,
        q_value=q_value,
        top=top,
        max_cells=max_cells,
    )


def locate_incidents(
    x: ArrayLike, y: ArrayLike, date: ArrayLike, *, grid: Grid, weights: ArrayLike | None = None
) -> LocatedIncidents:
    """Put incidents on a grid once, for many windows; arguments and errors as of find_hot_spots."""
    day = _day_numbers(date)
    cell = grid.locate(x, y)
    if cell.size != day.size:
        raise ValueError(f"[{cell.size}] points but [{day.size}] dates; give one date per point")
    weight = None if weights is None else np.asarray(weights, dtype=np.float64)
    if weight is not None and (weight.shape != day.shape or not (weight >= 0).all() or not np.isfinite(weight).all()):
        raise ValueError(f"weights of shape [{weight.shape}] must be one finite number, 0 or more, per point")
    # By cell within a day: sums of weights are then the same whatever the order of the rows.
    order = np.lexsort((cell, day) if weight is None else (weight, cell, day))
    return LocatedIncidents(grid, day[order], cell[order], None if weight is None else weight[order])


def hot_spots_in(
    located: LocatedIncidents,
    *,
    as_of: Date,
    window_days: int,
    min_incidents: int = 5,
    q_value: float = 0.05,
    top: int | None = None,
    max_cells: int = 12,
) -> HotSpots:
    """find_hot_spots on incidents that are on the grid already."""
    found = _select(
        located,
        as_of=as_of,
        window_days=window_days,
        min_incidents=min_incidents,
        q_value=q_value,
        top=top,
        max_cells=max_cells,
    )
    on_grid = int(found.count.sum())
    window = located.window(as_of, window_days)
    cells = _cells(found, located.grid, is_weighted=located.weight is not None)
    return HotSpots(
        spots=_spots(found, cells, located, as_of=as_of, window_days=window_days),
        cells=cells,
        first_day=(pd.Timestamp(as_of) - pd.Timedelta(days=window_days - 1)).date(),
        last_day=pd.Timestamp(as_of).date(),
        incidents=on_grid,
        outside=window.stop - window.start - on_grid,
    )


def cells_of_hot_spots(
    located: LocatedIncidents,
    *,
    as_of: Date,
    window_days: int,
    min_incidents: int = 5,
    q_value: float = 0.05,
    max_cells: int = 12,
) -> pd.DataFrame:
    """Only rank, peak_cell and cells of the hot spots of find_hot_spots: enough to follow them from month to month."""
    found = _select(
        located,
        as_of=as_of,
        window_days=window_days,
        min_incidents=min_incidents,
        q_value=q_value,
        top=None,
        max_cells=max_cells,
    )
    return _names(found.members, located.grid)


@dataclass(frozen=True, eq=False)
class _Selection:
    """What was selected, in arrays, not frames: following hot spots asks for every month end.

    members: by name of the column, cells of the hot spots in order of rank, the peak first within each; the others:
    flat, one value per cell of the grid.
    """

    members: dict[str, NDArray[Any]]
    count: Integers
    z: NDArray[np.float64]
    p: NDArray[np.float64]
    q: NDArray[np.float64]


def _select(
    located: LocatedIncidents,
    *,
    as_of: Date,
    window_days: int,
    min_incidents: int,
    q_value: float,
    top: int | None,
    max_cells: int,
) -> _Selection:
    for name, value in [("window_days", window_days), ("min_incidents", min_incidents), ("max_cells", max_cells)]:
        if value < 1:
            raise ValueError(f"{name} is [{value}]; give a whole number of at least 1")
    if top is not None and top < 1:
        raise ValueError(f"top is [{top}]; give at least 1, or None for all hot spots")

    grid, window = located.grid, located.window(as_of, window_days)
    cell, day = located.cell[window], located.day[window]
    on_grid = cell >= 0
    cell, age = cell[on_grid], _day_number(as_of) - day[on_grid]
    count = np.bincount(cell, minlength=grid.mask.size)
    weight = (
        count if located.weight is None else np.bincount(cell, located.weight[window][on_grid], minlength=count.size)
    )
    z = gi_star_grid(weight.reshape(grid.mask.shape), grid.mask).ravel()
    p = two_sided_p(z)
    q = false_discovery_rate(p)

    chosen = np.flatnonzero((count > 0) & (z > 0) & (q <= q_value))
    row, column = np.divmod(chosen, grid.columns)
    peak = group_cells(row, column, _precedence(z[chosen], weight[chosen]), max_cells=max_cells)
    spot_of_cell = np.full(count.size, -1, dtype=np.int64)
    spot_of_cell[chosen] = np.unique(peak, return_inverse=True)[1]

    inside = spot_of_cell[cell] >= 0
    stability = _stability(spot_of_cell[cell[inside]], age[inside], window_days)
    members = _ranked(
        {
            "spot": spot_of_cell[chosen],
            "cell": chosen,
            "row": row,
            "column": column,
            "count": count[chosen],
            "weight": weight[chosen],
            "z": z[chosen],
            "p_value": p[chosen],
            "q_value": q[chosen],
        },
        stability,
        min_incidents=min_incidents,
        top=top,
    )
    return _Selection(members, count, z, p, q)


def _day_number(day: Date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


def _day_numbers(date: ArrayLike) -> Integers:
    dates = timestamps(date)
    if dates.dt.tz is not None:
        raise ValueError(f"dates are in time zone [{dates.dt.tz}]; give local calendar dates without a zone")
    days = dates.to_numpy().astype("datetime64[D]")
    missing = int(np.count_nonzero(np.isnat(days)))
    if missing:
        raise ValueError(f"[{missing}] of [{days.size}] incidents have no date; leave them out first")
    return np.asarray(days.astype(np.int64))


def _precedence(z: NDArray[np.float64], weight: NDArray[Any]) -> Integers:
    """0 for the highest cell: by z, then its own weight, then position, so that no two cells tie."""
    precedence = np.empty(z.size, dtype=np.int64)
    precedence[np.lexsort((np.arange(z.size), -weight, -z))] = np.arange(z.size)
    return precedence


def _stability(spot: Integers, age: Integers, window_days: int) -> NDArray[np.float64]:
    """Share of the equal sub-periods of the window in which each spot had an incident, by number of the spot.

    Twelve, or one per day in a window of fewer than twelve days.
    """
    parts = min(SUB_PERIODS, window_days)
    seen = np.unique(spot * parts + age * parts // window_days)
    shares: NDArray[np.float64] = np.bincount(seen // parts) / parts
    return shares


def _ranked(
    cells: dict[str, NDArray[Any]], stability: NDArray[np.float64], *, min_incidents: int, top: int | None
) -> dict[str, NDArray[Any]]:
    """The cells of the hot spots that stay, in the order of rank, with rank and stability of their hot spot."""
    # The peak first, so that it is the first cell of its hot spot; then place, which is the last tie-break.
    order = np.lexsort((cells["column"], cells["row"], -cells["z"], -cells["weight"], cells["spot"]))
    ordered = {name: values[order] for name, values in cells.items()}
    peaks = np.flatnonzero(np.diff(ordered["spot"], prepend=-1))
    incidents = np.add.reduceat(ordered["count"], peaks) if len(peaks) else peaks
    weight = np.add.reduceat(ordered["weight"], peaks) if len(peaks) else peaks
    z = np.maximum.reduceat(ordered["z"], peaks) if len(peaks) else peaks
    by_rank = np.lexsort((ordered["column"][peaks], ordered["row"][peaks], -z, -stability, -weight))
    by_rank = by_rank[incidents[by_rank] >= min_incidents][:top]
    rank_of_spot = np.zeros(len(peaks), dtype=np.int64)
    rank_of_spot[by_rank] = np.arange(1, len(by_rank) + 1)
    rank = rank_of_spot[ordered["spot"]]
    kept = np.argsort(rank, kind="stable")[np.count_nonzero(rank == 0) :]
    columns = {name: values[kept] for name, values in ordered.items()}
    return columns | {"rank": rank[kept], "stability": stability[columns["spot"]]}


def _names(members: dict[str, NDArray[Any]], grid: Grid) -> pd.DataFrame:
    """rank, peak_cell, cells (in ascending row and column) of each hot spot."""
    row, column, rank = members["row"], members["column"], members["rank"]
    peaks = np.flatnonzero(np.diff(rank, prepend=0))
    by_place = np.lexsort((members["cell"], rank))
    names = grid.cell_ids(row[by_place], column[by_place])
    return pd.DataFrame(
        {
            "rank": rank[peaks],
            "peak_cell": pd.Series(grid.cell_ids(row[peaks], column[peaks]), dtype="str"),
            "cells": pd.Series([names[first:end] for first, end in pairwise([*peaks, len(names)])], dtype=object),
        }
    )


def _spots(
    found: _Selection, cells: pd.DataFrame, located: LocatedIncidents, *, as_of: Date, window_days: int
) -> pd.DataFrame:
    grid, members = located.grid, pd.DataFrame(found.members)
    start = (pd.Timestamp(as_of) - pd.Timedelta(days=window_days)).date()
    members = members.assign(before=located.counts(start, window_days)[members["cell"]])
    spots = (
        members.groupby("rank", sort=True)
        .agg(
            incidents=("count", "sum"),
            weight=("weight", "sum"),
            incidents_previous=("before", "sum"),
            stability=("stability", "first"),
            z=("z", "max"),
            p_value=("p_value", "min"),
            q_value=("q_value", "min"),
            area_m2=("row", "size"),
        )
        .reset_index()
    )
    spots["area_m2"] = spots["area_m2"] * grid.cell_area_m2
    spots["p_permuted"] = spots["rank"].map(cells.groupby("rank")["p_permuted"].min()).astype(np.float64)
    placed = members.sort_values(["rank", "cell"])
    shapes = outlines(grid, placed["row"].to_numpy(), placed["column"].to_numpy(), placed["rank"].to_numpy())
    spots["geometry"] = pd.Series(shapes, index=spots.index, dtype=object)
    spots = spots.merge(_names(found.members, grid), on="rank", validate="one_to_one")
    order = ["rank", "incidents", "weight", "incidents_previous", "stability", "z", "p_value", "q_value", "p_permuted"]
    return spots[[*order, "area_m2", "geometry", "peak_cell", "cells"]]


def _cells(found: _Selection, grid: Grid, *, is_weighted: bool) -> pd.DataFrame:
    occupied = np.flatnonzero(found.count)
    row, column = np.divmod(occupied, grid.columns)
    x, y = grid.centres(row, column)
    cells = pd.DataFrame(
        {
            "cell_id": pd.Series(grid.cell_ids(row, column), dtype="str"),
            "row": row,
            "column": column,
            "x": x,
            "y": y,
            "count": found.count[occupied],
            "z": found.z[occupied],
            "p_value": found.p[occupied],
            "q_value": found.q[occupied],
            "p_permuted": np.nan if is_weighted else _permuted(found.count, grid)[occupied],
        }
    )
    ranks = pd.DataFrame({name: found.members[name] for name in ("row", "column", "rank")})
    cells = cells.merge(ranks, on=["row", "column"], how="left")
    return cells.astype({"rank": "Int64"})


def _permuted(count: Integers, grid: Grid) -> NDArray[np.float64]:
    """p by conditional permutation where nine average cells hold few incidents; NaN elsewhere."""
    inside = int(np.count_nonzero(grid.mask))
    if not inside or 9 * int(count.sum()) >= FEW * inside:
        return np.full(count.size, np.nan)
    shaped = count.reshape(grid.mask.shape)
    return gi_star_exact(shaped, grid.mask, where=shaped > 0).ravel()
