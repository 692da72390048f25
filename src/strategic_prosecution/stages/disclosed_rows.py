"""Rows of raw as a page shows them: every column as written, the files they stood in, and the records they speak of."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.extracts.casts import literal, text_of, typed
from strategic_prosecution.extracts.every_row import CONTENT_DIGITS, LAST_DAY, key_of, raw_table
from strategic_prosecution.extracts.layouts import find_layout, fold, names_in_words
from strategic_prosecution.extracts.store import OPEN, raw_columns
from strategic_prosecution.extracts.visible import Part, parts, see
from strategic_prosecution.settings import Feed, Layout, Office
from strategic_prosecution.warehouse import Connection, identifier, quoted

# Column of the model -> the columns of the file that it is made of.
Mapped = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Entry:
    """One record that a row speaks of: its table and key, the table its feed fills, and what comes from where."""

    record: tuple[str, str]
    table: str
    mapped: Mapped


@dataclass(frozen=True, eq=False)
class Row:
    """One stored row: its first file and its line there, the files it stood in, and its columns as written.

    ``is_gone``: a newer file that should hold it does not.
    """

    file: str
    line: int
    files: int
    last_file: str
    first_day: date
    last_day: date
    is_gone: bool
    values: dict[str, str]
    empty: tuple[str, ...]
    problems: tuple[str, ...]
    entries: tuple[Entry, ...]


def list_record_rows(connection: Connection, office: Office) -> None:
    """Make ``record_rows``: extract, feed (its number), id (in raw), record_table, record_id, incident_id.

    One row per row of raw and record that it speaks of, as ``every_row`` has them, but for rows that a feed leaves out
    and that have no key; and one per event of the desk, which needs no row of raw. Not for use inside a transaction.
    """
    connection.execute(
        "create or replace temp table record_rows (extract varchar, feed integer, id bigint, record_table varchar, "
        "record_id varchar, incident_id varchar)"
    )
    for name, extract in office.extracts.items():
        headers = raw_columns(connection, name)
        if not headers:
            continue
        see(connection, name, extract, LAST_DAY)
        for number, feed in enumerate(extract.feeds, start=1):
            for part in parts(connection, name, extract, feed=feed, number=number, headers=headers):
                _list_part(connection, office, name=name, number=number, part=part)
    for table in model.tables("desk"):
        if table.is_fed:
            connection.execute(
                f"insert into record_rows select {literal(f'desk.{table.name}')}, 0, rowid, {literal(table.name)}, "
                f"{model.DESK_KEYS[table.name]}, null from desk.{table.name}"
            )


def _list_part(connection: Connection, office: Office, *, name: str, number: int, part: Part) -> None:
    extract = office.extracts[name]
    feed = extract.feeds[number - 1]
    key = key_of(connection, office, extract=extract, feed=feed, part=part)
    incident = "null"
    if "incident_id" in feed.columns:
        table = next(table for table in model.fed_tables() if table.name == feed.table)
        text = text_of(part.sql(connection, feed.columns["incident_id"]), extract)
        incident = typed(table.column("incident_id"), text, extract=extract, office=office)
    left_out = f'and "__id" not in (select "__id" from ({part.left_out}))' if part.left_out else ""
    connection.execute(
        f"""
        insert into record_rows
        select {literal(name)}, {number}, "__id", if(key is null, {literal(raw_table(name))}, {literal(feed.table)}),
            if(key is null, left("__content", {CONTENT_DIGITS}), key), incident
        from (select "__id", "__content", {key} as key, {incident} as incident from ({part.all_rows}))
        where key is not null or (true {left_out})
        """
    )


def read_rows(connection: Connection, office: Office, records: Iterable[tuple[str, str]]) -> list[Row]:
    """The rows of raw that speak of these records, with all that each speaks of, in order of extract, file and line."""
    wanted = pd.DataFrame(sorted(records), columns=["record_table", "record_id"], dtype="string")
    connection.register("wanted_records", wanted)
    connection.execute(
        """
        create or replace temp table wanted_rows as
        select distinct extract, id from record_rows where (record_table, record_id) in (from wanted_records)
        """
    )
    connection.execute("drop view wanted_records")
    return [row for name in office.extracts for row in _rows_of(connection, office, name)]


def _rows_of(connection: Connection, office: Office, name: str) -> list[Row]:
    headers = raw_columns(connection, name)
    entries: defaultdict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for row, feed, table, record in connection.execute(
        "select id, feed, record_table, record_id from record_rows join wanted_rows using (extract, id) "
        "where extract = ? order by all",
        [name],
    ).fetchall():
        entries[row].append((feed, table, record))
    if not entries:
        return []
    extract = office.extracts[name]
    loads = _loads(connection, name)
    newest = max(load.day for load in loads.values())
    problems = _problems(connection, name)
    columns = ", ".join(identifier(column) for column in headers)
    found = connection.execute(
        f'select rowid, "__load", "__row", "__until", {columns} from raw.{name} '
        f"where rowid in (select id from wanted_rows where extract = {quoted(name)}) order by rowid"
    ).fetchall()
    mapped: dict[tuple[int, str], Mapped] = {}
    rows = []
    for row, load_id, line, until, *values in found:
        first = loads[load_id]
        stood = [load for load in loads.values() if load.chain == first.chain and first.link <= load.link < until]
        last = max(stood, key=lambda load: load.link)
        layout = find_layout(extract, first.header)
        known = {fold(column) for column in first.header}
        written = {column: value or "" for column, value in zip(headers, values, strict=True) if fold(column) in known}
        told = []
        for feed, table, record in entries[row]:
            place = (feed, first.file)
            if place not in mapped:
                mapped[place] = _mapped(connection, extract.feeds[feed - 1], layout, headers)
            told.append(Entry((table, record), extract.feeds[feed - 1].table, mapped[place]))
        rows.append(
            Row(
                file=first.file,
                line=line,
                files=len(stood),
                last_file=last.file,
                first_day=first.day,
                last_day=last.day,
                is_gone=until != OPEN or (extract.holds == "everything" and last.day < newest),
                values={column: value for column, value in written.items() if value},
                empty=tuple(column for column, value in written.items() if not value),
                problems=tuple(problems[first.file, line]),
                entries=tuple(told),
            )
        )
    return sorted(rows, key=lambda row: (row.first_day, row.file, row.line))


@dataclass(frozen=True)
class _Load:
    file: str
    day: date
    chain: str
    link: int
    header: list[str]


def _loads(connection: Connection, name: str) -> dict[str, _Load]:
    rows = connection.execute(
        "select load_id, file, extract_date, chain, link, header from meta.loads where extract = ?", [name]
    ).fetchall()
    return {
        load_id: _Load(file, day, chain, link, json.loads(header)) for load_id, file, day, chain, link, header in rows
    }


def _problems(connection: Connection, name: str) -> defaultdict[tuple[str, int], list[str]]:
    found: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for file, line, column, kind, why in connection.execute(
        "select file, row, column_name, kind, why from meta.problems "
        "where extract = ? and row is not null order by all",
        [name],
    ).fetchall():
        found[file, line].append(f"{f'{column}: ' if column else ''}{kind}, {why}")
    return found


def _mapped(connection: Connection, feed: Feed, layout: Layout | None, headers: list[str]) -> Mapped:
    """The columns of the file that each column of a feed is made of, by way of the layout's own columns."""
    names = names_in_words(layout, headers)
    spelled = {fold(header): header for header in headers}

    def of_file(name: str) -> tuple[str, ...]:
        if layout is not None and name in layout.columns:
            made_of = _columns_of(connection, layout.columns[name], [*headers, *layout.header])
            return tuple(spelled[fold(column)] for column in made_of)
        return (spelled[fold(name)],)

    return {
        ours: tuple(column for name in _columns_of(connection, theirs, names) for column in of_file(name))
        for ours, theirs in feed.columns.items()
    }


def _columns_of(connection: Connection, text: str, names: list[str]) -> list[str]:
    """The columns that a header or an expression of office.toml, checked when it landed, is made of."""
    if text in names:
        return [text]
    row = connection.execute("select json_serialize_sql(?)", [f"select ({text}\n)"]).fetchone()
    pending: list[Any] = [json.loads(row[0])] if row is not None else []
    found = []
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if node.get("class") == "COLUMN_REF":
                found.append(str(node["column_names"][-1]))
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    return sorted(set(found))
