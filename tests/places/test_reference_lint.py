"""What is odd in a layer, by kind, on layers small enough to count by hand."""

import os
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString

from strategic_prosecution.places import Reference, load_reference, read_points, read_streets

CRS = "EPSG:26918"


def layer(rows: Sequence[tuple[object, ...]], **columns: list[str]) -> gpd.GeoDataFrame:
    names = ["segment_id", "street_name", "left_from", "left_to", "right_from", "right_to"]
    frame = pd.DataFrame([row[:6] for row in rows], columns=names)
    frame = frame.assign(street_predir="", street_type="", street_postdir="")
    for name, values in columns.items():
        frame[name] = values
    return gpd.GeoDataFrame(frame, geometry=[row[6] for row in rows], crs=CRS)


def street(x: float, to: float, y: float = 0) -> LineString:
    return LineString([(500_000 + x, y), (500_000 + to, y)])


def found(reference: Reference, kind: str) -> list[str]:
    assert dict(zip(reference.lint["kind"], reference.lint["count"], strict=True))[kind] == len(
        reference.findings[reference.findings["kind"] == kind]
    )
    return reference.findings.loc[reference.findings["kind"] == kind, "reference_id"].tolist()


def test_counts_by_hand() -> None:
    line = street(0, 100)
    reference = load_reference(
        streets=layer(
            [
                ("a", "QUILLBY ST", 101, 199, 100, 198, line),  # fine
                ("b", "QUILLBY ST", 299, 201, 0, 0, line),  # left runs down, right is zero
                # Left begins inside a's left, and b's begins inside it; right is mixed.
                ("c", "QUILLBY ST", 151, 249, 300, 399, line),
                ("d", "", 1, 9, 2, 8, line),  # unnamed
                ("e", "DUNMOCK ST", None, None, "10-20", 20, line),  # nothing usable
                ("f", "DUNMOCK ST", 1, 99_999, 2, 8, line),  # implausible
                ("g", "DUNMOCK ST", 1, 9, 2, 8, None),  # no geometry
                ("h", "HALLOX ST", 12, 18, 2, 8, line),  # even on both sides
                ("i", "HALLOX ST", 12, 18, 2, 8, line),  # once more
            ]
        ),
        crs=CRS,
    )
    by_kind = {
        "alphanumeric": ["e"], "descending": ["b"], "duplicated": ["i"], "gap": ["c"], "implausible": ["f"],
        "mixed_parity": ["c"], "no_line": ["g"], "overlapping": ["b", "c"], "parity_contradicted": [],
        "reversed": [], "same_parity_both_sides": ["h"], "unnamed": ["d"], "zero": ["b", "e", "e"],
        "zero_on_one_side": ["b", "f"],
    }  # fmt: skip
    assert {kind: found(reference, kind) for kind in reference.lint["kind"]} == by_kind
    said = reference.findings.set_index("kind")
    assert list(said.loc["mixed_parity", ["street", "what"]]) == ["QUILLBY ST", "right 300-399"]


def test_reversed_is_against_its_neighbours_not_merely_descending() -> None:
    rows = [
        ("a", "QUILLBY ST", 101, 199, 100, 198, street(0, 100)),
        ("b", "QUILLBY ST", 299, 201, 298, 200, street(100, 200)),  # rises eastward like its neighbours, but says not
        ("c", "QUILLBY ST", 301, 399, 300, 398, street(200, 300)),
        # All drawn against their numbers: descending, and nothing wrong.
        ("d", "DUNMOCK ST", 199, 101, 198, 100, street(100, 0, y=500)),
        ("e", "DUNMOCK ST", 299, 201, 298, 200, street(200, 100, y=500)),
    ]
    reference = load_reference(streets=layer(rows), crs=CRS)
    assert found(reference, "reversed") == ["b"]
    # One finding per side.
    assert found(reference, "descending") == ["b", "b", "d", "d", "e", "e"]


def test_where_numbering_starts_afresh_nothing_is_reversed() -> None:
    rows = [
        ("a", "QUILLBY ST", 9201, 9299, 9200, 9298, street(0, 100)),
        ("b", "QUILLBY ST", 1, 99, 2, 98, street(100, 200)),
    ]
    assert found(load_reference(streets=layer(rows), crs=CRS), "reversed") == []


def test_gap_only_where_the_segments_touch() -> None:
    rows = [
        ("a", "QUILLBY ST", 0, 0, 100, 198, street(0, 100)),
        ("b", "QUILLBY ST", 0, 0, 400, 498, street(100, 200)),
        ("c", "DUNMOCK ST", 0, 0, 100, 198, street(0, 100, y=500)),
        ("d", "DUNMOCK ST", 0, 0, 400, 498, street(150, 200, y=500)),
        ("e", "HALLOX ST", 0, 0, 100, 198, street(0, 100, y=900)),
        ("f", "HALLOX ST", 0, 0, 200, 298, street(100, 200, y=900)),
    ]
    reference = load_reference(streets=layer(rows), crs=CRS)
    assert found(reference, "gap") == ["b"]
    assert reference.findings.set_index("kind").loc["gap", "what"] == "right 400-498 follows 198"


def test_two_numbers_outweigh_a_stated_parity() -> None:
    rows = [
        ("a", "QUILLBY ST", 101, 199, 100, 199, street(0, 100)),
        ("b", "QUILLBY ST", 201, 299, 200, 298, street(100, 200)),
    ]
    streets = layer(rows, left_parity=["E", "O"], right_parity=["E", "B"])
    reference = load_reference(streets=streets, crs=CRS)
    assert found(reference, "parity_contradicted") == ["a"]
    assert reference.sides["parity"].tolist() == [0, 1, 2, 1]  # a right as stated, a left by its numbers, b right both


def points(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["point_id", "number", "street_name", "x", "y"])


def test_points_that_cannot_be_placed() -> None:
    rows: list[tuple[object, ...]] = [(f"p{i}", 100 + i, "QUILLBY ST", 500_000.0 + i, 4_400_000.0) for i in range(20)]
    rows += [
        ("sign", 200, "QUILLBY ST", 2_309_444.0, 15_582_317.0),
        ("swapped", 202, "QUILLBY ST", float("inf"), float("inf")),
        ("nowhere", 204, "QUILLBY ST", None, None),
        ("unnamed", 206, "", 500_000.0, 4_400_000.0),
        ("none", None, "QUILLBY ST", 500_000.0, 4_400_000.0),
        ("zero", 0, "QUILLBY ST", 500_000.0, 4_400_000.0),
        ("grid", "N6W230", "QUILLBY ST", 500_000.0, 4_400_000.0),
        ("lettered", "300B", "QUILLBY ST", 500_000.0, 4_400_000.0),
        ("beside", "100B", "QUILLBY ST", 500_009.0, 4_400_000.0),  # 100 has a point of its own
    ]
    reference = load_reference(points=points(rows), crs=CRS)
    assert {kind: found(reference, kind) for kind in reference.lint["kind"]} == {
        "alphanumeric": ["beside", "grid", "lettered"], "point_far_away": ["sign", "swapped"],
        "point_without_number": ["none", "zero"], "point_without_position": ["nowhere"],
        "point_without_street": ["unnamed"],
    }  # fmt: skip
    assert set(reference.points["point_id"]) == {*(f"p{i}" for i in range(20)), "lettered"}


def test_findings_are_capped_and_counted() -> None:
    rows = [(f"s{i:04}", "QUILLBY ST", 1, 9, 0, 0, street(i * 100, i * 100 + 100)) for i in range(1_200)]
    reference = load_reference(streets=layer(rows), crs=CRS)
    counts = dict(zip(reference.lint["kind"], reference.lint["count"], strict=True))
    assert counts["zero_on_one_side"] == 1_200
    shown = reference.findings[reference.findings["kind"] == "zero_on_one_side"]
    assert len(shown) == 1_000 and shown["reference_id"].iloc[0] == "s0000"


@pytest.mark.realdata
def test_real_layers_are_recognised_by_their_headers() -> None:
    folder = Path(os.environ["REALDATA"])
    layers = {
        "Philadelphia": {"streets": read_streets(folder / "philadelphia/street_segments.csv", crs="EPSG:26918")},
        "Cambridge": {"streets": read_streets(folder / "cambridge/centerlines.geojson", crs="EPSG:26918")},
        "Charlottesville": {
            "points": read_points(folder / "charlottesville/Master_Address_Points.csv", crs="EPSG:26918")
        },
    }
    references = {name: load_reference(**layer, crs="EPSG:26918") for name, layer in layers.items()}
    for name, reference in references.items():
        print(f"{name}\n{reference.lint.to_string(index=False)}")
    assert len(references["Philadelphia"].sides) > 77_000 and len(references["Philadelphia"].streets) > 3_600
    # Actual ranges, not the potential ones beside them.
    assert len(references["Cambridge"].sides) > 3_900
    # One point of 24,214 has lost the sign of its longitude.
    assert found(references["Charlottesville"], "point_far_away") == ["105824"]
    assert len(references["Charlottesville"].streets) < 600
