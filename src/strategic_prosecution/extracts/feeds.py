"""One feed as temporary tables: the rows that speak, typed, and what became of all others."""

from dataclasses import dataclass
from datetime import date

import duckdb

from strategic_prosecution import model
from strategic_prosecution.extracts import fates
from strategic_prosecution.extracts.casts import DEGREES, day_of, literal, orders_of, zone_of
from strategic_prosecution.extracts.clocks import settle
from strategic_prosecution.extracts.columns import rules_of, texts_of, typed_columns, unless_left_out
from strategic_prosecution.extracts.coordinates import to_degrees
from strategic_prosecution.extracts.expressions import ExpressionError
from strategic_prosecution.extracts.extract_dates import dating_columns
from strategic_prosecution.extracts.store import raw_columns
from strategic_prosecution.extracts.visible import Part, parts, see
from strategic_prosecution.settings import Extract, Feed, Office
from strategic_prosecution.warehouse import Connection, identifier


@dataclass(frozen=True)
class PreparedFeed:
    """A feed ready to merge: its temporary tables, the model columns it fills, and what it rests on.

    ``relation`` has the rows that speak (``__status``: winner, merged, set_aside): the feed's columns typed
    (``column``) and, where that may be a problem, as written (``t$column``), times on the extract's clock
    (``c$column``), rules that mark the row (``r$number``), and ``__key``, ``__load`` and ``__row`` (the first file and
    line that said so), ``__newest_load``, ``__extract_date`` (of that), ``__first_seen`` (day of the first file with
    this row), ``__known`` (the day it dates from), ``__weight`` and ``__others`` (deliveries it stands for, and earlier
    ones). ``silent`` has the others: superseded, withdrawn, reversed, not_yet.
    """

    extract: str
    number: int
    feed: Feed
    table: model.Table
    relation: str
    silent: str
    columns: tuple[str, ...]
    basis: str
    # The days of the files it rests on, and the newest of them.
    made: tuple[date, ...]
    newest_load: str
    is_dated: bool
    not_selected: int
    ragged: int
    expunged: int

    @property
    def written(self) -> tuple[str, ...]:
        """The columns the feed maps; the others are derived from these."""
        return tuple(self.feed.columns)

    def as_written(self, name: str, *, of: str = "") -> str:
        """SQL for a column as its files have it, or as it was read; ``of`` is the relation's alias with its dot."""
        typed = f"{of}{identifier(name)}::varchar"
        return f"coalesce({of}{identifier(f't${name}')}, {typed})" if name in self.written else typed

    @property
    def clocks(self) -> tuple[str, ...]:
        """The mapped columns that are instants."""
        return tuple(name for name in self.written if self.table.column(name).dtype == "timestamp")


_MADE = "select distinct extract_date from chosen_loads where is_used order by extract_date"


def prepare(
    connection: Connection, office: Office, *, extract_name: str, number: int, as_of: date
) -> PreparedFeed | None:
    """Make the temporary tables of one feed as of a day; None while nothing it reads has landed."""
    extract = office.extracts[extract_name]
    feed = extract.feeds[number - 1]
    table = next(table for table in model.fed_tables() if table.name == feed.table)
    headers = raw_columns(connection, extract_name)
    if not headers:
        return None
    basis = see(connection, extract_name, extract, as_of)
    selected = parts(connection, extract_name, extract, feed=feed, number=number, headers=headers)
    if not selected:
        return None
    relation = f"feed_{extract_name}_{number}"
    silent = f"{relation}_silent"
    try:
        fates.decide(
            connection, office, extract=extract, feed=feed, table=table, parts=selected, basis=basis, as_of=as_of
        )
        _read_texts(connection, extract, feed, selected)
        columns = _write_relation(
            connection, office, extract=extract, feed=feed, table=table, relation=relation, basis=basis, as_of=as_of
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        # Landing computes every expression; this one was written after. The database would quote the value.
        raise ExpressionError(
            f"extracts.{extract_name}.feeds[{number}]: an expression fails on a landed row ({type(error).__name__}); "
            "use try_cast or try_strptime"
        ) from None
    settle(
        connection,
        relation,
        tuple(name for name in feed.columns if table.column(name).dtype == "timestamp"),
        zone=zone_of(extract, office),
    )
    if extract.crs:
        to_degrees(connection, relation, crs=extract.crs)
    connection.execute(
        f"""
        create or replace temp table {silent} as
        select "__key", "__status", "__weight", "__others", "__load", fates."__row", newest_load as "__newest_load",
            first_seen as "__first_seen"
        from feed_fates as fates join spans using ("__span") where "__status" not in {fates.SPEAKS}
        """
    )
    not_selected, ragged, expunged = _passed_over(connection, feed)
    connection.execute("drop view feed_texts; drop table feed_fates")
    return PreparedFeed(
        extract_name,
        number,
        feed,
        table,
        relation,
        silent,
        columns=columns,
        basis=basis,
        newest_load=_newest_load(connection),
        made=tuple(day for (day,) in connection.execute(_MADE).fetchall()),
        is_dated=any(name in columns for name in dating_columns(table)),
        not_selected=not_selected,
        ragged=ragged,
        expunged=expunged,
    )


def _read_texts(connection: Connection, extract: Extract, feed: Feed, selected: list[Part]) -> None:
    """``feed_texts``: the rows that speak, each column as written, and the rules that mark them."""
    selects = []
    for part in selected:
        selects.append(
            f"""
            select fates."__key", fates."__status", fates."__weight", fates."__others", fates."__note",
                told."__load", fates."__row", "__newest_load", "__extract_date", "__first_seen",
                {texts_of(connection, part, extract, feed)}
                {rules_of(connection, part, feed)}
            from ({part.rows}) as source
            join feed_fates as fates using ("__id")
            join (
                select "__span", newest_load as "__newest_load", extract_date as "__extract_date",
                    first_seen as "__first_seen" from spans
            ) as newest on newest."__span" = fates."__span"
            join (select "__span", "__load" from spans) as told on told."__span" = fates."__source"
            where fates."__status" in {fates.SPEAKS}
            """
        )
    connection.execute(f"create or replace temp view feed_texts as {' union all '.join(selects)}")


def _write_relation(
    connection: Connection,
    office: Office,
    *,
    extract: Extract,
    feed: Feed,
    table: model.Table,
    relation: str,
    basis: str,
    as_of: date,
) -> tuple[str, ...]:
    """Write the rows that speak, typed; returns the columns of the model they fill."""
    columns, source = typed_columns(connection, office, extract=extract, feed=feed, source="feed_texts")
    _derive_days(columns, office, extract=extract, feed=feed, table=table)
    shown = columns
    if basis == "reconstructed":
        shown = {name: _as_known(table.column(name), sql, columns, as_of) for name, sql in columns.items()}
    known = [columns[name] for name in dating_columns(table) if name in columns]
    texts = [identifier(f"t${name}") for name in feed.columns]
    odd = "".join(_if_odd(table.column(name), columns[name], extract) for name in feed.columns)
    connection.execute(
        f"""
        create or replace temp table {relation} as
        select typed_texts.* exclude ({", ".join(texts)}) {odd},
            {", ".join(f"{sql} as {identifier(name)}" for name, sql in shown.items())},
            {f"coalesce({', '.join(known)})" if known else "null::date"} as "__known"
        from {source}
        """
    )
    return tuple(columns)


def _if_odd(column: model.Column, typed: str, extract: Extract) -> str:
    """The column as written, for rows that may have a problem with it: a text that was read is not needed again."""
    text = identifier(f"t${column.name}")
    is_doubtful = column.dtype in ("date", "timestamp") and len(orders_of(extract.date_formats)) > 1
    # Coordinates of another reference system may turn out to be none when they are turned into degrees.
    if is_doubtful or (extract.crs and column.name in DEGREES):
        return f", {text}"
    is_odd = f"({typed}) is null" + (f" or ({typed}) = '{model.UNMAPPED}'" if column.dtype == "code" else "")
    return f", case when {is_odd} then {text} end as {text}"


def _derive_days(columns: dict[str, str], office: Office, *, extract: Extract, feed: Feed, table: model.Table) -> None:
    """The local day of each instant: as written, where the clock is the office's own."""
    for ours in [name for name in columns if table.column(name).dtype == "timestamp"]:
        day = ours.removesuffix("_at") + "_date"
        if not ours.endswith("_at") or day not in table.names:
            continue
        derived = day_of(identifier(f"t${ours}"), identifier(f"c${ours}"), extract, office)
        derived = unless_left_out(derived, ours, feed)
        columns[day] = f"coalesce({columns[day]}, {derived})" if day in columns else derived


def _as_known(column: model.Column, sql: str, columns: dict[str, str], as_of: date) -> str:
    """In reconstructed history a value is null until the day from which it was known."""
    if not column.known_from:
        return sql
    known = columns.get(column.known_from, "null::date")
    return f"case when {known} <= date {literal(as_of.isoformat())} then {sql} end"


def _newest_load(connection: Connection) -> str:
    row = connection.execute("select arg_max(load_id, newness) from chosen_loads where is_used").fetchone()
    return "" if row is None else str(row[0])


def _passed_over(connection: Connection, feed: Feed) -> tuple[int, int, int]:
    """Of the visible files: rows the feed does not select, lines that did not fit their header, and expunged rows."""
    of_layouts = "true" if not feed.layouts else f"layout in ({', '.join(literal(name) for name in feed.layouts)})"
    row = connection.execute(
        f"""
        with visible as (select rows, ragged, expunged, layout from meta.loads join chosen_loads using (load_id)),
        gone as (select coalesce(sum(expunged), 0)::bigint as rows from visible where {of_layouts})
        select (select coalesce(sum(rows), 0) from visible)::bigint - (select rows from gone)
                - (select coalesce(sum("__weight" + "__others"), 0) from feed_fates)::bigint,
            (select coalesce(sum(ragged), 0) from visible where {of_layouts})::bigint,
            (select rows from gone)
        """
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])
