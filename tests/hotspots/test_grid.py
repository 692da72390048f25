import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from strategic_prosecution.hotspots import count_points, gi_star_grid, make_grid, two_sided_p

# An L of 3 x 3 cells of 100 m without its upper right 2 x 2 cells, away from the origin.
L_SHAPE = shapely.Polygon(
    [(5000, 7000), (5300, 7000), (5300, 7100), (5100, 7100), (5100, 7300), (5000, 7300), (5000, 7000)]
)


def test_boundary_mask_is_the_cells_that_overlap_it_and_not_those_that_only_touch():
    grid = make_grid([], [], cell_m=100, boundary=L_SHAPE)
    assert (grid.x0, grid.y0, grid.rows, grid.columns) == (5000, 7000, 3, 3)
    np.testing.assert_array_equal(grid.mask, [[1, 1, 1], [1, 0, 0], [1, 0, 0]])
    assert grid.cell_area_m2 == 10_000


def test_a_sliver_of_ground_is_enough_to_be_in_the_mask():
    grid = make_grid([], [], cell_m=100, boundary=shapely.box(5000, 7000, 5101, 7100))
    assert (grid.rows, grid.columns, grid.mask.sum()) == (1, 2, 2)


def test_counts_are_half_open_and_points_outside_the_mask_are_told_apart():
    grid = make_grid([], [], cell_m=100, boundary=L_SHAPE)
    x = [5000, 5099.9, 5100, 5250, 5150, 5300, 4999.9, 1e18]
    y = [7000, 7099.9, 7000, 7050, 7150, 7050, 7050, -1e18]
    counts, outside = count_points(x, y, grid)
    np.testing.assert_array_equal(counts, [[2, 1, 1], [0, 0, 0], [0, 0, 0]])
    assert outside == 4
    assert counts.dtype == np.int64


def test_cells_stay_where_they_are_when_points_are_added():
    x, y = np.array([5020.0, 5530.0, 5270.0]), np.array([7010.0, 7120.0, 7480.0])
    small = make_grid(x, y, cell_m=150)
    large = make_grid(np.append(x, 1033.0), np.append(y, 2044.0), cell_m=150)
    assert (small.x0 % 150, small.y0 % 150, large.x0 % 150, large.y0 % 150) == (0, 0, 0, 0)
    names = [grid.cell_ids(*np.divmod(grid.locate(x, y), grid.columns)) for grid in (small, large)]
    assert names[0] == names[1] == ["c150_33_46", "c150_36_47", "c150_35_49"]


def test_without_boundary_the_mask_is_the_hull_and_one_cell_around_it():
    grid = make_grid([5050.0], [7050.0], cell_m=100)
    # The point widened by 100 m reaches 50 m into each of the eight neighbours, also over the corner (70.7 < 100).
    assert (grid.rows, grid.columns) == (3, 3)
    assert grid.mask.all()
    far = make_grid([5050.0, 6050.0], [7050.0, 8050.0], cell_m=100)
    assert far.mask[0, 0] and far.mask[-1, -1]
    assert not far.mask[0, -1] and not far.mask[-1, 0]


def test_cell_ids_and_their_inverse_on_both_sides_of_the_origin():
    grid = make_grid([], [], cell_m=100, boundary=shapely.box(-300, -200, 300, 200))
    row, column = np.divmod(np.arange(24), 6)
    names = grid.cell_ids(row, column)
    assert (names[0], names[-1], len(set(names))) == ("c100_-3_-2", "c100_2_1", 24)
    np.testing.assert_array_equal(grid.locate_cell_ids(names), np.arange(24))
    np.testing.assert_array_equal(grid.locate_cell_ids(["c100_3_0", "c100_0_0"]), [-1, 15])
    np.testing.assert_array_equal(grid.locate_cell_ids([]), [])
    with pytest.raises(ValueError, match=r"\[1\] cells such as \[c150_0_0\] are not of size \[100\] m"):
        grid.locate_cell_ids(["c100_0_0", "c150_0_0"])


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        ([-75.1, -75.2], [39.9, 40.0], {}, "points look like longitudes and latitudes"),
        ([], [], {"boundary": shapely.box(-76, 39, -75, 40)}, "boundary look like longitudes and latitudes"),
        ([0.0, 500_000.0], [0.0, 4_000_000.0], {}, "stray points"),
        ([5000.0, np.nan], [7000.0, 7000.0], {}, r"\[1\] of \[2\] points have no finite"),
        ([5000.0, np.inf], [7000.0, 7000.0], {}, r"\[1\] of \[2\] points have no finite"),
        ([5000.0], [7000.0, 7000.0], {}, "one length"),
        ([], [], {}, "no points and no boundary"),
        ([5000.0], [7000.0], {"cell_m": 0}, r"cell_m is \[0\]"),
        ([5000.0], [7000.0], {"cell_m": float("nan")}, r"cell_m is \[nan\]"),
        ([5000.0], [7000.0], {"boundary": L_SHAPE, "rule": "hull_buffer"}, "leave boundary out"),
        ([5000.0], [7000.0], {"boundary": shapely.LineString([(5000, 0), (6000, 0)])}, "without area"),
    ],
)
def test_bad_input_is_refused_with_the_remedy(x, y, options, message):
    with pytest.raises(ValueError, match=message):
        make_grid(x, y, **{"cell_m": 100, **options})


def test_null_points_are_not_counted_as_outside():
    grid = make_grid([], [], cell_m=100, boundary=L_SHAPE)
    with pytest.raises(ValueError, match="no finite"):
        count_points([5000.0, np.nan], [7000.0, 7000.0], grid)


@pytest.mark.realdata
def test_memphis_grid_and_gi_star_equal_the_published_ones():
    """sfhotspot (Ashby, MIT), reference pages of hotspot_count and hotspot_gistar: memphis_robberies_jan, 200 m."""
    points = pd.read_csv(Path(os.environ["REALDATA"]) / "worked_examples" / "memphis_robberies_jan.csv")
    to_utm = Transformer.from_crs("EPSG:4326", "EPSG:32615", always_xy=True)
    x, y = to_utm.transform(points["lon"].to_numpy(), points["lat"].to_numpy())
    grid = make_grid(x, y, cell_m=200, rule="hull_buffer")
    assert (grid.rows, grid.columns, grid.mask.sum()) == (144, 160, 16_133)
    bounds = [grid.x0, grid.y0, grid.x0 + grid.columns * 200, grid.y0 + grid.rows * 200]
    np.testing.assert_allclose(bounds, [762136.2, 3876586, 794136.2, 3905386], rtol=0, atol=0.5)

    counts, outside = count_points(x, y, grid)
    assert (counts.sum(), outside) == (206, 0)
    z = gi_star_grid(counts, grid.mask)[grid.mask]
    np.testing.assert_array_equal(counts[grid.mask][:10], [0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    published = [-0.243, -0.266, -0.266, 3.20, 3.20, 3.20, -0.266, -0.266, -0.243, -0.243]
    np.testing.assert_allclose(z[:10], published, rtol=0, atol=0.005)
    np.testing.assert_allclose(two_sided_p(z)[:4], [0.808, 0.790, 0.790, 0.00135], rtol=0.005)
