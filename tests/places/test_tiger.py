"""Layers in the layouts the Census Bureau, NENA and cities publish, recognised by their headers alone."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString

from strategic_prosecution.places import geocode, load_reference, read_streets

CRS = "EPSG:26918"
WEST, EAST = LineString([(-75.002, 40), (-75.001, 40)]), LineString([(-75.001, 40), (-75, 40)])


def shapefile(folder: Path, frame: pd.DataFrame, lines: list[LineString]) -> Path:
    path = folder / "layer.shp"
    gpd.GeoDataFrame(frame, geometry=lines, crs="EPSG:4269").to_file(path)
    return path


def addrfeat(folder: Path) -> Path:
    columns = ["TLID", "FULLNAME", "LFROMHN", "LTOHN", "RFROMHN", "RTOHN", "PARITYL", "PARITYR", "OFFSETL", "OFFSETR"]
    rows = [
        (101, "N Quillby St", "101", "119", "100", "198", "O", "E", "N", "Y"),
        (101, "N Quillby St", "151", "199", None, None, "O", None, "N", "N"),  # a second range of the left side
        (102, "N Quillby St", "201", "299", "200", "298", "B", "E", "N", "N"),
        (103, "Avenue C", "N6W230", "N6W298", "12A", "98", "E", "E", "N", "N"),
    ]
    frame = pd.DataFrame(rows, columns=columns).assign(LINEARID="11", ZIPL="19000", ZIPR="19000")
    return shapefile(folder, frame, [WEST, WEST, EAST, LineString([(-75, 40.01), (-75, 40.02)])])


def test_addrfeat_has_a_row_per_range(tmp_path: Path) -> None:
    reference = load_reference(streets=read_streets(addrfeat(tmp_path), crs=CRS), crs=CRS)
    assert reference.streets["label"].tolist() == ["AVENUE C", "N QUILLBY ST"]
    assert reference.segments["segment_id"].tolist() == ["103", "101", "102"]
    sides = reference.sides[["segment", "side", "low", "high", "parity", "is_offset"]].values.tolist()
    assert sides == [
        [0, -1, 12, 98, 0, False],  # 12A counts as 12; N6W230 as nothing
        [1, -1, 100, 198, 0, True],
        [1, 1, 101, 119, 1, False],
        [1, 1, 151, 199, 1, False],
        [2, -1, 200, 298, 0, False],
        [2, 1, 201, 299, 2, False],  # stated: both
    ]
    lint = dict(zip(reference.lint["kind"], reference.lint["count"], strict=True))
    # 12A is read, N6W230 and N6W298 are not.
    assert (lint["alphanumeric"], lint["zero"], lint["duplicated"]) == (3, 1, 0)


def test_two_ranges_of_a_side_share_its_line(tmp_path: Path) -> None:
    reference = load_reference(streets=read_streets(addrfeat(tmp_path), crs=CRS), crs=CRS)
    left = reference.sides[(reference.sides["segment"] == 1) & (reference.sides["side"] == 1)]
    assert left[["start", "end"]].values.tolist() == [[101, 199], [101, 199]]
    x = geocode(["101 N QUILLBY ST", "119 N QUILLBY ST", "151 N QUILLBY ST", "199 N QUILLBY ST"], reference)["x"]
    assert (x.diff().dropna() > 0).all()


def test_hole_between_the_ranges_of_an_edge_holds_no_house(tmp_path: Path) -> None:
    reference = load_reference(streets=read_streets(addrfeat(tmp_path), crs=CRS), crs=CRS)
    found = geocode(["119 N QUILLBY ST", "151 N QUILLBY ST", "135 N QUILLBY ST"], reference)
    assert found["reference_id"].tolist() == ["101"] * 3
    # 135 is in neither left range; only the even numbers across the street span it.
    assert found["faults"].tolist() == ["", "", "side"]


def test_edges_take_their_further_ranges_from_addr(tmp_path: Path) -> None:
    edges = pd.DataFrame(
        {
            "TLID": [101, 102, 103],
            "FULLNAME": ["Quillby St", "Quillby St", "Dunmock Creek"],
            "LFROMADD": ["101", "201", None],
            "LTOADD": ["119", "299", None],
            "RFROMADD": ["100", None, None],
            "RTOADD": ["198", None, None],
            "ROADFLG": ["Y", "Y", "N"],
        }
    )
    path = shapefile(tmp_path, edges, [WEST, EAST, EAST])
    plain = read_streets(path, crs=CRS)
    assert plain["segment_id"].tolist() == ["101", "102"]
    addr = tmp_path / "addr.csv"
    addr.write_text(
        "TLID,FROMHN,TOHN,SIDE,ZIP\n101,151,199,L,19000\n101,101,119,L,19000\n101,100,198,R,19000\n", encoding="utf-8"
    )
    both = load_reference(streets=read_streets(path, addr=addr, crs=CRS), crs=CRS)
    ranges = both.sides.assign(id=both.segments["segment_id"].to_numpy()[both.sides["segment"]])
    assert ranges[["id", "side", "low", "high"]].values.tolist() == [
        ["101", -1, 100, 198],
        ["101", 1, 101, 119],
        ["101", 1, 151, 199],
        ["102", 1, 201, 299],  # ADDR does not know this edge: its own range stays
    ]
    assert len(both.segments) == 2


def test_addr_as_a_table_of_its_own_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({"TLID": [101], "FULLNAME": ["Quillby St"], "LFROMADD": ["1"], "LTOADD": ["3"]})
    path = shapefile(tmp_path, frame.assign(RFROMADD=None, RTOADD=None, ROADFLG="Y"), [WEST])
    addr = tmp_path / "addr.dbf"
    table = pd.DataFrame({"TLID": [101], "FROMHN": ["2"], "TOHN": ["8"], "SIDE": ["R"]})
    gpd.GeoDataFrame(table, geometry=[None], crs="EPSG:4269").to_file(tmp_path / "addr.shp")
    streets = read_streets(path, addr=addr, crs=CRS)
    assert streets[["left_from", "left_to", "right_from", "right_to"]].values.tolist() == [[None, None, "2", "8"]]


def test_nena_centerlines(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "RCL_NGUID": ["x1", "x2"], "St_PreDir": ["North", None], "St_PreTyp": [None, "Avenue"],
            "St_Name": ["Quillby", "C"], "St_PosTyp": ["Street", None], "St_PosDir": [None, None],
            "FromAddr_L": [101, 1], "ToAddr_L": [199, 9], "FromAddr_R": [100, 2], "ToAddr_R": [198, 8],
            "Parity_L": ["O", "O"], "Parity_R": ["E", "Z"],
        }
    )  # fmt: skip
    path = tmp_path / "roads.gpkg"
    gpd.GeoDataFrame(frame, geometry=[WEST, EAST], crs="EPSG:4326").to_file(path)
    reference = load_reference(streets=read_streets(path, crs=CRS), crs=CRS)
    assert reference.streets["label"].tolist() == ["AVENUE C", "N QUILLBY ST"]
    assert reference.segments["segment_id"].tolist() == ["x2", "x1"]


@pytest.mark.parametrize(
    "ranges",
    [
        ("L_F_ADD", "L_T_ADD", "R_F_ADD", "R_T_ADD"),
        ("L_FROM", "L_TO", "R_FROM", "R_TO"),
        ("FROMLEFT", "TOLEFT", "FROMRIGHT", "TORIGHT"),
        ("LEFT_FROM", "LEFT_TO", "RIGHT_FROM", "RIGHT_TO"),
        ("LFROMADDR", "LTOADDR", "RFROMADDR", "RTOADDR"),
        ("FRADDL", "TOADDL", "FRADDR", "TOADDR"),
        ("L_ADD_FROM", "L_ADD_TO", "R_ADD_FROM", "R_ADD_TO"),
    ],
)
@pytest.mark.parametrize("name", [("STREETNAME", "STREETTYPE"), ("NAME", "TYPE"), ("FULLNAME",)])
def test_city_layers(tmp_path: Path, ranges: tuple[str, ...], name: tuple[str, ...]) -> None:
    said = "Quillby,St" if len(name) == 2 else "Quillby St"
    path = tmp_path / "roads.csv"
    path.write_text(
        f'{",".join([*name, *ranges])},wkt\n{said},101,199,100,198,"LINESTRING(-75.001 40,-75 40)"\n', encoding="utf-8"
    )
    reference = load_reference(streets=read_streets(path, crs=CRS), crs=CRS)
    assert reference.streets["label"].tolist() == ["QUILLBY ST"]
    assert reference.sides[["side", "start", "end"]].values.tolist() == [[-1, 100, 198], [1, 101, 199]]


def test_a_prefix_all_columns_share_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "roads.csv"
    path.write_text(
        "seg_ST_NAME,seg_SUFFIX,seg_L_FROM,seg_L_TO,seg_R_FROM,seg_R_TO,seg_ID,wkt\n"
        'Quillby,St,101,199,100,198,7,"LINESTRING(-75.001 40,-75 40)"\n',
        encoding="utf-8",
    )
    reference = load_reference(streets=read_streets(path, crs=CRS), crs=CRS)
    assert reference.streets["label"].tolist() == ["QUILLBY ST"]
    assert reference.segments["segment_id"].tolist() == ["7"]


def test_what_cannot_be_recognised_is_named_with_what_comes_nearest(tmp_path: Path) -> None:
    path = tmp_path / "roads.csv"
    line = '"LINESTRING(-75.001 40,-75 40)"'
    path.write_text(f"FULLNAME,L_FROM,L_TO,R_FROM,R_THRU,wkt\nA St,1,9,2,8,{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"no column is mapped to \[right_to\] and none is recognised.*R_THRU"):
        read_streets(path, crs=CRS)
    path.write_text(f"CALLED,L_FROM,L_TO,R_FROM,R_TO,wkt\nA St,1,9,2,8,{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"no column of street names; map \[street_name\].*CALLED"):
        read_streets(path, crs=CRS)
    path.write_text(
        f"FULLNAME,L_FROM,L_TO,R_FROM,R_TO,L_F_ADD,L_T_ADD,R_F_ADD,R_T_ADD,wkt\nA St,1,9,2,8,1,9,2,8,{line}\n",
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match=r"address ranges in L_FROM/L_TO/R_FROM/R_TO or L_F_ADD/"):
        read_streets(path, crs=CRS)
    # What is mapped is not asked for.
    told = {"left_from": "L_FROM", "left_to": "L_TO", "right_from": "R_FROM", "right_to": "R_TO"}
    assert len(read_streets(path, columns=told, crs=CRS)) == 1
