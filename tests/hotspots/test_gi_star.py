import sys
import warnings
from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy import sparse

from strategic_prosecution.hotspots import (
    false_discovery_rate,
    gi_star,
    gi_star_exact,
    gi_star_grid,
    gi_star_permutation,
    two_sided_p,
)

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


def test_gi_equals_the_published_values():
    published = [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941]
    np.testing.assert_allclose(gi_star(VALUES, neighbours_only(), star=False), published, rtol=0, atol=5e-8)


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


def p_of_every_choice(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Two-sided conditional p by going through every choice of neighbours from the others."""
    p = np.full(values.size, np.nan)
    for place, row in enumerate(weights):
        near = np.flatnonzero(row & (np.arange(values.size) != place))
        others = np.delete(values, place)
        sums = np.array([sum(choice) for choice in combinations(others, near.size)])
        if np.ptp(sums) > 1e-12:
            observed = values[near].sum()
            p[place] = min(2 * min((sums >= observed - 1e-9).mean(), (sums <= observed + 1e-9).mean()), 1)
    return p


def test_conditional_p_of_six_points_by_every_choice():
    # By hand: the first point's neighbours hold 3 + 5; of the ten pairs of the other five one holds less, one as much.
    expected = p_of_every_choice(VALUES, WITHIN_15)
    assert expected[0] == pytest.approx(0.4)
    # The standard error of p is at most 2 * sqrt(0.25 / 9999) = 0.01; four of them.
    found = gi_star_permutation(VALUES, neighbours_only(), permutations=9999, seed=5)
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.04)
    # esda 2.10 and later print 0.413 for it, two-sided, of 999 permutations.
    assert gi_star_permutation(VALUES, neighbours_only(), permutations=999, seed=5)[0] == pytest.approx(0.413, abs=0.06)


@pytest.mark.parametrize("shape", [(3, 3), (4, 3)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_exact_p_equals_every_choice(shape, seed):
    random = np.random.default_rng(seed)
    counts = random.poisson(0.8, shape)
    mask = random.random(shape) < 0.9
    near = queen(mask).toarray() > 0
    found = gi_star_exact(counts, mask)
    assert np.isnan(found[~mask]).all()
    np.testing.assert_allclose(found[mask], p_of_every_choice(counts[mask].astype(float), near), rtol=0, atol=1e-12)


def test_exact_p_of_one_incident_in_an_empty_district_by_hand():
    counts = np.zeros((40, 50), dtype=int)
    counts[7, 7] = counts[30, 40] = 1
    p = gi_star_exact(counts)
    # Beside one of the two, in the open: 8 of the 1,999 other cells are drawn, two of which hold an incident.
    none = comb(1997, 8) / comb(1999, 8)
    np.testing.assert_allclose(p[6, 6], 2 * (1 - none), rtol=1e-12)
    # The cell itself has empty surroundings: what it holds is on both sides of the comparison.
    assert p[7, 7] == 1
    # z says otherwise of both: it is why p_permuted stands beside it where counts are few.
    z = gi_star_grid(counts)
    assert z[6, 6] == z[7, 7] > 10
    # In the corner three are drawn.
    counts[0, 1] = 1
    none = comb(1996, 3) / comb(1999, 3)
    np.testing.assert_allclose(gi_star_exact(counts)[0, 0], 2 * (1 - none), rtol=1e-12)


def test_exact_p_is_the_limit_of_permutations():
    random = np.random.default_rng(11)
    mask = random.random((30, 25)) < 0.9
    counts = random.poisson(random.gamma(0.3, 2.0, mask.shape))
    exact = gi_star_exact(counts, mask)[mask]
    simulated = gi_star_permutation(counts[mask], queen(mask), permutations=4999, seed=12)
    tail = exact / 2
    error = 2 * np.sqrt(tail * (1 - tail) / 4999)
    # Five standard errors for the worst of some 650 cells, and the observed one that p counts in.
    assert (np.abs(simulated - exact) <= 5 * error + 4 / 5000).all()
    assert exact.min() < 0.01


def test_exact_p_of_a_huge_cell_takes_no_more_room_than_its_count():
    counts = np.zeros((200, 200), dtype=int)
    counts[::7, ::5] = 1
    counts[100, 100] = 3000
    p = gi_star_exact(counts)
    others = 40_000 - 1
    # Its neighbour holds nothing itself; the sum reaches 3,000 only with the huge cell among the eight drawn, and the
    # 1,160 other incidents never do: 8 / 39,999, and not the part of it that holds none of the other incidents.
    assert counts[99, 99] == 0 and counts[98:101, 98:101].sum() >= 3000
    beyond = counts[98:101, 98:101].sum() - 3000
    ones = int((counts == 1).sum())
    drawn_with = comb(others - 1, 7)
    fewer = sum(comb(ones, j) * comb(others - 1 - ones, 7 - j) for j in range(beyond))
    np.testing.assert_allclose(p[99, 99], 2 * (drawn_with - fewer) / comb(others, 8), rtol=1e-9)


def test_exact_p_only_where_asked_draws_from_all_cells():
    counts = np.random.default_rng(13).poisson(0.5, (12, 12))
    where = np.zeros(counts.shape, dtype=bool)
    where[:, :4] = True
    found = gi_star_exact(counts, where=where)
    np.testing.assert_array_equal(np.isnan(found), ~where)
    np.testing.assert_array_equal(found[where], gi_star_exact(counts)[where])
    # None of these has an incident around it: the lower tail counts there.
    empty = np.zeros(counts.shape, dtype=bool)
    empty[counts == counts.max()] = True
    counts[:3, :3], empty[1, 1] = 0, True
    alone = np.zeros(counts.shape, dtype=bool)
    alone[1, 1] = True
    assert gi_star_exact(counts, where=alone)[1, 1] == gi_star_exact(counts, where=empty)[1, 1] < 0.5
    assert np.isnan(gi_star_exact(counts, where=np.zeros(counts.shape, dtype=bool))).all()


def esda_permutations(values: np.ndarray, weights: sparse.csr_array, *, star: bool, permutations: int) -> np.ndarray:
    """Two-sided p from the oracle's own simulated statistics: its p_sim is one tail, and counts ties in one only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from esda.getisord import G_Local
        from libpysal.weights import W, fill_diagonal

        rows = {i: weights.indices[weights.indptr[i] : weights.indptr[i + 1]].tolist() for i in range(values.size)}
        w = W(rows, silence_warnings=True)
        oracle = G_Local(
            values,
            fill_diagonal(w) if star else w,
            transform="B",
            permutations=permutations,
            star=star,
            n_jobs=1,
            seed=1,
        )
    more = (oracle.rGs >= oracle.Gs[:, None] - 1e-12).sum(axis=1)
    fewer = (oracle.rGs <= oracle.Gs[:, None] + 1e-12).sum(axis=1)
    return np.minimum(2 * (np.minimum(more, fewer) + 1) / (permutations + 1), 1)


@pytest.mark.parametrize("star", [True, False])
def test_permutations_equal_those_of_esda(star):
    random = np.random.default_rng(14)
    values = np.round(random.gamma(1.0, 3.0, 144), 1)
    mask = np.ones((12, 12), dtype=bool)
    found = gi_star_permutation(values, queen(mask), permutations=9999, seed=15)
    expected = esda_permutations(values, queen(mask), star=star, permutations=9999)
    tail = found / 2
    # Both are simulated: sqrt(2) standard errors each, and esda shares its draws between places as well.
    error = 2 * np.sqrt(2 * tail * (1 - tail) / 9999)
    assert (np.abs(found - expected) <= 5 * error + 1e-9).all()


def test_permutations_of_uneven_weights_and_the_same_in_blocks(monkeypatch):
    random = np.random.default_rng(16)
    values = random.gamma(1.0, 3.0, 9)
    near = random.random((9, 9)) < np.linspace(0.1, 0.8, 9)[:, None]
    np.fill_diagonal(near, False)
    weights = sparse.csr_array(near.astype(float))
    expected = p_of_every_choice(values, near)
    whole = gi_star_permutation(values, weights, permutations=20_000, seed=17)
    np.testing.assert_array_equal(np.isnan(whole), np.isnan(expected))
    np.testing.assert_allclose(whole, expected, rtol=0, atol=0.03)
    monkeypatch.setattr(sys.modules["strategic_prosecution.hotspots.gi_star"], "_DRAWN_AT_ONCE", 100)
    np.testing.assert_array_equal(gi_star_permutation(values, weights, permutations=20_000, seed=17), whole)


def test_conditional_p_is_undefined_where_no_choice_changes_the_sum():
    weights = queen(np.ones((7, 7), dtype=bool))
    assert np.isnan(gi_star_permutation(np.full(49, 0.1), weights, permutations=9, seed=1)).all()
    assert np.isnan(gi_star_exact(np.full((7, 7), 3))).all()
    alone = np.zeros((7, 7), dtype=int)
    alone[3, 3] = 5
    np.testing.assert_array_equal(np.isnan(gi_star_exact(alone)), alone == 5)
    found = gi_star_permutation(alone.ravel(), weights, permutations=9, seed=1)
    np.testing.assert_array_equal(np.isnan(found), alone.ravel() == 5)
    assert np.isnan(gi_star_exact([[1, 2], [3, 4]])).all()
    assert np.isnan(gi_star_exact([[1, 2]])).all()
    assert gi_star_exact(np.zeros((0, 0))).shape == (0, 0)
    assert np.isnan(gi_star_permutation(VALUES, sparse.csr_array((6, 6)), permutations=9, seed=1)).all()
    assert np.isnan(gi_star_permutation([1.0, 2.0], sparse.csr_array((2, 2)), seed=1)).all()


def test_conditional_p_refuses_what_it_cannot_draw():
    with pytest.raises(ValueError, match=r"permutations is \[0\]"):
        gi_star_permutation(VALUES, neighbours_only(), permutations=0, seed=1)
    with pytest.raises(ValueError, match="not row-standardised"):
        gi_star_permutation([1.0, 2.0, 4.0], sparse.csr_array(np.full((3, 3), 1 / 3)), seed=1)
    for counts in ([[0.5, 1.0]], [[-1, 1]]):
        with pytest.raises(ValueError, match="whole numbers"):
            gi_star_exact(counts)
    with pytest.raises(ValueError, match="on one grid"):
        gi_star_exact(np.zeros((3, 3)), where=np.ones((3, 4), dtype=bool))


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
