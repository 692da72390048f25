import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box
from statsmodels.stats.proportion import proportion_confint

from strategic_prosecution.places import assign_areas, quality


def test_points_in_areas_with_borders_to_the_lowest_id() -> None:
    areas = gpd.GeoDataFrame({"area_id": ["b", "a"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs="EPSG:26918")
    x, y = [0.5, 1.5, 1.0, 3.0, np.nan], [0.5, 0.5, 0.5, 0.5, 0.5]
    assert assign_areas(x, y, areas).tolist() == ["b", "a", "a", None, None]
    assert assign_areas(x, y, areas.iloc[::-1]).tolist() == ["b", "a", "a", None, None]
    assert assign_areas([], [], areas).tolist() == []


def results() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "match_type": ["range", "block", "tie", "none", "none", "range_out"],
            "faults": ["", "", "", "no_such_street", "homeless", "number_out_of_range"],
        }
    )


def test_both_denominators_by_records_and_strings() -> None:
    table = quality(results(), [10, 5, 1, 2, 4, 3]).set_index(["counted", "denominator", "match_type"])
    counts = table[["count", "total"]].apply(tuple, axis=1)
    assert counts["records", "all", "hit"] == (15, 25)
    assert counts["records", "geocodable", "hit"] == (15, 21)
    assert counts["strings", "all", "hit"] == (2, 6)
    assert counts["strings", "geocodable", "hit"] == (2, 5)
    assert counts["records", "all", "none"] == (6, 25)
    assert counts["records", "geocodable", "none"] == (2, 21)
    assert counts["strings", "all", "tie"] == (1, 6)
    lower, upper = proportion_confint(15, 25, method="wilson")
    assert table.loc[("records", "all", "hit"), ["share", "lower", "upper"]].tolist() == pytest.approx(
        [0.6, lower, upper]
    )


def test_nothing_and_wrong_lengths() -> None:
    empty = quality(results().iloc[:0], [])
    assert empty["total"].eq(0).all() and empty["share"].isna().all()
    with pytest.raises(ValueError, match="weights: need one count"):
        quality(results(), [1])
