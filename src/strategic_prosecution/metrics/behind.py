"""The facts behind one published cell, by the restriction that made it."""

from datetime import date

import numpy as np
import pandas as pd
from duckdb import DuckDBPyConnection

from strategic_prosecution.metrics import cells as sql
from strategic_prosecution.metrics.periods import calendar
from strategic_prosecution.metrics.record import Metric, Period, Statistic
from strategic_prosecution.settings import Metrics as Rules

_RESTRICTIONS: dict[Statistic, str] = {
    "median": "timed",
    "median_km": "timed",
    "weighted_mean": "answered",
    "stock": "inside",
    "stock_share": "inside",
    "stock_ratio": "inside",
    "stock_per_capita": "inside",
    "days": "overlapping",
    "days_per_capita": "overlapping",
}
_COLUMNS = [
    "unit_id", "records", "event_date", "from_date", "until_date", "numerator", "denominator", "duration_days",
    "is_observed", "value", "weight",
]  # fmt: skip


def facts_behind(
    connection: DuckDBPyConnection,
    metric: Metric,
    *,
    as_of: date,
    layer: str | None,
    period: Period,
    period_start: date,
    breakdown: str = "",
    segment: str = "",
    rules: Rules | None = None,
) -> pd.DataFrame:
    """The facts that count in one cell of mart.metrics, one row each, in the order of unit_id and dates.

    breakdown, segment
        as published
    as_of, layer, rules
        those the cell was computed with

    Columns: unit_id, records (keys of rows of the metric's first table; unit_id itself where the metric names none),
    event_date, from_date, until_date, numerator, denominator, duration_days, is_observed, value, weight.
    ``numerator`` and ``denominator`` are what the row adds to the published ones, and their sums over the rows are
    these: 1 for a unit inside (stock), the days of the period (days), 1 for the first row of a unit counted once
    (distinct, and the denominator of sum and days), 1 for a case (median; in median_km the numerator is 1 where it was
    seen to end) and 1 for an answer. null where the metric publishes none, and for residents, who are no facts. A cell
    that has no row in mart.metrics is a KeyError; one in which nothing was counted has no fact.
    """
    bound = sql.parameters(as_of=as_of, layer=layer, rules=rules or Rules())
    sql.build_shared(connection, bound, queries=[metric.sql])
    try:
        cells = sql.load_facts(connection, metric, bound, layer=layer)
        (places,) = np.nonzero((cells.breakdowns == breakdown) & (cells.segments == segment))
        if not len(places):
            raise KeyError(f"metric [{metric.name}] has no segment [{segment}] of [{breakdown}]: see mart.metrics")
        chosen = calendar(period_start, period_start, kinds=(period,))
        facts = sql.run(
            connection,
            sql.aggregate("behind"),
            {
                "combinations": np.flatnonzero((cells.of == places[0]).any(axis=0)).tolist(),
                "restriction": _RESTRICTIONS.get(metric.statistic, "dated"),
                "first": period_start,
                "last": min(chosen.ends[0].date(), as_of),
            },
        ).df()
    finally:
        sql.drop_facts(connection)
    return _with_parts(facts, metric.statistic)[_COLUMNS]


def _with_parts(facts: pd.DataFrame, statistic: Statistic) -> pd.DataFrame:
    """What each fact adds to the published numerator and denominator."""
    one = pd.Series(1, index=facts.index, dtype="Int64")
    none = one.mask(one == 1)
    first = facts["is_first_of_unit"].astype("Int64")
    given = facts[["numerator", "denominator", "days"]].astype("Int64").fillna(0)
    match statistic:
        case "count" | "per_capita":
            numerator, denominator = given["numerator"], none
        case "distinct":
            numerator, denominator = first, none
        case "sum":
            numerator, denominator = given["numerator"], first
        case "median":
            numerator, denominator = one, one
        case "median_km":
            numerator, denominator = facts["is_observed"].astype("boolean").fillna(False).astype("Int64"), one
        case "weighted_mean" | "stock" | "stock_per_capita":
            numerator, denominator = one, none
        case "days":
            numerator, denominator = given["days"], first
        case "days_per_capita":
            numerator, denominator = given["days"], none
        case "rate" | "ratio" | "mean" | "stock_share" | "stock_ratio":
            numerator, denominator = given["numerator"], given["denominator"]
    return facts.assign(numerator=numerator, denominator=denominator)
