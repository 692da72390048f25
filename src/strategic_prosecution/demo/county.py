"""The map of the county: a warped street grid with address ranges, districts, residents, and addresses as text."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pyproj import Transformer
from shapely import linestrings, polygons, to_wkt
from shapely.geometry import mapping

CRS = "EPSG:26986"
# Half the city's width in metres, and where its middle lies in the metric CRS.
HALF = 6000.0
MIDDLE = (200_000.0, 880_000.0)
DISTRICTS = ("D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8")
DISTRICT_TITLES = (
    "Lowmill", "Kilnside", "Ferrygate", "Old Basin", "Tollhouse", "Upper Weir", "Quarryend", "Northlock",
)  # fmt: skip
# Median household income, US dollars a year.
DISTRICT_INCOMES = (38_000, 61_000, 44_000, 83_000, 52_000, 35_000, 97_000, 70_000)
# One street going east and west got a new name.
DIAGONAL = "SLANTWISE"
RENAMED_FROM, RENAMED_TO = "GASWORKS", "ALDERFIELD"
_STEMS = (
    "ALDER", "ASPEN", "BASALT", "BIRCH", "BRACKEN", "CEDAR", "CINDER", "CLOVER", "COPPER", "CURLEW", "DOGWOOD",
    "ELDER", "FALCON", "FERN", "FLINT", "GARNET", "GROUSE", "HAZEL", "HEMLOCK", "HERON", "HOLLY", "INDIGO", "JUNIPER",
    "KESTREL", "LARCH", "LINDEN", "MALLARD", "MAPLE", "MARL", "NETTLE", "OSIER", "OSPREY", "PLOVER", "POPLAR",
    "QUARTZ", "ROWAN", "SABLE", "SEDGE", "SORREL", "TEASEL", "WILLOW",
)  # fmt: skip
RESIDENT_SHARES = {
    "white": 0.52, "hispanic": 0.21, "black": 0.17, "asian": 0.06, "other": 0.02, "native_american": 0.01,
    "pacific_islander": 0.01,
}  # fmt: skip

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class StreetMap:
    """segments: one row per hundred block; nodes: one row per crossing; both in metres of CRS."""

    segments: pd.DataFrame
    nodes: pd.DataFrame
    district_lines: dict[str, Floats]
    population: pd.DataFrame


def build_map(rng: np.random.Generator, *, residents: int) -> StreetMap:
    """A city of 12 km x 12 km: about sixty avenues, ninety streets, one diagonal, four in a hundred blocks missing."""
    u = _lines(rng, shortest=150, longest=260)
    v = _lines(rng, shortest=95, longest=165)
    node_u, node_v = (grid.ravel() for grid in np.meshgrid(u, v, indexing="ij"))
    x, y = _warp(node_u, node_v)
    nodes = pd.DataFrame({"u": node_u, "v": node_v, "x": x, "y": y})
    segments = _segments(rng, avenues=len(u), streets=len(v))
    for end in ("from", "to"):
        segments[f"x_{end}"] = x[segments[f"node_{end}"]]
        segments[f"y_{end}"] = y[segments[f"node_{end}"]]
    segments["x"] = (segments["x_from"] + segments["x_to"]) / 2
    segments["y"] = (segments["y_from"] + segments["y_to"]) / 2
    middle_u = (node_u[segments["node_from"]] + node_u[segments["node_to"]]) / 2
    middle_v = (node_v[segments["node_from"]] + node_v[segments["node_to"]]) / 2
    # A border runs a third of the way into a block: no corner and no block's middle lies on it.
    cut_u = _border(u, 0.0)
    cuts_v = [_border(v, share) for share in (-0.5, 0.0, 0.5)]
    number = 4 * (middle_u > cut_u).astype(int) + np.searchsorted(np.array(cuts_v), middle_v)
    segments["district"] = np.array(DISTRICTS, dtype=object)[number]
    centrality = np.exp(-np.hypot(middle_u, middle_v) / 5000)
    liveliness = np.exp(rng.normal(0, 0.35, len(DISTRICTS)))[number]
    segments["weight"] = centrality * liveliness * np.exp(rng.normal(0, 0.6, len(segments)))
    segments["residents"] = np.exp(rng.normal(0, 0.4, len(segments)))
    edges_v = [-HALF - 200, *cuts_v, HALF + 200]
    lines = {
        DISTRICTS[4 * side + row]: _outline(
            (-HALF - 200, cut_u) if side == 0 else (cut_u, HALF + 200), (edges_v[row], edges_v[row + 1])
        )
        for side in (0, 1)
        for row in range(4)
    }
    return StreetMap(segments, nodes, lines, _population(rng, segments, residents=residents))


def streets_layer(street_map: StreetMap) -> pd.DataFrame:
    """The street file as a town would hand it over: ranges left and right, WKT in EPSG:4326."""
    segments = street_map.segments
    lon_from, lat_from = _to_degrees(segments["x_from"], segments["y_from"])
    lon_to, lat_to = _to_degrees(segments["x_to"], segments["y_to"])
    ends = np.stack([np.column_stack([lon_from, lat_from]), np.column_stack([lon_to, lat_to])], axis=1)
    has_right = segments["has_right"].to_numpy()
    return pd.DataFrame(
        {
            "seg_id": segments["segment_id"],
            "pre_dir": segments["predir"],
            "st_name": segments["name"],
            "st_type": segments["type"],
            "l_f_add": segments["hundred"] + 1,
            "l_t_add": segments["hundred"] + 99,
            "r_f_add": np.where(has_right, segments["hundred"], 0),
            "r_t_add": np.where(has_right, segments["hundred"] + 98, 0),
            "wkt": to_wkt(linestrings(ends), rounding_precision=7, trim=True),
        }
    )


def districts_layer(street_map: StreetMap) -> dict[str, Any]:
    """The districts as a GeoJSON feature collection, EPSG:4326."""
    features = []
    for name, title, income in zip(DISTRICTS, DISTRICT_TITLES, DISTRICT_INCOMES, strict=True):
        corners = street_map.district_lines[name]
        ring = np.round(np.column_stack(_to_degrees(corners[:, 0], corners[:, 1])), 7)
        features.append(
            {
                "type": "Feature",
                "properties": {"district": name, "title": title, "median_income": income},
                "geometry": mapping(polygons(ring)),
            }
        )
    return {"type": "FeatureCollection", "features": features}


def aliases_layer() -> pd.DataFrame:
    """Streets that were renamed: the old name as police still write it, and the official one."""
    return pd.DataFrame(
        {
            "old_name": [f"{side} {RENAMED_FROM} ST" for side in ("E", "W")],
            "official_name": [f"{side} {RENAMED_TO} ST" for side in ("E", "W")],
        }
    )


def block_text(segments: pd.DataFrame, *, old_names: Any) -> np.ndarray[Any, np.dtype[np.object_]]:
    """ "1200 BLOCK OF N ALDER ST" for each row of segments; where old_names, the name from before a renaming."""
    text = segments["hundred"].astype(str) + " BLOCK OF " + street_text(segments, old_names=old_names)
    return text.to_numpy(object)


def street_text(segments: pd.DataFrame, *, old_names: Any) -> pd.Series:
    """ "N ALDER ST" for each row of segments."""
    old = np.asarray(old_names) & (segments["name"] == RENAMED_TO).to_numpy()
    name = segments["name"].where(~old, RENAMED_FROM)
    text: pd.Series = (segments["predir"] + " " + name + " " + segments["type"]).str.strip()
    return text


def draw_homes(rng: np.random.Generator, street_map: StreetMap, count: int) -> np.ndarray[Any, np.dtype[np.object_]]:
    """``count`` exact addresses, more where more people live."""
    segments = street_map.segments
    residents = segments["residents"].to_numpy(float)
    return exact_text(rng, segments.iloc[rng.choice(len(segments), count, p=residents / residents.sum())])


def exact_text(rng: np.random.Generator, segments: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.object_]]:
    """ "1213 N ALDER ST" for each row of segments, on a side that has numbers."""
    right = segments["has_right"].to_numpy() & (rng.random(len(segments)) < 0.5)
    house = segments["hundred"] + 2 * rng.integers(1, 49, len(segments)) + np.where(right, 0, 1)
    return (house.astype(str) + " " + street_text(segments, old_names=False)).to_numpy(object)


def _lines(rng: np.random.Generator, *, shortest: float, longest: float) -> Floats:
    steps = rng.uniform(shortest, longest, int(2 * HALF / shortest))
    position = np.cumsum(steps) - HALF
    return position[position < HALF]


def _warp(u: Any, v: Any) -> tuple[Floats, Floats]:
    bent_u = u + 260 * np.sin(v / 2600)
    bent_v = v + 300 * np.sin(u / 3100)
    angle = np.deg2rad(11)
    x = MIDDLE[0] + bent_u * np.cos(angle) - bent_v * np.sin(angle)
    y = MIDDLE[1] + bent_u * np.sin(angle) + bent_v * np.cos(angle)
    return x, y


def _border(lines: Floats, share: float) -> float:
    at = int(np.searchsorted(lines, share * HALF))
    return float(lines[at] + 0.3 * (lines[at + 1] - lines[at]))


def _outline(across: tuple[float, float], up: tuple[float, float]) -> Floats:
    steps = np.linspace(0, 1, 25)
    (left, right), (low, high) = across, up
    u = np.concatenate([left + (right - left) * steps, np.full(25, right), right - (right - left) * steps, [left] * 25])
    v = np.concatenate([np.full(25, low), low + (high - low) * steps, np.full(25, high), high - (high - low) * steps])
    ring = np.column_stack(_warp(u, v))
    return ring[np.r_[True, np.any(np.diff(ring, axis=0) != 0, axis=1)]]


def _segments(rng: np.random.Generator, *, avenues: int, streets: int) -> pd.DataFrame:
    names = [stem + ending for ending in ("", "FIELD", "WATER") for stem in _STEMS]
    at = np.arange(avenues * streets).reshape(avenues, streets)
    types = np.array(["ST", "ST", "ST", "AVE", "AVE", "BLVD"], dtype=object)
    avenue_name = np.array([_ordinal(i // 2 + 1) if i % 2 else names[i // 2] for i in range(avenues)], dtype=object)
    street_name = np.array(names[(avenues + 1) // 2 :][:streets], dtype=object)
    avenue_type = np.where([i % 2 for i in range(avenues)], "ST", rng.choice(types, avenues)).astype(object)
    street_type = rng.choice(types, streets).astype(object)
    for name, type_ in ((avenue_name, avenue_type), (street_name, street_type)):
        type_[name == RENAMED_TO] = "ST"
    parts = [
        _run(at[:, :-1], at[:, 1:], avenue_name, avenue_type, along=1, middle=streets // 2, directions=("N", "S")),
        _run(at[:-1], at[1:], street_name, street_type, along=0, middle=avenues // 2, directions=("E", "W")),
    ]
    grid = pd.concat(parts, ignore_index=True)
    grid = grid[rng.random(len(grid)) >= 0.04]
    steps = np.arange(min(avenues, streets) - 1)
    diagonal = pd.DataFrame(
        {
            "node_from": at[steps, steps],
            "node_to": at[steps + 1, steps + 1],
            "predir": "",
            "name": DIAGONAL,
            "type": "AVE",
            "hundred": 100 * (steps + 1),
        }
    )
    segments = pd.concat([grid, diagonal], ignore_index=True)
    segments.insert(0, "segment_id", "S" + pd.Series(np.arange(len(segments)) + 10_000).astype(str))
    # Some blocks have a park or a rail line on one side: a range of 0-0.
    segments["has_right"] = rng.random(len(segments)) >= 0.05
    return segments


def _run(
    low: Any, high: Any, name: Any, type_: Any, *, along: int, middle: int, directions: tuple[str, str]
) -> pd.DataFrame:
    """Blocks of parallel streets, numbered and digitised outward from the middle of town."""
    step = np.indices(low.shape)[along]
    line = np.indices(low.shape)[1 - along].ravel()
    outward = (step >= middle).ravel()
    return pd.DataFrame(
        {
            "node_from": np.where(outward, low.ravel(), high.ravel()),
            "node_to": np.where(outward, high.ravel(), low.ravel()),
            "predir": np.where(outward, *directions),
            "name": name[line],
            "type": type_[line],
            "hundred": np.where(outward, step.ravel() - middle + 1, middle - step.ravel()) * 100,
        }
    )


def _ordinal(number: int) -> str:
    ending = "TH" if 10 < number % 100 < 14 else {1: "ST", 2: "ND", 3: "RD"}.get(number % 10, "TH")
    return f"{number}{ending}"


def _population(rng: np.random.Generator, segments: pd.DataFrame, *, residents: int) -> pd.DataFrame:
    share = segments.groupby("district")["residents"].sum().reindex(list(DISTRICTS)).to_numpy()
    mix = np.array(list(RESIDENT_SHARES.values())) * np.exp(rng.normal(0, 0.35, (len(DISTRICTS), len(RESIDENT_SHARES))))
    counts = np.round(residents * (share / share.sum())[:, None] * mix / mix.sum(axis=1, keepdims=True)).astype(int)
    table = pd.DataFrame(counts, columns=list(RESIDENT_SHARES))
    table.insert(0, "district", list(DISTRICTS))
    table.insert(1, "residents", counts.sum(axis=1))
    return table


def _to_degrees(x: Any, y: Any) -> tuple[Floats, Floats]:
    longitude, latitude = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(np.asarray(x), np.asarray(y))
    return longitude, latitude
