from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import shapely

from strategic_prosecution.hotspots import (
    choose_forecast,
    expected_incidents,
    incident_history,
    make_grid,
    nij_cells,
    outcome_events,
    try_forecasts,
)
from strategic_prosecution.hotspots.forecast import METHODS

AS_OF = date(2024, 12, 31)
# 40 x 40 cells of 100 m.
GRID = make_grid([], [], cell_m=100, boundary=shapely.box(5000, 7000, 9000, 11_000))


def incidents(*, seed=1, days=1500, per_day=2.0, hot_share=0.5):
    """Half of the incidents in the whole square, half in eight places of one cell, day by day until AS_OF."""
    random = np.random.default_rng(seed)
    count = int(days * per_day)
    x, y = random.uniform(5000, 9000, count), random.uniform(7000, 11_000, count)
    hot = random.random(count) < hot_share
    place = random.integers(8, size=count)
    x[hot], y[hot] = 5250 + 400 * place[hot] + random.uniform(0, 49, hot.sum()), 8050 + 300 * place[hot]
    day = np.datetime64(AS_OF, "D") - random.integers(0, days, count)
    return pd.DataFrame({"x": x, "y": y, "day": day})


def history(frame):
    return incident_history(frame["x"], frame["y"], frame["day"], grid=GRID, bandwidth_m=300)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_after_the_day_changes_a_forecast(method):
    """A leak, planted: 500 incidents of later days in one corner."""
    known = incidents()
    later = pd.DataFrame(
        {"x": 8950.0, "y": 10_950.0, "day": np.datetime64(AS_OF, "D") + np.arange(1, 501), "leak": True}
    )
    without = expected_incidents(method, history(known), as_of=AS_OF, trial_days=30)
    mixed = pd.concat([later, known]).sample(frac=1, random_state=3)
    np.testing.assert_array_equal(expected_incidents(method, history(mixed), as_of=AS_OF, trial_days=30), without)
    # On a later day they do count.
    grown = AS_OF + timedelta(days=500)
    corner = expected_incidents(method, history(mixed), as_of=grown, trial_days=30)[-1, -1]
    assert method == "uniform" or corner > 10 * without[-1, -1]


def test_outcomes_of_training_end_with_the_day():
    """What the model learns from the last period: places that became hot in it, with everything else the same."""
    known = incidents(hot_share=0)
    last = known["day"] > np.datetime64(AS_OF, "D") - 30
    shifted = known.assign(x=known["x"].mask(last, 5050.0), y=known["y"].mask(last, 7050.0))
    before = AS_OF - timedelta(days=30)
    np.testing.assert_array_equal(
        expected_incidents("forecast", history(known), as_of=before, trial_days=30),
        expected_incidents("forecast", history(shifted), as_of=before, trial_days=30),
    )


def test_trials_know_nothing_of_their_outcomes():
    """With the incidents of the last period moved to a corner, every method expects what it did: none of them there."""
    known = incidents()
    last = known["day"] > np.datetime64(AS_OF, "D") - 30
    moved = known.assign(x=known["x"].mask(last, 8950.0), y=known["y"].mask(last, 10_950.0))
    tried = try_forecasts(history(moved), as_of=AS_OF, trial_days=30)
    newest = tried[tried["chosen_on"] == tried["chosen_on"].max()].set_index("method")
    assert newest["incidents"].eq(last.sum()).all()
    assert newest.loc[["forecast", "last_year", "density"], "incidents_inside"].max() < 0.05 * last.sum()


def test_baselines_by_hand():
    """Two incidents in one cell and one in another, a year old at most; one is older, one outside."""
    frame = pd.DataFrame(
        {
            "x": [5050.0, 5060, 8050, 6050, 100.0],
            "y": [7050.0, 7040, 9050, 8050, 100.0],
            "day": pd.to_datetime(["2024-12-31", "2024-01-02", "2024-06-01", "2024-01-01", "2024-12-30"]),
        }
    )
    past = history(frame)
    found = expected_incidents("last_year", past, as_of=AS_OF, trial_days=73)
    assert (found[0, 0], found[20, 30], found.sum()) == pytest.approx((2 / 5, 1 / 5, 3 / 5))
    found = expected_incidents("uniform", past, as_of=AS_OF, trial_days=73)
    assert found == pytest.approx(np.full((40, 40), 3 / 5 / 1600))
    found = expected_incidents("density", past, as_of=AS_OF, trial_days=73)
    assert found.sum() == pytest.approx(3 / 5)
    # Both are in the middle of their cells or nearly so; nothing in reach of 300 m is as high.
    assert np.unravel_index(found.argmax(), found.shape) == (0, 0)
    assert found[20, 30] > found[20, 32] > 0 == found[20, 34]


@pytest.mark.parametrize("method", METHODS)
def test_order_of_rows_changes_no_byte_and_the_mask_holds(method):
    corner = shapely.box(5000, 7000, 9000, 9000) | shapely.box(5000, 7000, 7000, 11_000)
    grid = make_grid([], [], cell_m=100, boundary=corner)
    frame = incidents()
    found = []
    for seed in (None, 5):
        rows = frame if seed is None else frame.sample(frac=1, random_state=seed)
        past = incident_history(rows["x"], rows["y"], rows["day"], grid=grid, bandwidth_m=300)
        found.append(expected_incidents(method, past, as_of=AS_OF, trial_days=30))
    assert found[0].tobytes() == found[1].tobytes()
    assert (np.isnan(found[0]) == ~grid.mask).all()
    on_grid = grid.locate(frame["x"], frame["y"]) >= 0
    year = frame["day"] > np.datetime64(AS_OF, "D") - 365
    assert np.nansum(found[0]) == pytest.approx((on_grid & year).sum() * 30 / 365)


def test_planted_places_are_found():
    past = history(incidents())
    expected = expected_incidents("forecast", past, as_of=AS_OF, trial_days=30)
    planted = {(10 + 3 * place, 2 + 4 * place) for place in range(8)}
    top = np.argsort(expected.ravel())[::-1][:8]
    assert {tuple(divmod(int(cell), 40)) for cell in top} == planted
    # Half of 730 a year are in these eight cells, each with 3.75 in 30 days; 0.02 in any other.
    assert expected[10, 2] > 50 * np.median(expected)


def test_trials_and_events_are_counted():
    frame = incidents()
    past = history(frame)
    tried = try_forecasts(past, as_of=AS_OF, trial_days=30)
    assert tried["method"].value_counts().to_dict() == dict.fromkeys(METHODS, 12)
    assert tried["chosen_on"].min() == pd.Timestamp(AS_OF - timedelta(days=360))
    year = frame["day"] > np.datetime64(AS_OF, "D") - 360
    assert tried[tried["method"] == "uniform"]["incidents"].sum() == year.sum()
    assert outcome_events(past, as_of=AS_OF, trial_days=30) == year.sum()
    chance = tried[tried["method"] == "uniform"]
    assert (chance["incidents_inside"] / chance["incidents"]).tolist() == pytest.approx(
        [nij_cells(GRID)[1] / 1600] * 12
    )
    # No earlier period has a hundred incidents to learn from.
    assert try_forecasts(history(incidents(per_day=0.2)), as_of=AS_OF, trial_days=30).empty


def trials(inside, periods=12):
    rows = [
        (np.datetime64("2024-01-31") + 30 * period, method, 100, float(caught(period)))
        for period in range(periods)
        for method, caught in inside.items()
    ]
    return pd.DataFrame(rows, columns=["chosen_on", "method", "incidents", "incidents_inside"])


def test_the_model_is_published_only_where_it_surely_beats_every_baseline():
    base = {"last_year": lambda _: 8, "three_years": lambda _: 7, "density": lambda _: 9, "uniform": lambda _: 1}
    sure = choose_forecast(trials(base | {"forecast": lambda p: 12 + p % 2}), outcome_events=1200, seed=1)
    assert (sure.published, sure.baseline, sure.trials) == ("forecast", "density", 12)
    assert (sure.hit_rate_forecast, sure.hit_rate_baseline) == pytest.approx((0.125, 0.09))
    assert 0.03 <= sure.difference_lower < 0.035 < sure.difference_upper <= 0.04
    # One lucky month: higher in all, but the interval holds zero.
    lucky = choose_forecast(trials(base | {"forecast": lambda p: 40 if p == 3 else 8}), outcome_events=1200, seed=1)
    assert lucky.hit_rate_forecast > lucky.hit_rate_baseline
    assert lucky.published == "density"
    assert lucky.difference_lower < 0 < lucky.difference_upper
    assert "does not lie above zero" in lucky.reason
    # Better than last year's count, worse than the density.
    second = choose_forecast(trials(base | {"forecast": lambda _: 8.5}), outcome_events=1200, seed=1)
    assert second.published == "density"


def test_too_little_is_said_in_words():
    even = dict.fromkeys(METHODS, lambda _: 5)
    few = choose_forecast(trials(even), outcome_events=99, seed=1)
    assert (few.published, few.trials, few.hit_rate_forecast) == ("none", 0, None)
    assert "[99]" in few.reason
    short = choose_forecast(trials(even, periods=5), outcome_events=100, seed=1)
    assert (short.published, short.trials, short.difference_lower) == ("last_year", 5, None)
    nothing = try_forecasts(history(incidents(per_day=0.2)), as_of=AS_OF, trial_days=30)
    assert choose_forecast(nothing, outcome_events=200, seed=1).published == "last_year"


def test_without_incidents_nothing_is_expected():
    past = incident_history([], [], [], grid=GRID, bandwidth_m=300)
    for method in METHODS:
        assert expected_incidents(method, past, as_of=AS_OF, trial_days=30).sum() == 0
    with pytest.raises(ValueError, match=r"\[oracle\]"):
        expected_incidents("oracle", past, as_of=AS_OF, trial_days=30)
