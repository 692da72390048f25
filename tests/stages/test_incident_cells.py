"""Incidents by day and 50 m square, from planted rows; and how a core table that a later stage makes is kept."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from strategic_prosecution import model, stages, warehouse
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages.incident_cells import write_incident_cells
from strategic_prosecution.warehouse import Connection

AS_OF = date(2024, 6, 30)
BEFORE = date(2024, 5, 31)
OFFICE = """
[office]
name = "Invented"
timezone = "America/New_York"
crs = "EPSG:26986"
settle_seconds = 0

[hotspots]
categories = { violence = ["homicide", "robbery", "robbery"], deaths = ["homicide"] }

[extracts.police]
files = "incidents_*.csv"
extract_date = "filename"
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
[extracts.police.feeds.columns]
incident_id = "NO"
occurred_date = "DAY"
offense_category = "WHAT"
reported_by = "BY"
longitude = "LON"
latitude = "LAT"
address = "AT"
"""
# (what, place, day, reported by)
INCIDENTS = (
    ("homicide", "a", AS_OF, "victim"),
    ("robbery", "b", AS_OF, ""),  # the same square
    ("robbery", "c", AS_OF, "victim"),
    ("robbery", "a", date(2024, 6, 29), "victim"),
    ("robbery", "a", date(2021, 7, 2), "victim"),  # the first of 1,095 days
    ("robbery", "a", date(2021, 7, 1), "victim"),
    ("robbery", "a", AS_OF, "police"),
    ("theft", "a", AS_OF, "victim"),
    ("robbery", "nowhere", AS_OF, "victim"),
    ("robbery", "a", date(2024, 7, 1), "victim"),
)
# 50 m squares from the origin: (4000, 18000), twice, and (-1, 18001) and a half.
PLACES = {"a": (200000.0, 900000.0), "b": (200049.9, 900049.9), "c": (-0.1, 900099.9), "nowhere": (None, None)}
EXPECTED = [
    ("deaths", AS_OF, 4000, 18000, 1),
    ("violence", date(2021, 7, 2), 4000, 18000, 1),
    ("violence", date(2024, 6, 29), 4000, 18000, 1),
    ("violence", AS_OF, -1, 18001, 1),
    ("violence", AS_OF, 4000, 18000, 2),
]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "office.toml").write_text(OFFICE, encoding="utf-8")
    loaded = load_office(tmp_path / "office.toml")
    for day in (BEFORE, AS_OF):
        path = loaded.raw_dir / f"incidents_{day}.csv"
        path.write_text(f"NO,DAY,WHAT,BY,LON,LAT,AT\nI-1,{BEFORE},ROBBERY,,,,\n", encoding="utf-8")
    return loaded


def plant(connection: Connection) -> None:
    for name, (x, y) in PLACES.items():
        connection.execute("insert into core.places (place_id, x, y) values (?, ?, ?)", [name, x, y])
    connection.execute("delete from core.incidents")
    for number, (what, place, day, by) in enumerate(INCIDENTS):
        connection.execute(
            "insert into core.incidents (incident_id, offense_category, place_id, occurred_date, reported_by) "
            "values (?, ?, ?, ?, nullif(?, ''))",
            [f"I-{number}", what, place, day, by],
        )


def write(office: Office, as_of: date) -> int:
    with warehouse.open_core(office, as_of) as connection, warehouse.transaction(connection):
        plant(connection)
        return write_incident_cells(connection, office, as_of)


def held(office: Office, as_of: date, table: str = "core.incident_cells") -> list[tuple[object, ...]]:
    with warehouse.open_core(office, as_of) as connection:
        return connection.execute(f"from {table} order by all").fetchall()


def test_incidents_are_counted_by_category_day_and_square(office: Office) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema core")
        for name in ("incidents", "places"):
            connection.execute(warehouse.create_table(model.table(f"core.{name}")))
        plant(connection)
        for _ in range(2):
            assert write_incident_cells(connection, office, AS_OF) == len(EXPECTED)
            assert connection.execute("from core.incident_cells order by all").fetchall() == EXPECTED


@pytest.mark.slow
def test_they_go_with_the_core_they_were_made_of(office: Office) -> None:
    with warehouse.run(office, what="test"):
        stages.land(office)
        stages.build_core(office, AS_OF)
        empty = stages.table_hashes(office, AS_OF)["core.incident_cells"]
        write(office, AS_OF)
        assert held(office, AS_OF) == EXPECTED
        assert stages.table_hashes(office, AS_OF)["core.incident_cells"] != empty
        stages.build_core(office, AS_OF)
        assert held(office, AS_OF) == []
        assert stages.table_hashes(office, AS_OF)["core.incident_cells"] == empty


@pytest.mark.slow
def test_a_run_for_an_earlier_day_leaves_the_newest_as_it_is(office: Office) -> None:
    with warehouse.run(office, what="test"):
        stages.land(office)
        stages.build_core(office, AS_OF)
        write(office, AS_OF)
        stages.build_core(office, BEFORE)
        assert held(office, BEFORE) == []
        # Of the planted incidents two occurred by then.
        assert write(office, BEFORE) == 2
        assert held(office, BEFORE, "records.core.incident_cells") == EXPECTED == held(office, AS_OF)
