"""Landing: each file once, known by its fingerprint, every value as text, with the day its source made it.

A file that cannot be read, lacks a mapped column or is still being written does not land: it is one problem with
what is wrong and what to do, and the other files land.
"""

import hashlib
import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.extracts.casts import literal, text_of, typed
from strategic_prosecution.extracts.csv_files import FileProblem, fingerprint, read_header, read_records
from strategic_prosecution.extracts.expressions import ExpressionError, column_or_expression
from strategic_prosecution.settings import Extract, Feed, Office
from strategic_prosecution.warehouse import Connection, identifier, transaction

# A file with more of its events after its extract date is dated wrongly.
LARGEST_FUTURE_SHARE = 0.005
_FILE_KINDS = ("unreadable_file", "waiting_file")
_DATE_IN_NAME = re.compile(r"(\d{4})[-_]?(\d{2})[-_]?(\d{2})(?!\d)")


@dataclass(frozen=True)
class Landed:
    """What landing did: files found, newly landed, rows landed, and files (or whole extracts) that did not land."""

    files: int
    landed: int
    rows: int
    refused: int


def land(connection: Connection, office: Office) -> Landed:
    """Land every new file of every extract; problems with files replace those of the last landing in meta.problems."""
    files = landed = rows = 0
    problems: list[dict[str, object]] = []
    for name, extract in office.extracts.items():
        found = _files(office, extract)
        files += len(found)
        if not found:
            # Files may be archived after landing; only an extract that never landed is a problem.
            known = connection.execute("select count(*) from meta.loads where extract = ?", [name]).fetchone()
            if known == (0,):
                patterns = ", ".join(extract.files)
                why = f"no file matches [{patterns}] below raw_dir; put the extract there or correct `files`"
                problems.append(_problem(name, patterns, why))
        _redate(connection, name, extract)
        for path in found:
            relative = str(path.relative_to(office.raw_dir)) if path.is_relative_to(office.raw_dir) else path.name
            try:
                count, ragged = _land_file(connection, office, name=name, path=path, file=relative)
            except FileProblem as problem:
                problems.append(_problem(name, relative, str(problem), kind=problem.kind))
                continue
            if count is not None:
                landed += 1
                rows += count
            problems += ragged
    _keep_problems(connection, problems)
    refused = sum(problem["kind"] in _FILE_KINDS for problem in problems)
    return Landed(files, landed, rows, refused)


def _files(office: Office, extract: Extract) -> list[Path]:
    found: set[Path] = set()
    for pattern in extract.files:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            continue
        found.update(path for path in office.raw_dir.glob(pattern) if path.is_file())
    return sorted(found)


def _land_file(
    connection: Connection, office: Office, *, name: str, path: Path, file: str
) -> tuple[int | None, list[dict[str, object]]]:
    """Land one file; (rows, problems of its lines), or (None, ...) when it had landed before."""
    extract = office.extracts[name]
    before = _settled(path, office.office.settle_seconds)
    known = connection.execute(
        "select 1 from meta.loads where extract = ? and file = ? and bytes = ? and modified_ns = ?",
        [name, file, *before],
    ).fetchone()
    if known is not None:
        return None, []
    sha256 = _fingerprint(path, extract.encoding)
    load_id = hashlib.sha256(f"{name}:{sha256}".encode()).hexdigest()[:16]
    if connection.execute("select 1 from meta.loads where load_id = ?", [load_id]).fetchone() is not None:
        connection.execute(
            "update meta.loads set file = ?, bytes = ?, modified_ns = ? where load_id = ?", [file, *before, load_id]
        )
        return None, []
    header = _header(path, extract)
    ragged = _read(connection, path, extract=extract, header=header, temp_dir=office.processed_dir / "tmp")
    try:
        _check_feeds(connection, name, extract, header)
        extract_date, says = _extract_date(connection, office, extract, file=file, header=header, modified_ns=before[1])
        if says != "file":
            _check_future(connection, office, name=name, extract=extract, header=header, extract_date=extract_date)
        if (path.stat().st_size, path.stat().st_mtime_ns) != before:
            raise FileProblem("changed while it was read; it lands with the next run", kind="waiting_file")
        with transaction(connection):
            rows = _store(connection, name, load_id, header)
            connection.execute(
                "insert into meta.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [load_id, name, file, sha256, *before, rows, len(ragged), extract_date, says, datetime.now(UTC)],
            )
    finally:
        connection.execute("drop table if exists incoming")
    return rows, [_problem(name, file, why, kind="ragged_row", row=line, value=text) for line, text, why in ragged]


def _settled(path: Path, settle_seconds: float) -> tuple[int, int]:
    """Size and time of last change, once the file has been left alone for ``settle_seconds``."""
    status = path.stat()
    age = time.time() - status.st_mtime
    if 0 <= age < settle_seconds:
        time.sleep(settle_seconds - age)
        again = path.stat()
        if (again.st_size, again.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
            raise FileProblem("is still being written; it lands with the next run", kind="waiting_file")
    return status.st_size, status.st_mtime_ns


def _check_feeds(connection: Connection, name: str, extract: Extract, header: list[str]) -> None:
    for number, feed in enumerate(extract.feeds, start=1):
        places = {f"extracts.{name}.feeds[{number}].columns.{ours}": theirs for ours, theirs in feed.columns.items()}
        places |= {f"extracts.{name}.feeds[{number}].where": feed.where} if feed.where else {}
        for where, text in places.items():
            try:
                column_or_expression(connection, text, header, where=where)
            except ExpressionError as error:
                raise FileProblem(f"{error}; the file does not land") from error


def _extract_date(
    connection: Connection, office: Office, extract: Extract, *, file: str, header: list[str], modified_ns: int
) -> tuple[date, str]:
    """The day the source made the file, and who says so."""
    stated = _stated_date(extract, file)
    if stated is not None:
        return stated
    if isinstance(extract.extract_date, dict):
        column = extract.extract_date["column"]
        sql = column_or_expression(connection, column, header, where="extract_date.column")
        day = typed(model.Column("extract_date", "date", ""), text_of(sql, extract), extract=extract, office=office)
        row = connection.execute(f"select max({day}) from incoming").fetchone()
        if row is None or row[0] is None:
            raise FileProblem(f"no day in column [{column}]; state it in extract_dates", kind="waiting_file")
        return row[0], "column"
    if extract.extract_date == "filename":
        raise FileProblem("has no day in its name; state it in extract_dates", kind="waiting_file")
    return datetime.fromtimestamp(modified_ns / 1e9, UTC).date(), "file time"


def _stated_date(extract: Extract, file: str) -> tuple[date, str] | None:
    """An extract date that needs no look into the file."""
    name = Path(file).name
    for key in (file, name):
        if key in extract.extract_dates:
            return extract.extract_dates[key], "file"
    if isinstance(extract.extract_date, date):
        return extract.extract_date, "office"
    if extract.extract_date == "filename" and (found := _DATE_IN_NAME.findall(name)):
        try:
            return date(*(int(part) for part in found[-1])), "filename"
        except ValueError:
            return None
    return None


def _redate(connection: Connection, name: str, extract: Extract) -> None:
    """office.toml has the last word on days: a corrected statement holds for what has landed too."""
    loads = connection.execute("select load_id, file from meta.loads where extract = ?", [name]).fetchall()
    for load_id, file in loads:
        if stated := _stated_date(extract, file):
            connection.execute(
                "update meta.loads set extract_date = ?, extract_date_from = ? "
                "where load_id = ? and (extract_date, extract_date_from) is distinct from (?, ?)",
                [*stated, load_id, *stated],
            )


def _check_future(
    connection: Connection, office: Office, *, name: str, extract: Extract, header: list[str], extract_date: date
) -> None:
    for feed in extract.feeds:
        known = known_date(connection, office, extract=extract, feed=feed, header=header)
        if known is None:
            continue
        where = column_or_expression(connection, feed.where, header, where="where") if feed.where else "true"
        row = connection.execute(
            f"select count(*) filter ({known} > ?), count({known}) from incoming where {where}", [extract_date]
        )
        after, dated = row.fetchone() or (0, 0)
        if dated and after / dated > LARGEST_FUTURE_SHARE:
            raise FileProblem(
                f"{after} of {dated} rows of [{feed.table}] are dated after its extract date {extract_date}; "
                f"state the right day in extracts.{name}.extract_dates",
                kind="waiting_file",
            )


def known_date(
    connection: Connection, office: Office, *, extract: Extract, feed: Feed, header: list[str]
) -> str | None:
    """SQL for the local day from which a row of a feed exists, or None where the feed maps no such day."""
    table = next(table for table in model.fed_tables() if table.name == feed.table)
    days = []
    for name in dating_columns(table):
        for ours in (name, name.removesuffix("_date") + "_at"):
            if ours in feed.columns:
                sql = column_or_expression(connection, feed.columns[ours], header, where=ours)
                value = typed(table.column(ours), text_of(sql, extract), extract=extract, office=office)
                days.append(local_day(value, office) if ours.endswith("_at") else value)
    return f"coalesce({', '.join(days)})" if days else None


def dating_columns(table: model.Table) -> list[str]:
    """The columns that date a row: dated_by, then a required date that stands in for it."""
    required = [column.name for column in table.columns if column.dtype == "date" and column.required]
    return [table.dated_by, *(name for name in required if name != table.dated_by)] if table.dated_by else []


def local_day(instant: str, office: Office) -> str:
    """SQL for the office's calendar day of a UTC instant."""
    return f"timezone({literal(office.office.timezone)}, timezone('UTC', {instant}))::date"


def _store(connection: Connection, name: str, load_id: str, header: list[str]) -> int:
    """Append ``incoming`` to raw.<extract>, which grows a column when a layout does."""
    columns = ", ".join(f"{identifier(column)} varchar" for column in header)
    connection.execute(f'create table if not exists raw.{name} ("__load" varchar, "__row" bigint, {columns})')
    known = {column.casefold() for column in raw_columns(connection, name)}
    for column in header:
        if column.casefold() not in known:
            connection.execute(f"alter table raw.{name} add column {identifier(column)} varchar")
    connection.execute(
        f"""insert into raw.{name} by name select {literal(load_id)} as "__load", * from incoming order by "__row" """
    )
    row = connection.execute("select count(*) from incoming").fetchone()
    return 0 if row is None else int(row[0])


def raw_columns(connection: Connection, name: str) -> list[str]:
    """The source's columns of raw.<extract>, or [] when nothing has landed."""
    rows = connection.execute(
        "select column_name from duckdb_columns() where database_name = 'records' and schema_name = 'raw' "
        "and table_name = ? and column_name not in ('__load', '__row') order by column_index",
        [name],
    ).fetchall()
    return [row[0] for row in rows]


def _problem(
    extract: str,
    file: str,
    why: str,
    *,
    kind: str = "unreadable_file",
    row: int | None = None,
    value: str | None = None,
) -> dict[str, object]:
    return {"extract": extract, "file": file, "row": row, "value": value, "kind": kind, "why": why}


def _keep_problems(connection: Connection, problems: list[dict[str, object]]) -> None:
    """Replace the file problems of the last landing; lines of files that landed earlier stay."""
    with transaction(connection):
        connection.execute(f"delete from meta.problems where kind in {_FILE_KINDS}")
        row = connection.execute("select count(*) from meta.problems where problem_id like 'land-%'").fetchone()
        first = (0 if row is None else int(row[0])) + 1
        frame = pd.DataFrame(problems, columns=["extract", "file", "row", "value", "kind", "why"])
        frame["row"] = frame["row"].astype("Int64")
        frame = frame.assign(problem_id=[f"land-{first + n:07d}" for n in range(len(frame))], rows=1)
        connection.register("file_problems", frame.astype({"value": "string", "file": "string"}))
        connection.execute("insert into meta.problems by name from file_problems")
        connection.execute("drop view file_problems")
