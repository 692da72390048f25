"""Where things happened: the office's map, and a position for every distinct address."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from strategic_prosecution import model, warehouse
from strategic_prosecution.places import (
    assign_areas,
    geocode,
    load_reference,
    quality,
    read_aliases,
    read_areas,
    read_intersections,
    read_streets,
)
from strategic_prosecution.places.quality import HITS
from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse import Connection

# (table, place column, address column, whether the extract may give coordinates)
_LOCATED = tuple(
    (table.name, place, address, address == "address")
    for table in model.tables("core")
    for place, address in (("place_id", "address"), ("home_place_id", "home_address"))
    if place in table.names and address in table.names
)
_NOT_GEOCODABLE = ("empty", "unknown", "po_box", "homeless")


def locate(office: Office, as_of: date) -> dict[str, int]:
    """Build areas, population, places and the areas places lie in, and measure how well addresses were placed."""
    layers = {
        layer.layer: read_areas(
            office.resolve(layer.file), id_column=layer.id, title_column=layer.title, crs=office.office.crs
        )
        for layer in office.places.areas
    }
    with warehouse.open_core(office, as_of) as connection:
        wanted = _wanted(connection)
        uses = _uses(connection)
    places = _positions(office, wanted)
    with warehouse.open_core(office, as_of) as connection, warehouse.transaction(connection):
        warehouse.replace(connection, model.table("core.areas"), _area_rows(layers))
        warehouse.replace(connection, model.table("core.population"), _population_rows(office))
        warehouse.replace(connection, model.table("core.places"), places)
        warehouse.replace(connection, model.table("core.place_areas"), _place_areas(places, layers))
    rows = _quality_rows(places, uses, as_of)
    with warehouse.open_core(office, as_of) as connection, warehouse.transaction(connection):
        warehouse.replace_as_of(connection, model.table("mart.geocoding_quality"), as_of, rows)
    return {"places": len(places), "located": int(places["x"].notna().sum()), "areas": sum(map(len, layers.values()))}


def _wanted(connection: Connection) -> pd.DataFrame:
    """Distinct places named by any record: place_id, address, longitude, latitude."""
    parts = [
        f"select {place} as place_id, {address} as address, "
        + ("longitude, latitude" if has_point else "null::double as longitude, null::double as latitude")
        + f" from core.{table} where {place} is not null"
        for table, place, address, has_point in _LOCATED
    ]
    return connection.execute(f"select distinct * from ({' union all '.join(parts)}) order by place_id").df()


def _uses(connection: Connection) -> pd.DataFrame:
    """Records by table and place, those without a place included (place_id null)."""
    parts = [
        f"select '{table}{'' if place == 'place_id' else ' (home)'}' as table_name, {place} as place_id, "
        f"count(*) as records from core.{table} group by all"
        for table, place, _, _ in _LOCATED
    ]
    return connection.execute(f"select * from ({' union all '.join(parts)}) order by all").df()


def _positions(office: Office, wanted: pd.DataFrame) -> pd.DataFrame:
    """One row of core.places per wanted place. Coordinates of the extract count only when the office says so."""
    places = wanted.drop_duplicates("place_id").reset_index(drop=True)
    given = places["longitude"].notna() & places["latitude"].notna() & office.places.use_coordinates
    # Null island, swapped axes and lost signs lie outside the area the office's metric CRS is made for.
    if area := pyproj.CRS.from_user_input(office.office.crs).area_of_use:
        given &= places["longitude"].between(area.west, area.east)
        given &= places["latitude"].between(area.south, area.north)
    answers = _geocoded(office, places["address"])
    x, y = _project(office, places["longitude"].where(given), places["latitude"].where(given))
    found = answers["match_type"].isin(HITS)
    coordinates = given & np.isfinite(x) & np.isfinite(y)
    origin = np.where(coordinates, "coordinates", np.where(found, "geocoded", "none"))
    return pd.DataFrame(
        {
            "place_id": places["place_id"],
            "origin": origin,
            "match_type": answers["match_type"].where(~coordinates, "coordinates"),
            "score": answers["score"].astype(float).where(~coordinates),
            "matched_address": answers["matched_address"].where(~coordinates, None),
            "x": answers["x"].astype(float).where(~coordinates, x),
            "y": answers["y"].astype(float).where(~coordinates, y),
            "longitude": answers["lon"].astype(float).where(~coordinates, places["longitude"]),
            "latitude": answers["lat"].astype(float).where(~coordinates, places["latitude"]),
            "uncertainty_m": answers["uncertainty_m"].astype(float).where(~coordinates),
            "is_geocodable": ~answers["faults"].isin(_NOT_GEOCODABLE) | coordinates,
        }
    )


def _geocoded(office: Office, addresses: pd.Series) -> pd.DataFrame:
    """The geocoder's answers; without a street layer every answer is none."""
    settings = office.places
    if settings.streets is None:
        none = pd.DataFrame(index=range(len(addresses)), columns=["matched_address"], dtype=object)
        blank = addresses.isna().to_numpy()
        return none.assign(
            match_type="none", score=0.0, x=np.nan, y=np.nan, lon=np.nan, lat=np.nan, uncertainty_m=np.nan
        ).assign(faults=np.where(blank, "empty", "no_street_layer"))
    crs = office.office.crs
    reference = load_reference(
        streets=read_streets(office.resolve(settings.streets.file), columns=settings.streets.columns, crs=crs),
        intersections=None
        if settings.intersections is None
        else read_intersections(
            office.resolve(settings.intersections.file), columns=settings.intersections.columns, crs=crs
        ),
        aliases=None
        if settings.aliases is None
        else read_aliases(office.resolve(settings.aliases.file), columns=settings.aliases.columns),
        localities=settings.localities,
        crs=crs,
    )
    return geocode(addresses, reference, offset_m=settings.offset_m, tie_tolerance_m=settings.tie_tolerance_m)


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
                "geometry": areas.geometry.to_wkb(),
            }
        )
        for layer, areas in layers.items()
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=model.table("core.areas").names)


def _population_rows(office: Office) -> pd.DataFrame:
    """Residents by area: everyone ('all') and, where the file has them, by race/ethnicity."""
    settings = office.places.population
    if settings is None:
        return pd.DataFrame(columns=model.table("core.population").names)
    path = office.resolve(settings.file)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise ValueError(f"population [{path.name}] cannot be read as UTF-8 CSV: {error}") from error
    frames = []
    for value, column in {"all": settings.total, **settings.race_ethnicity}.items():
        for name in (settings.area_id, column):
            if name not in table.columns:
                raise ValueError(f"population [{path.name}] has no column [{name}]; correct places.population")
        counts = pd.to_numeric(table[column].str.replace(",", ""), errors="coerce")
        if counts.isna().any():
            raise ValueError(
                f"population [{path.name}]: column [{column}] has {counts.isna().sum()} unreadable numbers"
            )
        frames.append(
            pd.DataFrame(
                {
                    "layer": settings.layer,
                    "area_id": table[settings.area_id],
                    "race_ethnicity": value,
                    "age_band": "all",
                    "population": counts.round().astype("int64"),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _place_areas(places: pd.DataFrame, layers: dict[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    located = places[places["x"].notna()]
    frames = [pd.DataFrame({"place_id": [], "layer": [], "area_id": []}, dtype=object)]
    for layer, areas in layers.items():
        area_id = assign_areas(located["x"].to_numpy(), located["y"].to_numpy(), areas)
        frames.append(pd.DataFrame({"place_id": located["place_id"], "layer": layer, "area_id": area_id}).dropna())
    return pd.concat(frames, ignore_index=True)


def _quality_rows(places: pd.DataFrame, uses: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """mart.geocoding_quality: by table, all together and by match type, records and distinct places."""
    known = uses.merge(places[["place_id", "match_type", "is_geocodable"]], on="place_id", how="left")
    known["faults"] = np.where(known["is_geocodable"].eq(True), "", "empty")
    known["match_type"] = known["match_type"].fillna("none")
    rows = []
    for table_name, used in known.groupby("table_name", sort=True):
        placed = used["match_type"].isin((*HITS, "coordinates"))
        is_geocodable = used["is_geocodable"].eq(True)
        hit = quality(used.assign(match_type=used["match_type"].replace("coordinates", "point")), used["records"])
        share = hit[(hit["counted"] == "records") & (hit["denominator"] == "all") & (hit["match_type"] == "hit")].iloc[
            0
        ]
        for match_type in ("all", *sorted(used["match_type"].unique())):
            chosen = np.ones(len(used), dtype=bool) if match_type == "all" else (used["match_type"] == match_type)
            records = int(used.loc[chosen, "records"].sum())
            matched = int(used.loc[chosen & placed, "records"].sum())
            rows.append(
                {
                    "as_of": as_of,
                    "table_name": table_name,
                    "match_type": match_type,
                    "records": records,
                    "geocodable_records": int(used.loc[chosen & is_geocodable, "records"].sum()),
                    "matched_records": matched,
                    "distinct_strings": int((chosen & used["place_id"].notna()).sum()),
                    "matched_strings": int((chosen & placed).sum()),
                    "value": matched / records if records else None,
                    "lower": share["lower"] if match_type == "all" else None,
                    "upper": share["upper"] if match_type == "all" else None,
                }
            )
    return pd.DataFrame(rows, columns=list(model.table("mart.geocoding_quality").names))
