"""Positions worked out by hand on the fixture town (see conftest)."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from strategic_prosecution.places import Reference, geocode, load_reference

X0, Y0, CRS = 500_000.0, 4_400_000.0, "EPSG:26918"


def place(address: str | None, town: Reference, **settings: float) -> pd.Series:
    return geocode([address], town, **settings).iloc[0]


def at(row: pd.Series) -> tuple[float, float]:
    return row["x"] - X0, row["y"] - Y0


def test_house_number_is_interpolated_inset_and_offset_to_its_own_side(town: Reference) -> None:
    # 150 is 50/98 along 100-198; the 100 m lose 10 m at both ends; even numbers are right of the eastward line.
    even = place("150 MAIN ST", town)
    assert at(even) == pytest.approx((10 + 50 / 98 * 80, -10), abs=0.001)
    assert (even["status"], even["match_type"], even["score"], even["faults"]) == ("matched", "range", 100, "")
    assert (even["matched_address"], even["reference_id"]) == ("150 MAIN ST", "m1")
    odd = place("151 MAIN ST", town)
    assert at(odd) == pytest.approx((10 + 50 / 98 * 80, 10), abs=0.001)


def test_offset_and_inset_are_settings(town: Reference) -> None:
    assert at(place("100 MAIN ST", town, offset_m=0, inset_m=0)) == pytest.approx((0, 0), abs=0.001)
    # The inset is never more than a quarter of the line.
    assert at(place("198 MAIN ST", town, offset_m=5, inset_m=40)) == pytest.approx(
        (75, -5), abs=0.001
    )  # inset <= a quarter


def test_range_that_runs_down_is_interpolated_from_from_to_to(town: Reference) -> None:
    # Digitised northward with 198 at the south end; left of north is west.
    assert at(place("198 OAK AVE", town)) == pytest.approx((290, 10), abs=0.001)
    assert at(place("101 OAK AVE", town)) == pytest.approx((310, 90), abs=0.001)


def test_longitude_of_the_central_meridian(town: Reference) -> None:
    # x = 500000 in UTM zone 18 is 75 degrees west by definition.
    row = place("1 SOUTH ST", town, inset_m=0, offset_m=0)
    assert (row["lon"], row["x"]) == (-75.0, X0)
    assert 39 < row["lat"] < 40.5


def test_block_is_the_middle_of_its_whole_run_without_offset(town: Reference) -> None:
    # The 200 block is m2 (40 m) and m3 (60 m): the middle of both is x = 150, not the middle of either.
    row = place("200 BLOCK OF MAIN ST", town)
    assert at(row) == pytest.approx((150, 0), abs=0.001)
    assert (row["match_type"], row["score"], row["n_candidates"], row["uncertainty_m"]) == ("block", 99, 1, 50)
    assert row["matched_address"] == "200 BLOCK MAIN ST"


@pytest.mark.parametrize(
    "text", ["200 BLK MAIN ST", "2XX MAIN ST", "02XX BLOCK MAIN ST", "200-299 MAIN ST", "250 block Main Street"]
)
def test_block_spellings(town: Reference, text: str) -> None:
    assert at(place(text, town)) == pytest.approx((150, 0), abs=0.001)


def test_block_of_a_long_segment_is_cut_to_its_hundred(town: Reference) -> None:
    # 1000-1999 over 1000 m: the 1500 block is about x = 500 to 600.
    assert at(place("1500 BLOCK BENT LN", town)) == pytest.approx((550, 1000), abs=1)


def test_zero_block(town: Reference) -> None:
    assert at(place("0 BLOCK E ST", town)) == pytest.approx((50, 600), abs=0.001)
    assert at(place("00XX E ST", town)) == pytest.approx((50, 600), abs=0.001)


def test_block_in_two_far_pieces_is_a_tie_without_coordinates(town: Reference) -> None:
    row = place("100 BLOCK GAP ST", town)
    assert (row["status"], row["match_type"], row["n_candidates"], row["spread_m"]) == ("tie", "tie", 2, 350)
    assert row[["x", "y", "lon", "lat", "uncertainty_m"]].isna().all()
    assert place("100 BLOCK GAP ST", town, tie_tolerance_m=400)["status"] == "matched"


def test_both_carriageways_are_one_block(town: Reference) -> None:
    row = place("100 BLOCK DUAL BLVD", town)
    assert (row["status"], row["n_candidates"]) == ("matched", 1)
    assert 1200 <= at(row)[1] <= 1230


def test_corner_is_the_shared_node(town: Reference) -> None:
    for text in ("MAIN ST & N 5TH ST", "N 5TH ST / MAIN ST", "Main and 5th Sts", "5TH @ MAIN", "MAIN ST AT S 5TH ST"):
        row = place(text, town)
        assert (row["status"], row["match_type"]) == ("matched", "intersection"), text
        assert at(row) == pytest.approx((200, 0), abs=0.001)


def test_three_streets_must_all_meet(town: Reference) -> None:
    assert at(place("MAIN ST & N 5TH ST & LOOP RD", town)) == pytest.approx((200, 0), abs=0.001)
    assert place("MAIN ST & N 5TH ST & OAK AVE", town)["faults"] == "no_such_corner"


def test_streets_that_meet_twice_far_apart_are_a_tie(town: Reference) -> None:
    row = place("MAIN ST & LOOP RD", town)
    assert (row["status"], row["n_candidates"], row["spread_m"]) == ("tie", 2, 200)
    assert np.isnan(row["x"])
    near = place("MAIN ST & LOOP RD", town, tie_tolerance_m=200)
    assert at(near) == pytest.approx((100, 0), abs=0.001)


def test_stated_but_different_direction_or_suffix_is_rejected(town: Reference) -> None:
    for text in ("150 E 5TH ST", "150 MAIN AVE", "100 BLOCK MAIN RD", "150 MAIN AVE & N 5TH ST", "W 5TH ST & MAIN ST"):
        row = place(text, town)
        assert (row["status"], row["match_type"]) == ("unmatched", "none"), text
        assert np.isnan(row["x"])


def test_missing_direction_is_a_tie_unless_the_number_decides(town: Reference) -> None:
    assert place("150 5TH ST", town)["status"] == "tie"
    decided = place("250 5TH ST", town)
    assert (decided["matched_address"], decided["faults"], decided["score"]) == (
        "250 S 5TH ST",
        "direction_missing",
        98,
    )


def test_direction_the_layer_does_not_know(town: Reference) -> None:
    row = place("150 W MAIN ST", town)
    assert (row["status"], row["faults"], row["score"]) == ("matched", "direction_extra", 96)


def test_missing_suffix_is_a_fault(town: Reference) -> None:
    row = place("150 MAIN", town)
    assert (row["status"], row["faults"], row["score"]) == ("matched", "suffix_missing", 94)


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("50 SOUTH ST", "SOUTH ST"),
        ("50 E ST", "E ST"),
        ("50 CANAL PARK", "CANAL PARK"),
        ("50 CANAL PK", "CANAL PARK"),
        ("50 MCKINLEY ST", "MC KINLEY ST"),
        ("50 THIRTYFOURTH STREET", "34TH ST"),
        ("50 34 ST", "34TH ST"),
        ("50 MAIN ST", None),
    ],
)
def test_names_that_look_like_something_else(town: Reference, text: str, street: str | None) -> None:
    row = place(text, town)
    if street is None:
        assert (row["match_type"], row["matched_address"]) == ("range_out", "MAIN ST")
    else:
        assert (row["status"] in ("matched", "tie"), row["match_type"]) == (True, "range")
        assert row["matched_address"] == f"50 {street}"


def test_number_off_the_ranges_and_street_alone_have_no_coordinates(town: Reference) -> None:
    results = geocode(["900 MAIN ST", "900 BLOCK MAIN ST", "MAIN ST", "MAIN ST /"], town)
    assert results["match_type"].tolist() == ["range_out", "range_out", "street", "street"]
    assert (results["status"] == "unmatched").all()
    assert results[["x", "y", "lon", "lat", "uncertainty_m"]].isna().all(axis=None)
    assert (results["matched_address"] == "MAIN ST").all()


def test_other_parity_stays_on_the_line(town: Reference) -> None:
    row = place("50 SOUTH ST", town)
    assert (row["faults"], row["y"] - Y0) == ("side", 500)


def test_alias_and_tail(town: Reference) -> None:
    assert place("150 OLD POST RD", town)["matched_address"] == "150 MAIN ST"
    assert place("150 OLD POST RD", town)["faults"] == "alias"
    for text in ("150 MAIN ST, RIVERTON, PA 19000", "150 MAIN ST RIVERTON PA", "150 MAIN ST, APT 3, RIVERTON"):
        assert place(text, town)["status"] == "matched", text
    # A town that is not the layer's must not be placed in it.
    assert place("150 MAIN ST, ELSEWHERE, PA", town)["faults"] == "tail_not_read"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "empty"),
        ("  ", "empty"),
        ("UNKNOWN", "unknown"),
        ("N/A", "unknown"),
        ("P.O. BOX 12", "po_box"),
        ("homeless", "homeless"),
        ("12345", "not_parsed"),
        ("150 ABSENT ST", "no_such_street"),
        ("MAIN ST & ABSENT ST", "no_such_corner"),
        ("MAIN ST & OAK AVE", "no_such_corner"),
    ],
)
def test_none_says_why(town: Reference, text: str | None, reason: str) -> None:
    row = place(text, town)
    assert (row["status"], row["match_type"], row["score"], row["faults"]) == ("unmatched", "none", 0, reason)


def test_no_runner_up_no_gap(town: Reference) -> None:
    # The facing side of the street is not a rival.
    assert np.isnan(place("150 MAIN ST", town)["gap"])


def test_number_with_a_cross_street(town: Reference) -> None:
    row = place("250 MAIN ST & S 5TH ST", town)
    assert (row["matched_address"], row["faults"], row["score"]) == ("250 MAIN ST", "cross_street", 99)


def test_order_and_company_never_matter(streets: gpd.GeoDataFrame, town: Reference) -> None:
    texts = ["200 BLOCK MAIN ST", None, "150 5TH ST", "MAIN ST & LOOP RD", "150 MAIN ST", "200 BLOCK MAIN ST", "x"]
    whole = geocode(pd.Series(texts, index=list("gfedcba")), town)
    assert len(whole) == len(texts) and whole.index.tolist() == list(range(len(texts)))
    backwards = geocode(texts[::-1], town).iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(whole, backwards)
    pd.testing.assert_frame_equal(whole.iloc[[4]].reset_index(drop=True), geocode(["150 MAIN ST"], town))
    shuffled = load_reference(
        streets=streets.iloc[::-1],
        aliases=pd.DataFrame({"alias": ["NOWHERE ST", "OLD POST ROAD"], "street": ["ABSENT AVE", "MAIN ST"]}),
        localities=("19000", "PA", "Riverton"),
        crs=CRS,
    )
    assert shuffled.fingerprint == town.fingerprint
    pd.testing.assert_frame_equal(whole, geocode(texts, shuffled))


def test_nothing_to_do(town: Reference) -> None:
    assert len(geocode([], town)) == 0
    assert geocode([None, None], town)["faults"].tolist() == ["empty", "empty"]
