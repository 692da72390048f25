"""Landing: each file once, known by its fingerprint, every value as text, with the day its source made it.

A file that cannot be read, has a layout nobody declared, lacks a mapped column or is still being written does not
land: it is one problem with what is wrong and what to do, and the other files land.
"""

import hashlib
import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.extracts.casts import literal, text_of
from strategic_prosecution.extracts.contracts import check_rows
from strategic_prosecution.extracts.expressions import ExpressionError, column_or_expression, shown
from strategic_prosecution.extracts.expunged import load_forgotten, remove_from_incoming
from strategic_prosecution.extracts.extract_dates import (
    check_future,
    extract_date,
    file_day,
    redate,
    state_date,
    stated_date,
)
from strategic_prosecution.extracts.layouts import find_layout, in_words, missing_columns, names_in_words, reads
from strategic_prosecution.extracts.readers import Contents, FileProblem, find_form, fingerprint, read
from strategic_prosecution.extracts.readers.problem import one_line
from strategic_prosecution.extracts.store import store
from strategic_prosecution.settings import Extract, Feed, Layout, Office
from strategic_prosecution.warehouse import Connection, transaction

_FILE_KINDS = ("unreadable_file", "waiting_file", "unknown_layout")


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
        redate(connection, name, extract)
        landed_as = _known_files(connection, name)
        for path in found:
            file = str(path.relative_to(office.raw_dir))
            try:
                count = _land_file(connection, office, name=name, path=path, file=file, known=landed_as.get(file))
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
        except (ValueError, IndexError, OSError):
            # A dot alone, a name longer than any file's: pathlib says so in several ways.
            refused.append(_problem(name, pattern, f"pattern [{pattern}] is not one; correct `files`"))
    for path in sorted(found):
        file = os.fsencode(path.relative_to(office.raw_dir)).decode(errors="replace")
        why = ""
        if file != str(path.relative_to(office.raw_dir)):
            why = "has a name that is not UTF-8; rename it"
        elif not path.resolve().is_relative_to(office.raw_dir.resolve()):
            why = "is a link to a file outside raw_dir; put the file itself there"
        if why:
            found.remove(path)
            refused.append(_problem(name, file, why))
    return sorted(found), refused


def _known_files(connection: Connection, name: str) -> dict[str, tuple[int, int]]:
    """Size and time of last change of each file of an extract as it last landed."""
    rows = connection.execute(
        "select file, bytes, modified_ns from meta.loads where extract = ? "
        "qualify row_number() over (partition by file order by landed_at desc, load_id) = 1",
        [name],
    ).fetchall()
    return {file: (size, changed) for file, size, changed in rows}


def _land_file(
    connection: Connection, office: Office, *, name: str, path: Path, file: str, known: tuple[int, int] | None
) -> int | None:
    """Land one file with the problems of its lines; the rows, or None when it had landed before."""
    extract = office.extracts[name]
    before = _settled(path, office.office.settle_seconds)
    if known == before:
        return None
    sha256 = fingerprint(path)
    if _has_landed(connection, office, name, sha256=sha256, file=file, status=before):
        return None
    form = find_form(path, encoding=extract.encoding, delimiter=extract.delimiter, sheet=extract.sheet)
    contents = read(connection, path, form=form, temp_dir=office.processed_dir / "tmp")
    try:
        layout = find_layout(extract, contents.header)
        names = names_in_words(layout, contents.header)
        source = _source(connection, name, layout, contents)
        feeds = [feed for feed in extract.feeds if reads(feed, layout)]
        _check_feeds(connection, name, extract, feeds=feeds, source=source, names=names)
        made, says = extract_date(
            connection, office, name, file=file, source=source, names=names, modified_ns=before[1]
        )
        _check_contents(connection, office, name, contents)
        if says != "file":
            check_future(connection, office, name=name, feeds=feeds, source=source, names=names, made=made)
        if (path.stat().st_size, path.stat().st_mtime_ns) != before:
            raise FileProblem("changed while it was read; it lands with the next run", kind="waiting_file")
        # Nobody knows whose a line is that cannot be split into columns: once there is what to forget, none stays.
        is_forgetful, expunged = load_forgotten(connection, office), 0
        if is_forgetful:
            expunged = remove_from_incoming(connection, office, name=name, layout=layout, header=contents.header)
        # Twelve characters: as long as a text may be that DuckDB keeps in place, and it stands on every row.
        load_id = hashlib.sha256(f"{name}:{file}:{sha256}:{made}".encode()).hexdigest()[:12]
        with transaction(connection):
            stored = store(
                connection,
                name,
                load_id=load_id,
                file=file,
                extract_date=made,
                header=contents.header,
                line_numbers=extract.line_numbers,
                ordered=partial(_ordered_lines, connection, extract, feeds=feeds, source=source, names=names),
                # What the desk is told it keeps, with the line of the file that said it.
                whole=any(table.name == feed.table for feed in feeds for table in model.tables("desk")),
            )
            load = {
                "load_id": load_id,
                "extract": name,
                "file": file,
                "sha256": sha256,
                "bytes": before[0],
                "modified_ns": before[1],
                "form": form.describe(),
                "header": json.dumps(contents.header, ensure_ascii=False),
                "rows": stored.rows + expunged,
                "expunged": expunged,
                "new_rows": stored.new,
                "ragged": len(contents.ragged),
                "chain": stored.chain,
                "link": stored.link,
                "extract_date": made,
                "extract_date_from": says,
                "landed_at": datetime.now(UTC).replace(tzinfo=None),
            }
            connection.execute(
                f"insert into meta.loads ({', '.join(load)}) values ({', '.join('?' * len(load))})",
                list(load.values()),
            )
            _add_problems(
                connection,
                [
                    _problem(name, file, why, kind="ragged_row", row=line, value=None if is_forgetful else text)
                    for line, text, why in contents.ragged
                ],
            )
    finally:
        connection.execute("drop table if exists incoming")
    return stored.rows + expunged


def _has_landed(
    connection: Connection, office: Office, name: str, *, sha256: str, file: str, status: tuple[int, int]
) -> bool:
    """Whether this content landed before; if so, notes the name and time of change the file has now.

    It did when this file held it for the same day, or holds it now, or a file that is gone held it: that one was moved.
    A copy under another name is a load of its own, and so is what a file says again after it said something else.
    """
    extract = office.extracts[name]
    stated = stated_date(extract, file)
    day = stated[0] if stated else None
    if day is None and not isinstance(extract.extract_date, dict):
        day = file_day(office, status[1])
    loads = connection.execute(
        """
        select load_id, file, extract_date, landed_at = max(landed_at) over (partition by file) as is_newest, sha256
        from meta.loads where extract = ?
        qualify sha256 = ? order by extract_date, file
        """,
        [name, sha256],
    ).fetchall()
    same = [
        load_id
        for load_id, landed_as, made, is_newest, _ in loads
        if (landed_as == file and (is_newest or day in (None, made)))
        or (landed_as != file and day in (None, made) and not (office.raw_dir / landed_as).is_file())
    ]
    if not same:
        return False
    connection.execute(
        "update meta.loads set file = ?, bytes = ?, modified_ns = ?, landed_at = ? where load_id = ?",
        [file, *status, datetime.now(UTC).replace(tzinfo=None), same[0]],
    )
    if stated:
        state_date(connection, same[0], stated)
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


def _source(connection: Connection, name: str, layout: Layout | None, contents: Contents) -> str:
    """``incoming`` in the words of the feeds."""
    try:
        columns = in_words(connection, layout, contents.header, extract=name)
    except ExpressionError as error:
        raise FileProblem(f"{error}; the file does not land") from error
    return f'(select "__row", {columns} from incoming)'


def _check_feeds(
    connection: Connection,
    name: str,
    extract: Extract,
    *,
    feeds: list[Feed],
    source: str,
    names: list[str],
) -> None:
    """Refuse a file without a mapped column, or on which a setting of its extract cannot be computed."""
    try:
        connection.execute(f"select try_strptime('', [{', '.join(literal(item) for item in extract.date_formats)}])")
    except duckdb.Error:
        formats = ", ".join(extract.date_formats)
        raise FileProblem(f"extracts.{name}.date_formats [{formats}] cannot all be understood; see strptime") from None
    places: dict[str, str] = {}
    for number, feed in enumerate(extract.feeds, start=1):
        if feed not in feeds:
            continue
        place = f"extracts.{name}.feeds[{number}]"
        places |= {f"{place}.columns.{ours}": text for ours, text in feed.columns.items()}
        places |= {f"{place}.where": feed.where} if feed.where else {}
        places |= {f"{place}.reversal.when": feed.reversal.when} if feed.reversal else {}
        places |= {f"{place}.rules[{n}].when": rule.when for n, rule in enumerate(feed.rules, start=1)}
    mapped = [text for text in places.values() if text.isidentifier()]
    if isinstance(extract.extract_date, dict):
        places[f"extracts.{name}.extract_date.column"] = extract.extract_date["column"]
    computed: dict[str, str] = {}
    for where, text in places.items():
        try:
            sql = column_or_expression(connection, text, names, where=where)
        except ExpressionError as error:
            lacks = missing_columns(mapped, names) if text in mapped else ""
            raise FileProblem(f"{error}{f' ({lacks})' if lacks else ''}; the file does not land") from error
        if where.endswith((".where", ".when")) or ".rules[" in where:
            # A condition must be true or false on every row: a column of text may hold anything.
            computed[where] = f"({sql})::boolean"
        elif text not in names:
            computed[where] = sql
    # All at once first: one pass over the rows where nothing is wrong.
    if computed and not _computes(connection, source, list(computed.values())):
        for where, sql in computed.items():
            _check_expression(connection, source, sql, text=places[where], where=where)


def _computes(connection: Connection, source: str, sqls: list[str]) -> bool:
    counted = ", ".join(f"count({sql})" for sql in sqls)
    try:
        connection.execute(f"select {counted} from {source}")
    except duckdb.Error:
        return False
    return True


def _check_expression(connection: Connection, source: str, sql: str, *, text: str, where: str) -> None:
    try:
        connection.execute(f"select count(value) from (select {sql} as value from {source})")
    except duckdb.BinderException as error:
        reason = str(error).splitlines()[0].removeprefix("Binder Error: ")
        hint = "every column is text: use try_cast(... as double) or try_strptime"
        raise FileProblem(f"{where}: [{shown(text)}] cannot be computed: {reason} ({hint}); it does not land") from None
    except duckdb.Error as error:
        # The message of the database would quote the value.
        hint = "use try_cast or try_strptime, which leave out what they cannot read"
        raise FileProblem(
            f"{where}: [{shown(text)}] fails on a row ({type(error).__name__}); {hint}; the file does not land"
        ) from None


def _check_contents(connection: Connection, office: Office, name: str, contents: Contents) -> None:
    """Refuse a file with fewer or more rows than its extract allows."""
    extract = office.extracts[name]
    row = connection.execute("select count(*) from incoming").fetchone()
    rows = 0 if row is None else int(row[0])
    if extract.holds != "changes" and not rows:
        raise FileProblem(
            "has no rows, and a record missing from it is withdrawn: it would withdraw every record; check it"
        )
    if why := check_rows(name, extract, rows + len(contents.ragged)):
        raise FileProblem(why)


def _ordered_lines(
    connection: Connection, extract: Extract, *, feeds: list[Feed], source: str, names: list[str]
) -> list[str]:
    """Queries for the lines that share their key with another of the file, where the last line of a key counts."""
    queries = []
    for feed in feeds:
        if feed.key == "row" or feed.order_by or feed.reversal:
            continue
        key = text_of(column_or_expression(connection, feed.columns[feed.key], names, where="key"), extract)
        row = connection.execute(f"select count({key}), count(distinct {key}) from {source}").fetchone()
        if row is not None and row[0] != row[1]:
            queries.append(
                f'select "__row" from {source} where {key} in '
                f"(select {key} as key from {source} group by key having count(*) > 1)"
            )
    return queries


def _problem(
    extract: str,
    file: str,
    why: str,
    *,
    kind: str = "unreadable_file",
    row: int | None = None,
    value: str | None = None,
) -> dict[str, object]:
    return {"extract": extract, "file": file, "row": row, "value": value, "kind": kind, "why": one_line(why)}


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
