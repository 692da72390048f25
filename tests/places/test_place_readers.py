from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, Polygon

from strategic_prosecution.places import (
    load_reference,
    read_aliases,
    read_areas,
    read_intersections,
    read_places,
    read_points,
    read_streets,
)

CRS = "EPSG:26918"
RANGES = {"left_from": "LF", "left_to": "LT", "right_from": "RF", "right_to": "RT"}
HEADER = "NAME,TYPE,LF,LT,RF,RT,ID,wkt\n"


def csv(folder: Path, text: str) -> Path:
    path = folder / "layer.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_streets_from_csv(tmp_path: Path) -> None:
    path = csv(tmp_path, HEADER + 'MAIN,ST,1,9,2,8,7,"LINESTRING(-75 40,-75 40.001)"\nOAK,,,,,,8,\n')
    columns = {"street_name": "NAME", "street_type": "TYPE", "segment_id": "ID", "geometry": "wkt", **RANGES}
    streets = read_streets(path, columns=columns, crs=CRS)
    # UTM zone 18 by definition: 75 W is x = 500000; 0.001 degrees of latitude are about 111 m.
    assert streets.geometry[0].coords[0][0] == pytest.approx(500_000, abs=1e-6)
    assert streets.geometry[0].length == pytest.approx(111, abs=0.5)
    assert streets["left_from"].tolist() == ["1", None] and streets.geometry.isna().tolist() == [False, True]
    assert streets["street_predir"].isna().all()


def test_missing_column_names_the_nearest(tmp_path: Path) -> None:
    path = csv(tmp_path, HEADER + 'MAIN,ST,1,9,2,8,7,"LINESTRING(-75 40,-75 40.001)"\n')
    with pytest.raises(ValueError, match=r"layer\.csv\]: there is no column \[NAMES\]; nearest: NAME"):
        read_streets(path, columns={"street_name": "NAMES", "geometry": "wkt", **RANGES}, crs=CRS)
    with pytest.raises(ValueError, match=r"no column \[street_typ\]; nearest: street_type"):
        read_streets(path, columns={"street_typ": "TYPE", "geometry": "wkt", **RANGES}, crs=CRS)
    # Unmapped ranges and shapes are recognised by the header.
    assert read_streets(path, columns={"street_name": "NAME"}, crs=CRS)["left_to"].tolist() == ["9"]
    path.write_text("NAME,LF,LT,RF,RT,shape\nMAIN,1,9,2,8,x\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"needs its WKT column"):
        read_streets(path, columns={"street_name": "NAME", **RANGES}, crs=CRS)


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    columns = {"street_name": "NAME", **RANGES}
    with pytest.raises(ValueError, match=r"nowhere\.shp\] does not exist"):
        read_streets(tmp_path / "nowhere.shp", columns=columns, crs=CRS)
    broken = tmp_path / "broken.geojson"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.geojson\] cannot be read"):
        read_streets(broken, columns=columns, crs=CRS)
    with pytest.raises(ValueError, match=r"empty\.csv\] cannot be read"):
        (tmp_path / "empty.csv").touch()
        read_aliases(tmp_path / "empty.csv")


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp"])
def test_areas_from_every_format(tmp_path: Path, suffix: str) -> None:
    square = Polygon([(-75, 40), (-74.9, 40), (-74.9, 40.1), (-75, 40.1)])
    frame = gpd.GeoDataFrame({"num": [2, 1, 2], "name": ["B", "A", "B"]}, geometry=[square] * 3, crs="EPSG:4326")
    path = tmp_path / f"areas.{suffix}"
    frame.to_file(path)
    areas = read_areas(path, id_column="num", title_column="name", crs=CRS)
    assert areas["area_id"].tolist() == ["1", "2"] and areas["title"].tolist() == ["A", "B"]
    assert str(areas.crs) == CRS
    with pytest.raises(ValueError, match=r"no column \[nam\]; nearest: name"):
        read_areas(path, id_column="nam", crs=CRS)


def test_intersections_of_three_streets_are_three_pairs(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"at": ["A ST & B ST & C ST", "A ST"]}, geometry=[Point(-75, 40)] * 2, crs="EPSG:4326")
    frame.to_file(tmp_path / "x.geojson")
    found = read_intersections(tmp_path / "x.geojson", columns={"name": "at"}, crs=CRS)
    assert sorted(zip(found["street_a"], found["street_b"], strict=True)) == [
        ("A ST", "B ST"), ("A ST", "C ST"), ("B ST", "C ST"),
    ]  # fmt: skip
    assert found["x"].tolist() == pytest.approx([500_000] * 3)
    with pytest.raises(ValueError, match=r"map \[name\], or both"):
        read_intersections(tmp_path / "x.geojson", columns={}, crs=CRS)


def test_aliases_join_columns(tmp_path: Path) -> None:
    path = csv(tmp_path, "dir,name,type,official\nN,5TH,ST,N MALL E\n,5TH,ST,\n")
    aliases = read_aliases(path, columns={"alias": "dir + name + type", "street": "official"})
    assert aliases[["alias", "street"]].to_dict("records") == [{"alias": "N 5TH ST", "street": "N MALL E"}]
    assert aliases[["valid_from", "valid_to"]].isna().all(axis=None)


def test_aliases_have_days(tmp_path: Path) -> None:
    path = csv(tmp_path, "alias,street,valid_from,until\nOLD RD,MAIN ST,2010-01-31,7/1/2018\nNEW RD,MAIN ST,,\n")
    aliases = read_aliases(path, columns={"valid_to": "until"})
    assert aliases["valid_from"].tolist() == [pd.Timestamp("2010-01-31"), pd.NaT]
    assert aliases["valid_to"].tolist() == [pd.Timestamp("2018-07-01"), pd.NaT]
    csv(tmp_path, "alias,street,valid_from\nOLD RD,MAIN ST,2010-01-31\nNEW RD,MAIN ST,31.1.2010\n")
    with pytest.raises(ValueError, match=r"layer\.csv\]: line 3 of \[valid_from\] is no day; write 2019-12-31"):
        read_aliases(path)
    csv(tmp_path, "alias,street,valid_from,valid_to\nOLD RD,MAIN ST,2010-01-31,2010-01-31\n")
    with pytest.raises(ValueError, match=r"line 2 ends before it begins"):
        read_aliases(path)


def test_openaddresses_points(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n"
        "-75,40,12,N Quillby St,,Riverton,,PA,19000,,a1\n0,0,14,N Quillby St,B,Riverton,,PA,19000,,a2\n"
        "40,-75,16,N Quillby St,,Riverton,,PA,19000,,a3\n,,18,N Quillby St,,Riverton,,PA,19000,,a4\n",
    )
    points = read_points(path, crs=CRS)
    assert points[["point_id", "number", "street_name", "unit"]].values.tolist()[1] == ["a2", "14", "N Quillby St", "B"]
    assert points["street_type"].isna().all()
    assert points["x"][0] == pytest.approx(500_000, abs=0.001)
    # Null island and a blank are no position.
    assert points["x"].isna().tolist() == [False, True, False, True]
    more = points.iloc[[0] * 9].assign(number=[str(number) for number in range(20, 29)])
    reference = load_reference(points=pd.concat([points, more]), crs=CRS)
    # 40 east and 75 south is nowhere near the rest.
    assert set(reference.points["point_id"]) == {"a1"} and len(reference.points) == 10


def test_national_address_database_points_and_a_mapping(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "UUID,Add_Number,St_PreDir,St_Name,St_PosTyp,St_PosDir,Unit,Longitude,Latitude\n"
        "u1,12,North,Quillby,Street,,4,-75,40\n",
    )
    points = read_points(path, crs=CRS)
    parts = ["point_id", "number", "street_predir", "street_name", "street_type", "street_postdir", "unit"]
    assert points[parts].values.tolist() == [["u1", "12", "North", "Quillby", "Street", None, "4"]]
    told = read_points(
        path, columns={"street_name": "St_Name", "x": "Longitude", "y": "Latitude", "crs": "EPSG:4326"}, crs=CRS
    )
    assert told["street_type"].isna().all() and told["x"].tolist() == points["x"].tolist()
    with pytest.raises(ValueError, match=r"no column \[Add_Numbr\]; nearest: Add_Number"):
        read_points(path, columns={"number": "Add_Numbr"}, crs=CRS)
    with pytest.raises(ValueError, match=r"no column \[numbr\]; nearest: number"):
        read_points(path, columns={"numbr": "Add_Number"}, crs=CRS)


def test_points_without_a_number_or_a_position(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no position; map \[lon\] and \[lat\]"):
        read_points(csv(tmp_path, "NUMBER,STREET\n1,Quillby St\n"), crs=CRS)
    with pytest.raises(ValueError, match=r"no column of house numbers; map \[number\].*nearest: HOUSE"):
        read_points(csv(tmp_path, "LON,LAT,HOUSE,STREET\n-75,40,1,Quillby St\n"), crs=CRS)


def test_mixed_up_coordinates_are_refused(tmp_path: Path) -> None:
    path = csv(tmp_path, "NUMBER,STREET,LAT,LON\n1,Quillby St,-75,40\n2,Quillby St,-75,40\n")
    with pytest.raises(ValueError, match=r"its middle is at longitude 40, latitude -75, far from where EPSG:26918"):
        read_points(path, crs=CRS)


def test_points_as_wkt(tmp_path: Path) -> None:
    text = "NUMBER,STREET,{}\n1,Quillby St,POINT (-75 40)\n"
    for header, columns in (("wkt", {}), ("place", {"geometry": "place"})):
        points = read_points(csv(tmp_path, text.format(header)), columns=columns, crs=CRS)
        assert points["x"].tolist() == pytest.approx([500_000])


def test_intersections_with_coordinates_in_columns(tmp_path: Path) -> None:
    path = csv(tmp_path, "one,two,lon,lat\nA ST,B ST,-75,40\nA ST,C ST,0,0\n")
    found = read_intersections(path, columns={"street_a": "one", "street_b": "two"}, crs=CRS)
    assert found[["street_a", "street_b"]].values.tolist() == [["A ST", "B ST"]]
    assert found["x"].tolist() == pytest.approx([500_000])


def test_point_layers(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"site_ADDRNUM": [12.0], "site_STREETNAME": ["Quillby St"], "site_OBJECTID": [7]},
        geometry=[Point(-75, 40)], crs="EPSG:4326",
    )  # fmt: skip
    frame.to_file(tmp_path / "points.gpkg")
    points = read_points(tmp_path / "points.gpkg", crs=CRS)
    assert points[["point_id", "number", "street_name"]].values.tolist() == [["7", "12", "Quillby St"]]
    assert points["x"].tolist() == pytest.approx([500_000])


def test_places(tmp_path: Path) -> None:
    path = csv(tmp_path, "name,category,lon,lat\nRiverton Jail|The Jail,jail,-75,40\n")
    places = read_places(path, crs=CRS)
    assert places[["place_id", "name", "category"]].values.tolist() == [[None, "Riverton Jail|The Jail", "jail"]]
    assert places["x"].tolist() == pytest.approx([500_000])
    with pytest.raises(ValueError, match=r"places \[.*\]: no column of names; map \[name\]"):
        read_places(csv(tmp_path, "called,lon,lat\nJail,-75,40\n"), crs=CRS)
