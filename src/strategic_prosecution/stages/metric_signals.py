"""Which figures stand out beyond chance: months, areas and short windows, tested by rules stated beforehand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from strategic_prosecution import model, warehouse
from strategic_prosecution.metrics import METRICS, Metric, build_shared, cells, follow_up_days, parameters
from strategic_prosecution.metrics.control_charts import baseline, control_chart, crosses
from strategic_prosecution.metrics.funnel import funnel
from strategic_prosecution.metrics.same_days import compare_windows, first_day_compared
from strategic_prosecution.metrics.smoothing import small_periods
from strategic_prosecution.metrics.verdicts import give_verdicts
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

_TABLE = model.table("mart.metric_signals")
# Counts of something that happens on a day; people counted once a period have months, but no sums of days.
_COUNTED = ("count", "distinct")
OPEN_ENDED = "an outcome counts whenever it comes, so older months had longer"
# What one rule says of one metric: the kind of the rule, the name of the metric, the rows.
_Part = tuple[str, str, pd.DataFrame]


def metric_signals(office: Office, as_of: date) -> dict[str, int]:
    """Compare what can be compared, test what may be tested, and say how many tests and alarms there were.

    Over all: each month of counts and shares beside the limits of two earlier years; the last 28 complete days, and the
    year to date, of counts beside the same days of earlier years; moving averages where quarters are small. By area:
    shares, and counts per resident, of the latest complete year.
    """
    layer = office.release.smallest_public_area
    with warehouse.open_core(office, as_of) as connection:
        series = connection.execute(query("signal_series"), {"as_of": as_of}).df()
        areas = connection.execute(
            query("signal_areas"), {"as_of": as_of, "layer": layer, "residence": f"{layer} of residence"}
        ).df()
        by_metric, months = _by_metric(series), _by_metric(series[series["period"] == "month"])
        named = _by_metric(areas[~areas["segment"].isin([model.UNKNOWN, model.UNMAPPED])])
        known = [metric for metric in METRICS if metric.name in by_metric]
        through = _complete_through(connection, known, as_of)
        daily = _daily_counts(connection, office, known, as_of, through)
        parts: list[_Part] = []
        for metric in known:
            breaks = [one.date for one in office.breaks if set(one.tables).intersection(metric.tables)]
            followed = replace(metric, follow_up_days=follow_up_days(metric, office.metrics))
            if metric.name in months:
                rows = by_metric[metric.name]
                counted = daily.get(metric.name)
                parts += _over_time(followed, rows, months[metric.name], breaks, counted, through[metric.name])
            if metric.name in named:
                parts += _by_area(followed, named[metric.name], breaks)
        judged = give_verdicts(_all(parts), headline=office.metrics.headline)
        with warehouse.transaction(connection):
            warehouse.replace_as_of(connection, _TABLE, as_of, judged.assign(as_of=as_of))
    verdicts = judged["verdict"].value_counts()
    return {
        "tested": int(judged["p_value"].notna().sum()),
        "headline_tested": int((judged["p_value"].notna() & judged["is_headline"]).sum()),
        "up": int(verdicts.get("up", 0)),
        "down": int(verdicts.get("down", 0)),
    }


def _by_metric(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(name): some for name, some in rows.groupby("metric")}


def _complete_through(connection: Connection, metrics: Sequence[Metric], as_of: date) -> dict[str, date]:
    """By metric: the last day that all its tables know whole."""
    rows = connection.execute(query("complete_through"), {"as_of": as_of}).fetchall()
    known = {table: complete for table, _, complete in rows}
    return {metric.name: min([as_of, *(known.get(table, as_of) for table in metric.tables)]) for metric in metrics}


def _daily_counts(
    connection: Connection, office: Office, metrics: Sequence[Metric], as_of: date, through: Mapping[str, date]
) -> dict[str, pd.Series]:
    """Events by day of the metrics that count events, from the earliest window on that is looked at."""
    layer = office.release.smallest_public_area
    bound = parameters(as_of=as_of, layer=layer, rules=office.metrics)
    counting = [metric for metric in metrics if metric.statistic == "count"]
    build_shared(connection, bound, queries=(metric.sql for metric in counting))
    counted = {}
    for metric in counting:
        last = through[metric.name]
        window = {"first_day": first_day_compared(last), "last_day": last}
        by_day = (
            f"select event_date, sum(numerator)::bigint as events from (\n{metric.sql}\n) "
            "where event_date between $first_day and $last_day group by event_date order by event_date"
        )
        rows = cells.run(connection, by_day, bound | window).df()
        counted[metric.name] = pd.Series(rows["events"].to_numpy(), index=pd.to_datetime(rows["event_date"].to_numpy()))
    return counted


def _over_time(
    metric: Metric,
    rows: pd.DataFrame,
    months: pd.DataFrame,
    breaks: Sequence[date],
    daily: pd.Series | None,
    through: date,
) -> Iterator[_Part]:
    """``rows``: all periods; ``months``: those of them that are months."""
    is_share = metric.statistic == "rate"
    if not (is_share or metric.statistic in _COUNTED):
        return
    held = baseline(months, is_share=is_share)
    # Right-censoring would be called a change: cohorts of a year ago have had a year less than those before.
    compared = replace(held, why_not=OPEN_ENDED) if metric.open_ended else held
    chart = control_chart(
        months, is_share=is_share, compared_with=compared, breaks=breaks, follow_up_days=metric.follow_up_days
    )
    yield "control_chart", metric.name, chart.assign(note=OPEN_ENDED) if metric.open_ended else chart
    if metric.statistic in ("count", "rate"):
        smoothed = small_periods(rows, is_share=is_share)
        told = smoothed["note"] + "; " + OPEN_ENDED if metric.open_ended else smoothed["note"]
        yield "moving_average", metric.name, smoothed.assign(note=told)
    if daily is not None:
        # As for the charts: the first month may have begun before its records.
        begins = months["period_start"].sort_values().iloc[1:].min()
        windows = compare_windows(daily, last=through, begins=begins, spread_of=held, breaks=breaks)
        yield "same_days", metric.name, windows


def _by_area(metric: Metric, areas: pd.DataFrame, breaks: Sequence[date]) -> Iterator[_Part]:
    """Shares by any area; counts per resident where people live, the only geography divided by residents."""
    is_share = metric.statistic == "rate"
    if not (is_share or metric.statistic == "per_capita"):
        return
    for breakdown, rows in areas.groupby("breakdown"):
        if not (is_share or str(breakdown).endswith(" of residence")):
            continue
        exposed = rows.rename(columns={"denominator": "exposure"})
        told = funnel(exposed, is_share=is_share, per=1 if is_share else 1000)
        one = rows.iloc[0]
        if across := crosses(breaks, one["period_start"], one["period_end"] + pd.Timedelta(days=metric.follow_up_days)):
            told = told[["segment", "observed"]].assign(note=across)
        when = {name: one[name] for name in ("period", "period_start", "period_end", "breakdown")}
        yield "funnel", metric.name, told.assign(**when)


def _all(parts: Sequence[_Part]) -> pd.DataFrame:
    """The rows of all rules, with every column of the table: by month where a rule names no period."""
    names = [name for name in _TABLE.names if name not in ("as_of", "is_headline", "q_value", "verdict")]
    filled = [part for part in parts if len(part[2])]
    rows = _labelled(filled).reindex(columns=names) if filled else pd.DataFrame(columns=names)
    numbers = ["observed", "expected", "lower", "upper", "lower_wide", "upper_wide", "p_value"]
    return rows.assign(
        period=rows["period"].astype(object).fillna("month"),
        breakdown=rows["breakdown"].astype(object).fillna(""),
        segment=rows["segment"].astype(object).fillna(""),
        note=rows["note"].replace("", None),
        **{name: rows[name].astype(float) for name in numbers},
    )


def _labelled(parts: Sequence[_Part]) -> pd.DataFrame:
    """One frame of all: a column added to each of them by itself costs more than its rule."""
    kinds, metrics, frames = zip(*parts, strict=True)
    lengths = [len(rows) for rows in frames]
    rows: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return rows.assign(kind=np.repeat(kinds, lengths), metric=np.repeat(metrics, lengths))
