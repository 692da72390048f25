"""Files nobody would send on purpose: each lands or is one line, and every record of what landed is accounted for."""

import csv
import io
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager

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
    assert len(loads) + len(refused) == files == landed.landed + landed.refused
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
    "__row",
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
def tables(draw) -> tuple[list[str], list[list[str]], dict[str, str], str]:
    """A header, records of its width or not, which of our columns it fills, and how lines end."""
    header = draw(st.lists(st.sampled_from(HEADINGS), min_size=2, max_size=8, unique_by=str.casefold))
    width = len(header)
    records = draw(
        st.lists(
            st.one_of(
                st.lists(CELL, min_size=width, max_size=width),
                st.lists(CELL, min_size=width, max_size=width),
                st.lists(CELL, min_size=1, max_size=width + 2),
            ),
            max_size=12,
        )
    )
    ours = draw(st.permutations(sorted(TYPED)))
    columns = dict(zip(ours, header, strict=False)) | {"occurred_date": draw(st.sampled_from(header))}
    return header, records, columns, draw(st.sampled_from(["\n", "\r\n"]))


@settings(QUIET, max_examples=int(os.environ.get("FUZZ", 40)))
@given(table=tables(), key=st.booleans(), crs=st.booleans())
def test_every_record_written_is_a_row_or_a_ragged_line(new_bench: NewBench, table, key: bool, crs: bool) -> None:
    """What Python's csv module writes and reads back is counted, whatever is in it."""
    header, records, columns, line_end = table
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow(header)
    writer.writerows(records)
    # A record of one empty field is a blank line to every reader, and none.
    expected = len([record for record in csv.reader(io.StringIO(out.getvalue(), newline="")) if record]) - 1
    settings_ = 'encoding = "utf-8"\ndelimiter = ","\n' + ('crs = "EPSG:2272"' if crs else "")
    with new_bench() as bench:
        bench.put("f.csv", out.getvalue().encode())
        columns = columns | ({"incident_id": header[0]} if key else {})
        office = office_of(bench, columns, key="incident_id" if key else "row", settings=settings_)
        for rows, ragged in check(bench, office, files=1).values():
            assert rows + ragged == expected
        # Nothing in the values ran.
        assert bench.rows("count(*) > 0", "duckdb_tables() where schema_name = 'raw' or table_name = 'loads'") == [
            (True,)
        ]


VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), CELL, st.just("\ud800")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(CELL, inner, max_size=3)),
    max_leaves=4,
)
OBJECTS = st.lists(
    st.one_of(st.dictionaries(st.one_of(st.sampled_from(HEADINGS), st.just("\ud800")), VALUE, max_size=5), VALUE),
    max_size=8,
)


@settings(QUIET, max_examples=int(os.environ.get("FUZZ", 25)))
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
