import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from strategic_prosecution.hotspots import cluster_points, cluster_polygons, clusters

X0, Y0 = 300_000.0, 4_000_000.0


def from_scikit_learn(
    x: np.ndarray, y: np.ndarray, *, radius: float, least: int, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Its labels, and which points are core."""
    from sklearn.cluster import DBSCAN

    model = DBSCAN(eps=radius, min_samples=least, algorithm="kd_tree").fit(np.column_stack([x, y]), None, weights)
    core = np.zeros(x.size, dtype=bool)
    core[model.core_sample_indices_] = True
    return model.labels_, core


def assert_same_clusters(
    x: np.ndarray, y: np.ndarray, *, radius: float, least: int, weights: np.ndarray | None = None
) -> None:
    """Core points as scikit-learn has them, up to the names of clusters; border points with the nearest core point."""
    ours = cluster_points(x, y, radius_m=radius, min_incidents=least, weights=weights)
    theirs, core = from_scikit_learn(x, y, radius=radius, least=least, weights=weights)
    np.testing.assert_array_equal(ours >= 0, theirs >= 0)
    names = set(zip(ours[core].tolist(), theirs[core].tolist(), strict=True))
    assert len(names) == len({one for one, _ in names}) == len({other for _, other in names})
    for point in np.flatnonzero(~core & (ours >= 0)):
        squared = (x[core] - x[point]) ** 2 + (y[core] - y[point]) ** 2
        nearest = np.lexsort((x[core], y[core], squared))[0]
        assert ours[point] == ours[core][nearest]


def points(kind: str, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    if kind == "random":
        x, y = random.uniform(0, 600, (2, n))
    elif kind == "grid":
        x, y = random.integers(0, 12, (2, n)) * 50.0
    elif kind == "addresses":
        x, y = random.uniform(0, 500, (2, 8))[:, random.integers(0, 8, n)]
    else:
        x, y = random.normal(0, 120, (2, n)).round(-1)
    return X0 + x, Y0 + y


def two_hills(n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = points("hill", n, 5)
    return np.where(np.arange(n) % 2, x, x + 2000), y


@given(
    kind=st.sampled_from(["random", "grid", "addresses", "hill"]),
    n=st.integers(1, 150),
    seed=st.integers(0, 10_000),
    radius=st.sampled_from([50.0, 70.0, 100.0]),
    least=st.integers(1, 9),
    weighted=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_equal_to_scikit_learn(kind, n, seed, radius, least, weighted):
    x, y = points(kind, n, seed)
    # The last one is never 0: scikit-learn refuses weights that are all 0.
    weights = np.append(np.random.default_rng(seed + 1).integers(0, 4, n - 1), 1.0) if weighted else None
    assert_same_clusters(x, y, radius=radius, least=least, weights=weights)


@pytest.mark.parametrize(("radius", "least"), [(20.0, 5), (60.0, 40), (150.0, 300)])
def test_equal_to_scikit_learn_on_more_points_in_many_small_portions(radius, least, monkeypatch):
    monkeypatch.setattr(clusters, "PAIRS", 1000)
    parts = [points("random", 400, 1), points("hill", 1500, 2), points("addresses", 300, 3)]
    x, y = (np.concatenate(values) for values in zip(*parts, strict=True))
    assert_same_clusters(x, y, radius=radius, least=least)


def test_squares_joined_by_a_single_pair_are_one_cluster():
    # Pairs of small heaps about one radius apart, a thousand of them, each turned and moved another way: whether two
    # heaps are one cluster hangs on their nearest two points, wherever those lie.
    random = np.random.default_rng(4)
    pairs, each = 1000, 5
    heaps = random.uniform(-25, 25, (pairs, 2, each, 2)) + np.array([[[0, 0]], [[120, 0]]])
    angle = random.uniform(0, 2 * np.pi, pairs)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    place = np.stack(np.divmod(np.arange(pairs), 40), axis=1) * 1000 + random.uniform(0, 70, (pairs, 2))
    found = np.einsum("ijp,phkj->phki", turn, heaps) + place[:, None, None, :]
    x, y = X0 + found[..., 0].ravel(), Y0 + found[..., 1].ravel()
    expected, _ = from_scikit_learn(x, y, radius=100, least=3)
    assert pairs + 100 < expected.max() < 2 * pairs - 100
    assert_same_clusters(x, y, radius=100, least=3)


def test_squares_two_corners_apart_can_be_one_cluster():
    # Counted from the first point in squares of 70 m, the second and third are two squares apart both ways, and 99 m;
    # the others lie between them from west to east, but are near one of them only.
    x, y = np.array([(0, 0), (69.9, 69.9), (140.1, 140.1), (100, 200), (120, 0)]).T
    assert cluster_points(X0 + x, Y0 + y, radius_m=100, min_incidents=1).tolist() == [0] * 5


def test_a_point_counts_itself_and_the_limit_is_within():
    x, y = X0 + np.array([0, 50.0, 100, 300]), np.full(4, Y0)
    np.testing.assert_array_equal(cluster_points(x, y, radius_m=50, min_incidents=3), [0, 0, 0, -1])
    np.testing.assert_array_equal(cluster_points(x, y, radius_m=50, min_incidents=4), [-1] * 4)
    np.testing.assert_array_equal(cluster_points(x, y, radius_m=49.9, min_incidents=2), [-1] * 4)
    np.testing.assert_array_equal(cluster_points(x, y, radius_m=50, min_incidents=1), [0, 0, 0, 1])


def test_clusters_are_numbered_by_incidents_then_south_then_west():
    at = {"north": (0, 9000, 4), "south-east": (5000, 0, 4), "south-west": (0, 0, 4), "most": (9000, 9000, 5)}
    rows = [(x, y) for x, y, n in at.values() for _ in range(n)]
    x, y = np.array(rows, dtype=float).T
    label = cluster_points(X0 + x, Y0 + y, radius_m=100, min_incidents=3)
    np.testing.assert_array_equal(label, [3] * 4 + [2] * 4 + [1] * 4 + [0] * 5)


def test_a_border_point_goes_to_the_nearest_core_point():
    # Two core addresses of two incidents, 180 m apart, each with more 50 m further out; and one incident between them.
    x = X0 + np.array([-50.0] * 6 + [0.0] * 2 + [180.0] * 2 + [230.0] * 5 + [91.0])
    y = np.full(16, Y0)
    west_and_east = [0] * 8 + [1] * 7
    assert cluster_points(x, y, radius_m=95, min_incidents=7).tolist() == [*west_and_east, 1]
    # Halfway between them it goes to the western, or the southern.
    x[-1] = X0 + 90
    assert cluster_points(x, y, radius_m=95, min_incidents=7).tolist() == [*west_and_east, 0]
    assert cluster_points(y, x, radius_m=95, min_incidents=7).tolist() == [*west_and_east, 0]
    # South goes before west: along a line to the south-east it is the eastern.
    south_east = cluster_points(x, Y0 - (x - X0), radius_m=95 * np.sqrt(2), min_incidents=7)
    assert south_east[-1] == south_east[8] != south_east[0]


@pytest.mark.parametrize("weighted", [True, False])
def test_the_order_of_the_rows_makes_no_difference(weighted):
    x, y = (np.concatenate(pair) for pair in zip(two_hills(600), points("addresses", 300, 9), strict=True))
    weights = 0.5 + np.random.default_rng(6).random(900) if weighted else None
    order = np.random.default_rng(7).permutation(900)
    given_weights = None if weights is None else weights[order]
    label = cluster_points(x, y, radius_m=40, min_incidents=12, weights=weights)
    again = cluster_points(x[order], y[order], radius_m=40, min_incidents=12, weights=given_weights)
    assert label.max() > 0
    np.testing.assert_array_equal(again, label[order])
    first = cluster_polygons(x, y, radius_m=40, min_incidents=12, weights=weights)
    second = cluster_polygons(x[order], y[order], radius_m=40, min_incidents=12, weights=given_weights)
    assert shapely.to_wkb(first.pop("geometry")).tolist() == shapely.to_wkb(second.pop("geometry")).tolist()
    assert first.equals(second)


def test_shapes_by_hand():
    # Five incidents at one address and four at another 60 m east are core; one 90 m east of that sees five: border.
    x = X0 + np.array([0.0] * 5 + [60.0] * 4 + [150.0] + [5000.0] * 6)
    y = np.full(16, Y0)
    found = cluster_polygons(x, y, radius_m=100, min_incidents=6)
    assert found.columns.tolist() == ["cluster", "incidents", "core_incidents", "area_m2", "overlaps", "geometry"]
    assert found["cluster"].tolist() == [0, 1]
    assert found["incidents"].tolist() == [10, 6]
    assert found["core_incidents"].tolist() == [9, 6]
    # Two circles less their lens, by the formula for equal circles; the drawn circle of 64 corners is 0.16 % short.
    lens = 2 * 100**2 * np.arccos(0.3) - 30 * np.sqrt(4 * 100**2 - 60**2)
    np.testing.assert_allclose(found["area_m2"], [2 * np.pi * 100**2 - lens, np.pi * 100**2], rtol=3e-3)
    assert found["overlaps"].tolist() == [0, 0]
    assert found["geometry"][1].centroid.x == pytest.approx(X0 + 5000)
    assert found["geometry"][1].bounds == pytest.approx((X0 + 4900, Y0 - 100, X0 + 5100, Y0 + 100))


def test_shapes_that_overlap_stay_apart_and_say_so():
    x, y = X0 + np.array([0.0] * 5 + [150.0] * 6 + [900.0] * 4), np.full(15, Y0)
    found = cluster_polygons(x, y, radius_m=100, min_incidents=4)
    assert found["incidents"].tolist() == [6, 5, 4]
    assert found["overlaps"].tolist() == [1, 1, 0]
    assert found["geometry"][0].intersects(found["geometry"][1])
    np.testing.assert_allclose(found["area_m2"], np.pi * 100**2, rtol=3e-3)


def test_weights_are_incidents():
    x, y = X0 + np.array([0.0, 10.0, 20.0]), np.full(3, Y0)
    found = cluster_polygons(x, y, radius_m=12, min_incidents=2.5, weights=[1.5, 0.5, 0.75])
    # 2, 2.75 and 1.25 within 12 m: only the middle one is core.
    assert found[["incidents", "core_incidents"]].to_numpy().tolist() == [[2.75, 0.5]]


def test_nothing_gives_nothing():
    assert cluster_points([], [], radius_m=50, min_incidents=3).tolist() == []
    for x in ([], [X0]):
        found = cluster_polygons(x, [Y0] * len(x), radius_m=50, min_incidents=3)
        assert len(found) == 0 and "geometry" in found
    assert cluster_points([X0, X0], [Y0, Y0], radius_m=50, min_incidents=1, weights=[0, 0]).tolist() == [-1, -1]


def test_a_stray_point_far_away_changes_nothing():
    x, y = two_hills(400)
    label = cluster_points(x, y, radius_m=40, min_incidents=9)
    assert label.max() > 0
    with_stray = cluster_points(np.append(x, 0.0), np.append(y, 0.0), radius_m=40, min_incidents=9)
    np.testing.assert_array_equal(with_stray, np.append(label, -1))


def test_bad_input_is_refused():
    for radius, least in ((0, 3), (np.nan, 3), (50, 0), (50, np.inf)):
        with pytest.raises(ValueError, match="give a number above 0"):
            cluster_points([X0], [Y0], radius_m=radius, min_incidents=least)
    with pytest.raises(ValueError, match="no finite x and y"):
        cluster_points([np.nan], [Y0], radius_m=50, min_incidents=3)
    for weights in ([-1.0], [np.inf], [1.0, 2.0]):
        with pytest.raises(ValueError, match="weights must be 0 or more"):
            cluster_points([X0], [Y0], radius_m=50, min_incidents=3, weights=weights)
