"""Read a file of any form into the temporary table ``incoming``."""

from dataclasses import dataclass
from pathlib import Path

from strategic_prosecution.extracts.readers import delimited, json_records, parquet, workbook
from strategic_prosecution.extracts.readers.form import FileProblem, Form
from strategic_prosecution.extracts.readers.incoming import Ragged
from strategic_prosecution.warehouse import Connection


@dataclass(frozen=True)
class Contents:
    """What is in a file beside its rows."""

    header: list[str]
    # Record number (the header is 1), its text, why it does not fit.
    ragged: list[Ragged]


def read(connection: Connection, path: Path, *, form: Form, temp_dir: Path) -> Contents:
    """Make the temporary table ``incoming`` of the rows of a file; every record is a row of it or in ``ragged``.

    ``"__row"`` (bigint) is the number of the record, the header being 1; the row of the sheet for Excel. Every column
    of the file follows, in its order, as varchar; null = empty. ``temp_dir`` takes a copy of a file that is not UTF-8
    or mixes line ends, gone afterwards. What becomes of odd values is said in the module of each form. Raises
    FileProblem, and leaves no ``incoming``, when the file has no header or cannot be read.
    """
    try:
        header, ragged = _read(connection, path, form, temp_dir)
    except UnicodeDecodeError:
        connection.execute("drop table if exists temp.incoming")
        raise FileProblem(f"is not {form.encoding} any more; it changed while it was read") from None
    except FileProblem:
        connection.execute("drop table if exists temp.incoming")
        raise
    return Contents(header, ragged)


def _read(connection: Connection, path: Path, form: Form, temp_dir: Path) -> tuple[list[str], list[Ragged]]:
    if form.kind == "csv":
        return delimited.read(connection, path, form, temp_dir)
    if form.kind == "excel":
        return workbook.read(connection, path, form.sheet)
    if form.kind == "parquet":
        return parquet.read(connection, path)
    return json_records.read(connection, path, form.encoding, is_geographic=form.kind == "geojson")
