"""Philadelphia's public shootings on the city's street layer."""

import os
from datetime import date
from pathlib import Path

import duckdb
import geopandas as gpd
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
    accuracy = database.execute(
        "select hit_rate, area_share, pai from hot_spot_accuracy where window_days = 365 and method = 'hot_spots'"
    )
    hit_rate, area_share, pai = accuracy.fetchone()
    assert pai == pytest.approx(hit_rate / area_share)
    assert area_share < 0.05 < hit_rate


def test_what_the_files_do_not_say_is_not_measured(database):
    measured = {name for (name,) in database.execute("select distinct metric from metrics_now").fetchall()}
    assert "shooting_incidents" in measured
    assert not measured & {"clearance_rate", "open_cases", "median_days_to_disposition", "dismissal_rate"}


@pytest.fixture(scope="module")
def records(philadelphia):
    office, _ = philadelphia
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        yield connection


def source(name: str) -> pd.DataFrame:
    path = Path(os.environ["REALDATA"]) / "philadelphia" / f"{name}.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_several_victims_make_one_incident(records):
    shootings = source("shootings_2015_2020")
    assert len(shootings) == 9_062
    by_police = shootings["is_officer_involved"] == "True"
    found = records.execute("select count(*), count(distinct incident_id) from core.shootings").fetchone()
    assert found == (len(shootings), shootings["dc_key"].nunique())
    found = records.execute("select count(*) from core.incidents").fetchone()
    assert found == (shootings.loc[~by_police, "dc_key"].nunique(),)


def test_ages_are_kept_as_recorded(records):
    """0 to 117: an age over 120 would be no age, 117 is doubtful but a person may look it up."""
    ages = pd.to_numeric(source("shootings_2015_2020")["age"])
    found = records.execute("select count(age), min(age), max(age), count(*) filter (age > 90) from core.shootings")
    assert found.fetchone() == (int(ages.notna().sum()), 0, 117, int((ages > 90).sum()))
    out = records.execute("select count(*) from meta.problems where kind = 'out_of_range' and column_name = 'age'")
    assert out.fetchone() == (0,)


def test_a_municipal_docket_and_its_common_pleas_docket_are_one_case(records):
    courts = source("court_cases_2015_2020")
    filed = pd.to_datetime(courts["filing_date"], format="%m/%d/%Y")
    municipal = courts[(courts["court_office"] == "MC-01-51-Crim") & (filed <= "2020-12-31")]
    found = records.execute("select count(*), max(filed_date) from core.cases").fetchone()
    assert found[0] == municipal["case_id"].nunique() < courts["case_id"].nunique()
    assert found[1] <= date(2020, 12, 31)
    # Co-defendants are people of one case.
    found = records.execute("select count(*) from core.defendants").fetchone()
    assert found == (len(municipal.drop_duplicates(["case_id", "person_id"])),)


def test_blocks_and_intersections_are_placed_whatever_their_form(records):
    """`5600 BLOCK N Marvine St`, `3500 Block of Wharton St`; `20TH & TASKER ST`, `39th / Melon Sts`."""
    rows = records.execute(
        "select i.address, p.x is not null as placed"
        " from core.shootings as i left join core.places as p using (place_id)"
    ).df()
    forms = {
        "block": rows["address"].str.contains("^[0-9]+ BLOCK (?!OF )", case=False),
        "block of": rows["address"].str.contains("^[0-9]+ BLOCK OF ", case=False),
        "crossing &": rows["address"].str.contains("&"),
        "crossing /": rows["address"].str.contains("/"),
    }
    for form, is_such in forms.items():
        assert is_such.sum() > 25, form
        assert rows.loc[is_such, "placed"].mean() > 0.75, form
    placed = dict(zip(rows["address"], rows["placed"], strict=True))
    assert placed["5600 BLOCK N Marvine St"]
    assert placed["20TH & TASKER ST"]
    assert placed["39th / Melon Sts"]


def test_segments_without_numbers_answer_no_block(records):
    """0-0 means that a side has no addresses: "0 BLOCK" is the block of 1 to 99, on a segment that has such numbers."""
    segments = source("street_segments").query("wkt != ''")
    ranges = segments[["L_F_ADD", "L_T_ADD", "R_F_ADD", "R_T_ADD"]].apply(pd.to_numeric)
    assert (ranges == 0).all(axis=1).sum() == 1_035
    first = ranges.where(ranges > 0).min(axis=1) < 100
    layer = gpd.GeoDataFrame(segments[["ST_NAME"]], geometry=gpd.GeoSeries.from_wkt(segments["wkt"]), crs="EPSG:4326")
    placed = records.execute(
        "select place_id, matched_address, x, y from core.places where regexp_matches(matched_address, '^0 BLOCK ')"
    ).df()
    assert len(placed) > 50
    points = gpd.GeoDataFrame(placed, geometry=gpd.points_from_xy(placed["x"], placed["y"]), crs="EPSG:32129")
    near = points.set_geometry(points.buffer(15)).sjoin(layer[first].to_crs("EPSG:32129"))
    is_named = [name in address.split() for name, address in zip(near["ST_NAME"], near["matched_address"], strict=True)]
    assert set(near.loc[is_named, "place_id"]) == set(placed["place_id"])


def test_co_defendant_clusters_are_those_a_plain_search_finds(database):
    """Who was charged in one incident, joined by hand: components of at least three are the leads, number by number."""
    courts = pd.read_csv(Path(os.environ["REALDATA"]) / "philadelphia" / "court_cases_2015_2020.csv", dtype=str)
    filed = pd.to_datetime(courts["filing_date"], format="%m/%d/%Y")
    known = courts[(courts["court_office"] == "MC-01-51-Crim") & (filed <= "2020-12-31")].assign(filed=filed)
    together: dict[str, set[str]] = {}
    neighbours: dict[str, set[str]] = {}
    for _, event in known.groupby("dc_key"):
        begun = event["filed"].min()
        # Born on the last day of the year, as the example says where only the year is published.
        adult = event[begun.year - event["birth_year"].astype(float) > 18]
        if begun > pd.Timestamp("2019-01-01") and event["person_id"].nunique() <= 10:
            for one in adult["person_id"].unique():
                neighbours.setdefault(one, set()).update(set(adult["person_id"]) - {one})
    for person in neighbours:
        found, waiting = {person}, [person]
        while waiting:
            new = neighbours[waiting.pop()] - found
            found |= new
            waiting += new
        together[person] = found
    components = {frozenset(people) for people in together.values() if len(people) >= 3}
    by_hand = sorted((len(people), sum(len(neighbours[one]) for one in people) // 2) for people in components)
    leads = database.execute("select people, ties from leads order by people, ties").fetchall()
    print(f"{len(leads)} leads of {sum(people for people, _ in leads)} people, {len(neighbours)} people charged")
    assert leads == by_hand
    # Public data have no roster: every lead stays a number.
    assert database.execute("select distinct reconciled from leads").fetchall() == [("only_in_data",)]
    assert database.execute("select count(*) from group_priorities").fetchall() == [(0,)]
