"""Every metric for every period and segment, with its interval: the rows of mart.metrics for one as_of."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from duckdb import DuckDBPyConnection
from pandas.api.extensions import ExtensionArray

from strategic_prosecution import model
from strategic_prosecution.metrics import cells as sql
from strategic_prosecution.metrics.cells import Cells
from strategic_prosecution.metrics.measure import Measured, measure
from strategic_prosecution.metrics.periods import Calendar, calendar
from strategic_prosecution.metrics.record import RECIDIVISM_DAYS, Metric
from strategic_prosecution.settings import Metrics as Rules

KEY = ["metric", "period", "period_start", "breakdown", "segment"]
_PANDAS_TYPES = {
    "date": "datetime64[us]",
    "text": "str",
    "code": "str",
    "integer": "Int64",
    "double": "float64",
    "boolean": "bool",
}
# Days at the start of a period that may pass before the first record, and the period still counts as whole.
QUIET_DAYS = 7
_DTYPES = {column.name: _PANDAS_TYPES[column.dtype] for column in model.table("mart.metrics").columns}


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
    rules: Rules | None = None,
) -> pd.DataFrame:
    """Rows of mart.metrics, unsuppressed, one per metric, period, breakdown and segment; sorted by that key.

    connection
        reads core.*; makes temporary tables, and drops those of the facts
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
    rules
        what definitions leave to the office; default: as where office.toml says nothing

    Periods run from the one that holds the first day of the metric's data to the one that holds the last day its tables
    speak of, each with every segment that appears anywhere in the metric, so that nothing is a 0 with a row, not a
    hole, and what no extract speaks of has no row. ``complete`` means that the period and the metric's follow-up are
    over, and that the tables were complete by then. numerator and denominator are integers and value is one division of
    them, so rows depend neither on row order nor on threads; a weighted mean is summed in the order of the answers'
    keys. An undefined value is null.

    =============================  ==================================  ==========================================
    statistic                      denominator                         limits, 95 %, two-sided
    =============================  ==================================  ==========================================
    count, distinct                null                                exact Poisson (Garwood 1936); null of efforts
    rate, stock_share              sum of the facts' denominators      Wilson (1927)
    ratio, stock_ratio             sum of the facts' denominators      null: two counts of different things
    per_capita                     residents; null where not known     exact Poisson of the count, per 1,000 of them
    days_, stock_per_capita        residents; null where not known     null: not a sample
    sum, days                      units, each counted once            null: not a sample
    stock                          null                                null
    mean                           units: the facts' denominators, 1   Student's t; null under 2 units
    weighted_mean                  null; the numerator is answers      bootstrap percentiles; null under 10 answers
    median                         units, as is the numerator          order statistics; null under 6 units
    median_km                      units; the numerator those ended    Brookmeyer & Crowley (1982), log(-log S)
    =============================  ==================================  ==========================================

    The bootstrap (Efron 1979) draws 1,000 times from the answers of the cell, by one fixed seed for every cell.
    Residents are those of the area of residence, of a race and ethnicity, of an income quintile's areas; of the whole
    layer for a kind of offense, severity or counsel; not known by place of event or sex.
    """
    each = compute_each(
        connection,
        metrics=metrics,
        as_of=as_of,
        layer=layer,
        missing_tables=missing_tables,
        reconstructed_tables=reconstructed_tables,
        first_period=first_period,
        held_through=held_through,
        complete_through=complete_through,
        rules=rules,
    )
    frames = sorted(each, key=lambda rows: str(rows["metric"].iloc[0]))
    return pd.concat(frames, ignore_index=True) if frames else no_rows()


def compute_each(
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
    rules: Rules | None = None,
) -> Iterator[pd.DataFrame]:
    """The rows of ``compute``, metric by metric: a county's are more than fit beside each other. None without rows."""
    lacking = unavailable(connection, metrics=metrics, missing_tables=missing_tables)
    rules = rules or Rules()
    bound = sql.parameters(as_of=as_of, layer=layer, rules=rules)
    available = [metric for metric in metrics if metric.name not in lacking]
    sql.build_shared(connection, bound, queries=(metric.sql for metric in available))
    for metric in available:
        cells = sql.load_facts(connection, metric, bound, layer=layer)
        begins = sql.first_day(connection, metric)
        last = _earliest(metric, held_through, as_of)
        periods = _calendar(metric, begins, first_period=first_period, last=last, as_of=as_of)
        if begins is not None and periods is not None:
            measured = measure(connection, metric, cells, periods, as_of=as_of)
            followed = _earliest(metric, complete_through, as_of) - timedelta(days=follow_up_days(metric, rules))
            basis = "reconstructed" if set(metric.tables).intersection(reconstructed_tables) else "observed"
            yield _rows(metric, cells, periods, measured, as_of=as_of, known=(begins, followed), basis=basis)
    sql.drop_facts(connection)


def follow_up_days(metric: Metric, rules: Rules) -> int:
    """Days after a period before its cohort is complete: the office's own window where the query counts within it."""
    return rules.recidivism_days if RECIDIVISM_DAYS in metric.sql else metric.follow_up_days


def unavailable(
    connection: DuckDBPyConnection, *, metrics: Sequence[Metric], missing_tables: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Metrics that are not available here: name -> the tables no extract feeds, or else the columns without a value.

    One that has both, and no record to count, has no row either: the report lists it (ReportData.without_records).
    """
    lacking: dict[str, tuple[str, ...]] = {}
    for metric in metrics:
        tables = tuple(table for table in metric.tables if table in missing_tables)
        lacking[metric.name] = tables or tuple(
            columns
            for columns in metric.columns
            if not any(sql.has_values(connection, column) for column in columns.split(" or "))
        )
    return {name: wanting for name, wanting in lacking.items() if wanting}


def no_rows() -> pd.DataFrame:
    """What compute gives where no metric has a row."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in _DTYPES.items()})


def _earliest(metric: Metric, days: Mapping[str, date] | None, as_of: date) -> date:
    """The first of the days given for the tables of a metric, as_of at most."""
    return min([as_of, *((days or {}).get(table, as_of) for table in metric.tables)])


def _calendar(
    metric: Metric, first: date | None, *, first_period: date | None, last: date, as_of: date
) -> Calendar | None:
    """The periods of a metric whose data begin on a day, or None where they begin after them."""
    if first is None or first > as_of:
        return None
    first = max(first, first_period or first)
    if first > as_of:
        raise ValueError(f"metrics: first_period [{first_period}] is after as_of [{as_of}]; give an earlier one")
    return calendar(first, last, kinds=metric.periods) if first <= last else None


def _rows(
    metric: Metric,
    cells: Cells,
    periods: Calendar,
    measured: Measured,
    *,
    as_of: date,
    known: tuple[date, date],
    basis: str,
) -> pd.DataFrame:
    """One row for each period and each segment seen in any, 0 where nothing was counted; in the order of the key."""
    seen = measured.facts.any(axis=0) | (cells.residents >= 0)
    seen[0] = True
    chosen = np.flatnonzero(seen)
    count = len(periods) * len(chosen)
    period = np.repeat(np.arange(len(periods)), len(chosen))
    cell = np.tile(chosen, len(periods))

    denominator = np.full(count, -1) if measured.denominator is None else measured.denominator[:, chosen].ravel()
    everywhere = np.zeros(count, dtype="int64")
    value, lower, upper = (amounts[:, chosen].ravel() for amounts in (measured.value, *measured.limits))
    begins, followed_through = known
    # A metric that looks back knows the past of nobody in its first days; others may begin a few quiet days late.
    slack = -metric.look_back_days if metric.look_back_days else QUIET_DAYS
    is_complete = np.asarray(
        (periods.ends <= pd.Timestamp(followed_through))
        & (periods.starts + pd.Timedelta(days=slack) >= pd.Timestamp(begins))
    )
    columns = {
        "as_of": np.full(count, pd.Timestamp(as_of).as_unit("us").to_datetime64()),
        "metric": _texts([metric.name], everywhere),
        "period": _texts(periods.names, period),
        "period_start": periods.starts.take(period),
        "period_end": periods.ends.take(period),
        "breakdown": _texts(cells.breakdowns, cell),
        "segment": _texts(cells.segments, cell),
        "numerator": pd.array(measured.numerator[:, chosen].ravel(), dtype="Int64"),
        "denominator": pd.arrays.IntegerArray(denominator, denominator < 0),
        "value": value,
        "lower": lower,
        "upper": upper,
        "unit": _texts([metric.unit], everywhere),
        "basis": _texts([basis], everywhere),
        "complete": is_complete[period],
        "suppressed": np.zeros(count, dtype=bool),
        "note": _texts([measured.note, None], (~np.isnan(value)).astype("int64")),
    }
    return pd.DataFrame(columns, copy=False)


def _texts(values: Iterable[str | None], places: npt.NDArray[np.int64]) -> ExtensionArray:
    """The text at each place, without a Python string for each."""
    return pd.array(list(values), dtype="str").take(places)
