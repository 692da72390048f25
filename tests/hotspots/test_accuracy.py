from itertools import combinations

import numpy as np
import pytest
import shapely
from scipy.stats import beta

from strategic_prosecution.hotspots import (
    choose_cells,
    make_grid,
    mark_cells,
    nij_cells,
    prediction_accuracy,
    try_cells,
)


def test_published_example():
    """ptools (Wheeler, MIT), tests/testthat/test-pai.R."""
    result = prediction_accuracy([6, 3, 0], [3, 2, 1], [1, 1, 1])
    np.testing.assert_allclose(result["pai"], [2, 1.5, 1])
    np.testing.assert_allclose(result["pei"], [1, 1, 1])
    np.testing.assert_allclose(result["recapture_rate_index"], [0.5, 5 / 9, 2 / 3])


def test_ties_put_the_lowest_observed_first():
    """By hand, with the tie rule of the same package: predicted 4 and 4 for observed 7 and 3."""
    result = prediction_accuracy([6, 7, 3, 2, 1, 0], [8, 4, 4, 2, 1, 0], 1)
    assert result["place"].tolist() == [0, 2, 1, 3, 4, 5]
    np.testing.assert_allclose(result["pai"], [1.894737, 1.421053, 1.684211, 1.421053, 1.2, 1], atol=5e-7)
    np.testing.assert_allclose(result["pei"], [0.857143, 0.692308, 1, 1, 1, 1], atol=5e-7)


def test_order_and_best_are_by_density_when_areas_differ():
    # Densities predicted 1, 3; observed 2, 4. The best on area 3 is 4 on the 1 of the dense place and 2 x 2 beside it.
    result = prediction_accuracy([6, 4], [3, 3], [3, 1])
    assert result["place"].tolist() == [1, 0]
    np.testing.assert_allclose(result["pai"], [(4 / 10) / (1 / 4), 1])
    np.testing.assert_allclose(result["pei"], [1, 1])
    wrong = prediction_accuracy([6, 4], [9, 1], [3, 1])
    np.testing.assert_allclose(wrong["pei"], [6 / (4 + 2 * 2), 1])


def test_undefined_is_null_and_never_infinite():
    result = prediction_accuracy([0, 0], [1, 2], 1)
    assert result[["pai", "pei", "recapture_rate_index"]].isna().all(axis=None)
    late = prediction_accuracy([0, 5], [2, 1], 1)
    assert late["recapture_rate_index"].isna().tolist() == [True, False]
    assert late["pai"].tolist() == [0, 1]
    assert prediction_accuracy([], [], []).empty


@pytest.mark.parametrize(
    ("observed", "predicted", "area", "message"),
    [
        ([1, 2], [1], 1, "one value per place"),
        ([1, 2], [1, 2], [1, 1, 1], r"one value per place \[2\]"),
        ([1, -2], [1, 2], 1, "0 or more"),
        ([1, np.nan], [1, 2], 1, "null"),
        ([1, 2], [1, np.inf], 1, "infinite"),
        ([1, 2], [1, 2], 0, "area above 0"),
    ],
)
def test_bad_input_is_refused(observed, predicted, area, message):
    with pytest.raises(ValueError, match=message):
        prediction_accuracy(observed, predicted, area)


# Ten cells in a row.
GRID = make_grid([], [], cell_m=100, boundary=shapely.box(5000, 7000, 6000, 7100))
COUNTS = np.array([[8, 0, 2, 4, 0, 0, 6, 0, 0, 0]])


def test_hot_spots_by_hand():
    marked = mark_cells(["c100_50_70", "c100_51_70", "c100_51_70", "c100_52_70", "c100_60_70"], grid=GRID)
    result = try_cells(marked, COUNTS, grid=GRID, seed=1, expected=np.full((1, 10), 5.0))
    assert (result.incidents, result.incidents_inside, result.cells) == (20, 10, 3)
    assert (result.hit_rate, result.area_share) == (0.5, 0.3)
    assert result.pai == pytest.approx(0.5 / 0.3)
    # The best three cells hold 8, 6 and 4.
    assert result.pei == pytest.approx(10 / 18)
    # Fifteen expected in the three cells, ten came.
    assert result.recapture_rate_index == pytest.approx(1.5)


def test_pai_pei_and_index_are_those_of_the_published_table():
    """prediction_accuracy is tested against ptools above."""
    predicted = np.array([[9.0, 8, 7, 1, 1, 1, 1, 1, 1, 1]])
    table = prediction_accuracy(COUNTS[0], predicted[0], 10_000).iloc[2]
    chosen = choose_cells(predicted, cells=3, grid=GRID)
    result = try_cells(chosen, COUNTS, grid=GRID, seed=1, expected=predicted)
    assert (result.pai, result.pei) == (pytest.approx(table["pai"]), pytest.approx(table["pei"]))
    assert result.recapture_rate_index == pytest.approx(table["recapture_rate_index"])


def test_ties_at_the_cut_catch_what_a_random_choice_would_on_average():
    expected = np.array([[5.0, 1, 1, 1, 0, 0, 0, 0, 0, 0]])
    chosen = choose_cells(expected, cells=3, grid=GRID)
    np.testing.assert_allclose(chosen, [[1, 2 / 3, 2 / 3, 2 / 3, 0, 0, 0, 0, 0, 0]])
    # Every choice of two of the three that tie, and the mean of what they catch.
    caught = [8 + COUNTS[0, list(pair)].sum() for pair in combinations([1, 2, 3], 2)]
    result = try_cells(chosen, COUNTS, grid=GRID, seed=1)
    assert result.incidents_inside == pytest.approx(np.mean(caught))
    assert result.pei == pytest.approx(np.mean(caught) / 18)
    assert result.recapture_rate_index is None


@pytest.mark.parametrize("cells", [1, 4, 10, 25])
def test_chance_has_a_pai_of_one(cells):
    result = try_cells(choose_cells(np.zeros((1, 10)), cells=cells, grid=GRID), COUNTS, grid=GRID, seed=1)
    assert result.cells == min(cells, 10)
    assert [result.pai, result.pai_lower, result.pai_upper] == pytest.approx([1, 1, 1])


def test_cells_outside_the_mask_are_no_area():
    corner = shapely.box(5000, 7000, 5200, 7100) | shapely.box(5000, 7000, 5100, 7200)
    grid = make_grid([], [], cell_m=100, boundary=corner)
    counts = np.array([[2, 1], [1, 0]])
    result = try_cells(mark_cells(["c100_50_70", "c100_51_71"], grid=grid), counts, grid=grid, seed=1)
    assert (result.cells, result.area_share) == (1, 1 / 3)
    assert result.pai == pytest.approx((2 / 4) / (1 / 3))
    # Nulls outside the mask are not read.
    chosen = choose_cells(np.array([[2.0, 1], [1, np.nan]]), cells=1, grid=grid)
    assert chosen.tolist() == [[1, 0], [0, 0]]


def test_undefined_is_none():
    quiet = try_cells(mark_cells(["c100_50_70"], grid=GRID), np.zeros((1, 10), dtype=np.int64), grid=GRID, seed=1)
    assert (quiet.incidents_inside, quiet.area_share) == (0, 0.1)
    assert {quiet.hit_rate, quiet.hit_rate_lower, quiet.hit_rate_upper, quiet.pai, quiet.pai_upper, quiet.pei} == {None}
    nowhere = try_cells(mark_cells([], grid=GRID), COUNTS, grid=GRID, seed=1, expected=np.ones((1, 10)))
    assert (nowhere.hit_rate, nowhere.hit_rate_upper, nowhere.area_share) == (0, 0, 0)
    assert {nowhere.pai, nowhere.pai_lower, nowhere.pei, nowhere.recapture_rate_index} == {None}


@pytest.mark.parametrize(("inside", "of"), [(0, 5), (1, 20), (9, 40), (50, 200)])
def test_interval_is_close_to_the_exact_one(inside, of):
    """Against Jeffreys' interval of a share, by the quantiles of the beta distribution."""
    counts = np.array([[inside, of - inside, 0, 0, 0, 0, 0, 0, 0, 0]])
    result = try_cells(mark_cells(["c100_50_70"], grid=GRID), counts, grid=GRID, seed=7)
    exact = beta.ppf([0.025, 0.975], inside + 0.5, of - inside + 0.5)
    np.testing.assert_allclose([result.hit_rate_lower, result.hit_rate_upper], exact, atol=0.02)
    assert result.pai_upper == pytest.approx(result.hit_rate_upper / 0.1)
    again = try_cells(mark_cells(["c100_50_70"], grid=GRID), counts, grid=GRID, seed=7)
    assert again == result


def test_interval_of_few_incidents_holds_the_truth():
    """Incidents fall inside with a chance of 10 %; of trials with 20 incidents, 95 % hold that, give or take 3.5."""
    marked, random = mark_cells(["c100_50_70"], grid=GRID), np.random.default_rng(4)
    held = 0
    for seed in range(200):
        inside = random.binomial(20, 0.1)
        counts = np.array([[inside, 20 - inside, 0, 0, 0, 0, 0, 0, 0, 0]])
        result = try_cells(marked, counts, grid=GRID, seed=seed)
        held += result.hit_rate_lower <= 0.1 <= result.hit_rate_upper
    assert held / 200 > 0.915


def test_areas_of_the_challenge():
    """0.25 to 0.75 of 147.71 square miles: 0.1693 % and 0.5077 %, rounded into the range."""
    wide = make_grid([], [], cell_m=100, boundary=shapely.box(5000, 7000, 15_000, 17_000))
    assert nij_cells(wide) == (17, 50)
    assert nij_cells(GRID) == (1, 1)


def test_bad_input_of_a_trial_is_refused():
    with pytest.raises(ValueError, match="use one grid"):
        try_cells(np.ones((2, 10)), COUNTS, grid=GRID, seed=1)
    with pytest.raises(ValueError, match="use one grid"):
        try_cells(np.ones((1, 10)), COUNTS, grid=GRID, seed=1, expected=np.ones((1, 9)))
    with pytest.raises(ValueError, match="no nulls"):
        choose_cells(np.full((1, 10), np.nan), cells=1, grid=GRID)
    with pytest.raises(ValueError, match=r"not of size \[100\]"):
        mark_cells(["c150_50_70"], grid=GRID)
