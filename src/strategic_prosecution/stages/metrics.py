"""The two commitments, measured: every metric whose tables this office has."""

from collections.abc import Iterable
from datetime import date, timedelta

import pandas as pd
import pyarrow

from strategic_prosecution import model, warehouse
from strategic_prosecution.metrics import METRICS, compute_each, no_rows, refresh
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

# A stray date of a century ago begins no calendar, unless the office says so (metrics.first_period).
LONGEST_HISTORY_YEARS = 20
_TABLE = model.table("mart.metrics")


def metrics(office: Office, as_of: date) -> dict[str, int]:
    """Compute every metric as of a day and keep what is recent, or changed since the last month end."""
    with warehouse.open_core(office, as_of) as connection:
        held, complete = _through(connection, as_of)
        missing = missing_tables(connection, office, as_of)
        each = compute_each(
            connection,
            metrics=METRICS,
            as_of=as_of,
            layer=office.release.smallest_public_area,
            missing_tables=missing,
            reconstructed_tables=_reconstructed_tables(connection, as_of),
            first_period=office.metrics.first_period or as_of - timedelta(days=round(365.25 * LONGEST_HISTORY_YEARS)),
            held_through=held,
            complete_through=complete,
            rules=office.metrics,
        )
        return {**keep(connection, each, as_of=as_of), "missing_tables": len(missing)}


def keep(connection: Connection, each: Iterable[pd.DataFrame], *, as_of: date) -> dict[str, int]:
    """Store the rows of each metric that are worth it (metrics.refresh) in place of what this ``as_of`` said before.

    One metric at a time: all rows of a large county, beside those stored of it, are more than its memory.
    """
    rows_before = connection.execute("select distinct metric from mart.metrics where as_of < ?", [as_of]).fetchall()
    stored = {str(metric) for (metric,) in rows_before}
    lost = set(stored)
    connection.execute("create or replace temp table metrics_kept as from mart.metrics limit 0")
    computed = cells = 0
    for rows in each:
        metric = str(rows["metric"].iloc[0])
        lost.discard(metric)
        computed, cells = computed + 1, cells + len(rows)
        _store(connection, _worth_it(connection, metric, rows, as_of=as_of) if metric in stored else rows)
    for metric in sorted(lost):
        _store(connection, _worth_it(connection, metric, no_rows(), as_of=as_of))
    with warehouse.transaction(connection):
        warehouse.replace_as_of(connection, _TABLE, as_of, "from temp.metrics_kept")
    (kept,) = connection.execute("select count(*) from temp.metrics_kept").fetchone() or (0,)
    connection.execute("drop table temp.metrics_kept")
    return {"metrics": computed, "cells": cells, "kept": int(kept)}


def _worth_it(connection: Connection, metric: str, rows: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    return refresh(
        rows,
        _known(connection, metric, "as_of < $as_of and as_of = last_day(as_of)", as_of),
        earlier=_known(connection, metric, "as_of < $as_of", as_of),
        as_of=as_of,
    )


def _store(connection: Connection, rows: pd.DataFrame) -> None:
    # As Arrow, whose texts DuckDB reads as they are: of a frame it would make a Python string of each.
    connection.register("metric_rows", pyarrow.Table.from_pandas(rows, preserve_index=False))
    connection.execute("insert into temp.metrics_kept by name from metric_rows")
    connection.unregister("metric_rows")


def missing_tables(connection: Connection, office: Office, as_of: date) -> frozenset[str]:
    """Tables that nothing fills: no feed of office.toml, or no extract of one has landed, or no such layer."""
    rows = connection.execute("select distinct table_name from meta.accounting where as_of = ?", [as_of]).fetchall()
    missing = {table.name for table in model.fed_tables()} - {name for (name,) in rows}
    if office.places.population is None:
        missing.add("population")
    if not office.places.areas:
        missing.add("areas")
    if "memberships" in missing:
        missing |= {"group_memberships", "group_feuds"}
    return frozenset(missing)


def _reconstructed_tables(connection: Connection, as_of: date) -> frozenset[str]:
    rows = connection.execute(
        "select distinct table_name from meta.accounting where as_of = ? and basis = 'reconstructed'", [as_of]
    ).fetchall()
    return frozenset(name for (name,) in rows)


def _through(connection: Connection, as_of: date) -> tuple[dict[str, date], dict[str, date]]:
    """By table: the day of its newest extract, and the last day that all its extracts know."""
    rows = connection.execute(
        query("complete_through"),
        {"as_of": as_of},
    ).fetchall()
    return {table: newest for table, newest, _ in rows}, {table: complete for table, _, complete in rows}


def _known(connection: Connection, metric: str, which: str, as_of: date) -> pd.DataFrame:
    """The newest stored row of each cell of a metric among earlier days."""
    return connection.execute(
        f"""
        select * from mart.metrics
        where metric = $metric and {which}
        qualify row_number() over (
            partition by period, period_start, breakdown, segment order by as_of desc
        ) = 1
        order by period, period_start, breakdown, segment
        """,
        {"metric": metric, "as_of": as_of},
    ).df()
