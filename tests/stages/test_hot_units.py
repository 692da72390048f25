"""Street segments, crossings and areas of a tiny invented town as units, from its files to rows of mart.hot_units."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from strategic_prosecution import model
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages.hot_units import hot_units, load_units

AS_OF = date(2024, 6, 30)
COLUMNS = list(model.table("mart.hot_units").names)
OFFICE = """
[office]
name = "Invented Town"
timezone = "America/New_York"
crs = "EPSG:26918"

[release]
min_cell = 2
smallest_public_area = "district"
public_demo_key = "no secret: for invented people only"

[hotspots]
windows_days = [30, 90]
units = UNITS

[places.streets]
file = "streets.csv"
[places.streets.columns]
street_name = "NAME"
left_from = "LF"
left_to = "LT"
right_from = "RF"
right_to = "RT"
segment_id = "ID"
geometry = "wkt"
[[places.areas]]
layer = "district"
file = "districts.csv"
id = "DIST"
"""
# Gander Street runs east through two blocks; at its middle Plover Avenue crosses. Plover's second block is two lines of
# one segment_id, one of them with a second name; its numbers are 200 to 498.
STREETS = """ID,NAME,LF,LT,RF,RT,wkt
g1,GANDER ST,101,199,100,198,"LINESTRING (-75.1700 39.9500, -75.1685 39.9500)"
g2,GANDER ST,201,299,200,298,"LINESTRING (-75.1685 39.9500, -75.1670 39.9500)"
p1,PLOVER AVE,101,199,100,198,"LINESTRING (-75.1685 39.9490, -75.1685 39.9500)"
p2,PLOVER AVE,201,399,200,398,"LINESTRING (-75.1685 39.9500, -75.1685 39.9510)"
p2,VETERANS WAY,201,399,200,398,"LINESTRING (-75.1685 39.9500, -75.1685 39.9510)"
p2,PLOVER AVE,401,499,400,498,"LINESTRING (-75.1685 39.9510, -75.1685 39.9515)"
"""
TO_METRES = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:26918", always_xy=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """One for all tests: the street layer is compiled once and kept."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "streets.csv").write_text(STREETS)
    (folder / "districts.csv").write_text("DIST,wkt\nnorth,POLYGON EMPTY\n")
    return folder


def office_in(folder: Path, units: str):
    (folder / "office.toml").write_text(OFFICE.replace("UNITS", units))
    return load_office(folder / "office.toml")


@pytest.fixture
def connection():
    """core.areas: two districts that share the line of Gander Street's crossing, and a layer of their own beside."""
    west, east = ((-75.171, 39.948, -75.1685, 39.952), (-75.1685, 39.948, -75.166, 39.952))
    with duckdb.connect() as connection:
        connection.execute("create schema core")
        connection.execute(
            "create table core.areas (layer text, area_id text, title text, area_m2 double, geometry blob)"
        )
        for layer, area_id, box in (("district", "w", west), ("district", "e", east), ("ward", "9", east)):
            shape = shapely.transform(shapely.box(*box), lambda xy: np.column_stack(TO_METRES.transform(*xy.T)))
            connection.execute(
                "insert into core.areas values (?, ?, ?, ?, ?)",
                [layer, area_id, f"District {area_id}", shape.area, shapely.to_wkb(shape)],
            )
        yield connection


def incidents(*rows: tuple[float, float, str]) -> pd.DataFrame:
    longitude, latitude, day = zip(*rows, strict=True)
    x, y = TO_METRES.transform(longitude, latitude)
    return pd.DataFrame({"x": x, "y": y, "occurred_date": pd.to_datetime(day)})


def test_streets_and_crossings_are_units_with_titles(folder, connection):
    (units,) = load_units(connection, office_in(folder, '["segments"]'))
    assert units.unit == "segment"
    titles = units.titles.set_index("unit_id")
    lines = titles[titles["length_m"].notna()]
    assert lines["title"].to_dict() == {
        "g1": "100 BLOCK GANDER ST",
        "g2": "200 BLOCK GANDER ST",
        "p1": "100 BLOCK PLOVER AVE",
        "p2": "200-400 BLOCK PLOVER AVE",
    }
    # A second is 30.9 m of latitude: p2's two lines are 3.6 and 1.8 of them, the one of two names once.
    assert lines.loc["p2", "length_m"] == pytest.approx(5.4 * 30.85, rel=0.005)
    crossings = titles[titles["length_m"].isna()]
    assert crossings["title"].tolist() == ["GANDER ST & PLOVER AVE & VETERANS WAY", "PLOVER AVE & VETERANS WAY"]
    assert units.titles["unit_id"].tolist() == [*crossings.index, *lines.index]
    # Everything meets at the crossing; p2 alone reaches the other one.
    near = pd.DataFrame(units.weights.toarray(), index=units.titles["title"]).sum(axis=1)
    assert near.tolist() == [4, 1, 4, 4, 4, 5]


def test_incidents_go_to_their_street_and_those_on_a_crossing_to_none_of_them(folder, connection):
    office = office_in(folder, '["segments"]')
    chosen = incidents(
        (-75.1693, 39.95008, "2024-06-30"),
        (-75.1693, 39.95008, "2024-06-01"),
        (-75.1693, 39.95008, "2024-05-31"),
        (-75.1685, 39.9500, "2024-06-15"),
        (-75.1677, 39.9500, "2024-03-15"),
        (-75.1600, 39.9500, "2024-06-15"),
    )
    found = hot_units(load_units(connection, office), chosen, office=office, category="robbery", as_of=AS_OF)
    assert list(found.columns) == COLUMNS
    assert not found.duplicated(list(model.table("mart.hot_units").key)).any()
    rows = found[["window_days", "rank", "title", "incidents", "incidents_previous"]].to_numpy().tolist()
    assert rows == [
        [30, 1, "100 BLOCK GANDER ST", 2, 1],
        [30, 2, "GANDER ST & PLOVER AVE & VETERANS WAY", 1, 0],
        [90, 1, "100 BLOCK GANDER ST", 3, 0],
        [90, 2, "GANDER ST & PLOVER AVE & VETERANS WAY", 1, 0],
    ]
    assert set(found["unit"]) == {"segment"} and set(found["as_of"]) == {AS_OF}
    shuffled = hot_units(
        load_units(connection, office), chosen.iloc[::-1], office=office, category="robbery", as_of=AS_OF
    )
    pd.testing.assert_frame_equal(shuffled, found)


def test_areas_are_units_of_their_own_layer(folder, connection):
    office = office_in(folder, '["district"]')
    chosen = incidents(
        (-75.1693, 39.9501, "2024-06-30"),
        (-75.1670, 39.9501, "2024-06-29"),
        (-75.1670, 39.9502, "2024-06-28"),
        (-75.2000, 39.9502, "2024-06-28"),
    )
    found = hot_units(load_units(connection, office), chosen, office=office, category="robbery", as_of=AS_OF)
    found = found[found["window_days"] == 30]
    rows = found[["unit", "unit_id", "title", "incidents"]].to_numpy().tolist()
    assert rows == [["district", "e", "District e", 2], ["district", "w", "District w", 1]]
    assert found["length_m"].isna().all()
    # 2.5 seconds of a thousandth of a degree: 213.7 m x 444.1 m.
    assert found["area_m2"].tolist() == pytest.approx([94_900] * 2, rel=0.01)
    # Two areas that touch: each has all others as neighbours, and Gi* says nothing.
    assert found["z"].isna().all() and not found["is_hot"].any()


def test_no_units_and_no_incidents_are_no_rows(folder, connection):
    nobody = incidents((-75.1693, 39.9501, "2024-06-30")).iloc[:0]
    office = office_in(folder, "[]")
    assert load_units(connection, office) == ()
    assert hot_units((), nobody, office=office, category="robbery", as_of=AS_OF).columns.tolist() == COLUMNS
    office = office_in(folder, '["segments", "district"]')
    found = hot_units(load_units(connection, office), nobody, office=office, category="robbery", as_of=AS_OF)
    assert found.empty and found.columns.tolist() == COLUMNS
