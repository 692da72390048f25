"""Grid, Gi* and their guards on real points: Memphis robberies as published, and three cities for stray points."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from strategic_prosecution.hotspots import (
    count_points,
    gi_star_grid,
    make_grid,
    stray_points,
    two_sided_p,
)

pytestmark = pytest.mark.realdata


def read(name: str, **options) -> pd.DataFrame:
    return pd.read_csv(Path(os.environ["REALDATA"]) / name, **options)


def project(longitude: pd.Series, latitude: pd.Series, crs: str, source: str = "EPSG:4326"):
    to_metres = Transformer.from_crs(source, crs, always_xy=True)
    x, y = to_metres.transform(longitude.to_numpy(dtype=float), latitude.to_numpy(dtype=float))
    known = np.isfinite(x) & np.isfinite(y)
    return x[known], y[known]


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


def test_stray_points_of_charlottesville_are_the_two_that_lie_elsewhere():
    """One address point lost the sign of its longitude; the outside geocoder put one block in Washington."""
    points = read("charlottesville/Master_Address_Points.csv", encoding="utf-8-sig").dropna(subset=["lon", "lat"])
    x, y = project(points["lon"], points["lat"], "EPSG:32147")
    assert x.size > 24_000
    np.testing.assert_array_equal(stray_points(x, y), points["lon"] > 0)
    blocks = read("charlottesville/geocoded_blocks.csv").dropna(subset=["lon", "lat"])
    x, y = project(blocks["lon"], blocks["lat"], "EPSG:32147")
    np.testing.assert_array_equal(stray_points(x, y), blocks["formatted_address"].str.contains("Washington, DC"))


def test_stray_points_take_nothing_of_philadelphia():
    shootings = read("philadelphia/shootings_2015_2020.csv").query("lng != 0")
    x, y = project(shootings["lng"], shootings["lat"], "EPSG:32129")
    assert x.size > 8000
    assert not stray_points(x, y).any()
    assert np.flatnonzero(stray_points(np.append(x, 0.0), np.append(y, 0.0))).tolist() == [x.size]


def test_stray_points_of_st_louis_are_the_unknown_ones_and_one_far_south():
    """The police write 0, 0 for unknown; one row of 2013 has coordinates 300 km south of the city."""
    months = sorted((Path(os.environ["REALDATA"]) / "st_louis" / "2013").glob("*.csv"))
    rows = pd.concat([pd.read_csv(month, dtype=str, encoding="latin1") for month in months], ignore_index=True)
    east, north = (pd.to_numeric(rows[name], errors="coerce") for name in ("XCoord", "YCoord"))
    x, y = project(east, north, "EPSG:26996", source="ESRI:102696")
    unknown = (east.to_numpy() == 0) & (north.to_numpy() == 0)
    south = ~unknown & (north.to_numpy() < 100_000)
    assert 0.01 < unknown.mean() < 0.1 and south.sum() == 1
    np.testing.assert_array_equal(stray_points(x, y), unknown | south)
