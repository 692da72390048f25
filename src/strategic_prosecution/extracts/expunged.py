"""Rows that must be forgotten: taken out of raw, and kept out when a file brings them again.

They are known by their fingerprints (of table and key; of extract and content where a row has no key) in a temporary
table ``forgotten`` (order_id, table_name, fingerprint). Nothing else is left to know them by. What a row without a key
says may change, so a charge or a hearing is also known by its case, and a row whose key cannot be read by its person.
"""

from pathlib import Path

from strategic_prosecution import desk
from strategic_prosecution.extracts.casts import literal
from strategic_prosecution.extracts.every_row import (
    CONTENT_DIGITS,
    LAST_DAY,
    OF_A_CASE,
    PERSON,
    key_of,
    raw_table,
    value_of,
)
from strategic_prosecution.extracts.layouts import find_layout, in_words, names_in_words, reads
from strategic_prosecution.extracts.readers import find_form, read
from strategic_prosecution.extracts.store import raw_columns
from strategic_prosecution.extracts.visible import Part, content_of, parts, see
from strategic_prosecution.fingerprints import fingerprint_key, install
from strategic_prosecution.settings import Feed, Layout, Office
from strategic_prosecution.warehouse import Connection


def load_forgotten(connection: Connection, office: Office, *, begun: bool = False) -> bool:
    """Make ``forgotten`` of all orders of expungement, begun or done; False where there are none.

    ``begun``: also of purges that are begun, which keep nothing out. Makes the macro ``fingerprint_of``. Raises
    SettingsError where there are some and the fingerprint key is missing or another: no row is taken in then.
    """
    kinds = "('expunge', 'purge')" if begun else "('expunge')"
    connection.execute(
        f"""
        create or replace temp table forgotten as
        select order_id, table_name, fingerprint from desk.order_records
        where order_id in (
            select order_id from ({desk.ORDERS_NOW}) where kind in {kinds} and status in ('begun', 'done')
        )
        """
    )
    if connection.execute("select 1 from forgotten limit 1").fetchone() is None:
        return False
    key = fingerprint_key(office)
    desk.check_fingerprint_key(connection, key)
    install(connection, key=key)
    return True


def remove_from_raw(connection: Connection, office: Office) -> dict[str, int]:
    """Delete the forgotten rows from raw, in whatever file they stood; returns rows by table of raw.

    Each file's ``expunged`` counts what it lost, and ``meta.removals`` what each order reached. Needs the macro
    ``fingerprint_of``. For use inside ``transaction``.
    """
    removed = {}
    for name, extract in office.extracts.items():
        headers = raw_columns(connection, name)
        if not headers:
            continue
        see(connection, name, extract, LAST_DAY)
        matches = [
            _matches(connection, office, name=name, feed=feed, part=part)
            for number, feed in enumerate(extract.feeds, start=1)
            for part in parts(connection, name, extract, feed=feed, number=number, headers=headers)
        ]
        if any(matches):
            removed[raw_table(name)] = _delete(connection, name, " union all ".join(filter(None, matches)))
    return {table: rows for table, rows in removed.items() if rows}


def remove_from_incoming(
    connection: Connection, office: Office, *, name: str, layout: Layout | None, header: list[str]
) -> int:
    """Delete the forgotten rows of a file that is about to land from ``incoming``; returns how many.

    Needs ``forgotten`` and the macro ``fingerprint_of``.
    """
    matches = _incoming_matches(connection, office, name=name, layout=layout, header=header)
    if not matches:
        return 0
    row = connection.execute(f'delete from incoming where "__row" in (select "__id" from ({matches}))').fetchone()
    return 0 if row is None else int(row[0])


def count_forgotten(connection: Connection, office: Office, *, name: str, path: Path) -> dict[str, int]:
    """How many rows of a file each order is to forget, by order_id; FileProblem where it cannot be read any more."""
    extract = office.extracts[name]
    form = find_form(path, encoding=extract.encoding, delimiter=extract.delimiter, sheet=extract.sheet)
    contents = read(connection, path, form=form, temp_dir=office.processed_dir / "tmp")
    try:
        layout = find_layout(extract, contents.header)
        matches = _incoming_matches(connection, office, name=name, layout=layout, header=contents.header)
        found = f'select order_id, count(distinct "__id") from ({matches}) group by order_id order by order_id'
        rows = connection.execute(found).fetchall() if matches else []
    finally:
        connection.execute("drop table if exists incoming")
    return {order_id: int(count) for order_id, count in rows}


def _incoming_matches(
    connection: Connection, office: Office, *, name: str, layout: Layout | None, header: list[str]
) -> str:
    extract = office.extracts[name]
    columns = in_words(connection, layout, header, extract=name)
    rows = (
        f'select "__row" as "__id", 1 as "__copy", {content_of(header, extract)} as "__content", {columns} '
        "from incoming"
    )
    part = Part(rows, rows, "", names_in_words(layout, header), f"extracts.{name}")
    matches = [
        _matches(connection, office, name=name, feed=feed, part=part) for feed in extract.feeds if reads(feed, layout)
    ]
    return " union all ".join(filter(None, matches))


def _matches(connection: Connection, office: Office, *, name: str, feed: Feed, part: Part) -> str:
    """A query for the forgotten rows of a part, with each of the orders that say so; empty where there is none."""
    extract = office.extracts[name]
    known = {table for (table,) in connection.execute("select distinct table_name from forgotten").fetchall()}

    def value(column: str) -> str:
        return value_of(connection, office, extract=extract, feed=feed, part=part, name=column)

    # A digest costs as much as reading the row: each is made only where it may be among the forgotten.
    fingerprints = []
    is_keyless = "true"
    if feed.key != "row":
        key = key_of(connection, office, extract=extract, feed=feed, part=part)
        is_keyless = f"({key}) is null"
        if feed.table in known:
            fingerprints.append(f"fingerprint_of({literal(feed.table)}, {key})")
        if PERSON in known:
            fingerprints += [
                f"case when {is_keyless} then fingerprint_of({literal(PERSON)}, {value(column)}) end"
                for column in ("state_id", "fbi_id", "source_person_id")
                if column in feed.columns
            ]
    if raw_table(name) in known:
        content = f"""fingerprint_of({literal(raw_table(name))}, left("__content", {CONTENT_DIGITS}))"""
        fingerprints.append(f"case when {is_keyless} then {content} end")
    if feed.table in OF_A_CASE and "case_id" in feed.columns and "cases" in known:
        fingerprints.append(f"fingerprint_of('cases', {value('case_id')})")
    if not fingerprints:
        return ""
    return f"""
        select "__id", order_id
        from (select "__id", unnest([{", ".join(fingerprints)}]) as fingerprint from ({part.all_rows}))
        join forgotten using (fingerprint)
    """


def _delete(connection: Connection, name: str, matches: str) -> int:
    connection.execute(
        f"""
        create or replace temp table removed_rows as
        select "__id", order_id, "__load", "__until"
        from (select distinct "__id", order_id from ({matches})) as found
        join raw.{name} as source on source.rowid = "__id"
        """
    )
    connection.execute(
        """
        update meta.loads set expunged = coalesce(expunged, 0) + lost.rows
        from (
            select stood.load_id, count(distinct "__id") as rows
            from removed_rows join meta.loads as first_load on first_load.load_id = "__load"
            join meta.loads as stood on stood.chain = first_load.chain
                and stood.link >= first_load.link and stood.link < "__until"
            group by stood.load_id
        ) as lost
        where lost.load_id = loads.load_id
        """
    )
    note_removals(connection, "meta", raw_table(name), "select order_id, count(*) from removed_rows group by order_id")
    row = connection.execute(f'delete from raw.{name} where rowid in (select "__id" from removed_rows)').fetchone()
    connection.execute("drop table removed_rows")
    return 0 if row is None else int(row[0])


def note_removals(connection: Connection, schema: str, table: str, counts: str) -> None:
    """Add to what orders removed from a table; ``counts`` is a query for order_id and rows."""
    connection.execute(
        f"""
        create or replace temp table new_removals as
        select order_id, {literal(table)} as table_name, sum(rows)::bigint as rows
        from (
            select * from ({counts}) as counted(order_id, rows)
            union all
            select order_id, rows from {schema}.removals where table_name = {literal(table)}
        )
        group by order_id
        """
    )
    connection.execute(f"delete from {schema}.removals where table_name = {literal(table)}")
    connection.execute(f"insert into {schema}.removals by name from new_removals where rows > 0")
    connection.execute("drop table new_removals")
