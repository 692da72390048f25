"""The temporary table ``incoming``: the rules for its column names, and how records in Python get into it."""

import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from strategic_prosecution.extracts.casts import literal
from strategic_prosecution.extracts.readers.problem import FileProblem
from strategic_prosecution.warehouse import Connection, identifier

# Records and characters that are held in memory at once.
CHUNK_RECORDS = 20_000
CHUNK_TEXT = 1 << 24

# Record number (header = 1), its text, why it does not fit.
Ragged = tuple[int, str, str]
_LONGEST_TEXT = 1 << 16
# Records below a first line of one cell that tell whether it is a title.
LOOK_BELOW = 20
_LEAST_BELOW, _LEAST_WIDE = 3, 2
_DATE = r"(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3(\d{4}|\d{2}))([ T]+\d{1,2}:\d{2}.*)?"
_NUMBER = r"[+-]?\d+(\.\d+)?"
_YEAR = r"19\d\d|20\d\d|2100"
_NO_NAME = re.compile("[\0\ud800-\udfff]")


def path_literal(path: Path) -> str:
    """SQL for a file and no other: DuckDB takes ``p[1].csv`` for a pattern, and reads ``p1.csv``."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


def check_first_line(names: Sequence[str | None], below: Sequence[int]) -> None:
    """Refuse a first line that is a title or a row of data, without quoting it: it may be about a person.

    ``below``: how many cells each of the next records has. A title is one cell above records half of which, two at
    least, have three or more; data is a line with a date, or a number that is no year, for a name.
    """
    cells = [cell for name in names if (cell := (name or "").removeprefix("\ufeff").strip())]
    wide = sum(width >= _LEAST_BELOW for width in below)
    if len(cells) == 1 and wide >= _LEAST_WIDE and 2 * wide >= len(below):
        raise FileProblem("its first line is a title, not column names; delete the lines above the column names")
    if any(re.fullmatch(f"{_DATE}|{_NUMBER}", cell) and not re.fullmatch(_YEAR, cell) for cell in cells):
        raise FileProblem("its first line looks like a row of data, not column names; put the column names there")


def check_header(names: Sequence[str | None]) -> list[str]:
    """The column names trimmed, those without one called ``column_<number>``, and ``rowid``, which is the database's
    own name for where a row is stored, ``rowid_``.

    Raises FileProblem where there is no name at all, a name occurs twice (without regard to case) or is one of ours.
    """
    header = [(name or "").removeprefix("\ufeff").strip() for name in names]
    if not any(header):
        raise FileProblem("its first line is no header; put the column names there")
    named = [item or f"column_{number}" for number, item in enumerate(header, start=1)]
    named = [f"{item}_" if item.casefold() == "rowid" else item for item in named]
    folded = [item.casefold() for item in named]
    if len(set(folded)) < len(folded):
        twice = next(item for item in sorted(folded) if folded.count(item) > 1)
        raise FileProblem(f"its header names [{twice}] twice; rename one of the columns")
    if ours := [item for item in named if item.startswith("__")]:
        raise FileProblem(f"its header names [{ours[0]}]; names with two underscores in front are ours: rename it")
    if any(_NO_NAME.search(item) for item in named):
        raise FileProblem("its header holds a NUL byte or half a character; ask its source for a clean file")
    return named


def start(connection: Connection, header: Sequence[str]) -> None:
    """Make the table, without rows."""
    columns = "".join(f", {identifier(name)} varchar" for name in header)
    connection.execute(f'create or replace temp table incoming ("__row" bigint{columns})')


def widen(connection: Connection, names: Sequence[str]) -> None:
    """Add columns that earlier rows leave empty."""
    for name in names:
        connection.execute(f"alter table incoming add column {identifier(name)} varchar")


def append(connection: Connection, numbers: Sequence[int], columns: Sequence[Sequence[str | None]]) -> None:
    """Append records, column by column in the order of the table; empty text is null."""
    arrays = [pa.array(numbers, pa.int64())]
    arrays += [pa.array([value or None for value in column], pa.string()) for column in columns]
    connection.register("incoming_chunk", pa.table(arrays, names=[str(n) for n in range(len(arrays))]))
    try:
        connection.execute("insert into incoming select * from incoming_chunk")
    finally:
        connection.unregister("incoming_chunk")


def ragged(number: int, text: str, why: str) -> Ragged:
    """A record that does not fit, its text cut to what a person may want to look at."""
    text = text.rstrip("\r\n")
    lines = text.count("\n") + 1
    swallowed = f" with {lines} lines between its quotes" if lines > 1 else ""
    if len(text) > _LONGEST_TEXT:
        swallowed += f", {len(text)} characters of which the first {_LONGEST_TEXT} are kept"
        text = text[:_LONGEST_TEXT]
    return number, text, f"set aside{swallowed}: {why[:120]}; correct the line at its source"
