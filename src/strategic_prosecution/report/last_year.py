"""Counts of a whole year: by area over the latest complete twelve months, over all beside the year before."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import pandas as pd

from strategic_prosecution.report.charts import MONTHS_OF
from strategic_prosecution.report.commitments import figure, latest_complete
from strategic_prosecution.report.data import MetricRecord, ReportData
from strategic_prosecution.report.tables import Shown, View, view
from strategic_prosecution.report.wording import day, period

Breaks = tuple[tuple[date, str], ...]
_MONTHS = 12


def area_titles(data: ReportData, layer: str) -> dict[str, str]:
    """What each area of a layer is called, in the order of the published areas."""
    areas = data.frame("areas")
    areas = areas[areas["layer"] == layer]
    return dict(zip(areas["area_id"], areas["title"].fillna(areas["area_id"]), strict=True))


def last_year(metrics: pd.DataFrame, names: Sequence[str], *, kind: str = "quarter") -> pd.DataFrame:
    """Rows of the last twelve months, in periods of a kind, complete for every one of these metrics held; else none."""
    rows = metrics[metrics["metric"].isin(list(names)) & (metrics["period"] == kind) & metrics["complete"]]
    if rows.empty:
        return rows
    last = rows.groupby("metric")["period_start"].max().min()
    inside = rows["period_start"].le(last) & rows["period_start"].gt(last - pd.DateOffset(months=_MONTHS))
    return rows[inside]


def summed(rows: pd.DataFrame, metric: str, breakdown: str, column: str = "numerator") -> pd.Series:
    """The counts of a metric by segment, summed over its periods; null where one of them is hidden."""
    part = rows[(rows["metric"] == metric) & (rows["breakdown"] == breakdown)]
    return part[column].groupby(part["segment"]).agg(partial(pd.Series.sum, skipna=False))


def span(rows: pd.DataFrame) -> str:
    """The twelve months that rows of ``last_year`` cover: January 2025 to December 2025."""
    first, end = _bounds(rows)
    return f"{period('month', first)} to {period('month', end - pd.DateOffset(months=1))}"


def broken_within(rows: pd.DataFrame, breaks: Breaks) -> tuple[str, ...]:
    """That counting changed within the months of rows of ``last_year``, in a sentence for each break."""
    if rows.empty:
        return ()
    first, end = _bounds(rows)
    return tuple(
        f"Counting changed on {day(when)} ({what}), within these months: what was counted before and after may not be"
        " alike."
        for when, what in breaks
        if first < pd.Timestamp(when) < end
    )


def _bounds(rows: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first day of the rows' periods, and the day after the last."""
    (kind,) = rows["period"].unique()
    return rows["period_start"].min(), rows["period_start"].max() + pd.DateOffset(months=MONTHS_OF[kind])


def beside_the_year_before(
    data: ReportData,
    metrics: pd.DataFrame,
    names: Sequence[str],
    *,
    title: str,
    caption: str,
    empty: str,
    notes: Sequence[str] = (),
) -> View:
    """Metrics over all, in the order of ``names``: the latest complete year of each beside the year before.

    ``title``: what heads the first column. Metrics without a complete year are left out.
    """
    named = {metric.name: metric for metric in data.metrics if metric.name in names}
    overall = metrics[(metrics["breakdown"] == "") & metrics["metric"].isin(list(named))]
    now = latest_complete(overall, kind="year", by=["metric"])
    years = overall[overall["period"] == "year"].to_dict("records")
    held = {(row["metric"], row["period_start"]): row for row in years}
    lines: list[dict[str, Any]] = []
    for row in sorted(now.to_dict("records"), key=lambda row: names.index(row["metric"])):
        metric, start = named[row["metric"]], row["period_start"]
        made = figure(row, metric.unit)
        # an interval is not torn apart at the end of a line
        limits = made.limits.replace(" ", "\u00a0")
        lines.append(
            {
                "title": metric.title,
                "year": period("year", start),
                "value": made.value + (f" ({limits})" if limits else ""),
                "before": _before(held.get((metric.name, start - pd.DateOffset(years=1))), metric, data.breaks),
                "unit": metric.unit,
            }
        )
    columns = (
        Shown("title", title),
        Shown("year", "Year"),
        Shown("value", "Value", numeric=True),
        Shown("before", "The year before", numeric=True),
        Shown("unit", "Unit"),
    )
    frame = pd.DataFrame(lines, columns=["title", "year", "value", "before", "unit"])
    return view(frame, columns, caption=caption, empty=empty, notes=notes)


def _before(row: Mapping[Hashable, Any] | None, metric: MetricRecord, breaks: Breaks) -> str:
    """The year before in words, with the numbers that the page gives to breaks between it and the year after."""
    if row is None:
        return "not held"
    if not row["complete"]:
        # part of a year beside a whole one looks like a rise
        return "not complete"
    if metric.open_ended:
        # Its cohort has been followed for a year more: the two would differ with nothing changed.
        return "not comparable"
    first, end = row["period_start"], row["period_start"] + pd.DateOffset(years=2)
    across = [str(number) for number, (when, _) in enumerate(breaks, start=1) if first < pd.Timestamp(when) < end]
    return figure(row, metric.unit).value + (f" (across break {', '.join(across)})" if across else "")
