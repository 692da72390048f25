from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point, Polygon

from strategic_prosecution.places import read_aliases, read_areas, read_intersections, read_streets

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
    with pytest.raises(ValueError, match=r"no column is mapped to \[left_from\]"):
        read_streets(path, columns={"street_name": "NAME", "geometry": "wkt"}, crs=CRS)
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
    assert aliases.to_dict("records") == [{"alias": "N 5TH ST", "street": "N MALL E"}]
