"""Raw: every row of every file, those that a newer file only repeats stored once.

A file that mostly repeats the one before it continues that file's *chain*: rows found again, word for word, are not
stored again; a row that is gone is marked with the link of the chain from which it is gone (``__until``). Any other
file begins a chain of its own. So raw says of each row in which files it stood:
the chain of ``__load``, from its link, up to but without ``__until``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from strategic_prosecution.extracts.casts import literal
from strategic_prosecution.extracts.layouts import fold
from strategic_prosecution.warehouse import Connection, identifier

# ``__until`` of a row that is still there.
OPEN = 2_147_483_647
# A file that shares fewer of its rows with the one before is no newer edition of it.
LEAST_SHARED = 0.5


@dataclass(frozen=True)
class Stored:
    """Where a load stands in its chain, and how many of its rows were new."""

    chain: str
    link: int
    rows: int
    new: int


def raw_columns(connection: Connection, name: str) -> list[str]:
    """The source's columns of raw.<extract>, or [] when nothing has landed."""
    rows = connection.execute(
        "select column_name from duckdb_columns() where database_name = 'records' and schema_name = 'raw' "
        "and table_name = ? and not starts_with(column_name, '__') order by column_index",
        [name],
    ).fetchall()
    return [row[0] for row in rows]


def store(
    connection: Connection,
    name: str,
    *,
    load_id: str,
    file: str,
    extract_date: date,
    header: list[str],
    line_numbers: tuple[str, ...],
    ordered: Callable[[], list[str]],
    whole: bool,
) -> Stored:
    """Add the temporary table ``incoming`` to raw.<extract>, which grows a column when a layout does.

    ``ordered`` gives queries for the lines (``__row``) whose place in the file decides between rows of one key: they
    are stored again, so that their place is known. ``whole`` stores every row again. For use inside ``transaction``.
    """
    columns = ", ".join(f"{identifier(column)} varchar" for column in header)
    connection.execute(
        f'create table if not exists raw.{name} ("__load" varchar, "__row" bigint, "__copy" integer, '
        f'"__until" integer, {columns})'
    )
    known = {fold(column) for column in raw_columns(connection, name)}
    for column in header:
        if fold(column) not in known:
            connection.execute(f"alter table raw.{name} add column {identifier(column)} varchar")
    content = [column for column in header if column not in line_numbers] or header
    rows = _number_copies(connection, content)
    base = None if whole or not rows else _base(connection, name, file, extract_date, header, rows=rows)
    chain, link, new = load_id, 0, rows
    if base is not None:
        found = _find_again(connection, name, base[0], content=content, rows=rows)
        if found:
            chain, link = base
            new = _close_and_keep_new(connection, name, link=link, ordered=ordered())
    only_new = 'join incoming_new using ("__row")' if link else ""
    connection.execute(
        f"""
        insert into raw.{name} by name
        select {literal(load_id)} as "__load", incoming.*, coalesce("__copy", 1)::integer as "__copy",
            {OPEN} as "__until"
        from incoming left join incoming_copies using ("__row") {only_new}
        order by "__row"
        """
    )
    connection.execute("drop table incoming_copies; drop table if exists incoming_new")
    return Stored(chain, link, rows, new)


def _number_copies(connection: Connection, content: list[str]) -> int:
    """Number the second, third ... of equal rows in ``incoming_copies``; returns the rows of ``incoming``."""
    listed = ", ".join(identifier(name) for name in content)
    row = connection.execute(f"select count(*), count(distinct hash({listed})) from incoming").fetchone()
    rows, distinct = (0, 0) if row is None else row
    connection.execute(
        f"""
        create or replace temp table incoming_copies as
        select "__row", "__copy" from (
            select "__row", row_number() over (partition by {listed} order by "__row") as "__copy"
            from incoming where {rows != distinct}
        )
        where "__copy" > 1
        """
    )
    return int(rows)


def _base(
    connection: Connection, name: str, file: str, extract_date: date, header: list[str], *, rows: int
) -> tuple[str, int] | None:
    """The chain a file may continue and its link in it: the last of its name, else the newest made before it."""
    heads = connection.execute(
        """
        select chain, link + 1, header, rows from meta.loads
        where extract = $extract and (extract_date, file) < ($extract_date, $file)
            and link = (select max(link) from meta.loads as others where others.chain = loads.chain)
        order by file = $file desc, extract_date desc, file desc, load_id
        """,
        {"extract": name, "extract_date": extract_date, "file": file},
    ).fetchall()
    columns = {fold(column) for column in header}
    for chain, link, theirs, held in heads[:1]:
        is_alike = {fold(column) for column in json.loads(theirs)} == columns
        if is_alike and min(rows, held) >= LEAST_SHARED * max(rows, held):
            return chain, link
    return None


def _find_again(connection: Connection, name: str, chain: str, *, content: list[str], rows: int) -> bool:
    """Pair the lines of ``incoming`` with equal rows of the last file of a chain, in ``held_rows`` and ``found_rows``.

    Returns False, with nothing left behind, where too few are found for the file to be a newer edition.
    """
    connection.execute(
        f"""
        create or replace temp table held_rows as
        select rowid as id, {_fingerprint(content)}, "__copy"
        from raw.{name}
        where "__until" = {OPEN} and "__load" in (select load_id from meta.loads where chain = {literal(chain)})
        """
    )
    connection.execute(
        f"""
        create or replace temp table found_rows as
        with arrived as (
            select "__row", {_fingerprint(content)}, coalesce("__copy", 1) as "__copy"
            from incoming left join incoming_copies using ("__row")
        )
        select id, "__row" from held_rows join arrived using (one_hash, other_hash, "__copy")
        """
    )
    row = connection.execute("select (select count(*) from found_rows), (select count(*) from held_rows)").fetchone()
    assert row is not None
    if row[0] >= LEAST_SHARED * max(rows, row[1]):
        return True
    connection.execute("drop table held_rows; drop table found_rows")
    return False


def _close_and_keep_new(connection: Connection, name: str, *, link: int, ordered: list[str]) -> int:
    """Mark the rows that are gone; the lines to store go to ``incoming_new``, and their number is returned."""
    for lines in ordered:
        connection.execute(f'delete from found_rows where "__row" in ({lines})')
    connection.execute(
        f"""
        update raw.{name} set "__until" = {link}
        where rowid in (select id from held_rows anti join found_rows using (id))
        """
    )
    connection.execute(
        'create or replace temp table incoming_new as select "__row" from incoming anti join found_rows using ("__row")'
    )
    row = connection.execute("select count(*) from incoming_new").fetchone()
    connection.execute("drop table held_rows; drop table found_rows")
    return 0 if row is None else int(row[0])


def _fingerprint(content: list[str]) -> str:
    """Two 64-bit hashes of a row, ``one_hash`` and ``other_hash``: equal rows have equal ones, others never do."""
    ordered = sorted(content, key=str.casefold)
    listed = ", ".join(identifier(name) for name in ordered)
    back = ", ".join(identifier(name) for name in reversed(ordered))
    return f"hash({listed}) as one_hash, hash('again', {back}) as other_hash"
