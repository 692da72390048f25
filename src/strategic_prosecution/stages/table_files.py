"""Writing a long table to a file, part by part: CSV, Excel or Parquet, whole or not at all, for its owner alone."""

import fcntl
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from strategic_prosecution.settings import SettingsError

ENDINGS = (".csv", ".xlsx", ".parquet")
# What a sheet and a cell of Excel hold.
MOST_ROWS, _MOST_CHARACTERS = 1_048_575, 32_767
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_WORKBOOK = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="rows" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

Append = Callable[[pa.Table], None]


@contextmanager
def table_file(path: Path, schema: pa.Schema, *, overwrite: bool) -> Iterator[Append]:
    """Yield ``append(table)``; the file stands under its name, synced and with mode 0600, once the block has ended.

    path
        its ending says what it is: ``.csv`` (UTF-8, comma), ``.xlsx`` (one sheet; text is text, never a formula) or
        ``.parquet`` (types as in the schema)

    Whatever is raised, nothing is left. Raises SettingsError for another ending, without ``overwrite`` for a file that
    is there, and while another program writes it; ValueError for what a form cannot hold, OSError where the disk fails.
    """
    check_out(path, overwrite=overwrite)
    try:
        with _partial(path) as (fresh, handle):
            with _WRITERS[path.suffix.lower()](handle, schema) as append:
                yield append
            handle.flush()
            os.fsync(handle.fileno())
            check_out(path, overwrite=overwrite)
            fresh.replace(path)
    except OSError as error:
        raise OSError(f"[{path}] is not written ({error.strerror}), nothing is left of it; write elsewhere") from error


@contextmanager
def _partial(path: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """The file beside ``path`` that becomes it, empty and ours alone; what a killed program left of it is used up."""
    fresh = path.with_name(f".{path.name}.partial")
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w+b") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The other may have renamed or removed it just before it let go.
            is_ours = fresh.exists() and os.path.samestat(fresh.stat(), os.fstat(descriptor))
        except BlockingIOError:
            is_ours = False
        if not is_ours:
            raise SettingsError(f"--out [{path}] is being written by another program; wait for it, or name another")
        try:
            os.fchmod(descriptor, 0o600)
            handle.truncate(0)
            yield fresh, handle
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise


def check_out(path: Path, *, overwrite: bool) -> None:
    """Raise SettingsError where a table cannot be written so: its ending, its folder, or a file that is there."""
    if path.suffix.lower() not in ENDINGS:
        raise SettingsError(f"--out [{path.name}] must end in {', '.join(ENDINGS)}, which says what is written")
    if not path.parent.is_dir():
        raise SettingsError(f"--out: there is no folder [{path.parent}]; make it, or name another")
    if path.exists() and not overwrite:
        raise SettingsError(f"--out [{path}] is there and is not overwritten; name another file, or add --overwrite")


@contextmanager
def _csv(handle: IO[bytes], schema: pa.Schema) -> Iterator[Append]:
    if nested := [field.name for field in schema if pa.types.is_nested(field.type) or pa.types.is_binary(field.type)]:
        raise ValueError(f"column [{nested[0]}] has no text form; write a .parquet file")
    options = pa_csv.WriteOptions(quoting_style="needed", quoting_header="needed")
    with pa_csv.CSVWriter(handle, _plain(schema), write_options=options) as writer:
        yield lambda table: writer.write_table(table.cast(_plain(schema)))


def _plain(schema: pa.Schema) -> pa.Schema:
    """Without dictionaries and views, which text does not have."""
    return pa.schema([field.with_type(_plain_type(field.type)) for field in schema])


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    return pa.large_string() if pa.types.is_string_view(kind) else kind


@contextmanager
def _parquet(handle: IO[bytes], schema: pa.Schema) -> Iterator[Append]:
    with pq.ParquetWriter(handle, schema) as writer:
        yield writer.write_table


@contextmanager
def _excel(handle: IO[bytes], schema: pa.Schema) -> Iterator[Append]:
    """A workbook written by hand, row by row: its strings are inline, so no cell can become a formula."""
    columns = [_column(number) for number in range(len(schema))]
    count = 0
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _WORKBOOK.items():
            archive.writestr(name, _DECLARATION + content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:

            def write(rows: Iterator[tuple[Any, ...]]) -> None:
                nonlocal count
                lines = []
                for row in rows:
                    count += 1
                    cells = [_cell(column, count, value) for column, value in zip(columns, row, strict=True)]
                    lines.append(f'<row r="{count}">{"".join(cells)}</row>')
                sheet.write("".join(lines).encode())

            def append(table: pa.Table) -> None:
                if count + table.num_rows > MOST_ROWS + 1:
                    raise ValueError(f"a sheet holds {MOST_ROWS:,} rows; write a .csv or a .parquet file")
                write(zip(*(column.to_pylist() for column in table.columns), strict=True))

            sheet.write(f'{_DECLARATION}<worksheet xmlns="{_SHEET}"><sheetData>'.encode())
            write(iter([tuple(schema.names)]))
            yield append
            sheet.write(b"</sheetData></worksheet>")


def _cell(column: str, row: int, value: Any) -> str:
    if value is None:
        return ""
    place = f'<c r="{column}{row}"'
    if isinstance(value, bool):
        return f'{place} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        # Excel holds 15 digits of a number, and none that is no number.
        if value == value and abs(value) < 1e15:
            return f"{place}><v>{value!r}</v></c>"
        value = "" if value != value else repr(value)
    text = str(value)
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"row {row} has a text of over {_MOST_CHARACTERS:,} characters, more than a cell holds")
    text = _NOT_XML.sub(lambda found: f"_x{ord(found.group()):04X}_", text)
    return f'{place} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _column(number: int) -> str:
    """A, B ... Z, AA for 0, 1 ... 25, 26."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


_WRITERS = {".csv": _csv, ".xlsx": _excel, ".parquet": _parquet}
