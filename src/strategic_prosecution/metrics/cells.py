"""From the facts of one metric to integers per period and segment. The only part of the package that runs SQL."""

from datetime import date
from functools import reduce
from importlib import resources
from typing import Any

import pandas as pd
from duckdb import DuckDBPyConnection

from strategic_prosecution import model
from strategic_prosecution.metrics.record import Metric

AREA_COLUMNS = ("area_id", "residence_area")
_DIMENSIONS = ("area_id", "residence_area", "race_ethnicity", "offense_category")
_FLAGS = {
    "by_area": "area_id",
    "by_residence": "residence_area",
    "by_race": "race_ethnicity",
    "by_offense": "offense_category",
}
_AGGREGATES = {
    "count": "events",
    "rate": "events",
    "per_capita": "events",
    "sum": "sums",
    "stock": "stocks",
    "days": "days",
    "median_km": "durations",
}


def load_facts(connection: DuckDBPyConnection, metric: Metric, *, as_of: date, layer: str | None) -> None:
    """Fill the temporary table metric_facts with the facts of a metric."""
    connection.execute(_aggregate("facts"))
    insert = "\n".join((_aggregate("insert_facts"), metric.sql))
    _run(connection, insert, {"as_of": as_of, "layer": layer})
    # An area an extract names counts when the office's map has it; a beat or a block would be a finer one.
    connection.execute(_aggregate("unknown_areas"), {"layer": layer})


def has_values(connection: DuckDBPyConnection, column: str) -> bool:
    """Whether any row of core has a value in ``table.column``."""
    table, name = column.split(".")
    counted = connection.table(f"core.{table}").aggregate(f"count({name})").fetchone()
    return counted is not None and counted[0] > 0


def first_day(connection: DuckDBPyConnection, metric: Metric) -> date | None:
    """The day the data of a metric begin: the earliest in its first table, or among its facts; None without rows.

    The table's own first day counts because a month of records without a homicide is a month with 0 homicides.
    """
    facts = connection.table("temp.metric_facts").aggregate(
        "least(min(event_date), min(from_date))",
    )
    table = model.table(f"core.{metric.tables[0]}")
    dated = next((column.name for column in table.columns if column.dtype == "date" and column.required), None)
    days = [facts.fetchone()]
    if dated is not None:
        days.append(connection.table(f"core.{table.name}").aggregate(f"min({dated})").fetchone())
    return min((row[0] for row in days if row is not None and row[0] is not None), default=None)


def periods(first: date, as_of: date) -> pd.DataFrame:
    """Months, quarters and years from the one that holds ``first`` to the one that holds ``as_of``.

    Columns period, period_start, period_end (last day); in that order of size, then of time.
    """
    kinds = []
    for period, frequency in (("month", "M"), ("quarter", "Q"), ("year", "Y")):
        index = pd.period_range(first, as_of, freq=frequency)
        starts = index.start_time.as_unit("us")
        ends = index.end_time.normalize().as_unit("us")
        kinds.append(pd.DataFrame({"period": period, "period_start": starts, "period_end": ends}))
    return pd.concat(kinds, ignore_index=True)


def read_cells(
    connection: DuckDBPyConnection, metric: Metric, *, as_of: date, layer: str | None, calendar: pd.DataFrame
) -> pd.DataFrame:
    """Aggregate the loaded facts: period, period_start, breakdown, segment and integer columns.

    numerator and denominator; for median_km, one row per cell and distinct duration: duration_days, ended, units.
    Facts before the first day of ``calendar`` or after as_of are left out; a null dimension is 'unknown'.
    """
    bound = {"as_of": as_of, "first_day": calendar["period_start"].min().date()}
    frame = _with_breakdowns(connection, metric, layer, _AGGREGATES[metric.statistic], bound, calendar)
    keys = calendar[["period", "period_start"]]
    # Facts of the first year before its first month have a quarter and a year, but no month of the calendar.
    return frame.merge(keys, on=["period", "period_start"], how="inner")


def read_residents(connection: DuckDBPyConnection, metric: Metric, *, layer: str | None) -> pd.DataFrame:
    """Residents per breakdown and segment of a per_capita metric; no row where the population is not known."""
    return _with_breakdowns(connection, metric, layer, "population", {"layer": layer}, None)


def breakdowns_of(metric: Metric, *, layer: str | None) -> tuple[str, ...]:
    """The breakdowns a metric can have here, '' first: those by area need a layer."""
    usable = (
        breakdown
        for breakdown in metric.breakdowns
        if layer is not None or not set(breakdown.split(" x ")).intersection(AREA_COLUMNS)
    )
    return ("", *usable)


def _with_breakdowns(
    connection: DuckDBPyConnection,
    metric: Metric,
    layer: str | None,
    aggregate: str,
    bound: dict[str, Any],
    calendar: pd.DataFrame | None,
) -> pd.DataFrame:
    asked = breakdowns_of(metric, layer=layer)
    flags = {flag: [column in breakdown.split(" x ") for breakdown in asked] for flag, column in _FLAGS.items()}
    connection.register("metric_breakdowns", pd.DataFrame({"breakdown": list(asked), **flags}))
    if calendar is not None:
        connection.register("metric_periods", calendar)
    try:
        frame = _run(connection, _aggregate(aggregate), bound).df()
    finally:
        connection.unregister("metric_breakdowns")
        if calendar is not None:
            connection.unregister("metric_periods")
    return _named(frame, asked, layer)


def _named(frame: pd.DataFrame, asked: tuple[str, ...], layer: str | None) -> pd.DataFrame:
    """Replace the dimension columns by breakdown and segment as published: names in alphabetical order."""
    titles = {"area_id": str(layer), "residence_area": f"{layer} of residence"}
    parts = []
    for breakdown in asked:
        columns = sorted(filter(None, breakdown.split(" x ")), key=lambda column: titles.get(column, column))
        part = frame[frame["breakdown"] == breakdown].drop(columns=[*_DIMENSIONS, "breakdown"])
        part["breakdown"] = " x ".join(titles.get(column, column) for column in columns)
        values = [frame.loc[part.index, column] for column in columns]
        part["segment"] = reduce(lambda left, right: left + " x " + right, values) if values else ""
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _run(connection: DuckDBPyConnection, sql: str, bound: dict[str, Any]) -> DuckDBPyConnection:
    """Run one statement with those of the parameters it names: DuckDB refuses one that is not used."""
    (statement,) = connection.extract_statements(sql)
    return connection.execute(statement, {name: bound[name] for name in statement.named_parameters})


def _aggregate(name: str) -> str:
    return (resources.files(__package__) / "aggregate" / f"{name}.sql").read_text(encoding="utf-8")
