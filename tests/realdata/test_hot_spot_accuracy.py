"""Trials of hot spots on Philadelphia's shootings, against the same counted with pandas, cell by cell."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import shapely

from strategic_prosecution import warehouse
from strategic_prosecution.hotspots import make_grid, nij_cells
from strategic_prosecution.stages.hot_spot_trials import forecasts, trials

pytestmark = pytest.mark.realdata
MONTH_ENDS = [date(2018, 6, 30), date(2019, 11, 30), date(2020, 12, 31)]


@pytest.fixture(scope="module")
def city(philadelphia):
    office, _ = philadelphia
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        shootings = connection.execute(
            "select incident_id, occurred_date, offense_category, reported_by, x, y from core.incidents "
            "join core.places using (place_id) where x is not null and offense_category in "
            "('homicide', 'nonfatal_shooting') order by incident_id"
        ).df()
        areas = connection.execute("select geometry from core.areas where layer = 'police_district'").df()
    boundary = shapely.union_all(shapely.from_wkb(areas["geometry"].map(bytes).tolist()))
    return office, shootings, make_grid([], [], cell_m=150, boundary=boundary)


@pytest.fixture(scope="module")
def tables(city):
    office, shootings, grid = city
    return {
        day: trials(shootings, grid, office=office, category="shootings", as_of=day).set_index(
            ["window_days", "method", "area_rule"]
        )
        for day in MONTH_ENDS
    }


@pytest.mark.parametrize("day", MONTH_ENDS)
def test_last_years_counts_by_pandas(city, tables, day):
    """The mean over a thousand random orders of cells that tie, on the area of the challenge."""
    _, shootings, grid = city
    places = shootings.assign(
        east=(shootings["x"] - grid.x0) // 150, north=(shootings["y"] - grid.y0) // 150, day=shootings["occurred_date"]
    )
    north, east = np.nonzero(grid.mask)
    cells = pd.MultiIndex.from_arrays([east.astype(float), north.astype(float)])
    start = pd.Timestamp(day - timedelta(days=30))
    before = places[(places["day"] <= start) & (places["day"] > start - timedelta(days=365))]
    after = places[(places["day"] > start) & (places["day"] <= pd.Timestamp(day))]
    known, came = (part.groupby(["east", "north"]).size().reindex(cells, fill_value=0) for part in (before, after))
    random = np.random.default_rng(0)
    number = nij_cells(grid)[1]
    assert number == int(len(cells) * 0.75 / 147.71)
    caught = [
        came.to_numpy()[np.lexsort((random.random(len(cells)), -known.to_numpy()))[:number]].sum() for _ in range(1000)
    ]
    row = tables[day].loc[(365, "last_year", "nij_largest")]
    assert row["incidents"] == came.sum()
    assert row["cells"] == number
    assert row["incidents_inside"] == pytest.approx(np.mean(caught), abs=4 * np.std(caught) / np.sqrt(1000) + 1e-9)
    assert row["hit_rate"] == pytest.approx(row["incidents_inside"] / came.sum())
    assert row["pai"] == pytest.approx(row["hit_rate"] / (number / len(cells)))
    assert row["pei"] == pytest.approx(row["incidents_inside"] / came.nlargest(number).sum())


def test_hot_spots_catch_far_more_than_chance(tables):
    spots = pd.DataFrame([table.loc[(365, "hot_spots", "hot_spots")] for table in tables.values()])
    chance = pd.DataFrame([table.loc[(365, "uniform", "hot_spots")] for table in tables.values()])
    assert chance["pai"].tolist() == pytest.approx([1] * 3)
    # 54 months pooled: 12 (benchmarks/accuracy_of_hot_spots.py).
    assert spots["incidents_inside"].sum() > 6 * chance["incidents_inside"].sum()
    assert (spots["pai_lower"] > 1).all()


def test_the_published_table_is_that_of_the_last_complete_day(philadelphia, city):
    """Nothing tells how late this file's shootings come, so its own last day is not complete: the one before is."""
    office, day = philadelphia
    _, shootings, grid = city
    with warehouse.run(office, what="test"), warehouse.open_records(office) as connection:
        stored = connection.execute(
            "select * from mart.hot_spot_accuracy where as_of = ? and category = 'shootings'", [day]
        ).df()
    key = ["window_days", "method", "area_rule"]
    complete = day - timedelta(days=1)
    expected = trials(shootings, grid, office=office, category="shootings", as_of=complete).set_index(key).sort_index()
    stored = stored.set_index(key).sort_index()
    assert stored["chosen_on"].dt.date.unique().tolist() == [complete - timedelta(days=30)]
    numbers = ["incidents", "incidents_inside", "hit_rate", "hit_rate_lower", "pai", "pei", "recapture_rate_index"]
    pd.testing.assert_frame_equal(stored[numbers], expected[numbers], check_dtype=False)


def test_the_forecast_is_published_only_with_proof(city):
    office, shootings, grid = city
    wanted = office.model_copy(update={"hotspots": office.hotspots.model_copy(update={"forecast": True})})
    rows, cells = forecasts(shootings, grid, office=wanted, category="shootings", as_of=date(2020, 12, 31))
    row = rows.iloc[0]
    assert row["outcome_events"] == (shootings["occurred_date"] > "2020-01-06").sum()
    proof = row["hit_rate_forecast"] > row["hit_rate_baseline"] and row["difference_lower"] > 0
    assert (row["published"] == "forecast") == proof
    assert 0 < len(cells) <= nij_cells(grid)[1]
