import warnings
from itertools import combinations

import numpy as np
import pytest
from scipy import sparse

from strategic_prosecution.hotspots import gi_star_permutation, local_moran

KINDS = {1: "high_high", 2: "low_high", 3: "low_low", 4: "high_low"}


def queen(rows: int, columns: int) -> sparse.csr_array:
    cells = np.argwhere(np.ones((rows, columns)))
    return sparse.csr_array((np.abs(cells[:, None] - cells).max(axis=2) == 1).astype(float))


def test_local_moran_of_a_chain_by_hand():
    # Values 1 2 6 in a row: deviations -2 -1 3, variance 14 / 3. Surroundings: -1, (3 - 2) / 2, -1.
    chain = sparse.csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    found = local_moran([1.0, 2.0, 6.0], chain, permutations=9, seed=1)
    np.testing.assert_allclose(found["i"], np.array([2, -0.5, -3]) * 3 / 14)
    assert found["kind"].tolist() == ["low_low", "low_high", "high_low"]
    # The first's neighbour is one of the others, -1 and 3: mean 1, standard deviation 2; it is the lower, and the place
    # is low itself. The middle one has both, whatever is drawn. The last's is one of -2 and -1, and the higher.
    np.testing.assert_allclose(found["z"], [1, np.nan, 1])


def test_z_is_that_of_every_choice_of_neighbours():
    random = np.random.default_rng(44)
    values = random.gamma(1.0, 3.0, 8)
    near = random.random((8, 8)) < 0.4
    near[:, 0] = True
    np.fill_diagonal(near, False)
    found = local_moran(values, sparse.csr_array(near.astype(float)), permutations=9, seed=1)
    deviation = values - values.mean()
    for place in range(1, 8):
        choices = combinations(np.delete(deviation, place), int(near[place].sum()))
        every = deviation[place] * np.array([np.mean(choice) for choice in choices])
        observed = deviation[place] * deviation[near[place]].mean()
        assert found["z"][place] == pytest.approx((observed - every.mean()) / every.std())


def test_equal_to_esda():
    random = np.random.default_rng(40)
    values = random.gamma(1.0, 3.0, 144)
    weights = queen(12, 12)
    found = local_moran(values, weights, permutations=9999, seed=41)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from esda.moran import Moran_Local
        from libpysal.weights import W

        rows = {k: weights.indices[weights.indptr[k] : weights.indptr[k + 1]].tolist() for k in range(144)}
        oracle = Moran_Local(values, W(rows, silence_warnings=True), permutations=9999, n_jobs=1, seed=2)
    # esda scales by n - 1 where Anselin's m2 has n.
    np.testing.assert_allclose(found["i"] * 143 / 144, oracle.Is, rtol=0, atol=1e-10)
    assert found["kind"].tolist() == [KINDS[number] for number in oracle.q]
    # Simulated means and deviations there, exact ones here.
    np.testing.assert_allclose(found["z"], oracle.z_sim, rtol=0.05, atol=0.05)
    more, fewer = (oracle.rlisas >= oracle.Is[:, None]).sum(axis=1), (oracle.rlisas <= oracle.Is[:, None]).sum(axis=1)
    expected = np.minimum(2 * (np.minimum(more, fewer) + 1) / 10_000, 1)
    error = 2 * np.sqrt(2 * expected / 2 * (1 - expected / 2) / 9999)
    assert (np.abs(found["p_value"] - expected) <= 5 * error + 1e-3).all()


def test_the_p_value_is_that_of_gi_star_by_permutation():
    values = np.random.default_rng(42).poisson(1.0, 49)
    found = local_moran(values, queen(7, 7), seed=43)
    np.testing.assert_array_equal(found["p_value"], gi_star_permutation(values, queen(7, 7), seed=43))


def test_undefined_is_null():
    constant = local_moran(np.full(49, 0.1), queen(7, 7), permutations=9, seed=1)
    assert constant.isna().all(axis=None)
    lonely = local_moran([1.0, 2.0, 6.0], sparse.csr_array((3, 3)), permutations=9, seed=1)
    assert lonely.isna().all(axis=None)
    at_mean = local_moran([1.0, 2.0, 3.0, 2.0], sparse.csr_array(np.eye(4, k=1) + np.eye(4, k=-1)), seed=1)
    assert np.isnan(at_mean["z"][1]) and at_mean["kind"].isna()[1] and at_mean["i"][1] == 0
    assert local_moran([], sparse.csr_array((0, 0)), seed=1).empty


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="finite"):
        local_moran([1.0, np.nan, 2.0], sparse.csr_array((3, 3)), seed=1)
