"""Near repeats, chains, clusters and hot times of planted incidents, as the tables hold them."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from strategic_prosecution import model, warehouse
from strategic_prosecution.settings import Office, load_office
from strategic_prosecution.stages.hot_times import hot_times
from strategic_prosecution.stages.space_time import space_time
from strategic_prosecution.warehouse import Connection

AS_OF = date(2024, 6, 30)
TABLES = ("near_repeat", "near_repeat_chains", "space_time_clusters")


def write_office(folder: Path, settings: str = "") -> Office:
    path = folder / "office.toml"
    path.write_text(
        '[office]\nname = "Invented"\ntimezone = "America/New_York"\ncrs = "EPSG:26986"\n'
        f"[hotspots]\nwindows_days = [30, 365]\npermutations = 19\n{settings}\n"
        'categories = { violence = ["homicide", "robbery"], deaths = ["homicide"] }\n',
        encoding="utf-8",
    )
    return load_office(path)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return write_office(tmp_path)


def scattered(count: int = 60) -> list[tuple[str, float, float]]:
    """Incidents 2 km from each other, all before a year's last weeks."""
    days = pd.date_range("2023-07-02", "2024-05-20", periods=count).strftime("%Y-%m-%d")
    return [(day, 200_000.0 + 2000 * (k % 8), 900_000.0 + 2000 * (k // 8)) for k, day in enumerate(days)]


def frame(rows: list[tuple[str, float, float]]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["occurred_date", "x", "y"])
    return found.assign(
        incident_id=[f"I-{number:04d}" for number in range(len(found))],
        occurred_date=pd.to_datetime(found["occurred_date"]),
        offense_category="robbery",
        reported_by="victim",
    )


# Within 100 m and 7 days of the one before: three that go on, three in the winter, and two.
GOING_ON = [
    ("2024-06-20", 230_000.0, 930_000.0),
    ("2024-06-26", 230_080.0, 930_060.0),
    ("2024-06-30", 230_080.0, 930_060.0),
]
WINTER = [
    ("2024-01-01", 240_000.0, 930_000.0),
    ("2024-01-01", 240_030.0, 930_000.0),
    ("2024-01-02", 240_060.0, 930_000.0),
]
PAIR = [("2024-03-01", 250_000.0, 930_000.0), ("2024-03-02", 250_000.0, 930_000.0)]
OLD = [("2023-07-01", 240_000.0, 930_000.0)] * 5


def test_chains_of_three_or_more_the_newest_first(office: Office) -> None:
    chosen = frame([*scattered(), *GOING_ON, *WINTER, *PAIR, *OLD])
    chains = space_time(chosen, office=office, category="violence", as_of=AS_OF)["near_repeat_chains"]
    assert chains[["chain", "incidents"]].to_numpy().tolist() == [[1, 3], [2, 3]]
    assert chains["first_date"].dt.date.tolist() == [date(2024, 6, 20), date(2024, 1, 1)]
    assert chains["last_date"].dt.date.tolist() == [date(2024, 6, 30), date(2024, 1, 2)]
    # The mean of 0, 80, 80 and 0, 60, 60 lies in the square from 50, 0; the farthest of the three is the first, two
    # thirds of 100 m away. Nobody's house: the middle of a square, 50 m at least.
    assert chains.loc[0, ["x", "y"]].tolist() == [230_075, 930_025]
    assert chains["radius_m"].tolist() == pytest.approx([200 / 3, 50])


def test_the_bands_are_the_offices_own(tmp_path: Path) -> None:
    office = write_office(tmp_path, "near_repeat = { distance_m = [50, 100], days = [1, 7] }")
    found = space_time(frame([*GOING_ON, *WINTER, *PAIR, *OLD]), office=office, category="violence", as_of=AS_OF)
    bands = found["near_repeat"]
    assert bands["category"].unique().tolist() == ["violence"]
    # Up to 50 m: in the winter two pairs 30 m apart (0 and 1 days), one pair of a day, two of going on at 4 days.
    # Up to 100 m: the winter's ends; the first of going on and the second (6 days).
    assert bands["observed"].tolist() == [3, 1, 1, 1]
    assert list(zip(bands["distance_to"], bands["time_to"], strict=True)) == [(50, 1), (50, 7), (100, 1), (100, 7)]


def test_what_goes_on_and_what_was(office: Office) -> None:
    winter = [(day, x, y) for day, x, y in WINTER for _ in range(2)]
    chosen = frame([*scattered(), *GOING_ON, *winter])
    clusters = space_time(chosen, office=office, category="violence", as_of=AS_OF)["space_time_clusters"]
    first = clusters[clusters["rank"] == 1].set_index("mode")
    assert set(first.index) == {"prospective", "retrospective"}
    now, then = first.loc["prospective"], first.loc["retrospective"]
    assert (now["observed"], now["first_date"].date(), now["last_date"].date()) == (3, date(2024, 6, 20), AS_OF)
    assert (then["observed"], then["first_date"].date(), then["last_date"].date()) == (
        6,
        date(2024, 1, 1),
        date(2024, 1, 2),
    )
    assert now["p_value"] == then["p_value"] == 0.05
    # Centres of 50 m squares: of (230,000, 930,000) or of (230,080, 930,060), the other two.
    assert (now["x"], now["y"]) in [(230_025, 930_025), (230_075, 930_075)]
    assert (clusters.groupby("mode")["p_value"].max() <= 0.05).all()


def test_the_most_likely_is_there_even_if_it_says_little(office: Office) -> None:
    found = space_time(frame(scattered()), office=office, category="violence", as_of=AS_OF)["space_time_clusters"]
    assert (found.groupby("mode").size() <= 1).all()
    pairs = frame([*scattered(), ("2024-06-28", 200_000.0, 900_000.0), ("2024-06-29", 200_000.0, 900_000.0)])
    kept = space_time(pairs, office=office, category="violence", as_of=AS_OF)["space_time_clusters"]
    assert (kept["mode"] == "prospective").sum() == 1


@pytest.mark.parametrize("rows", [[], PAIR[:1], OLD, scattered()])
def test_too_few_too_old_or_too_many_fill_nothing(tmp_path: Path, rows: list[tuple[str, float, float]]) -> None:
    office = write_office(tmp_path, "space_time_limit = 59")
    found = space_time(frame(rows), office=office, category="violence", as_of=AS_OF)
    assert {name: len(rows) for name, rows in found.items()} == dict.fromkeys(TABLES, 0)
    for name in TABLES:
        assert tuple(found[name]) == model.table(f"mart.{name}").names


def test_the_order_of_rows_makes_no_difference_and_the_tables_take_them(office: Office) -> None:
    chosen = frame([*scattered(), *GOING_ON, *WINTER, *PAIR])
    found = space_time(chosen, office=office, category="violence", as_of=AS_OF)
    again = space_time(chosen.sample(frac=1, random_state=1), office=office, category="violence", as_of=AS_OF)
    with duckdb.connect() as connection:
        connection.execute("create schema mart")
        for name in TABLES:
            pd.testing.assert_frame_equal(found[name], again[name], check_exact=True)
            table = model.table(f"mart.{name}")
            connection.execute(warehouse.create_table(table))
            warehouse.replace_as_of(connection, table, AS_OF, found[name])
            assert connection.execute(f"select count(*) from {table.schema}.{name}").fetchone() == (len(found[name]),)
        undefined = connection.execute("select count(*) from mart.near_repeat where knox_ratio is null").fetchone()
        assert undefined == (found["near_repeat"]["knox_ratio"].isna().sum(),)
        assert undefined > (0,)


# (what, started, ended, day, reported by); times are UTC: 4 hours ahead in summer, 5 in winter.
INCIDENTS = (
    ("robbery", "2024-06-24 02:30", None, "2024-06-23", "victim"),  # Sunday, 22:30
    ("robbery", "2024-01-08 04:30", None, "2024-01-07", None),  # Sunday, 23:30; not in the last 30 days
    ("homicide", "2024-06-24 17:30", "2024-06-24 19:00", "2024-06-24", "victim"),  # Monday, 13:30 to 15:00
    ("homicide", None, None, "2024-06-25", "victim"),  # Tuesday
    ("robbery", "2024-06-25 15:00", "2024-06-25 14:00", "2024-06-25", "victim"),  # ends before it starts
    ("robbery", "2024-06-01 15:00", "2024-06-25 14:00", "2024-06-01", "victim"),  # says nothing
    ("robbery", "2024-06-26 16:00", None, "2024-06-26", "police"),
    ("theft", "2024-06-26 16:00", None, "2024-06-26", "victim"),
    ("robbery", "2024-05-31 16:00", None, "2024-05-31", "victim"),  # the day before the 30
    ("robbery", "2024-07-01 16:00", None, "2024-07-01", "victim"),  # after
    # In the night clocks went back: 01:50 before, 01:10 after.
    ("robbery", "2023-11-05 05:50", "2023-11-05 06:10", "2023-11-05", "victim"),
)


def plant(connection: Connection) -> None:
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("create schema core")
    connection.execute(warehouse.create_table(model.table("core.incidents")))
    for number, (what, started, ended, day, by) in enumerate(INCIDENTS):
        connection.execute(
            "insert into core.incidents "
            "(incident_id, offense_category, occurred_at, occurred_until, occurred_date, reported_by) "
            "values (?, ?, ?, ?, ?, ?)",
            [f"I-{number}", what, started, ended, day, by],
        )


def test_hot_times_are_those_of_the_offices_clock(office: Office) -> None:
    with duckdb.connect() as connection:
        plant(connection)
        found = hot_times(connection, office=office, as_of=AS_OF)
    assert tuple(found) == model.table("mart.hot_times").names
    assert len(found) == 2 * 2 * 168
    assert found["as_of"].unique().tolist() == [AS_OF]
    week = {key: rows.set_index(["weekday", "hour"]) for key, rows in found.groupby(["category", "window_days"])}
    deaths = {(1, 13): 1 / 3, (1, 14): 2 / 3, **{(2, hour): 1 / 24 for hour in range(24)}}
    expected = {
        ("deaths", 30): deaths,
        ("deaths", 365): deaths,
        ("violence", 30): {**deaths, (7, 22): 1},
        # 16:00 UTC of 31 May is Friday noon.
        ("violence", 365): {**deaths, (7, 22): 1, (7, 23): 1, (5, 12): 1, (7, 1): 1},
    }
    for key, hours in expected.items():
        filled = week[key]["incidents"]
        assert filled[filled != 0].to_dict() == pytest.approx(hours), key
        parts = week[key]["from_intervals"]
        assert parts[parts != 0].to_dict() == pytest.approx(deaths), key


def test_hot_times_of_no_incident_are_168_zeros(office: Office) -> None:
    with duckdb.connect() as connection:
        plant(connection)
        connection.execute("delete from core.incidents")
        found = hot_times(connection, office=office, as_of=AS_OF)
    assert len(found) == 2 * 2 * 168
    assert np.all(found["incidents"] == 0)
