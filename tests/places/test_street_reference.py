import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, MultiLineString

from strategic_prosecution.places import Reference, geocode, load_reference

CRS = "EPSG:26918"


def layer(rows: list[tuple[object, ...]]) -> gpd.GeoDataFrame:
    columns = ["segment_id", "street_name", "left_from", "left_to", "right_from", "right_to"]
    frame = pd.DataFrame([row[:6] for row in rows], columns=columns)
    frame = frame.assign(street_predir="", street_type="", street_postdir="")
    return gpd.GeoDataFrame(frame, geometry=[row[6] for row in rows], crs=CRS)


def lint(reference: Reference) -> dict[str, int]:
    return dict(zip(reference.lint["kind"], reference.lint["count"], strict=True))


def test_lint_counts_by_hand() -> None:
    line = LineString([(0, 0), (100, 0)])
    reference = load_reference(
        streets=layer(
            [
                ("a", "A ST", 101, 199, 100, 198, line),  # fine
                ("b", "A ST", 299, 201, 0, 0, line),  # left runs down, right is zero
                (
                    "c",
                    "A ST",
                    151,
                    249,
                    300,
                    399,
                    line,
                ),  # left begins inside a's left and b's begins inside it; right mixed
                ("d", "", 1, 9, 2, 8, line),  # unnamed
                ("e", "B ST", None, None, "10A", 20, line),  # nothing usable
                ("f", "B ST", 1, 99_999, 2, 8, line),  # implausible
                ("g", "B ST", 1, 9, 2, 8, None),  # no geometry
            ]
        ),
        crs=CRS,
    )
    assert lint(reference) == {
        "implausible": 1, "mixed_parity": 1, "no_line": 1, "overlapping": 2, "reversed": 1, "unnamed": 1, "zero": 3,
    }  # fmt: skip


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


def test_fingerprint_changes_with_contents(streets: gpd.GeoDataFrame) -> None:
    changed = streets.copy()
    changed.loc[0, "left_to"] = 197
    assert load_reference(streets=changed, crs=CRS).fingerprint != load_reference(streets=streets, crs=CRS).fingerprint


def test_refusals(streets: gpd.GeoDataFrame) -> None:
    without = streets.assign(left_from=0, left_to=0, right_from=None, right_to=None)
    with pytest.raises(ValueError, match=r"none of its 18 segments has a usable address range; map left_from"):
        load_reference(streets=without, crs=CRS)
    with pytest.raises(ValueError, match=r"column \[left_to\] is missing"):
        load_reference(streets=streets.drop(columns="left_to"), crs=CRS)
    with pytest.raises(ValueError, match=r"crs \[EPSG:4326\] is not a projected system in metres"):
        load_reference(streets=streets, crs="EPSG:4326")
    with pytest.raises(ValueError, match=r"crs \[EPSG:2272\] is not"):  # US survey feet
        load_reference(streets=streets, crs="EPSG:2272")
