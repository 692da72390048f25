import numpy as np
import pytest
import shapely
from scipy import ndimage

from strategic_prosecution.hotspots import make_grid
from strategic_prosecution.hotspots.dissolve import group_cells, outlines


def group(heights: np.ndarray, max_cells: int) -> np.ndarray:
    """Group the cells with a height above 0; the answer as the height of each cell's peak."""
    row, column = np.nonzero(heights)
    height = heights[row, column]
    precedence = np.empty(height.size, dtype=np.int64)
    precedence[np.argsort(-height, kind="stable")] = np.arange(height.size)
    answer = np.zeros_like(heights)
    answer[row, column] = height[group_cells(row, column, precedence, max_cells=max_cells)]
    return answer


def test_cells_that_touch_also_at_a_corner_are_one_hot_spot():
    heights = np.array([[5, 0, 0, 0], [0, 3, 0, 1], [0, 0, 0, 2]])
    np.testing.assert_array_equal(group(heights, 12), [[5, 0, 0, 0], [0, 5, 0, 2], [0, 0, 0, 2]])


def test_a_chain_of_cells_is_split_at_its_peaks():
    chain = np.array([[50, 40, 30, 20, 10, 25, 35, 45, 60]])
    np.testing.assert_array_equal(group(chain, 5), [[50, 50, 50, 50, 60, 60, 60, 60, 60]])
    np.testing.assert_array_equal(group(chain, 9), np.full((1, 9), 60))


def test_one_broad_hill_keeps_what_is_nearest_its_peak():
    hill = np.array(
        [[1, 2, 3, 4, 5], [6, 20, 21, 22, 7], [8, 23, 30, 24, 9], [10, 25, 26, 27, 11], [12, 13, 14, 15, 16]]
    )
    np.testing.assert_array_equal(group(hill, 9) == 30, np.pad(np.ones((3, 3), dtype=bool), 1))


def test_cells_cut_off_from_the_peak_are_not_in_its_hot_spot():
    # A hairpin: the lower arm is near the peak (9) across a gap, but hangs on it by the far end only.
    hairpin = np.array([[90, 80, 70, 60], [0, 0, 0, 50], [10, 20, 30, 40]])
    answer = group(hairpin, 4)
    np.testing.assert_array_equal(answer[0, :3], [90, 90, 90])
    assert answer[2, 0] != 90


@pytest.mark.parametrize("seed", range(12))
def test_every_hot_spot_hangs_together_and_is_small_enough(seed):
    random = np.random.default_rng(seed)
    surface = random.random((30, 25))
    if seed % 2:  # Smooth, so that there are broad hills and not one peak in every third cell.
        surface = ndimage.gaussian_filter(surface, 3)
    order = np.argsort(np.argsort(surface, axis=None)).reshape(surface.shape) + 1
    heights = np.where(random.random(surface.shape) < random.uniform(0.2, 1), order, 0)
    max_cells = int(random.integers(1, 15))
    answer = group(heights, max_cells)
    assert ((answer > 0) == (heights > 0)).all()
    for peak in np.unique(answer[answer > 0]):
        spot = answer == peak
        assert spot.sum() <= max_cells
        assert heights[spot].max() == peak
        assert ndimage.label(spot, np.ones((3, 3)))[1] == 1


def test_the_order_of_the_cells_makes_no_difference():
    random = np.random.default_rng(3)
    row, column = np.nonzero(random.random((20, 20)) < 0.6)
    precedence = random.permutation(row.size)
    shuffled = random.permutation(row.size)
    straight = group_cells(row, column, precedence, max_cells=7)
    other = group_cells(row[shuffled], column[shuffled], precedence[shuffled], max_cells=7)
    np.testing.assert_array_equal(shuffled[other], straight[shuffled])


def test_nothing_selected_gives_nothing():
    none = np.array([], dtype=np.int64)
    assert group_cells(none, none, none, max_cells=12).size == 0
    with pytest.raises(ValueError, match=r"max_cells is \[0\]"):
        group_cells(none, none, none, max_cells=0)


def test_outlines_are_in_the_crs_and_order_of_the_hot_spots():
    grid = make_grid([], [], cell_m=100, boundary=shapely.box(5000, 7000, 5500, 7500))
    row, column, spot = np.array([4, 0, 0, 4, 3]), np.array([4, 0, 1, 0, 1]), np.array([3, 1, 1, 2, 2])
    shapes = outlines(grid, row, column, spot)
    assert shapes[0].equals(shapely.box(5000, 7000, 5200, 7100))
    assert shapes[1].equals(shapely.box(5000, 7400, 5100, 7500) | shapely.box(5100, 7300, 5200, 7400))
    assert shapes[2].equals(shapely.box(5400, 7400, 5500, 7500))
    assert [shape.geom_type for shape in shapes] == ["Polygon", "MultiPolygon", "Polygon"]
    none = np.array([], dtype=np.int64)
    assert outlines(grid, none, none, none) == []
