"""One feed as a temporary table: every row typed, with what became of it.

The table has the feed's columns typed (``column``) and as written (``t$column``), and: ``__load``, ``__row``,
``__key``, ``__status`` (winner, merged, superseded, withdrawn, set_aside, not_yet).
"""

from dataclasses import dataclass
from datetime import date

import duckdb

from strategic_prosecution import model
from strategic_prosecution.extracts.casts import code_map, literal, local_day, text_of, typed
from strategic_prosecution.extracts.expressions import ExpressionError, column_or_expression
from strategic_prosecution.extracts.land import dating_columns, raw_columns
from strategic_prosecution.settings import Extract, Feed, Office
from strategic_prosecution.warehouse import Connection, identifier


@dataclass(frozen=True)
class PreparedFeed:
    """A feed ready to merge: its temporary table, the model columns it fills, and what it rests on."""

    extract: str
    number: int
    table: model.Table
    relation: str
    columns: tuple[str, ...]
    written: tuple[str, ...]
    basis: str
    is_dated: bool
    not_selected: int
    ragged: int


def prepare(
    connection: Connection, office: Office, *, extract_name: str, number: int, as_of: date
) -> PreparedFeed | None:
    """Make the temporary table of one feed as of a day; None while nothing of its extract has landed."""
    extract = office.extracts[extract_name]
    feed = extract.feeds[number - 1]
    table = next(table for table in model.fed_tables() if table.name == feed.table)
    headers = raw_columns(connection, extract_name)
    if not headers:
        return None
    relation = f"feed_{extract_name}_{number}"
    basis = _choose_loads(connection, extract_name, as_of)
    place = f"extracts.{extract_name}.feeds[{number}]"
    where = column_or_expression(connection, feed.where, headers, where=f"{place}.where") if feed.where else "true"
    sqls = {
        ours: column_or_expression(connection, theirs, headers, where=f"{place}.columns.{ours}")
        for ours, theirs in feed.columns.items()
    }
    texts = ", ".join(f"{text_of(sql, extract)} as {identifier(f't${ours}')}" for ours, sql in sqls.items())
    try:
        connection.execute(
            f"""
            create or replace temp table feed_texts as
            select source."__load", source."__row", chosen.* exclude ("__load_id"),
                {_row_key(headers) if feed.key == "row" else "null"} as "__row_key", {texts}
            from raw.{extract_name} as source join chosen_loads as chosen on chosen."__load_id" = source."__load"
            where coalesce({where}, false)
            """
        )
    except duckdb.Error as error:
        # Landing computes every expression; this one was written after. The database would quote the value.
        raise ExpressionError(
            f"{place}: an expression fails on a landed row ({type(error).__name__}); use try_cast or try_strptime"
        ) from None
    joins, columns = _typed_columns(connection, feed, table, extract=extract, office=office)
    _derive(columns, table, office)
    ends_known = basis == "reconstructed"
    if ends_known:
        columns = {name: _as_known(table.column(name), sql, columns, as_of) for name, sql in columns.items()}
    key = '"__row_key"' if feed.key == "row" else columns[model.DESK_KEYS.get(table.name, table.key[0])]
    listed = ", ".join(f"{sql} as {identifier(name)}" for name, sql in columns.items())
    raw_known = dict(columns) if not ends_known else _typed_dates(feed, table, extract=extract, office=office)
    known = [raw_known[name] for name in dating_columns(table) if name in raw_known]
    connection.execute(
        f"""
        create or replace temp table feed_typed as
        select "__load", "__row", "__extract_date", "__newness", "__use", {key} as "__key",
            {f"coalesce({', '.join(known)})" if known else "null::date"} as "__known",
            {listed}, {", ".join(identifier(f"t${ours}") for ours in sqls)}
        from feed_texts as texts {joins}
        """
    )
    connection.execute(_status_sql(relation, feed, extract, columns, basis=basis, as_of=as_of if known else None))
    counts = connection.execute(
        f"select coalesce(sum(rows), 0)::bigint - (select count(*) from {relation}), coalesce(sum(ragged), 0)::bigint "
        'from meta.loads join chosen_loads on load_id = "__load_id"'
    ).fetchone()
    assert counts is not None
    connection.execute("drop table feed_texts; drop table feed_typed")
    return PreparedFeed(
        extract_name,
        number,
        table,
        relation,
        columns=tuple(columns),
        written=tuple(sqls),
        basis=basis,
        is_dated=bool(known),
        not_selected=int(counts[0]),
        ragged=int(counts[1]),
    )


def _choose_loads(connection: Connection, extract: str, as_of: date) -> str:
    """Loads that count as of a day: those made by then; before the first, the first, and history is reconstructed.

    What was made later does not exist on that day: it is neither read nor accounted for. A file delivered again under
    its name for the same day replaces what it held before. Newer is the later day, then the later file name, never the
    order of landing.
    """
    connection.execute(
        """
        create or replace temp table chosen_loads as
        with loads as (
            select load_id, extract_date,
                row_number() over (order by extract_date, file, landed_at, load_id) as newness,
                row_number() over (partition by file, extract_date order by landed_at desc, load_id) > 1 as is_replaced
            from meta.loads where extract = $extract
        ),
        bounds as (
            select min(extract_date) as earliest, max(extract_date) filter (extract_date <= $as_of) as newest from loads
        )
        select load_id as "__load_id", extract_date as "__extract_date", newness as "__newness",
            case when is_replaced then 'superseded' else 'used' end as "__use"
        from loads, bounds
        where extract_date <= coalesce(newest, earliest)
        """,
        {"extract": extract, "as_of": as_of},
    )
    row = connection.execute('select count(*) from chosen_loads where "__extract_date" <= ?', [as_of]).fetchone()
    return "observed" if row is not None and row[0] else "reconstructed"


def _row_key(headers: list[str]) -> str:
    """A key for a layout that has none: the row's content and which of its equals in the file it is.

    The order of columns, and columns that other layouts of the extract have, do not matter.
    """
    named = ", ".join(
        f"{literal(name.casefold())} || '=' || nullif({identifier(name)}, '')"
        for name in sorted(headers, key=str.casefold)
    )
    content = f"md5(concat_ws(chr(31), {named}))"
    return (
        f"left({content}, 20) || '-' || "
        f'row_number() over (partition by source."__load", {content} order by source."__row")'
    )


def _typed_columns(
    connection: Connection, feed: Feed, table: model.Table, *, extract: Extract, office: Office
) -> tuple[str, dict[str, str]]:
    joins, columns = "", {}
    for ours in feed.columns:
        column, text = table.column(ours), f"texts.{identifier(f't${ours}')}"
        if column.dtype == "code":
            name = f"codes_{ours}"
            code_map(connection, source="feed_texts as texts", text=text, column=column, extract=extract, name=name)
            joins += f" left join {name} on {name}.theirs = {text}"
            columns[ours] = f"{name}.ours"
        else:
            columns[ours] = typed(column, text, extract=extract, office=office)
    return joins, columns


def _typed_dates(feed: Feed, table: model.Table, *, extract: Extract, office: Office) -> dict[str, str]:
    """The dating columns as the file has them, before anything is hidden for being known later."""
    dates = {
        ours: typed(table.column(ours), f"texts.{identifier(f't${ours}')}", extract=extract, office=office)
        for ours in feed.columns
        if table.column(ours).dtype in ("date", "timestamp")
    }
    _derive(dates, table, office)
    return dates


def _derive(columns: dict[str, str], table: model.Table, office: Office) -> None:
    """The local day of each instant."""
    for name in table.names:
        if name.endswith("_at") and name in columns and (day := name.removesuffix("_at") + "_date") in table.names:
            derived = local_day(columns[name], office)
            columns[day] = f"coalesce({columns[day]}, {derived})" if day in columns else derived


def _as_known(column: model.Column, sql: str, columns: dict[str, str], as_of: date) -> str:
    """In reconstructed history a value is null until the day from which it was known."""
    if not column.known_from:
        return sql
    known = columns.get(column.known_from, "null::date")
    return f"case when {known} <= date {literal(as_of.isoformat())} then {sql} end"


def _status_sql(
    relation: str, feed: Feed, extract: Extract, columns: dict[str, str], *, basis: str, as_of: date | None
) -> str:
    """What became of each row; ``as_of`` is None where rows carry no day of their own."""
    within = ", ".join(f"{identifier(name)} asc nulls last" for name in feed.order_by)
    order = f'{within}, "__row" asc' if feed.order_by else '"__row" desc'
    content = "hash(" + ", ".join(identifier(name) for name in columns) + ")"
    early = """when "__use" <> 'used' then "__use" """
    if basis == "reconstructed" and as_of is not None:
        early += f"""when "__known" is null or "__known" > date {literal(as_of.isoformat())} then 'not_yet' """
    same_file = "true" if feed.order_by else '"__content" = first_value("__content") over newest'
    is_missing = (
        'max("__extract_date") over newest < (select max("__extract_date") from chosen_loads where "__use" = \'used\')'
        if extract.holds == "everything" and basis == "observed"
        else "false"
    )
    return f"""
        create or replace temp table {relation} as
        with readable as (
            select *, {content} as "__content",
                case {early} when "__key" is null then 'set_aside' end as "__early"
            from feed_typed
        ),
        ranked as (
            select *,
                case
                    when "__early" is not null then "__early"
                    when row_number() over newest = 1 then case when {is_missing} then 'withdrawn' else 'winner' end
                    when "__load" = first_value("__load") over newest and {same_file} then 'merged'
                    else 'superseded'
                end as "__status"
            from readable
            window newest as (
                partition by "__key", "__early" order by "__newness" desc, {order}
                rows between unbounded preceding and unbounded following
            )
        )
        select * exclude ("__early") from ranked
    """
