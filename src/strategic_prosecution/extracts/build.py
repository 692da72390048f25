"""Core as of a day: feeds merged by key, problems as rows, every row accounted for.

Rows of one key from several feeds merge column by column, feeds in the order of office.toml: the first value that is
not null (nor unknown) wins, and a conflict is a problem. What goes in comes out: for each feed, read = kept + merged
+ set_aside + superseded + reversed + withdrawn + expunged + not_yet, or the build fails.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from strategic_prosecution import model
from strategic_prosecution.extracts.feeds import PreparedFeed, prepare
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

# A handful may vanish from a small list in a night.
FEW_WITHDRAWN = 10
_COUNTED = ("kept", "merged", "set_aside", "superseded", "reversed", "withdrawn", "expunged", "not_yet")
_SPEAKS = "('winner', 'merged', 'set_aside')"
# A place is its parts, after merging: one feed may give the address, another the coordinates.
_PLACE_KEYS = {
    "place_id": "case when coalesce(address, longitude::varchar, latitude::varchar) is not null then "
    "'pl_' || left(md5(coalesce(address, '') || case when coalesce(longitude, latitude) is null then '' "
    "else concat_ws(chr(31), '', coalesce(longitude::varchar, ''), coalesce(latitude::varchar, '')) end), 20) end",
    "home_place_id": "'pl_' || left(md5(home_address), 20)",
}


class VanishingError(RuntimeError):
    """So many records are missing from a full extract that the extract, not the records, must be doubted."""


class AccountingError(RuntimeError):
    """Rows went in that did not come out: a fault of the program, never of the data."""


@dataclass(frozen=True)
class Built:
    """Rows of each core table, the accounting per feed, and the rows that have a problem."""

    rows: dict[str, int]
    accounting: pd.DataFrame
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
    _begin_problems(connection)
    accounts: list[pd.DataFrame] = []
    rows: dict[str, int] = {}
    reconstructed, missing = set(), set()
    with transaction(connection):
        for table in model.fed_tables():
            feeds = [
                feed
                for name, number in feeds_of(office, table.name)
                if (feed := prepare(connection, office, extract_name=name, number=number, as_of=as_of)) is not None
            ]
            _hide_unknown(connection, office, table, feeds)
            _settle_required(connection, table, feeds)
            if table.schema == "core":
                rows[table.name] = replace(connection, table, _merge_sql(table, feeds))
                if not feeds:
                    missing.add(table.name)
                if any(feed.basis == "reconstructed" for feed in feeds):
                    reconstructed.add(table.name)
            _note_problems(connection, table, feeds)
            accounts.append(_account(connection, feeds, as_of, kept=rows.get(table.name)))
            _doubt(office, accounts[-1])
            for feed in feeds:
                connection.execute(f"drop table {feed.relation}")
        # What later stages make of core belongs to the core it was made of: it goes with the old one.
        for table in model.tables("core"):
            if not table.is_fed:
                connection.execute(create_table(table, clause="create or replace table"))
        if not is_past(connection, as_of):
            _keep_problems(connection)
            set_state(connection, "core_run", run_id)
            set_state(connection, "core_as_of", as_of.isoformat())
    accounting = pd.concat(accounts, ignore_index=True)
    with transaction(connection):
        connection.execute("delete from meta.accounting where as_of = ?", [as_of])
        connection.register("accounting_rows", accounting)
        connection.execute("insert into meta.accounting by name from accounting_rows")
        connection.execute("drop view accounting_rows")
    found = connection.execute("select coalesce(sum(rows), 0) from found_problems").fetchone()
    return Built(rows, accounting, int(found[0]) if found else 0, frozenset(reconstructed), frozenset(missing))


def _doubt(office: Office, accounting: pd.DataFrame) -> None:
    """Stop when a larger share of an extract's records has vanished than the office allows."""
    for row in accounting.to_dict("records"):
        extract = office.extracts[row["extract"]]
        if extract.feeds[row["feed"] - 1].key == "row":
            # Without a key a corrected row is one gone and one new.
            continue
        allowed = extract.max_withdrawn_share
        held = row["kept"] + row["merged"] + row["withdrawn"]
        if row["withdrawn"] > max(FEW_WITHDRAWN, allowed * held):
            raise VanishingError(
                f"extract [{row['extract']}]: {row['withdrawn']} of {held} rows of [{row['table_name']}] are missing "
                f"from its newest file, more than max_withdrawn_share = {allowed}; check the file, or allow it"
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
        update {feed.relation} set "__status" = 'not_yet'
        where "__status" in ('winner', 'merged', 'superseded') and "__key" in (
            select "__key" from {feed.relation} where "__status" = 'winner' and {condition}
        )
        """
    )


def _winners(feeds: list[PreparedFeed], condition: str = "true") -> str:
    return " union all ".join(
        f'select "__key" from {feed.relation} where "__status" = \'winner\' and {condition}' for feed in feeds
    )


def _merge_sql(table: model.Table, feeds: list[PreparedFeed]) -> str:
    if not feeds:
        return f"select {', '.join(f'null as {identifier(name)}' for name in table.names)} where false"
    keys = " union all ".join(
        f'select "__key", {n} as feed from {feed.relation} where "__status" = \'winner\''
        for n, feed in enumerate(feeds)
    )
    joins = "".join(
        f' left join {feed.relation} as f{n} on f{n}."__key" = keys."__key" and f{n}."__status" = \'winner\''
        for n, feed in enumerate(feeds)
    )
    columns = [
        f"{_merged(table, column, feeds)} as {identifier(column.name)}"
        for column in table.columns
        if column.name not in _PLACE_KEYS
    ]
    places = [f"{sql} as {name}" for name, sql in _PLACE_KEYS.items() if name in table.names]
    return (
        f'with keys as (select "__key", min(feed) as feed from ({keys}) group by 1) '
        f"select {', '.join(['*', *places])} from (select {', '.join(columns)} from keys{joins})"
    )


def _merged(table: model.Table, column: model.Column, feeds: list[PreparedFeed]) -> str:
    """SQL for a column of the merged row: the first feed that says something."""
    givers = [f"f{n}.{identifier(column.name)}" for n, feed in enumerate(feeds) if column.name in feed.columns]
    if column.name in table.key:
        return 'keys."__key"'
    if column.name in ("source_load", "source_row"):
        source = f"__{column.name.removeprefix('source_')}"
        return f"coalesce({', '.join(_if_first(n, source) for n in range(len(feeds)))})"
    if not givers:
        return f"null::{model.SQL_TYPES[column.dtype]}"
    known = [f"nullif(nullif({giver}, '{model.UNKNOWN}'), '{model.UNMAPPED}')" for giver in givers]
    return f"coalesce({', '.join([*known, *givers] if column.dtype == 'code' else givers)})"


def _if_first(number: int, column: str) -> str:
    return f'case when keys.feed = {number} then f{number}."{column}" end'


def _settle_required(connection: Connection, table: model.Table, feeds: list[PreparedFeed]) -> None:
    """Set aside the rows of keys for which no feed gives a required column."""
    # A decision without a day was known on its extract's day.
    given_otherwise = (*table.key, _key_name(table), "known_on")
    for name in (column.name for column in table.columns if column.required and column.name not in given_otherwise):
        givers = [feed for feed in feeds if name in feed.columns]
        given = _winners(givers, f"{identifier(name)} is not null")
        have = f'select distinct "__key" from ({given})' if given else "select null where false"
        for feed in feeds:
            # A value that is there but unreadable is a problem of its own.
            sources = [ours for ours in (name, name.removesuffix("_date") + "_at") if ours in feed.written]
            connection.execute(
                f"""
                insert into found_problems
                select '{feed.extract}', '{table.name}', "__load", "__row", '{name}', null, 'missing_required',
                    'set aside: no value for this required column', 1
                from {feed.relation}
                where "__status" = 'winner' and "__key" not in ({have})
                    and coalesce({", ".join([*(identifier(f"t${ours}") for ours in sources), "null"])}) is null
                """
            )
            connection.execute(
                f"""update {feed.relation} set "__status" = 'set_aside'
                where "__status" = 'winner' and "__key" not in ({have})"""
            )


def _key_name(table: model.Table) -> str:
    return model.DESK_KEYS.get(table.name, table.key[0])


def _begin_problems(connection: Connection) -> None:
    connection.execute(
        """create or replace temp table found_problems (extract varchar, table_name varchar, "load" varchar,
        "row" bigint, column_name varchar, value varchar, kind varchar, why varchar, rows bigint)"""
    )


def _note_problems(connection: Connection, table: model.Table, feeds: list[PreparedFeed]) -> None:
    key = _key_name(table)
    for feed in feeds:
        source = f"'{feed.extract}', '{table.name}'"
        connection.execute(
            f"""
            insert into found_problems
            select {source}, "__load", "__row", '{key}', null, 'missing_key', 'set aside: no readable key', 1
            from {feed.relation} where "__status" = 'set_aside' and "__key" is null
            """
        )
        connection.execute(
            f"""
            insert into found_problems
            select {source}, "__load", "__row", '{table.dated_by}', "__known"::varchar, 'out_of_range',
                'dated after its extract was made: kept, and in no period before that day', 1
            from {feed.relation} where "__status" in {_SPEAKS} and "__known" > "__extract_date"
            """
        )
        for name in feed.written:
            column, text = table.column(name), identifier(f"t${name}")
            if column.dtype == "code":
                connection.execute(
                    f"""
                    insert into found_problems
                    select {source}, null, null, '{name}', {text}, 'unmapped_code',
                        'kept as unmapped: add it to the codes of this extract', count(*)
                    from {feed.relation} where "__status" in {_SPEAKS} and {identifier(name)} = '{model.UNMAPPED}'
                    group by {text}
                    """
                )
            elif column.dtype != "text":
                kind = "out_of_range" if column.name == "age" else "unreadable"
                what = "not an age" if column.name == "age" else f"not readable as {column.dtype}"
                connection.execute(
                    f"""
                    insert into found_problems
                    select {source}, "__load", "__row", '{name}', {text},
                        case when try_cast({text} as double) is null then 'unreadable' else '{kind}' end,
                        '{what}; the value is left out' || case when "__status" = 'set_aside' then ', the row set aside'
                        else '' end, 1
                    from {feed.relation}
                    where "__status" in {_SPEAKS} and {text} is not null and {identifier(name)} is null
                        {_unless_hidden(feed, column)}
                    """
                )
        connection.execute(
            f"""
            insert into found_problems
            select {source}, arg_max("__load", "__row"), max("__row"), '{key}', "__key", 'duplicate_key',
                'rows of one file with one key and different content: the last counts', count(*)
            from {feed.relation} as older
            where "__status" = 'superseded' and "__load" = (
                select newest."__load" from {feed.relation} as newest
                where newest."__key" = older."__key" and newest."__status" in ('winner', 'withdrawn', 'set_aside')
            )
            group by "__key"
            """
        )
    _note_conflicts(connection, table, feeds)


def _unless_hidden(feed: PreparedFeed, column: model.Column) -> str:
    """In reconstructed history a value not yet known is null on purpose."""
    return "and false" if feed.basis == "reconstructed" and column.known_from else ""


def _note_conflicts(connection: Connection, table: model.Table, feeds: list[PreparedFeed]) -> None:
    for later, second in enumerate(feeds):
        for first in feeds[:later]:
            for name in second.columns:
                column = table.column(name)
                if name not in first.columns or name in table.key:
                    continue
                unknown = f"not in ('{model.UNKNOWN}', '{model.UNMAPPED}')" if column.dtype == "code" else "is not null"
                quoted = identifier(name)
                written = f"b.{identifier(f't${name}')}" if name in second.written else f"b.{quoted}::varchar"
                connection.execute(
                    f"""
                    insert into found_problems
                    select '{second.extract}', '{table.name}', b."__load", b."__row", '{name}', {written}, 'conflict',
                        'differs from extract [{first.extract}], which comes first in office.toml and counts', 1
                    from {first.relation} as a join {second.relation} as b on a."__key" = b."__key"
                    where a."__status" = 'winner' and b."__status" = 'winner' and a.{quoted} <> b.{quoted}
                        and a.{quoted} {unknown} and b.{quoted} {unknown}
                    """
                )


def _keep_problems(connection: Connection) -> None:
    """meta.problems speaks of the newest core."""
    connection.execute("delete from meta.problems where problem_id like 'core-%'")
    connection.execute(
        """
        insert into meta.problems by name
        with found as (
            select found_problems.extract, table_name, file, "row", column_name, value, kind, why, found_problems.rows
            from found_problems left join meta.loads on load_id = "load"
        )
        select *,
            'core-' || format('{:08d}', row_number() over (
                order by extract, file, "row", table_name, column_name, value, why
            )) as problem_id
        from found
        """
    )


def _account(connection: Connection, feeds: list[PreparedFeed], as_of: date, *, kept: int | None) -> pd.DataFrame:
    """Counts per feed; a winner is kept for the first feed with its key and merged for the others."""
    records = []
    for n, feed in enumerate(feeds):
        merged = f'"__key" in ({_winners(feeds[:n])})' if n else "false"
        found = connection.execute(
            f"""
            select case when "__status" = 'winner' then case when {merged} then 'merged' else 'kept' end
                else "__status" end as became, count(*)
            from {feed.relation} group by 1
            """
        ).fetchall()
        counts = dict.fromkeys(_COUNTED, 0) | {became: int(count) for became, count in found}
        counts["set_aside"] += feed.ragged
        read = sum(count for _, count in found) + feed.ragged
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
            }
        )
    frame = pd.DataFrame(records, columns=list(model.table("mart.data_quality").names))
    if kept is not None and int(frame["kept"].sum()) != kept:
        raise AccountingError(f"table [{feeds[0].table.name}]: {kept} rows, but {frame['kept'].sum()} were kept")
    return frame
