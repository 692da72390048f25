"""An Excel workbook (.xlsx, .xlsm) into ``incoming``: the values of one sheet, formulas by their last result.

A date is ISO text, with the time when there is one; a whole number has no ``.0``; a number of 1e15 or more, which Excel
does not hold exactly, is written as Excel shows it (``1.70141183460469E+41``), so that an id it mangled is seen to be
one; a duration is ``30:00:00``; booleans are ``true`` and
``false``; an error (#N/A) is null.
"""

import datetime
import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from strategic_prosecution.extracts.readers import incoming
from strategic_prosecution.extracts.readers.problem import FileProblem
from strategic_prosecution.warehouse import Connection

# The reader holds the rectangle around all cells of a sheet in memory, at 32 bytes each.
_MOST_CELLS = 32_000_000
_MOST_BYTES = 4 << 30
# Excel keeps 15 digits.
_EXACT = 1e15
_BLOCK = 1 << 20
# Cells beyond column Z, and beyond row 99,999: the rectangle before them is never too large.
_COLUMN = re.compile(rb' r="([A-Z]{2,3})[0-9]')
_ROW = re.compile(rb' r="[A-Z]{0,3}([0-9]{6,7})"')
_Z, _ROWS = 26, 99_999
_DAMAGED = "is a damaged workbook; open it in a spreadsheet and save it again, or ask its source for it"


def is_workbook(path: Path) -> bool:
    """Whether a file is a zip archive with a workbook in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def choose(path: Path, stated: str | None) -> str:
    """The name of the sheet to read: as stated, else the only visible one that is not empty."""
    book = _open(path)
    if stated is not None:
        if stated not in book.sheet_names:
            known = "], [".join(book.sheet_names)
            raise FileProblem(f"has no sheet [{stated}]; state one of its own in `sheet`: [{known}]")
        return stated
    names = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    filled = names
    if len(names) > 1:
        _check_size(path)
        filled = [name for name in names if _sheet(book, name).start is not None]
    if not filled:
        raise FileProblem("has no sheet with cells; ask its source for a complete file")
    if len(filled) > 1:
        raise FileProblem(f"has several sheets with cells: [{'], ['.join(filled)}]; state which in `sheet`")
    return filled[0]


def read(connection: Connection, path: Path, sheet: str) -> tuple[list[str], list[incoming.Ragged]]:
    """Fill ``incoming`` from a sheet; returns the header and the rows that do not fit.

    ``__row`` is the row of the sheet. Blank rows, and blank columns left of all others, are nothing; the first row that
    is not blank is the header. A row with a value right of the last column name does not fit.
    """
    _check_size(path)
    found = _sheet(_open(path), sheet)
    rows = ((number, row) for number, row in enumerate(_rows(found), start=1) if row.count(None) < len(row))
    _, first = next(rows, (0, []))
    below = list(islice(rows, incoming.LOOK_BELOW))
    incoming.check_first_line(first, [len(row) - row.count(None) for _, row in below])
    width = max((place for place, cell in enumerate(first, start=1) if cell is not None), default=0)
    header = incoming.check_header(first[:width])
    incoming.start(connection, header)
    ragged: list[incoming.Ragged] = []
    numbers: list[int] = []
    chunk: list[list[str | None]] = []
    for number, row in chain(below, rows):
        if row[width:].count(None) < len(row) - width:
            written = "\t".join(cell or "" for cell in row).rstrip("\t")
            ragged.append(incoming.ragged(number, written, "a value right of the last column name"))
            continue
        numbers.append(number)
        chunk.append(row[:width])
        if len(chunk) == incoming.CHUNK_RECORDS:
            incoming.append(connection, numbers, list(zip(*chunk, strict=True)))
            numbers, chunk = [], []
    if chunk:
        incoming.append(connection, numbers, list(zip(*chunk, strict=True)))
    return header, ragged


def _open(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(path))
    except CalamineError:
        raise FileProblem(_DAMAGED) from None


def _sheet(book: CalamineWorkbook, name: str) -> Any:
    try:
        return book.get_sheet_by_name(name)
    except CalamineError:
        raise FileProblem(_DAMAGED) from None


def _rows(sheet: Any) -> Iterator[list[str | None]]:
    for row in sheet.iter_rows():
        yield [_text(cell) for cell in row]


def _check_size(path: Path) -> None:
    """Refuse a workbook that would not fit in memory: the reader would take the whole program down."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > _MOST_BYTES:
                raise FileProblem("unpacks to more than 4 GiB; save its table as CSV")
            for part in parts:
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _check_area(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise FileProblem(_DAMAGED) from None


def _check_area(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    held = b""
    with archive.open(part) as handle:
        while block := handle.read(_BLOCK):
            block = (held + block).replace(b"'", b'"')
            # An attribute may be cut in two.
            held = block[-16:]
            columns.update(_COLUMN.findall(block))
            rows.update(_ROW.findall(block))
    width = max(map(_column_number, columns), default=_Z)
    last_row = max(map(int, rows), default=_ROWS)
    if width * last_row > _MOST_CELLS:
        raise FileProblem(
            f"has cells from the first to row {last_row}, column {width}; delete the stray ones, or save it as CSV"
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _text(value: Any) -> str | None:
    kind = type(value)
    if kind is str:
        return value or None
    if kind is float:
        return _number(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is datetime.datetime:
        return str(value.date() if value.time() == datetime.time() else value)
    if kind is datetime.timedelta:
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)


def _number(value: float) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.15G}"
    return str(int(value)) if value.is_integer() else repr(value)
