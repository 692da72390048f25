"""Reading the office's own map layers: streets, address points, named intersections, street aliases, places, areas.

Shapefile, GeoPackage and GeoJSON through pyogrio; CSV with a WKT column in EPSG:4326, or with coordinates in columns.
Every failure is one ValueError that says the file, the column and the nearest columns there are.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from strategic_prosecution.places.columns import (
    column,
    known_coordinates,
    known_places,
    known_points,
    known_streets,
    unknown,
)
from strategic_prosecution.places.parse import split_corners

_STREET_TEXTS = ("street_predir", "street_pretype", "street_name", "street_type", "street_postdir")
_RANGES = ("left_from", "left_to", "right_from", "right_to")
_SIDE_FACTS = ("left_parity", "right_parity", "left_offset", "right_offset")
STREET_COLUMNS = (*_STREET_TEXTS, *_RANGES, *_SIDE_FACTS, "segment_id")
POINT_COLUMNS = ("point_id", "number", *_STREET_TEXTS, "unit")
_COORDINATES = ("lon", "lat", "x", "y", "crs", "geometry")
_WKT_HEADERS = ("wkt", "the_geom", "geom", "geometry")
# Two zones of UTM: offices near a zone's edge use the neighbour's.
_ELSEWHERE_DEGREES = 12.0
_DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y")


def read_streets(
    path: str | Path, *, columns: Mapping[str, str] | None = None, addr: str | Path | None = None, crs: str
) -> gpd.GeoDataFrame:
    """Street segments in the canonical columns (`STREET_COLUMNS`), one row per segment and range, geometry in `crs`.

    `columns` maps our name to the file's; what it leaves out is recognised by the header (TIGER ADDRFEAT and EDGES,
    NENA, the usual city layers) or blank. Once it maps street_name, the street has the parts it maps and no others.
    geometry names the WKT column of a CSV; unmapped it is `wkt`, `geom` or `geometry`. `addr`: TIGER's table of further
    ranges per edge (TLID, SIDE, FROMHN, TOHN), beside EDGES: an edge it knows has its ranges and no others. Edges that
    TIGER does not call roads are left out. Everything but the geometry comes back as text, nulls as None; `crs` is
    projected, in metres.
    """
    frame = _read(path, crs=crs, wkt=(columns or {}).get("geometry"))
    _refuse_unknown(columns, [*STREET_COLUMNS, "geometry"], what="streets", path=path)
    if "ROADFLG" in frame.columns:
        frame = frame[frame["ROADFLG"] == "Y"].reset_index(drop=True)
    mapping = known_streets(frame, columns or {}, path=path)
    out = _canonical(frame, mapping, STREET_COLUMNS, path)
    shapes = frame.geometry.to_numpy()
    if addr is not None:
        out, row = _with_ranges(out, _ranges_of_edges(addr))
        shapes = shapes[row]
    return gpd.GeoDataFrame(out, geometry=shapes, crs=crs)


def read_points(path: str | Path, *, columns: Mapping[str, str] | None = None, crs: str) -> pd.DataFrame:
    """Address points, one row per row of the file: `POINT_COLUMNS` as text, null where unknown; x, y in `crs`, metres.

    `columns` maps our name to the file's; what it leaves out is recognised by the header (OpenAddresses, the National
    Address Database, the usual city layers); once it maps street_name, the street has the parts it maps. street_name
    is a whole street string when street_type is mapped to nothing. Positions are the centroids of a layer's shapes; of
    a CSV its columns lon and lat (EPSG:4326), or x and y with crs, the name of their system (`crs = "EPSG:2272"`), or
    geometry, its WKT column. Null or 0, 0 is no position (null); what cannot be projected is infinite. ValueError when
    most of a CSV lies nowhere near where `crs` is used; which single points to leave out is `load_reference`'s
    to say.
    """
    _refuse_unknown(columns, [*POINT_COLUMNS, *_COORDINATES], what="address points", path=path)
    frame, x, y = _read_positions(path, columns=columns or {}, crs=crs, what="address points")
    mapped = {ours: theirs for ours, theirs in (columns or {}).items() if ours not in _COORDINATES}
    return _canonical(frame, known_points(frame, mapped, path=path), POINT_COLUMNS, path).assign(x=x, y=y)


def read_places(path: str | Path, *, columns: Mapping[str, str] | None = None, crs: str) -> pd.DataFrame:
    """Named places, one row per row of the file: place_id, name, category (text, null where unknown), x, y in `crs`.

    name may hold several names joined by `|` or `;`. category is free text: jail, police_headquarters, court ...
    Columns and positions as in `read_points`.
    """
    fields = ("place_id", "name", "category")
    _refuse_unknown(columns, [*fields, *_COORDINATES], what="places", path=path)
    frame, x, y = _read_positions(path, columns=columns or {}, crs=crs, what="places")
    mapped = {ours: theirs for ours, theirs in (columns or {}).items() if ours not in _COORDINATES}
    return _canonical(frame, known_places(frame, mapped, path=path), fields, path).assign(x=x, y=y)


def read_intersections(path: str | Path, *, columns: Mapping[str, str], crs: str) -> pd.DataFrame:
    """Named intersections, one row per pair of streets: street_a, street_b (text), x, y in the metric `crs`.

    `columns` maps either street_a and street_b, or name (one text such as `Elm St & Oak St`; a corner of three
    streets gives its three pairs). Positions as in `read_points`. Rows without two streets or without a position are
    left out.
    """
    _refuse_unknown(columns, ["name", "street_a", "street_b", *_COORDINATES], what="intersections", path=path)
    frame, x, y = _read_positions(path, columns=columns, crs=crs, what="intersections")
    at = pd.DataFrame({"x": x, "y": y})
    if "name" in columns:
        names = column(frame, columns["name"], path).reset_index(drop=True)
        parts = pd.Series(split_corners(list(names.fillna(""))), index=names.index, dtype=object).explode().dropna()
        pairs = parts.rename("street_a").reset_index().merge(parts.rename("street_b").reset_index(), on="index")
        pairs = pairs[pairs["street_a"] < pairs["street_b"]]
    elif "street_a" in columns and "street_b" in columns:
        pairs = pd.DataFrame({ours: column(frame, columns[ours], path).to_numpy() for ours in ("street_a", "street_b")})
        pairs = pairs.dropna().reset_index()
    else:
        raise ValueError(f"intersections [{path}]: map [name], or both [street_a] and [street_b], in the columns")
    out = pairs.join(at, on="index")[["street_a", "street_b", "x", "y"]]
    found: pd.DataFrame = out[np.isfinite(out["x"]) & np.isfinite(out["y"])].reset_index(drop=True)
    return found


def read_aliases(path: str | Path, *, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Other names of streets: alias, street (text), valid_from, valid_to (days, null = open), from a CSV or a layer.

    `columns` maps ours to its headers; valid_from and valid_to are optional, and taken by those names when unmapped.
    The alias holds from valid_from to the day before valid_to; days are written 2019-12-31 or 12/31/2019. A value may
    join several columns with ` + `: `"pre_dir + st_name + st_type"`. Rows without an alias or a street are left out,
    duplicates too. An unreadable day, or one that ends before it begins, is a ValueError with its line.
    """
    file = Path(path)
    table = _read_csv(file) if file.suffix.lower() in (".csv", ".txt") else pd.DataFrame(_read_layer(file))
    dates = {name: name for name in ("valid_from", "valid_to") if name in table.columns}
    mapping = {"alias": "alias", "street": "street", **dates, **(columns or {})}
    _refuse_unknown(mapping, ["alias", "street", "valid_from", "valid_to"], what="aliases", path=path)
    out = pd.DataFrame(
        {
            ours: _joined([column(table, name.strip(), path) for name in mapping[ours].split("+")])
            for ours in ("alias", "street")
        }
    )
    for ours in ("valid_from", "valid_to"):
        out[ours] = pd.Series(pd.NaT, index=out.index, dtype="datetime64[ms]")
        if ours in mapping:
            out[ours] = _days(column(table, mapping[ours], path), name=mapping[ours], path=path)
    ended = out["valid_from"] >= out["valid_to"]
    if ended.any():
        # The header is the first line of the file.
        raise ValueError(
            f"aliases [{path}]: line {int(ended.to_numpy().argmax()) + 2} ends before it begins; correct its days"
        )
    return out[(out["alias"] != "") & (out["street"] != "")].drop_duplicates().reset_index(drop=True)


def read_areas(
    path: str | Path, *, id_column: str, title_column: str | None = None, income_column: str | None = None, crs: str
) -> gpd.GeoDataFrame:
    """Areas (districts, tracts ...): area_id, title (text), income (a number), geometry in the metric `crs`, one row
    per area, by area_id.

    Several rows with one id are one area. Without `title_column` the title is the id. For a CSV the WKT column is
    [wkt]. A row without an id or a geometry is a ValueError: an area that is silently missing makes its incidents
    look placeless.
    """
    frame = _read(path, crs=crs, wkt="wkt")
    ids = column(frame, id_column, path)
    titles = ids if title_column is None else column(frame, title_column, path)
    none = pd.Series(np.nan, index=frame.index)
    incomes = none if income_column is None else pd.to_numeric(column(frame, income_column, path), errors="coerce")
    geometry = shapely.make_valid(frame.geometry.to_numpy())
    empty = ids.isna().to_numpy() | shapely.is_missing(geometry) | shapely.is_empty(geometry)
    if empty.any():
        raise ValueError(
            f"areas [{path}]: {int(empty.sum())} rows lack [{id_column}] or a geometry; complete or remove them"
        )
    areas = gpd.GeoDataFrame(
        {"area_id": ids.to_numpy(), "title": titles.to_numpy(), "income": incomes.to_numpy()},
        geometry=geometry,
        crs=crs,
    )
    merged = areas.sort_values(["area_id", "title"], kind="stable").dissolve(by="area_id", aggfunc="first")
    return merged.reset_index()[["area_id", "title", "income", "geometry"]]


def _refuse_unknown(columns: Mapping[str, str] | None, known: Sequence[str], *, what: str, path: str | Path) -> None:
    for name in sorted(set(columns or {}) - set(known)):
        raise ValueError(f"{what} [{path}]: {unknown(name, known)}")


def _canonical(frame: pd.DataFrame, mapping: Mapping[str, str], names: Sequence[str], path: str | Path) -> pd.DataFrame:
    """Our columns as text; those without a column of the file are null."""
    nothing = np.full(len(frame), None, dtype=object)
    out = {name: column(frame, mapping[name], path) if name in mapping else nothing for name in names}
    return pd.DataFrame(out).reset_index(drop=True)


def _ranges_of_edges(addr: str | Path) -> pd.DataFrame:
    """TLID, side, start, end, parity (null when not told) of TIGER's ADDR table, a .dbf or a CSV."""
    file = Path(addr)
    table = _read_csv(file) if file.suffix.lower() in (".csv", ".txt") else _read_layer(file)
    table = table.rename(columns=str.upper)
    wanted = {"segment_id": "TLID", "side": "SIDE", "start": "FROMHN", "end": "TOHN"}
    if "PARITY" in table.columns:
        wanted["parity"] = "PARITY"
    return _canonical(table, wanted, ("segment_id", "side", "start", "end", "parity"), file)


def _with_ranges(edges: pd.DataFrame, ranges: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Edges with their ranges, one row per edge and its n-th range of either side; and the edge row of each."""
    ranges = ranges.sort_values(list(ranges.columns), ignore_index=True)
    by_side = ["segment_id", "side"]
    ranges["turn"] = ranges.groupby(by_side).cumcount()
    both = []
    for side, hand in (("L", "left"), ("R", "right")):
        some = ranges[ranges["side"].str.upper() == side].drop(columns="side")
        both.append(some.rename(columns={"start": f"{hand}_from", "end": f"{hand}_to", "parity": f"{hand}_parity"}))
    pairs = both[0].merge(both[1], on=["segment_id", "turn"], how="outer").drop(columns="turn")
    edges = edges.reset_index(names="row")
    known = edges["segment_id"].isin(pairs["segment_id"])
    told = edges[known].drop(columns=[c for c in pairs.columns if c != "segment_id"]).merge(pairs, on="segment_id")
    out = pd.concat([edges[~known], told], ignore_index=True)
    row = out.pop("row").to_numpy(dtype=np.int64)
    return out[list(edges.columns.drop("row"))].astype(object).where(out.notna(), None), row


def _days(values: pd.Series, *, name: str, path: str | Path) -> pd.Series:
    """Days in ISO form or month/day/year; null where blank."""
    days = pd.Series(pd.NaT, index=values.index, dtype="datetime64[ms]")
    for form in _DATE_FORMATS:
        days = days.fillna(pd.to_datetime(values, format=form, errors="coerce").astype("datetime64[ms]"))
    bad = values.notna() & days.isna()
    if bad.any():
        line = int(bad.to_numpy().argmax()) + 2
        raise ValueError(f"aliases [{path}]: line {line} of [{name}] is no day; write 2019-12-31 or 12/31/2019")
    return days


def _read_positions(
    path: str | Path, *, columns: Mapping[str, str], crs: str, what: str
) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.float64]]:
    """A file and the position of each of its rows in `crs`."""
    file = Path(path)
    metric = _metric(crs)
    is_csv = file.suffix.lower() in (".csv", ".txt")
    table = _read_csv(file) if is_csv and "geometry" not in columns else pd.DataFrame()
    where = known_coordinates(table, columns)
    if not is_csv or (not where and _wkt_column(table, columns.get("geometry")) is not None):
        frame = _read(file, crs=crs, wkt=columns.get("geometry"))
        at = shapely.centroid(frame.geometry.to_numpy())
        return frame, shapely.get_x(at), shapely.get_y(at)
    if set(where) == {"lon", "lat"}:
        system = "EPSG:4326"
    elif set(where) == {"x", "y"} and "crs" in columns:
        system = columns["crs"]
    else:
        raise ValueError(
            f"{what} [{file}]: no position; map [lon] and [lat] (EPSG:4326), or [x], [y] and [crs], or [geometry]"
        )
    first, second = (
        pd.to_numeric(column(table, theirs, file), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        for theirs in (where.get("lon", where.get("x", "")), where.get("lat", where.get("y", "")))
    )
    nowhere = ~np.isfinite(first) | ~np.isfinite(second) | ((first == 0) & (second == 0))
    _refuse_elsewhere(first[~nowhere], second[~nowhere], system=system, metric=metric, what=f"{what} [{file}]")
    x, y = Transformer.from_crs(system, metric, always_xy=True).transform(first, second)
    return table, np.where(nowhere, np.nan, x), np.where(nowhere, np.nan, y)


def _refuse_elsewhere(
    first: NDArray[np.float64], second: NDArray[np.float64], *, system: CRS | str, metric: CRS, what: str
) -> None:
    """ValueError when most of a layer lies far outside the area its metric system is made for: mixed-up columns."""
    area = metric.area_of_use
    if area is None or not len(first):
        return
    to_lonlat = Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(first, second)
    near = (area.west - _ELSEWHERE_DEGREES <= lon) & (lon <= area.east + _ELSEWHERE_DEGREES)
    near &= (area.south - _ELSEWHERE_DEGREES <= lat) & (lat <= area.north + _ELSEWHERE_DEGREES)
    if near.mean() < 0.5:
        raise ValueError(
            f"{what}: its middle is at longitude {np.median(lon):.0f}, latitude {np.median(lat):.0f}, far from where "
            f"{metric.to_string()} is used; check which column is which, the signs and the systems"
        )


def _metric(crs: str) -> CRS:
    metric = CRS.from_user_input(crs)
    if not metric.is_projected or metric.axis_info[0].unit_conversion_factor != 1:
        raise ValueError(
            f"crs [{crs}] is not a projected system in metres; use that of your own zone (UTM, state plane in metres)"
        )
    if "Pseudo" in metric.name:
        raise ValueError(f"crs [{crs}] stretches distances away from the equator; use that of your own zone (UTM)")
    return metric


def _read(path: str | Path, *, crs: str, wkt: str | None) -> gpd.GeoDataFrame:
    file = Path(path)
    metric = _metric(crs)
    if file.suffix.lower() in (".csv", ".txt"):
        table = _read_csv(file)
        wkt = _wkt_column(table, wkt)
        if wkt is None:
            raise ValueError(f"map layer [{file}]: a CSV needs its WKT column mapped to [geometry]")
        shapes = shapely.from_wkt(column(table, wkt, file).to_numpy(dtype=object), on_invalid="ignore")
        frame = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")
    else:
        frame = _read_layer(file)
    if not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
        raise ValueError(f"map layer [{file}] has no shapes; check that it is the right file")
    if frame.crs is None:
        raise ValueError(f"map layer [{file}] does not say its coordinate system; add the .prj file")
    if frame.crs != metric:
        middles = shapely.centroid(frame.geometry.to_numpy())
        middles = middles[~(shapely.is_missing(middles) | shapely.is_empty(middles))]
        x, y = shapely.get_x(middles), shapely.get_y(middles)
        _refuse_elsewhere(x, y, system=frame.crs, metric=metric, what=f"map layer [{file}]")
    return frame.to_crs(metric)


def _wkt_column(table: pd.DataFrame, mapped: str | None) -> str | None:
    """The mapped WKT column of a CSV, else one whose name says so."""
    return mapped or next((str(c) for c in table.columns if str(c).casefold() in _WKT_HEADERS), None)


def _read_layer(file: Path) -> pd.DataFrame:
    if not file.exists():
        raise ValueError(f"map layer [{file}] does not exist; correct the path in office.toml")
    try:
        frame: pd.DataFrame = pyogrio.read_dataframe(file)
    except pyogrio.errors.DataSourceError as error:
        raise ValueError(f"map layer [{file}] cannot be read as shapefile, GeoPackage or GeoJSON: {error}") from error
    return frame


def _read_csv(file: Path) -> pd.DataFrame:
    if not file.is_file():
        raise ValueError(f"file [{file}] does not exist; correct the path in office.toml")
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"file [{file}] cannot be read as UTF-8 CSV: {error}") from error
    return table


def _joined(pieces: list[pd.Series]) -> pd.Series:
    text = pieces[0].fillna("")
    for piece in pieces[1:]:
        text = text + " " + piece.fillna("")
    return text.str.split().str.join(" ")
