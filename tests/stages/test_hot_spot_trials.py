from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely

from strategic_prosecution import model
from strategic_prosecution.hotspots import make_grid
from strategic_prosecution.settings import HotSpots
from strategic_prosecution.stages.hot_spot_trials import forecasts, trials

AS_OF = date(2024, 12, 31)
# 40 x 40 cells of 150 m.
GRID = make_grid([], [], cell_m=150, boundary=shapely.box(6000, 9000, 12_000, 15_000))
PLANTED = (10, 20)


def office(**hotspots):
    return SimpleNamespace(hotspots=HotSpots(**hotspots))


def incidents(*, years=3, reported_by="victim", category="robbery"):
    """Two a day anywhere, one a day in the planted cell, until AS_OF."""
    random = np.random.default_rng(2)
    days = np.datetime64(AS_OF, "s") - np.repeat(np.arange(365 * years), 3).astype("timedelta64[D]")
    x, y = random.uniform(6000, 12_000, days.size), random.uniform(9000, 15_000, days.size)
    x[::3], y[::3] = 6000 + 150 * PLANTED[1] + 75, 9000 + 150 * PLANTED[0] + 75
    return pd.DataFrame(
        {
            "incident_id": [f"i{number:05}" for number in range(days.size)],
            "occurred_date": days,
            "offense_category": category,
            "reported_by": reported_by,
            "x": x,
            "y": y,
        }
    )


@pytest.fixture(scope="module")
def accuracy():
    return trials(incidents(), GRID, office=office(), category="violence", as_of=AS_OF)


def test_every_method_at_every_area(accuracy):
    assert list(accuracy) == list(model.table("mart.hot_spot_accuracy").names)
    baselines = [
        (m, r)
        for m in ("last_year", "three_years", "density", "uniform")
        for r in ("hot_spots", "nij_smallest", "nij_largest")
    ]
    expected = [(days, *pair) for days in (90, 365) for pair in [("hot_spots", "hot_spots"), *baselines]]
    assert accuracy[["window_days", "method", "area_rule"]].apply(tuple, axis=1).tolist() == expected
    assert accuracy["chosen_on"].eq(date(2024, 12, 1)).all()
    assert accuracy["hot_spots"].notna().tolist() == accuracy["method"].eq("hot_spots").tolist()


def test_the_trial_is_of_the_days_after_the_choice(accuracy):
    """Thirty days of three incidents, one of them in the planted cell, which last year and the hot spots know."""
    assert accuracy["incidents"].eq(90).all()
    seeing = accuracy[~accuracy["method"].isin(["uniform", "density"])]
    assert seeing["incidents_inside"].min() >= 30
    smallest = accuracy[(accuracy["method"] == "last_year") & (accuracy["area_rule"] == "nij_smallest")].iloc[0]
    # 1,600 cells x 0.17 % = 2.7, rounded up; 365 of last year's 1,095 in the planted one.
    assert (smallest["cells"], smallest["area_share"]) == (3, 3 / 1600)
    assert smallest["hit_rate"] == pytest.approx(smallest["incidents_inside"] / 90)
    assert smallest["pai"] == pytest.approx(smallest["hit_rate"] * 1600 / 3)
    assert smallest["hit_rate_lower"] < smallest["hit_rate"] < smallest["hit_rate_upper"]
    chance = accuracy[accuracy["method"] == "uniform"]
    assert chance["pai"].tolist() == pytest.approx([1] * 6)


def test_the_index_compares_what_was_expected_inside(accuracy):
    """1,095 incidents of the last year are 90 in 30 days, and 90 came."""
    found = trials(incidents(), GRID, office=office(windows_days=(365,)), category="violence", as_of=AS_OF)
    spots = found[found["method"] == "hot_spots"].iloc[0]
    # The planted cell: 30 of 30; the other cells of its hot spot hold next to nothing.
    assert spots["recapture_rate_index"] == pytest.approx(1, abs=0.15)
    chance = found[(found["method"] == "uniform") & (found["area_rule"] == "nij_largest")].iloc[0]
    assert chance["recapture_rate_index"] == pytest.approx(1)


def test_incidents_after_the_choice_do_not_choose():
    """With the last thirty days elsewhere, no method finds them."""
    moved = incidents()
    late = moved["occurred_date"] > pd.Timestamp("2024-12-01")
    moved.loc[late, ["x", "y"]] = (11_900.0, 14_900.0)
    found = trials(moved, GRID, office=office(forecast=True), category="violence", as_of=AS_OF)
    assert found["incidents"].eq(90).all()
    assert found.loc[found["method"] != "uniform", "incidents_inside"].max() < 5


def test_order_of_rows_changes_nothing(accuracy):
    shuffled = incidents().sample(frac=1, random_state=1)
    again = trials(shuffled, GRID, office=office(), category="violence", as_of=AS_OF)
    pd.testing.assert_frame_equal(again, accuracy, check_exact=True)


def test_no_history_is_rows_without_rates():
    nobody = incidents().head(0)
    found = trials(nobody, GRID, office=office(), category="violence", as_of=AS_OF)
    assert len(found) == 26
    assert found["incidents"].eq(0).all()
    assert found[["hit_rate", "hit_rate_lower", "pei"]].isna().all(axis=None)


def test_no_forecast_unless_the_office_wants_one(accuracy):
    assert "forecast" not in set(accuracy["method"])
    rows, cells = forecasts(incidents(), GRID, office=office(), category="violence", as_of=AS_OF)
    assert (len(rows), len(cells)) == (0, 0)
    assert list(rows) == list(model.table("mart.forecasts").names)
    assert list(cells) == list(model.table("mart.forecast_cells").names)


def test_the_forecast_and_its_cells():
    wanted = office(forecast=True)
    rows, cells = forecasts(incidents(), GRID, office=wanted, category="violence", as_of=AS_OF)
    row = rows.iloc[0]
    assert list(rows) == list(model.table("mart.forecasts").names)
    assert (row["outcome_events"], row["trials"], row["trial_days"]) == (12 * 90, 12, 30)
    # Nothing but the planted cell can be foreseen, and every baseline but chance sees it: the model adds nothing.
    assert row["published"] in ("last_year", "three_years", "density")
    assert list(cells) == list(model.table("mart.forecast_cells").names)
    first = cells.iloc[0]
    assert (first["cell_row"], first["cell_column"], first["rank"]) == (*PLANTED, 1)
    assert first["incidents_last_year"] >= 365
    assert len(cells) == 8
    assert cells["rank"].tolist() == list(range(1, 9))


def test_only_what_victims_reported_is_forecast():
    """The same with ten times as many incidents that a company reported, all in one corner."""
    wanted = office(forecast=True)
    by_victims = incidents()
    by_companies = pd.concat([incidents(reported_by="company")] * 10).assign(x=11_900.0, y=14_900.0)
    found = forecasts(by_victims, GRID, office=wanted, category="violence", as_of=AS_OF)
    mixed = forecasts(pd.concat([by_companies, by_victims]), GRID, office=wanted, category="violence", as_of=AS_OF)
    for alone, among in zip(found, mixed, strict=True):
        pd.testing.assert_frame_equal(alone, among)


def test_who_reported_is_not_guessed():
    wanted = office(forecast=True)
    silent = incidents(reported_by=None)
    rows, cells = forecasts(silent, GRID, office=wanted, category="violence", as_of=AS_OF)
    assert (rows["published"][0], len(cells)) == ("none", 0)
    assert "do not say who reported" in rows["reason"][0]
    accuracy = trials(silent, GRID, office=wanted, category="violence", as_of=AS_OF)
    assert "forecast" not in set(accuracy["method"])
    # A few homicides among them are no reason to forecast those alone.
    some = silent.assign(offense_category=["homicide"] * 400 + ["robbery"] * (len(silent) - 400))
    rows, _ = forecasts(some, GRID, office=wanted, category="violence", as_of=AS_OF)
    assert rows["published"][0] == "none"


def test_shootings_need_no_victims_report():
    shootings = incidents(reported_by=None, category="nonfatal_shooting").tail(200)
    rows, _ = forecasts(shootings, GRID, office=office(forecast=True), category="shootings", as_of=AS_OF)
    assert rows["published"][0] == "none"
    assert "[0] incidents to learn from" in rows["reason"][0]


def test_cells_with_equal_counts_are_ranked_by_what_is_around_them():
    """Three cells with one incident a day: the southernmost alone, the other two side by side; nothing elsewhere."""
    three = incidents().iloc[: 3 * 730]
    place = np.arange(len(three)) % 3
    three = three.assign(x=np.array([6075.0, 9075, 9225])[place], y=np.array([9075.0, 12_075, 12_075])[place])
    rows, cells = forecasts(three, GRID, office=office(forecast=True), category="violence", as_of=AS_OF)
    assert rows["published"][0] == "last_year"
    assert cells[["cell_row", "cell_column", "rank"]].to_numpy().tolist() == [[20, 20, 1], [20, 21, 2], [0, 0, 3]]
    assert cells["incidents_last_year"].eq(365).all()
    assert cells["expected"].tolist() == pytest.approx([30] * 3)
