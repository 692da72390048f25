"""Every metric for every period and segment, with its interval: the rows of mart.metrics for one as_of."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from duckdb import DuckDBPyConnection

from strategic_prosecution import model
from strategic_prosecution.metrics import cells as sql
from strategic_prosecution.metrics.intervals import Integers, median_with_open_cases, poisson_exact, wilson
from strategic_prosecution.metrics.record import Metric

KEY = ["metric", "period", "period_start", "breakdown", "segment"]
_PANDAS_TYPES = {
    "date": "datetime64[us]",
    "text": "str",
    "code": "str",
    "integer": "Int64",
    "double": "float64",
    "boolean": "bool",
}
_DTYPES = {column.name: _PANDAS_TYPES[column.dtype] for column in model.table("mart.metrics").columns}
UNDEFINED = "undefined: nothing to divide by"
NOT_REACHED = "undefined: half of the cohort or more is still open"
_CELL = ["period", "period_start", "breakdown", "segment"]


def compute(
    connection: DuckDBPyConnection,
    *,
    metrics: Sequence[Metric],
    as_of: date,
    layer: str | None,
    missing_tables: Collection[str],
    reconstructed_tables: Collection[str],
    first_period: date | None = None,
    held_through: Mapping[str, date] | None = None,
    complete_through: Mapping[str, date] | None = None,
) -> pd.DataFrame:
    """Rows of mart.metrics, unsuppressed, one per metric, period, breakdown and segment; sorted by that key.

    connection
        reads core.*; makes the temporary table metric_facts and drops it
    layer
        layer of core.areas to break down by and to take residents from; None for no breakdown by area
    missing_tables, reconstructed_tables
        bare table names. A metric with a missing table, or with a column that holds no value at all, yields no row (see
        unavailable); one with a reconstructed table has that basis
    first_period
        a day: months, quarters and years before those that hold it are left out; facts in them are not lost to stocks
        and days. For sources with stray early dates.
    held_through, complete_through
        by bare table name: the day of its newest extract, and the last day whose events are known. Default: as_of

    Periods run from the one that holds the first day of the metric's data to the one that holds the last day its tables
    speak of, each with every segment that appears anywhere in the metric, so that nothing is a 0 with a row, not a
    hole, and what no extract speaks of has no row. ``complete`` means that the period and the metric's follow-up are
    over, and that the tables were complete by then. numerator and denominator are integers and value is one division of
    them (a median is a whole number of days), so rows depend neither on row order nor on threads. An undefined value is
    null. Limits are 95 %, two-sided: Wilson (1927) for rate, exact Poisson (Garwood 1936) for count and per_capita,
    Brookmeyer & Crowley (1982) on log(-log S) for median_km; null for sum, stock and days, which are not samples.
    """
    lacking = unavailable(connection, metrics=metrics, missing_tables=missing_tables)
    frames = [
        _one_metric(
            connection,
            metric,
            as_of=as_of,
            layer=layer,
            first_period=first_period,
            last=_earliest(metric, held_through, as_of),
            complete=_earliest(metric, complete_through, as_of),
        )
        for metric in metrics
        if metric.name not in lacking
    ]
    connection.execute("drop table if exists temp.metric_facts")
    reconstructed = {metric.name for metric in metrics if set(metric.tables).intersection(reconstructed_tables)}
    filled = [frame for frame in frames if not frame.empty]
    rows = pd.concat(filled, ignore_index=True) if filled else _no_rows()
    rows["as_of"] = pd.Timestamp(as_of).as_unit("us")
    rows["basis"] = np.where(rows["metric"].isin(reconstructed), "reconstructed", "observed")
    rows["suppressed"] = False
    return rows.sort_values(KEY, ignore_index=True)[list(_DTYPES)].astype(_DTYPES)


def unavailable(
    connection: DuckDBPyConnection, *, metrics: Sequence[Metric], missing_tables: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Metrics that are not available here: name -> the tables no extract feeds, or else the columns without a value."""
    lacking: dict[str, tuple[str, ...]] = {}
    for metric in metrics:
        tables = tuple(table for table in metric.tables if table in missing_tables)
        lacking[metric.name] = tables or tuple(
            columns
            for columns in metric.columns
            if not any(sql.has_values(connection, column) for column in columns.split(" or "))
        )
    return {name: wanting for name, wanting in lacking.items() if wanting}


def _earliest(metric: Metric, days: Mapping[str, date] | None, as_of: date) -> date:
    """The first of the days given for the tables of a metric, as_of at most."""
    return min([as_of, *((days or {}).get(table, as_of) for table in metric.tables)])


def _one_metric(
    connection: DuckDBPyConnection,
    metric: Metric,
    *,
    as_of: date,
    layer: str | None,
    first_period: date | None,
    last: date,
    complete: date,
) -> pd.DataFrame:
    sql.load_facts(connection, metric, as_of=as_of, layer=layer)
    first = sql.first_day(connection, metric)
    if first is None or first > as_of:
        return _no_rows()
    first = max(first, first_period or first)
    if first > as_of:
        raise ValueError(f"metrics: first_period [{first_period}] is after as_of [{as_of}]; give an earlier one")
    if first > last:
        return _no_rows()
    calendar = sql.periods(first, last)
    counted = sql.read_cells(connection, metric, as_of=as_of, layer=layer, calendar=calendar)
    residents = sql.read_residents(connection, metric, layer=layer) if metric.statistic == "per_capita" else None
    if metric.statistic == "median_km":
        counted = _medians(counted)
    rows = _every_cell(counted, calendar, residents)
    if residents is not None:
        rows = rows.drop(columns="denominator").merge(residents, on=["breakdown", "segment"], how="left")
        rows = rows.rename(columns={"residents": "denominator"})
    rows = _with_values(rows, metric)
    follow_up = pd.Timedelta(days=metric.follow_up_days)
    return rows.assign(
        metric=metric.name, unit=metric.unit, complete=rows["period_end"] + follow_up <= pd.Timestamp(complete)
    )


def _every_cell(counted: pd.DataFrame, calendar: pd.DataFrame, residents: pd.DataFrame | None) -> pd.DataFrame:
    """One row for each period and each segment seen, 0 where nothing was counted."""
    segments = [counted[["breakdown", "segment"]], pd.DataFrame({"breakdown": [""], "segment": [""]})]
    if residents is not None:
        segments.append(residents[["breakdown", "segment"]])
    seen = pd.concat(segments, ignore_index=True).drop_duplicates()
    rows = calendar.merge(seen, how="cross").merge(counted, on=_CELL, how="left")
    filled = rows[["numerator", "denominator"]].fillna(0).astype("int64")
    return rows.assign(numerator=filled["numerator"], denominator=filled["denominator"])


def _medians(durations: pd.DataFrame) -> pd.DataFrame:
    """One row per cell from rows per cell and duration: numerator ended, denominator units, and the median."""
    grouped = durations.groupby(_CELL, sort=False)
    rows = [
        (*cell, *median_with_open_cases(*(group[name].to_numpy() for name in ("duration_days", "ended", "units"))))
        for cell, group in grouped
    ]
    medians = pd.DataFrame(rows, columns=[*_CELL, "value", "lower", "upper"])
    totals = grouped[["ended", "units"]].sum().reset_index()
    totals = totals.rename(columns={"ended": "numerator", "units": "denominator"})
    return totals.merge(medians, on=_CELL)


def _with_values(rows: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Add value, lower, upper and note; make the denominator null where it divides nothing and counts nobody."""
    numerator: Integers = rows["numerator"].to_numpy(dtype="int64")
    denominator = rows["denominator"].to_numpy(dtype="float64", na_value=np.nan)
    divisor = np.where(denominator > 0, denominator, np.nan)
    undefined = np.full(len(rows), np.nan)
    value, lower, upper = numerator.astype("float64"), undefined, undefined
    note = ""
    match metric.statistic:
        case "count":
            lower, upper = poisson_exact(numerator)
        case "rate":
            value = numerator / divisor
            lower, upper = wilson(numerator, rows["denominator"].to_numpy(dtype="int64"))
            note = UNDEFINED
        case "per_capita":
            value = 1000 * numerator / divisor
            lower, upper = (1000 * limit / divisor for limit in poisson_exact(numerator))
            note = UNDEFINED
        case "median_km":
            value, lower, upper = (rows[name].to_numpy(dtype="float64") for name in ("value", "lower", "upper"))
            note = NOT_REACHED
        case "sum" | "stock" | "days":
            pass
    keeps_denominator = metric.statistic not in ("count", "stock")
    return rows.assign(
        numerator=pd.array(numerator, dtype="Int64"),
        denominator=rows["denominator"].astype("Int64")
        if keeps_denominator
        else pd.array([pd.NA] * len(rows), "Int64"),
        value=value,
        lower=lower,
        upper=upper,
        note=pd.Series(np.where(np.isnan(value), note, ""), dtype="str").replace("", np.nan),
    )


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in _DTYPES.items()})
