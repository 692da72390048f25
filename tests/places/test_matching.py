"""What the strict rules accept and refuse, on towns small enough to place every address by hand."""

import re
from datetime import date
from importlib import resources
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString

from strategic_prosecution.places import Reference, geocode, load_reference, suggest_aliases
from strategic_prosecution.places.parse import PARSE_FAULTS

CRS = "EPSG:26918"
X0, Y0 = 500_000.0, 4_400_000.0

# direction, name, suffix, post direction, left from-to, right from-to, points
SEGMENTS = [
    ("", "WILLOUGHBY", "AVE", "", 101, 199, 100, 198, [(0, 0), (100, 0)]),
    ("", "HAWTHORNE", "ST", "", 101, 199, 100, 198, [(0, 200), (100, 200)]),
    ("", "HAWTHORN", "LN", "", 101, 199, 100, 198, [(0, 300), (100, 300)]),
    ("N", "CALDER", "ST", "", 101, 199, 100, 198, [(0, 400), (100, 400)]),
    ("S", "CALDER", "ST", "", 301, 399, 300, 398, [(0, 500), (100, 500)]),
    ("N", "MARLOW", "ST", "", 101, 199, 100, 198, [(3000, 0), (3100, 0)]),
    ("S", "MARLOW", "ST", "", 101, 199, 0, 0, [(3000, 900), (3100, 900)]),
    ("", "PALMA VISTA", "AVE", "", 101, 199, 100, 198, [(3000, 1500), (3100, 1500)]),
    ("", "BREMER", "RD", "S", 101, 199, 100, 198, [(0, 600), (100, 600)]),
    ("", "PELLAM", "ST", "", 101, 199, 100, 198, [(0, 700), (100, 700)]),
    ("", "PELLUM", "ST", "", 101, 199, 100, 198, [(0, 900), (100, 900)]),
    ("", "21ST", "ST", "", 101, 199, 100, 198, [(0, 1000), (100, 1000)]),
    ("", "GARDINER", "ST", "", 101, 199, 100, 198, [(0, 1100), (100, 1100)]),
    ("", "GARDINER", "ST", "", 401, 499, 400, 498, [(300, 1100), (400, 1100)]),
    ("", "ELMHURST", "ST", "", 101, 199, 100, 198, [(0, 2000), (100, 2000)]),
    ("", "ELMHURST", "ST", "", 201, 299, 200, 298, [(100, 2000), (200, 2000)]),
    ("", "OVERTON", "ST", "", 101, 199, 100, 198, [(100, 2000), (100, 2100)]),
    ("", "OVERBROOK", "ST", "", 101, 199, 100, 198, [(200, 2000), (200, 2100)]),
    ("", "DEAD END", "RD", "", 101, 199, 100, 198, [(50, 2020), (50, 2100)]),
    ("", "SHORT", "RD", "", 101, 199, 100, 198, [(30, 2000), (30, 1900)]),
]


@pytest.fixture(scope="module")
def streets() -> gpd.GeoDataFrame:
    columns = ["street_predir", "street_name", "street_type", "street_postdir"]
    columns += ["left_from", "left_to", "right_from", "right_to"]
    frame = pd.DataFrame([row[:8] for row in SEGMENTS], columns=columns)
    frame["segment_id"] = [f"s{row}" for row in range(len(frame))]
    lines = [LineString([(X0 + x, Y0 + y) for x, y in row[8]]) for row in SEGMENTS]
    return gpd.GeoDataFrame(frame, geometry=lines, crs=CRS)


@pytest.fixture(scope="module")
def town(streets: gpd.GeoDataFrame) -> Reference:
    places = pd.DataFrame({"name": ["Linden Park|The Linden"], "x": [X0 + 500], "y": [Y0 + 500], "category": ["park"]})
    return load_reference(streets=streets, places=places, crs=CRS)


@pytest.fixture(scope="module")
def points() -> Reference:
    rows = [
        # number, street, x, y
        (104, "LARKIN ST", 0, 0),
        (104, "LARKIN ST", 20, 0),  # a second building of the same number
        (124, "LARKIN ST", 100, 0),
        (105, "LARKIN ST", 0, 30),
        (304, "LARKIN ST", 300, 0),
        (500, "LARKIN ST", 400, 0),
        (7, "LARKIN ST", -100, 0),
        (7, "LARKIN ST", 2000, 0),  # the same number far away: a mistake, or another street of the name
    ]
    frame = pd.DataFrame(rows, columns=["number", "street_name", "x", "y"])
    frame["x"] += X0
    frame["y"] += Y0
    return load_reference(points=frame.assign(point_id=[f"p{row}" for row in range(len(frame))]), crs=CRS)


def one(text: str, reference: Reference, **settings: object) -> pd.Series:
    return geocode([text], reference, **settings).iloc[0]


def at(row: pd.Series) -> tuple[float, float]:
    return round(row["x"] - X0, 1), round(row["y"] - Y0, 1)


# ----------------------------------------------------------------------------------------------------------- one edit


@pytest.mark.parametrize(
    "text", ["150 WILLOUGHBYE AVE", "150 WILOUGHBY AVE", "150 WILLOUGBHY AVE", "150 WILLOUGHBI AVE"]
)
def test_one_edit_is_forgiven_and_said(text: str, town: Reference) -> None:
    row = one(text, town)
    assert (row["status"], row["matched_address"], row["faults"]) == ("matched", "150 WILLOUGHBY AVE", "name_misspelt")
    assert one(text, town, fuzzy=False)["match_type"] == "none"


@pytest.mark.parametrize(
    "text",
    [
        "150 WILOUGHBYE AVE",  # two edits
        "150 WILOUGHBY ST",  # another suffix
        "150 WILOUGHBY",  # no suffix to agree on
        "250 WILOUGHBY AVE",  # a number that is not on the street
        "150 BILLOUGHBY AVE",  # another first letter
        "150 PELLIM ST",  # PELLAM or PELLUM
        "150 22ND ST",  # numbers are never misspelt
        "150 N WILOUGHBY AVE",  # a direction more
        "150 HAWTHORN ST",  # the name of another street of the layer
    ],
)
def test_whatever_else_differs_is_refused(text: str, town: Reference) -> None:
    assert one(text, town)["match_type"] == "none"


def test_a_near_name_that_is_not_taken_is_said(town: Reference) -> None:
    assert one("150 PELLIM ST", town)["faults"] == "similar_street"
    assert one("150 NOWHERE ST", town)["faults"] == "no_such_street"


# --------------------------------------------------------------------------------------------- directions and suffixes


def test_a_direction_may_stand_on_the_other_side(town: Reference) -> None:
    row = one("150 S BREMER RD", town)
    assert (row["matched_address"], row["faults"], row["score"]) == ("150 BREMER RD S", "direction_moved", 99.0)


def test_a_missing_direction_is_the_street_that_has_the_number(town: Reference) -> None:
    assert one("150 CALDER ST", town)["matched_address"] == "150 N CALDER ST"
    assert one("350 CALDER ST", town)["matched_address"] == "350 S CALDER ST"


def test_how_well_a_number_fits_does_not_choose_between_directions(town: Reference) -> None:
    # N MARLOW has an even side, S MARLOW has not; 150 may still be meant on either.
    assert (one("150 N MARLOW ST", town)["faults"], one("150 S MARLOW ST", town)["faults"]) == ("", "side")
    row = one("150 MARLOW ST", town)
    assert (row["status"], row["n_candidates"]) == ("tie", 2)


def test_a_name_that_ends_like_a_suffix_may_lack_its_own(town: Reference) -> None:
    assert one("150 PALMA VISTA", town)["faults"] == "suffix_missing"
    assert one("150 PALMA", town)["match_type"] == "none"


@pytest.mark.parametrize("text", ["150 S CALDER ST", "150 E CALDER ST", "150 N CALDER AVE", "150 N BREMER RD"])
def test_what_is_stated_and_differs_is_no_match(text: str, town: Reference) -> None:
    assert one(text, town)["status"] == "unmatched"


def test_what_a_person_may_confirm_is_suggested_and_is_no_match(town: Reference, streets: gpd.GeoDataFrame) -> None:
    texts = ["150 WILLOUGHBY ST", "100 BLOCK WILLOUGHBY ST", "150 N CALDER AVE", "950 WILLOUGHBY RD", "150 PELLIM ST"]
    suggested = suggest_aliases([*texts, "150 PELLAM ST", None], town)
    assert suggested.to_numpy().tolist() == [
        ["WILLOUGHBY ST", "WILLOUGHBY AVE", 2],
        ["N CALDER AVE", "N CALDER ST", 1],
    ]
    adopted = load_reference(streets=streets, aliases=suggested[["alias", "street"]], crs=CRS)
    row = one("150 WILLOUGHBY ST", adopted)
    assert (row["matched_address"], row["faults"]) == ("150 WILLOUGHBY AVE", "alias")


# ------------------------------------------------------------------------------------------------------ blocks, corners


def test_a_block_the_layer_lacks_lies_between_its_neighbors(town: Reference) -> None:
    row = one("200 BLOCK GARDINER ST", town)
    # The middles of the 100 and the 400 block are 300 m apart; 200 is a third of the way.
    assert at(row) == (150.0, 1100.0)
    assert (row["match_type"], row["faults"], row["uncertainty_m"]) == ("block", "block_between", 150.0)
    assert one("500 BLOCK GARDINER ST", town)["match_type"] == "range_out"
    assert one("250 GARDINER ST", town)["match_type"] == "range_out", "a house is not placed between blocks"


def test_streets_that_all_but_meet(town: Reference) -> None:
    row = one("SHORT RD & DEAD END RD", town)
    assert (row["match_type"], row["faults"]) == ("intersection", "near_miss")
    assert at(row) == (40.0, 2010.0)
    assert one("SHORT RD & OVERTON ST", town)["faults"] == "no_such_corner"


def test_a_second_street_that_was_cut_off(town: Reference) -> None:
    row = one("ELMHURST ST / OVERT", town)
    assert (at(row), row["faults"]) == ((100.0, 2000.0), "street_cut_off")
    assert one("ELMHURST ST / OVER", town)["match_type"] == "none", "OVERTON or OVERBROOK"
    assert one("ELMHURST ST / PELL", town)["match_type"] == "none", "PELLAM does not meet it"


def test_a_named_place(town: Reference) -> None:
    for text in ("Linden Park", "the linden"):
        row = one(text, town)
        assert (at(row), row["match_type"], row["score"]) == ((500.0, 500.0), "place", 95.0)


# -------------------------------------------------------------------------------------------------------------- points


def test_a_number_with_buildings_is_amid_them(points: Reference) -> None:
    row = one("104 Larkin Street", points)
    assert (at(row), row["match_type"], row["uncertainty_m"], row["n_candidates"]) == ((10.0, 0.0), "point", 10.0, 1)


def test_a_number_between_two_of_its_own_side(points: Reference) -> None:
    # Half way from 104 (amid its buildings, x = 10) to 124 (x = 100).
    row = one("114 LARKIN ST", points)
    assert (at(row), row["match_type"], row["uncertainty_m"]) == ((55.0, 0.0), "point_interpolated", 45.0)
    assert one("115 LARKIN ST", points)["match_type"] == "range_out", "105 has no neighbor above on its side"


def test_a_number_in_two_far_places_is_a_tie(points: Reference) -> None:
    row = one("7 LARKIN ST", points)
    assert (row["status"], row["n_candidates"], row["spread_m"]) == ("tie", 2, 2100.0)
    assert pd.isna(row["x"])


def test_blocks_of_points(points: Reference) -> None:
    # 104 once, 105, 124: the mean of three houses.
    assert at(one("100 BLOCK LARKIN ST", points)) == (36.7, 10.0)
    assert at(one("300 BLOCK LARKIN ST", points)) == (300.0, 0.0)
    assert one("400 BLOCK LARKIN ST", points)["faults"] == "block_between"
    assert one("900 BLOCK LARKIN ST", points)["match_type"] == "range_out"


# --------------------------------------------------------------------------------------------------------------- dates


def test_a_name_counts_while_the_street_had_it(streets: gpd.GeoDataFrame) -> None:
    aliases = pd.DataFrame(
        {
            "alias": ["OLD WHARF ST", "OLD WHARF ST", "QUAY ST"],
            "street": ["HAWTHORNE ST", "PELLAM ST", "PELLAM ST"],
            "valid_from": [None, "2018-06-01", None],
            "valid_to": ["2018-06-01", None, None],
        }
    )
    reference = load_reference(streets=streets, aliases=aliases, crs=CRS)
    assert reference.epochs == (date(2018, 6, 1),)
    texts = ["150 OLD WHARF ST"] * 4 + ["150 QUAY ST"]
    days = [date(2018, 5, 31), date(2018, 6, 1), date(2024, 1, 1), None, date(1990, 1, 1)]
    found = geocode(texts, reference, dates=days)
    assert found["matched_address"].fillna("").tolist() == [
        "150 HAWTHORNE ST", "150 PELLAM ST", "150 PELLAM ST", "", "150 PELLAM ST",
    ]  # fmt: skip
    assert found["status"].tolist() == ["matched", "matched", "matched", "tie", "matched"], "without a date both count"
    assert geocode(texts[:1], reference)["status"].tolist() == ["tie"]
    with pytest.raises(ValueError, match=r"dates: need one per address; got \[1\] for \[2\]"):
        geocode(texts[:2], reference, dates=days[:1])


# ---------------------------------------------------------------------------------------------------------------- rules


def test_every_fault_of_the_parser_has_a_size(town: Reference) -> None:
    from strategic_prosecution import warehouse
    from strategic_prosecution.places.geocoder import _sql

    with warehouse.open_memory() as connection:
        connection.execute(_sql("faults"))
        for fault in PARSE_FAULTS:
            size = connection.execute("select fault_size(?)", [fault]).fetchone()
            assert size is not None and 0 <= size[0] <= 10, fault


def test_a_half_of_a_character_harms_nobody(town: Reference) -> None:
    found = geocode(["150 WILLOUGHBY AVE", "\ud800 NOWHERE ST"], town)
    assert found["status"].tolist() == ["matched", "unmatched"]


def test_every_fault_and_reason_is_in_the_documents() -> None:

    sql = resources.files("strategic_prosecution.places") / "sql"
    named = re.findall(
        r"when '(\w+)' then (\d+)", (sql / "faults.sql").read_text(encoding="utf-8").split("highest_score")[0]
    )
    reasons = re.findall(r"(?:then|else) '(\w+)'", (sql / "reasons.sql").read_text(encoding="utf-8"))
    told = (Path(__file__).parents[2] / "docs" / "geocoding.md").read_text(encoding="utf-8")
    assert len(named) > 20 and len(reasons) == 4
    assert [fault for fault, size in named if f"| {fault} | {size} |" not in told] == []
    assert [reason for reason in reasons if f"| {reason} |" not in told] == []
