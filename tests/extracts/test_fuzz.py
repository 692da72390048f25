"""Files nobody would send on purpose: each lands or is one line, and every record of what landed is accounted for."""

import csv
import io
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import cycle

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from strategic_prosecution import extracts

QUIET = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a failing example is small already; shrinking builds for minutes
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
POLICE = """
[extracts.police]
files = {files}
extract_date = 2024-06-30
max_set_aside_share = 1
filler_dates = [1900-01-01]
date_formats = ["%Y-%m-%d", "%m/%d/%Y", "%Y-%m-%dT%H:%M:%S%z"]
{settings}
[[extracts.police.feeds]]
table = "incidents"
key = {key}
columns = {columns}
"""
LONGEST_LINE = 700
FILE_KINDS = "('unreadable_file', 'unknown_layout', 'waiting_file')"
NewBench = Callable[[], AbstractContextManager]


def office_of(bench, columns: dict[str, str], *, files: str = "**/*", key: str = "row", settings: str = ""):
    """An office that reads these columns; TOML takes the strings of JSON, save half surrogate pairs and DEL."""

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

    mapped = ", ".join(f"{ours} = {quoted(theirs)}" for ours, theirs in columns.items())
    return bench.office(
        POLICE.format(files=quoted(files), settings=settings, key=quoted(key), columns=f"{{ {mapped} }}")
    )


def check(bench, office, *, files: int, as_of: str = "2024-06-30") -> dict[str, tuple[int, int]]:
    """Land and build; returns the records (rows, ragged lines) of each file that landed. What must always hold:

    a file lands or has one problem; a problem is one line and not endless; what landed is in the accounting.
    """
    landed = extracts.land(bench.connection, office)
    loads = bench.rows("file, rows, ragged", "meta.loads")
    refused = bench.rows("file", f"meta.problems where kind in {FILE_KINDS}")
    assert landed.files == files == len({file for file, *_ in loads} | {file for (file,) in refused})
    assert len(loads) + len(refused) == files and len(refused) == landed.refused
    built = bench.build(office, as_of)
    accounted = built.accounting[["read", "not_selected"]].sum().sum()
    assert accounted == sum(rows + ragged for _, rows, ragged in loads)
    for (why,) in bench.rows("distinct why", "meta.problems"):
        assert why and len(why) <= LONGEST_LINE and why.isprintable(), why
    return {file: (rows, ragged) for file, rows, ragged in loads}


# --------------------------------------------------------------------------------------------------------- any content

TOKENS = st.sampled_from(
    [
        *(token.encode() for token in ("NO", "DAY", ",", ";", "\t", "|", '"', '""', "'", "\n", "\r", "\r\n", "\0")),
        *(token.encode() for token in ("2024-01-05", "1", "=cmd|' /C calc'!A0", "'; drop table raw.x; --", "{{7*7}}")),
        *(token.encode() for token in ("\u202e", "\ufeff", "é", "\U0001f600", "{", "[", '{"NO": 1}', "<html>", "\\")),
        *(b"\xff\xfe", b"\xfe\xff", b"\xe9", b"\x81", b"\xed\xa0\x80", b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"\x1a"),
    ]
)
NOISE = st.lists(TOKENS, max_size=30).map(b"".join)
CONTENT = st.one_of(NOISE, NOISE.map(lambda noise: b"NO,DAY\n1,2024-01-05\n" + noise), st.binary(max_size=60))
SUFFIX = st.sampled_from(["csv", "tsv", "txt", "json", "jsonl", "geojson", "xlsx", "parquet", "dat", ""])


@pytest.mark.slow
@settings(QUIET, max_examples=int(os.environ.get("FUZZ", 20)))
@given(contents=st.lists(st.tuples(CONTENT, SUFFIX), min_size=1, max_size=8, unique_by=lambda file: file[0]))
def test_any_bytes_land_or_are_one_line(new_bench: NewBench, contents: list[tuple[bytes, str]]) -> None:
    with new_bench() as bench:
        for number, (content, suffix) in enumerate(contents):
            bench.put(f"f{number}.{suffix}", content)
        office = office_of(bench, {"occurred_date": "DAY"})
        for file, (rows, ragged) in check(bench, office, files=len(contents)).items():
            content, suffix = contents[int(file[1 : file.index(".")])]
            if suffix not in ("json", "jsonl", "geojson") and b'"' not in content and b"'" not in content:
                assert rows + ragged == by_lines(bench, file, content), content


def by_lines(bench, file: str, content: bytes) -> int:
    """The records of a file without quotes: its lines that are not blank, without the header."""
    [(form,)] = bench.rows("form", f"meta.loads where file = '{file}'")
    encoding = form.split(", ")[1].split(" ")[0]
    lines = io.StringIO(content.decode(encoding).removeprefix("\ufeff"), newline=None).read().split("\n")
    return len([line for line in lines if line]) - 1


# ------------------------------------------------------------------------------------------------------------- records

NASTY = [
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "'; drop table raw.police; --",
    '"); drop table meta.loads; --',
    "{{7*7}}",
    "${jndi:ldap://x}",
    "../../etc/passwd",
    "%s%n",
    "\u202egnp.exe",
    "\u2028",
    "a\x85b",
    "\ufeff",
    "\ufffd",
    "\U0001f600",
    "e\u0301",
    "İ",
    "NULL",
    "null",
    "NaN",
    "inf",
    "-0",
    "1e999",
    "1.70E+41",
    "9" * 400,
    "0x10",
    "true",
    "epoch",
    "infinity",
    "1900-01-01",
    "2024-01-05",
    "99999-01-01",
    "0000-00-00",
    "2024-01-05T25:00:00+9900",
    "2024-01-05T23:00:00-0500",
    "a,b",
    'say ""hi""',
    '"',
    "'",
    "two\nlines",
    "two\r\nlines",
    "cr\ralone",
    "\t",
    " ",
    "",
    "\\",
    '\\"',
    "\x00",
    "a\x00b",
    "\x1a",
    "\x1b[31m",
    chr(31),
]
CELL = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
HEADINGS = [
    "select",
    "from",
    "table",
    "row",
    "NO",
    "DAY",
    'quo"te',
    "quo''te",
    "dot.ted",
    "brac[k]et",
    "semi;colon",
    "two\nlines",
    "com,ma",
    "É",
    "ß",
    "İ",
    "-- comment",
    "/* open",
    "{{x}}",
    "$1",
    "?",
    "*",
    "rowid",
    "N" * 300,
    "c$longitude",
    "t$occurred_date",
    "%s",
    "\u202eabc",
    "1",
]
DAYS = ("2024-01-05", "01/06/2024", "2024-01-07T23:30:00-0500", "soon", "1900-01-01")
TYPED = {
    "occurred_date": "date",
    "occurred_at": "timestamp",
    "victim_count": "integer",
    "is_domestic": "boolean",
    "longitude": "double",
    "latitude": "double",
    "offense_category": "code",
    "address": "text",
    "cleared_date": "date",
    "clearance_status": "code",
    "area_id": "id",
}


@st.composite
def tables(draw) -> tuple[list[tuple[list[str], list[list[str]]]], dict[str, str], str]:
    """Files (a header, records of its width or not), which of our columns they fill, and how lines end."""
    header = [*draw(st.lists(st.sampled_from(HEADINGS), min_size=2, max_size=8, unique_by=str.casefold)), "WHEN"]
    width = len(header)
    record = st.one_of(
        st.lists(CELL, min_size=width, max_size=width),
        st.lists(CELL, min_size=width, max_size=width),
        st.lists(CELL, min_size=1, max_size=width + 2),
    )
    # The columns may stand in another order in the next file.
    files = draw(
        st.lists(st.tuples(st.permutations(header), st.lists(record, min_size=1, max_size=12)), min_size=1, max_size=3)
    )
    ours = draw(st.permutations(sorted(TYPED)))
    mapped = ["rowid_" if name == "rowid" else name for name in header]
    columns = dict(zip(ours, mapped, strict=False)) | {"occurred_date": "WHEN"}
    return files, columns, draw(st.sampled_from(["\n", "\r\n"]))


@pytest.mark.slow
@settings(QUIET, max_examples=int(os.environ.get("FUZZ", 30)))
@given(table=tables(), key=st.booleans(), crs=st.booleans())
def test_every_record_written_is_a_row_or_a_ragged_line(new_bench: NewBench, table, key: bool, crs: bool) -> None:
    """What Python's csv module writes and reads back is counted, whatever is in it."""
    files, columns, line_end = table
    given_ = 'encoding = "utf-8"\ndelimiter = ","\n' + ('crs = "EPSG:2272"' if crs else "")
    expected = {}
    with new_bench() as bench:
        for number, (header, records) in enumerate(files):
            out = io.StringIO()
            writer = csv.writer(out, lineterminator=line_end)
            writer.writerow(header)
            for day, record in zip(cycle(DAYS), records, strict=False):
                if len(record) == len(header):
                    record[header.index("WHEN")] = day
                writer.writerow(record)
            content = f"{out.getvalue()}{header[0]}{number}{line_end}"  # no two files alike, and one ragged line
            # A record of one empty field is a blank line to every reader, and none.
            read = csv.reader(io.StringIO(content, newline=""))
            expected[f"f{number}.csv"] = len([record for record in read if record]) - 1
            bench.put(f"f{number}.csv", content)
        if key:
            columns = columns | {"incident_id": columns[next(iter(columns))]}
        office = office_of(bench, columns, key="incident_id" if key else "row", settings=given_)
        for file, (rows, ragged) in check(bench, office, files=len(files)).items():
            assert rows + ragged == expected[file]
        # Nothing in the values ran.
        assert bench.rows("count(*)", "duckdb_tables() where table_name in ('loads', 'problems')") == [(2,)]


VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), CELL, st.just("\ud800")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(CELL, inner, max_size=3)),
    max_leaves=4,
)
OBJECTS = st.lists(
    st.one_of(st.dictionaries(st.one_of(st.sampled_from(HEADINGS), st.just("\ud800")), VALUE, max_size=5), VALUE),
    max_size=8,
)


@pytest.mark.slow
@settings(QUIET, max_examples=int(os.environ.get("FUZZ", 20)))
@given(items=OBJECTS, form=st.sampled_from(["json", "jsonl", "geojson"]))
def test_every_item_of_a_json_file_is_a_row_or_a_ragged_line(new_bench: NewBench, items: list, form: str) -> None:
    items = [{"DAY": "2024-01-05"}, *items]
    content = json.dumps(items)
    if form == "jsonl":
        content = "\n".join(map(json.dumps, items))
    if form == "geojson":
        features = [{"type": "Feature", "properties": item, "geometry": item} for item in items]
        content = json.dumps({"type": "FeatureCollection", "features": features})
    with new_bench() as bench:
        bench.put(f"f.{form}", content)
        for rows, ragged in check(bench, office_of(bench, {"occurred_date": "DAY"}), files=1).values():
            assert rows + ragged == len(items)


# ------------------------------------------------------------------------------------------- one by one, known answers

DAY = {"occurred_date": "DAY"}


def test_a_value_comes_through_as_it_is(bench) -> None:
    """Text of an address: trimmed of blanks, empty is null; in a file that mixes line ends they become one kind."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["NO", "DAY", "WHERE"])
    writer.writerows([str(n), "2024-01-05", value] for n, value in enumerate(NASTY))
    bench.put("f.csv", out.getvalue())
    columns = DAY | {"incident_id": "NO", "address": "WHERE"}
    assert check(bench, office_of(bench, columns, key="incident_id"), files=1) == {"f.csv": (len(NASTY), 0)}
    assert dict(bench.rows("incident_id::int, address", "core.incidents")) == {
        number: value.replace("\r\n", "\n").replace("\r", "\n").strip(" ") or None for number, value in enumerate(NASTY)
    }


def test_a_cell_of_a_mebibyte(bench) -> None:
    cell = "x" * (1 << 20)
    bench.put("f.csv", f'NO,DAY,WHERE\n1,2024-01-05,{cell}\n2,2024-01-05,"{cell}\n"\n3,{cell}\n')
    office = office_of(bench, DAY | {"address": "WHERE"})
    assert check(bench, office, files=1) == {"f.csv": (2, 1)}
    assert bench.rows("length(address)", "core.incidents") == [(1 << 20,), ((1 << 20) + 1,)]
    [(kept,)] = bench.rows("length(value)", "meta.problems")
    assert kept <= 1 << 16


def test_two_thousand_columns(bench) -> None:
    header = ",".join(f"C{n}" for n in range(2000))
    bench.put("f.csv", f"DAY,{header}\n" + f"2024-01-05{',1' * 2000}\n" * 3 + "2024-01-05\n")
    assert check(bench, office_of(bench, DAY | {"address": "C1999"}), files=1) == {"f.csv": (3, 1)}


@pytest.mark.parametrize("content", ["NO,DAY", "NO,DAY\n", "NO,DAY\r\n", "\ufeffNO,DAY\n", "NO,DAY\n\n\n"])
def test_a_header_alone_is_a_file_of_no_rows(bench, content: str) -> None:
    bench.put("f.csv", content)
    assert check(bench, office_of(bench, DAY), files=1) == {"f.csv": (0, 0)}


FILE_NAMES = [
    "it's.csv",
    'say "so".csv',
    "two\nlines.csv",
    "a;b--c.csv",
    "p[1].csv",
    "p*.csv",
    "p?.csv",
    "{a,b}.csv",
    "~.csv",
    "$HOME.csv",
    "%s.csv",
    "ÉTÉ \U0001f600.csv",
    "\u202egnp.csv",
    "x" * 240 + ".csv",
    "-rf.csv",
    "a\\b.csv",
    "no suffix",
    "deep/er/f.csv",
    "[x]/p1.csv",
]


def test_a_file_of_any_name_is_read_itself(bench) -> None:
    """Not p1.csv, pp.csv or px.csv, which its name would be a pattern for."""
    names = [*FILE_NAMES, "p1.csv", "pp.csv", "px.csv", "x/p1.csv"]
    for number, name in enumerate(names):
        bench.put(name, f"NO,DAY\n{number},2024-01-05\n")
    office = office_of(bench, DAY | {"incident_id": "NO"}, key="incident_id")
    assert check(bench, office, files=len(names)) == dict.fromkeys(names, (1, 0))
    source = "core.incidents join meta.loads on source_load = load_id"
    assert dict(bench.rows("incident_id::int, file", source)) == dict(enumerate(names))


def test_parquet_of_such_a_name_too(bench) -> None:
    for number, name in enumerate(("p1.parquet", "p[1].parquet", "p*.parquet")):
        pq.write_table(pa.table({"NO": [number], "DAY": ["2024-01-05"]}), bench.put(name, b""))
    office = office_of(bench, DAY | {"incident_id": "NO"}, key="incident_id")
    check(bench, office, files=3)
    source = "core.incidents join meta.loads on source_load = load_id"
    assert bench.rows("incident_id, file", source) == [("0", "p1.parquet"), ("1", "p[1].parquet"), ("2", "p*.parquet")]


def test_a_name_that_is_no_text(bench) -> None:
    """Bytes of another encoding in the name of a file: it is one line, and the others land."""
    bench.put(os.fsdecode(b"f\xe9.csv"), "NO,DAY\n1,2024-01-05\n")
    bench.put("good.csv", "NO,DAY\n2,2024-01-05\n")
    landed = extracts.land(bench.connection, office_of(bench, DAY))
    assert (landed.landed, landed.refused) == (1, 1)
    assert bench.why().isprintable()


PATTERNS = [
    "..",
    "../*",
    "a/../../*",
    "/etc/*",
    "//etc/passwd",
    "~/*",
    "$HOME/*",
    "\\..\\*",
    "**/../*",
    "****",
    "[",
    "[!]",
    "",
    ".",
    "/",
    "*" * 300,
    "two\nlines*",
    "x" * 5000,
    "http://127.0.0.1/f.csv",
    "file:///etc/passwd",
    "s3://bucket/*",
    "\u202e*",
    "nul\x00*",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_reaches_no_file_outside_and_is_one_line(bench, pattern: str) -> None:
    outside = bench.folder / "data" / "secret.csv"
    outside.write_text("NO,DAY\n1,2024-01-05\n", encoding="utf-8")
    bench.put("good.txt", "NO,DAY\n1,2024-01-05\n")
    office = office_of(bench, DAY, files="good.txt")
    # Alone it is one line, unless it is a pattern for good.txt; beside another, that one lands.
    for files in ((pattern,), (pattern, "good.txt")):
        extract = office.extracts["police"].model_copy(update={"files": files})
        landed = extracts.land(bench.connection, office.model_copy(update={"extracts": {"police": extract}}))
        whys = [why for (why,) in bench.rows("why", "meta.problems")]
        assert len(whys) == landed.refused and (whys or landed.files)
        assert all(len(why) <= LONGEST_LINE and why.isprintable() for why in whys)
    assert bench.rows("file", "meta.loads") == [("good.txt",)]


@pytest.mark.parametrize(
    "header",
    ["NO,DAY," + "N" * 100_000, "NO,DAY,\u202eabc", "NO,__load", "NO,É,é", "NO,ß,ss", "NO,rowid,ROWID_", "x\0"],
)
def test_a_header_of_any_kind_lands_or_is_one_line(bench, header: str) -> None:
    bench.put("f.csv", f"{header}\n" + "1," * header.count(",") + "1\n")
    check(bench, office_of(bench, {"occurred_date": "DAY"}), files=1)


def test_names_that_are_one_but_for_case_beyond_a_to_z(bench) -> None:
    """É in one file and é in the next."""
    bench.put("a.csv", "DAY,É\n2024-01-05,1\n")
    bench.put("b.csv", "DAY,é\n2024-01-06,2\n")
    check(bench, office_of(bench, DAY), files=2)
    assert bench.rows("occurred_date::varchar", "core.incidents") == [("2024-01-05",), ("2024-01-06",)]


def test_a_column_called_rowid(bench) -> None:
    """The database's own name for where a row is: the column is read under another, and a newer file finds its rows."""
    bench.put("a.csv", "NO,DAY,rowid\n1,2024-01-05,2\n2,2024-01-05,1\n")
    office = office_of(bench, DAY | {"incident_id": "NO", "area_id": "rowid_"}, key="incident_id")
    check(bench, office, files=1)
    bench.put("b.csv", "NO,DAY,rowid\n2,2024-01-05,1\n1,2024-01-05,2\n3,2024-01-05,0\n")
    check(bench, office, files=2)
    assert bench.rows("incident_id, area_id", "core.incidents") == [("1", "2"), ("2", "1"), ("3", "0")]
