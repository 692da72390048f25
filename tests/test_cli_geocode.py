"""`geocode`: the same rows in the same order, untouched, with the answers beside them; whole or not at all."""

import csv
import json
import os
import resource
import signal
import stat
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from strategic_prosecution import cli
from strategic_prosecution.places.geocoder import RESULT_COLUMNS
from strategic_prosecution.safeguards import audit
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages import geocode_file as by_file
from strategic_prosecution.stages.table_files import check_out, table_file
from tests.test_cli_check import in_a_terminal

# Long ones; `make test` has the rules of matching in `tests/places`.
pytestmark = pytest.mark.slow

OFFICE = """
[office]
name = "Invented Town"
timezone = "America/New_York"
crs = "EPSG:26918"
{more}
[places.streets]
file = "streets.csv"
[places.streets.columns]
street_name = "NAME"
left_from = "LF"
left_to = "LT"
right_from = "RF"
right_to = "RT"
geometry = "wkt"
"""
STREETS = """NAME,LF,LT,RF,RT,wkt
GANDER ST,101,199,100,198,"LINESTRING (-75.1700 39.9500, -75.1685 39.9500)"
PLOVER AVE,101,199,100,198,"LINESTRING (-75.1685 39.9490, -75.1685 39.9500)"
"""
ROWS = [
    ["NO", "ZIP", "ADDRESS", "WHEN", "NOTE", "AMOUNT"],
    ["1", "01234", "120 Gander St", "2024-01-05", "", "-5"],
    ["2", "00000", "", "", 'says "no", twice', "1.50"],
    ["3", "", "12 Nowhere Ln", "1/5/2024", "two\nlines", "=1+1"],
    ["4", "01234", "100 block of Plover Ave", "03/04/2023", "Ünicode ☃", "1e5"],
    ["5", "9", "PO BOX 5", "some day", "   ", "007"],
    ["6", "01234", "120 Gander St", "2020-02-02", "@x", "0"],
]
ALIASES = "alias,street,valid_from,valid_to\nNOWHERE LN,PLOVER AVE,,2024-01-01\n"


@pytest.fixture
def office(tmp_path: Path) -> Path:
    (tmp_path / "streets.csv").write_text(STREETS, encoding="utf-8")
    path = tmp_path / "office.toml"
    path.write_text(OFFICE.format(more=""), encoding="utf-8")
    return path


def write(path: Path, rows: list[list[str]] = ROWS, *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as handle:
        csv.writer(handle, delimiter=delimiter).writerows(rows)
    return path


def stratpro(office: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["geocode", *map(str, arguments), "--office", str(office)])


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))


def test_rows_keep_their_order_and_their_text(office: Path, tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    result = stratpro(office, source, "--address", "ADDRESS", "--out", out)
    assert result.exit_code == 0, result.output
    rows = read(out)
    assert [row[:6] for row in rows] == ROWS
    assert rows[0][6:] == list(RESULT_COLUMNS)
    kind = rows[0].index("match_type")
    assert [row[kind] for row in rows[1:]] == ["range", "none", "none", "block", "none", "range"]
    assert [row[rows[0].index("faults")] for row in rows[2:4]] == ["empty", "no_such_street"]
    assert float(rows[1][rows[0].index("lon")]) == pytest.approx(-75.1697, abs=0.001)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.partial")) and not (tmp_path / "data").exists()


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-16"), ("\t", "utf-8-sig"), ("|", "cp1252")])
def test_any_delimiter_and_encoding_the_extracts_may_have(
    office: Path, tmp_path: Path, delimiter: str, encoding: str
) -> None:
    rows = [[cell.replace("☃", "x") for cell in row] for row in ROWS]
    source, out = write(tmp_path / "in.txt", rows, delimiter=delimiter, encoding=encoding), tmp_path / "out.csv"
    assert stratpro(office, source, "--address", "ADDRESS", "--out", out).exit_code == 0
    assert [row[:6] for row in read(out)] == rows


def test_excel_and_back_keeps_every_cell_as_text(office: Path, tmp_path: Path) -> None:
    source, sheet, out = write(tmp_path / "in.csv"), tmp_path / "sheet.xlsx", tmp_path / "out.csv"
    assert stratpro(office, source, "--address", "ADDRESS", "--out", sheet).exit_code == 0
    cells = CalamineWorkbook.from_path(str(sheet)).get_sheet_by_index(0).to_python()
    assert [[str(cell) for cell in row[:6]] for row in cells] == ROWS
    assert isinstance(cells[1][cells[0].index("lon")], float)
    assert stratpro(office, sheet, "--address", "ADDRESS", "--out", out).exit_code == 0
    again = read(out)
    assert [row[:6] for row in again] == ROWS
    # The result columns are there already, so all of the new ones have the longer name.
    assert again[0][6 + len(RESULT_COLUMNS) :] == [f"geocode_{name}" for name in RESULT_COLUMNS]


def test_parquet_keeps_its_types_and_its_metadata(office: Path, tmp_path: Path) -> None:
    table = pa.table(
        {
            "n": pa.array([3, None, 1], pa.int16()),
            "number": pa.array([120.0, 12.0, None], pa.float64()),
            "street": pa.array(["Gander St", "Nowhere Ln", "Gander St & Plover Ave"]).dictionary_encode(),
            "day": pa.array([date(2024, 1, 5), None, date(1950, 1, 1)], pa.date32()),
            "tags": pa.array([["a"], [], None], pa.list_(pa.string())),
        }
    ).replace_schema_metadata({"who": "the source"})
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(table, source)
    result = stratpro(office, source, "--address", "number", "--address", "street", "--out", out, "--json")
    assert result.exit_code == 0, result.output
    found = pq.read_table(out)
    assert found.select(table.column_names).cast(table.schema).equals(table)
    assert found.schema.field("n").type == pa.int16() and found.schema.field("tags").type == pa.list_(pa.string())
    assert found.schema.metadata[b"who"] == b"the source"
    assert found["match_type"].to_pylist() == ["range", "none", "intersection"]
    said = json.loads(result.output)
    assert said["rows"] == 3 and said["hit_rates"][0]["placed"] == 2
    refused = stratpro(office, source, "--address", "street", "--out", tmp_path / "out.csv")
    assert refused.exit_code == 1 and "column [tags] has no text form" in refused.output


def test_the_day_of_a_row_decides_which_names_count(office: Path, tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_text(ALIASES, encoding="utf-8")
    names = ("alias", "street", "valid_from", "valid_to")
    mapped = ", ".join(f'{name} = "{name}"' for name in names)
    office.write_text(
        OFFICE.format(more=f'[places.aliases]\nfile = "aliases.csv"\ncolumns = {{ {mapped} }}\n'), encoding="utf-8"
    )
    days = ["2023-12-31", "2024-01-01", "12/31/2023 23:59", "1/1/2024", "2023-12-31T23:59:59", "soon"]
    source = write(tmp_path / "in.csv", [["A", "D"], *(["110 NOWHERE LN", day] for day in days)])
    result = stratpro(office, source, "--address", "A", "--date", "D", "--out", tmp_path / "out.csv")
    assert result.exit_code == 0, result.output
    kinds = [row[3] for row in read(tmp_path / "out.csv")[1:]]
    assert kinds[:5] == ["range", "none", "range", "none", "range"]
    assert "mind: 1 dates are neither" in result.output


def test_the_summary_says_both_denominators_the_floor_and_the_reasons(office: Path, tmp_path: Path) -> None:
    result = stratpro(office, write(tmp_path / "in.csv"), "--address", "ADDRESS", "--out", tmp_path / "out.csv")
    said = " ".join(result.output.split())
    assert "6 rows, 5 distinct strings" in said
    assert "placed 3 of 6 records (all): 50.0%" in said
    assert "placed 3 of 4 records (that say where they are): 75.0%" in said
    assert "placed 2 of 3 strings (that say where they are): 66.7%" in said
    assert "against the field's floor: BELOW" in said
    assert "no_such_street" in said and "po_box" in said
    # What a row says is nobody's but the file's.
    assert "Gander" not in said and "Nowhere" not in said


def test_wrong_usage_is_one_line_and_2(office: Path, tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    out.write_text("precious", encoding="utf-8")
    for arguments, said in (
        ([tmp_path / "absent.csv", "--address", "ADDRESS", "--out", tmp_path / "x.csv"], "is not there"),
        (
            [source, "--address", "ADRESS", "--out", tmp_path / "x.csv"],
            "has no column [ADRESS]; did you mean [ADDRESS]",
        ),
        ([source, "--address", "ADDRESS", "--date", "DAY", "--out", tmp_path / "x.csv"], "has no column [DAY]"),
        ([source, "--address", "ADDRESS", "--out", out], "is not overwritten"),
        ([source, "--address", "ADDRESS", "--out", tmp_path / "x.doc"], "must end in .csv, .xlsx, .parquet"),
        ([source, "--address", "ADDRESS", "--out", tmp_path / "no" / "x.csv"], "there is no folder"),
        ([source, "--address", "ADDRESS", "--out", source, "--overwrite"], "is the file with the addresses"),
        ([source, "--out", tmp_path / "x.csv"], "--address"),
        (["--fix-list", source], "leave the file"),
        (["--fix-list"], "on a terminal"),
    ):
        result = stratpro(office, *arguments)
        assert result.exit_code == 2 and said in result.output, (said, result.output)
        assert result.output.count("\n") == 1
    assert out.read_text(encoding="utf-8") == "precious"
    assert stratpro(office, source, "--address", "ADDRESS", "--out", out, "--overwrite").exit_code == 0
    assert len(read(out)) == len(ROWS)


def test_nothing_placed_at_all_is_1_and_the_file_is_written(office: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [["A", "B"], ["12 NOWHERE LN", "1"], ["", "2"]])
    assert stratpro(office, source, "--address", "A", "--out", tmp_path / "out.csv").exit_code == 1
    assert len(read(tmp_path / "out.csv")) == 3
    header_only = write(tmp_path / "empty.csv", [["A", "B"]])
    assert stratpro(office, header_only, "--address", "A", "--out", tmp_path / "none.csv").exit_code == 0
    assert len(read(tmp_path / "none.csv")) == 1


def test_a_row_that_would_be_lost_stops_it(office: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("A,B\n120 GANDER ST,1\n120 GANDER ST,1,2,3\n", encoding="utf-8")
    result = stratpro(office, source, "--address", "A", "--out", tmp_path / "out.csv")
    assert result.exit_code == 1 and "1 records do not fit its header (the first: 3)" in result.output
    assert not (tmp_path / "out.csv").exists()


def test_what_fails_on_the_way_leaves_nothing(office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    out.write_text("precious", encoding="utf-8")
    monkeypatch.setattr(by_file, "CHUNK", 2)
    calls: list[int] = []
    real = by_file.identifier

    def dies(name: str) -> str:
        calls.append(1)
        if len(calls) > 5:
            raise OSError("no space left")
        return real(name)

    monkeypatch.setattr(by_file, "identifier", dies)
    assert stratpro(office, source, "--address", "ADDRESS", "--out", out, "--overwrite").exit_code == 1
    assert out.read_text(encoding="utf-8") == "precious" and not list(tmp_path.glob(".*partial"))


def test_a_kill_on_the_way_leaves_nothing(office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are addresses of people: neither a half-written file nor a temporary one stays."""
    source, out = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with monkeypatch.context() as patch:
        real = check_out

        def killed(path: Path, **more: bool) -> None:
            if list(temporary.iterdir()):
                os.kill(os.getpid(), signal.SIGTERM)
            real(path, **more)

        patch.setattr("strategic_prosecution.stages.table_files.check_out", killed)
        assert stratpro(office, source, "--address", "ADDRESS", "--out", out).exit_code == 128 + signal.SIGTERM
    assert not out.exists() and not list(tmp_path.glob(".*partial")) and not list(temporary.iterdir())
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_two_at_once_do_not_write_into_one_file(office: Path, tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.csv"), tmp_path / "out.csv"
    # What a program that was killed the hard way left is no obstacle.
    (tmp_path / ".out.csv.partial").write_text("half a line", encoding="utf-8")
    schema = pa.schema([("a", pa.string())])
    with table_file(out, schema, overwrite=False) as append:
        append(pa.table({"a": ["x"]}))
        refused = stratpro(office, source, "--address", "ADDRESS", "--out", out)
        assert refused.exit_code == 2 and "is being written by another program" in refused.output
    assert read(out) == [["a"], ["x"]] and stat.S_IMODE(out.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".*partial"))


def test_what_the_disk_refuses_is_said_with_its_file(office: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    size = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.raises(OSError, match=r"out\.csv\] is not written \(File too large\)"):
        try:
            with table_file(out, pa.schema([("a", pa.string())]), overwrite=False) as append:
                resource.setrlimit(resource.RLIMIT_FSIZE, (1024, size[1]))
                append(pa.table({"a": ["x" * 5000]}))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, size)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["office.toml", "streets.csv"]


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_parts_change_nothing(office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    frame = pd.DataFrame({"A": [f"{n % 90 + 100} GANDER ST" for n in range(23)], "N": range(23)})
    frame.to_parquet(tmp_path / "in.parquet", index=False)
    frame.to_csv(tmp_path / "in.csv", index=False)
    for source in (tmp_path / "in.csv", tmp_path / "in.parquet"):
        whole, parts = tmp_path / f"whole{ending}", tmp_path / f"parts{ending}"
        assert stratpro(office, source, "--address", "A", "--out", whole, "--overwrite").exit_code == 0
        with monkeypatch.context() as patch:
            patch.setattr(by_file, "CHUNK", 4)
            assert stratpro(office, source, "--address", "A", "--out", parts, "--overwrite").exit_code == 0
        if ending == ".parquet":
            assert pq.read_table(parts).equals(pq.read_table(whole))
        elif ending == ".csv":
            assert parts.read_bytes() == whole.read_bytes() and len(read(whole)) == 24
        else:
            sheets = [
                CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python() for path in (whole, parts)
            ]
            assert sheets[0] == sheets[1] and len(sheets[0]) == 24


def test_our_own_text_is_no_formula(office: Path, tmp_path: Path) -> None:
    """A street of the layer may be called anything."""
    (tmp_path / "streets.csv").write_text(
        STREETS.replace("NAME,LF", "ID,NAME,LF").replace("GANDER", "=x,GANDER").replace("PLOVER", "+y,PLOVER"),
        encoding="utf-8",
    )
    office.write_text(OFFICE.format(more="") + 'segment_id = "ID"\n', encoding="utf-8")
    source = write(tmp_path / "in.csv")
    assert stratpro(office, source, "--address", "ADDRESS", "--out", tmp_path / "out.csv").exit_code == 0
    rows = read(tmp_path / "out.csv")
    assert rows[1][rows[0].index("reference_id")] == "'=x"
    # What stood in the file stays.
    assert rows[3][5] == "=1+1"


def test_a_bar_on_a_terminal_and_nothing_elsewhere(office: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv")
    shown = in_a_terminal(
        "geocode", str(source), "--address", "ADDRESS", "--out", str(tmp_path / "a.csv"), office=office
    )
    assert "geocoding" in shown and "6 rows" in shown
    assert "geocoding" not in stratpro(office, source, "--address", "ADDRESS", "--out", tmp_path / "b.csv").output


def test_an_office_without_a_layer_is_told(tmp_path: Path) -> None:
    office = tmp_path / "office.toml"
    office.write_text(OFFICE.format(more="").split("[places")[0], encoding="utf-8")
    result = stratpro(office, write(tmp_path / "in.csv"), "--address", "ADDRESS", "--out", tmp_path / "out.csv")
    assert result.exit_code == 2 and "name a layer" in result.output


def test_the_fix_list_is_shown_on_a_terminal_and_logged(office: Path, tmp_path: Path) -> None:
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    write(raw / "police_2024-06-30.csv")
    extract = """
[extracts.police]
files = "*.csv"
extract_date = "filename"
[[extracts.police.feeds]]
table = "incidents"
key = "incident_id"
where = "NO IN ('1', '2')"
[extracts.police.feeds.columns]
incident_id = "NO"
occurred_date = "'2024-01-05'"
address = "CASE WHEN NO = '1' THEN '12 Nowhere Ln' ELSE '120 Gander Ave' END"
"""
    office.write_text(OFFICE.format(more="settle_seconds = 0\n") + extract, encoding="utf-8")
    assert "no run yet" in stratpro(office, "--fix-list", "--out", tmp_path / "fix.csv").output
    assert not (tmp_path / "data" / "processed").exists()
    assert CliRunner().invoke(cli.app, ["run", "--office", str(office)]).exit_code == 0
    shown = in_a_terminal("geocode", "--fix-list", office=office)
    assert "12 Nowhere Ln" in shown
    # Only a person knows whether the avenue is the street.
    assert "GANDER AVE" in shown and "GANDER ST" in shown
    out = tmp_path / "fix.csv"
    assert stratpro(office, "--fix-list", "--out", out).exit_code == 0
    assert [row[0] for row in read(out)[1:]] == ["12 Nowhere Ln", "120 Gander Ave"]
    # What is confirmed counts from the next night on.
    names = tmp_path / "names.csv"
    assert stratpro(office, "--fix-list", "--suggestions", names).exit_code == 0
    assert read(names) == [["alias", "street", "strings"], ["GANDER AVE", "GANDER ST", "1"]]
    confirmed = '[places.confirmed_aliases]\nfile = "names.csv"\n'
    office.write_text(OFFICE.format(more="settle_seconds = 0\n" + confirmed) + extract, encoding="utf-8")
    assert CliRunner().invoke(cli.app, ["run", "--office", str(office)]).exit_code == 0
    assert stratpro(office, "--fix-list", "--out", out, "--overwrite").exit_code == 0
    assert [row[0] for row in read(out)[1:]] == ["12 Nowhere Ln"]
    entries = [entry for entry in audit.entries(load_office(office)) if entry["what"] == "list_exported"]
    assert [(entry["table"], entry["rows"], entry["file"]) for entry in entries] == [
        ("incidents", 2, False),
        ("incidents", 2, True),
        ("incidents", 2, True),
        ("incidents", 1, True),
    ]
    assert "Nowhere" not in json.dumps(audit.entries(load_office(office)))


def test_what_is_odd_in_the_layers_is_shown_and_written(office: Path, tmp_path: Path) -> None:
    odd = 'HERON LN,199,101,0,0,"LINESTRING (-75.1700 39.9600, -75.1685 39.9600)"\n'
    (tmp_path / "streets.csv").write_text(STREETS + odd, encoding="utf-8")
    shown = stratpro(office, "--lint").output
    assert "3 streets, 3 segments" in shown
    said = json.loads(stratpro(office, "--lint", "--json", "--out", tmp_path / "odd.csv").output)
    counts = {row["kind"]: row["count"] for row in said["lint"]}
    assert (counts["zero"], counts["zero_on_one_side"], counts["descending"]) == (1, 1, 1)
    rows = read(tmp_path / "odd.csv")
    assert rows[0] == ["kind", "reference_id", "street", "what"]
    assert {(row[0], row[2]) for row in rows[1:]} >= {("zero", "HERON LN"), ("descending", "HERON LN")}
    assert stratpro(office, "--lint", "--fix-list").exit_code == 2


def test_a_row_blank_in_every_column_of_the_address_is_one_without_an_address(office: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [["NO", "STREET"], ["", ""], ["120", "Gander St"], ["", "Gander St"]])
    out = tmp_path / "out.csv"
    assert stratpro(office, source, "--address", "NO", "--address", "STREET", "--out", out).exit_code == 0
    kind = read(out)[0].index("match_type")
    assert [row[kind] for row in read(out)[1:]] == ["none", "range", "street"]
