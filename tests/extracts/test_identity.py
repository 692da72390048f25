"""Ids stay what they are: digits, zeros, and no two records made one by a spreadsheet."""

import io
import json
import zipfile
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from strategic_prosecution import extracts

CASES = """
[extracts.court]
files = "court*"
extract_date = "filename"
[[extracts.court.feeds]]
table = "cases"
key = "case_id"
columns = { case_id = "CASE", filed_date = "FILED", incident_id = "INCIDENT" }
"""
# 39 digits, the length of 128-bit numbers; the last digit tells them apart.
LONG = "170141183460469231731687303715884105727"
LONG_TOO = "170141183460469231731687303715884105720"
JAN, FEB = "2024-01-31", "2024-02-29"
HEAD = "CASE,FILED,INCIDENT\n"
IDS = "case_id, incident_id"


def built(bench, toml: str = CASES, as_of: str = FEB):
    office = bench.office(toml)
    landed = extracts.land(bench.connection, office)
    assert landed.refused == 0
    return bench.build(office, as_of)


def test_39_digits_and_leading_zeros_stay(bench) -> None:
    bench.put(f"court_{JAN}.csv", f"{HEAD}{LONG},2024-01-05,000{LONG}\n{LONG_TOO},2024-01-05,007\n0012,2024-01-05,12\n")
    result = built(bench)
    assert bench.rows(IDS, "core.cases") == [("0012", "12"), (LONG_TOO, "007"), (LONG, f"000{LONG}")]
    assert bench.account(result, "court", "cases") == {"read": 3, "kept": 3}
    assert bench.problems() == []


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATION = "http://schemas.openxmlformats.org/package/2006/relationships"


def xlsx(*rows: tuple[str | float, ...]) -> bytes:
    """The least workbook: text in its cells, and numbers as Excel writes them, with 17 digits at most."""
    cells = "".join(
        "<row>"
        + "".join(
            f'<c t="inlineStr"><is><t>{cell}</t></is></c>' if isinstance(cell, str) else f"<c><v>{cell!r}</v></c>"
            for cell in row
        )
        + "</row>"
        for row in rows
    )
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{RELATION}"><Relationship Id="r" Type="{RELATIONS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="s"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATION}"><Relationship Id="s" '
        f'Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEET}"><sheetData>{cells}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def parquet(**columns: list[object]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


FILES = {
    "csv": f'{HEAD}"{LONG}","2024-01-05","0042"\n'.encode(),
    "xlsx": xlsx(("CASE", "FILED", "INCIDENT"), (LONG, "2024-01-05", "0042")),
    "parquet": parquet(CASE=[LONG], FILED=[date(2024, 1, 5)], INCIDENT=["0042"]),
    "json": f'[{{"CASE": {LONG}, "FILED": "2024-01-05", "INCIDENT": "0042"}}]'.encode(),
    "geojson": json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": None,
                    "properties": {"CASE": LONG, "FILED": "2024-01-05", "INCIDENT": "0042"},
                }
            ],
        }
    ).encode(),
}


@pytest.mark.parametrize("form", FILES)
def test_text_ids_are_the_same_in_every_form_of_file(bench, form: str) -> None:
    """The JSON one is a number of 39 digits, which no double holds."""
    bench.put(f"court_{JAN}.{form}", FILES[form])
    built(bench)
    assert bench.rows(f"{IDS}, filed_date", "core.cases") == [(LONG, "0042", date(2024, 1, 5))]


MANGLED = [
    ("csv", f"{HEAD}1.70E+41,2024-01-05,7\n".encode(), "1.70E+41"),
    ("csv", b'CASE;FILED;INCIDENT\n"1,7E+41";2024-01-05;7\n', "1,7E+41"),
    ("csv", f"{HEAD}2E+38,2024-01-05,7\n".encode(), "2E+38"),
    ("csv", f"{HEAD}1.701411834604692e+38,2024-01-05,7\n".encode(), "1.701411834604692e+38"),
    (
        "xlsx",
        xlsx(("CASE", "FILED", "INCIDENT"), (float(LONG), "2024-01-05", "7")),
        "1.70141183460469E+38",
    ),
    ("parquet", parquet(CASE=[float(LONG)], FILED=["2024-01-05"], INCIDENT=["7"]), "1.7014118346046923E+38"),
    ("json", b'[{"CASE": 1.7e+38, "FILED": "2024-01-05", "INCIDENT": 7}]', "1.7e+38"),
]


@pytest.mark.parametrize(("form", "content", "value"), MANGLED)
def test_an_id_a_spreadsheet_cut_is_set_aside_where_it_is_the_key(bench, form: str, content: bytes, value: str) -> None:
    bench.put(f"court_{JAN}.{form}", content)
    result = built(bench)
    assert bench.rows(IDS, "core.cases") == []
    assert bench.account(result, "court", "cases") == {"read": 1, "set_aside": 1}
    assert bench.problems() == [("mangled_id", f"court_{JAN}.{form}", 2, "case_id", value)]
    assert bench.why() == (
        "a spreadsheet cut the digits off this id; the value is left out, the row set aside; export it as text"
    )


@pytest.mark.parametrize(("form", "content", "value"), MANGLED)
def test_and_left_out_where_it_is_not(bench, form: str, content: bytes, value: str) -> None:
    toml = CASES.replace('case_id = "CASE"', 'case_id = "INCIDENT"').replace(
        'incident_id = "INC', 'incident_id = "CASE'
    )
    toml = toml.replace('incident_id = "CASEIDENT"', 'incident_id = "CASE"')
    bench.put(f"court_{JAN}.{form}", content)
    result = built(bench, toml)
    assert bench.rows(IDS, "core.cases") == [("7", None)]
    assert bench.account(result, "court", "cases") == {"read": 1, "kept": 1}
    assert bench.problems() == [("mangled_id", f"court_{JAN}.{form}", 2, "incident_id", value)]
    assert bench.why() == "a spreadsheet cut the digits off this id; the value is left out; export it as text"


def test_two_people_are_not_made_one_by_a_spreadsheet(bench) -> None:
    """Keys of people too, before their system is put in front of them."""
    toml = """
[extracts.jail]
files = "jail*.csv"
extract_date = "filename"
[[extracts.jail.feeds]]
table = "arrests"
key = "arrest_id"
columns = { arrest_id = "NO", arrest_date = "DAY", source_person_id = "WHO", state_id = "SID" }
"""
    bench.put(
        f"jail_{JAN}.csv",
        "NO,DAY,WHO,SID\n1,2024-01-05,1.70E+41,1.2E+11\n2,2024-01-05,1.70E+41,IL7\n3,2024-01-05,W3,\n",
    )
    result = built(bench, toml)
    assert bench.rows("arrest_id, source_person_id, state_id", "core.arrests") == [
        ("1", None, None),
        ("2", None, "IL7"),
        ("3", "jail:W3", None),
    ]
    assert bench.account(result, "jail", "arrests") == {"read": 3, "kept": 3}
    assert bench.problems() == [
        ("mangled_id", f"jail_{JAN}.csv", 2, "source_person_id", "1.70E+41"),
        ("mangled_id", f"jail_{JAN}.csv", 2, "state_id", "1.2E+11"),
        ("mangled_id", f"jail_{JAN}.csv", 3, "source_person_id", "1.70E+41"),
    ]


@pytest.mark.parametrize(
    "id_", ["A+1", "+15551234", "1.70E+", "E+41", "12.5E+41", "1.7E41", "1.70E+41A", "CR-1E+5", "1E-5", "1 E+5", "+"]
)
def test_an_id_that_only_looks_a_little_like_it_stays(bench, id_: str) -> None:
    bench.put(f"court_{JAN}.csv", f"{HEAD}{id_},2024-01-05,{id_}\n")
    built(bench)
    assert bench.rows(IDS, "core.cases") == [(id_, id_)]
    assert bench.problems() == []


def test_text_that_is_no_id_may_look_like_it(bench) -> None:
    bench.put(f"court_{JAN}.csv", f"{HEAD}1,2024-01-05,1.70E+41\n")
    built(bench, CASES.replace("incident_id", "court"))
    assert bench.rows("case_id, court", "core.cases") == [("1", "1.70E+41")]
    assert bench.problems() == []


def test_a_whole_column_cut_is_counted_line_by_line(bench) -> None:
    lines = "".join(f"1.70E+{n % 9 + 30},2024-01-05,\n" for n in range(50))
    bench.put(f"court_{JAN}.csv", f"{HEAD}{lines}1,2024-01-05,\n")
    office = bench.office(
        CASES.replace('extract_date = "filename"', 'extract_date = "filename"\nmax_set_aside_share = 1')
    )
    extracts.land(bench.connection, office)
    result = bench.build(office, FEB)
    assert bench.account(result, "court", "cases") == {"read": 51, "kept": 1, "set_aside": 50}
    assert bench.rows("kind, sum(rows)::int", "meta.problems group by kind") == [("mangled_id", 50)]


# --------------------------------------------------------------------------------------------------------- duplicates

DUPLICATES = f"{HEAD}1,2024-01-05,a\n2,2024-01-06,b\n1,2024-01-07,c\n1,2024-01-08,d\n"


def test_of_rows_of_one_key_the_newer_extract_counts_then_the_later_row(bench) -> None:
    """By hand: January holds key 1 three times; February's row replaces all; key 2 is repeated as it was."""
    bench.put(f"court_{JAN}.csv", DUPLICATES)
    result = built(bench, as_of=JAN)
    assert bench.rows(f"{IDS}, source_row", "core.cases") == [("1", "d", 5), ("2", "b", 3)]
    assert bench.account(result, "court", "cases") == {"read": 4, "kept": 2, "superseded": 2}
    assert bench.rows("kind, row, column_name, value, rows", "meta.problems") == [
        ("duplicate_key", 4, "case_id", "1", 2)
    ]
    assert bench.why() == "rows of one file with one key and different content: the last counts"
    bench.put(f"court_{FEB}.csv", f"{HEAD}1,2024-01-09,e\n2,2024-01-06,b\n")
    result = built(bench)
    assert bench.rows(f"{IDS}, filed_date", "core.cases") == [
        ("1", "e", date(2024, 1, 9)),
        ("2", "b", date(2024, 1, 6)),
    ]
    assert bench.account(result, "court", "cases") == {"read": 6, "kept": 2, "superseded": 4}
    assert bench.problems() == []


def test_the_same_whatever_lands_first(new_bench) -> None:
    files = {f"court_{JAN}.csv": DUPLICATES, f"court_{FEB}.csv": f"{HEAD}1,2024-01-09,e\n2,2024-01-06,b\n"}
    found = []
    for order in (list(files), list(reversed(files))):
        with new_bench() as bench:
            for name in order:
                bench.put(name, files[name])
                extracts.land(bench.connection, bench.office(CASES))
            result = built(bench)
            found.append((bench.hashes()["cases"], bench.account(result, "court", "cases")))
    assert found[0] == found[1]


def test_equal_rows_of_one_key_are_one_record_and_no_problem(bench) -> None:
    bench.put(f"court_{JAN}.csv", f"{HEAD}1,2024-01-05,a\n1,2024-01-05,a\n01,2024-01-05,a\n")
    result = built(bench)
    assert bench.rows(IDS, "core.cases") == [("01", "a"), ("1", "a")]
    assert bench.account(result, "court", "cases") == {"read": 3, "kept": 2, "merged": 1}
    assert bench.problems() == []
