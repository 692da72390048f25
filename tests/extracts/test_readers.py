"""Files as they arrive, in every form an office has: what is found in them, and that no record is lost."""

import codecs
import csv
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategic_prosecution.extracts.readers import Contents, FileProblem, Form, find_form, fingerprint, read

MIB = 1 << 20


class Desk:
    """Put a file, find its form, read it, look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temp_dir = folder / "tmp"
        self.connection = duckdb.connect(config={"threads": "2", "python_enable_replacements": "false"})

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, path: Path, **stated: str) -> Contents:
        contents = read(self.connection, path, form=find_form(path, **stated), temp_dir=self.temp_dir)
        assert not self.temp_dir.exists() or not list(self.temp_dir.iterdir())
        columns = self.connection.execute("select column_name, column_type from (describe incoming)").fetchall()
        assert columns == [("__row", "BIGINT"), *((name, "VARCHAR") for name in contents.header)]
        return contents

    def rows(self) -> list[tuple]:
        return self.connection.execute('select * from incoming order by "__row"').fetchall()

    def table(self, name: str, content: str | bytes, **stated: str) -> tuple[list[str], list[tuple]]:
        """(header, rows) of a file in which every record fits."""
        contents = self.read(self.put(name, content), **stated)
        assert contents.ragged == []
        return contents.header, self.rows()

    def why(self, name: str, content: str | bytes, **stated: str) -> str:
        """What is said of a file that does not land; nothing is left of it."""
        self.connection.execute("drop table if exists incoming")
        with pytest.raises(FileProblem) as problem:
            self.read(self.put(name, content), **stated)
        left = self.connection.execute("select count(*) from duckdb_tables() where temporary").fetchone()
        assert left == (0,)
        assert problem.value.kind == "unreadable_file"
        assert "\n" not in str(problem.value)
        return str(problem.value)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.connection.close()


# ------------------------------------------------------------------------------------------------------------ form


def test_the_fingerprint_is_sha256_of_the_bytes(desk: Desk) -> None:
    # FIPS 180-2, appendix B.1.
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert fingerprint(desk.put("a.csv", b"abc")) == known
    assert fingerprint(desk.put("b.csv", b"abc" * MIB)) == hashlib.sha256(b"abc" * MIB).hexdigest()
    with pytest.raises(FileProblem, match=r"^is empty; ask its source for a complete file$"):
        fingerprint(desk.put("c.csv", b""))


PLAIN = "Id,Straße\n1,Zoë\n2,naïve\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (PLAIN.encode(), "utf-8"),
        (PLAIN.encode("utf-8-sig"), "utf-8-sig"),
        (PLAIN.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), "utf-16"),
        (PLAIN.encode("utf-16-le"), "utf-16-le"),
        (PLAIN.encode("utf-16-be"), "utf-16-be"),
        (PLAIN.encode("utf-32"), "utf-32"),
        (PLAIN.encode("cp1252"), "cp1252"),
        (PLAIN.encode("latin-1").replace(b"na", b"\x81"), "latin-1"),
    ],
)
def test_the_encoding_is_found(desk: Desk, content: bytes, encoding: str) -> None:
    path = desk.put("a.csv", content)
    form = find_form(path)
    assert (form.encoding, "encoding" in form.found) == (encoding, True)
    desk.read(path)
    last = (3, "2", "naïve") if encoding != "latin-1" else (3, "2", "\x81ïve")
    assert desk.rows() == [(2, "1", "Zoë"), last]


def test_a_character_cut_by_a_block_is_no_reason_to_doubt_utf8(desk: Desk) -> None:
    content = "a,b\n1," + "x" * (MIB - 7) + "é\n"
    assert content.encode()[MIB - 1 : MIB + 1] == "é".encode()
    assert find_form(desk.put("a.csv", content)).encoding == "utf-8"
    assert find_form(desk.put("b.csv", content.encode() + b"\xe9")).encoding == "cp1252"


@pytest.mark.parametrize(
    ("content", "encoding", "why"),
    [
        ("a,b\nñ,2\n".encode("latin-1"), "utf-8", "is not utf-8 near byte 4"),
        (b"a,b\n1,2\n\xc3", "utf-8", "is not utf-8 near byte 8"),
        (b"a,b\n1,2\n", "utf-99", "encoding [utf-99] is not known; name one such as utf-8, latin-1, utf-16"),
        (b"a,b\n1,2\n", "rot13", "encoding [rot13] is not known; name one such as utf-8, latin-1, utf-16"),
    ],
)
def test_a_stated_encoding_wins_and_must_hold(desk: Desk, content: bytes, encoding: str, why: str) -> None:
    assert desk.why("a.csv", content, encoding=encoding).startswith(why)


def test_a_stated_encoding_is_taken_though_another_is_found(desk: Desk) -> None:
    assert desk.table("a.csv", "a,b\né,2\n".encode(), encoding="latin-1")[1] == [(2, "Ã©", "2")]


@pytest.mark.parametrize(
    ("content", "delimiter", "quote"),
    [
        ("a,b,c\n1,2,3\n", ",", '"'),
        ("a;b\n1,5;2\n3,25;4\n", ";", '"'),
        ("a\tb\nSmith, Jones; Co\t2\n", "\t", '"'),
        ("a|b\n1|2,3\n", "|", '"'),
        ('a;b\n"1;2\n,3";"x"\n4;5\n', ";", '"'),
        ("one column\nyes\nno\n", ",", '"'),
        ("a,b\n'1,2','x'\n'3','O''Brien'\n", ",", "'"),
        ("name,age\nO'Brien,3\n'Tis,4\n", ",", '"'),
        ('name\tnote\n"Doc\t1\nx\t2\n', "\t", ""),
        ('a,b\n1,"5 ""inch"" pipe"\n', ",", '"'),
        # A file longer than what is looked at, cut inside a record.
        ("a;b\n" + "1,2,3;4\n" * 50 + '"' + "x,\n" * (MIB // 4) + '";2\n', ";", '"'),
    ],
)
def test_delimiter_and_quote_are_found(desk: Desk, content: str, delimiter: str, quote: str) -> None:
    form = find_form(desk.put("a.csv", content))
    assert (form.delimiter, form.quote) == (delimiter, quote)
    assert set(form.found) == {"encoding", "delimiter", "quote"}


def test_what_was_found_and_what_was_stated_is_said(desk: Desk) -> None:
    path = desk.put("a.txt", "a\tb\n1\t2\n")
    assert find_form(path).describe() == 'CSV, utf-8 (found), delimiter tab (found), quote " (found)'
    assert find_form(path, encoding="latin-1", delimiter=";") == Form(
        "csv", encoding="latin-1", delimiter=";", quote='"', line_end="", found=("quote",)
    )
    stated = find_form(path, encoding="utf-8", delimiter="\t").describe()
    assert stated == 'CSV, utf-8 (stated), delimiter tab (stated), quote " (found)'


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", b"", "is empty; ask its source for a complete file"),
        ("a.csv", b"PK\x03\x04 no zip", "is a zip archive and no workbook, or damaged; unpack it, or ask for it again"),
        ("a.xlsx", b"a,b\n1,2\n", "is named [.xlsx] and is CSV; rename it to [.csv]"),
        ("a.csv", b'{"a": 1}', "is named [.csv] and is JSON; rename it to [.json]"),
        ("a.csv", b'\xef\xbb\xbf [\n{"a": 1}]', "is named [.csv] and is JSON; rename it to [.json]"),
        ("a.csv", b"PAR1....PAR1", "is named [.csv] and is Parquet; rename it to [.parquet]"),
        ("a.parquet", b"a,b\n1,2\n", "is no Parquet file whatever its name says, or is cut off; ask its source for it"),
        ("a.xls", b"\n<!DOCTYPE html><table>", "is a web page or XML named [.xls]; open it in a spreadsheet and save"),
        ("a.csv", b"<html>Log in</html>", "is a web page or XML named [.csv]; open it in a spreadsheet and save it"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old .xls workbook or one with a password; save it as"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old .xls workbook or one with a password; save it as"),
        ("a.csv", b"\x1f\x8b\x08\x00", "is compressed (gzip); unpack it"),
    ],
)
def test_a_name_that_lies_is_said(desk: Desk, name: str, content: bytes, why: str) -> None:
    assert desk.why(name, content).startswith(why)


def test_a_name_that_says_nothing_leaves_it_to_the_bytes(desk: Desk) -> None:
    assert desk.table("export", '[{"a": 1}]') == (["a"], [(2, "1")])
    assert desk.table("export.dat", "a;b\n1;2\n") == (["a", "b"], [(2, "1", "2")])


def test_a_header_in_brackets_is_no_json(desk: Desk) -> None:
    assert desk.table("a.csv", "[Id],{x}\n1,2\n") == (["[Id]", "{x}"], [(2, "1", "2")])


# ------------------------------------------------------------------------------------------------- delimited text


@pytest.mark.parametrize(
    ("content", "header", "rows"),
    [
        (' A ,"B, c"\n1,2\n', ["A", "B, c"], [(2, "1", "2")]),
        ("A,,C\n1,2,3\n", ["A", "column_2", "C"], [(2, "1", "2", "3")]),
        ('A,"B\nc"\n1,2\n', ["A", "B\nc"], [(2, "1", "2")]),
        ("A,B", ["A", "B"], []),
        ("A,B\n1,2", ["A", "B"], [(2, "1", "2")]),
        ('A,B\n1,"2"', ["A", "B"], [(2, "1", "2")]),
        ("A,B\n1,\n,2\n,\n", ["A", "B"], [(2, "1", None), (3, None, "2"), (4, None, None)]),
        ('A,B\n"",""""\n', ["A", "B"], [(2, None, '"')]),
        # Blank lines are no records, whatever their line end.
        ("A,B\n\n1,2\n\n\n3,4\n\n", ["A", "B"], [(2, "1", "2"), (3, "3", "4")]),
        ("A,B\r\n\r\n1,2\r\n\r\n3,4\r\n", ["A", "B"], [(2, "1", "2"), (3, "3", "4")]),
        ("A\n1\n\n3\n", ["A"], [(2, "1"), (3, "3")]),
        ('A\n"1\n2"\n""\n', ["A"], [(2, "1\n2"), (3, None)]),
        # Line ends of every kind, in one file and inside quotes.
        ("A,B\r1,2\r3,4", ["A", "B"], [(2, "1", "2"), (3, "3", "4")]),
        ('A,B\n1,2\r\n3,4\r5,"x\r\ny"\n', ["A", "B"], [(2, "1", "2"), (3, "3", "4"), (4, "5", "x\ny")]),
        ('A,B\r\n1,"x\r\ny"\r\n', ["A", "B"], [(2, "1", "x\r\ny")]),
        # Empty fields beyond the header are nothing.
        ("A,B\n1,2,\n3,4,,\n", ["A", "B"], [(2, "1", "2"), (3, "3", "4")]),
        ("A,B,\n1,2,\n", ["A", "B", "column_3"], [(2, "1", "2", None)]),
        # A quote inside a field is a quote.
        ('A,B\n1,5" pipe\n2,x\n3,6"\n', ["A", "B"], [(2, "1", '5" pipe'), (3, "2", "x"), (4, "3", '6"')]),
        ('A,B\n1, "x,y"\n', ["A", "B"], [(2, "1", "x,y")]),
        ("A,B\n\0,3\0x\n", ["A", "B"], [(2, "\0", "3\0x")]),
        ("A,B\n=1+1,'; drop table incoming; --\n", ["A", "B"], [(2, "=1+1", "'; drop table incoming; --")]),
        ("A'b,B\"c\n1,2\n", ["A'b", 'B"c'], [(2, "1", "2")]),
    ],
)
def test_records_of_a_csv_file(desk: Desk, content: str, header: list[str], rows: list[tuple]) -> None:
    assert desk.table("a.csv", content, delimiter=",") == (header, rows)


@pytest.mark.parametrize(
    ("content", "rows", "ragged"),
    [
        ("A,B\n1\n2,3\n4,5,6\n7,8\n", [3, 5], [(2, "1"), (4, "4,5,6")]),
        # Blank lines are not counted in the numbers of what does not fit either.
        ("A,B\n\n1,2\n\n3\n\n4,5\n", [2, 4], [(3, "3")]),
        ('A,B\n1,"x\ny"\n2\n3,"u\nv"\n4\n', [2, 4], [(3, "2"), (5, "4")]),
        ('A,B\n"1"x,2\n3,4\n', [3], [(2, '"1"x,2')]),
        ('A,B\n1,2\n3,"4\n5,6\n7,8\n', [2], [(3, '3,"4\n5,6\n7,8')]),
        ("A\n1\n2,3\n4\n", [2, 4], [(3, "2,3")]),
        ("A,B\r\n1\r\n\r\n2\r\n3,4\r\n", [4], [(2, "1"), (3, "2")]),
    ],
)
def test_records_that_do_not_fit_keep_their_number(
    desk: Desk, content: str, rows: list[int], ragged: list[tuple]
) -> None:
    contents = desk.read(desk.put("a.csv", content), delimiter=",")
    assert [row[0] for row in desk.rows()] == rows
    assert [(number, text) for number, text, _ in contents.ragged] == ragged
    whys = [why for *_, why in contents.ragged]
    assert all(why.startswith("set aside") and why.endswith("; correct the line at its source") for why in whys)


def test_how_much_an_open_quote_took_is_said(desk: Desk) -> None:
    contents = desk.read(desk.put("a.csv", 'A,B\n1,2\n3,"4\n' + "5,6\n" * 40_000))
    [(number, text, why)] = contents.ragged
    assert (number, len(text)) == (3, 1 << 16)
    assert why.startswith("set aside with 40001 lines between its quotes, 160004 characters of which the first 65536")


@pytest.mark.parametrize(
    "first",
    [
        ["A1", "2025-01-05", "Secretname"],
        ["A1", "1/5/2025 10:30 PM", "Secretname"],
        ["2025-01-05T10:00:00Z", "Secretname", "secretname"],
        ["__x", "1851", "Secretname"],
        ["-87.63", "Secretname", "Secretname"],
    ],
)
def test_a_row_of_data_is_no_header_and_is_not_quoted(desk: Desk, first: list[str]) -> None:
    content = ",".join(first) + "\nA2,2025-01-06,Other\n"
    said = "its first line looks like a row of data, not column names; put the column names there"
    assert desk.why("a.csv", content) == said
    assert desk.why("a.xlsx", sheet_of(first, ["A2", "x", "Other"])) == said


def test_years_and_numbered_words_are_column_names(desk: Desk) -> None:
    names = ["Offense", "2024", "1900", "2100", "Charge 1", "100 Block", "24-01"]
    assert desk.table("a.csv", ",".join(names) + "\n" + "1," * 6 + "1\n")[0] == names


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("title", ["Secretname", "Secretname{0}{0}", "Secretname\n\nmade of it"])
def test_a_title_is_no_header_and_is_not_quoted(desk: Desk, delimiter: str, title: str) -> None:
    below = "".join(delimiter.join(row) + "\n" for row in (["A", "B", "C"], ["1", "2", "3"]))
    said = "its first line is a title, not column names; delete the lines above the column names"
    assert desk.why("a.csv", title.format(delimiter) + "\n" + below) == said
    assert desk.why("a.xlsx", sheet_of(["Secretname"], [], ["A", "B", "C"], ["1", "2", "3"])) == said


def test_one_column_is_no_title(desk: Desk) -> None:
    assert desk.table("a.csv", "A\nx\ny, z\n", delimiter=";") == (["A"], [(2, "x"), (3, "y, z")])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("\n\nA,B\n", "its first line is no header; put the column names there"),
        (",,\n1,2,3\n", "its first line is no header; put the column names there"),
        ("A,b, B \n1,2,3\n", "its header names [b] twice; rename one of the columns"),
        ("A,column_1,\n1,2,3\n", None),
        (",column_1\n1,2\n", "its header names [column_1] twice; rename one of the columns"),
        ("A,__row\n1,2\n", "its header names [__row]; names with two underscores in front are ours: rename it"),
        ("A,B\0\n1,2\n", "its header holds a NUL byte or half a character; ask its source for a clean file"),
        ('"A"x,B\n1,2\n', "its header cannot be read: ',' expected after '\"'"),
    ],
)
def test_headers_that_are_none(desk: Desk, content: str, why: str | None) -> None:
    if why is None:
        assert desk.table("a.csv", content)[0] == ["A", "column_1", "column_3"]
    else:
        assert desk.why("a.csv", content, delimiter=",") == why


def test_cells_of_a_mebibyte_and_more(desk: Desk) -> None:
    long, lines = "x" * (15 * MIB), "y\n" * MIB
    assert desk.table("a.csv", f'A,B\n{long},1\n2,"{lines}"\n')[1] == [(2, long, "1"), (3, "2", lines)]
    assert desk.table("b.csv", f'A,B\n{long},1\n2,5" pipe\n')[1] == [(2, long, "1"), (3, "2", '5" pipe')]
    beyond = desk.read(desk.put("c.csv", f"A,B\n{'x' * (17 * MIB)},1\n2,3\n"))
    assert (desk.rows(), [number for number, *_ in beyond.ragged]) == ([(3, "2", "3")], [2])


def test_many_records_that_do_not_fit_among_quoted_line_ends(desk: Desk) -> None:
    """Several buffers of the database: its line numbers hold across them."""
    records = [f"{n}" if n % 10 == 0 else f'{n},"{"z" * 60}\n{n}"' for n in range(2, 200_002)]
    contents = desk.read(desk.put("a.csv", "A,B\n" + "\n".join(records) + "\n"))
    assert [number for number, *_ in contents.ragged] == list(range(10, 200_002, 10))
    wrong = desk.connection.execute('select count(*) from incoming where A::bigint <> "__row"').fetchone()
    assert wrong == (0,)
    assert desk.connection.execute("select count(*) from incoming").fetchone() == (180_000,)


TOKENS = [
    ",",
    ",",
    '"',
    "\n",
    "\n",
    "\r\n",
    "\r",
    "a",
    "1",
    " ",
    "\0",
    "é",
    "\ufeff",
    "'",
    ";",
    "\t",
    '""',
    'x"y',
    "=1",
]


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.lists(st.sampled_from(TOKENS), max_size=40).map("".join),
    width=st.integers(1, 3),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_no_record_is_unaccounted_for(desk: Desk, body: str, width: int, line_end: str, encoding: str) -> None:
    """As many records, with the same numbers and values, as Python's csv module finds."""
    text = ",".join("abc"[:width]) + line_end + body
    path = desk.put("a.csv", text.encode(encoding, "replace"))
    quote = find_form(path, delimiter=",", encoding=encoding).quote
    decoded = path.read_bytes().decode(encoding)
    expected = _by_csv_module(decoded, quote)
    try:
        contents = desk.read(path, delimiter=",", encoding=encoding)
    except FileProblem as problem:
        assert "its first line is a title" in str(problem)
        assert width == 1
        assert sum(len(list(filter(None, fields or []))) > 2 for fields in expected) > 1
        return
    numbers = sorted([row[0] for row in desk.rows()] + [number for number, *_ in contents.ragged])
    assert numbers == list(range(2, len(expected) + 1))
    for number, *values in desk.rows():
        fields = expected[number - 1]
        assert fields is not None
        assert [_alike(value or "") for value in values] == [_alike(field) for field in fields[:width]]
        assert not any(fields[width:])


def _alike(text: str) -> str:
    """Up to what the two ways to read may differ in: kinds of line end, and spaces that begin a field."""
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip(" ")


def _by_csv_module(text: str, quote: str) -> list[list[str] | None]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        strict=True,
        skipinitialspace=True,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    records: list[list[str] | None] = []
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return records
        except csv.Error:
            records.append(None)
        else:
            records += [fields] if fields else []


# ----------------------------------------------------------------------------------------------------------- Excel

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
# Cell styles: 0 general, 1 date, 2 date and time, 3 duration, 4 time of day.
STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>
<numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/>
<xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="20"/></cellXfs></styleSheet>"""


def workbook(sheets: dict[str, str], *, shared: tuple[str, ...] = (), hidden: str = "", epoch: str = "") -> bytes:
    """A workbook of sheets given as rows of XML."""
    names = list(sheets)
    relations = "".join(
        f'<Relationship Id="s{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(len(names))
    )
    states = {name: ' state="hidden"' if name == hidden else "" for name in names}
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n + 1}" r:id="s{n}"{states[name]}/>' for n, name in enumerate(names)
    )
    strings = "".join(f"<si><t>{escape(text)}</t></si>" for text in shared)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{epoch}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}'
        f'<Relationship Id="y" Type="{OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="t" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
    }
    parts |= {
        f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheets[name]}</sheetData></worksheet>'
        for n, name in enumerate(names)
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def row(number: int, *cells: str) -> str:
    """A row of XML; a cell is written with its attributes and content: ``s="1"><v>45413</v>``."""
    placed = "".join(f'<c r="{chr(65 + n)}{number}" {cell}</c>' for n, cell in enumerate(cells) if cell)
    return f'<row r="{number}">{placed}</row>'


def sheet_of(*rows: list[str]) -> bytes:
    """A workbook of one sheet of text."""
    return workbook({"S": "".join(row(number, *map(say, cells)) for number, cells in enumerate(rows, start=1))})


def say(text: str) -> str:
    return f't="inlineStr"><is><t>{escape(text)}</t></is>'


HEAD = row(1, say("Id"), say("Day"))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("><v>7</v>", "7"),
        ("><v>-1.5</v>", "-1.5"),
        ("><v>0.1</v>", "0.1"),
        ("><v>123456789012345</v>", "123456789012345"),
        ("><v>1234567890123450</v>", "1.23456789012345E+15"),
        ("><v>1.7014118346046923E+41</v>", "1.70141183460469E+41"),
        # Serial 45413 is 1 May 2024 (ECMA-376 part 1, 18.17.4.1: 1 January 1900 is 1).
        ('s="1"><v>45413</v>', "2024-05-01"),
        ('s="2"><v>45413</v>', "2024-05-01"),
        ('s="2"><v>45413.572916666664</v>', "2024-05-01 13:45:00"),
        ('s="3"><v>1.25</v>', "30:00:00"),
        ('s="4"><v>0.5</v>', "12:00:00"),
        ('t="d"><v>2024-05-01T13:45:00</v>', "2024-05-01 13:45:00"),
        ('t="b"><v>1</v>', "true"),
        ('t="b"><v>0</v>', "false"),
        ('t="e"><v>#N/A</v>', None),
        ('t="s"><v>0</v>', "0042"),
        (say("0042"), "0042"),
        (say("Brown & Sons <x>"), "Brown & Sons <x>"),
        ('t="str"><f>A1</f><v>cached</v>', "cached"),
        ("><f>1+1</f><v>2</v>", "2"),
        ("><f>1+1</f>", None),
    ],
)
def test_cells_of_a_workbook(desk: Desk, cell: str, text: str | None) -> None:
    content = workbook({"S": HEAD + row(2, say("1"), cell)}, shared=("0042",))
    assert desk.table("a.xlsx", content) == (["Id", "Day"], [(2, "1", text)])


def test_a_workbook_that_counts_from_1904(desk: Desk) -> None:
    content = workbook({"S": HEAD + row(2, say("1"), 's="1"><v>43951</v>')}, epoch='<workbookPr date1904="1"/>')
    assert desk.table("a.xlsx", content)[1] == [(2, "1", "2024-05-01")]


def test_blank_rows_are_skipped_and_numbers_are_those_of_the_sheet(desk: Desk) -> None:
    sheet = row(3, "", say(" Id "), say(""), say("Day")) + row(4, "", say("1")) + row(7, "", "", say("x"), say("y"))
    assert desk.table("a.xlsm", workbook({"S": sheet})) == (
        ["Id", "column_2", "Day"],
        [(4, "1", None, None), (7, None, "x", "y")],
    )


def test_a_value_right_of_the_header_does_not_fit(desk: Desk) -> None:
    sheet = HEAD + row(2, say("1"), say("a")) + row(3, say("2"), "", "", say("stray")) + row(5, say("3"))
    contents = desk.read(desk.put("a.xlsx", workbook({"S": sheet})))
    assert desk.rows() == [(2, "1", "a"), (5, "3", None)]
    why = "set aside: a value right of the last column name; correct the line at its source"
    assert contents.ragged == [(3, "2\t\t\tstray", why)]


def test_the_sheet_is_the_stated_one_or_the_only_one(desk: Desk) -> None:
    one, two = HEAD + row(2, say("1")), HEAD + row(2, say("2"))
    alone = desk.put("a.xlsx", workbook({"Notes": "", "Cases 2024": one, "Lists": two}, hidden="Lists"))
    assert find_form(alone).describe() == "Excel, sheet Cases 2024 (found)"
    both = workbook({"Cases 2024": one, "Cases 2023": two})
    assert desk.table("b.xlsx", both, sheet="Cases 2023")[1] == [(2, "2", None)]
    assert find_form(desk.folder / "b.xlsx", sheet="Cases 2023").describe() == "Excel, sheet Cases 2023 (stated)"
    why = "has several sheets with cells: [Cases 2024], [Cases 2023]; state which in `sheet`"
    assert desk.why("c.xlsx", both) == why
    why = "has no sheet [Case 2023]; state one of its own in `sheet`: [Cases 2024], [Cases 2023]"
    assert desk.why("d.xlsx", both, sheet="Case 2023") == why


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (workbook({"S": ""}), "its first line is no header"),
        (workbook({"S": "", "T": ""}), "has no sheet with cells"),
        (workbook({"S": row(1, say("a"), say("A"))}), "its header names [a] twice"),
        (workbook({"S": HEAD})[:-40], "is a zip archive and no workbook, or damaged"),
        (workbook({"S": "<row r='1'><c"}), "is a damaged workbook"),
    ],
)
def test_workbooks_that_do_not_land(desk: Desk, content: bytes, why: str) -> None:
    assert desk.why("a.xlsx", content).startswith(why)


def test_a_stray_cell_far_away_does_not_take_the_program_down(desk: Desk) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    assert desk.why("a.xlsx", workbook({"S": HEAD + far})) == (
        "has cells from the first to row 1048576, column 16384; delete the stray ones, or save it as CSV"
    )


def test_a_workbook_of_several_chunks(desk: Desk) -> None:
    rows = "".join(row(n, f"><v>{n}</v>", say(f"x{n}")) for n in range(2, 45_002))
    desk.read(desk.put("a.xlsx", workbook({"S": HEAD + rows})))
    found = desk.connection.execute('select count(*), count(*) filter (Id::bigint = "__row") from incoming').fetchone()
    assert found == (45_000, 45_000)


# --------------------------------------------------------------------------------------------------------- Parquet


def test_values_of_a_parquet_file(desk: Desk) -> None:
    moment = datetime(2024, 5, 1, 13, 45, 0, 250_000)
    table = pa.table(
        {
            "id": pa.array(["007", ""]),
            "float": pa.array([7.0, 1.5]),
            "large": pa.array([1.7014118346046923e41, float("nan")]),
            "whole": pa.array([2**62, None], pa.int64()),
            "money": pa.array([Decimal("1.10"), None], pa.decimal128(9, 2)),
            "day": pa.array([date(2024, 5, 1), None]),
            "local": pa.array([moment, datetime(2024, 5, 1)], pa.timestamp("us")),
            "instant": pa.array([moment.replace(tzinfo=UTC), None], pa.timestamp("us", "UTC")),
            "flag": pa.array([True, False]),
            "list": pa.array([["a", 'b"'], None]),
            "struct": pa.array([{"x": 1}, None]),
            "bytes": pa.array([b"\x00\xff", None]),
            "kind": pa.array(["u", "v"]).dictionary_encode(),
        }
    )
    path = desk.folder / "a.parquet"
    pq.write_table(table, path)
    desk.connection.execute("set TimeZone = 'America/New_York'")
    contents = desk.read(path)
    assert (contents.header, contents.ragged) == (table.column_names, [])
    first, second = desk.rows()
    assert first == (
        *(2, "007", "7", "1.7014118346046923E+41", "4611686018427387904", "1.10", "2024-05-01"),
        *("2024-05-01 13:45:00.25", "2024-05-01 13:45:00.25+00", "true", '["a","b\\""]', '{"x":1}', "00FF", "u"),
    )
    assert second == (
        *(3, None, "1.5", None, None, None, None, "2024-05-01 00:00:00", None, "false", None, None, None, "v"),
    )


def test_parquet_files_that_do_not_land(desk: Desk) -> None:
    pq.write_table(pa.table({"a": [1], "A": [2]}), desk.folder / "twice.parquet")
    content = (desk.folder / "twice.parquet").read_bytes()
    assert desk.why("a.parquet", content) == "its header names [a] twice; rename one of the columns"
    pq.write_table(pa.table({"a": ["x" * 50]}), desk.folder / "once.parquet", use_dictionary=False, compression="none")
    content = (desk.folder / "once.parquet").read_bytes()
    damaged = content[:4] + b"\xff" * 40 + content[44:]
    assert desk.why("b.parquet", damaged).startswith("cannot be read as Parquet (")
    assert desk.why("c.parquet", content[:-4]).startswith("cannot be read as Parquet (")


# ------------------------------------------------------------------------------------------------ JSON and GeoJSON

LONG_ID = "170141183460469231731687303715884105727"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", f'[{{"id": {LONG_ID}, "n": 1.10}}, {{"n": null, "é": "x"}}]'),
        ("a.json", f'{{"id": {LONG_ID}, "n": 1.10}}\n\n{{"n": null, "é": "x"}}\n'),
        ("a.jsonl", f'{{"id": {LONG_ID}, "n": 1.10}}\r\n{{"n": null, "é": "x"}}'),
        ("a.json", f'{{"count": 2, "data": [{{"id": {LONG_ID}, "n": 1.10}}, {{"é": "x"}}], "links": ["a", 1]}}'),
        ("b.json", f' [ {{"id": {LONG_ID}, "n": 1.10}} ,\n{{"é": "x", "id": ""}} ] \n'),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_records_of_a_json_file(desk: Desk, name: str, content: str, encoding: str) -> None:
    found = desk.table(name, content.encode(encoding))
    assert found == (["id", "n", "é"], [(2, LONG_ID, "1.10", None), (3, None, None, "x")])


def test_values_of_a_json_file(desk: Desk) -> None:
    content = (
        r'[{"t": true, "f": false, "e": 1e400, "x": -0, "l": [1, 2.50, "a"], "o": {"k": null}, "u": "\ud83d a\u0000"}]'
    )
    assert desk.table("a.json", content) == (
        ["t", "f", "e", "x", "l", "o", "u"],
        [(2, "true", "false", "1e400", "-0", '[1,2.5,"a"]', '{"k":null}', "\ufffd a\0")],
    )


def test_items_that_are_no_object_do_not_fit(desk: Desk) -> None:
    contents = desk.read(desk.put("a.json", '[{"a": 1}, 7, "x", {"a": 2}, [1]]'))
    assert desk.rows() == [(2, "1"), (5, "2")]
    assert [(number, text) for number, text, _ in contents.ragged] == [(3, "7"), (4, '"x"'), (6, "[1]")]
    contents = desk.read(desk.put("a.ndjson", '{"a": 1}\nnonsense\n{"a": 2\n{"a": 3}\n'))
    assert desk.rows() == [(2, "1"), (5, "3")]
    assert [(number, text) for number, text, _ in contents.ragged] == [(3, "nonsense"), (4, '{"a": 2')]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[]", "holds no record with a name in it"),
        ("[{}]", "holds no record with a name in it"),
        ('{"error": "too many requests"}', "holds no array of objects"),
        ('{"a": [{"x": 1}], "b": [{"y": 1}]}', "holds two arrays of objects, [a] and [b]; save one of them alone"),
        ('[{"a": 1}', "ends near character 10;"),
        ('[{"a": 1}, {"a": ', "is no JSON, or cut off, near character 12"),
        ('[{"a": 1} {"a": 2}]', "is no JSON near character 11"),
        ('[{"a": 1}] extra', "goes on after its end near character 12"),
        ('[{"a": 1, "A": 2}]', "its header names [a] twice"),
        ('[{"__row": 1}]', "its header names [__row]"),
        ("nothing", "is no JSON: it begins with neither"),
        ('[{"a": ' + "[" * 200_000 + "]" * 200_000 + "}]", "is nested too deeply near character 2"),
    ],
)
def test_json_that_does_not_land(desk: Desk, content: str, why: str) -> None:
    assert desk.why("a.json", content).startswith(why)


def test_json_longer_than_a_block_and_columns_that_come_late(desk: Desk) -> None:
    records = [{"n": n, "pad": "é" * 50} | ({"late": n} if n > 30_000 else {}) for n in range(2, 40_002)]
    desk.read(desk.put("a.json", json.dumps({"data": records}, ensure_ascii=False)))
    found = desk.connection.execute(
        'select count(*), count(*) filter (n::bigint = "__row"), count(late) from incoming'
    ).fetchone()
    assert found == (40_000, 40_000, 10_001)


def test_features_of_a_geojson_file(desk: Desk) -> None:
    features = """{"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": 9, "properties": {"name": "a"},
         "geometry": {"type": "Point", "coordinates": [-71.10, 42.3, 5]}},
        {"type": "Feature", "properties": {"name": "b", "longitude": "x"},
         "geometry": {"type": "Point", "coordinates": [1, 2]}},
        {"type": "Feature", "properties": {"tags": [1.5]},
         "geometry": {"type": "LineString", "coordinates": [[1.5, 2], [3, 4]]}},
        {"type": "Feature", "properties": null, "geometry": null},
        {"type": "Point", "coordinates": [1, 2]}]}"""
    for name in ("a.geojson", "a.json"):
        contents = desk.read(desk.put(name, features))
        assert contents.header == ["name", "longitude", "latitude", "id", "tags", "geometry"]
        assert desk.rows() == [
            (2, "a", "-71.10", "42.3", "9", None, None),
            (3, "b", "x", "2", None, None, None),
            (4, None, None, None, None, "[1.5]", '{"type":"LineString","coordinates":[[1.5,2],[3,4]]}'),
            (5, None, None, None, None, None, None),
        ]
        assert [number for number, *_ in contents.ragged] == [6]
    assert find_form(desk.folder / "a.json").describe() == "GeoJSON, utf-8 (found)"


# -------------------------------------------------------------------------------------------------------- real data


def _records_by_csv_module(path: Path, form: Form) -> int:
    with path.open(encoding=form.encoding, newline="") as handle:
        return sum(1 for record in csv.reader(handle, delimiter=form.delimiter) if record) - 1


def _features_by_json_module(path: Path, form: Form) -> int:
    return len(json.loads(path.read_text(encoding=form.encoding))["features"])


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("pattern", "count"), [("**/*.csv", _records_by_csv_module), ("**/*.geojson", _features_by_json_module)]
)
def test_every_record_of_the_real_files(desk: Desk, pattern: str, count: Callable[[Path, Form], int]) -> None:
    csv.field_size_limit(1 << 24)
    paths = sorted(Path(os.environ["REALDATA"]).glob(pattern))
    assert paths
    for path in paths:
        contents = desk.read(path)
        rows = desk.connection.execute("select count(*) from incoming").fetchone()
        assert rows is not None
        assert rows[0] + len(contents.ragged) == count(path, find_form(path)), path.name
        assert len(contents.header) > 1
