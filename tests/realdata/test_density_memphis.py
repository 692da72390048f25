"""Kernel density of Memphis robberies as sfhotspot (Ashby, MIT) prints it on the page of hotspot_kde."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from strategic_prosecution.hotspots import kernel_density, make_grid

pytestmark = pytest.mark.realdata


@pytest.mark.parametrize(
    ("cell", "bandwidth", "published"),
    [
        (200, 1000, [0.0658, 0.315, 0.618, 0.867, 1.00, 0.997, 0.821, 0.518, 0.208, 0.183]),
        # This bandwidth is its own choice, printed without decimals.
        (500, 8877, [11.1, 11.2, 11.2, 11.1, 10.9, 10.5, 10.0, 9.45, 8.76, 10.1]),
    ],
)
def test_equal_to_the_published_values(cell, bandwidth, published):
    folder = Path(os.environ["REALDATA"]) / "worked_examples"
    robberies = pd.read_csv(folder / "memphis_robberies_jan.csv")
    to_utm = Transformer.from_crs("EPSG:4326", "EPSG:32615", always_xy=True)
    x, y = to_utm.transform(robberies["lon"].to_numpy(), robberies["lat"].to_numpy())
    grid = make_grid(x, y, cell_m=cell, rule="hull_buffer")
    exact, fast = (
        kernel_density(x, y, grid=grid, bandwidth_m=bandwidth, normalise=False, exact=way) for way in (True, False)
    )
    # Its cells come row by row from the south-west, and it prints three digits of the first ten.
    np.testing.assert_allclose(exact[grid.mask][:10], published, rtol=5e-3)
    assert np.nanmax(np.abs(fast - exact)) <= 0.01 * np.nanmax(exact)
