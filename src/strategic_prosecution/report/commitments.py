"""The metrics as the page shows them: the latest complete period beside the same period a year before, and its chart.

Nothing is called up or down. A reader sees the value, its interval and the figure of a year before; how many such
pairs the page holds, and how many of them chance alone would set apart, is counted by ``comparisons``.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from strategic_prosecution.report.charts import MONTHS_OF, Chart, draw
from strategic_prosecution.report.data import MetricRecord, ReportData
from strategic_prosecution.report.wording import HIDDEN, interval, measure, period

PERIODS = ("month", "quarter", "year")
# What a short line of a table shows: a month is noise for most counts, a year is late.
_LINE_PERIODS = ("quarter", "year", "month")
CHART_MONTHS = 36
_FEWEST_POINTS = 3
TESTED_AT = 0.05
_NUMBERS = ("numerator", "denominator", "value", "lower", "upper")
_DRAWN = ["metric", "period", "period_start", "value", "lower", "upper", "complete"]


@dataclass(frozen=True)
class Figure:
    """A value in words, its interval in words ('' without one), and whether it is hidden."""

    value: str
    limits: str
    suppressed: bool
    defined: bool


@dataclass(frozen=True)
class Comparison:
    """One period of a metric beside the same period a year before; ``before`` is None when that is not held."""

    period: str
    now: Figure
    before: Figure | None
    reconstructed: bool
    breaks: tuple[int, ...]
    note: str


@dataclass(frozen=True)
class Summary:
    """A metric over all: its comparisons by period, one to print in a line, and its chart; without rows, neither."""

    metric: MetricRecord
    comparisons: tuple[Comparison, ...]
    line: Comparison | None
    chart: Chart | None


def newest(metrics: pd.DataFrame) -> pd.DataFrame:
    """The newest value of each metric, period, breakdown and segment, with dates as timestamps."""
    frame = metrics.assign(
        as_of=pd.to_datetime(metrics["as_of"]),
        period_start=pd.to_datetime(metrics["period_start"]),
        breakdown=metrics["breakdown"].fillna(""),
        segment=metrics["segment"].fillna("").astype(str),
        complete=metrics["complete"].eq(True).fillna(False).astype(bool),
        suppressed=metrics["suppressed"].eq(True).fillna(False).astype(bool),
        **{name: metrics[name].astype("Float64").astype("float64") for name in _NUMBERS},
    )
    key = ["metric", "period", "period_start", "breakdown", "segment"]
    return frame.sort_values([*key, "as_of"]).drop_duplicates(key, keep="last").reset_index(drop=True)


def latest_complete(metrics: pd.DataFrame, *, kind: str, by: Sequence[str]) -> pd.DataFrame:
    """The rows of the latest complete period of a kind, found separately for each combination of ``by``."""
    rows = metrics[metrics["complete"] & (metrics["period"] == kind)]
    last = rows.groupby(list(by))["period_start"].transform("max")
    return rows[rows["period_start"] == last]


def summaries(data: ReportData, metrics: pd.DataFrame) -> dict[str, Summary]:
    """One summary per metric, by name. ``metrics``: as from ``newest``."""
    overall = metrics[metrics["breakdown"] == ""]
    pairs: dict[str, list[dict[Hashable, Any]]] = {}
    for row in _pairs(overall).to_dict("records"):
        pairs.setdefault(row["metric"], []).append(row)
    series = dict(iter(overall[_DRAWN].groupby(["metric", "period"])))
    made = {}
    for metric in data.metrics:
        comparisons = {str(row["period"]): _comparison(row, metric, data.breaks) for row in pairs.get(metric.name, [])}
        made[metric.name] = Summary(
            metric=metric,
            comparisons=tuple(comparisons[kind] for kind in PERIODS if kind in comparisons),
            line=next((comparisons[kind] for kind in _LINE_PERIODS if kind in comparisons), None),
            chart=_chart({kind: series.get((metric.name, kind)) for kind in PERIODS}, metric, data.breaks),
        )
    return made


def _pairs(overall: pd.DataFrame) -> pd.DataFrame:
    now = pd.concat([latest_complete(overall, kind=kind, by=["metric"]) for kind in PERIODS])
    now = now.assign(start_before=now["period_start"] - pd.DateOffset(years=1))
    values = ["value", "lower", "upper", "suppressed", "basis", "complete"]
    before = overall[["metric", "period", "period_start", *values]].rename(columns={"period_start": "start_before"})
    return now.merge(before, on=["metric", "period", "start_before"], how="left", suffixes=("", "_before"))


def _comparison(row: Mapping[Hashable, Any], metric: MetricRecord, breaks: tuple[tuple[date, str], ...]) -> Comparison:
    start, before = row["period_start"], row["start_before"]
    end = start + pd.DateOffset(months=MONTHS_OF[row["period"]])
    held = not pd.isna(row["suppressed_before"])
    between = tuple(
        number for number, (day, _) in enumerate(breaks, start=1) if held and before < pd.Timestamp(day) < end
    )
    return Comparison(
        period=period(row["period"], start),
        now=figure(row, metric.unit),
        before=_before(row, metric) if held else None,
        reconstructed="reconstructed" in (row["basis"], row["basis_before"]),
        breaks=between,
        note="" if pd.isna(row["note"]) else str(row["note"]),
    )


# What ``figure`` reads of a row.
FIGURE = ["value", "lower", "upper", "suppressed"]


def _before(row: Mapping[Hashable, Any], metric: MetricRecord) -> Figure:
    if not row["complete_before"]:
        # Part of a year beside a whole one looks like a rise.
        return Figure("not complete", "", suppressed=False, defined=False)
    if metric.open_ended:
        # Its cohort has been followed for a year more: the two would differ with nothing changed.
        return Figure("not comparable", "", suppressed=False, defined=False)
    return figure({name: row[f"{name}_before"] for name in FIGURE}, metric.unit)


def figure(row: Mapping[Hashable, Any], unit: str) -> Figure:
    """The value of a metrics row in words: a hidden one is 'hidden', an undefined one 'not enough cases'."""
    if row["suppressed"]:
        return Figure(HIDDEN, "", suppressed=True, defined=False)
    return Figure(
        measure(row["value"], unit),
        interval(row["lower"], row["upper"], unit),
        suppressed=False,
        defined=not pd.isna(row["value"]),
    )


def _chart(
    series: Mapping[str, pd.DataFrame | None], metric: MetricRecord, breaks: tuple[tuple[date, str], ...]
) -> Chart | None:
    for kind, points in series.items():
        if points is None or len(points) < _FEWEST_POINTS or points["value"].notna().sum() == 0:
            continue
        first = points["period_start"].max() - pd.DateOffset(months=CHART_MONTHS - 1)
        return draw(points[points["period_start"] >= first], kind=kind, unit=metric.unit, breaks=breaks)
    return None


def comparisons(shown: Sequence[Comparison]) -> tuple[int, int]:
    """How many shown values stand beside one of a year before, and how many tests at 5 % would alarm by chance."""
    pairs = sum(
        comparison.now.defined and comparison.before is not None and comparison.before.defined for comparison in shown
    )
    return pairs, round(pairs * TESTED_AT)


def share_hidden(figures: Sequence[Figure]) -> tuple[int, int]:
    """Cells hidden to protect people, and cells in all."""
    return sum(one.suppressed for one in figures), len(figures)
