import numpy as np
import pytest
import shapely

from strategic_prosecution.hotspots import HotSpotAccuracy, hot_spot_accuracy, make_grid, prediction_accuracy


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


def test_last_periods_hot_spots_on_this_period_by_hand():
    counts = np.array([[8, 0, 2, 4, 0, 0, 6, 0, 0, 0]])
    result = hot_spot_accuracy(["c100_50_70", "c100_51_70", "c100_51_70", "c100_52_70", "c100_60_70"], counts, GRID)
    assert result == HotSpotAccuracy(
        incidents=20,
        incidents_captured=10,
        cells=3,
        cells_outside=1,
        area_m2=30_000,
        hit_rate=0.5,
        area_share=0.3,
        pai=pytest.approx(0.5 / 0.3),
        pei=pytest.approx(10 / 18),
        cells_hit_share=pytest.approx(2 / 3),
    )


def test_pai_and_pei_equal_those_of_the_same_cells_as_a_prediction():
    counts = np.array([[8, 0, 2, 4, 0, 0, 6, 0, 0, 0]])
    flagged = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    expected = prediction_accuracy(counts[0], flagged, 10_000).iloc[2]
    result = hot_spot_accuracy(["c100_50_70", "c100_51_70", "c100_52_70"], counts, GRID)
    assert (result.pai, result.pei) == (pytest.approx(expected["pai"]), pytest.approx(expected["pei"]))


def test_cells_outside_the_mask_are_no_area():
    corner = shapely.box(5000, 7000, 5200, 7100) | shapely.box(5000, 7000, 5100, 7200)
    grid = make_grid([], [], cell_m=100, boundary=corner)
    result = hot_spot_accuracy(["c100_50_70", "c100_51_71"], np.array([[2, 1], [1, 0]]), grid)
    assert (result.cells, result.cells_outside, result.area_share) == (1, 1, 1 / 3)
    assert result.pai == pytest.approx((2 / 4) / (1 / 3))


def test_undefined_is_none():
    quiet = hot_spot_accuracy(["c100_50_70"], np.zeros((1, 10), dtype=np.int64), GRID)
    assert (quiet.hit_rate, quiet.pai, quiet.pei, quiet.area_share, quiet.cells_hit_share) == (
        None,
        None,
        None,
        0.1,
        0.0,
    )
    nowhere = hot_spot_accuracy([], np.ones((1, 10), dtype=np.int64), GRID)
    assert (nowhere.hit_rate, nowhere.pai, nowhere.pei, nowhere.area_share) == (0.0, None, None, 0.0)
    assert nowhere.cells_hit_share is None


def test_another_grid_is_refused():
    with pytest.raises(ValueError, match="use one grid"):
        hot_spot_accuracy([], np.ones((2, 10), dtype=np.int64), GRID)
    with pytest.raises(ValueError, match=r"not of size \[100\]"):
        hot_spot_accuracy(["c150_50_70"], np.ones((1, 10), dtype=np.int64), GRID)
