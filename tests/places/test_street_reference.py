from collections.abc import Sequence
from dataclasses import fields
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString

from strategic_prosecution.places import Reference, geocode, load_reference

CRS = "EPSG:26918"


def layer(rows: Sequence[tuple[object, ...]]) -> gpd.GeoDataFrame:
    columns = ["segment_id", "street_name", "left_from", "left_to", "right_from", "right_to"]
    frame = pd.DataFrame([row[:6] for row in rows], columns=columns)
    frame = frame.assign(street_predir="", street_type="", street_postdir="")
    return gpd.GeoDataFrame(frame, geometry=[row[6] for row in rows], crs=CRS)


def lint(reference: Reference) -> dict[str, int]:
    return dict(zip(reference.lint["kind"], reference.lint["count"], strict=True))


def test_whole_street_strings_in_one_column() -> None:
    reference = load_reference(
        streets=layer([("a", "North Broad Street", 101, 199, 100, 198, LineString([(0, 0), (100, 0)]))]), crs=CRS
    )
    assert reference.streets["label"].tolist() == ["N BROAD ST"]


def test_multi_line_keeps_its_direction() -> None:
    parts = MultiLineString([[(500_000, 0), (500_040, 0)], [(500_040, 0), (500_100, 0)]])
    reference = load_reference(streets=layer([("a", "A ST", 0, 0, 100, 200, parts)]), crs=CRS)
    row = geocode(["100 A ST"], reference, offset_m=0, inset_m=0).iloc[0]
    assert (row["x"], row["y"]) == (500_000, 0)


def test_overlapping_ranges_close_by_give_the_centroid_and_far_apart_a_tie() -> None:
    def streets(y: float) -> gpd.GeoDataFrame:
        return layer(
            [
                ("a", "A ST", 0, 0, 100, 198, LineString([(500_000, 0), (500_100, 0)])),
                ("b", "A ST", 0, 0, 100, 198, LineString([(500_000, y), (500_100, y)])),
            ]
        )

    near = geocode(["100 A ST"], load_reference(streets=streets(60), crs=CRS), offset_m=0, inset_m=0).iloc[0]
    assert (near["status"], near["y"], near["n_candidates"], near["spread_m"]) == ("matched", 30, 2, 60)
    far = geocode(["100 A ST"], load_reference(streets=streets(80), crs=CRS)).iloc[0]
    assert (far["status"], far["n_candidates"], far["spread_m"]) == ("tie", 2, 80)
    assert np.isnan(far["x"])


def test_gap_to_the_runner_up() -> None:
    lines = [LineString([(500_000, y), (500_100, y)]) for y in (0, 900)]
    reference = load_reference(
        streets=layer([("a", "A ST", 0, 0, 100, 198, lines[0]), ("b", "N A ST", 0, 0, 100, 198, lines[1])]), crs=CRS
    )
    row = geocode(["100 A ST"], reference).iloc[0]
    # N A ST would only lack its direction (2): near enough to be worth knowing.
    assert (row["matched_address"], row["score"], row["gap"]) == ("100 A ST", 100, 2)


def test_named_intersections_add_corners_the_layer_does_not_show(streets: gpd.GeoDataFrame) -> None:
    named = pd.DataFrame(
        {
            "street_a": ["MAIN ST", "MAIN ST", "OAK AVE"],
            "street_b": ["N 5TH ST", "OAK AVE", "FERRY LANDING"],
            "x": [500_205.0, 500_300.0, 500_300.0],
            "y": [4_400_000.0, 4_400_000.0, 4_400_100.0],
        }
    )
    reference = load_reference(streets=streets, intersections=named, crs=CRS)
    results = geocode(["MAIN & N 5TH ST", "OAK AVE & MAIN ST", "FERRY LANDING & OAK AVE"], reference)
    # The first is already a node of the layer, 5 m away: no second candidate.
    assert results["n_candidates"].tolist() == [1, 1, 1]
    assert (results["x"] - 500_000).tolist() == [200, 300, 300]


def test_alias_without_its_street_is_counted(town: Reference) -> None:
    assert lint(town)["alias_without_street"] == 1


def address_points(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    columns = ["point_id", "number", "street_predir", "street_name", "street_type", "x", "y"]
    return pd.DataFrame(rows, columns=columns)


def test_points_share_the_streets_of_the_segments(streets: gpd.GeoDataFrame) -> None:
    points = address_points(
        [
            ("p1", "112", "", "Main", "Street", 500_020.0, 4_400_010.0),
            ("p2", "3", "", "McKinley", "St", 500_003.0, 4_400_810.0),  # MC KINLEY ST of the segments
            ("p3", "12", "North", "5th", "St", 500_210.0, 4_400_012.0),
            ("p4", "7", None, "Quillby", "Row", 500_500.0, 4_400_500.0),  # only the points know it
        ]
    )
    alone, both = load_reference(streets=streets, crs=CRS), load_reference(streets=streets, points=points, crs=CRS)
    label = both.streets.set_index("street_id")["label"]
    assert sorted(set(both.streets["label"]) - set(alone.streets["label"])) == ["QUILLBY ROW"]
    placed = both.points.set_index("point_id")
    assert label[placed.sort_index()["street_id"]].tolist() == ["MAIN ST", "MC KINLEY ST", "N 5TH ST", "QUILLBY ROW"]
    assert list(placed.loc["p2", ["number", "x"]]) == [3, 500_003.0]


def test_whole_street_strings_of_points(streets: gpd.GeoDataFrame) -> None:
    points = pd.DataFrame(
        {"number": ["1", "2"], "street_name": ["Canal Park", "N. 5th St."], "x": 500_000.0, "y": 4_400_000.0}
    )
    reference = load_reference(streets=streets, points=points, crs=CRS)
    label = reference.streets["label"].to_numpy()[reference.points["street_id"]]
    assert sorted(label) == ["CANAL PARK", "N 5TH ST"]
    # Without an id of its own a point is named by its position.
    assert set(reference.points["point_id"]) == {"point 500000 4400000"}


def test_units_of_one_building_are_one_point() -> None:
    rows = [(f"u{i}", "10", "", "Quillby", "St", 500_000.0, 4_400_000.0) for i in range(5)]
    reference = load_reference(points=address_points(rows), crs=CRS)
    assert reference.points[["point_id", "number"]].values.tolist() == [["u0", 10]]


def test_dated_aliases_make_epochs(streets: gpd.GeoDataFrame) -> None:
    aliases = pd.DataFrame(
        {
            "alias": ["Old Post Road", "Quillby Way", "Hallox St"],
            "street": ["Main St", "Main St", "Oak Ave"],
            "valid_from": [date(2010, 1, 1), None, None],
            "valid_to": [date(2018, 7, 1), date(2010, 1, 1), None],
        }
    )
    reference = load_reference(streets=streets, aliases=aliases, crs=CRS)
    assert [str(day) for day in reference.epochs] == ["2010-01-01", "2018-07-01"]
    named = reference.names[reference.names["alias"]].set_index("key")
    assert named["valid_from"].notna().to_dict() == {"OLDPOST": True, "QUILLBY": False, "HALLOX": False}
    assert named.loc["OLDPOST", "valid_to"] == pd.Timestamp("2018-07-01")
    assert reference.names.loc[~reference.names["alias"], ["valid_from", "valid_to"]].isna().all(axis=None)


def test_places_answer_to_each_of_their_names(streets: gpd.GeoDataFrame) -> None:
    places = pd.DataFrame(
        {
            "name": ["Riverton Jail | Detention Center; the Jail", "Lost Sign Court"],
            "category": ["jail", "court"],
            "x": [500_050.0, 2_309_444.0],
            "y": [4_400_050.0, 15_582_317.0],
        }
    )
    reference = load_reference(streets=streets, places=places, crs=CRS)
    assert reference.places.drop(columns=["x", "y"]).values.tolist() == [
        ["DETENTIONCENTER", "Riverton Jail", "place 500050 4400050", "jail"],
        ["RIVERTONJAIL", "Riverton Jail", "place 500050 4400050", "jail"],
        ["THEJAIL", "Riverton Jail", "place 500050 4400050", "jail"],
    ]
    assert lint(reference)["place_far_away"] == 1


def everything(streets: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Layers with every kind of doubling that an order could leak into."""
    return {
        "streets": pd.concat([streets, streets.head(3).assign(segment_id="again"), streets.tail(2)], ignore_index=True),
        "points": address_points(
            [
                (identity, number, "", street, "ST", 500_000.0 + x, 4_400_000.0)
                for identity, number, street, x in [
                    ("b", "10", "QUILLBY", 3), ("a", "10", "QUILLBY", 3), ("", "10", "QUILLBY", 4),
                    ("c", "12A", "MAIN", 9), ("d", "12", "MAIN", 9), ("e", "7", "DUNMOCK", 9_000_000),
                ]
            ]
        ),
        "intersections": pd.DataFrame(
            {
                "street_a": ["MAIN ST", "HALLOX ST", "MAIN ST"],
                "street_b": ["OAK AVE", "OAK AVE", "HALLOX ST"],
                "x": [500_300.0, 500_300.0, 500_100.0],
                "y": [4_400_000.0, 4_400_100.0, 4_400_000.0],
            }
        ),
        "aliases": pd.DataFrame(
            {
                "alias": ["OLD RD", "OLD RD", "NEW RD"],
                "street": ["MAIN ST", "OAK AVE", "LOST ST"],
                "valid_from": [None, date(2019, 1, 1), None],
            }
        ),
        "places": pd.DataFrame(
            {"name": ["Jail|The Jail", "Court", "Jail"], "x": [500_001.0, 500_002.0, 500_001.0], "y": 4_400_000.0}
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def compiled(streets: gpd.GeoDataFrame) -> Reference:
    return load_reference(**everything(streets), localities=("Riverton", "PA"), crs=CRS)


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_row_order_never_matters(data: st.DataObject, compiled: Reference, streets: gpd.GeoDataFrame) -> None:
    shuffled = {
        name: frame.iloc[data.draw(st.permutations(range(len(frame))))] for name, frame in everything(streets).items()
    }
    other = load_reference(**shuffled, localities=("PA", "Riverton"), crs=CRS)
    assert other.fingerprint == compiled.fingerprint
    for field in fields(Reference):
        one, two = getattr(compiled, field.name), getattr(other, field.name)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, two)
    assert shapely.equals_exact(compiled.lines, other.lines).all()


def test_fingerprint_changes_with_contents(streets: gpd.GeoDataFrame) -> None:
    changed = streets.copy()
    changed.loc[0, "left_to"] = 197
    assert load_reference(streets=changed, crs=CRS).fingerprint != load_reference(streets=streets, crs=CRS).fingerprint


def test_refusals(streets: gpd.GeoDataFrame) -> None:
    without = streets.assign(left_from=0, left_to=0, right_from=None, right_to=None)
    with pytest.raises(ValueError, match=r"none of its 18 segments has a usable address range; map left_from"):
        load_reference(streets=without, crs=CRS)
    with pytest.raises(ValueError, match=r"neither a street layer nor address points"):
        load_reference(crs=CRS)
    with pytest.raises(ValueError, match=r"address points: none of its 1 points has a street, a number and a position"):
        load_reference(points=address_points([("p", "", "", "Quillby", "St", 500_000.0, 4_400_000.0)]), crs=CRS)
    with pytest.raises(ValueError, match=r"address points: column \[number\] is missing"):
        load_reference(points=pd.DataFrame({"street_name": ["Quillby St"], "x": [0.0], "y": [0.0]}), crs=CRS)
    with pytest.raises(ValueError, match=r"column \[left_to\] is missing"):
        load_reference(streets=streets.drop(columns="left_to"), crs=CRS)
    with pytest.raises(ValueError, match=r"crs \[EPSG:4326\] is not a projected system in metres"):
        load_reference(streets=streets, crs="EPSG:4326")
    with pytest.raises(ValueError, match=r"crs \[EPSG:2272\] is not"):  # US survey feet
        load_reference(streets=streets, crs="EPSG:2272")
