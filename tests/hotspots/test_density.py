import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from strategic_prosecution.hotspots import Grid, kernel_density, relative_risk

X0, Y0 = 300_000.0, 4_000_000.0


def square_grid(rows: int, columns: int, *, cell_m: float = 100.0, mask: np.ndarray | None = None) -> Grid:
    inside = np.ones((rows, columns), dtype=bool) if mask is None else mask
    return Grid(x0=X0, y0=Y0, cell_m=cell_m, rows=rows, columns=columns, mask=inside)


def clustered(n: int, *, side: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Half around ten centres, a third on a few addresses, the rest anywhere."""
    random = np.random.default_rng(seed)
    around = random.uniform(0, side, (10, 2))[random.integers(0, 10, n // 2)] + random.normal(0, 120, (n // 2, 2))
    address = random.uniform(0, side, (12, 2))[np.minimum(random.geometric(0.3, n // 3), 12) - 1]
    anywhere = random.uniform(0, side, (n - n // 2 - n // 3, 2))
    points = np.clip(np.vstack([around, address, anywhere]), 0, side - 1e-3)
    return X0 + points[:, 0], Y0 + points[:, 1]


def by_double_loop(x: np.ndarray, y: np.ndarray, grid: Grid, bandwidth: float, weights: np.ndarray) -> np.ndarray:
    """The plain sum of (1 - u^2)^2, one cell and one point after the other."""
    total = np.zeros((grid.rows, grid.columns))
    for row in range(grid.rows):
        for column in range(grid.columns):
            for px, py, weight in zip(x, y, weights, strict=True):
                u = np.hypot(px - X0 - (column + 0.5) * grid.cell_m, py - Y0 - (row + 0.5) * grid.cell_m) / bandwidth
                total[row, column] += weight * (1 - u**2) ** 2 if u < 1 else 0
    return total


def test_one_point_by_hand():
    # 60 m from the centre of its cell, 0.6 bandwidths: (1 - 0.36)^2; the next centre is 40 m away: (1 - 0.16)^2.
    grid = square_grid(1, 3)
    density = kernel_density([X0 + 110], [Y0 + 50], grid=grid, bandwidth_m=100, normalise=False, exact=True)
    np.testing.assert_allclose(density, [[(1 - 0.36) ** 2, (1 - 0.16) ** 2, 0]], atol=1e-12)
    per_km2 = kernel_density([X0 + 110], [Y0 + 50], grid=grid, bandwidth_m=100, exact=True)
    # The quartic kernel integrates to pi / 3 squared bandwidths; a bandwidth is a tenth of a kilometre.
    np.testing.assert_allclose(per_km2, density / (np.pi / 3 * 0.01), rtol=1e-12)


@pytest.mark.parametrize("bandwidth", [100.0, 130.0, 350.0])
def test_exact_equals_a_double_loop(bandwidth):
    grid = square_grid(8, 11)
    x, y = clustered(60, side=800.0, seed=1)
    weights = np.random.default_rng(2).integers(0, 4, 60).astype(float)
    density = kernel_density(x, y, grid=grid, bandwidth_m=bandwidth, normalise=False, exact=True, weights=weights)
    np.testing.assert_allclose(density, by_double_loop(x, y, grid, bandwidth, weights), rtol=1e-12, atol=1e-12)


def test_exact_gaussian_equals_scikit_learn():
    from sklearn.neighbors import KernelDensity

    grid = square_grid(12, 9)
    x, y = clustered(150, side=900.0, seed=3)
    centres = np.array([grid.centres(np.array(r), np.array(c)) for r in range(12) for c in range(9)], dtype=float)
    model = KernelDensity(bandwidth=200, kernel="gaussian", rtol=0, atol=0).fit(np.column_stack([x, y]))
    expected = np.exp(model.score_samples(centres)).reshape(12, 9) * 150 * 1e6
    density = kernel_density(x, y, grid=grid, bandwidth_m=200, kernel="gaussian", exact=True)
    # The cut at five standard deviations leaves out at most 4 millionths of the kernel's height per point.
    np.testing.assert_allclose(density, expected, rtol=0, atol=4e-6 * 150 * 1e6 / (2 * np.pi * 200**2))


@pytest.mark.parametrize("kernel", ["quartic", "gaussian"])
@pytest.mark.parametrize("exact", [True, False])
def test_the_volume_under_the_density_is_the_number_of_incidents(kernel, exact):
    grid = square_grid(60, 60)
    random = np.random.default_rng(4)
    x, y = X0 + random.uniform(2500, 3500, 80), Y0 + random.uniform(2500, 3500, 80)
    density = kernel_density(x, y, grid=grid, bandwidth_m=400, kernel=kernel, exact=exact)
    # 100 m cells are hundredths of a square kilometre.
    assert density.sum() * 0.01 == pytest.approx(80, rel=1e-3)


@pytest.mark.parametrize("kernel", ["quartic", "gaussian"])
@pytest.mark.parametrize("cells", [1.0, 1.5, 2.0, 3.0, 4.0, 8.0])
@pytest.mark.parametrize("cell", [100.0, 150.0])
def test_the_fast_path_errs_by_less_than_a_hundredth_of_the_peak_in_99_of_100_cells(cell, cells, kernel):
    grid = square_grid(40, 40, cell_m=cell)
    x, y = clustered(600, side=40 * cell, seed=int(cell + 10 * cells))
    exact, fast = (
        kernel_density(x, y, grid=grid, bandwidth_m=cells * cell, kernel=kernel, normalise=False, exact=way)
        for way in (True, False)
    )
    error = np.abs(fast - exact) / exact.max()
    assert 0 < np.quantile(error, 0.99) <= 0.01


@given(
    east=st.floats(0, 699.999),
    north=st.floats(0, 499.999),
    bandwidth=st.floats(100, 900),
    kernel=st.sampled_from(["quartic", "gaussian"]),
)
@settings(max_examples=40, deadline=None)
def test_one_incident_errs_by_less_than_a_hundredth_anywhere(east, north, bandwidth, kernel):
    grid = square_grid(5, 7)
    exact, fast = (
        kernel_density(
            [X0 + east], [Y0 + north], grid=grid, bandwidth_m=bandwidth, kernel=kernel, normalise=False, exact=way
        )
        for way in (True, False)
    )
    assert np.abs(fast - exact).max() < 0.01
    assert fast.min() >= 0


def test_the_fast_path_is_zero_where_nothing_is_in_reach():
    grid = square_grid(50, 50)
    density = kernel_density(np.full(5000, X0 + 210.0), np.full(5000, Y0 + 320.0), grid=grid, bandwidth_m=300)
    row, column = np.indices(density.shape)
    far = np.hypot(row * 100 + 50 - 320, column * 100 + 50 - 210) > 300 + 45
    assert (density[far] == 0).all() and density[3, 2] > 0


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("exact", [True, False])
def test_the_order_of_the_rows_changes_no_bit(exact, weighted):
    grid = square_grid(20, 20)
    x, y = clustered(900, side=2000.0, seed=5)
    weights = np.random.default_rng(6).random(900) if weighted else None
    shuffled = np.random.default_rng(7).permutation(900)
    first = kernel_density(x, y, grid=grid, bandwidth_m=250, exact=exact, weights=weights)
    moved = None if weights is None else weights[shuffled]
    again = kernel_density(x[shuffled], y[shuffled], grid=grid, bandwidth_m=250, exact=exact, weights=moved)
    assert first.tobytes() == again.tobytes()


@pytest.mark.parametrize("exact", [True, False])
def test_whole_weights_are_repeated_points(exact):
    grid = square_grid(10, 10)
    x, y = clustered(40, side=1000.0, seed=8)
    times = np.random.default_rng(9).integers(0, 5, 40)
    weighted = kernel_density(x, y, grid=grid, bandwidth_m=150, exact=exact, weights=times)
    repeated = kernel_density(np.repeat(x, times), np.repeat(y, times), grid=grid, bandwidth_m=150, exact=exact)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-9, atol=1e-9)


def test_edge_correction_divides_by_the_mass_of_the_kernel_inside():
    # The south-western cell of a large square: its centre is 50 m from both edges.
    grid = square_grid(30, 30)
    bandwidth = 300.0

    def kernel(north: float, east: float) -> float:
        return max(1 - (north**2 + east**2) / bandwidth**2, 0) ** 2

    inside, _ = integrate.dblquad(kernel, -50, bandwidth, -50, bandwidth, epsabs=1.0)
    share = inside / (np.pi / 3 * bandwidth**2)
    plain, corrected = (
        kernel_density([X0 + 20], [Y0 + 30], grid=grid, bandwidth_m=bandwidth, edge_corrected=way, exact=True)[0, 0]
        for way in (False, True)
    )
    assert plain / corrected == pytest.approx(share, rel=5e-4)


@pytest.mark.parametrize("kernel", ["quartic", "gaussian"])
@pytest.mark.parametrize("exact", [True, False])
def test_an_even_spread_is_flat_once_edges_are_corrected(kernel, exact):
    # One point at the centre of every fifth of a cell, and a mask with a hole and a bay.
    mask = np.ones((24, 20), dtype=bool)
    mask[9:13, 8:11] = mask[18:, 12:] = False
    grid = square_grid(24, 20, mask=mask)
    at = np.arange(0, 20 * 5) * 20 + 10, np.arange(0, 24 * 5) * 20 + 10
    east, north = (axis.ravel() for axis in np.meshgrid(*at))
    density = kernel_density(
        X0 + east, Y0 + north, grid=grid, bandwidth_m=300, kernel=kernel, exact=exact, edge_corrected=True
    )
    np.testing.assert_array_equal(np.isnan(density), ~mask)
    # 25 points to a hundredth of a square kilometre.
    np.testing.assert_allclose(density[mask], 2500, rtol=0.01)
    plain = kernel_density(X0 + east, Y0 + north, grid=grid, bandwidth_m=300, kernel=kernel, exact=exact)
    assert plain[0, 0] < 1500


def test_points_outside_the_mask_are_left_out():
    mask = np.array([[True, True, False]])
    grid = square_grid(1, 3, mask=mask)
    x, y = [X0 + 150, X0 + 210, X0 - 5], [Y0 + 50, Y0 + 50, Y0 + 50]
    for exact in (True, False):
        density = kernel_density(x, y, grid=grid, bandwidth_m=100, normalise=False, exact=exact)
        np.testing.assert_allclose(density, [[0, 1, np.nan]], atol=1e-9)


@pytest.mark.parametrize("exact", [True, False])
def test_nothing_is_zero_everywhere(exact):
    grid = square_grid(3, 4)
    for weights in (None, []):
        density = kernel_density([], [], grid=grid, bandwidth_m=300, exact=exact, weights=weights)
        np.testing.assert_array_equal(density, np.zeros((3, 4)))


def test_a_raster_too_large_for_the_fast_path_is_added_up(monkeypatch):
    grid = square_grid(6, 6)
    x, y = clustered(30, side=600.0, seed=10)
    exact, fast = (kernel_density(x, y, grid=grid, bandwidth_m=150, exact=way) for way in (True, False))
    assert not np.array_equal(exact, fast)
    monkeypatch.setattr("strategic_prosecution.hotspots.density.MAX_BINS", 100)
    np.testing.assert_array_equal(kernel_density(x, y, grid=grid, bandwidth_m=150), exact)


def test_twice_the_share_of_the_cases_is_a_risk_of_two():
    grid = square_grid(10, 40)
    random = np.random.default_rng(11)
    west = random.uniform(0, 2000, 1500), random.uniform(0, 1000, 1500)
    east = random.uniform(2000, 4000, 1000), random.uniform(0, 1000, 1000)
    # Every base incident of the west is a case, and one of every two at a place in the east.
    case = [X0 + np.append(west[0], east[0]), Y0 + np.append(west[1], east[1])]
    base = [np.append(values, values[1500:]) for values in case]
    risk = relative_risk(*case, *base, grid=grid, bandwidth_m=400, exact=True)
    # 2,500 cases over a base of 3,500; further than the bandwidth from the line between the two halves.
    np.testing.assert_allclose(risk[:, :15], 3500 / 2500, rtol=1e-9)
    np.testing.assert_allclose(risk[:, 25:], 3500 / 2500 / 2, rtol=1e-9)
    fast = relative_risk(*case, *base, grid=grid, bandwidth_m=400)
    np.testing.assert_allclose(fast, risk, rtol=0.02)


def test_risk_is_undefined_outside_the_mask_and_where_there_is_hardly_a_base():
    mask = np.ones((1, 12), dtype=bool)
    mask[0, 1] = False
    grid = square_grid(1, 12, mask=mask)
    row = Y0 + 50.0
    # Five at the centre of the first cell; four at that of the last but one.
    x_base = [X0 + 50.0] * 5 + [X0 + 1050.0] * 4
    risk = relative_risk([X0 + 50.0], [row], x_base, [row] * 9, grid=grid, bandwidth_m=100, exact=True)
    np.testing.assert_allclose(risk[0], [9 / 5] + [np.nan] * 11)
    none = relative_risk([], [], x_base, [row] * 9, grid=grid, bandwidth_m=100)
    assert np.isnan(none).all()


def test_bad_input_is_refused():
    grid = square_grid(3, 3)
    with pytest.raises(ValueError, match=r"bandwidth_m is \[99\].*at least one cell, or smaller cells"):
        kernel_density([X0], [Y0], grid=grid, bandwidth_m=99)
    with pytest.raises(ValueError, match="narrower than a cell"):
        kernel_density([X0], [Y0], grid=grid, bandwidth_m=np.nan)
    with pytest.raises(ValueError, match=r"kernel is \[flat\]"):
        kernel_density([X0], [Y0], grid=grid, bandwidth_m=200, kernel="flat")
    with pytest.raises(ValueError, match="no finite x and y"):
        kernel_density([np.nan], [Y0], grid=grid, bandwidth_m=200)
    for weights in ([-1.0], [np.nan], [1.0, 1.0]):
        with pytest.raises(ValueError, match="weights must be 0 or more"):
            kernel_density([X0], [Y0], grid=grid, bandwidth_m=200, weights=weights)
