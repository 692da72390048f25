"""A CSV file as it arrives: its fingerprint, its header, its records as text, and the lines that do not fit."""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from strategic_prosecution.extracts.casts import literal
from strategic_prosecution.settings import Extract
from strategic_prosecution.warehouse import Connection

_BLOCK = 1 << 20


class FileProblem(ValueError):
    """A file that does not land: what is wrong with it and what to do."""

    def __init__(self, why: str, *, kind: str = "unreadable_file") -> None:
        super().__init__(why)
        self.kind = kind


def fingerprint(path: Path, encoding: str) -> str:
    """SHA-256 of the file, after checking on the way that all of it can be decoded."""
    digest = hashlib.sha256()
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)  # refuses codecs that are not of text
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError as error:
        raise FileProblem(f"encoding [{encoding}] is not known; name one such as utf-8, latin-1, utf-16") from error
    position = 0
    try:
        with path.open("rb") as handle:
            while block := handle.read(_BLOCK):
                digest.update(block)
                decoder.decode(block)
                position += len(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise FileProblem(
            f"is not {encoding} near byte {position + error.start}; state its encoding (latin-1, cp1252, utf-16)"
        ) from None
    if position == 0:
        raise FileProblem("is empty; ask its source for a complete file")
    return digest.hexdigest()


def read_header(path: Path, extract: Extract) -> list[str]:
    """The column names, trimmed; FileProblem where there are none, or not one each."""
    with path.open(encoding=extract.encoding, newline="") as handle:
        try:
            first = next(csv.reader(handle, delimiter=extract.delimiter), [])
        except csv.Error as error:
            raise FileProblem(f"its header cannot be read: {error}") from error
    header = [item.removeprefix("\ufeff").strip() for item in first]
    if not any(header):
        raise FileProblem("its first line is no header; put the column names there")
    named = [item or f"column_{number}" for number, item in enumerate(header, start=1)]
    folded = [item.casefold() for item in named]
    if twice := sorted({item for item in folded if folded.count(item) > 1}):
        raise FileProblem(f"its header names [{twice[0]}] twice; rename one of the columns")
    if ours := [item for item in named if item.startswith("__")]:
        raise FileProblem(f"its header names [{ours[0]}]; names with two underscores in front are ours: rename it")
    return named


def read_records(
    connection: Connection, path: Path, *, extract: Extract, header: list[str], temp_dir: Path
) -> list[tuple[int, str, str]]:
    """Read into the temporary table ``incoming`` (__row: record, header = 1); returns the lines that do not fit."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    with _readable(path, extract.encoding, temp_dir) as (readable, line_end):
        try:
            connection.execute(
                f"""
                create or replace temp table incoming as
                select row_number() over () + 1 as "__row", *
                from read_csv(
                    {literal(str(readable))}, columns = {{{columns}}}, header = true, auto_detect = false,
                    delim = {literal(extract.delimiter)}, quote = '"', escape = '"', new_line = {literal(line_end)},
                    store_rejects = true, max_line_size = 16777216
                )
                """
            )
            ragged = connection.execute(
                "select line, any_value(csv_line order by column_idx), any_value(error_message order by column_idx) "
                "from reject_errors group by line order by line"
            ).fetchall()
        except duckdb.Error as error:
            raise FileProblem(
                f"is no CSV with delimiter [{extract.delimiter}]: {str(error).splitlines()[0][:160]}"
            ) from None
        finally:
            connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    for line, _, _ in ragged:
        connection.execute('update incoming set "__row" = "__row" + 1 where "__row" >= ?', [line])
    return [(int(line), text or "", _why_ragged(text or "", message)) for line, text, message in ragged]


def _why_ragged(text: str, message: str) -> str:
    lines = text.rstrip("\n").count("\n") + 1
    swallowed = f" with {lines} lines between its quotes" if lines > 1 else ""
    return f"set aside{swallowed}: {message.splitlines()[0][:120]}; correct the line at its source"


@contextmanager
def _readable(path: Path, encoding: str, temp_dir: Path) -> Iterator[tuple[Path, str]]:
    """A UTF-8 file whose lines all end alike, and how: the file itself, or a copy that is gone afterwards.

    DuckDB reads a file of mixed line ends as empty, without a word.
    """
    is_utf8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    line_ends = _line_ends(path) if is_utf8 else set()
    if is_utf8 and len(line_ends) < 2 and line_ends != {"\r"}:
        yield path, "\\r\\n" if line_ends == {"\r\n"} else "\\n"
        return
    temp_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = temp_dir / "transcoded.csv"
    try:
        with path.open(encoding=encoding, newline=None) as source, copy.open("w", encoding="utf-8", newline="") as out:
            while block := source.read(_BLOCK):
                out.write(block)
        yield copy, "\\n"
    finally:
        copy.unlink(missing_ok=True)


def _line_ends(path: Path) -> set[str]:
    """Which of the three line ends occur in a file, inside quotes too."""
    found: set[str] = set()
    last = b""
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            block = last + block
            # A block may end between the two halves of one line end.
            last = block[-1:] if block.endswith(b"\r") else b""
            block = block.removesuffix(b"\r")
            pairs = block.count(b"\r\n")
            found |= {"\r\n"} if pairs else set()
            found |= {"\n"} if block.count(b"\n") > pairs else set()
            found |= {"\r"} if block.count(b"\r") > pairs else set()
    return found | ({"\r"} if last else set())
