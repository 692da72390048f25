"""What people decided or entered: append-only events with who, when and why. A correction is a new event.

The desk is never rebuilt. It is read like one more extract: the newest event of each key that was known by a day.
"""

import getpass
from collections.abc import Collection
from datetime import UTC, date, datetime

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.warehouse import Connection, identifier, transaction

_HEAD = ("event_id", "recorded_at", "recorded_by", "why")
# The newest extract speaks last; of one extract read twice, the later reading.
_NEWEST = "extract_date desc nulls last, known_on desc, recorded_at desc, source_row desc, event_id desc"


def record(connection: Connection, table: model.Table, *, source: str, columns: Collection[str], why: str) -> int:
    """Append the rows of a relation that say something new; returns how many.

    ``source`` has the given columns of the table and ``__load``, ``__row`` and ``__extract_date``. Rows without a
    ``known_on`` were known on their extract's day. A row says nothing new when the newest event of its key says the
    same, so a record is kept once however often it is delivered, and a correction taken back is an event of its own.
    """
    key = model.DESK_KEYS[table.name]
    body = [name for name in table.names if name not in _HEAD]

    def value(name: str) -> str:
        if name in ("source_load", "source_row"):
            return f'"__{name.removeprefix("source_")}"'
        if name == "known_on":
            return 'coalesce("known_on", "__extract_date")' if name in columns else '"__extract_date"'
        return identifier(name) if name in columns else "null"

    listed = ", ".join(f"({value(name)})::{model.SQL_TYPES[table.column(name).dtype]} as {name}" for name in body)
    told = [name for name in body if name not in ("source_load", "source_row")]
    content = ", ".join(f"coalesce({name}::varchar, '')" for name in [*told, "source_load"])
    same = " and ".join(f"newest.{name} is not distinct from events.{name}" for name in told if name != "known_on")
    stated = '"known_on"::date' if "known_on" in columns else "null::date"
    required = " and ".join(f"{column.name} is not null" for column in table.columns if column.required)
    with transaction(connection):
        row = connection.execute(
            f"""
            insert into desk.{table.name}
            with events as (
                select left(md5(concat_ws(chr(31), {content})), 20) as event_id, $now::timestamp as recorded_at,
                    $login as recorded_by, $why as why, *
                from (select {listed}, {stated} as stated from {source} as rows)
            ),
            newest as (
                select events.* from desk.{table.name} as events left join meta.loads on load_id = source_load
                qualify row_number() over (partition by {key} order by {_NEWEST}) = 1
            )
            select {", ".join(table.names)} from events
            where {required} and event_id not in (select event_id from desk.{table.name}) and not exists (
                from newest where newest.{key} = events.{key} and {same}
                    and newest.known_on = coalesce(events.stated, newest.known_on)
            )
            qualify row_number() over (partition by event_id order by source_load, source_row) = 1
            order by source_load, source_row
            """,
            {"now": datetime.now(UTC).replace(tzinfo=None), "login": getpass.getuser(), "why": why},
        ).fetchone()
    return 0 if row is None else int(row[0])


def current(connection: Connection, table: model.Table, *, as_of: date) -> pd.DataFrame:
    """The newest event of each key that was known at the end of a day, one row per key, in key order."""
    key = model.DESK_KEYS[table.name]
    return connection.execute(
        f"""
        select events.* from desk.{table.name} as events left join meta.loads on load_id = source_load
        where known_on <= ?
        qualify row_number() over (partition by {key} order by {_NEWEST}) = 1
        order by {key}
        """,
        [as_of],
    ).df()
