"""Core as of a day: feeds merged by key, problems as rows, every row accounted for.

Rows of one key from several feeds merge column by column, feeds in the order of office.toml: the first value that is
not null (nor unknown) wins, and a conflict is a problem. What goes in comes out: for each feed, read = kept + merged
+ set_aside + superseded + reversed + withdrawn + expunged + not_yet, or the build fails.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from strategic_prosecution import desk, model
from strategic_prosecution.extracts import problems
from strategic_prosecution.extracts.contracts import check_accounting
from strategic_prosecution.extracts.feeds import PreparedFeed, prepare
from strategic_prosecution.extracts.report_lag import COLUMNS as LAG_COLUMNS
from strategic_prosecution.extracts.report_lag import lag_of
from strategic_prosecution.settings import Office
from strategic_prosecution.warehouse import (
    Connection,
    create_table,
    identifier,
    is_past,
    replace,
    set_state,
    transaction,
)

_COUNTED = ("kept", "merged", "set_aside", "superseded", "reversed", "withdrawn", "expunged", "not_yet")
# What a sealed record keeps to itself: who, and of which group; not what, when and where, which are counted.
_IDENTITY = (
    "source_person_id",
    "state_id",
    "fbi_id",
    "given_name",
    "family_name",
    "birth_date",
    "home_address",
    "group_id",
    "group_status",
    "group_victim",
    "group_victim_status",
    "group_suspect",
    "group_suspect_status",
)
# What `link` says of people.
_PEOPLE = ("people", "person_records", "person_pairs")
_COORDINATES = ("longitude", "latitude")
# A place is its parts, after merging: one feed may give the address, another the coordinates.
_PLACE_KEYS = {
    "place_id": "case when coalesce(address, longitude::varchar, latitude::varchar) is not null then "
    "'pl_' || left(md5(coalesce(address, '') || case when coalesce(longitude, latitude) is null then '' "
    "else concat_ws(chr(31), '', coalesce(longitude::varchar, ''), coalesce(latitude::varchar, '')) end), 20) end",
    "home_place_id": "'pl_' || left(md5(home_address), 20)",
}


class AccountingError(RuntimeError):
    """Rows went in that did not come out: a fault of the program, never of the data."""


@dataclass(frozen=True)
class Built:
    """Rows of each core table, accounting and report lag per feed, and the rows that have a problem."""

    rows: dict[str, int]
    accounting: pd.DataFrame
    lags: pd.DataFrame
    problems: int
    reconstructed: frozenset[str]
    missing: frozenset[str]


def feeds_of(office: Office, table: str) -> list[tuple[str, int]]:
    """(extract, number) of the feeds that fill a table, in the order of office.toml."""
    return [
        (name, number)
        for name, extract in office.extracts.items()
        for number, feed in enumerate(extract.feeds, start=1)
        if feed.table == table
    ]


def build(connection: Connection, office: Office, *, as_of: date, run_id: str) -> Built:
    """Build every core table that extracts fill, as of the end of a local day.

    Replaces ``core`` (and, for the newest core, the row problems of ``meta.problems`` and the run that core is of) in
    one transaction, then the accounting of ``as_of``. Raises AccountingError when rows are lost.
    """
    accounts: list[pd.DataFrame] = []
    lags: list[pd.DataFrame] = [pd.DataFrame(columns=list(LAG_COLUMNS))]
    rows: dict[str, int] = {}
    reconstructed, missing = set(), set()
    with transaction(connection):
        problems.begin(connection)
        for table in model.fed_tables():
            feeds = [
                feed
                for name, number in feeds_of(office, table.name)
                if (feed := prepare(connection, office, extract_name=name, number=number, as_of=as_of)) is not None
            ]
            _find_elsewhere(connection, feeds)
            _hide_unknown(connection, office, table, feeds)
            _settle_required(connection, table, feeds)
            if table.schema == "core":
                rows[table.name] = replace(connection, table, _merge_sql(table, feeds))
                if not feeds:
                    missing.add(table.name)
                if any(feed.basis == "reconstructed" for feed in feeds):
                    reconstructed.add(table.name)
            problems.note(connection, office, table, feeds)
            lags += [lag_of(connection, feed) for feed in feeds if table.schema == "core"]
            accounts.append(_account(connection, feeds, as_of, kept=rows.get(table.name)))
            for feed in feeds:
                connection.execute(f"drop table {feed.relation}; drop table {feed.silent}")
        # What later stages make of core belongs to the core it was made of and goes with the old one. But where a place
        # is does not change with who was there: `locate` takes over what is still asked for, and drops the rest. Who is
        # one person stays until `link` says it anew: it tells what changed, and a night that stops there leaves
        # counsel with the links of the one before, not with none.
        for table in model.tables("core"):
            if not table.is_fed:
                is_kept = table.name in ("places", *_PEOPLE)
                clause = "create table if not exists" if is_kept else "create or replace table"
                connection.execute(create_table(table, clause=clause))
        _seal(connection)
        _forget_sealed_links(connection)
        accounting = pd.concat(accounts, ignore_index=True)
        check_accounting(office, accounting)
        if not is_past(connection, as_of):
            problems.keep(connection)
            set_state(connection, "core_run", run_id)
            set_state(connection, "core_as_of", as_of.isoformat())
    with transaction(connection):
        connection.execute("delete from meta.accounting where as_of = ?", [as_of])
        connection.register("accounting_rows", accounting)
        connection.execute("insert into meta.accounting by name from accounting_rows")
        connection.execute("drop view accounting_rows")
    found = connection.execute("select coalesce(sum(rows), 0) from found_problems").fetchone()
    return Built(
        rows,
        accounting,
        pd.concat(lags, ignore_index=True).assign(as_of=as_of),
        int(found[0]) if found else 0,
        frozenset(reconstructed),
        frozenset(missing),
    )


def _forget_sealed_links(connection: Connection) -> None:
    """Of the links of the night before, those of what is sealed since."""
    sealed = "(select record_table, record_id from core.sealed_records)"
    connection.execute(f"delete from core.person_records where (record_table, record_id) in {sealed}")
    connection.execute(
        f"delete from core.person_pairs where (left_table, left_record) in {sealed} "
        f"or (right_table, right_record) in {sealed}"
    )


def _seal(connection: Connection) -> None:
    """Leave out of core who a sealed record is about: it is counted, and named nowhere."""
    sealed = replace(
        connection,
        model.table("core.sealed_records"),
        f"select table_name as record_table, record_id from ({desk.IN_FORCE}) where kind = 'seal'",
    )
    if not sealed:
        return
    for table in model.fed_tables():
        emptied = [f"{name} = null" for name in _IDENTITY if name in table.names]
        if table.schema == "core" and emptied:
            connection.execute(
                f"""
                update found_problems set value = null where ("load", "row") in (
                    select (source_load, source_row) from core.{table.name} where {table.key[0]} in
                        (select record_id from core.sealed_records where record_table = '{table.name}')
                )
                """
            )
            connection.execute(
                f"""
                update core.{table.name} set {", ".join(emptied)} where {table.key[0]} in
                    (select record_id from core.sealed_records where record_table = '{table.name}')
                """
            )


def _find_elsewhere(connection: Connection, feeds: list[PreparedFeed]) -> None:
    """A record that another feed of the same extract goes on with (another layout) is superseded, not withdrawn."""
    for feed in feeds:
        siblings = [other for other in feeds if other.extract == feed.extract and other is not feed]
        if siblings:
            connection.execute(
                f"""
                update {feed.silent} set "__status" = 'superseded'
                where "__status" = 'withdrawn' and "__key" in ({_winners(siblings)})
                """
            )


def _hide_unknown(connection: Connection, office: Office, table: model.Table, feeds: list[PreparedFeed]) -> None:
    """In reconstructed history a row without a day of its own is known with its parent, or with its record."""
    parent = _parent(table)
    linked = [
        feed
        for feed in feeds
        if parent and not feed.is_dated and feeds_of(office, parent.name) and parent.key[0] in feed.columns
    ]
    for feed in linked:
        if parent and feed.basis == "reconstructed":
            key = identifier(parent.key[0])
            _hide(connection, feed, f"{key} not in (select {key} from core.{parent.name})")
    sure = [feed for feed in feeds if feed.basis == "observed" or feed.is_dated or feed in linked]
    for feed in feeds:
        if sure and feed not in sure:
            _hide(connection, feed, f'"__key" not in ({_winners(sure)})')


def _parent(table: model.Table) -> model.Table | None:
    """The table whose rows date those that have no day of their own."""
    required = {column.name for column in table.columns if column.required and column.name not in table.key}
    return next((other for other in model.fed_tables() if other.key[0] in required), None)


def _hide(connection: Connection, feed: PreparedFeed, condition: str) -> None:
    connection.execute(
        f"""
        create or replace temp table hidden_keys as
        select distinct "__key" from {feed.relation} where "__status" = 'winner' and {condition}
        """
    )
    for table in (feed.relation, feed.silent):
        connection.execute(
            f"""
            update {table} set "__status" = 'not_yet', "__weight" = "__weight" + "__others", "__others" = 0
            where "__status" in ('winner', 'merged', 'superseded') and "__key" in (from hidden_keys)
            """
        )
    connection.execute("drop table hidden_keys")


def _winners(feeds: list[PreparedFeed], condition: str = "true") -> str:
    return " union all ".join(
        f'select "__key" from {feed.relation} where "__status" = \'winner\' and {condition}' for feed in feeds
    )


def _merge_sql(table: model.Table, feeds: list[PreparedFeed]) -> str:
    if not feeds:
        return f"select {', '.join(f'null as {identifier(name)}' for name in table.names)} where false"
    if len(feeds) == 1:
        source = f"(select *, 0 as feed from {feeds[0].relation} where \"__status\" = 'winner') as f0"
    else:
        listed = " union all ".join(
            f'select "__key", {n} as feed from {feed.relation} where "__status" = \'winner\''
            for n, feed in enumerate(feeds)
        )
        source = f'(select "__key", min(feed) as feed from ({listed}) group by 1) as keys' + "".join(
            f' left join {feed.relation} as f{n} on f{n}."__key" = keys."__key" and f{n}."__status" = \'winner\''
            for n, feed in enumerate(feeds)
        )
    columns = [
        f"{_merged(table, column, feeds)} as {identifier(column.name)}"
        for column in table.columns
        if column.name not in _PLACE_KEYS
    ]
    places = [f"{sql} as {name}" for name, sql in _PLACE_KEYS.items() if name in table.names]
    return f"select {', '.join(['*', *places])} from (select {', '.join(columns)} from {source})"


def _merged(table: model.Table, column: model.Column, feeds: list[PreparedFeed]) -> str:
    """SQL for a column of the merged row: the first feed that says something."""
    givers = [f"f{n}.{identifier(column.name)}" for n, feed in enumerate(feeds) if column.name in feed.columns]
    if column.name in table.key:
        return 'f0."__key"' if len(feeds) == 1 else 'keys."__key"'
    if column.name in ("source_load", "source_row"):
        source = f"__{column.name.removeprefix('source_')}"
        return f"coalesce({', '.join(_if_first(n, source) for n in range(len(feeds)))})"
    if not givers:
        return f"null::{model.SQL_TYPES[column.dtype]}"
    if column.name in _COORDINATES:
        # Half of one place and half of another is a third place.
        pairs = [n for n, feed in enumerate(feeds) if set(_COORDINATES) <= set(feed.columns)]
        whole = [f"case when f{n}.longitude + f{n}.latitude is not null then f{n}.{column.name} end" for n in pairs]
        return f"coalesce({', '.join([*whole, 'null'])})::double"
    known = [f"nullif(nullif({giver}, '{model.UNKNOWN}'), '{model.UNMAPPED}')" for giver in givers]
    return f"coalesce({', '.join([*known, *givers] if column.dtype == 'code' else givers)})"


def _if_first(number: int, column: str) -> str:
    return f'case when feed = {number} then f{number}."{column}" end'


def _settle_required(connection: Connection, table: model.Table, feeds: list[PreparedFeed]) -> None:
    """Set aside the rows of keys for which no feed gives a required column."""
    # A decision without a day was known on its extract's day.
    given_otherwise = (*table.key, _key_name(table), "known_on")
    for name in (column.name for column in table.columns if column.required and column.name not in given_otherwise):
        for feed, lacking in _lacking(feeds, name):
            # A value that is there but unreadable is a problem of its own.
            sources = [ours for ours in (name, name.removesuffix("_date") + "_at") if ours in feed.written]
            connection.execute(
                f"""
                insert into found_problems
                select '{feed.extract}', '{table.name}', "__load", "__row", '{name}', null, 'missing_required',
                    'set aside: no value for this required column', 1
                from {feed.relation}
                where "__status" = 'winner' and {lacking}
                    and coalesce({", ".join([*(feed.as_written(ours) for ours in sources), "null"])}) is null
                """
            )
            connection.execute(
                f"""update {feed.relation} set "__status" = 'set_aside'
                where "__status" = 'winner' and {lacking}"""
            )


def _lacking(feeds: list[PreparedFeed], name: str) -> list[tuple[PreparedFeed, str]]:
    """For each feed, SQL for its rows of keys for which no feed gives a value of a column."""
    givers = [feed for feed in feeds if name in feed.columns]
    if len(feeds) == len(givers) == 1:
        return [(feeds[0], f"{identifier(name)} is null")]
    given = _winners(givers, f"{identifier(name)} is not null")
    have = f'select distinct "__key" from ({given})' if given else "select null where false"
    return [(feed, f'"__key" not in ({have})') for feed in feeds]


def _key_name(table: model.Table) -> str:
    return model.DESK_KEYS.get(table.name, table.key[0])


def _account(connection: Connection, feeds: list[PreparedFeed], as_of: date, *, kept: int | None) -> pd.DataFrame:
    """Counts per feed; a winner is kept for the first feed with its key and merged for the others."""
    records = []
    for n, feed in enumerate(feeds):
        merged = f'"__key" in ({_winners(feeds[:n])})' if n else "false"
        found = connection.execute(
            f"""
            select case when "__status" = 'winner' then case when {merged} then 'merged' else 'kept' end
                else "__status" end as became, sum("__weight")::bigint, sum("__others")::bigint
            from (
                select "__key", "__status", "__weight", "__others" from {feed.relation}
                union all
                select "__key", "__status", "__weight", "__others" from {feed.silent}
            )
            group by 1
            """
        ).fetchall()
        counts = dict.fromkeys(_COUNTED, 0) | {became: int(count) for became, count, _ in found}
        # Of a row that stood in several files the newest delivery speaks.
        counts["superseded"] += sum(int(others) for _, _, others in found)
        counts["set_aside"] += feed.ragged
        counts["expunged"] += feed.expunged
        read = sum(int(count) + int(others) for _, count, others in found) + feed.ragged + feed.expunged
        if read != sum(counts.values()):
            raise AccountingError(f"feed [{feed.extract}] to [{feed.table.name}]: read {read}, accounted {counts}")
        records.append(
            {
                "as_of": as_of,
                "extract": feed.extract,
                "table_name": feed.table.name,
                "feed": feed.number,
                "basis": feed.basis,
                "not_selected": feed.not_selected,
                "read": read,
                **counts,
                **_newest(connection, feed),
            }
        )
    frame = pd.DataFrame(records, columns=list(model.table("mart.data_quality").names))
    if kept is not None and int(frame["kept"].sum()) != kept:
        raise AccountingError(f"table [{feeds[0].table.name}]: {kept} rows, but {frame['kept'].sum()} were kept")
    return frame


def _newest(connection: Connection, feed: PreparedFeed) -> dict[str, int]:
    """What the newest file of a feed brought and what it lacks of the files of the day before."""
    row = connection.execute(
        f"""
        with rows as (
            select "__status", "__newest_load", "__first_seen" from {feed.relation}
            union all
            select "__status", "__newest_load", "__first_seen" from {feed.silent}
        ),
        dated as (
            select rows.*, extract_date, ragged from rows join meta.loads on load_id = "__newest_load"
        )
        select
            count(*) filter ("__newest_load" = $load) + coalesce(any_value(ragged) filter ("__newest_load" = $load), 0),
            count(*) filter ("__newest_load" = $load and "__status" = 'set_aside')
                + coalesce(any_value(ragged) filter ("__newest_load" = $load), 0),
            count(*) filter ("__first_seen" <= $before and extract_date >= $before),
            count(*) filter (extract_date = $before and "__status" = 'withdrawn')
        from dated
        """,
        {"load": feed.newest_load, "before": feed.made[-2] if len(feed.made) > 1 else None},
    ).fetchone()
    names = ("newest_read", "newest_set_aside", "held_before", "newest_withdrawn")
    return dict(zip(names, (int(count or 0) for count in row or (0, 0, 0, 0)), strict=True))
