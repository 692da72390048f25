"""Delimited text (CSV, TSV ...) into ``incoming``.

DuckDB reads it; that every record became a row or a line that does not fit is counted over the bytes of the file. Where
the count differs (a quote inside a field makes it ambiguous), Python's csv module, which is slower, reads it instead.
"""

import codecs
import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from strategic_prosecution.extracts.casts import literal
from strategic_prosecution.extracts.readers import incoming, text
from strategic_prosecution.extracts.readers.delimiters import LONGEST_FIELD
from strategic_prosecution.extracts.readers.form import FileProblem, Form
from strategic_prosecution.warehouse import Connection

_BLOCK = 1 << 23
_DELIMITERS = (",", ";", "\t", "|")
# As DuckDB wants them written.
_NEW_LINES = {"\n": r"\n", "\r\n": r"\r\n"}


def read(connection: Connection, path: Path, form: Form, temp_dir: Path) -> tuple[list[str], list[incoming.Ragged]]:
    """Fill ``incoming``; returns the header and the records that do not fit.

    Blank lines are no records. Fields beyond the header are nothing when they are all empty. Line ends inside quotes
    become ``\\n`` where the file mixes line ends or is not UTF-8, and stay as they are otherwise.
    """
    with text.readable(path, form.encoding, form.line_end, temp_dir) as (clean, line_end):
        first = _first(clean, form)
        incoming.check_first_line(first, _widths_below(clean, form, width=len(first)))
        header = incoming.check_header(first)
        ragged = _by_duckdb(connection, clean, form, header, line_end)
        return header, _by_python(connection, clean, form, header, temp_dir) if ragged is None else ragged


def _first(path: Path, form: Form) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        try:
            return next(_csv_reader(handle, form), [])
        except csv.Error as error:
            raise FileProblem(f"its header cannot be read: {error}") from error


def _widths_below(path: Path, form: Form, *, width: int) -> list[int]:
    """How many fields with text each of the first records below the header has.

    A title without a delimiter hides the delimiter of the table: it is then the one that finds the most fields.
    """
    is_hidden = width == 1 and "delimiter" in form.found
    found = []
    for delimiter in _DELIMITERS if is_hidden else (form.delimiter,):
        widths: list[int] = []
        with path.open(encoding="utf-8-sig", newline="") as handle, suppress(csv.Error):
            records = (record for record in _csv_reader(handle, replace(form, delimiter=delimiter)) if record)
            widths.extend(len(record) - record.count("") for record in islice(records, 1 + incoming.LOOK_BELOW))
        found.append(widths[1:])
    return max(found, key=sum)


def _csv_reader(lines: Iterator[str], form: Form) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(
        lines,
        delimiter=form.delimiter,
        quotechar=form.quote or None,
        quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE,
        skipinitialspace=True,
        strict=True,
    )


# ------------------------------------------------------------------------------------------------------- by DuckDB


def _by_duckdb(
    connection: Connection, path: Path, form: Form, header: list[str], line_end: str
) -> list[incoming.Ragged] | None:
    """The records that do not fit, or None when DuckDB's word is not enough.

    It takes a blank line of a file of one column for a record, counts blank lines in the line numbers of what it
    rejects and not in the rows, and has its own mind about stray quotes.
    """
    shape = _shape(path, form, line_end) if len(header) > 1 else None
    if shape is None:
        return None
    try:
        found = _load(connection, path, header, delimiter=form.delimiter, quote=form.quote, line_end=line_end)
    except duckdb.Error:
        return None
    records, blank = shape
    (rows,) = connection.execute("select count(*) from incoming").fetchall()[0]
    if rows + len(found) != records or (found and blank):
        return None
    _make_room(connection, np.array([line for line, _, _ in found], dtype=np.int64))
    return [incoming.ragged(line, record or "", message.splitlines()[0]) for line, record, message in found]


def _load(
    connection: Connection, path: Path, header: list[str], *, delimiter: str, quote: str, line_end: str
) -> list[tuple[int, str | None, str]]:
    """Fill ``incoming``, its rows numbered from 2; returns (line, text, message) of what was rejected."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    try:
        connection.execute(
            f"""
            create or replace temp table incoming as
            select row_number() over () + 1 as "__row", *
            from read_csv(
                {incoming.path_literal(path)}, columns = {{{columns}}}, header = true, auto_detect = false,
                delim = {literal(delimiter)}, quote = {literal(quote)}, escape = {literal(quote)},
                new_line = {literal(_NEW_LINES[line_end])}, store_rejects = true, max_line_size = {LONGEST_FIELD}
            )
            """
        )
        return connection.execute(
            "select line, any_value(csv_line order by column_idx), any_value(error_message order by column_idx) "
            "from reject_errors group by line order by line"
        ).fetchall()
    finally:
        connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")


def _make_room(connection: Connection, missing: np.ndarray) -> None:
    """Renumber the rows, numbered from 2, so that the numbers of the records that do not fit stay free."""
    if not missing.size:
        return
    (rows,) = connection.execute("select count(*) from incoming").fetchall()[0]
    kept = np.delete(np.arange(2, 2 + rows + missing.size), missing - 2)
    connection.register("kept", pa.table({"before": np.arange(2, 2 + rows), "after": kept}))
    try:
        connection.execute('update incoming set "__row" = after from kept where "__row" = before')
    finally:
        connection.unregister("kept")


def _shape(path: Path, form: Form, line_end: str) -> tuple[int, int] | None:
    """(records after the header, blank lines) by the bytes; None when a quote neither wraps a field nor is doubled."""
    shortest = len(line_end)
    records, blank, held, inside = 0, 0, 0, 0
    mark = form.delimiter.encode()
    before = np.frombuffer(b"\n" + mark[-1:] + form.quote.encode(), np.uint8)
    after = np.frombuffer(b"\r\n" + mark[:1] + form.quote.encode(), np.uint8)
    with path.open("rb") as handle:
        handle.seek(len(codecs.BOM_UTF8) if handle.read(3) == codecs.BOM_UTF8 else 0)
        # Blocks end with a line, so that the neighbours of a quote are in the same block.
        while block := handle.read(_BLOCK) + handle.readline():
            data = np.frombuffer(block, np.uint8)
            ends = np.flatnonzero(data == ord("\n"))
            if form.quote and (inside or form.quote.encode() in block):
                quotes = np.flatnonzero(data == ord(form.quote))
                opening, closing = quotes[inside::2], quotes[1 - inside :: 2]
                neighbours = data[opening[opening > 0] - 1], data[closing[closing < data.size - 1] + 1]
                if not (np.isin(neighbours[0], before).all() and np.isin(neighbours[1], after).all()):
                    return None
                ends = ends[(np.searchsorted(quotes, ends) + inside) % 2 == 0]
                inside = (inside + quotes.size) % 2
            if ends.size:
                full = int(np.count_nonzero(np.diff(ends, prepend=-1 - held) > shortest))
                records += full
                blank += ends.size - full
                held = data.size - 1 - int(ends[-1])
            else:
                held += data.size
    return None if inside else (records + (held > 0) - 1, blank)


# ------------------------------------------------------------------------------------------------------- by Python


def _records(path: Path, form: Form) -> Iterator[tuple[list[str], str, str]]:
    """(fields, text, why it cannot be read or "") of every record, the header first."""
    lines: list[str] = []

    def remember(handle: Iterator[str]) -> Iterator[str]:
        for line in handle:
            lines.append(line)
            yield line

    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = _csv_reader(remember(handle), form)
        while True:
            lines.clear()
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield [], "".join(lines), str(error)
            else:
                if fields:
                    yield fields, "".join(lines), ""


def _by_python(
    connection: Connection, path: Path, form: Form, header: list[str], temp_dir: Path
) -> list[incoming.Ragged]:
    """Load a copy in which every field is quoted; returns the records that do not fit, which are not in it."""
    width = len(header)
    ragged: list[incoming.Ragged] = []
    temp_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = temp_dir / "rewritten.csv"
    try:
        with copy.open("w", encoding="utf-8", newline="") as out:
            write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
            for number, (fields, record, why) in enumerate(_records(path, form), start=1):
                if not why and (len(fields) == width or (len(fields) > width and not any(fields[width:]))):
                    write(fields[:width])
                elif number > 1:
                    why = why or f"Expected Number of Columns: {width} Found: {len(fields)}"
                    ragged.append(incoming.ragged(number, record, why))
        try:
            rejected = _load(connection, copy, header, delimiter=",", quote='"', line_end="\n")
        except duckdb.Error as error:
            raise FileProblem(f"is no CSV with delimiter [{form.delimiter}] ({type(error).__name__})") from None
    finally:
        copy.unlink(missing_ok=True)
    if rejected:
        raise FileProblem(f"has a record of over {LONGEST_FIELD >> 20} MiB; ask its source for the table without it")
    _make_room(connection, np.array([number for number, _, _ in ragged], dtype=np.int64))
    return ragged
