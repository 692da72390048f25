import numpy as np
import pytest
import shapely
from scipy import sparse

from strategic_prosecution.hotspots import (
    assign_polygons,
    assign_segments,
    find_hot_units,
    touching_areas,
    touching_segments,
)

# A cross of four streets of 100 m that meet at (1000, 1000), and one street that begins where the east one ends.
CROSSING = shapely.Point(1000, 1000)
NORTH, EAST, SOUTH, WEST = (
    shapely.LineString([(1000, 1000), end]) for end in [(1000, 1100), (1100, 1000), (1000, 900), (900, 1000)]
)
BEYOND = shapely.LineString([(1100.3, 1000.2), (1200, 1000)])
STREETS = np.array([NORTH, EAST, SOUTH, WEST, BEYOND])


def test_nearest_segment_within_the_distance_and_the_first_of_equals():
    x = [1010, 1060, 1000, 940, 1150, 1060, 5000]
    y = [1050, 1010, 940, 1000, 1031, 1060, 5000]
    found = assign_segments(x, y, STREETS, max_distance_m=30)
    # The fifth is 31 m from its street, the sixth 60 m from two.
    np.testing.assert_array_equal(found, [0, 1, 2, 3, -1, -1, -1])
    np.testing.assert_array_equal(assign_segments(x, y, STREETS, max_distance_m=100), [0, 1, 2, 3, 4, 0, -1])


def test_an_incident_on_a_crossing_is_the_first_street_s_or_the_crossing_s():
    on_it = ([1000.0, 1000.05, 1000.0], [1000.0, 999.97, 1010.0])
    np.testing.assert_array_equal(assign_segments(*on_it, STREETS, max_distance_m=50), [0, 0, 0])
    turned = assign_segments(*on_it, STREETS[::-1], max_distance_m=50)
    np.testing.assert_array_equal(turned, [1, 1, 4])
    with_crossing = np.append(CROSSING, STREETS)
    # Ten metres up the street is the street.
    np.testing.assert_array_equal(assign_segments(*on_it, with_crossing, max_distance_m=50), [0, 0, 1])


def test_the_order_of_points_and_points_given_twice_change_nothing():
    random = np.random.default_rng(30)
    x, y = random.uniform(880, 1220, 300).round(), random.uniform(880, 1120, 300).round()
    found = assign_segments(x, y, STREETS, max_distance_m=40)
    order = random.integers(0, 300, 900)
    np.testing.assert_array_equal(assign_segments(x[order], y[order], STREETS, max_distance_m=40), found[order])
    # Against the distance to every street, one by one.
    away = np.array([shapely.distance(street, shapely.points(x, y)) for street in STREETS])
    nearest = np.where(away.min(axis=0) <= 40, (away < away.min(axis=0) + 0.1).argmax(axis=0), -1)
    np.testing.assert_array_equal(found, nearest)


def test_no_points_and_no_shapes():
    for assign in (lambda x, y, s: assign_segments(x, y, s, max_distance_m=9), assign_polygons):
        assert assign([], [], STREETS).shape == (0,)
        np.testing.assert_array_equal(assign([1.0], [2.0], np.empty(0, dtype=object)), [-1])
        with pytest.raises(ValueError, match="no finite"):
            assign([np.nan], [2.0], STREETS)
    none = np.empty(0, dtype=object)
    assert touching_segments(none).shape == touching_areas(none).shape == (0, 0)


def test_a_point_on_a_border_is_the_first_polygon_s():
    areas = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    np.testing.assert_array_equal(assign_polygons([5, 10, 15, 25], [5, 5, 5, 5], areas), [0, 0, 1, -1])


def test_streets_touch_at_their_ends_and_nowhere_else():
    bridge = shapely.LineString([(950, 900), (950, 1100)])
    w = touching_segments(np.append(STREETS, [CROSSING, bridge])).toarray()
    expected = np.zeros((7, 7))
    cross = [0, 1, 2, 3, 5]
    expected[np.ix_(cross, cross)] = 1
    # 0.36 m apart is drawn carelessly; the bridge crosses the west street without an end.
    expected[1, 4] = expected[4, 1] = 1
    np.fill_diagonal(expected, 0)
    np.testing.assert_array_equal(w, expected)


def test_every_part_of_a_street_has_ends_and_a_loop_does_not_touch_itself():
    parts = shapely.MultiLineString([[(0, 0), (10, 0)], [(50, 0), (60, 0)]])
    joined = shapely.LineString([(60, 0), (70, 5), (60, 0.1)])
    w = touching_segments(np.array([parts, joined, shapely.LineString([(10, 0), (10, 9)])]))
    np.testing.assert_array_equal(w.toarray(), [[0, 1, 1], [1, 0, 0], [1, 0, 0]])
    assert set(w.data) == {1.0}


def test_areas_touch_at_borders_and_corners():
    squares = [shapely.box(c, r, c + 10, r + 10) for r in (0, 10) for c in (0, 10)]
    w = touching_areas(np.array([*squares, shapely.box(20.4, 0, 30, 9), shapely.box(31, 0, 40, 9)]))
    expected = np.zeros((6, 6))
    expected[:4, :4] = 1 - np.eye(4)
    expected[1, 4] = expected[4, 1] = 1
    np.testing.assert_array_equal(w.toarray(), expected)


def test_counts_ranks_and_gi_star_of_units_by_hand():
    # Five units in a row, each touching the next; ages 0-9 are the window, 10-19 the one before.
    chain = sparse.csr_array(np.eye(5, k=1) + np.eye(5, k=-1))
    unit = [0, 0, 0, 1, 1, 4, 4, 4, 2, 3, 3, -1, 1]
    age = [0, 9, 5, 1, 10, 2, 19, 20, -1, 11, 12, 3, 8]
    found = find_hot_units(unit, age, chain, window_days=10, min_incidents=3, q_value=0.2)
    assert found["unit"].tolist() == [0, 1, 4]
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["incidents"].tolist() == [3, 2, 1]
    assert found["incidents_previous"].tolist() == [0, 1, 1]
    # Counts 3 2 0 0 1: mean 1.2, variance 1.36. The first with its neighbour holds 5 of 2.4 expected, with
    # sqrt(1.36 * (5 * 2 - 4) / 4) as standard deviation; the second 5 of 3.6; the last 1 of 2.4.
    spread = [np.sqrt(1.36 * (5 * k - k * k) / 4) for k in (2, 3, 2)]
    np.testing.assert_allclose(found["z"], [2.6 / spread[0], 1.4 / spread[1], -1.4 / spread[2]])
    # p .0687 .327 .263 .0687 .327 of all five, those without an incident too: q .0687 * 5 / 2 and .327.
    np.testing.assert_allclose(found["q_value"], [0.1717, 0.327, 0.327], atol=5e-4)
    assert found["is_hot"].tolist() == [True, False, False]
    stricter = find_hot_units(unit, age, chain, window_days=10, min_incidents=3, q_value=0.15)
    assert not stricter["is_hot"].any()
    more = find_hot_units(unit, age, chain, window_days=10, min_incidents=4, q_value=0.2)
    assert not more["is_hot"].any()


def test_equal_counts_rank_by_the_window_before_and_then_by_position():
    w = sparse.csr_array((4, 4))
    found = find_hot_units([3, 2, 1, 0, 2], [0, 0, 0, 0, 7], w, window_days=7)
    assert found["unit"].tolist() == [2, 0, 1, 3]
    assert found["z"].isna().all() and not found["is_hot"].any()


def test_nothing_in_the_window_is_an_empty_frame_with_the_same_columns():
    w = sparse.csr_array((4, 4))
    some = find_hot_units([1], [0], w, window_days=7)
    none = find_hot_units([1, -1], [9, 0], w, window_days=7)
    assert none.empty and none.dtypes.equals(some.dtypes)


def test_bad_windows_and_lengths_are_refused():
    w = sparse.csr_array((4, 4))
    with pytest.raises(ValueError, match=r"window_days is \[0\]"):
        find_hot_units([1], [0], w, window_days=0)
    with pytest.raises(ValueError, match=r"\[2\] units but \[1\] ages"):
        find_hot_units([1, 2], [0], w, window_days=7)
