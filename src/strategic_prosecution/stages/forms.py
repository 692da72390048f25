"""Forms that people fill in: written as CSV or Excel, read back line by line; all lines are right, or none counts."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from strategic_prosecution.settings import SettingsError, nearest
from strategic_prosecution.stages.table_files import table_file

ENDINGS = (".csv", ".xlsx")
_FORMULA = re.compile(r"^([=+\-@\t\r])")


@dataclass(frozen=True)
class Line:
    """One filled-in line: where it stands, for messages, and its values by column, '' where empty."""

    where: str
    values: Mapping[str, str]


class FormError(ValueError):
    """Lines of a form are wrong; one message per line, none with a value of it. Nothing of the form is recorded."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("; ".join(messages[:1]))
        self.messages = tuple(messages)


def check_form(path: Path) -> None:
    """Raise SettingsError for another ending than ``ENDINGS``, a folder that is not there, and a file that is."""
    if path.suffix.lower() not in ENDINGS:
        raise SettingsError(f"[{path.name}] must end in {' or '.join(ENDINGS)}")
    if not path.parent.is_dir():
        raise SettingsError(f"there is no folder [{path.parent}]; make it, or name another")
    if path.exists():
        raise SettingsError(f"[{path}] is there, and may be filled in; name another file")


def write_form(path: Path, *, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a form of these columns, mode 0600; a text that a spreadsheet would take for a formula gets an apostrophe.

    Raises what ``check_form`` does: call that first where something is noted before the form is written.
    """
    check_form(path)
    cells = [{name: _in_cell(row.get(name)) for name in columns} for row in rows]
    schema = pa.schema([(name, pa.string()) for name in columns])
    with table_file(path, schema, overwrite=False) as append:
        append(pa.Table.from_pylist(cells, schema))


def read_form(path: Path, *, columns: Sequence[str], required: Sequence[str]) -> list[Line]:
    """The lines of a filled-in form that are not empty, in order.

    ``columns``: those a form may have; ``required``: those it must have. Dates of Excel are ISO text. Messages name the
    file and the line, never what stands in it. Raises SettingsError for what cannot be read as such a form.
    """
    header, body = _excel(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    if missing := [name for name in required if name not in header]:
        raise SettingsError(f"{path.name} lacks the column [{missing[0]}]; it has to have {', '.join(required)}")
    for name in header:
        if name not in columns:
            raise SettingsError(f"{path.name}: no column is called [{name}]{nearest(name, columns)}")
    if doubled := {name for name in header if header.count(name) > 1}:
        raise SettingsError(f"{path.name} has the column [{min(doubled)}] twice; take one out")
    return [
        Line(f"{path.name}, line {number}", dict(zip(header, row, strict=False))) for number, row in body if any(row)
    ]


def _csv(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}); name a filled-in form") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path.name} is not UTF-8 text; save it as CSV in UTF-8, or as .xlsx") from None
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(reader, [])]
        return header, [(reader.line_num, _padded(map(_out_of_cell, row), header)) for row in reader]
    except csv.Error:
        raise SettingsError(f"{path.name}, line {reader.line_num} is no CSV; save it as CSV in UTF-8") from None


def _excel(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError):
        raise SettingsError(f"{path.name} cannot be read as a workbook; save it as .xlsx without a password") from None
    header = [_as_text(cell) for cell in rows[0]] if rows else []
    while header and not header[-1]:
        header.pop()
    body = [(number, _padded(map(_as_text, row), header)) for number, row in enumerate(rows[1:], start=2)]
    return header, body


def _padded(cells: Iterable[str], header: Sequence[str]) -> list[str]:
    row = list(cells)[: len(header)]
    return row + [""] * (len(header) - len(row))


def _as_text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == datetime.min.time() else cell).isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return _out_of_cell(str(cell))


def _in_cell(value: Any) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, datetime):
        value = value.date() if value.time() == datetime.min.time() else value
    return _FORMULA.sub(r"'\1", str(value))


def _out_of_cell(text: str) -> str:
    """A text as it was before ``_in_cell``: an apostrophe before what looks like a formula is not the text's own."""
    text = text.strip()
    return text[1:] if text[:1] == "'" and _FORMULA.match(text[1:]) else text
