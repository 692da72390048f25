"""Where things happened: the office's map, and a position for every distinct address."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj

from strategic_prosecution import model, warehouse
from strategic_prosecution.places import Reference, assign_areas, geocode, read_areas
from strategic_prosecution.places.geocoder import HITS
from strategic_prosecution.places.quality import NOT_GEOCODABLE
from strategic_prosecution.settings import AreaLayer, Office, Population
from strategic_prosecution.stages.geocoding_quality import ERROR, LOCATED, QUALITY, error_rows, quality_rows
from strategic_prosecution.stages.reference import compiled, geocoder_key, match_settings
from strategic_prosecution.warehouse import Connection

PLACES = model.table("core.places")
# By which code, layers and settings the places of the newest core were placed.
_PLACED_BY = "places_placed_by"


def locate(office: Office, as_of: date) -> dict[str, int]:
    """Build areas, population, places and the areas places lie in, and measure how well addresses were placed.

    What the newest core places already, by the same layers, settings and geocoder, is taken over. Addresses lie nowhere
    else: an order that empties core leaves nothing to take over.
    """
    layers = {
        layer.layer: read_areas(
            office.resolve(layer.file),
            id_column=layer.id,
            title_column=layer.title,
            income_column=layer.income,
            crs=office.office.crs,
        )
        for layer in office.places.areas
    }
    # Of the layers before they are read: one that changes meanwhile places everything anew the next night.
    key: str | None = geocoder_key(office)
    reference = compiled(office, keep=True)
    # Where names of streets have days, an answer rests on the records of its place too.
    if reference is not None and reference.epochs:
        key = None
    with warehouse.open_core(office, as_of) as connection:
        wanted = _wanted(connection, key)
    fresh = _positions(office, wanted, reference)
    with warehouse.open_core(office, as_of) as connection:
        with warehouse.transaction(connection):
            taken_over = _replace_places(connection, fresh, key)
            if not warehouse.is_past(connection, as_of):
                warehouse.set_state(connection, _PLACED_BY, key or "")
            located = connection.execute("select place_id, x, y from core.places where x is not null").df()
            warehouse.replace(connection, model.table("core.areas"), _area_rows(layers))
            warehouse.replace(connection, model.table("core.population"), _population_rows(office))
            warehouse.replace(connection, model.table("core.place_areas"), _place_areas(located, layers))
        quality = quality_rows(connection, office, as_of, reference)
        errors = error_rows(connection, office, as_of, reference)
        with warehouse.transaction(connection):
            warehouse.replace_as_of(connection, QUALITY, as_of, quality)
            warehouse.replace_as_of(connection, ERROR, as_of, errors)
    return {
        "places": len(fresh) + taken_over,
        "located": len(located),
        "taken_over": taken_over,
        "areas": sum(map(len, layers.values())),
    }


def _wanted(connection: Connection, key: str | None) -> pd.DataFrame:
    """Places named by any record and not to be taken over: place_id, address, longitude, latitude, newest day."""
    parts = [
        f"select {item.place} as place_id, {item.address} as address, "
        + ("longitude, latitude" if item.place == "place_id" else "null::double as longitude, null::double as latitude")
        + f", {item.day} as day from core.{item.table.name} where {item.place} is not null"
        for item in LOCATED
    ]
    return connection.execute(
        f"select place_id, address, longitude, latitude, max(day) as day from ({' union all '.join(parts)}) "
        f"where place_id not in ({_kept_ids(connection, key)}) group by all order by place_id"
    ).df()


def _kept_ids(connection: Connection, key: str | None) -> str:
    """SQL of the places of the newest core whose position holds; of none where something it rests on has changed."""
    holds = key is not None and warehouse.state(connection, _PLACED_BY) == key
    return f"select place_id from records.core.places where {str(holds).lower()}"


def _replace_places(connection: Connection, fresh: pd.DataFrame, key: str | None) -> int:
    """core.places from the fresh ones and those that are taken over; returns how many these are."""
    used = " union ".join(f"select {item.place} from core.{item.table.name}" for item in LOCATED)
    connection.execute(
        "create or replace temp table taken_over as select * from records.core.places "
        f"where place_id in ({_kept_ids(connection, key)}) and place_id in ({used})"
    )
    connection.register("fresh_places", fresh)
    total = warehouse.replace(connection, PLACES, "from temp.taken_over union all by name from fresh_places")
    connection.unregister("fresh_places")
    connection.execute("drop table temp.taken_over")
    return total - len(fresh)


def _positions(office: Office, wanted: pd.DataFrame, reference: Reference | None) -> pd.DataFrame:
    """One row of core.places per wanted place. Coordinates of the extract count only when the office says so."""
    places = wanted.drop_duplicates("place_id").reset_index(drop=True)
    given = places["longitude"].notna() & places["latitude"].notna() & office.places.use_coordinates
    # Null island, swapped axes and lost signs lie outside the area the office's metric CRS is made for.
    if area := pyproj.CRS.from_user_input(office.office.crs).area_of_use:
        given &= places["longitude"].between(area.west, area.east)
        given &= places["latitude"].between(area.south, area.north)
    answers = _geocoded(office, places, reference)
    x, y = _project(office, places["longitude"].where(given), places["latitude"].where(given))
    found = answers["match_type"].isin(HITS)
    coordinates = given & np.isfinite(x) & np.isfinite(y)
    origin = np.where(coordinates, "coordinates", np.where(found, "geocoded", "none"))
    of_match = [
        "score",
        "faults",
        "matched_address",
        "reference_id",
        "uncertainty_m",
        "n_candidates",
        "spread_m",
        "gap",
    ]
    kept = answers[of_match].astype(object)
    return pd.DataFrame(
        {
            "place_id": places["place_id"],
            "origin": origin,
            "match_type": answers["match_type"].where(~coordinates, "coordinates"),
            **kept.where(kept.notna() & ~coordinates.to_numpy()[:, None], None),
            "x": answers["x"].astype(float).where(~coordinates, x),
            "y": answers["y"].astype(float).where(~coordinates, y),
            "longitude": answers["lon"].astype(float).where(~coordinates, places["longitude"]),
            "latitude": answers["lat"].astype(float).where(~coordinates, places["latitude"]),
            "is_geocodable": ~answers["faults"].isin(NOT_GEOCODABLE) | coordinates,
        }
    )


def _geocoded(office: Office, places: pd.DataFrame, reference: Reference | None) -> pd.DataFrame:
    """The geocoder's answers; without a street layer every answer is none."""
    addresses = places["address"]
    if reference is not None:
        days = [None if pd.isna(day) else day.date() for day in places["day"]] if reference.epochs else None
        return geocode(addresses, reference, dates=days, **match_settings(office))
    none = pd.DataFrame(index=range(len(addresses)), columns=["matched_address", "reference_id"], dtype=object)
    numbers = ("x", "y", "lon", "lat", "uncertainty_m", "n_candidates", "spread_m", "gap")
    return none.assign(match_type="none", score=0.0, **dict.fromkeys(numbers, np.nan)).assign(
        faults=np.where(addresses.isna().to_numpy(), "empty", "no_street_layer")
    )


def _project(office: Office, longitude: pd.Series, latitude: pd.Series) -> tuple[pd.Series, pd.Series]:
    transformer = pyproj.Transformer.from_crs("EPSG:4326", office.office.crs, always_xy=True)
    x, y = transformer.transform(longitude.to_numpy(dtype=float), latitude.to_numpy(dtype=float))
    return pd.Series(x, index=longitude.index), pd.Series(y, index=longitude.index)


def _area_rows(layers: dict[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    frames = [
        pd.DataFrame(
            {
                "layer": layer,
                "area_id": areas["area_id"].astype(str),
                "title": areas["title"].astype(str),
                "area_m2": areas.geometry.area,
                "median_household_income": areas["income"].round().astype("Int64"),
                "income_quintile": _fifths(areas["income"]),
                "geometry": areas.geometry.to_wkb(),
            }
        )
        for layer, areas in layers.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=model.table("core.areas").names)


def _fifths(incomes: pd.Series) -> pd.Series:
    """The fifth of its layer that each area is in, 1 = poorest; null where unknown. Equal incomes share a fifth."""
    return (5 * incomes.rank(method="max") / incomes.count()).apply(np.ceil).astype("Int64")


def _population_rows(office: Office) -> pd.DataFrame:
    """Residents by area: everyone ('all') and, where the file has them, by race/ethnicity."""
    settings = office.places.population
    if settings is None:
        return pd.DataFrame(columns=model.table("core.population").names)
    layer = next(area for area in office.places.areas if area.layer == settings.layer)
    name, table, area_id = _population_table(office, settings, layer)
    frames = []
    for value, column in {"all": settings.total, **settings.race_ethnicity}.items():
        for wanted in (area_id, column):
            if wanted not in table.columns:
                raise ValueError(f"population [{name}] has no column [{wanted}]; correct places.population")
        counts = pd.to_numeric(table[column].astype(str).str.replace(",", ""), errors="coerce")
        if counts.isna().any():
            raise ValueError(f"population [{name}]: column [{column}] has {counts.isna().sum()} unreadable numbers")
        frames.append(
            pd.DataFrame(
                {
                    "layer": settings.layer,
                    "area_id": table[area_id],
                    "race_ethnicity": value,
                    "age_band": "all",
                    "population": counts.round().astype("int64"),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _population_table(office: Office, settings: Population, layer: AreaLayer) -> tuple[str, pd.DataFrame, str]:
    """The file's name, its rows, one per area, and the column with the area's id, as `read_areas` writes it."""
    if settings.file is not None and settings.area_id is not None:
        path = office.resolve(settings.file)
        return path.name, _read_csv(path), settings.area_id
    path = office.resolve(layer.file)
    if path.suffix.lower() in (".csv", ".txt"):
        table = _read_csv(path)
    else:
        try:
            table = pyogrio.read_dataframe(path, read_geometry=False)
        except pyogrio.errors.DataSourceError as error:
            raise ValueError(f"population [{path.name}] cannot be read: {error}") from error
    if layer.id in table.columns:
        ids = table[layer.id]
        is_whole = pd.api.types.is_float_dtype(ids.dtype) and bool((ids.dropna() % 1 == 0).all())
        table[layer.id] = (ids.astype("Int64") if is_whole else ids).astype(str).str.strip()
        if table[layer.id].duplicated().any():
            raise ValueError(
                f"population [{path.name}]: areas of several rows say their residents several times; give a file with "
                "one row per area in places.population"
            )
    return path.name, table, layer.id


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise ValueError(f"population [{path.name}] cannot be read as UTF-8 CSV: {error}") from error


def _place_areas(located: pd.DataFrame, layers: dict[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    frames = [pd.DataFrame({"place_id": [], "layer": [], "area_id": []}, dtype=object)]
    for layer, areas in layers.items():
        area_id = assign_areas(located["x"].to_numpy(), located["y"].to_numpy(), areas)
        frames.append(pd.DataFrame({"place_id": located["place_id"], "layer": layer, "area_id": area_id}).dropna())
    return pd.concat(frames, ignore_index=True)
