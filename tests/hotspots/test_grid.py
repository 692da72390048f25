import numpy as np
import pytest
import shapely

from strategic_prosecution.hotspots import count_points, make_grid, stray_points

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
        ([-75.1, 500_000.0], [39.9, 4e6], {}, r"\[1\] of \[2\] points look like longitudes and latitudes"),
        ([-75.1, 500_000.0], [39.9, 4e6], {"boundary": L_SHAPE}, r"\[1\] of \[2\] points look like"),
        ([0.0, 500_000.0], [0.0, 4_000_000.0], {}, "stray points"),
        ([0.0, *range(500_000, 500_020)], [0.0, *range(4_000_000, 4_000_020)], {}, r"\[1\] of \[21\] points are stray"),
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


def test_points_around_the_origin_of_a_crs_of_metres_are_no_degrees():
    # Half of them lie within 180 x 90 m of it, but the others come near.
    assert make_grid([10.0, 100.0, 900.0, 5000.0], [5.0, 50.0, 800.0, 100.0], cell_m=100).rows == 10
    # 0, 0 is a failed geocode and no reason to doubt the projection; with a boundary it is outside.
    grid = make_grid([0.0, 5050.0, 300_000.0], [0.0, 7050.0, 300_000.0], cell_m=100, boundary=L_SHAPE)
    assert count_points([0.0, 5050.0], [0.0, 7050.0], grid)[1] == 1


def test_stray_points_are_those_of_another_county():
    random = np.random.default_rng(20)
    # Nine in ten incidents within a kilometre downtown, the others all over a county of 70 x 60 km.
    x = 500_000 + np.append(random.normal(0, 500, 9000), random.uniform(-35_000, 35_000, 1000))
    y = 4_000_000 + np.append(random.normal(0, 500, 9000), random.uniform(-30_000, 30_000, 1000))
    assert not stray_points(x, y).any()
    # A county 500 km across, with a town at its far end that holds one incident in two hundred.
    wide = np.append(500_000 + random.uniform(-60_000, 60_000, 1990), np.full(10, 900_000.0))
    assert not stray_points(wide, np.full(2000, 4e6)).any()
    # Null island unprojected, a lost sign (a mirror image of the zone), swapped axes: three in a hundred of each.
    planted = [(0.0, 0.0), (-500_000.0, 4_000_000.0), (4_000_000.0, 500_000.0)]
    strays = np.repeat(planted, 300, axis=0)
    found = stray_points(np.append(x, strays[:, 0]), np.append(y, strays[:, 1]))
    np.testing.assert_array_equal(found, np.arange(found.size) >= x.size)


def test_few_points_are_never_stray_and_none_is_no_error():
    assert stray_points([], []).shape == (0,)
    assert not stray_points(np.append(np.zeros(8), 1e7), np.zeros(9)).any()
    assert stray_points(np.append(np.zeros(9), 8e4), np.zeros(10)).tolist() == [False] * 9 + [True]
    with pytest.raises(ValueError, match="no finite"):
        stray_points([1.0, np.nan], [1.0, 1.0])


def test_a_winding_boundary_with_a_hole_masks_the_same_cells_as_box_by_box():
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    radius = 2000 * (1 + 0.3 * np.sin(7 * angle) + 0.05 * np.sin(60 * angle))
    outer = np.column_stack([50_000 + radius * np.cos(angle), 70_000 + radius * np.sin(angle)])
    hole = shapely.Point(50_100, 70_050).buffer(430)
    boundary = shapely.Polygon(outer).difference(hole)
    grid = make_grid([], [], cell_m=150, boundary=boundary)
    row, column = np.divmod(np.arange(grid.mask.size), grid.columns)
    x, y = grid.centres(row, column)
    share = shapely.area(shapely.intersection(boundary, shapely.box(x - 75, y - 75, x + 75, y + 75)))
    # What shares less than a thousandth of a cell may be either.
    clear = (share == 0) | (share > 22)
    np.testing.assert_array_equal(grid.mask.ravel()[clear], (share > 0)[clear])
    assert not grid.mask[grid.rows // 2, grid.columns // 2]
    assert clear.mean() > 0.98


def test_null_points_are_not_counted_as_outside():
    grid = make_grid([], [], cell_m=100, boundary=L_SHAPE)
    with pytest.raises(ValueError, match="no finite"):
        count_points([5000.0, np.nan], [7000.0, 7000.0], grid)
