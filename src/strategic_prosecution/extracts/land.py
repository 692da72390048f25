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
from strategic_prosecution.extracts.casts import literal, local_day, text_of, typed
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
        found, refused = _files(office, name, extract)
        files += len(found)
        problems += refused
        if not found and not refused:
            # Files may be archived after landing; only an extract that never landed is a problem.
            known = connection.execute("select count(*) from meta.loads where extract = ?", [name]).fetchone()
            if known == (0,):
                patterns = ", ".join(extract.files)
                why = f"no file matches [{patterns}] below raw_dir; put the extract there or correct `files`"
                problems.append(_problem(name, patterns, why))
        _redate(connection, name, extract)
        for path in found:
            file = str(path.relative_to(office.raw_dir))
            try:
                count = _land_file(connection, office, name=name, path=path, file=file)
            except FileProblem as problem:
                problems.append(_problem(name, file, str(problem), kind=problem.kind))
            except OSError as error:
                why = f"cannot be read ({error.strerror}); check that it is there and its permissions"
                problems.append(_problem(name, file, why))
            else:
                landed += count is not None
                rows += count or 0
    with transaction(connection):
        connection.execute(f"delete from meta.problems where kind in {_FILE_KINDS}")
        _add_problems(connection, problems)
    return Landed(files, landed, rows, len(problems))


def _files(office: Office, name: str, extract: Extract) -> tuple[list[Path], list[dict[str, object]]]:
    """The files of an extract in order of path, and the patterns that are refused."""
    found: set[Path] = set()
    refused = []
    for pattern in extract.files:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            why = f"pattern [{pattern}] leaves raw_dir; write it relative to raw_dir, without [..]"
            refused.append(_problem(name, pattern, why))
            continue
        try:
            found.update(path for path in office.raw_dir.glob(pattern) if path.is_file())
        except ValueError as error:
            refused.append(_problem(name, pattern, f"pattern [{pattern}] is not one: {error}; correct `files`"))
    return sorted(found), refused


def _land_file(connection: Connection, office: Office, *, name: str, path: Path, file: str) -> int | None:
    """Land one file with the problems of its lines; the rows, or None when it had landed before."""
    extract = office.extracts[name]
    before = _settled(path, office.office.settle_seconds)
    known = connection.execute(
        "select bytes, modified_ns from meta.loads where extract = ? and file = ? order by landed_at desc limit 1",
        [name, file],
    ).fetchone()
    if known == before:
        return None
    sha256 = fingerprint(path, extract.encoding)
    if _has_landed(connection, office, name, sha256=sha256, file=file, status=before):
        return None
    header = read_header(path, extract)
    ragged = read_records(connection, path, extract=extract, header=header, temp_dir=office.processed_dir / "tmp")
    try:
        _check_feeds(connection, name, extract, header)
        extract_date, says = _extract_date(connection, office, name, file=file, header=header, modified_ns=before[1])
        empty = connection.execute("select count(*) = 0 from incoming").fetchone()
        if extract.holds == "everything" and empty == (True,):
            raise FileProblem(
                "has no rows, and its extract holds everything: that would withdraw every record; check it"
            )
        if says != "file":
            _check_future(connection, office, name=name, extract=extract, header=header, extract_date=extract_date)
        if (path.stat().st_size, path.stat().st_mtime_ns) != before:
            raise FileProblem("changed while it was read; it lands with the next run", kind="waiting_file")
        load_id = hashlib.sha256(f"{name}:{sha256}:{extract_date}".encode()).hexdigest()[:16]
        with transaction(connection):
            rows = _store(connection, name, load_id, header)
            connection.execute(
                "insert into meta.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [load_id, name, file, sha256, *before, rows, len(ragged), extract_date, says, datetime.now(UTC)],
            )
            _add_problems(
                connection,
                [_problem(name, file, why, kind="ragged_row", row=line, value=text) for line, text, why in ragged],
            )
    finally:
        connection.execute("drop table if exists incoming")
    return rows


def _has_landed(
    connection: Connection, office: Office, name: str, *, sha256: str, file: str, status: tuple[int, int]
) -> bool:
    """Whether this content landed before; if so, notes the name and time of change the file has now.

    The same content made on another day is another delivery: it says that things are so again. Of copies of one day
    under several names, the one first found speaks.
    """
    stated = _stated_date(office.extracts[name], file)
    loads = connection.execute(
        "select load_id, file, extract_date from meta.loads where extract = ? and sha256 = ? "
        "order by extract_date, file",
        [name, sha256],
    ).fetchall()
    same = [load for load in loads if load[1] == file] or [
        load for load in loads if stated is None or stated[0] == load[2]
    ]
    if not same:
        return False
    load_id, landed_as, _ = same[0]
    if file == landed_as or not (office.raw_dir / landed_as).is_file():
        connection.execute(
            "update meta.loads set file = ?, bytes = ?, modified_ns = ?, landed_at = ? where load_id = ?",
            [file, *status, datetime.now(UTC), load_id],
        )
        if stated:
            _state_date(connection, load_id, stated)
    return True


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
    """Refuse a file without a mapped column, or on which a setting of its extract cannot be computed."""
    try:
        connection.execute(f"select try_strptime('', [{', '.join(literal(item) for item in extract.date_formats)}])")
    except duckdb.Error:
        formats = ", ".join(extract.date_formats)
        raise FileProblem(f"extracts.{name}.date_formats [{formats}] cannot all be understood; see strptime") from None
    places: dict[str, str] = {}
    for number, feed in enumerate(extract.feeds, start=1):
        places |= {f"extracts.{name}.feeds[{number}].columns.{ours}": text for ours, text in feed.columns.items()}
        places |= {f"extracts.{name}.feeds[{number}].where": feed.where} if feed.where else {}
    if isinstance(extract.extract_date, dict):
        places[f"extracts.{name}.extract_date.column"] = extract.extract_date["column"]
    for where, text in places.items():
        try:
            sql = column_or_expression(connection, text, header, where=where)
            if text not in header:
                connection.execute(f"select count(value) from (select {sql} as value from incoming)")
        except ExpressionError as error:
            raise FileProblem(f"{error}; the file does not land") from error
        except duckdb.BinderException as error:
            reason = str(error).splitlines()[0].removeprefix("Binder Error: ")
            hint = "every column is text: use try_cast(... as double) or try_strptime"
            raise FileProblem(f"{where}: [{text}] cannot be computed: {reason} ({hint}); it does not land") from None
        except duckdb.Error as error:
            # The message of the database would quote the value.
            hint = "use try_cast or try_strptime, which leave out what they cannot read"
            raise FileProblem(
                f"{where}: [{text}] fails on a row ({type(error).__name__}); {hint}; the file does not land"
            ) from None


def _extract_date(
    connection: Connection, office: Office, name: str, *, file: str, header: list[str], modified_ns: int
) -> tuple[date, str]:
    """The day the source made the file, and who says so."""
    extract = office.extracts[name]
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
    return datetime.fromtimestamp(modified_ns / 1e9, ZoneInfo(office.office.timezone)).date(), "file time"


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
            _state_date(connection, load_id, stated)


def _state_date(connection: Connection, load_id: str, stated: tuple[date, str]) -> None:
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


def _add_problems(connection: Connection, problems: list[dict[str, object]]) -> None:
    """Append to meta.problems, numbered on; in the caller's transaction."""
    row = connection.execute(
        "select coalesce(max(substr(problem_id, 6)::bigint), 0) from meta.problems where problem_id like 'land-%'"
    ).fetchone()
    first = (0 if row is None else int(row[0])) + 1
    frame = pd.DataFrame(problems, columns=["extract", "file", "row", "value", "kind", "why"])
    frame["row"] = frame["row"].astype("Int64")
    frame = frame.assign(problem_id=[f"land-{first + n:07d}" for n in range(len(frame))], rows=1)
    connection.register("file_problems", frame.astype({"value": "string", "file": "string"}))
    connection.execute("insert into meta.problems by name from file_problems")
    connection.execute("drop view file_problems")
