"""Hit rates by hand, and the geocoder tried on streets and points that are taken from its reference."""

import importlib
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString
from statsmodels.stats.proportion import proportion_confint

from strategic_prosecution.places import (
    Reference,
    against_floor,
    geocode,
    geocoder_code,
    hold_out,
    leave_one_out,
    load_reference,
    nearest_site,
    street_names,
    wilson,
)

CRS = "EPSG:26918"
EAST, NORTH = 485_000.0, 4_425_000.0
BIRDS = ["AVOCET", "BITTERN", "CURLEW", "DUNLIN", "EGRET", "FULMAR", "GADWALL", "HOBBY", "IBIS", "JACKDAW"]
TRAITS = [*BIRDS, *(f"{bird}WOOD" for bird in BIRDS)]


def town(*, with_points: bool = False) -> Reference:
    """Twenty parallel streets of 200 m, 100 m apart, with numbers 101-199 on the left and 100-198 on the right."""
    lines = [LineString([(EAST, NORTH + 100 * row), (EAST + 200, NORTH + 100 * row)]) for row in range(len(TRAITS))]
    streets = gpd.GeoDataFrame(
        {
            "street_predir": None,
            "street_name": TRAITS,
            "street_type": "ST",
            "street_postdir": None,
            "left_from": "101",
            "left_to": "199",
            "right_from": "100",
            "right_to": "198",
            "segment_id": [f"s{row}" for row in range(len(TRAITS))],
        },
        geometry=lines,
        crs=CRS,
    )
    return load_reference(streets=streets, points=points() if with_points else None, crs=CRS)


def points() -> pd.DataFrame:
    """On the first street every even number from 100 to 198 stands where its number says, 12 m right of the middle."""
    numbers = np.arange(100, 200, 2)
    return pd.DataFrame(
        {
            "point_id": [f"p{number}" for number in numbers],
            "number": [str(number) for number in numbers],
            "street_predir": None,
            "street_name": TRAITS[0],
            "street_type": "ST",
            "street_postdir": None,
            "x": EAST + 2.0 * (numbers - 100),
            "y": NORTH - 12,
        }
    )


def answers(reference: Reference) -> pd.DataFrame:
    asked = [f"{number} {name} ST" for name in TRAITS for number in (110, 120, 131)] + ["1 NOWHERE LN"]
    return geocode(asked, reference).assign(address=asked)


def test_wilson_is_that_of_statsmodels_and_null_without_a_denominator() -> None:
    rates = wilson([0, 15, 25, 0], [25, 25, 25, 0])
    for row, (count, total) in enumerate([(0, 25), (15, 25), (25, 25)]):
        lower, upper = proportion_confint(count, total, method="wilson")
        assert rates.loc[row].tolist() == pytest.approx([count / total, lower, upper])
    assert rates.loc[3].isna().all()


def test_the_floor_is_undecided_where_the_interval_holds_it() -> None:
    rates = wilson([900, 85, 500, 0], [1000, 100, 1000, 0])
    assert against_floor(rates).tolist() == ["above", "undecided", "below", None]


def test_a_street_held_out_is_not_placed_elsewhere() -> None:
    reference = town()
    table = hold_out(answers(reference), reference).set_index("match_type")
    # One of twenty streets, with its three addresses.
    assert table.loc["", ["tried", "matched", "value"]].tolist() == [3, 0, 0]
    assert table.loc["", "upper"] == pytest.approx(proportion_confint(0, 3, method="wilson")[1])
    assert table.loc["range", "tried"] == 3 and table["median_m"].isna().all()
    half = hold_out(answers(reference), reference, share=0.5).set_index("match_type")
    assert half.loc["", "tried"] == 30
    assert hold_out(answers(reference), reference, share=0.5, most=7)["tried"].iloc[0] == 7


def test_a_false_match_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A geocoder that places whatever it is asked, wrongly."""
    reference = town()
    found = answers(reference)
    module = importlib.import_module("strategic_prosecution.places.quality")
    monkeypatch.setattr(module, "geocode", lambda asked, *_, **__: found.head(len(asked)))
    assert hold_out(found, reference).set_index("match_type").loc["", ["tried", "matched", "value"]].tolist() == [
        3,
        3,
        1,
    ]


def test_which_streets_are_held_out_depends_on_the_reference_alone() -> None:
    reference = town()
    found = answers(reference)
    first = hold_out(found, reference, share=0.3)
    pd.testing.assert_frame_equal(hold_out(found.sample(frac=1, random_state=1), reference, share=0.3), first)
    other = replace(reference, fingerprint="another")
    assert hold_out(found, other, share=0.3)["tried"].iloc[0] == first["tried"].iloc[0]


def test_nothing_placed_gives_no_trial() -> None:
    reference = town()
    found = answers(reference)
    assert hold_out(found.iloc[:0], reference).empty
    assert hold_out(found[found["match_type"] == "none"], reference).empty
    assert leave_one_out(reference).empty


@pytest.mark.slow
def test_a_point_left_out_is_placed_between_its_neighbors() -> None:
    reference = town(with_points=True)
    table = leave_one_out(reference).set_index("match_type")
    assert table.loc["", ["tried", "matched"]].tolist() == [50, 50]
    # Numbers stand at even distances, so the middle of two neighbors is where the point was; the two at the ends of the
    # row have none on one side and lie on the street's range.
    assert table.loc["point_interpolated", "tried"] >= 46
    assert table.loc["point_interpolated", "p90_m"] == pytest.approx(0, abs=0.01)
    few = leave_one_out(reference, most=5)
    assert few["tried"].iloc[0] == 5
    pd.testing.assert_frame_equal(few, leave_one_out(reference, most=5))


def test_streets_that_addresses_name() -> None:
    assert street_names(["12 Heron Rd", "1200 BLOCK OF N HERON RD", "HERON RD & TEAL ST", "", "OLD MILL POND"]) == [
        "HERON RD",
        "N HERON RD",
        None,
        None,
        None,
    ]
    assert street_names([]) == []


def test_the_nearest_site_within_reach() -> None:
    sites = pd.DataFrame({"label": ["JAIL", "COURT"], "x": [0.0, 60.0], "y": [0.0, 0.0]})
    found = nearest_site([0, 50, 29, 30, 200, np.nan], [0, 0, 0, 0, 0, 0], sites, within_m=50)
    assert found.tolist() == ["JAIL", "COURT", "JAIL", "COURT", None, None]
    assert nearest_site([0.0], [0.0], sites.iloc[:0], within_m=50).tolist() == [None]
    assert nearest_site([], [], sites, within_m=50).tolist() == []


def test_the_code_has_a_digest_that_stays() -> None:
    assert geocoder_code() == geocoder_code() and len(geocoder_code()) == 64
