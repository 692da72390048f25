from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import shapely

from strategic_prosecution.hotspots import cells_of_hot_spots, find_hot_spots, locate_incidents, make_grid

AS_OF = date(2024, 6, 30)
GRID = make_grid([], [], cell_m=100, boundary=shapely.box(5000, 7000, 9000, 11000))
SPOT_COLUMNS = [
    *["rank", "incidents", "weight", "incidents_previous", "stability", "z", "p_value", "q_value", "p_permuted"],
    *["area_m2", "geometry", "peak_cell", "cells"],
]
CELL_COLUMNS = ["cell_id", "row", "column", "x", "y", "count", "z", "p_value", "q_value", "p_permuted", "rank"]


def incidents(*places: tuple[int, int, list[int]]) -> dict[str, object]:
    """Points in the middle of cells (row, column), one for each number of days before AS_OF."""
    rows = [
        (5050 + 100 * column, 7050 + 100 * row, AS_OF - timedelta(days=d)) for row, column, ages in places for d in ages
    ]
    x, y, dates = zip(*rows, strict=True) if rows else ((), (), ())
    return {"x": list(x), "y": list(y), "date": pd.Series(dates, dtype="datetime64[s]")}


def find(*places, window_days=12, **options):
    return find_hot_spots(**incidents(*places), **{"as_of": AS_OF, "window_days": window_days, "grid": GRID, **options})


def test_what_a_hot_spot_says_by_hand():
    found = find(
        # Two cells that touch: 6 + 1 incidents on 3 of the 12 days; before, 2 + 0; the day after as_of is not known.
        (10, 10, [0, 0, 0, 5, 5, 11, 12, 23, 24, -1]),
        (10, 11, [5, 40]),
        # Alone, 5 incidents on 5 days.
        (30, 30, [1, 2, 3, 4, 6]),
        # Too few for a hot spot.
        (20, 3, [7, 8]),
    )
    assert list(found.spots.columns) == SPOT_COLUMNS
    first, second = found.spots.to_dict("records")
    assert (first["rank"], first["incidents"], first["incidents_previous"], first["stability"]) == (1, 7, 2, 3 / 12)
    assert (first["cells"], first["peak_cell"], first["area_m2"]) == (
        ["c100_60_80", "c100_61_80"],
        "c100_60_80",
        20_000,
    )
    assert first["geometry"].equals(shapely.box(6000, 8000, 6200, 8100))
    assert (second["rank"], second["incidents"], second["incidents_previous"], second["stability"]) == (2, 5, 0, 5 / 12)
    assert (found.first_day, found.last_day) == (date(2024, 6, 19), AS_OF)
    assert (found.incidents, found.outside) == (14, 0)

    # Gi* by hand: 1600 cells, counts 6 1 5 2; nine neighbours, all of the 7 within them.
    mean, square = 14 / 1600, (36 + 1 + 25 + 4) / 1600
    z = (7 - 9 * mean) / np.sqrt((square - mean**2) * (1600 * 9 - 81) / 1599)
    assert first["z"] == pytest.approx(z, rel=1e-12)

    assert list(found.cells.columns) == CELL_COLUMNS
    assert found.cells[["row", "column", "count"]].to_numpy().tolist() == [
        [10, 10, 6],
        [10, 11, 1],
        [20, 3, 2],
        [30, 30, 5],
    ]
    assert found.cells["rank"].tolist() == [1, 1, pd.NA, 2]
    assert found.cells[["x", "y"]].iloc[0].tolist() == [6050, 8050]


def test_rank_goes_by_incidents_even_where_the_p_value_says_otherwise():
    # Ten incidents along five cells, at most six within any nine cells; eight in one cell.
    spread = [(10, column, [0, 5]) for column in range(10, 15)]
    found = find(*spread, (30, 30, [0] * 8))
    assert found.spots["incidents"].tolist() == [10, 8]
    assert found.spots["z"].is_monotonic_increasing
    assert found.spots["p_value"].is_monotonic_decreasing


def test_stability_then_z_then_place_break_ties():
    found = find(
        (30, 30, [0, 0, 0, 0, 0]),
        (20, 20, [0, 1, 2, 3, 4]),
        (10, 30, [0, 0, 0, 0, 0]),
        (10, 10, [0, 0, 0, 0, 0]),
    )
    assert found.spots["peak_cell"].tolist() == ["c100_70_90", "c100_60_80", "c100_80_80", "c100_80_100"]
    assert find((30, 30, [0] * 5), (20, 20, [0] * 9), top=1).spots["incidents"].tolist() == [9]


def test_dropped_hot_spots_leave_their_cells_without_a_rank():
    found = find((30, 30, [0] * 5), (20, 20, [0] * 9), top=1)
    assert found.cells["rank"].tolist() == [1, pd.NA]


def test_min_incidents_is_of_the_hot_spot_and_not_of_the_cell():
    chain = [(10, column, [column - 10]) for column in range(10, 15)]
    assert find(*chain).spots["incidents"].tolist() == [5]
    assert find(*chain, min_incidents=6).spots.empty


def test_a_long_street_is_cut_into_places_one_can_go_to():
    street = [(20, column, [0] * (9 if column in (8, 24) else 3)) for column in range(2, 32)]
    found = find(*street)
    assert found.spots["cells"].map(len).max() <= 12
    assert found.spots["peak_cell"].tolist()[:2] == ["c100_58_90", "c100_74_90"]
    assert found.spots["incidents"].sum() == found.incidents
    assert len(find(*street, max_cells=30).spots) == 1


def test_stability_in_a_window_that_twelve_does_not_divide():
    # 90 days in twelve parts of 7.5 days: ages 0-7 are the first, 8-14 the second, 15-22 the third, 89 in the last.
    assert find((10, 10, [0, 7, 8, 14, 89]), window_days=90).spots["stability"].tolist() == [3 / 12]
    assert find((10, 10, [0, 7, 14, 15, 89]), window_days=90).spots["stability"].tolist() == [4 / 12]
    # Fewer than twelve days: one part per day.
    assert find((10, 10, [0, 0, 0, 1, 1]), window_days=4).spots["stability"].tolist() == [2 / 4]


@pytest.mark.parametrize("q_value", [0.01, 0.05, 1.0])
def test_only_cells_above_the_mean_and_within_the_q_value_are_in_hot_spots(q_value):
    random = np.random.default_rng(5)
    x, y = random.uniform(5000, 9000, 3000), random.uniform(7000, 11000, 3000)
    x[:150], y[:150] = random.normal(6500, 120, 150), random.normal(9500, 120, 150)
    options = {"as_of": AS_OF, "window_days": 1, "grid": GRID, "min_incidents": 1, "max_cells": 2000}
    cells = find_hot_spots(x, y, [AS_OF] * 3000, q_value=q_value, **options).cells
    expected = (cells["z"] > 0) & (cells["q_value"] <= q_value)
    assert 0 < expected.sum() < (cells["z"] != 0).sum()
    np.testing.assert_array_equal(cells["rank"].notna(), expected)


def test_incidents_outside_the_grid_are_counted_apart():
    found = find((10, 10, [0] * 6), (-3, 10, [0, 0, 30]))
    assert (found.incidents, found.outside) == (6, 2)


def test_the_order_of_the_rows_makes_no_difference():
    random = np.random.default_rng(11)
    x, y = random.normal(7000, 500, 900), random.normal(9000, 500, 900)
    days = pd.Series(pd.Timestamp(AS_OF) - pd.to_timedelta(random.integers(0, 60, 900), unit="D"))
    shuffle = random.permutation(900)
    options = {"as_of": AS_OF, "window_days": 30, "grid": GRID, "q_value": 0.2}
    one = find_hot_spots(x, y, days, **options)
    other = find_hot_spots(x[shuffle], y[shuffle], days.iloc[shuffle], **options)
    assert len(one.spots) > 3
    pd.testing.assert_frame_equal(one.spots.drop(columns="geometry"), other.spots.drop(columns="geometry"))
    assert all(a.equals_exact(b) for a, b in zip(one.spots["geometry"], other.spots["geometry"], strict=True))
    pd.testing.assert_frame_equal(one.cells, other.cells)


@pytest.mark.parametrize("places", [[], [(10, 10, [100])], [(10, 10, [3])]], ids=["no rows", "none in window", "one"])
def test_nothing_to_find_gives_empty_frames_with_the_columns_of_full_ones(places):
    full, empty = find((10, 10, [0] * 6)), find(*places)
    assert list(empty.spots.columns) == SPOT_COLUMNS and empty.spots.empty
    pd.testing.assert_series_equal(empty.spots.dtypes, full.spots.dtypes)
    pd.testing.assert_series_equal(empty.cells.dtypes, full.cells.dtypes)


@pytest.mark.parametrize(
    "dates",
    [
        [AS_OF] * 6,
        np.array([AS_OF] * 6, dtype="datetime64[D]"),
        pd.Series([pd.Timestamp("2024-06-30 23:59:59")] * 6, index=range(6, 12)),
        pd.DatetimeIndex(["2024-06-30"] * 6),
    ],
    ids=["dates", "datetime64", "series with time of day", "index"],
)
def test_kinds_of_dates(dates):
    found = find_hot_spots([6050] * 6, [8050] * 6, dates, as_of=AS_OF, window_days=1, grid=GRID)
    assert found.spots["incidents"].tolist() == [6]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window_days": 0}, r"window_days is \[0\]"),
        ({"min_incidents": 0}, r"min_incidents is \[0\]"),
        ({"max_cells": 0}, r"max_cells is \[0\]"),
        ({"top": 0}, r"top is \[0\]"),
        ({"date": [AS_OF]}, r"\[2\] points but \[1\] dates"),
        ({"date": [AS_OF, None]}, r"\[1\] of \[2\] incidents have no date"),
        ({"date": pd.Series(pd.to_datetime(["2024-06-01"] * 2, utc=True))}, "local calendar dates"),
        ({"x": [np.nan, 6050]}, "no finite x and y"),
    ],
)
def test_bad_input_is_refused(change, message):
    good = {
        "x": [6050, 6050],
        "y": [8050, 8050],
        "date": [AS_OF, AS_OF],
        "as_of": AS_OF,
        "window_days": 30,
        "grid": GRID,
    }
    with pytest.raises(ValueError, match=message):
        find_hot_spots(**{**good, **change})


def test_weights_draw_the_map_and_rank_and_incidents_stay_incidents():
    places = [(10, 10, [0] * 9), (30, 30, [0] * 5)]
    weights = [1.0] * 9 + [4.0] * 5
    plain, weighted = find(*places), find(*places, weights=weights)
    assert plain.spots[["incidents", "weight"]].to_numpy().tolist() == [[9, 9], [5, 5]]
    assert weighted.spots[["incidents", "weight"]].to_numpy().tolist() == [[5, 20], [9, 9]]
    assert weighted.spots["cells"].tolist() == plain.spots["cells"].tolist()[::-1]
    ones = find(*places, weights=[1.0] * 14)
    assert ones.spots["z"].tolist() == plain.spots["z"].tolist()


def test_what_weighs_nothing_is_no_hot_spot():
    assert find((10, 10, [0] * 9), (30, 30, [0] * 5), weights=[0.0] * 9 + [1.0] * 5).spots["incidents"].tolist() == [5]


@pytest.mark.parametrize("weights", [[1.0], [1.0] * 4 + [-1.0], [1.0] * 4 + [np.nan]])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ValueError, match="one finite number, 0 or more, per point"):
        find((10, 10, [0] * 5), weights=weights)


def test_only_the_cells_of_each_hot_spot_are_those_of_the_whole_answer():
    rng = np.random.default_rng(5)
    x, y = rng.normal(7000, 300, 900), rng.normal(9000, 300, 900)
    day = pd.Series(pd.Timestamp(AS_OF) - pd.to_timedelta(rng.integers(0, 60, 900), unit="D"))
    whole = find_hot_spots(x, y, day, as_of=AS_OF, window_days=30, grid=GRID).spots
    cells = cells_of_hot_spots(locate_incidents(x, y, day, grid=GRID), as_of=AS_OF, window_days=30)
    assert len(whole) > 3
    pd.testing.assert_frame_equal(cells, whole[["rank", "peak_cell", "cells"]])


def test_text_is_no_date_and_degrees_are_no_metres():
    with pytest.raises(ValueError, match="dates are text; parse them first"):
        find_hot_spots([6050.0], [8050.0], ["03/04/2024"], as_of=AS_OF, window_days=30, grid=GRID)
    with pytest.raises(ValueError, match="the points look like longitudes and latitudes"):
        find_hot_spots([-87.6], [41.9], pd.to_datetime(["2024-06-01"]), as_of=AS_OF, window_days=30, grid=GRID)
