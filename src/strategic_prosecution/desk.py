"""What people decided or entered: append-only events with who, when and why. A correction is a new event.

The desk is never rebuilt. It is read like one more extract: what the newest event of each key said, of those that were
there on a day. What an extract says is an event per file, so that a past day hears what its files said and no more.
"""

import hashlib
import os
import pwd
import secrets
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.fingerprints import fingerprint
from strategic_prosecution.settings import Office, SettingsError
from strategic_prosecution.warehouse import Connection, identifier, transaction

# A query for the newest event of each order.
ORDERS_NOW = (
    "select * from desk.orders "
    "qualify row_number() over (partition by order_id order by recorded_at desc, rowid desc) = 1"
)
# A query for the records that a seal or a hold is about: kind, table_name, record_id. A seal is in force once begun.
IN_FORCE = (
    "select distinct kind, table_name, record_id from desk.order_records "
    f"join ({ORDERS_NOW}) as orders using (order_id) "
    # What was expunged since has no key any more, and a null here would hide every other record.
    "where record_id is not null and (status = 'in_force' or (kind = 'seal' and status = 'begun'))"
)
_FINGERPRINT_CHECK = "fingerprint_check"

_HEAD = ("event_id", "recorded_at", "recorded_by", "why")


def login() -> str:
    """The operating-system login of whoever runs this: of the process, not of an environment anybody can set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def new_id(prefix: str) -> str:
    """A random key that says nothing."""
    return f"{prefix}_{secrets.token_hex(8)}"


def add(connection: Connection, table: model.Table, *, why: str, known_on: date, **values: Any) -> str:
    """Append one event that a person made, with who, when and why; returns its event_id.

    ``values`` by column; the rest is null. For use inside ``transaction`` where it belongs to something else.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    said = {"recorded_at": now, "recorded_by": login(), "why": why, "known_on": known_on, **values}
    event_id = hashlib.sha256(repr((table.name, sorted(said.items()), secrets.token_hex(4))).encode()).hexdigest()[:20]
    row = {"event_id": event_id, **said}
    connection.execute(
        f"insert into desk.{table.name} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
    )
    return event_id


def newest(connection: Connection, table: model.Table) -> pd.DataFrame:
    """The newest event of each key of a table of events that people make, in key order."""
    key = model.DESK_KEYS[table.name]
    return connection.execute(
        f"""
        from desk.{table.name}
        qualify row_number() over (partition by {key} order by recorded_at desc, rowid desc) = 1
        order by {key}
        """
    ).df()


def check_fingerprint_key(connection: Connection, key: bytes) -> None:
    """Raise SettingsError where the desk's fingerprints were made under another key; the first key is noted."""
    mark = fingerprint("desk.state", _FINGERPRINT_CHECK, key=key)
    row = connection.execute("select value from desk.state where name = ?", [_FINGERPRINT_CHECK]).fetchone()
    if row is None:
        connection.execute("insert into desk.state values (?, ?)", [_FINGERPRINT_CHECK, mark])
    elif row[0] != mark:
        raise SettingsError(
            "the fingerprint key is not the one under which records were expunged: they would come back; set the "
            "environment variable that [warehouse] fingerprint_key_env names to the first key"
        )


def record(connection: Connection, table: model.Table, *, source: str, columns: Collection[str], why: str) -> int:
    """Append what the rows of a relation say; returns how many events are new.

    ``source`` has the given columns of the table, ``__load`` and ``__row``, and ``__key`` where no column is its key.
    The same content of the same file is recorded once; the same content in a later file is said again, and a correction
    taken back is an event of its own.
    """
    body = [name for name in table.names if name not in _HEAD]

    def value(name: str) -> str:
        if name in ("source_load", "source_row"):
            return f'"__{name.removeprefix("source_")}"'
        if name == model.DESK_KEYS[table.name] and name not in columns:
            return '"__key"'
        return identifier(name) if name in columns else "null"

    listed = ", ".join(f"({value(name)})::{model.SQL_TYPES[table.column(name).dtype]} as {name}" for name in body)
    # The FBI number came later: without one, an event has the key that it always had.
    content = ", ".join(f"coalesce({name}::varchar, '')" for name in body if name not in ("source_row", "fbi_id"))
    since = "|| coalesce(chr(31) || fbi_id, '')" if "fbi_id" in body else ""
    required = " and ".join(f"{column.name} is not null" for column in table.columns if column.required)
    with transaction(connection):
        row = connection.execute(
            f"""
            insert into desk.{table.name}
            with events as (
                select left(md5(concat_ws(chr(31), {content}) {since}), 20) as event_id, $now::timestamp as recorded_at,
                    $login as recorded_by, $why as why, *
                from (select {listed} from {source} as rows)
            )
            select {", ".join(table.names)} from events
            where {required} and event_id not in (select event_id from desk.{table.name})
            qualify row_number() over (partition by event_id order by source_load, source_row) = 1
            order by source_load, source_row
            """,
            {"now": datetime.now(UTC).replace(tzinfo=None), "login": login(), "why": why},
        ).fetchone()
    return 0 if row is None else int(row[0])


def current(connection: Connection, office: Office, table: model.Table, *, as_of: date) -> pd.DataFrame:
    """What the desk says at the end of a day: one row per key, in key order.

    Files made by then speak (before an extract's first, the first), the newest last; of one file read twice, the later
    reading. An event without ``known_on`` was known with the first file that says it. A key that is missing from the
    newest file of an extract that holds everything is withdrawn: it is not there. Nor is a sealed one.
    """
    key = model.DESK_KEYS[table.name]
    whole = [name for name, extract in office.extracts.items() if extract.holds == "everything"]
    return connection.execute(
        f"""
        with bounds as (
            select extract, coalesce(max(extract_date) filter (extract_date <= $as_of), min(extract_date)) as bound
            from meta.loads group by extract
        ),
        loads as (
            select load_id, loads.extract, extract_date, bound
            from meta.loads join bounds on bounds.extract is not distinct from loads.extract
        ),
        visible as (
            select events.* replace (
                    coalesce(known_on, min(extract_date) over (partition by {key})) as known_on
                ),
                extract_date, bound, loads.extract, max(extract_date) over (partition by {key}) as last_said
            from desk.{table.name} as events left join loads on load_id = source_load
            where extract_date is null or extract_date <= bound
        )
        select * exclude (extract_date, bound, extract, last_said) from visible
        where known_on <= $as_of
            and {key} not in (select record_id from ({IN_FORCE}) where kind = 'seal' and table_name = '{table.name}')
            and (extract is null or not (list_contains($whole, extract) and last_said < bound))
        qualify row_number() over (
            partition by {key}
            order by extract_date desc nulls last, known_on desc, recorded_at desc, source_row desc, event_id desc
        ) = 1
        order by {key}
        """,
        {"as_of": as_of, "whole": whole},
    ).df()
