"""Philadelphia's public shootings on the city's street layer."""

import os
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyproj
import pytest

from strategic_prosecution import warehouse

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def database(philadelphia):
    office, day = philadelphia
    assert day == date(2020, 12, 31)
    with duckdb.connect(str(office.processed_dir / "internal" / "office.duckdb"), read_only=True) as connection:
        yield connection


def test_counts_are_those_of_the_file(database):
    shootings = pd.read_csv(Path(os.environ["REALDATA"]) / "philadelphia" / "shootings_2015_2020.csv", dtype=str)
    by_police = shootings["is_officer_involved"] == "True"
    year = shootings["date"].str[:4]
    fatal = shootings[(shootings["is_fatal"] == "True") & ~by_police].groupby(year).size()
    incidents = shootings[~by_police].groupby(year)["dc_key"].nunique()
    found = database.execute(
        "select metric, year(period_start)::varchar as year, numerator from metrics_now "
        "where period = 'year' and breakdown = ''"
    ).df()
    found = found.set_index(["metric", "year"])["numerator"]
    for each in incidents.index:
        assert found["homicide_victims", each] == fatal[each]
        assert found["shooting_incidents", each] == incidents[each]


def test_hit_rate_and_distance_to_the_published_points(philadelphia):
    """The street layer alone places nine in ten; published points stand along the block, ours in its middle."""
    office, _ = philadelphia
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        rows = connection.execute(
            "select incidents.longitude, incidents.latitude, x, y from core.incidents join core.places using (place_id)"
        ).df()
    hit = rows["x"].notna()
    assert hit.mean() > 0.90
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", office.office.crs, always_xy=True)
    placed = rows[hit]
    x, y = to_metres.transform(placed["longitude"].to_numpy(), placed["latitude"].to_numpy())
    apart = np.hypot(placed["x"] - x, placed["y"] - y)
    print(f"hit {hit.mean():.1%}, median {apart.median():.0f} m, beyond 250 m {(apart > 250).mean():.2%}")
    assert apart.median() < 60
    assert (apart > 250).mean() < 0.012


def test_ten_top_hot_spots_are_where_the_shootings_are(database, philadelphia):
    spots = database.execute(
        "select rank, incidents, area_m2, area_id from hot_spots where window_days = 365 order by rank limit 10"
    ).df()
    assert spots["rank"].tolist() == list(range(1, 11))
    assert spots["incidents"].is_monotonic_decreasing
    # Kensington and the Northwest side of North Philadelphia hold the city's most shootings in 2020.
    assert set(spots["area_id"]) <= {"24", "25", "22", "39", "35", "19", "14", "18", "12", "15", "26"}
    accuracy = database.execute("select hit_rate, area_share, pai from hot_spot_accuracy where window_days = 365")
    hit_rate, area_share, pai = accuracy.fetchone()
    assert pai == pytest.approx(hit_rate / area_share)
    assert area_share < 0.05 < hit_rate


def test_what_the_files_do_not_say_is_not_measured(database):
    measured = {name for (name,) in database.execute("select distinct metric from metrics_now").fetchall()}
    assert "shooting_incidents" in measured
    assert not measured & {"clearance_rate", "open_cases", "median_days_to_disposition", "dismissal_rate"}
