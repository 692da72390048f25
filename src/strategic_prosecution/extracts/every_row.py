"""Every row of raw and every event of the desk, by the record it speaks of: what an order has to reach."""

from datetime import date

from strategic_prosecution import model
from strategic_prosecution.extracts.casts import literal, text_of, typed
from strategic_prosecution.extracts.store import raw_columns
from strategic_prosecution.extracts.visible import Part, parts, see
from strategic_prosecution.settings import Extract, Feed, Office
from strategic_prosecution.warehouse import Connection

# Digits of a row's content that tell it from others; the same that make a record's key where a layout has none.
CONTENT_DIGITS = 20
LAST_DAY = date(9999, 12, 31)
# What orders and holds say for a table where they mark the numbers of a person.
PERSON = "person"
# Records that stand under the number of a case: with the case they go, and what comes later under it too.
OF_A_CASE = tuple(table.name for table in model.fed_tables() if "case_id" in table.names and table.name != "cases")
_COLUMNS = ("case_id", "source_person_id", "state_id", "fbi_id", "given_name", "family_name", "birth_date")


def raw_table(extract: str) -> str:
    """The table of a row that is known by its content alone."""
    return f"raw.{extract}"


def key_of(connection: Connection, office: Office, *, extract: Extract, feed: Feed, part: Part) -> str:
    """SQL for the key of the record a row speaks of; null where it cannot be read."""
    if feed.key == "row":
        return f"""left("__content", {CONTENT_DIGITS}) || '-' || "__copy" """
    return value_of(connection, office, extract=extract, feed=feed, part=part, name=feed.key)


def list_every_row(connection: Connection, office: Office) -> None:
    """Make ``every_row``: one row per feed and row of raw, also of those that no record rests on any more, and
    per event of the desk.

    extract, id (in raw), newness (of the newest file it stood in), record_table and record_id (raw.<extract> and the
    row's content where it has no readable key), mark_table and mark_id (what its fingerprint is made of: the same, or
    the content where the layout has no key), and ``_COLUMNS``, null where the feed does not map them. Not for use
    inside a transaction: DuckDB 1.5.5 may lose a large insert that follows an empty one there.
    """
    connection.execute(
        "create or replace temp table every_row (extract varchar, id bigint, newness integer, record_table varchar, "
        "record_id varchar, mark_table varchar, mark_id varchar, case_id varchar, source_person_id varchar, "
        "state_id varchar, fbi_id varchar, given_name varchar, family_name varchar, birth_date date)"
    )
    for name, extract in office.extracts.items():
        headers = raw_columns(connection, name)
        if not headers:
            continue
        see(connection, name, extract, LAST_DAY)
        for number, feed in enumerate(extract.feeds, start=1):
            for part in parts(connection, name, extract, feed=feed, number=number, headers=headers):
                _list_part(connection, office, name=name, feed=feed, part=part)
    for table in model.tables("desk"):
        if table.is_fed:
            _list_desk(connection, table)


def _list_part(connection: Connection, office: Office, *, name: str, feed: Feed, part: Part) -> None:
    extract = office.extracts[name]
    key = key_of(connection, office, extract=extract, feed=feed, part=part)
    columns = ", ".join(
        (
            value_of(connection, office, extract=extract, feed=feed, part=part, name=column)
            if column in feed.columns
            else "null"
        )
        + f' as "{column}"'
        for column in _COLUMNS
    )
    own, raw, content = literal(feed.table), literal(raw_table(name)), f"""left("__content", {CONTENT_DIGITS})"""
    # The content is a digest of the whole row: it is made only where it is needed.
    mark_table, mark_id = f"if(key is null, {raw}, {own})", f"if(key is null, {content}, key)"
    if feed.key == "row":
        mark_table, mark_id = raw, content
    connection.execute(
        f"""
        insert into every_row
        select {literal(name)}, "__id", newness, if(key is null, {raw}, {own}), if(key is null, {content}, key),
            {mark_table}, {mark_id}, {", ".join(f'"{column}"' for column in _COLUMNS)}
        from (select "__id", "__span", "__content", {key} as key, {columns} from ({part.all_rows}))
        join (select "__span", newness from spans) using ("__span")
        """
    )


def _list_desk(connection: Connection, table: model.Table) -> None:
    """What the desk says of a record, also where its row of raw is no more: older than any file, the newest event 0."""
    key, name = model.DESK_KEYS[table.name], literal(table.name)
    columns = ", ".join(column if column in table.names else "null" for column in _COLUMNS)
    connection.execute(
        f"insert into every_row select {literal(f'desk.{table.name}')}, rowid, "
        f"1 - row_number() over (partition by {key} order by recorded_at desc, rowid desc), "
        f"{name}, {key}, {name}, {key}, {columns} from desk.{table.name} where {key} is not null"
    )


def value_of(connection: Connection, office: Office, *, extract: Extract, feed: Feed, part: Part, name: str) -> str:
    """SQL for a column that a feed maps, typed."""
    table = next(table for table in model.fed_tables() if table.name == feed.table)
    text = text_of(part.sql(connection, feed.columns[name]), extract)
    return typed(table.column(name), text, extract=extract, office=office)
