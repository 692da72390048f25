"""Hot street segments, crossings and areas, beside the hot spots of the grid."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse

from strategic_prosecution import model
from strategic_prosecution.hotspots import (
    assign_polygons,
    assign_segments,
    find_hot_units,
    touching_areas,
    touching_segments,
)
from strategic_prosecution.places import Reference
from strategic_prosecution.settings import SEGMENTS, Office
from strategic_prosecution.stages.reference import compiled
from strategic_prosecution.warehouse import Connection

# An address point may stand this far from its street; what is farther (a park, a rail yard) is on no street.
MAX_DISTANCE_M = 100.0
# What is farther says little of where a hot spot is.
NEAR_M = 500.0
_TITLES = ["unit_id", "title", "length_m", "area_m2"]


@dataclass(frozen=True, eq=False)
class Units:
    """The units of one kind.

    unit: 'segment', or the layer of areas. titles: unit_id, title, length_m, area_m2, one row per unit. shapes: in the
    same order, in the office's metric CRS. weights: between those that touch.
    """

    unit: str
    titles: pd.DataFrame
    shapes: NDArray[np.object_]
    weights: sparse.csr_array[Any]


def load_units(connection: Connection, office: Office) -> tuple[Units, ...]:
    """The units named in hotspots.units: the segments of the compiled street layer, areas from core.areas."""
    return tuple(
        _segments(compiled(office, keep=True)) if name == SEGMENTS else _areas(connection, name)
        for name in office.hotspots.units
    )


def load_crossings(office: Office) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Titles and points of the crossings of the compiled street layer; none without one."""
    reference = compiled(office, keep=True)
    if reference is None:
        return np.array([], dtype=object), np.array([], dtype=object)
    titles, points = _crossings(reference)
    return titles["title"].to_numpy(dtype=object), points


def nearest_crossings(
    crossings: tuple[NDArray[np.object_], NDArray[np.object_]], shapes: NDArray[np.object_]
) -> NDArray[np.object_]:
    """The streets that meet nearest to each shape, within 500 m; None where there are none. Crossings: as loaded."""
    titles, points = crossings
    found = np.full(len(shapes), None, dtype=object)
    if len(points) and len(shapes):
        shape, point = shapely.STRtree(points).query_nearest(shapes, max_distance=NEAR_M, all_matches=False)
        found[shape] = titles[point]
    return found


def hot_units(
    units: tuple[Units, ...], chosen: pd.DataFrame, *, office: Office, category: str, as_of: date
) -> pd.DataFrame:
    """mart.hot_units of one category: every unit with an incident, by kind of unit and window.

    chosen: the category's located incidents with x, y and occurred_date. One that is farther than 100 m from every
    street, or in no area, is in no unit.
    """
    table = model.table("mart.hot_units")
    x, y = chosen["x"].to_numpy(), chosen["y"].to_numpy()
    age = (pd.Timestamp(as_of) - chosen["occurred_date"]).dt.days.to_numpy()
    frames = [pd.DataFrame(columns=list(table.names))]
    for kind in units:
        place = (
            assign_segments(x, y, kind.shapes, max_distance_m=MAX_DISTANCE_M)
            if kind.unit == "segment"
            else assign_polygons(x, y, kind.shapes)
        )
        for days in office.hotspots.windows_days:
            found = find_hot_units(
                place,
                age,
                kind.weights,
                window_days=days,
                min_incidents=office.hotspots.min_incidents,
                q_value=office.hotspots.q_value,
            )
            titles = kind.titles.iloc[found["unit"].to_numpy()].reset_index(drop=True)
            common: dict[str, Any] = {"as_of": as_of, "unit": kind.unit, "category": category, "window_days": days}
            frames.append(pd.concat([titles, found.drop(columns="unit")], axis=1).assign(**common))
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return pd.concat(filled, ignore_index=True)[list(table.names)]


def _segments(reference: Reference | None) -> Units:
    if reference is None:
        raise ValueError("hotspots.units has [segments], but there is no street layer; add [places.streets]")
    crossings, points = _crossings(reference)
    segments, lines = _lines(reference)
    # Crossings first: what happened on one is theirs, not that of any street that ends there.
    shapes = np.concatenate([points, lines])
    return Units("segment", pd.concat([crossings, segments], ignore_index=True), shapes, touching_segments(shapes))


def _crossings(reference: Reference) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Nodes where two streets or more meet, as points, titled by these."""
    meets = reference.node_streets.merge(reference.streets, on="street_id").sort_values(["node", "label"])
    names = meets.groupby("node")["label"].agg(streets="size", title=" & ".join).query("streets > 1")
    nodes = reference.nodes.merge(names, left_on="node", right_index=True)
    nodes = nodes.sort_values(["reference_id", "x", "y"]).drop_duplicates("reference_id")
    titles = nodes.rename(columns={"reference_id": "unit_id"}).assign(length_m=np.nan, area_m2=np.nan)
    return titles[_TITLES].reset_index(drop=True), shapely.points(nodes["x"].to_numpy(), nodes["y"].to_numpy())


def _lines(reference: Reference) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Segments, titled by street and hundred-blocks; the lines of one segment_id are one unit."""
    label = reference.streets.set_index("street_id")["label"]
    sides = reference.sides.join(reference.segments["segment_id"], on="segment")
    hundreds = sides.groupby("segment_id").agg(low=("low", "min"), high=("high", "max")) // 100 * 100
    rows = reference.segments.join(hundreds, on="segment_id")
    low, high = (rows[end].astype("Int64").astype("string") for end in ("low", "high"))
    block = (low.where(low == high, low + "-" + high) + " BLOCK ").fillna("")
    rows = rows.assign(title=block + rows["street_id"].map(label), wkb=shapely.to_wkb(reference.lines))
    # A street of two names is one line in two rows.
    rows = rows.sort_values(["segment_id", "title", "wkb"]).drop_duplicates(["segment_id", "wkb"])
    number = rows.groupby("segment_id").ngroup().to_numpy()
    shapes = shapely.multilinestrings(shapely.from_wkb(rows["wkb"].to_numpy()), indices=number)
    titles = rows.drop_duplicates("segment_id").rename(columns={"segment_id": "unit_id"})
    titles = titles.assign(length_m=shapely.length(shapes), area_m2=np.nan)
    return titles[_TITLES].reset_index(drop=True), shapes


def _areas(connection: Connection, layer: str) -> Units:
    areas = connection.execute(
        "select area_id as unit_id, title, null::double as length_m, area_m2, geometry from core.areas "
        "where layer = ? order by area_id",
        [layer],
    ).df()
    shapes = np.asarray(shapely.from_wkb(areas.pop("geometry").map(bytes).tolist()), dtype=object)
    return Units(layer, areas, shapes, touching_areas(shapes))
