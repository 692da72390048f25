"""Where incidents concentrate, since when, and whether last period's answer held."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from strategic_prosecution import model, warehouse
from strategic_prosecution.hotspots import (
    Grid,
    HotSpots,
    classify_persistence,
    count_points,
    find_hot_spots,
    hot_spot_accuracy,
    make_grid,
    match_identity,
)
from strategic_prosecution.places import assign_areas
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.queries import query

# Persistence is decided on this many periods before the window that chose the hot spot.
EARLIER_PERIODS = 8
EARLIER_PERIOD_DAYS = 90


@dataclass(frozen=True)
class _Ground:
    """What all categories share: the grid, the areas and what else happened."""

    grid: Grid
    areas: gpd.GeoDataFrame
    contacts: pd.DataFrame


def hot_spots(office: Office, as_of: date) -> dict[str, int]:
    """Find hot spots by category and window, their identity over time, and the accuracy of the period before."""
    with warehouse.open_core(office, as_of) as connection:
        incidents = connection.execute(query("located_incidents"), {"as_of": as_of}).df()
        contacts = connection.execute(query("located_contacts"), {"as_of": as_of}).df()
        areas = connection.execute(
            "select area_id, geometry from core.areas where layer = ? order by area_id",
            [office.release.smallest_public_area],
        ).df()
    spots, cells, accuracy = [], [], []
    if len(incidents):
        ground = _ground(office, incidents, contacts, areas)
        for category, offenses in office.hotspots.categories.items():
            chosen = incidents[incidents["offense_category"].isin(offenses)]
            if chosen.empty:
                continue
            for days in office.hotspots.windows_days:
                found = _find(office, ground, chosen, category=category, days=days, as_of=as_of)
                spots.append(found[0])
                cells.append(found[1])
                accuracy.append(_accuracy(office, ground, chosen, category=category, days=days, as_of=as_of))
    with warehouse.open_core(office, as_of) as connection, warehouse.transaction(connection):
        for name, frames in (("hot_spots", spots), ("hot_spot_cells", cells), ("hot_spot_accuracy", accuracy)):
            table = model.table(f"mart.{name}")
            rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=table.names)
            warehouse.replace_as_of(connection, table, as_of, rows)
    return {"located_incidents": len(incidents), "hot_spots": sum(map(len, spots)), "cells": sum(map(len, cells))}


def _ground(office: Office, incidents: pd.DataFrame, contacts: pd.DataFrame, areas: pd.DataFrame) -> _Ground:
    shapes = gpd.GeoDataFrame(
        areas[["area_id"]], geometry=shapely.from_wkb(areas["geometry"].map(bytes).tolist()), crs=office.office.crs
    )
    boundary = shapely.union_all(shapes.geometry.to_numpy()) if len(shapes) else None
    grid = make_grid(
        incidents["x"].to_numpy(), incidents["y"].to_numpy(), cell_m=office.hotspots.cell_m, boundary=boundary
    )
    return _Ground(grid, shapes, contacts)


def _spots(office: Office, ground: _Ground, chosen: pd.DataFrame, *, days: int, as_of: date) -> HotSpots:
    return find_hot_spots(
        chosen["x"].to_numpy(),
        chosen["y"].to_numpy(),
        chosen["occurred_date"],
        as_of=as_of,
        window_days=days,
        grid=ground.grid,
        min_incidents=office.hotspots.min_incidents,
        q_value=office.hotspots.q_value,
    )


def _find(
    office: Office, ground: _Ground, chosen: pd.DataFrame, *, category: str, days: int, as_of: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """mart.hot_spots and mart.hot_spot_cells of one category and window."""
    label = f"{category}_{days}"
    previous = pd.DataFrame({"hot_spot_id": pd.Series(dtype=object), "cells": pd.Series(dtype=object)})
    # Identity is handed on from month end to month end since the data began, so that it depends on the data alone and
    # not on which days happened to be run.
    for month_end in _month_ends(_beginning(chosen["occurred_date"], office.hotspots.min_incidents), as_of):
        earlier = _spots(office, ground, chosen, days=days, as_of=month_end).spots
        names = match_identity(earlier, previous, category=label, as_of=month_end)
        previous = pd.DataFrame({"hot_spot_id": names["hot_spot_id"].to_numpy(), "cells": earlier["cells"].to_numpy()})
    found = _spots(office, ground, chosen, days=days, as_of=as_of)
    names = match_identity(found.spots, previous, category=label, as_of=as_of)
    spots = found.spots.merge(names[["rank", "hot_spot_id"]], on="rank", validate="one_to_one")
    start = as_of - timedelta(days=days)
    inside = _membership(ground.grid, spots["cells"])
    recent = ground.contacts[_days_between(ground.contacts["day"], start, as_of)]
    centres = shapely.point_on_surface(spots["geometry"].to_numpy())
    wgs84 = gpd.GeoSeries(spots["geometry"].to_numpy(), crs=office.office.crs).to_crs("EPSG:4326")
    cells = found.cells.merge(spots[["rank", "hot_spot_id"]], on="rank", how="left")
    common: dict[str, Any] = {"as_of": as_of, "category": category, "window_days": days}
    return (
        spots.assign(
            **common,
            crime_harm=None,
            persistence=_persistence(office, ground, chosen, spots, days=days, before=start),
            outreach_events=_count_inside(ground.grid, inside, recent[recent["kind"] == "outreach_events"]),
            arrests=_count_inside(ground.grid, inside, recent[recent["kind"] == "arrests"]),
            area_id=assign_areas(shapely.get_x(centres), shapely.get_y(centres), ground.areas)
            if len(ground.areas)
            else None,
            geometry=wgs84.to_wkb().to_numpy(),
        )[list(model.table("mart.hot_spots").names)],
        cells.rename(columns={"row": "cell_row", "column": "cell_column", "count": "incidents"}).assign(**common)[
            list(model.table("mart.hot_spot_cells").names)
        ],
    )


def _accuracy(
    office: Office, ground: _Ground, chosen: pd.DataFrame, *, category: str, days: int, as_of: date
) -> pd.DataFrame:
    """Hot spots chosen on the window before, tried on the incidents of the window that ended on ``as_of``."""
    start = as_of - timedelta(days=days)
    before = _spots(office, ground, chosen, days=days, as_of=start).spots
    later = chosen[_days_between(chosen["occurred_date"], start, as_of)]
    counts, _ = count_points(later["x"].to_numpy(), later["y"].to_numpy(), ground.grid)
    result = hot_spot_accuracy([cell for cells in before["cells"] for cell in cells], counts, ground.grid)
    return pd.DataFrame(
        [
            {
                "as_of": as_of,
                "category": category,
                "window_days": days,
                "hot_spots": len(before),
                "incidents": result.incidents,
                "incidents_inside": result.incidents_captured,
                "area_share": result.area_share,
                "hit_rate": result.hit_rate,
                "pai": result.pai,
                "pei": result.pei,
            }
        ]
    )


def _persistence(
    office: Office, ground: _Ground, chosen: pd.DataFrame, spots: pd.DataFrame, *, days: int, before: date
) -> pd.Series:
    """The class of each hot spot over the quarters before the window that chose it; null without enough history.

    A quarter counts as active at the rate that makes a hot spot: ``min_incidents`` in a window.
    """
    active_count = ceil(office.hotspots.min_incidents * EARLIER_PERIOD_DAYS / days)
    inside = _membership(ground.grid, spots["cells"])
    periods = []
    for number in range(EARLIER_PERIODS, 0, -1):
        first = before - timedelta(days=number * EARLIER_PERIOD_DAYS)
        period = chosen[_days_between(chosen["occurred_date"], first, first + timedelta(days=EARLIER_PERIOD_DAYS))]
        periods.append(_count_inside(ground.grid, inside, period))
    first_day = pd.Timestamp(before - timedelta(days=EARLIER_PERIODS * EARLIER_PERIOD_DAYS))
    if spots.empty or pd.Timestamp(chosen["occurred_date"].min()) > first_day + timedelta(days=EARLIER_PERIOD_DAYS):
        return pd.Series([None] * len(spots), index=spots.index, dtype=object)
    classes = pd.Series(
        classify_persistence(np.column_stack(periods), active_count=active_count), index=spots.index, dtype=object
    )
    # Active once, quiet since, and now chosen again: that comes and goes. Only what is not chosen now is former.
    return classes.replace("former", "intermittent")


def _membership(grid: Grid, cells: pd.Series) -> np.ndarray:
    """For each cell of the grid, the position of the hot spot it belongs to, or -1."""
    owner = np.full(grid.rows * grid.columns, -1, dtype=np.int64)
    for position, members in enumerate(cells):
        owner[grid.locate_cell_ids(members)] = position
    return owner


def _count_inside(grid: Grid, owner: np.ndarray, points: pd.DataFrame) -> np.ndarray:
    spots = int(owner.max(initial=-1)) + 1
    if points.empty or not spots:
        return np.zeros(spots, dtype=np.int64)
    cell = np.asarray(grid.locate(points["x"].to_numpy(), points["y"].to_numpy()))
    found = owner[cell[cell >= 0]]
    return np.bincount(found[found >= 0], minlength=spots)


def _days_between(days: pd.Series, after: date, until: date) -> pd.Series:
    """Days in (after, until]."""
    return (days > pd.Timestamp(after)) & (days <= pd.Timestamp(until))


def _beginning(days: pd.Series, enough: int) -> date:
    """The first month with enough incidents for a hot spot: a stray early date begins nothing."""
    months = days.dt.to_period("M")
    per_month = months.value_counts()
    first = min(per_month.index[per_month >= enough], default=months.max())
    return date(first.year, first.month, 1)


def _month_ends(first: date, as_of: date) -> list[date]:
    """Ends of the calendar months from the first day's to the last one before ``as_of``."""
    ends, year, month = [], first.year, first.month
    while (end := date(year, month, monthrange(year, month)[1])) < as_of:
        ends.append(end)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return ends
