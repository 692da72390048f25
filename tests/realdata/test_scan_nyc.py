"""The prospective scan of fever in New York City, November 2001: the sample and result that come with SaTScan."""

import os
from pathlib import Path

import pandas as pd
import pytest
from pyproj import Transformer

from strategic_prosecution.hotspots import space_time_scan

pytestmark = pytest.mark.realdata


def test_the_cluster_is_that_of_satscan():
    folder = Path(os.environ["REALDATA"]) / "worked_examples"
    places = pd.read_csv(folder / "NYCfever.geo", sep=r"\s+", names=["zip", "lat", "lon"], dtype={"zip": str})
    cases = pd.read_csv(
        folder / "NYCfever.cas", sep=r"\s+", names=["location", "count", "day"], dtype={"location": str}
    )
    cases["day"] = pd.to_datetime(cases["day"])
    assert cases["count"].sum() == 194
    # SaTScan measures along great circles; in the plane of UTM zone 18 these are 0.04 % shorter.
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:26918", always_xy=True).transform(places["lon"], places["lat"])
    found = space_time_scan(
        cases,
        pd.DataFrame({"x": x, "y": y}, index=places["zip"]),
        max_radius_m=3000,
        max_days=7,
        permutations=999,
        seed=1,
        end=pd.Timestamp("2001-11-24"),
    ).iloc[0]
    assert found["centre"] == "11418"
    assert len(found["locations"]) == 9
    assert found["radius_m"] == pytest.approx(2900, abs=5)
    assert (found["first_day"], found["last_day"]) == (pd.Timestamp("2001-11-22"), pd.Timestamp("2001-11-24"))
    assert found["observed"] == 4
    assert found["expected"] == pytest.approx(0.67, abs=0.005)
    assert found["log_likelihood_ratio"] == pytest.approx(3.845418, abs=5e-7)
    # Both p values are of 999 permutations: their difference has a standard error of 0.019.
    assert found["p_value"] == pytest.approx(0.229, abs=0.057)
