"""Reading the office's own map layers: streets, named intersections, street aliases, areas.

Shapefile, GeoPackage and GeoJSON through pyogrio; CSV with a WKT column in EPSG:4326. Every failure is one ValueError
that says the file, the column and the nearest columns there are.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS

from strategic_prosecution.places.parse import split_streets

STREET_COLUMNS = (
    "street_predir",
    "street_name",
    "street_type",
    "street_postdir",
    "left_from",
    "left_to",
    "right_from",
    "right_to",
    "segment_id",
)
_STREETS_REQUIRED = ("street_name", "left_from", "left_to", "right_from", "right_to")


def read_streets(path: str | Path, *, columns: Mapping[str, str], crs: str) -> gpd.GeoDataFrame:
    """Street segments in the canonical columns, one row per segment, geometry in the metric `crs`.

    `columns` maps our name to the file's: street_name and the four range columns are required; street_predir,
    street_type, street_postdir (blank when unmapped) and segment_id (the row's position when unmapped) are optional;
    geometry names the WKT column of a CSV. Everything but the geometry comes back as text, nulls as None.
    """
    frame = _read(path, crs=crs, wkt=columns.get("geometry"))
    unknown = sorted(set(columns) - set(STREET_COLUMNS) - {"geometry"})
    if unknown:
        raise ValueError(f"streets [{path}]: {_unknown(unknown[0], [*STREET_COLUMNS, 'geometry'])}")
    for ours in _STREETS_REQUIRED:
        if ours not in columns:
            raise ValueError(
                f"streets [{path}]: no column is mapped to [{ours}]; add it to the columns of the street layer"
            )
    picked = {ours: _column(frame, theirs, path) for ours, theirs in columns.items() if ours != "geometry"}
    out = pd.DataFrame(
        {name: picked.get(name, pd.Series(None, index=frame.index, dtype=object)) for name in STREET_COLUMNS}
    )
    if "segment_id" not in columns:
        out["segment_id"] = np.arange(len(out)).astype(str)
    return gpd.GeoDataFrame(out, geometry=frame.geometry.to_numpy(), crs=crs)


def read_intersections(path: str | Path, *, columns: Mapping[str, str], crs: str) -> pd.DataFrame:
    """Named intersections, one row per pair of streets: street_a, street_b (text), x, y in the metric `crs`.

    `columns` maps either street_a and street_b, or name (one text such as `Elm St & Oak St`; a corner of three
    streets gives its three pairs). The position is the file's point geometry (geometry = WKT column of a CSV). Rows
    without two streets or without a point are left out.
    """
    frame = _read(path, crs=crs, wkt=columns.get("geometry"))
    points = shapely.centroid(frame.geometry.to_numpy())
    at = pd.DataFrame({"x": shapely.get_x(points), "y": shapely.get_y(points)})
    if "name" in columns:
        names = _column(frame, columns["name"], path).reset_index(drop=True)
        parts = names.map(lambda text: split_streets(text) if isinstance(text, str) else ()).explode().dropna()
        pairs = parts.rename("street_a").reset_index().merge(parts.rename("street_b").reset_index(), on="index")
        pairs = pairs[pairs["street_a"] < pairs["street_b"]]
    elif "street_a" in columns and "street_b" in columns:
        pairs = pd.DataFrame(
            {ours: _column(frame, columns[ours], path).to_numpy() for ours in ("street_a", "street_b")}
        )
        pairs = pairs.dropna().reset_index()
    else:
        raise ValueError(f"intersections [{path}]: map [name], or both [street_a] and [street_b], in the columns")
    out = pairs.join(at, on="index")[["street_a", "street_b", "x", "y"]]
    found: pd.DataFrame = out[np.isfinite(out["x"]) & np.isfinite(out["y"])].reset_index(drop=True)
    return found


def read_aliases(path: str | Path, *, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Other names of streets: alias, street (both text), from a CSV; `columns` maps alias and street to its headers.

    A value may join several columns with ` + `: `"pre_dir + st_name + st_type"`. Rows without an alias or a street
    are left out, duplicates too.
    """
    mapping = {"alias": "alias", "street": "street", **(columns or {})}
    table = _read_csv(Path(path))
    parts = {
        ours: [_column(table, name.strip(), path) for name in theirs.split("+")] for ours, theirs in mapping.items()
    }
    out = pd.DataFrame({ours: _joined(pieces) for ours, pieces in parts.items()})[["alias", "street"]]
    return out[(out["alias"] != "") & (out["street"] != "")].drop_duplicates().reset_index(drop=True)


def read_areas(path: str | Path, *, id_column: str, title_column: str | None = None, crs: str) -> gpd.GeoDataFrame:
    """Areas (districts, tracts ...): area_id, title (text), geometry in the metric `crs`, one row per area, by
    area_id.

    Several rows with one id are one area. Without `title_column` the title is the id. For a CSV the WKT column is
    [wkt]. A row without an id or a geometry is a ValueError: an area that is silently missing makes its incidents
    look placeless.
    """
    frame = _read(path, crs=crs, wkt="wkt")
    ids = _column(frame, id_column, path)
    titles = ids if title_column is None else _column(frame, title_column, path)
    geometry = shapely.make_valid(frame.geometry.to_numpy())
    empty = ids.isna().to_numpy() | shapely.is_missing(geometry) | shapely.is_empty(geometry)
    if empty.any():
        raise ValueError(
            f"areas [{path}]: {int(empty.sum())} rows lack [{id_column}] or a geometry; complete or remove them"
        )
    areas = gpd.GeoDataFrame({"area_id": ids.to_numpy(), "title": titles.to_numpy()}, geometry=geometry, crs=crs)
    merged = areas.sort_values(["area_id", "title"], kind="stable").dissolve(by="area_id", aggfunc="first")
    return merged.reset_index()[["area_id", "title", "geometry"]]


def _read(path: str | Path, *, crs: str, wkt: str | None) -> gpd.GeoDataFrame:
    file = Path(path)
    metric = CRS.from_user_input(crs)
    if not metric.is_projected or metric.axis_info[0].unit_conversion_factor != 1:
        raise ValueError(f"crs [{crs}] is not a projected system in metres; use one such as EPSG:26918 (UTM zone 18N)")
    if file.suffix.lower() in (".csv", ".txt"):
        table = _read_csv(file)
        if wkt is None:
            raise ValueError(f"map layer [{file}]: a CSV needs its WKT column mapped to [geometry]")
        shapes = shapely.from_wkt(
            _column(table, wkt, file).fillna("").replace("", None).to_numpy(), on_invalid="ignore"
        )
        frame = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")
    else:
        if not file.exists():
            raise ValueError(f"map layer [{file}] does not exist; correct the path in office.toml")
        try:
            frame = pyogrio.read_dataframe(file)
        except pyogrio.errors.DataSourceError as error:
            raise ValueError(
                f"map layer [{file}] cannot be read as shapefile, GeoPackage or GeoJSON: {error}"
            ) from error
    if not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
        raise ValueError(f"map layer [{file}] has no shapes; check that it is the right file")
    if frame.crs is None:
        raise ValueError(f"map layer [{file}] does not say its coordinate system; add the .prj file")
    return frame.to_crs(metric)


def _read_csv(file: Path) -> pd.DataFrame:
    if not file.is_file():
        raise ValueError(f"file [{file}] does not exist; correct the path in office.toml")
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"file [{file}] cannot be read as UTF-8 CSV: {error}") from error
    return table


def _column(frame: pd.DataFrame, name: str, path: str | Path) -> pd.Series:
    """The named column as stripped text, blanks and nulls as None; whole numbers without their `.0`."""
    if name not in frame.columns:
        raise ValueError(f"file [{path}]: {_unknown(name, [str(c) for c in frame.columns])}")
    values = frame[name]
    if pd.api.types.is_float_dtype(values.dtype) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    text = values.astype("string").str.strip().astype(object)
    return text.where(text.notna() & (text != ""), None)


def _unknown(name: str, known: list[str]) -> str:
    folded = {c.casefold(): c for c in known}
    near = [folded[c] for c in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    hint = f"nearest: {', '.join(near)}" if near else f"there are: {', '.join(known[:12])}"
    return f"there is no column [{name}]; {hint}"


def _joined(pieces: list[pd.Series]) -> pd.Series:
    text = pieces[0].fillna("")
    for piece in pieces[1:]:
        text = text + " " + piece.fillna("")
    return text.str.split().str.join(" ")
