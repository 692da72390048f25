import warnings

import numpy as np
import pytest
from scipy import sparse

from strategic_prosecution.hotspots import false_discovery_rate, gi_star, gi_star_grid, two_sided_p

# The worked example of esda (PySAL, BSD): six points, neighbours within 15, and the values its tests publish.
POINTS = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)])
VALUES = np.array([2, 3, 3.2, 5, 8, 7])
WITHIN_15 = np.hypot(*(POINTS[:, None] - POINTS).T) <= 15


def neighbours_only() -> sparse.csr_array:
    return sparse.csr_array((WITHIN_15 & ~np.eye(6, dtype=bool)).astype(float))


def queen(mask: np.ndarray) -> sparse.csr_array:
    """Queen neighbours of the cells of the mask, without themselves, by comparing every pair."""
    cells = np.argwhere(mask)
    near = np.abs(cells[:, None] - cells).max(axis=2) == 1
    return sparse.csr_array(near.astype(float))


def esda_z(values: np.ndarray, weights: sparse.csr_array, *, star: bool) -> np.ndarray:
    # The oracle and what it imports warn about their own future; that is not ours to fail on.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from esda.getisord import G_Local
        from libpysal.weights import W, fill_diagonal

        rows = {i: weights.indices[weights.indptr[i] : weights.indptr[i + 1]].tolist() for i in range(values.size)}
        w = W(rows, silence_warnings=True)
        return G_Local(values, fill_diagonal(w) if star else w, transform="B", permutations=0, star=star).Zs


def test_gi_star_equals_the_published_values():
    published = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    np.testing.assert_allclose(gi_star(VALUES, neighbours_only()), published, rtol=0, atol=5e-9)


def test_gi_equals_the_published_value():
    assert gi_star(VALUES, neighbours_only(), star=False)[0] == pytest.approx(-1.0136729, abs=5e-8)


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_the_diagonal_makes_no_difference(star, kind):
    with_self = kind(WITHIN_15.astype(int))
    np.testing.assert_array_equal(gi_star(VALUES, with_self, star=star), gi_star(VALUES, neighbours_only(), star=star))


def test_a_pair_given_twice_and_a_stored_zero_are_still_binary():
    twice = sparse.coo_array(([1.0, 0.0], ([0, 1], [1, 2])), shape=(6, 6)).tocsr()
    once = sparse.coo_array(([1.0], ([0], [1])), shape=(6, 6)).tocsr()
    np.testing.assert_array_equal(gi_star(VALUES, twice), gi_star(VALUES, once))


@pytest.mark.parametrize("star", [True, False])
def test_equal_to_esda_on_random_counts(star):
    values = np.random.default_rng(7).poisson(0.4, 400).astype(float)
    weights = queen(np.ones((20, 20), dtype=bool))
    expected = esda_z(values, weights, star=star)
    np.testing.assert_allclose(gi_star(values, weights, star=star), expected, rtol=0, atol=1e-10)


def test_grid_equals_esda_on_the_cells_of_the_mask_only():
    random = np.random.default_rng(8)
    mask = random.random((25, 18)) < 0.8
    counts = random.poisson(0.6, mask.shape)
    z = gi_star_grid(counts, mask)
    assert np.isnan(z[~mask]).all()
    np.testing.assert_allclose(z[mask], esda_z(counts[mask].astype(float), queen(mask), star=True), rtol=0, atol=1e-10)


def test_what_lies_outside_the_mask_changes_nothing():
    random = np.random.default_rng(9)
    mask = random.random((12, 12)) < 0.7
    counts = random.poisson(1.0, mask.shape).astype(float)
    elsewhere = np.where(mask, counts, np.nan)
    np.testing.assert_array_equal(gi_star_grid(counts, mask), gi_star_grid(elsewhere, mask))


def test_equal_surroundings_give_equal_z_to_the_bit():
    counts = np.zeros((30, 30))
    counts[[5, 5, 20, 21], [5, 6, 20, 20]] = [1, 2, 2, 1]
    z = gi_star_grid(counts)
    assert z[5, 5] == z[5, 6] == z[20, 20] == z[21, 20]


@pytest.mark.parametrize("value", [0.0, 3.0, 0.1])
def test_all_equal_is_undefined(value):
    assert np.isnan(gi_star_grid(np.full((7, 7), value))).all()
    weights = queen(np.ones((7, 7), dtype=bool))
    assert np.isnan(gi_star(np.full(49, value), weights)).all()
    assert np.isnan(gi_star(np.full(49, value), weights, star=False)).all()


def test_gi_is_undefined_only_where_all_the_others_are_equal():
    values = np.full(49, 0.1)
    values[24] = 5.0
    z = gi_star(values, queen(np.ones((7, 7), dtype=bool)), star=False)
    np.testing.assert_array_equal(np.isnan(z), np.arange(49) == 24)


def test_no_neighbours_or_all_of_them_is_undefined():
    lonely = sparse.csr_array((6, 6))
    assert np.isnan(gi_star(VALUES, lonely, star=False)).all()
    assert np.isfinite(gi_star(VALUES, lonely)).all()
    assert np.isnan(gi_star(VALUES, sparse.csr_array(np.ones((6, 6))))).all()
    assert np.isnan(gi_star_grid([[1, 2], [3, 4]])).all()
    assert gi_star_grid(np.zeros((0, 0))).shape == (0, 0)
    assert np.isnan(gi_star([1.0, 2.0], sparse.csr_array((2, 2)))).all()


@pytest.mark.parametrize(
    ("values", "weights", "message"),
    [
        ([1.0, np.nan, 2.0], sparse.csr_array((3, 3)), "finite"),
        ([[1.0, 2.0]], sparse.csr_array((2, 2)), "one-dimensional"),
        ([1.0, 2.0, 4.0], sparse.csr_array((2, 2)), r"need \[3 x 3\]"),
        ([1.0, 2.0, 4.0], sparse.csr_array(np.full((3, 3), 1 / 3)), "not row-standardised"),
    ],
)
def test_bad_input_is_refused(values, weights, message):
    with pytest.raises(ValueError, match=message):
        gi_star(values, weights)


def test_bad_grid_input_is_refused():
    with pytest.raises(ValueError, match="two-dimensional"):
        gi_star_grid([1, 2, 3])
    with pytest.raises(ValueError, match="on one grid"):
        gi_star_grid(np.zeros((3, 3)), np.ones((3, 4), dtype=bool))
    with pytest.raises(ValueError, match="without incidents is 0"):
        gi_star_grid([[1.0, np.nan], [0.0, 0.0]])


def test_p_is_two_sided():
    # 1.959964 is the 97.5 % point of the normal distribution.
    np.testing.assert_allclose(two_sided_p([0.0, 1.959964, -1.959964, np.nan]), [1, 0.05, 0.05, np.nan], atol=1e-7)


def test_q_values_by_hand():
    # p * 4 / rank: .04, .04, .04, .5 for p sorted .01 .02 .03 .5; and the running minimum from the right.
    p = np.array([[0.5, 0.01, np.nan], [0.03, 0.02, np.nan]])
    np.testing.assert_allclose(false_discovery_rate(p), [[0.5, 0.04, np.nan], [0.04, 0.04, np.nan]])
    # Benjamini and Hochberg 1995, their example: of 15 p values, four are called at 0.05, the next is not.
    published = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719]
    published += [0.6528, 0.7590, 1.0000]
    assert (false_discovery_rate(published) <= 0.05).tolist() == [True] * 4 + [False] * 11
    assert np.isnan(false_discovery_rate([np.nan])).all()
    assert false_discovery_rate([]).shape == (0,)
