"""A compiled reference comes back from its file as it went in, or not at all."""

import json
import zipfile
from dataclasses import fields
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from strategic_prosecution.places import Reference, geocode, load_reference, open_reference, save_reference

CRS = "EPSG:26918"


@pytest.fixture(scope="module")
def full(streets: gpd.GeoDataFrame) -> Reference:
    """The town with everything a reference can hold."""
    at = {"x": [500_050.0], "y": [4_400_050.0]}
    return load_reference(
        streets=streets,
        points=pd.DataFrame({"number": ["112"], "street_name": ["MAIN ST"], **at}),
        aliases=pd.DataFrame({"alias": ["OLD RD"], "street": ["MAIN ST"], "valid_to": [date(2019, 1, 1)]}),
        places=pd.DataFrame({"name": ["Riverton Jail"], "category": ["jail"], **at}),
        localities=("Riverton", "PA"),
        crs=CRS,
    )


@pytest.mark.parametrize("points_only", [False, True])
def test_round_trip(full: Reference, tmp_path: Path, points_only: bool) -> None:
    if points_only:
        points = pd.DataFrame({"number": ["1"], "street_name": ["QUILLBY ST"], "x": [500_000.0], "y": [4_400_000.0]})
        full = load_reference(points=points, crs=CRS)
    path = tmp_path / "reference.zip"
    save_reference(full, path)
    back = open_reference(path)
    for field in fields(Reference):
        before, after = getattr(full, field.name), getattr(back, field.name)
        if isinstance(before, pd.DataFrame):
            pd.testing.assert_frame_equal(before, after)
        elif field.name == "lines":
            assert shapely.equals_exact(before, after).all() and len(before) == len(after)
        else:
            assert before == after
    asked = [
        "112 MAIN ST",
        "150 OLD RD",
        "100 BLOCK MAIN ST",
        "MAIN ST & N 5TH ST",
        "1 QUILLBY ST",
        "Riverton Jail",
        "",
    ]
    pd.testing.assert_frame_equal(geocode(asked, full), geocode(asked, back))
    assert [file.name for file in tmp_path.iterdir()] == ["reference.zip"]


def test_equal_references_are_equal_files(full: Reference, tmp_path: Path) -> None:
    save_reference(full, tmp_path / "one")
    save_reference(open_reference(tmp_path / "one"), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_write_that_fails_leaves_the_older_file(
    full: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "reference.zip"
    save_reference(full, path)
    before = path.read_bytes()
    monkeypatch.setattr("shapely.to_wkb", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_reference(full, path)
    assert path.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["reference.zip"]


def test_damaged_and_older_files(full: Reference, tmp_path: Path) -> None:
    path = tmp_path / "reference.zip"
    save_reference(full, path)
    whole = path.read_bytes()
    refused = r"reference\.zip\] cannot be used: .*; delete it, and compile again"
    middle = len(whole) // 2
    for damaged in (b"", whole[:middle], whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :], b"no zip"):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=refused):
            open_reference(path)
    save_reference(full, path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(members["reference.json"])
    for changed in ({**about, "format": about["format"] - 1}, {}):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**members, "reference.json": json.dumps(changed).encode()}.items():
                archive.writestr(name, content)
        with pytest.raises(ValueError, match=refused):
            open_reference(path)
    with pytest.raises(ValueError, match=r"nowhere\] does not exist"):
        open_reference(tmp_path / "nowhere")
